//! Times of day: `half past six`, `7:30 pm`, `seven thirty`, `quarter to eight in the evening`, `noon`.

use serde::{Deserialize, Serialize};

use crate::number::number;

/// A time of day, as said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOfDay {
    pub hour: u8,
    pub minute: u8,
    /// Whether the half of the day is known. Otherwise `hour` is from 1 to 12, and may be of the morning or of the evening.
    pub certain: bool,
}

impl TimeOfDay {
    /// The first minute of the day that it may be and that is after `minute`, which may be of the next day: then it is above 1440.
    pub fn after(self, minute: u32) -> u32 {
        let first = u32::from(self.hour % if self.certain { 24 } else { 12 }) * 60 + u32::from(self.minute);
        let step = if self.certain { 1440 } else { 720 };
        (0..4).map(|turn| first + turn * step).find(|at| *at > minute).unwrap_or(first)
    }

    /// The same, taken to be of the morning where that is not known.
    pub fn morning(self) -> TimeOfDay {
        TimeOfDay { hour: if self.certain { self.hour } else { self.hour % 12 }, certain: true, ..self }
    }

    /// The same, taken to be after noon where that is not known.
    pub fn evening(self) -> TimeOfDay {
        TimeOfDay { hour: if self.certain { self.hour } else { self.hour % 12 + 12 }, certain: true, ..self }
    }
}

/// The longest time of day that the words begin with.
pub fn time<W: AsRef<str>>(words: &[W]) -> Option<(TimeOfDay, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let known = |hour: u8, minute: u8, taken: usize| Some((TimeOfDay { hour, minute, certain: true }, taken));
    match (word(0), word(1)) {
        ("noon" | "midday", _) => return known(12, 0, 1),
        ("midnight", _) => return known(0, 0, 1),
        ("12" | "twelve", "noon" | "midday") => return known(12, 0, 2),
        ("12" | "twelve", "midnight") => return known(0, 0, 2),
        _ => {}
    }
    if let Some((hour, minute, taken)) = of_24_hours(words) {
        return known(hour, minute, taken);
    }
    let (hour, minute, mut at) = relative(words).or_else(|| plain(words))?;
    match (word(at), word(at + 1)) {
        ("o'clock" | "oclock" | "o'clock's", _) => at += 1,
        ("o" | "o'", "clock") => at += 2,
        _ => {}
    }
    let after = |at: usize| match (word(at), word(at + 1), word(at + 2)) {
        ("am", ..) => Some((true, 1)),
        ("a", "m", _) => Some((true, 2)),
        ("pm", ..) => Some((false, 1)),
        ("p", "m", _) => Some((false, 2)),
        ("in", "the", "morning") => Some((true, 3)),
        ("in", "the", "afternoon" | "evening") => Some((false, 3)),
        ("at", "night", _) => Some((!(5..12).contains(&hour), 2)),
        ("in", "the", "night") => Some((!(6..12).contains(&hour), 3)),
        _ => None,
    };
    let time = match after(at) {
        Some((morning, taken)) => {
            at += taken;
            let time = TimeOfDay { hour, minute, certain: hour == 0 || hour > 12 };
            if morning { time.morning() } else { time.evening() }
        }
        None => TimeOfDay { hour, minute, certain: hour == 0 || hour > 12 || word(0).starts_with('0') },
    };
    Some((time, at))
}

/// `1845 hours`, `eighteen hundred`, `zero seven hundred hours`.
fn of_24_hours<W: AsRef<str>>(words: &[W]) -> Option<(u8, u8, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let zero = usize::from(matches!(word(0), "zero" | "oh") && word(1) != "hundred");
    let rest = words.get(zero..)?;
    let (figure, taken) = number(rest)?;
    let taken = zero + taken;
    let hundred = words.get(..taken)?.iter().any(|word| word.as_ref() == "hundred");
    let written = word(0).len() == 4 && taken == 1 && word(0).bytes().all(|byte| byte.is_ascii_digit());
    let hours = matches!(word(taken), "hours" | "hour");
    if figure.fract() != 0.0 || !(0.0..2400.0).contains(&figure) || !(hundred || (written && hours)) || (hundred && !hours && (figure < 1000.0 || figure % 100.0 != 0.0)) {
        return None;
    }
    let (hour, minute) = ((figure / 100.0) as u8, (figure % 100.0) as u8);
    (minute < 60).then_some((hour, minute, taken + usize::from(hours)))
}

fn small<W: AsRef<str>>(words: &[W], limit: f64) -> Option<(u8, usize)> {
    let (value, taken) = number(words)?;
    (value.fract() == 0.0 && (0.0..=limit).contains(&value)).then_some((value as u8, taken))
}

/// `half past six`, `ten to seven`.
fn relative<W: AsRef<str>>(words: &[W]) -> Option<(u8, u8, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let (minutes, mut at) = match (word(0), word(1)) {
        ("half", _) => (30, 1),
        ("quarter", _) => (15, 1),
        ("a", "quarter") => (15, 2),
        _ => {
            let (minutes, taken) = small(words, 59.0)?;
            (minutes, taken + usize::from(matches!(word(taken), "minutes" | "minute")))
        }
    };
    let direction = word(at);
    at += 1;
    match direction {
        "past" | "after" => {
            let (hour, taken) = small(words.get(at..)?, 23.0)?;
            Some((hour, minutes, at + taken))
        }
        // `quarter of seven` is said in America.
        "to" | "before" | "till" | "of" if minutes > 0 && (direction != "of" || (minutes == 15 && word(0) != "three-quarters")) => {
            let (hour, taken) = small(words.get(at..)?, 23.0)?;
            Some((if hour == 1 { 12 } else { (hour + 23) % 24 }, 60 - minutes, at + taken))
        }
        // `half six` is half past six.
        _ if word(0) == "half" => {
            let (hour, taken) = small(words.get(1..)?, 12.0)?;
            Some((hour, 30, 1 + taken))
        }
        _ => None,
    }
}

