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
        let article = usize::from(word(from) == "a");
        let (part, behind) = (word(from + article), word(from + article + 1));
        if and == 1 && matches!(part, "half" | "quarter") && unit(behind).is_none() && !matches!(behind, "of" | "an" | "a" | "past") {
            seconds += last * if part == "half" { 0.5 } else { 0.25 };
            at = from + article + 1;
            break;
        }
        let rest = words.get(from..).unwrap_or_default();
        // `an hour and three quarters`
        if and == 1
            && let Some((part, taken)) = number(rest).filter(|(part, _)| *part > 0.0 && *part < 1.0)
            && unit(word(from + taken)).is_none()
            && !matches!(word(from + taken), "of" | "an" | "a" | "past" | "to")
        {
            seconds += last * part;
            at = from + taken;
            break;
        }
        let Some((value, unit, taken)) = one(rest).filter(|(value, unit, _)| *unit < last && *value >= 0.0) else {
            // `an hour thirty`, `1h30`
            if let Some((count, taken)) = bare(rest, last).filter(|(count, _)| and == 0 || *count >= 5.0) {
                seconds += count * last / 60.0;
                at = from + taken;
            }
            break;
        };
        seconds += value * unit;
        last = unit;
        at = from + taken;
    }
    (at > 0 && seconds.is_finite()).then(|| (Duration::from_millis((seconds * 1000.0).round() as u64), at))
}

/// What may follow an amount that is said without its unit.
const BEHIND_BARE: &[&str] = &[
    "", "to", "for", "timer", "timers", "countdown", "alarm", "from", "called", "named", "about", "that", "left", "more", "later", "long", "longer",
    "on", "off", "and", "so", "until", "please", "now",
];

/// The minutes of `one hour thirty`, the seconds of `two minutes thirty`: `unit` is the one before.
fn bare<W: AsRef<str>>(words: &[W], unit: f64) -> Option<(f64, usize)> {
    if unit != 3600.0 && unit != 60.0 {
        return None;
    }
    let (count, taken) = number(words)?;
    let behind = words.get(taken).map_or("", AsRef::as_ref);
    ((1.0..60.0).contains(&count) && count.fract() == 0.0 && BEHIND_BARE.contains(&behind)).then_some((count, taken))
}

/// `1/2`, as it is written.
fn written<W: AsRef<str>>(words: &[W]) -> Option<(f64, usize)> {
    let [above, slash, below, ..] = words else { return None };
    let figure = |word: &W| word.as_ref().parse::<u8>().ok().filter(|figure| (1..=16).contains(figure));
    let (above, below) = (figure(above)?, figure(below)?);
    (slash.as_ref() == "/" && above < below).then(|| (f64::from(above) / f64::from(below), 3))
}

/// An amount and its unit: the amount, the unit's seconds, and how many words they took.
fn one<W: AsRef<str>>(words: &[W]) -> Option<(f64, f64, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    if matches!(word(0), "a" | "an")
        && let Some(unit) = unit(word(1))
    {
        return Some((1.0, unit, 2));
    }
    // `hour and a half`
    if let Some(unit) = unit(word(0)).filter(|unit| *unit > 1.0)
        && matches!((word(1), word(2), word(3)), ("and", "a", "half" | "quarter") | ("and", "half" | "quarter", _))
    {
        return Some((1.0, unit, 1));
    }
    let (value, mut at) = written(words).or_else(|| number(words))?;
    // `half an hour`, `three quarters of an hour`, `a couple of minutes`
    at += usize::from(word(at) == "of");
    // `7 a.m.` is no length.
    at += usize::from(value.fract() != 0.0 && matches!(word(at), "a" | "an"));
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
            ("an hour and three quarters", 6300),
            ("two hours and a quarter", 8100),
            ("an hour and twenty", 4800),
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
            ("1/2 an hour", 1800),
            ("1/2 hour", 1800),
            ("3/4 of an hour", 2700),
            ("1 1/2 hours", 5400),
            ("1½ hours", 5400),
            ("½ hour", 1800),
            ("half hour", 1800),
            ("half a minute", 30),
            ("quarter hour", 900),
            ("hour and a half", 5400),
            ("an hour and half", 5400),
            ("one hour thirty", 5400),
            ("an hour thirty", 5400),
            ("an hour fifteen", 4500),
            ("two minutes thirty", 150),
            ("2 min 30", 150),
            ("1h30m", 5400),
            ("1h30", 5400),
            ("1hr 30min", 5400),
            ("2h5m10s", 7510),
            ("1 hour, 30 minutes", 5400),
            ("1 hour. 30 minutes.", 5400),
            ("twenty-five minutes", 1500),
            ("one and a quarter hours", 4500),
            ("a fortnight", 1_209_600),
            ("1,5 hours", 5400),
            ("2,5 minutes", 150),
            ("an hour and half an hour", 5400),
        ] {
            let found = crate::duration(text).map(|found| found.as_secs());
            if text == "an hour and half an hour" {
                assert_eq!(found, None);
            } else {
                assert_eq!(found, Some(seconds), "{text}");
            }
        }
        for text in ["", "ten", "minutes", "an apple", "ten minutes ten minutes", "1/0 hours", "one hour eggs", "5 minutes and one for", "two days three"] {
            assert_eq!(crate::duration(text), None, "{text}");
        }
    }
}
