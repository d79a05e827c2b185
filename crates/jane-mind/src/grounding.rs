//! Whether the call that a model wrote for a request is about what was said. A model that is held to a call writes one, also for "pick a number":
//! with a time and a name that nobody said.
//!
//! Of calls that only read, places and numbers alone are looked at: the rest may be asked for in other words.

use std::collections::BTreeSet;

use jane_core::{Tool, ToolCall};
use serde_json::{Map, Value};

use super::mood::acts;
use super::phrases::words;

/// What points at something that was spoken of before.
const REFERRING: &[&str] = &[
    "it", "its", "that", "this", "them", "those", "these", "one", "ones", "again", "another",
    "too", "same", "also", "instead", "there", "both", "first", "second", "last", "other", "else",
];

/// Words that say nothing of what is meant.
const EMPTY: &[&str] = &[
    "a",
    "an",
    "the",
    "my",
    "your",
    "our",
    "to",
    "for",
    "of",
    "at",
    "in",
    "on",
    "by",
    "and",
    "or",
    "with",
    "from",
    "is",
    "are",
    "am",
    "be",
    "i",
    "me",
    "you",
    "we",
    "us",
    "it",
    "that",
    "this",
    "then",
    "please",
    "user",
    "o'clock",
    "oclock",
    "pm",
    "minute",
    "minutes",
    "min",
    "mins",
    "hour",
    "hours",
    "second",
    "seconds",
    "sec",
    "today",
    "now",
    "timer",
    "timers",
    "alarm",
    "alarms",
    "reminder",
    "reminders",
    "remind",
    "set",
    "time",
    "s",
];

/// Words that stand for a number, or for a time that is written with one.
const NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "half",
    "quarter",
    "noon",
    "midday",
    "midnight",
    "minute",
    "hour",
    "second",
    "dozen",
    "couple",
    "few",
    "pair",
    "once",
    "twice",
    "first",
    "third",
    "fourth",
    "fifth",
    "tenth",
    "double",
    "morning",
    "evening",
    "afternoon",
    "tonight",
    "lunchtime",
    "bedtime",
    "dawn",
    "sunrise",
];

/// Words that a model writes, each with those that mean it where it was said otherwise: nobody's alarm comes again where that was not said.
const KINS: &[&[&str]] = &[
    &[
        "every",
        "each",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "always",
        "all",
        "repeating",
        "recurring",
        "weekday",
        "week",
        "regularly",
    ],
    &[
        "all",
        "everything",
        "every",
        "both",
        "them",
        "those",
        "any",
        "whole",
    ],
    &[
        "tomorrow", "morning", "tonight", "night", "wake", "bed", "sleep", "get", "up",
    ],
    &["tonight", "evening", "night"],
    &["weekday", "workday", "week", "monday"],
    &["weekend", "saturday", "sunday"],
];

/// What tools are told in that is said of anything.
const LOOSE: &[&str] = &[
    "one", "ones", "all", "what", "which", "when", "where", "how", "not", "no", "if", "so", "as",
    "can", "will", "do", "does", "them",
];

/// Days: one that was not said is invented.
const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "tomorrow",
    "every",
    "daily",
    "weekday",
    "weekend",
    "weekly",
];

/// Arguments that name a place, which nobody guesses.
const PLACES: &[&str] = &["place", "location", "city", "town", "country"];

/// What is said of a place that another word names: "the capital of Italy".
const DESCRIBED: &[&str] = &["capital", "city", "home", "live", "country"];

/// The hours from one on, as they are said.
const HOURS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// Times of day that are told without an hour.
const TIMES_OF_DAY: &[&str] = &[
    "noon",
    "midday",
    "midnight",
    "lunch",
    "lunchtime",
    "dinner",
    "breakfast",
    "morning",
    "evening",
    "afternoon",
    "tonight",
    "dawn",
    "sunrise",
    "sunset",
    "bedtime",
    "night",
    "school",
    "work",
];

/// What was said, as its words.
struct Said {
    words: BTreeSet<String>,
    has_number: bool,
    /// Hours of a clock of twelve that may be meant: "quarter to seven" is said of six.
    hours: BTreeSet<u32>,
}

/// How an argument fits what was said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It says what was said.
    Grounded,
    /// It says nothing that would have had to be said.
    Neutral,
    Invented,
}

