//! The time and the date, here and elsewhere, and how long it is until a day.

mod cities;
mod dates;
mod examples;
mod now;
mod places;
mod regions;
mod spans;
mod spoken_of;
mod times;

use jane_skill::prelude::*;
use now::Now;
use phrase::{Said, say_time};
use serde::Deserialize;
use spoken_of::SpokenOf;

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

/// Words of which one is in everything that is meant by the time of day.
const WORDS: &[&str] = &[
    "time", "clock", "late", "hour", "hours", "minutes", "until", "till", "til", "is", "ahead", "behind",
    "asleep", "awake", "bed", "sleeping", "up", "lunch", "breakfast", "dinner", "supper", "eaten", "working", "work", "ring", "call", "phone", "text", "message", "make", "eating",
];

impl Skill for Clock {
    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        let settings: Settings = serde_json_from(config_json)?;
        self.hours = settings.hours;
        Ok(())
    }

    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let text = phrase::plain(&transcript.text);
        let spoken_of = SpokenOf::new(transcript.turn)?;
        let action = match spoken_of.whole(&text) {
            Some(None) => TranscriptAction::ask("Where? I do not know which place you mean."),
            Some(Some(whole)) => TranscriptAction::say_or_pass(self.answer(&whole)),
            None => TranscriptAction::say_or_pass(self.answer(&text)),
        };
        let asked = matches!(action, TranscriptAction::Answer(_));
        spoken_of.keep(&text, asked)?;
        Ok(action)
    }

    fn tools() -> Vec<Tool> {
        examples::with(vec![Tool::new("get_time", "The time and date now, here or in a city or country.").takes(
            "place",
            Kind::Text,
            "Such as `Tokyo`; left out for here.",
        )])
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        if call.name != "get_time" {
            return Err(Failure::invalid(format!("there is no tool `{}`", call.name)));
        }
        let Place { place } = call.parse()?;
        let now = Now::here();
        let (now, there) = match place.trim() {
            "" => (now, String::new()),
            place => {
                let (zone, name) =
                    places::find(place).ok_or_else(|| Failure::invalid(format!("`{place}` is not a place whose time is known")))?;
                (Now::in_zone(zone), format!(" {}", places::there(&name)))
            }
        };
        Ok(ToolOutput::say(format!("It is {}{there}, {}.", self.time(&now), dates::said(now.date))))
    }
}

jane_skill::export!(Clock: lifecycle, transcript_hook, tools);

fn serde_json_from(config_json: &str) -> Result<Settings, Failure> {
    let value = serde_json::from_str(config_json);
    value.map_err(|error| Failure::invalid(format!("`[skills.clock.config]`: {error}")))
}

impl Clock {
    fn time(&self, now: &Now) -> String {
        say_time(now.hour, now.minute, self.hours.unwrap_or(12))
    }

    fn answer(&self, text: &str) -> Option<String> {
        let text = phrase::plain(text);
        let asked = Said::new(&text);
        let whole = self.one(&asked);
        let corrected = || phrase::corrections(&text).iter().find_map(|meant| self.one(&Said::new(meant)));
        // Words that put something right are in no name of a place.
        let is_unknown = whole.as_ref().is_some_and(|answer| answer.starts_with(times::UNKNOWN));
        if is_unknown && let Some(corrected) = corrected() {
            return Some(corrected);
        }
        whole.or_else(corrected).or_else(|| self.two(&text))
    }

    /// `What time is it and what's the date?`, `What time is it in Tokyo and London?`
    fn two(&self, text: &str) -> Option<String> {
        let (first, second) = text.split_once(" and ")?;
        let one = self.one(&Said::new(first))?;
        let other = self.one(&Said::new(second)).or_else(|| {
            let (asked, _) = first.rsplit_once(" in ").or_else(|| first.rsplit_once(" here"))?;
            places::find(second.trim_start_matches("in "))?;
            self.one(&Said::new(&format!("{asked} in {}", second.trim_start_matches("in "))))
        })?;
        Some(format!("{one} {other}"))
    }

    fn one(&self, asked: &Said) -> Option<String> {
        let time = asked.has(WORDS).then(|| times::answer(asked, self.hours.unwrap_or(12))).flatten();
        time.or_else(|| asked.has(dates::WORDS).then(|| dates::answer(asked)).flatten())
    }
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
    fn the_tool_says_it_as_it_is() {
        let tool = |arguments: &str| match Clock::default().call_tool(&ToolCall { turn: 1, name: "get_time".into(), arguments: arguments.into() }) {
            Ok(ToolOutput::FinalAnswer(text)) => text,
            Err(failure) => format!("failure: {}", failure.message()),
            Ok(other) => format!("{other:?}"),
        };
        assert_eq!(tool("{}"), "It is 10 AM, Wednesday, March 4th.");
        assert_eq!(tool(r#"{"place": "Toronto"}"#), "It is 5 AM in Toronto, Wednesday, March 4th.");
        assert_eq!(tool(r#"{"place": "the East Coast"}"#), "It is 5 AM on the East Coast, Wednesday, March 4th.");
        assert_eq!(tool(r#"{"place": "Narnia"}"#), "failure: `Narnia` is not a place whose time is known");
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
