//! The clock on the wall, and the time that it shows.

use jane_skill::clock;

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// Seconds since 1970 as the clock on the wall shows them.
pub fn local(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(0).saturating_add(i64::from(clock::local_offset_s(ms)))
}

/// The time, in milliseconds since 1970 (UTC), at which the clock on the wall shows `local`: of two, the first that is after `now_ms`. One that
/// the clock skips is as far behind the skip as it was into it.
pub fn utc_ms(local: i64, now_ms: u64) -> u64 {
    let to_ms = |seconds: i64| u64::try_from(seconds.max(0)).unwrap_or(0).saturating_mul(1000);
    let before = i64::from(clock::local_offset_s(to_ms(local.saturating_sub(DAY_S))));
    let after = i64::from(clock::local_offset_s(to_ms(local.saturating_add(DAY_S))));
    let mut shown = [before, after].map(|offset| to_ms(local.saturating_sub(offset)));
    shown.sort_unstable();
    let fits = |at: &&u64| self::local(**at) == local;
    let found = shown.iter().filter(fits).find(|at| **at > now_ms).or_else(|| shown.iter().find(fits));
    found.copied().unwrap_or_else(|| to_ms(local.saturating_sub(before)))
}
