//! The time and the date, here and elsewhere, and how long it is until a day.

mod places;

use jane_skill::prelude::*;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use phrase::calendar::{Date, MONTHS};
use phrase::{Said, say_count, say_ordinal, say_time};
use serde::Deserialize;

#[derive(Default)]
pub struct Clock {
    /// Hours of the day as they are said: 12 or 24 (`hours = 24` in `[skills.clock.config]`).
    hours: Option<u8>,
}

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    hours: Option<u8>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    place: String,
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &["time", "clock", "date", "day", "today", "tomorrow", "days", "weeks", "month", "year", "week", "until", "till"];

const TIME: &[&str] = &[
    "what time is it [here]",
    "what is the [current|exact] time [here|is it]",
    "[what] [the] time [is it]",
    "how late is it",
    "what does the clock say",
    "(tell|give) me the [current|exact] time",
    "have you got the time",
    "do you have the time",
];

const TIME_ELSEWHERE: &[&str] = &[
    "what time is it [now] in {place}",
    "what is the [current|local] time in {place}",
    "[what] [is] [the] time in {place}",
    "how late is it in {place}",
    "(tell|give) me the [current|local] time in {place}",
];

const DATE: &[&str] = &[
    "what is the date [today]",
    "what date is it [today]",
    "what is today date",
    "what is todays date",
    "what is the date of today",
    "[today] [the] date",
    "what day of the month is it [today]",
    "what is the day of the month",
    "what is the day today",
];

const WEEKDAY: &[&str] = &["what day is it [today]", "what day is today", "what weekday is it [today]", "what day of the week is it [today]", "which day is it [today]"];

const OTHER_DAY: &[&str] = &["what day (is|was|will be) {day:day}", "what weekday (is|will be) {day:day}", "what day of the week (is|will be) {day:day}", "what date (is|was) {day:day}", "what is the date {day:day}", "(when|what day) is {day:day} [this year]", "(on|which|what) [day] does {day:day} (fall|fall on)"];

const UNTIL: &[&str] = &[
    "how many days [is it|are there|are left|left] (until|till|to|before) {day:day}",
    "how (long|far) [is it|away is] (until|till|to) {day:day}",
    "how many days (is|are) {day:day} away",
];

const WEEKS_UNTIL: &[&str] = &["how many weeks [is it|are there|are left|left] (until|till|to|before) {day:day}"];

const WEEK: &[&str] = &["what week [number] is it", "what is the week number", "which week [of the year] is it", "what calendar week is it"];

const MONTH: &[&str] = &["what month is it", "which month is it"];

const YEAR: &[&str] = &["what year is it", "which year is it"];

impl Skill for Clock {
    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        let settings: Settings = serde_json_from(config_json)?;
        self.hours = settings.hours;
        Ok(())
    }

    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        Ok(TranscriptAction::say_or_pass(self.answer(&transcript.text)))
    }

    fn tools() -> Vec<Tool> {
        vec![
            Tool::new("get_time", "The time and date now, here or in a city or country.").takes("place", Kind::Text, "Such as `Tokyo`; left out for here."),
        ]
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        if call.name != "get_time" {
            return Err(Failure::invalid(format!("there is no tool `{}`", call.name)));
        }
        let Place { place } = call.parse()?;
        let now = Now::here();
        let (now, place) = match place.trim() {
            "" => (now, "here".to_owned()),
            place => {
                let (zone, name) = places::find(place).ok_or_else(|| Failure::invalid(format!("`{place}` is not a place whose time is known")))?;
                (Now::in_zone(zone), format!("in {name}"))
            }
        };
        Ok(ToolOutput::text(format!("{} {place}, {}", self.time(&now), said(now.date))))
    }
}

jane_skill::export!(Clock: lifecycle, transcript_hook, tools);

fn serde_json_from(config_json: &str) -> Result<Settings, Failure> {
    let value = serde_json::from_str(config_json);
    value.map_err(|error| Failure::invalid(format!("`[skills.clock.config]`: {error}")))
}

/// The wall's clock somewhere.
struct Now {
    date: Date,
    hour: u8,
    minute: u8,
}

impl Now {
    fn at(local_seconds: i64) -> Self {
        let minutes = local_seconds.rem_euclid(86_400) / 60;
        Self {
            date: Date::from_days(local_seconds.div_euclid(86_400)),
            hour: u8::try_from(minutes / 60).unwrap_or(0),
            minute: u8::try_from(minutes % 60).unwrap_or(0),
        }
    }

    fn here() -> Self {
        let now = clock::now_ms();
        Self::at(i64::try_from(now / 1000).unwrap_or(0) + i64::from(clock::local_offset_s(now)))
    }

    fn in_zone(zone: &str) -> Self {
        let now = i64::try_from(clock::now_ms() / 1000).unwrap_or(0);
        let offset = TimeZone::get(zone).ok().zip(Timestamp::from_second(now).ok());
        let offset = offset.map_or(0, |(zone, at)| zone.to_offset(at).seconds());
        Self::at(now + i64::from(offset))
    }
}

