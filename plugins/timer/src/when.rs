//! When something is to ring, as it was said, and when that is.

use std::time::Duration;

use phrase::{Day, TimeOfDay, calendar::Date};

use crate::ring::Kind;

/// What was said of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct When {
    pub after: Option<Duration>,
    pub day: Option<Day>,
    pub part: Option<Part>,
    pub time: Option<TimeOfDay>,
    /// Days of the week as cron counts them, `*` for all.
    pub every: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

/// When it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    After(Duration),
    /// Seconds since 1970 as the clock on the wall shows them.
    At(i64),
    Every {
        hour: u8,
        minute: u8,
        days: String,
    },
}

/// Why it is never.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Never {
    /// An alarm needs a time of day.
    NoTime,
    /// It is over.
    Over,
    /// There is no such day.
    NoDay,
}

/// Hours of a reminder for which no time of day was said.
const MORNING: u8 = 9;
const AFTERNOON: u8 = 15;
const EVENING: u8 = 19;
const TONIGHT: u8 = 20;

pub const DAY_S: i64 = 86_400;

impl When {
    pub fn after(duration: Duration) -> When {
        When { after: Some(duration), ..When::default() }
    }

    /// Of a daily alarm and the like.
    pub fn every(days: &str) -> When {
        When { every: Some(days.into()), ..When::default() }
    }

    /// Both together, where they say different things.
    pub fn and(self, other: When) -> Option<When> {
        let twice = (self.day.is_some() && other.day.is_some())
            || (self.part.is_some() && other.part.is_some())
            || (self.time.is_some() && other.time.is_some())
            || (self.every.is_some() && other.every.is_some());
        let mixed = self.after.is_some() || other.after.is_some() || (self.every.is_some() && other.day.is_some());
        (!twice && !mixed).then(|| When {
            after: None,
            day: self.day.or(other.day),
            part: self.part.or(other.part),
            time: self.time.or(other.time),
            every: self.every.or(other.every),
        })
    }

    pub fn has_time(&self) -> bool {
        self.after.is_some() || self.time.is_some()
    }

    /// When that is, where the clock on the wall shows `now`. `wakes` is somebody's sleep that it ends.
    ///
    /// # Errors
    /// Where it is never.
    pub fn moment(&self, kind: Kind, wakes: bool, now: i64) -> Result<Moment, Never> {
        if let Some(after) = self.after {
            return Ok(Moment::After(after));
        }
        let time = match (self.time, kind) {
            (Some(time), _) => time,
            (None, Kind::Reminder) => self.usual_time(),
            (None, _) => return Err(Never::NoTime),
        };
        if let Some(days) = &self.every {
            let time = self.of_a_day(time, kind);
            return Ok(Moment::Every { hour: time.hour % 24, minute: time.minute, days: days.clone() });
        }
        let today = now.div_euclid(DAY_S);
        let minute = u32::try_from(now.rem_euclid(DAY_S) / 60).unwrap_or(0);
        let Some(day) = self.day else {
            let time = self.soon(time, kind, wakes, minute);
            return Ok(Moment::At(today * DAY_S + i64::from(time.after(minute)) * 60));
        };
        let date = day.from(Date::from_days(today)).ok_or(Never::NoDay)?;
        let mut days = date.days();
        let time = if days == today && !time.certain && self.part.is_none() {
            let next = time.after(minute);
            if next < 1440 { TimeOfDay { hour: (next / 60) as u8, certain: true, ..time } } else { return Err(Never::Over) }
        } else {
            self.of_a_day(time, kind)
        };
        // What is called tonight ends in the morning.
        if self.part == Some(Part::Night) && time.hour < 5 {
            days += 1;
        }
        let at = days * DAY_S + i64::from(time.hour % 24) * 3600 + i64::from(time.minute) * 60;
        if at > now { Ok(Moment::At(at)) } else { Err(Never::Over) }
    }

    fn usual_time(&self) -> TimeOfDay {
        let hour = match self.part {
            None | Some(Part::Morning) => MORNING,
            Some(Part::Afternoon) => AFTERNOON,
            Some(Part::Evening) => EVENING,
            Some(Part::Night) => TONIGHT,
        };
        TimeOfDay { hour, minute: 0, certain: true }
    }

    /// The half of the day that is meant, where it is for another day: one wakes in the morning, and does nothing in the small hours.
    fn of_a_day(&self, time: TimeOfDay, kind: Kind) -> TimeOfDay {
        if let Some(time) = self.in_part(time) {
            return time;
        }
        let first = if kind == Kind::Reminder { 7 } else { 4 };
        if (first..12).contains(&time.hour) { time.morning() } else { time.evening() }
    }

    /// The same, where it is for the next time that comes.
    fn soon(&self, time: TimeOfDay, kind: Kind, wakes: bool, minute: u32) -> TimeOfDay {
        if let Some(time) = self.in_part(time) {
            return time;
        }
        let wait = time.after(minute) - minute;
        match kind {
            _ if time.certain => time,
            Kind::Alarm if wakes && (4..12).contains(&time.hour) => time.morning(),
            Kind::Reminder if time.hour < 7 && wait > 180 => time.evening(),
            _ => time,
        }
    }

    fn in_part(&self, time: TimeOfDay) -> Option<TimeOfDay> {
        if time.certain {
            return Some(time);
        }
        Some(match self.part? {
            Part::Morning => time.morning(),
            Part::Afternoon | Part::Evening => time.evening(),
            Part::Night if time.hour < 6 || time.hour == 12 => time.morning(),
            Part::Night => time.evening(),
        })
    }
}
