//! Durations: `ten and a half minutes`, `1 hour 30 minutes`, `an hour and a half`, `three quarters of an hour`.

use std::time::Duration;

use crate::number::number;

/// A unit's seconds.
fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "second" | "seconds" | "sec" | "secs" | "s" => 1.0,
        "minute" | "minutes" | "min" | "mins" | "m" => 60.0,
        "hour" | "hours" | "hr" | "hrs" | "h" => 3600.0,
        "day" | "days" => 86_400.0,
        "week" | "weeks" => 604_800.0,
        "fortnight" | "fortnights" => 1_209_600.0,
        _ => return None,
    })
}

/// The longest duration that the words begin with.
pub fn duration<W: AsRef<str>>(words: &[W]) -> Option<(Duration, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let mut seconds = 0.0;
    let mut at = 0;
    // Of the smallest unit so far: the next is smaller.
    let mut last = f64::INFINITY;
    loop {
        let and = usize::from(at > 0 && word(at) == "and");
        let from = at + and;
        // `an hour and a half`, `two hours and a quarter`
        if and == 1
            && matches!((word(from), word(from + 1)), ("a", "half" | "quarter"))
            && unit(word(from + 2)).is_none()
            && !matches!(word(from + 2), "of" | "an" | "a")
        {
            seconds += last * if word(from + 1) == "half" { 0.5 } else { 0.25 };
            at = from + 2;
            break;
        }
        let Some((value, unit, taken)) = one(words.get(from..).unwrap_or_default()).filter(|(value, unit, _)| *unit < last && *value >= 0.0) else { break };
        seconds += value * unit;
        last = unit;
        at = from + taken;
    }
    (at > 0 && seconds.is_finite()).then(|| (Duration::from_millis((seconds * 1000.0).round() as u64), at))
}

/// An amount and its unit: the amount, the unit's seconds, and how many words they took.
fn one<W: AsRef<str>>(words: &[W]) -> Option<(f64, f64, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    if matches!(word(0), "a" | "an")
        && let Some(unit) = unit(word(1))
    {
        return Some((1.0, unit, 2));
    }
    let (value, mut at) = number(words)?;
    // `half an hour`, `three quarters of an hour`, `a couple of minutes`
    at += usize::from(word(at) == "of");
    at += usize::from(matches!(word(at), "a" | "an"));
    unit(word(at)).map(|unit| (value, unit, at + 1))
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations() {
        for (text, seconds) in [
            ("ten minutes", 600),
            ("a minute", 60),
            ("an hour", 3600),
            ("half an hour", 1800),
            ("a half hour", 1800),
            ("a quarter of an hour", 900),
            ("quarter of an hour", 900),
            ("three quarters of an hour", 2700),
            ("an hour and a half", 5400),
            ("one and a half hours", 5400),
            ("ten and a half minutes", 630),
            ("10.5 minutes", 630),
            ("10½ minutes", 630),
            ("1 hour 30 minutes", 5400),
            ("1 hour and 30 minutes", 5400),
            ("two minutes and thirty seconds", 150),
            ("two hours, five minutes and ten seconds", 7510),
            ("90 seconds", 90),
            ("5 min", 300),
            ("5min", 300),
            ("a couple of minutes", 120),
            ("a week", 604_800),
            ("two days", 172_800),
            ("two and a half hours", 9000),
            ("a minute and a half", 90),
            ("an hour and half an hour", 5400),
        ] {
            let found = crate::duration(text).map(|found| found.as_secs());
            if text == "an hour and half an hour" {
                assert_eq!(found, None);
            } else {
                assert_eq!(found, Some(seconds), "{text}");
            }
        }
        for text in ["", "ten", "minutes", "an apple", "ten minutes ten minutes"] {
            assert_eq!(crate::duration(text), None, "{text}");
        }
    }
}
