//! What rings: a timer, an alarm or a reminder, as it is kept and as it is spoken of.

use std::time::Duration;

use phrase::{calendar::Date, say_duration, say_list, say_time};
use serde::{Deserialize, Serialize};

use crate::{again::Again, spoken_when, wall::DAY_S, when::Part};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Timer,
    Alarm,
    Reminder,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Timer => "timer",
            Kind::Alarm => "alarm",
            Kind::Reminder => "reminder",
        }
    }
}

/// What is kept of it, besides when it is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ring {
    pub kind: Kind,
    /// What it is called or for; empty where that was not said.
    pub label: String,
    /// What it was set to, where that was a duration.
    pub seconds: u64,
    /// What an older version kept of what comes again: the time of day, and its days as cron counts them.
    #[serde(default, skip_serializing)]
    every: Option<(u8, u8, String)>,
    /// Where it comes again.
    #[serde(default)]
    pub recurs: Option<Recurs>,
    /// Whether it ends somebody's sleep.
    #[serde(default)]
    pub wakes: bool,
    /// Days on which it is left out, counted from 1970.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<i64>,
}

/// How it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recurs {
    pub again: Again,
    pub hour: u8,
    pub minute: u8,
    /// A day on which it comes, counted from 1970.
    pub first: i64,
}

impl Recurs {
    /// "every weekday at 7 AM"
    pub fn said(&self) -> String {
        match self.again {
            Again::Span(_) => self.again.said(),
            again => format!("{} at {}", again.said(), say_hour(self.hour, self.minute)),
        }
    }
}

/// Milliseconds after which something that was due counts as late.
const LATE_MS: u64 = 20_000;

impl Ring {
    pub fn new(kind: Kind, label: String, wakes: bool) -> Ring {
        Ring { kind, label, seconds: 0, every: None, recurs: None, wakes, skipped: Vec::new() }
    }

    /// As it was kept.
    pub fn kept(payload: &str) -> Option<Ring> {
        let mut ring: Ring = serde_json::from_str(payload).ok()?;
        if let Some((hour, minute, days)) = ring.every.take() {
            ring.recurs = Some(Recurs { again: Again::of_cron(&days), hour, minute, first: 0 });
        }
        Some(ring)
    }

    /// When it comes again after `after`, where it does; both are what the clock on the wall shows.
    pub fn next(&self, after: i64) -> Option<i64> {
        let recurs = self.recurs?;
        let next = |after: i64| recurs.again.next(recurs.hour, recurs.minute, after, Some(recurs.first));
        std::iter::successors(next(after), |due| next(*due)).take(self.skipped.len() + 1).find(|due| !self.skipped.contains(&due.div_euclid(DAY_S)))
    }

    /// How cron says when it comes, where it can.
    pub fn cron(&self) -> Option<String> {
        let recurs = self.recurs.filter(|_| self.skipped.is_empty())?;
        recurs.again.cron(recurs.hour, recurs.minute)
    }

    /// "pasta timer", "10-minute timer", "alarm", "reminder to call mum".
    pub fn name(&self) -> String {
        let word = self.kind.word();
        match (self.kind, self.label.as_str()) {
            (Kind::Reminder, "") => "reminder".into(),
            (Kind::Reminder, label) => format!("reminder: {label}"),
            (Kind::Timer, "") => {
                let length = say_duration(Duration::from_secs(self.seconds));
                match length.split(' ').collect::<Vec<_>>().as_slice() {
                    [count, unit] => format!("{count}-{} {word}", unit.trim_end_matches('s')),
                    _ => format!("timer for {length}"),
                }
            }
            (_, "") => word.into(),
            // `gym` is its name, `catch the train` what it is for.
            (Kind::Alarm, label) if self.wakes || label.contains(' ') => format!("{word}: {label}"),
            (_, label) => format!("{label} {word}"),
        }
    }

