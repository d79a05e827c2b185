//! Figures as one says them.

use std::time::Duration;

/// A number, rounded as one speaks: to hundredths, or to three digits where it is small.
pub fn say_number(value: f64) -> String {
    if !value.is_finite() {
        return "infinity".into();
    }
    if value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-6) {
        let text = format!("{value:.2e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{} times 10 to the {exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'));
    }
    let decimals = if value.abs() >= 1.0 || value == 0.0 { 2 } else { (2.0 - value.abs().log10().floor()) as usize };
    let text = format!("{:.decimals$}", value.abs());
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len() > 4 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 && text != "0" { "minus " } else { "" };
    format!("{sign}{grouped}{rest}")
}

/// `1 day`, `3 days`.
pub fn say_count(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `3rd`.
pub fn say_ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `milk, eggs and bread`.
pub fn say_list<S: AsRef<str>>(items: &[S]) -> String {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push_str(if at + 1 == items.len() { " and " } else { ", " });
        }
        text.push_str(item.as_ref());
    }
    text
}

/// `1 hour and 30 minutes`: the seconds only below an hour, the minutes only below two days.
pub fn say_duration(duration: Duration) -> String {
    let seconds = (duration.as_millis() as u64 + 500) / 1000;
    let mut parts = Vec::new();
    let mut add = |count: u64, noun: &str| {
        if count > 0 {
            parts.push(say_count(count, noun));
        }
    };
    if seconds < 3600 {
        add(seconds / 60, "minute");
        add(seconds % 60, "second");
    } else if seconds < 2 * 86_400 {
        let minutes = (seconds + 30) / 60;
        add(minutes / 60, "hour");
        add(minutes % 60, "minute");
    } else {
        let hours = (seconds + 1800) / 3600;
        add(hours / 24, "day");
        add(hours % 24, "hour");
    }
    if parts.is_empty() { "0 seconds".into() } else { say_list(&parts) }
}

/// `7:30 PM`, or `19:30` where the day has 24 hours.
pub fn say_time(hour: u8, minute: u8, hours: u8) -> String {
    if hours == 24 {
        return format!("{hour}:{minute:02}");
    }
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    if minute == 0 { format!("{hour} {half}") } else { format!("{hour}:{minute:02} {half}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, expected) in [
            (0.0, "0"),
            (87.0, "87"),
            (-4.0, "minus 4"),
            (12.6, "12.6"),
            (41.842_944, "41.84"),
            (0.1 + 0.2, "0.3"),
            (0.012_345, "0.0123"),
            (1234.0, "1234"),
            (12_345.678, "12,345.68"),
            (1_000_000.0, "1,000,000"),
            (22.222_22, "22.22"),
            (-0.000_000_000_1, "-1 times 10 to the -10"),
            (6.02e23, "6.02 times 10 to the 23"),
        ] {
            assert_eq!(say_number(value), expected);
        }
    }

    #[test]
    fn durations_times_and_lists() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (45, "45 seconds"),
            (60, "1 minute"),
            (630, "10 minutes and 30 seconds"),
            (5400, "1 hour and 30 minutes"),
            (3601, "1 hour"),
            (3599, "59 minutes and 59 seconds"),
            (200_000, "2 days and 8 hours"),
        ] {
            assert_eq!(say_duration(Duration::from_secs(seconds)), expected);
        }
        assert_eq!(say_time(0, 5, 12), "12:05 AM");
        assert_eq!(say_time(19, 0, 12), "7 PM");
        assert_eq!(say_time(19, 30, 24), "19:30");
        assert_eq!(say_list(&["a", "b", "c"]), "a, b and c");
        assert_eq!((say_ordinal(22), say_ordinal(12)), ("22nd".into(), "12th".into()));
    }
}
