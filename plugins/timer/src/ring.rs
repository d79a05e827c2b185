//! What rings: a timer, an alarm or a reminder, as it is kept and as it is spoken of.

use std::time::Duration;

use phrase::{calendar::Date, calendar::WEEKDAYS, say_duration, say_list, say_time};
use serde::{Deserialize, Serialize};

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
    /// The time of day of what comes again, and its days as cron counts them.
    pub every: Option<(u8, u8, String)>,
    /// Whether it ends somebody's sleep.
    #[serde(default)]
    pub wakes: bool,
}

/// Milliseconds after which something that was due counts as late.
const LATE_MS: u64 = 20_000;

impl Ring {
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
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        let when = match (&self.every, self.kind) {
            (Some((hour, minute, days)), _) => every(*hour, *minute, days),
            (None, Kind::Timer) => format!("with {} left", say_duration(left)),
            (None, _) => at(due, now),
        };
        let what = if purpose { format!(": {}", self.label) } else { String::new() };
        format!("{article} {name} {when}{what}")
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

    /// Whether somebody who says `label` means this one: by its name, by what it was set to, or by its time. `due` is local.
    pub fn is_called(&self, label: &str, due: i64) -> bool {
        let label = label.to_lowercase();
        let name = self.label.to_lowercase();
        if !name.is_empty() && (name == label || contains(&name, &label) || contains(&label, &name)) {
            return true;
        }
        if phrase::duration(&label).is_some_and(|time| self.seconds > 0 && time.as_secs() == self.seconds) {
            return true;
        }
        if self.kind == Kind::Timer {
            return false;
        }
        let (hour, minute) = hour_and_minute(due);
        let by_time = phrase::time(&label).is_some_and(|time| {
            let same_hour = if time.certain { time.hour % 24 == hour } else { time.hour % 12 == hour % 12 };
            same_hour && time.minute == minute
        });
        let by_days =
            self.every.as_ref().is_some_and(|(_, _, days)| contains(&said_days(days).to_lowercase(), &label) || label == "recurring");
        by_time || by_days
    }
}

/// Whether these words come in those.
fn contains(those: &str, these: &str) -> bool {
    format!(" {those} ").contains(&format!(" {these} "))
}

fn hour_and_minute(local: i64) -> (u8, u8) {
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

/// "at 7:30 AM tomorrow"
pub fn at(local: i64, now: i64) -> String {
    let date = Date::from_days(local.div_euclid(86_400));
    let day = match local.div_euclid(86_400) - now.div_euclid(86_400) {
        0 => String::new(),
        1 => " tomorrow".into(),
        2..7 => format!(" on {}", date.weekday_name()),
        _ => format!(" on {} {}", date.month_name(), date.day),
    };
    format!("at {}{day}", time_of_day(local))
}

/// "every weekday at 7 AM"
pub fn every(hour: u8, minute: u8, days: &str) -> String {
    format!("every {} at {}", said_days(days), say_hour(hour, minute))
}

fn said_days(days: &str) -> String {
    let day = |number: &str| {
        let number: usize = number.parse().ok()?;
        WEEKDAYS.get((number + 6) % 7).copied()
    };
    match days {
        "*" => "day".into(),
        "1-5" => "weekday".into(),
        "6,0" | "0,6" => "weekend".into(),
        days => say_list(&days.split(',').filter_map(day).collect::<Vec<_>>()),
    }
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