    /// In a list: "a pasta timer with 8 minutes left", "an alarm at 7:30 AM tomorrow". `due` and `now` are what the clock on the wall shows.
    pub fn described(&self, left: Duration, due: i64, now: i64) -> String {
        let purpose = self.kind != Kind::Timer && self.name().contains(": ");
        let name = if purpose || (self.kind == Kind::Timer && self.label.is_empty()) { self.kind.word().into() } else { self.name() };
        let when = match (&self.recurs, self.kind) {
            (Some(recurs), _) => {
                let skipped: Vec<String> = {
                    let today = now.div_euclid(DAY_S);
                    self.skipped.iter().filter(|day| **day >= today).map(|day| crate::skips::on(*day, today)).collect()
                };
                if skipped.is_empty() { recurs.said() } else { format!("{}, but not {}", recurs.said(), say_list(&skipped)) }
            }
            (None, Kind::Timer) => format!("with {} left", say_duration(left)),
            (None, _) => at(due, now),
        };
        let what = if purpose { format!(": {}", self.label) } else { String::new() };
        format!("{} {when}{what}", with_article(&name))
    }

    /// What is said when it is due, and how late that is. `due` is what the clock on the wall showed.
    pub fn rings(&self, due: i64, late_ms: u64) -> String {
        let late = (late_ms >= LATE_MS).then(|| ago(late_ms / 1000));
        let time = time_of_day(due);
        match (self.kind, late) {
            (Kind::Timer, None) => format!("Your {} is done.", self.name()),
            (Kind::Timer, Some(late)) => format!("Your {} rang {late} ago.", self.name()),
            (Kind::Alarm, None) if self.wakes && self.label.is_empty() => format!("It is {time}. Time to wake up."),
            (Kind::Alarm, None) if self.wakes => format!("It is {time}. Time to wake up: {}.", self.label),
            (Kind::Alarm, None) => format!("It is {time}. This is your {}.", self.name()),
            (Kind::Alarm, Some(late)) if self.name().contains(": ") => format!("Your alarm for {time} rang {late} ago: {}.", self.label),
            (Kind::Alarm, Some(late)) => format!("Your {} for {time} rang {late} ago.", self.name()),
            (Kind::Reminder, None) if self.label.is_empty() => "You wanted to be reminded now.".into(),
            (Kind::Reminder, Some(late)) if self.label.is_empty() => format!("You wanted to be reminded {late} ago."),
            (Kind::Reminder, None) => format!("A reminder: {}.", self.label),
            (Kind::Reminder, Some(late)) => format!("A reminder from {late} ago: {}.", self.label),
        }
    }

    /// Whether somebody who says `label` means this one: by its name, by what it was set to, by what is left, by its day or time. `due` and
    /// `now` are local. Where `label` holds several lines, all of them must fit.
    pub fn is_called(&self, label: &str, due: i64, now: i64) -> bool {
        label.split('\n').all(|label| self.fits(&label.to_lowercase(), due, now))
    }

    fn fits(&self, label: &str, due: i64, now: i64) -> bool {
        let (name, stem) = (self.label.to_lowercase(), |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned());
        let same = stem(&name) == stem(label);
        if !name.is_empty() && (same || contains(&name, label) || contains(&name, &stem(label)) || contains(label, &name)) {
            return true;
        }
        if let Some(left) = label.strip_suffix(" left").and_then(phrase::duration) {
            let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
            return (due.saturating_sub(now).saturating_sub(seconds)).abs() <= 30.max(seconds / 20);
        }
        if phrase::duration(label).is_some_and(|time| self.seconds > 0 && time.as_secs() == self.seconds) {
            return true;
        }
        if self.kind == Kind::Timer {
            // `the 1:30 timer`
            let words = phrase::split(label);
            let mut reader = crate::reader::Reader::new(&words);
            return reader.length().is_some_and(|time| reader.is_over() && time.as_secs() == self.seconds);
        }
        let recurring = matches!(label, "recurring" | "repeating" | "regular");
        if let Some(recurs) = &self.recurs
            && (recurring || contains(&recurs.again.said().to_lowercase(), label) || (label == "daily" && recurs.again.said() == "every day"))
        {
            return true;
        }
        self.is_at(label, due, now)
    }