/// `call` without the arguments that were invented; `None` where what it needs is, or where nothing in it has to do with `request`. `before` is the
/// exchange before it, which the request may refer to.
#[must_use]
pub fn grounded(
    call: ToolCall,
    tool: &Tool,
    request: &str,
    before: Option<(&str, &str)>,
) -> Option<ToolCall> {
    let Ok(Value::Object(mut arguments)) = serde_json::from_str::<Value>(&call.arguments) else {
        // The tool says what is wrong with it.
        return Some(call);
    };
    let said = Said::of(request, before);
    if !acts(&tool.name) {
        let examples: Vec<String> = numbers(&tool.parameters).collect();
        if !arguments
            .values()
            .all(|value| said.may_mean_numbers(value, &examples))
        {
            return None;
        }
        arguments
            .retain(|name, value| !PLACES.contains(&name.as_str()) || said.may_mean_place(value));
        return Some(ToolCall {
            arguments: Value::Object(arguments).to_string(),
            ..call
        });
    }
    let schema: Value = serde_json::from_str(&tool.parameters).unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name)))
    };
    let mut kept = Map::new();
    let mut is_about_it = false;
    for (name, value) in arguments {
        let property = schema
            .get("properties")
            .and_then(|properties| properties.get(&name));
        if property.is_some_and(|property| property.get("enum").is_some()) {
            kept.insert(name, value);
            continue;
        }
        let (value, mut fit) = said.fit(value);
        // All that was said is no name.
        if !is_required(&name) && value.as_str().is_some_and(|text| says_all(text, request)) {
            fit = Fit::Invented;
        }
        is_about_it |= fit == Fit::Grounded;
        match fit {
            Fit::Invented if is_required(&name) => return None,
            Fit::Invented => {}
            Fit::Grounded | Fit::Neutral => {
                kept.insert(name, value);
            }
        }
    }
    if !is_about_it && !said.names(tool) {
        return None;
    }
    Some(ToolCall {
        arguments: Value::Object(kept).to_string(),
        ..call
    })
}

impl Said {
    fn of(request: &str, before: Option<(&str, &str)>) -> Self {
        let mut said: BTreeSet<String> = words(request).into_iter().collect();
        let refers = REFERRING.iter().any(|word| said.contains(*word));
        if let Some((question, answer)) = before.filter(|_| refers) {
            said.extend(words(question));
            said.extend(words(answer));
        }
        let is_number = |word: &String| {
            let parts = word.split('-').any(|part| NUMBERS.contains(&stem(part)));
            parts || word.contains(|letter: char| letter.is_ascii_digit())
        };
        let hours = said.iter().filter_map(|word| hour(word));
        Self {
            has_number: said.iter().any(is_number),
            hours: hours
                .flat_map(|hour| [hour % 12, (hour + 11) % 12])
                .collect(),
            words: said,
        }
    }

    /// Whether a place of this name was said, or described.
    fn may_mean_place(&self, name: &Value) -> bool {
        let name = name.as_str().unwrap_or_default();
        self.fit_text(name) == Fit::Grounded
            || DESCRIBED.iter().any(|word| self.words.contains(*word))
    }

