//! The wall's clock, here and elsewhere.

use jane_skill::clock;
use jiff::{Timestamp, tz::TimeZone};
use phrase::calendar::Date;

#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub date: Date,
    pub hour: u8,
    pub minute: u8,
}

impl Now {
    /// Of seconds since 1970, local time.
    pub fn at(local_seconds: i64) -> Self {
        let minutes = local_seconds.rem_euclid(86_400) / 60;
        Self {
            date: Date::from_days(local_seconds.div_euclid(86_400)),
            hour: u8::try_from(minutes / 60).unwrap_or(0),
            minute: u8::try_from(minutes % 60).unwrap_or(0),
        }
    }

    pub fn here() -> Self {
        Self::at(seconds() + here_offset())
    }

    pub fn in_zone(zone: &str) -> Self {
        Self::at(seconds() + offset(zone))
    }

    /// Minutes since midnight.
    pub fn minutes(&self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    /// Minutes since 1970.
    pub fn all_minutes(&self) -> i64 {
        self.date.days() * 1440 + self.minutes()
    }
}

/// Seconds since 1970.
pub fn seconds() -> i64 {
    i64::try_from(clock::now_ms() / 1000).unwrap_or(0)
}

/// Seconds by which a zone is ahead of UTC now.
pub fn offset(zone: &str) -> i64 {
    let found = TimeZone::get(zone).ok().zip(Timestamp::from_second(seconds()).ok());
    found.map_or(0, |(zone, at)| i64::from(zone.to_offset(at).seconds()))
}

/// The same here.
pub fn here_offset() -> i64 {
    i64::from(clock::local_offset_s(clock::now_ms()))
}
