//! When something is to ring, as it was said, and when that is.

use std::time::Duration;

use phrase::{Day, TimeOfDay, calendar::Date};
use serde::{Deserialize, Serialize};

use crate::{
    again::{Again, Days},
    ring::Kind,
    wall::DAY_S,
};

/// What was said of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct When {
    pub after: Option<Duration>,
    pub day: Option<Day>,
    pub part: Option<Part>,
    pub time: Option<TimeOfDay>,
    /// The minute of an hour that was not said: `quarter past`.
    pub past: Option<u8>,
    pub every: Option<Again>,
    /// Days of the week on which it is not.
    pub except: Days,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
        again: Again,
    },
}

/// Why it is never.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Never {
    /// An alarm needs a time of day.
    NoTime,
    /// It was not said on which days it comes again.
    NoDays,
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

impl When {
    pub fn after(duration: Duration) -> When {
        When { after: Some(duration), ..When::default() }
    }

    pub fn on(day: Day) -> When {
        When { day: Some(day), ..When::default() }
    }

    /// Of a daily alarm and the like.
    pub fn every(again: Again) -> When {
        When { every: Some(again), ..When::default() }
    }

    pub fn is_empty(&self) -> bool {
        *self == When::default()
    }

    /// Both together, where they say different things.
    pub fn and(self, mut other: When) -> Option<When> {
        // `a weekly alarm for Thursdays`
        if let (Some(Again::Week { days: 0, weeks }), Some(Again::Week { days, .. })) = (self.every, other.every) {
            other.every = Some(Again::Week { days, weeks });
            return When { every: None, ..self }.and(other);
        }
        let twice = (self.day.is_some() && other.day.is_some())
            || (self.part.is_some() && other.part.is_some())
            || (self.has_time() && other.has_time())
            || (self.every.is_some() && other.every.is_some());
        let spans = self.after.is_some() || other.after.is_some();
        if twice || spans {
            return None;
        }
        self.over(other)
    }

    /// What was said later goes before what was said earlier; what only one of them says is kept.
    pub fn over(self, later: When) -> Option<When> {
        if later.after.is_some() {
            return Some(later);
        }
        let mut both = When {
            after: None,
            day: later.day.or(self.day),
            // `8 am` goes before a morning that was said earlier.
            part: later.part.or(self.part),
            time: if later.past.is_some() { None } else { later.time.or(self.time) },
            past: if later.time.is_some() { None } else { later.past.or(self.past) },
            every: later.every.or(self.every),
            except: later.except | self.except,
        };
        if let (Some(every), Some(day)) = (both.every, both.day) {
            let on = match (every, day) {
                (Again::Week { days: 0, weeks }, Day::Weekday(day)) => Again::Week { days: 1 << day, weeks },
                (Again::Month { day: 0 }, Day::OfMonth(day)) => Again::Month { day },
                (Again::Year { month: 0, .. }, Day::Date { month, day, year: None }) => Again::Year { month, day },
                // `every day`, then `on Friday`: the later one holds.
                _ if later.day.is_some() && self.day.is_none() && later.every.is_none() => {
                    both.every = None;
                    return (self.every.is_none()).then_some(both);
                }
                _ => return None,
            };
            (both.every, both.day) = (Some(on), None);
        }
        if both.except != 0 {
            let Some(Again::Week { days, weeks }) = both.every else { return None };
            let days = days & !both.except;
            both.every = Some(Again::Week { days, weeks });
            both.except = 0;
            if days == 0 {
                return None;
            }
        }
        Some(both)
    }

    pub fn has_time(&self) -> bool {
        self.after.is_some() || self.time.is_some() || self.past.is_some() || matches!(self.every, Some(Again::Span(_)))
    }

    /// The same, on days of the week that come again and again: `Mondays`, in answer to which days.
    pub fn recurring(mut self) -> When {
        if self.every.is_none()
            && let Some(Day::Weekday(day)) = self.day
        {
            (self.every, self.day) = (Some(Again::week(1 << day)), None);
        }
        self
    }

    /// When that is, where the clock on the wall shows `now`. `wakes` is somebody's sleep that it ends.
    ///
    /// # Errors
    /// Where it is never.
    pub fn moment(&self, kind: Kind, wakes: bool, now: i64) -> Result<Moment, Never> {
        if let Some(after) = self.after {
            return Ok(Moment::After(after));
        }
        if self.every.is_some_and(|again| !again.is_known()) {
            return Err(Never::NoDays);
        }
        if let Some(again @ Again::Span(_)) = self.every {
            return Ok(Moment::Every { hour: 0, minute: 0, again });
        }
        if let (Some(minute), None) = (self.past, self.day) {
            let hour = now.div_euclid(3600) * 3600 + i64::from(minute) * 60;
            return Ok(Moment::At(if hour > now { hour } else { hour + 3600 }));
        }
        let time = match (self.time, kind) {
            (Some(time), _) => time,
            (None, Kind::Reminder) => self.usual_time(),
            (None, _) => return Err(Never::NoTime),
        };
        if let Some(again) = self.every {
            let time = self.of_a_day(time, kind);
            return Ok(Moment::Every { hour: time.hour % 24, minute: time.minute, again });
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
        // What is called tonight ends in the morning, and so does a midnight that is said of today.
        let small_hours = time.hour < 5 || time.hour == 24;
        if small_hours && (self.part == Some(Part::Night) || (days == today && time.hour % 24 == 0)) {
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
        let wait = time.after(minute).saturating_sub(minute);
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