    /// Whether one of the numbers in `value` may have been said; also where it holds none. Where numbers were said in words, they may be any; those of
    /// the `examples` in the tool's schema have to be said, all of them.
    fn may_mean_numbers(&self, value: &Value, examples: &[String]) -> bool {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return true,
        };
        let meant: Vec<String> = numbers(&text).collect();
        if meant.is_empty() {
            return true;
        }
        let is_in_words = |word: &String| word.split('-').any(|part| NUMBERS.contains(&stem(part)));
        let in_digits = || self.words.iter().flat_map(|word| numbers(word));
        let is_said = |number: &String| in_digits().any(|said| said == *number);
        if meant.iter().all(|number| examples.contains(number)) {
            return meant.iter().all(is_said);
        }
        meant.iter().any(is_said) || self.words.iter().any(is_in_words)
    }

    /// Whether each time of a clock in `text` may have been said.
    fn has_times_of(&self, text: &str) -> bool {
        let is_loose = TIMES_OF_DAY.iter().any(|word| self.words.contains(*word));
        is_loose
            || times(text)
                .iter()
                .all(|hour| self.hours.contains(&(hour % 12)))
    }

    /// A list keeps what was said of it.
    fn fit(&self, value: Value) -> (Value, Fit) {
        match value {
            Value::String(text) => {
                let fit = self.fit_text(&text);
                (Value::String(text), fit)
            }
            Value::Number(number) => {
                let fit = if self.has_number {
                    Fit::Grounded
                } else {
                    Fit::Invented
                };
                (Value::Number(number), fit)
            }
            Value::Array(values) => {
                let fits = values.into_iter().map(|value| self.fit(value));
                let kept: Vec<(Value, Fit)> =
                    fits.filter(|(_, fit)| *fit != Fit::Invented).collect();
                let fit = match kept.iter().any(|(_, fit)| *fit == Fit::Grounded) {
                    true => Fit::Grounded,
                    false => Fit::Invented,
                };
                (kept.into_iter().map(|(value, _)| value).collect(), fit)
            }
            other => (other, Fit::Neutral),
        }
    }

    fn fit_text(&self, text: &str) -> Fit {
        if !self.has_times_of(text) {
            return Fit::Invented;
        }
        let mut fit = Fit::Neutral;
        let mut is_named = None;
        for word in words(&text.replace('_', " ")) {
            if word.contains(|letter: char| letter.is_ascii_digit()) {
                if !self.has_number {
                    return Fit::Invented;
                }
                fit = Fit::Grounded;
                continue;
            }
            if EMPTY.contains(&word.as_str()) {
                continue;
            }
            let is_said = self.has(&word);
            if DAYS.contains(&stem(&word)) && !is_said {
                return Fit::Invented;
            }
            is_named = Some(is_named.unwrap_or(false) || is_said);
        }
        match is_named {
            Some(true) => Fit::Grounded,
            Some(false) => Fit::Invented,
            None => fit,
        }
    }

    /// Whether a word like this was said, or one that means it.
    fn has(&self, word: &str) -> bool {
        let is_kin = |other: &str| {
            KINS.iter()
                .any(|kin| kin.first() == Some(&stem(word)) && kin.contains(&stem(other)))
        };
        self.words
            .iter()
            .any(|said| alike(said, word) || is_kin(said))
    }

    /// Whether something was said that the name or the description of `tool` holds.
    fn names(&self, tool: &Tool) -> bool {
        let name = tool
            .name
            .replace(|letter: char| !letter.is_alphanumeric(), " ");
        let told = words(&format!("{name} {}", tool.description));
        let is_loose =
            |word: &str| LOOSE.contains(&word) || (EMPTY.contains(&word) && !is_thing(word));
        told.iter()
            .filter(|word| !is_loose(word))
            .any(|word| self.words.iter().any(|said| alike(said, word)))
    }
}

/// The runs of digits in `text`, without zeros before them.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    let runs = text.split(|letter: char| !letter.is_ascii_digit());
    let runs = runs.filter(|run| !run.is_empty());
    runs.map(|run| run.trim_start_matches('0').to_owned())
}

/// The hour that a word may say: "seven", "7", "7:15", "0715", "19".
fn hour(word: &str) -> Option<u32> {
    if let Some(hour) = HOURS.iter().position(|hour| *hour == word) {
        return u32::try_from(hour + 1).ok();
    }
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    Some(if number > 24 { number / 100 } else { number }).filter(|hour| *hour <= 24)
}

/// The hours of the times of a clock in `text`: those of "6:30", "7 AM" and "7pm".
fn times(text: &str) -> Vec<u32> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_time = |at: usize, word: &str| {
        let halves = ["am", "pm", "a.m.", "p.m."];
        let next = words.get(at + 1).is_some_and(|next| halves.contains(next));
        next || word.contains(':') || halves.iter().any(|half| word.ends_with(half))
    };
    let words = words.iter().enumerate();
    let told = words.filter(|(at, word)| is_time(*at, word));
    told.filter_map(|(_, word)| hour(word)).collect()
}

/// Whether `text` is most of a longer `request`.
fn says_all(text: &str, request: &str) -> bool {
    let (text, request) = (words(text), words(request));
    text.len() > 5 && text.len() * 4 >= request.len() * 3
}

