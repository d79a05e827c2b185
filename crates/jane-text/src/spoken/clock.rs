//! Times of day and durations.

use std::sync::LazyLock;

use regex::Regex;

use super::normal::{At, Found};
use super::numbers::{pattern, value};
use super::{Language, english, goes_on};

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^(\d{1,2})(?:(?:[:h.]|:)([0-5]\d))?(?::([0-5]\d))?(?:[ \x{a0}\x{202f}]?([AaPp])(?:\.[Mm]\.?|[Mm])\b\.?)?",
    )
});

static HOURS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(\d{1,2})(?: ?[-–] ?)\d{1,2}(?::[0-5]\d)? ?(?:[AaPp]\.?[Mm]\b)"));

/// "5-6pm": the hour that a range begins with, whose half of the day is written behind the second.
pub fn hours(at: At<'_>) -> Option<Found> {
    if !at.begins_word() || !at.language.is_english {
        return None;
    }
    let found = HOURS.as_ref()?.captures(at.rest())?;
    let hour = found.get(1)?.as_str();
    let joint = at.rest().get(hour.len()..)?;
    let mark = joint.trim_start_matches([' ', '-', '–']).len();
    value(hour).filter(|hour| (1..=12).contains(hour))?;
    let to = at.language.word("to")?;
    Found::new(at.rest().len() - mark, format!("{hour} {to} "))
}

/// "8:00", "2:05 AM", "14:30", "8am", "9am-5pm", "1:30:45".
pub fn time(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    if !at.begins_word() || !rest.starts_with(|digit: char| digit.is_ascii_digit()) {
        return None;
    }
    let found = TIME.as_ref()?.captures(rest)?;
    let written = found.get(0)?.as_str();
    let number = |group: usize| found.get(group).and_then(|group| value(group.as_str()));
    let hour = number(1)?;
    let half = found.get(4).map(|half| {
        if half.as_str().eq_ignore_ascii_case("a") {
            "AM"
        } else {
            "PM"
        }
    });
    let (minute, second) = (number(2), number(3));
    let mark = found
        .get(2)
        .and_then(|minute| rest.get(..minute.start())?.chars().next_back());
    let language = at.language;
    let behind = rest.get(written.len()..)?;
    let spelled = behind.strip_prefix(' ').is_some_and(|word| {
        !language.clock.behind.is_empty() && word.starts_with(&language.clock.behind)
    });
    match mark {
        // "14.30 Uhr", and "8.30 pm".
        Some('.') if !spelled && half.is_none() => return None,
        Some('h') if language.is_english => return None,
        _ => {}
    }
    if let Some(said) = minutes_and_seconds(at, written, hour, minute) {
        return Found::new(written.len(), said);
    }
    if minute.is_none() && half.is_none() || hour > 24 || goes_on(behind) || behind.starts_with(':')
    {
        return None;
    }
    // The full stop of "p.m." may end the sentence.
    let ends = written.ends_with('.') && behind.trim().is_empty();
    let stop = if ends { "." } else { "" };
    if let (Some(minute), Some(second)) = (minute, second) {
        // "8:00:00" is a time of day: nobody measures eight hours to the second.
        let is_whole = (minute, second) == (0, 0) && half.is_none() && language.is_english;
        let words = if is_whole {
            said(hour, 0, language)
        } else {
            duration(hour, minute, second, half, language)?
        };
        return Found::new(written.len(), words);
    }
    let minute = minute.unwrap_or(0);
    if let Some(half) = half.filter(|_| language.is_english) {
        let time = if minute == 0 {
            hour.to_string()
        } else {
            format!("{hour} {}", minutes(minute))
        };
        return Found::new(written.len(), format!("{time} {half}{stop}"));
    }
    if half.is_some() {
        return None;
    }
    let uhr = if spelled {
        1 + language.clock.behind.len()
    } else {
        0
    };
    if !language.is_english {
        let template = if minute == 0 {
            &language.clock.full
        } else {
            &language.clock.time
        };
        if template.is_empty() {
            return None;
        }
        return Found::new(written.len() + uhr, said(hour, minute, language));
    }
    // "8:00-9:30" is said without the word that a time alone has.
    let in_range = behind.starts_with(['-', '–'])
        || behind.starts_with(" - ")
        || behind.starts_with(" – ")
        || at.before().ends_with(['-', '–']);
    let clock = behind
        .strip_prefix(" o'clock")
        .map_or(0, |_| " o'clock".len());
    let joint = ["-", "–", " - ", " – "].into_iter().find(|joint| {
        behind
            .strip_prefix(joint)
            .is_some_and(|next| next.starts_with(|digit: char| digit.is_ascii_digit()))
    });
    let time = match (minute, in_range) {
        (0, true) if (1..=12).contains(&hour) => hour.to_string(),
        _ => said(hour, minute, language),
    };
    match joint {
        Some(joint) => Found::new(
            written.len() + joint.len(),
            format!("{time} {} ", language.word("to")?),
        ),
        None => Found::new(written.len() + clock, time),
    }
}

/// A time of day without seconds.
pub fn said(hour: u32, minute: u32, language: &Language) -> String {
    if !language.is_english {
        let clock = &language.clock;
        let template = if minute == 0 {
            &clock.full
        } else {
            &clock.time
        };
        return template
            .replace("{h}", &hour.to_string())
            .replace("{m}", &minute.to_string());
    }
    match (hour, minute) {
        (0 | 24, 0) => "midnight".to_owned(),
        (1..=12, 0) => format!("{hour} o'clock"),
        (_, 0) => format!("{hour} hundred"),
        (0, _) => format!("zero {}", minutes(minute)),
        _ => format!("{hour} {}", minutes(minute)),
    }
}

fn minutes(minute: u32) -> String {
    if minute < 10 {
        format!("oh {minute}")
    } else {
        minute.to_string()
    }
}

/// "30:00", "45:30": minutes and seconds, where the first number is no hour.
fn minutes_and_seconds(
    at: At<'_>,
    written: &str,
    first: u32,
    second: Option<u32>,
) -> Option<String> {
    let behind = at.rest().get(written.len()..)?;
    let is_pair = written.len() == 5 && written.get(2..3) == Some(":");
    if !is_pair
        || !(25..60).contains(&first)
        || !at.language.is_english
        || goes_on(behind)
        || behind.starts_with(':')
    {
        return None;
    }
    duration(0, first, second?, None, at.language)
}

/// "1:30:45": with the half of a day it is a time, and otherwise a duration.
fn duration(
    hour: u32,
    minute: u32,
    second: u32,
    half: Option<&str>,
    language: &Language,
) -> Option<String> {
    if !language.is_english {
        return None;
    }
    if let Some(half) = half {
        return Some(format!(
            "{hour} {} and {second} seconds {half}",
            minutes(minute)
        ));
    }
    let part = |count: u32, name: &str| match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        _ => Some(format!("{count} {name}s")),
    };
    let parts = [
        part(hour, "hour"),
        part(minute, "minute"),
        part(second, "second"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.as_slice() {
        [] => Some(format!("{} seconds", english::small(0))),
        [first, second, third] => Some(format!("{first}, {second} and {third}")),
        parts => Some(parts.join(" and ")),
    }
}
