//! The time.

use super::imports;

/// Milliseconds since 1970 (UTC).
pub fn now_ms() -> u64 {
    imports::clock::now_ms()
}

/// Seconds by which local time is ahead of UTC, at this time (milliseconds since 1970).
pub fn local_offset_s(at_ms: u64) -> i32 {
    imports::clock::local_offset_s(at_ms)
}

/// The machine's time zone by its IANA name, such as `Europe/Berlin`.
pub fn time_zone() -> String {
    imports::clock::time_zone()
}

/// Milliseconds from some fixed moment; never goes back.
pub fn monotonic_ms() -> u64 {
    imports::clock::monotonic_ms()
}
