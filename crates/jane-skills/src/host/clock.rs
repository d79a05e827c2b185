//! `clock`: the time.

use std::sync::LazyLock;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bindings::jane::skill::clock::Host;
use crate::host_state::HostState;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Milliseconds since 1970 (UTC).
pub fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}

impl Host for HostState {
    async fn now_ms(&mut self) -> u64 {
        now_ms()
    }

    async fn local_offset_s(&mut self, at_ms: u64) -> i32 {
        let at = i64::try_from(at_ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = at.unwrap_or_else(Timestamp::now);
        TimeZone::system().to_offset(at).seconds()
    }

    async fn time_zone(&mut self) -> String {
        let zone = TimeZone::system();
        zone.iana_name().unwrap_or("UTC").to_owned()
    }

    async fn monotonic_ms(&mut self) -> u64 {
        u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