/// What of [`EMPTY`] is a thing that a tool deals with.
fn is_thing(word: &str) -> bool {
    ["timer", "alarm", "reminder", "remind"].contains(&stem(word))
}

fn stem(word: &str) -> &str {
    let word = word.strip_suffix("'s").unwrap_or(word);
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

/// Whether two words are forms of one: "drive" and "driving".
fn alike(one: &str, other: &str) -> bool {
    if stem(one) == stem(other) {
        return true;
    }
    let common = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let shorter = one.chars().count().min(other.chars().count());
    common >= 4 && common + 2 >= shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET_TIMER: &str = r#"{"type":"object","properties":{"when":{"type":"string"},"seconds":{"type":"number"},"kind":{"enum":["timer","alarm","reminder"]},"name":{"type":"string"}}}"#;
    const ADD: &str = r#"{"type":"object","properties":{"items":{"type":"array","items":{"type":"string"}},"list":{"type":"string"}},"required":["items"]}"#;

    fn tool(name: &str, parameters: &str) -> Tool {
        let description = match name {
            "cancel_timer" => "Cancels a timer, an alarm or a reminder.",
            "add_to_list" => "Puts things on one of the user's lists.",
            _ => "Sets a timer, an alarm or a reminder.",
        };
        Tool {
            name: name.to_owned(),
            description: description.to_owned(),
            parameters: parameters.to_owned(),
            examples: Vec::new(),
        }
    }

    fn after(
        name: &str,
        parameters: &str,
        arguments: &str,
        request: &str,
        before: Option<(&str, &str)>,
    ) -> Option<String> {
        let call = ToolCall {
            id: String::new(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        grounded(call, &tool(name, parameters), request, before).map(|call| call.arguments)
    }

    #[test]
    fn what_nobody_said_is_not_done() {
        for (arguments, request) in [
            (
                r#"{"when":"every weekday at 7 AM","kind":"reminder","name":"call mum"}"#,
                "pick a number between 1 and 10",
            ),
            (
                r#"{"when":"every weekday at 7 AM","kind":"alarm"}"#,
                "I have to get up early tomorrow",
            ),
            (r#"{"when":"10 minutes","kind":"timer"}"#, "that is lovely"),
            (
                r#"{"when":"6:30 AM","kind":"alarm"}"#,
                "make some noise when half an hour is up",
            ),
        ] {
            assert_eq!(
                after("set_timer", SET_TIMER, arguments, request, None),
                None,
                "{request}"
            );
        }
        let dinner = r#"{"items":["pasta","salad"],"list":"shopping"}"#;
        assert_eq!(
            after(
                "add_to_list",
                ADD,
                dinner,
                "suggest something for dinner",
                None
            ),
            None
        );
        for request in [
            "stop",
            "never mind",
            "no, that's not what I meant",
            "stop talking",
        ] {
            for arguments in [r#"{"name":"all"}"#, r#"{"name":""}"#, "{}"] {
                assert_eq!(
                    after("cancel_timer", "{}", arguments, request, None),
                    None,
                    "{request}"
                );
            }
        }
    }

    #[test]
    fn what_was_said_in_other_words_is_done() {
        for (arguments, request) in [
            (
                r#"{"when":"7:15 tomorrow","kind":"alarm"}"#,
                "make sure I'm out of bed by seven fifteen tomorrow",
            ),
            (
                r#"{"when":"in 20 minutes","kind":"reminder"}"#,
                "I could use a nudge in twenty minutes",
            ),
            (
                r#"{"when":"30 minutes","kind":"timer","name":"laundry"}"#,
                "the laundry takes half an hour, keep an eye on it",
            ),
            (
                r#"{"when":"6:30 AM every day","kind":"alarm"}"#,
                "get me up at half past six each day",
            ),
            (
                r#"{"when":"6:45","kind":"alarm"}"#,
                "get me up at quarter to seven",
            ),
            (
                r#"{"when":"7 PM","kind":"reminder"}"#,
                "tell me at 1900 hours",
            ),
            (
                r#"{"when":"12:00","kind":"reminder"}"#,
                "give me a shout at lunchtime",
            ),
            (
                r#"{"kind":"timer","seconds":90}"#,
                "time a minute and a half",
            ),
        ] {
            let value = after("set_timer", SET_TIMER, arguments, request, None).unwrap();
            assert_eq!(
                serde_json::from_str::<Value>(&value).unwrap(),
                serde_json::from_str::<Value>(arguments).unwrap(),
                "{request}"
            );
        }
        for request in ["cancel everything", "I don't need the alarms any more"] {
            assert!(
                after("cancel_timer", "{}", r#"{"name":""}"#, request, None).is_some(),
                "{request}"
            );
        }
        let before = Some((
            "set a pasta timer for 8 minutes",
            "Pasta timer set for 8 minutes.",
        ));
        assert!(
            after(
                "cancel_timer",
                "{}",
                r#"{"name":"pasta"}"#,
                "get rid of that one",
                before
            )
            .is_some()
        );
    }

    #[test]
    fn what_was_added_to_it_is_left_out() {
        let kept = after(
            "set_timer",
            SET_TIMER,
            r#"{"when":"7 AM","kind":"alarm","name":"call mum"}"#,
            "get me up at seven",
            None,
        );
        assert_eq!(kept.unwrap(), r#"{"when":"7 AM","kind":"alarm"}"#);
        let kept = after(
            "add_to_list",
            ADD,
            r#"{"items":["soap","bread"],"list":"shopping"}"#,
            "we're out of soap",
            None,
        );
        assert_eq!(kept.unwrap(), r#"{"items":["soap"]}"#);
        let oversleep = "don't let me oversleep tomorrow, I have to be up by seven";
        let arguments =
            format!(r#"{{"when":"7 AM tomorrow","kind":"alarm","name":"{oversleep}"}}"#);
        let kept = after("set_timer", SET_TIMER, &arguments, oversleep, None);
        assert_eq!(kept.unwrap(), r#"{"when":"7 AM tomorrow","kind":"alarm"}"#);
        let kept = after(
            "set_timer",
            SET_TIMER,
            r#"{"when":"every weekday at 7 AM","name":"my son"}"#,
            "wake up my son",
            None,
        );
        assert_eq!(kept.unwrap(), r#"{"name":"my son"}"#);
    }

    #[test]
    fn no_number_is_invented_for_what_is_calculated() {
        let schema = r#"{"properties":{"expression":{"description":"Such as `12 * 7 + 3`."}}}"#;
        let calculates = |expression: &str, request: &str| {
            let arguments = serde_json::json!({ "expression": expression }).to_string();
            after("calculate", schema, &arguments, request, None).is_some()
        };
        assert!(!calculates(
            "12 * 7 + 3",
            "this recipe wants 12 ounces of flour"
        ));
        assert!(!calculates(
            "12 * 7 + 3",
            "the essay has to be two thousand words"
        ));
        assert!(!calculates("87 / 3", "Where does flour come from?"));
        assert!(!calculates("3.14 * 10", "What is pi used for?"));
        assert!(!calculates("87", "this recipe wants 12 ounces of flour"));
        assert!(calculates(
            "24 * 15",
            "each box holds 24 and there are 15 boxes"
        ));
        assert!(calculates(
            "50 - 31.40",
            "it was 31.40 and I gave him a fifty"
        ));
        assert!(calculates(
            "640 * 12",
            "my rent is 640 a month, what is that in a year"
        ));
        assert!(calculates("12 * 4", "four dozen, how many is that"));
    }

    #[test]
    fn no_place_is_guessed() {
        let place = |arguments: &str, request: &str, before| {
            after("get_weather", "{}", arguments, request, before).unwrap()
        };
        let neighbour = r#"{"place":"your_neighbour_house"}"#;
        assert_eq!(place(neighbour, "How warm is it?", None), "{}");
        let tokyo = r#"{"place":"Tokyo"}"#;
        assert_eq!(place(tokyo, "what time is it", None), "{}");
        assert_eq!(place(tokyo, "and in tokyo", None), tokyo);
        let before = Some(("What's the weather in Tokyo?", "Fine."));
        assert_eq!(place(tokyo, "what time is it there", before), tokyo);
        let rome = r#"{"place":"Rome"}"#;
        assert_eq!(
            place(rome, "the weather in the capital of Italy", None),
            rome
        );
    }
}
