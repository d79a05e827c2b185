//! Calls of `on_event` at a later time. They are kept on disk: what falls due while Jane does not run comes when she starts.

use std::time::Duration;

use super::imports;
use crate::Failure;
pub use crate::bindings::host::jane::skill::schedule::{Entry, When};

/// Schedules an event after some time, in the place of one with the same `id`.
pub fn after(id: &str, delay: Duration, name: &str, payload: &str) -> Result<(), Failure> {
    set(id, When::AfterMs(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)), name, payload)
}

/// Schedules an event at a time, in milliseconds since 1970 (UTC).
pub fn at(id: &str, at_ms: u64, name: &str, payload: &str) -> Result<(), Failure> {
    set(id, When::AtMs(at_ms), name, payload)
}

/// Schedules an event again and again, in local time: `minute hour day-of-month month day-of-week`, such as `0 7 * * 1-5`.
pub fn cron(id: &str, cron: &str, name: &str, payload: &str) -> Result<(), Failure> {
    set(id, When::Cron(cron.into()), name, payload)
}

pub fn set(id: &str, when: When, name: &str, payload: &str) -> Result<(), Failure> {
    imports::schedule::set(id, &when, name, payload)
}

/// Whether there was such an event.
pub fn cancel(id: &str) -> Result<bool, Failure> {
    imports::schedule::cancel(id)
}

/// All that is to come, the soonest first.
pub fn pending() -> Result<Vec<Entry>, Failure> {
    imports::schedule::pending()
}