/// `7:30`, `7.30`, `730`, `seven`, `seven thirty`, `seven oh five`.
fn plain<W: AsRef<str>>(words: &[W]) -> Option<(u8, u8, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let valid = |hour: u8, minute: u8, at: usize| (hour < 24 && minute < 60).then_some((hour, minute, at));
    let first = word(0);
    if let Some((hour, minute)) = first.split_once([':', '.']) {
        return if minute.len() == 2 { valid(hour.parse().ok()?, minute.parse().ok()?, 1) } else { None };
    }
    if matches!(first.len(), 3 | 4) && first.bytes().all(|byte| byte.is_ascii_digit()) {
        let figure: u16 = first.parse().ok()?;
        return valid(u8::try_from(figure / 100).ok()?, u8::try_from(figure % 100).ok()?, 1);
    }
    let (hour, at) = small(words, 23.0)?;
    // `18h30`, which in small hours is a length.
    if hour >= 6
        && word(at) == "h"
        && let Some((minute, taken)) = words.get(at + 1..).and_then(|rest| small(rest, 59.0)).filter(|_| word(at + 1).len() == 2)
    {
        return valid(hour, minute, at + 1 + taken);
    }
    if matches!(word(at), "oh" | "o")
        && let Some((minute, taken)) = words.get(at + 1..).and_then(|rest| small(rest, 9.0))
    {
        return valid(hour, minute, at + 1 + taken);
    }
    match small(words.get(at..).unwrap_or_default(), 59.0) {
        Some((minute, taken)) if minute >= 10 || (word(at).len() == 2 && word(at).starts_with('0')) => valid(hour, minute, at + taken),
        _ => Some((hour, 0, at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for (text, hour, minute, certain) in [
            ("seven", 7, 0, false),
            ("7", 7, 0, false),
            ("7:30", 7, 30, false),
            ("7.30", 7, 30, false),
            ("07:30", 7, 30, true),
            ("19:30", 19, 30, true),
            ("730", 7, 30, false),
            ("1830", 18, 30, true),
            ("seven o'clock", 7, 0, false),
            ("seven thirty", 7, 30, false),
            ("seven oh five", 7, 5, false),
            ("half past six", 6, 30, false),
            ("half six", 6, 30, false),
            ("half-past 6", 6, 30, false),
            ("quarter to one", 12, 45, false),
            ("a quarter past eight", 8, 15, false),
            ("ten to seven pm", 18, 50, true),
            ("twenty minutes past four", 4, 20, false),
            ("7 pm", 19, 0, true),
            ("7 p.m.", 19, 0, true),
            ("7pm", 19, 0, true),
            ("12 am", 0, 0, true),
            ("12 pm", 12, 0, true),
            ("seven in the morning", 7, 0, true),
            ("half past five in the evening", 17, 30, true),
            ("nine at night", 21, 0, true),
            ("two at night", 2, 0, true),
            ("noon", 12, 0, true),
            ("midnight", 0, 0, true),
            ("twenty one thirty", 21, 30, true),
            ("eight o clock", 8, 0, false),
            ("8 O'Clock", 8, 0, false),
            ("eight o'clock in the evening", 20, 0, true),
            ("1845 hours", 18, 45, true),
            ("0700 hours", 7, 0, true),
            ("eighteen hundred hours", 18, 0, true),
            ("eighteen hundred", 18, 0, true),
            ("eighteen forty five", 18, 45, true),
            ("zero seven hundred hours", 7, 0, true),
            ("7 15", 7, 15, false),
            ("7 05", 7, 5, false),
            ("715", 7, 15, false),
            ("7:15 P.M.", 19, 15, true),
            ("715 pm", 19, 15, true),
            ("8 a.m.", 8, 0, true),
            ("eight a m", 8, 0, true),
            ("12 noon", 12, 0, true),
            ("twelve midnight", 0, 0, true),
            ("quarter of seven", 6, 45, false),
            ("two in the night", 2, 0, true),
            ("five-thirty", 5, 30, false),
            ("18h30", 18, 30, true),
        ] {
            assert_eq!(crate::time(text), Some(TimeOfDay { hour, minute, certain }), "{text}");
        }
        for text in ["", "25", "7:75", "the moon", "7.5", "half past", "2500 hours", "1875 hours", "a hundred", "two hundred people"] {
            assert_eq!(crate::time(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_one() {
        let seven = crate::time("seven").unwrap();
        assert_eq!(seven.after(6 * 60), 7 * 60);
        assert_eq!(seven.after(7 * 60), 19 * 60);
        assert_eq!(seven.after(20 * 60), 31 * 60);
        assert_eq!(seven.morning().after(8 * 60), 31 * 60);
        assert_eq!(crate::time("12").unwrap().after(11 * 60), 12 * 60);
        assert_eq!(crate::time("12").unwrap().after(13 * 60), 24 * 60);
    }
}