    /// Whether it is when these words say: "tomorrow", "7:30", "tomorrow morning", "weekdays".
    fn is_at(&self, label: &str, due: i64, now: i64) -> bool {
        let words = phrase::split(label);
        let when = spoken_when::whole(&words, true).or_else(|| {
            // `morning`, as in "the morning alarm"
            let part = match label {
                "morning" => Part::Morning,
                "afternoon" => Part::Afternoon,
                "evening" => Part::Evening,
                _ => return None,
            };
            Some(crate::when::When { part: Some(part), ..Default::default() })
        });
        let Some(when) = when.filter(|when| when.after.is_none() && when.past.is_none()) else { return false };
        let (hour, minute) = hour_and_minute(due);
        let today = now.div_euclid(DAY_S);
        let on_day = |day: phrase::Day| {
            let day = day.from(Date::from_days(today)).map(Date::days);
            day.is_some_and(|day| {
                let recurs = self.recurs.as_ref().is_some_and(|recurs| recurs.again.is_on(day, recurs.first));
                // What is at night is of the day before.
                day == due.div_euclid(DAY_S) || recurs || (hour < 5 && when.part == Some(Part::Night) && day + 1 == due.div_euclid(DAY_S))
            })
        };
        let at_time = |time: phrase::TimeOfDay| {
            let same_hour = if time.certain { time.hour % 24 == hour } else { time.hour % 12 == hour % 12 };
            same_hour && time.minute == minute
        };
        let in_part = |part: Part| match part {
            Part::Morning => (4..12).contains(&hour),
            Part::Afternoon => (12..18).contains(&hour),
            Part::Evening => (17..24).contains(&hour),
            Part::Night => !(5..18).contains(&hour),
        };
        let again = |again: Again| self.recurs.as_ref().is_some_and(|recurs| recurs.again == again);
        when.day.is_none_or(on_day)
            && when.time.is_none_or(at_time)
            && (when.time.is_some() || when.part.is_none_or(in_part))
            && when.every.is_none_or(again)
    }
}

/// Whether these words come in those.
fn contains(those: &str, these: &str) -> bool {
    format!(" {those} ").contains(&format!(" {these} "))
}

pub fn hour_and_minute(local: i64) -> (u8, u8) {
    let minutes = local.rem_euclid(86_400) / 60;
    (u8::try_from(minutes / 60).unwrap_or(0), u8::try_from(minutes % 60).unwrap_or(0))
}

/// "7:30 AM", "noon"
fn time_of_day(local: i64) -> String {
    let (hour, minute) = hour_and_minute(local);
    say_hour(hour, minute)
}

fn say_hour(hour: u8, minute: u8) -> String {
    match (hour, minute) {
        (0, 0) => "midnight".into(),
        (12, 0) => "noon".into(),
        _ => say_time(hour, minute, 12),
    }
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O', '8']) || name.starts_with("11-") || name.starts_with("18-") { "an" } else { "a" };
    format!("{article} {name}")
}

/// "at 7:30 AM tomorrow", "at midnight tonight"
pub fn at(local: i64, now: i64) -> String {
    let date = Date::from_days(local.div_euclid(DAY_S));
    let today = now.div_euclid(DAY_S);
    let away = local.div_euclid(DAY_S) - today;
    let midnight = local.rem_euclid(DAY_S) < 60;
    let day = match away {
        0 => String::new(),
        1 if midnight => " tonight".into(),
        1 => " tomorrow".into(),
        2..7 => format!(" on {}", date.weekday_name()),
        _ if away > 300 => format!(" on {} {}, {}", date.month_name(), date.day, date.year),
        _ => format!(" on {} {}", date.month_name(), date.day),
    };
    let time = if midnight && away > 1 { "12 AM".into() } else { time_of_day(local) };
    format!("at {time}{day}")
}

/// "3 minutes": of a long time only what matters.
fn ago(seconds: u64) -> String {
    let seconds = match seconds {
        0..90 => seconds,
        90..3600 => (seconds + 30) / 60 * 60,
        _ => seconds,
    };
    say_duration(Duration::from_secs(seconds))
}

/// With a capital.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