impl Clock {
    fn time(&self, now: &Now) -> String {
        say_time(now.hour, now.minute, self.hours.unwrap_or(12))
    }

    fn answer(&self, text: &str) -> Option<String> {
        let asked = Said::new(text);
        if !asked.has(WORDS) && !asked.has(&["when", "late"]) {
            return None;
        }
        let now = Now::here();
        if let Some(slots) = asked.first(TIME_ELSEWHERE) {
            let place = slots.form("place")?;
            let place = place.trim_end_matches(" right now").trim_end_matches(" now").trim_start_matches("the ");
            let (zone, name) = places::find(place)?;
            let there = Now::in_zone(zone);
            let day = match there.date.days() - now.date.days() {
                0 => String::new(),
                1 => " tomorrow".to_owned(),
                _ => " yesterday".to_owned(),
            };
            return Some(format!("It is {}{day} in {name}.", self.time(&there)));
        }
        if asked.is(TIME) {
            return Some(format!("It is {}.", self.time(&now)));
        }
        if asked.is(WEEKDAY) || asked.is(DATE) {
            return Some(format!("Today is {}.", said(now.date)));
        }
        if asked.is(WEEK) {
            return Some(format!("It is week {}.", now.date.week()));
        }
        if asked.is(MONTH) {
            return Some(format!("It is {} {}.", now.date.month_name(), now.date.year));
        }
        if asked.is(YEAR) {
            return Some(format!("It is {}.", now.date.year));
        }
        let weeks = asked.first(WEEKS_UNTIL);
        if let Some(slots) = weeks.as_ref().or(asked.first(UNTIL).as_ref()) {
            let date = slots.day("day")?.from(now.date)?;
            let days = u64::try_from(date.days() - now.date.days()).ok()?;
            let how_long = match (days, weeks.is_some()) {
                (0, _) => return Some("That is today.".to_owned()),
                (days, false) => say_count(days, "day"),
                (days, true) if days % 7 == 0 => say_count(days / 7, "week"),
                (days, true) if days < 7 => say_count(days, "day"),
                (days, true) => format!("{} and {}", say_count(days / 7, "week"), say_count(days % 7, "day")),
            };
            let verb = if how_long.starts_with("1 ") && !how_long.contains(" and ") { "is" } else { "are" };
            return Some(format!("There {verb} {how_long} until {}.", said(date)));
        }
        if let Some(slots) = asked.first(OTHER_DAY) {
            let date = slots.day("day")?.from(now.date)?;
            return Some(format!("That is {}.", said(date)));
        }
        None
    }
}

/// `Wednesday, March 4th`, with its year where that is another one.
fn said(date: Date) -> String {
    let month = MONTHS.get(usize::from(date.month).wrapping_sub(1)).copied().unwrap_or_default();
    let year = if date.year == Now::here().date.year { String::new() } else { format!(", {}", date.year) };
    format!("{}, {month} {}{year}", date.weekday_name(), say_ordinal(u32::from(date.day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> String {
        Clock::default().answer(text).unwrap_or_else(|| "(pass)".to_owned())
    }

    #[test]
    fn here_and_elsewhere() {
        // It is 10:00 on Wednesday, 4 March 2026 (UTC).
        assert_eq!(ask("Hey Jane, what time is it?"), "It is 10 AM.");
        assert_eq!(ask("What's the time in Tokyo?"), "It is 7 PM in Tokyo.");
        assert_eq!(ask("What time is it in New York right now?"), "It is 5 AM in New York.");
        assert_eq!(ask("What time is it in Sydney?"), "It is 9 PM in Sydney.");
        assert_eq!(ask("What time is it in India?"), "It is 3:30 PM in India.");
        assert_eq!(ask("What day is it today?"), "Today is Wednesday, March 4th.");
        assert_eq!(ask("What's the date?"), "Today is Wednesday, March 4th.");
        assert_eq!(ask("How many days until Christmas?"), "There are 296 days until Friday, December 25th.");
        assert_eq!(ask("What day is the fifth of May?"), "That is Tuesday, May 5th.");
        assert_eq!(ask("What year is it?"), "It is 2026.");
        assert_eq!(ask("What week is it?"), "It is week 10.");
        let clock = Clock { hours: Some(24) };
        assert_eq!(clock.answer("What time is it in Tokyo?").unwrap(), "It is 19:00 in Tokyo.");
    }

    #[test]
    fn everything_else_is_left_to_the_model() {
        for text in [
            "What time did the war end?",
            "It is time to go.",
            "What is the time complexity of quicksort?",
            "What time is it in a black hole?",
            "Who invented the clock?",
            "How long is the Nile?",
            "Have a nice day.",
            "What happened on Christmas day?",
        ] {
            assert_eq!(ask(text), "(pass)", "{text}");
        }
    }
}
