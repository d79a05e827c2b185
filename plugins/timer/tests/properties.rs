//! What holds of any text and any time: nothing said breaks the skill or holds it up, and what is said of a time is what is listed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::{Duration, Instant};

use jane_skill::{fake, prelude::*};
use timer::Timers;

/// A sequence of numbers that looks like chance, and is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

const PIECES: &[&str] = &[
    "set", "a", "timer", "for", "5", "minutes", "and", "another", "alarm", "at", "7:30", "remind", "me", "to", "every", "other", "day", "except", "Sunday", "in", "two",
    "weeks", "cancel", "the", "first", "pasta", "one", "undo", "pause", "it", "change", "half", "past", "quarter", "1/2", "an", "hour", "thirty", "-", "minus", "99999999999999999999",
    "tomorrow", "on", "of", "month", "wake", "up", "all", "don't", "no,", "make", "snooze", "1h30m", "ü", "🥚", "’", "…", "0", "hundred", "thousand", "31st", "February", "last",
    "called", "rename", "by", "add", "remove", "from", "left", "how", "long", "is", "midnight", "1845", "hours", "\u{202e}", "İ", "ß", "remind me", "years", "1.5", "ago",
];

#[test]
fn any_words_are_answered_or_left() {
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut timers = Timers;
    fake::reset();
    for turn in 1..6000 {
        let count = 1 + chance.below(18);
        let text = (0..count).map(|_| PIECES[chance.below(PIECES.len())]).collect::<Vec<_>>().join(" ");
        timers.on_transcript(&Transcript { turn, ..Transcript::typed(&text) }).unwrap();
        if turn % 20 == 0 {
            fake::advance(&mut timers, Duration::from_secs(chance.below(4000) as u64)).unwrap();
            fake::said();
        }
        if turn % 50 == 0 {
            fake::reset();
        }
    }
}

#[test]
fn long_texts_are_left_at_once() {
    let mut timers = Timers;
    fake::reset();
    for piece in ["minus ", "-", "and set a timer for ", "one hundred ", "please ", "five-", "1,000", "remind me to ", "🥚", "the first of ", "(", "1/"] {
        let begun = Instant::now();
        let action = timers.on_transcript(&Transcript::typed(&piece.repeat(100_000 / piece.len()))).unwrap();
        assert!(matches!(action, TranscriptAction::Pass), "{piece}");
        assert!(begun.elapsed() < Duration::from_millis(50), "{piece}: {:?}", begun.elapsed());
        // As long as is looked at.
        let begun = Instant::now();
        timers.on_transcript(&Transcript::typed(&piece.repeat(590 / piece.len()))).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "{piece}: {:?}", begun.elapsed());
    }
}

/// Days of 2026 on which the clocks change at night, and the offsets before and after, in seconds. The change is at this time (milliseconds since 1970).
const CHANGES: &[(&str, u64, i32, i32)] = &[
    ("Europe/Berlin", 1_774_746_000_000, 3600, 7200),
    ("Europe/Berlin", 1_792_890_000_000, 7200, 3600),
    ("America/New_York", 1_772_953_200_000, -18_000, -14_400),
    ("America/New_York", 1_793_512_800_000, -14_400, -18_000),
    ("Australia/Lord_Howe", 1_791_041_400_000, 37_800, 39_600),
    ("Pacific/Auckland", 1_790_431_200_000, 43_200, 46_800),
];

#[test]
fn what_is_said_is_what_is_listed_when_the_clocks_change() {
    let minute_ms = 60_000;
    for (zone, at_ms, before, after) in CHANGES {
        for ahead_minutes in [30, 360, 1500, 3000] {
            for quarter in 0..96 {
                fake::reset();
                fake::set_time_zone(zone, *before);
                fake::change_offset(*at_ms, *after);
                fake::set_now_ms(at_ms - ahead_minutes * minute_ms);
                let mut timers = Timers;
                let (hour, minute) = (quarter / 4, quarter % 4 * 15);
                let said = fake::ask(&mut timers, &format!("Set an alarm for {hour:02}:{minute:02}.")).unwrap();
                let listed = fake::ask(&mut timers, "What alarms do I have?").unwrap();
                let when = said.trim_start_matches("Alarm set ").split(", since").next().unwrap().trim_end_matches('.');
                assert_eq!(listed, format!("You have an alarm {when}."), "{zone} {hour:02}:{minute:02}, {ahead_minutes} minutes before");
                // It rings at the time that was said.
                fake::advance(&mut timers, Duration::from_secs(50 * 3600)).unwrap();
                let rang = fake::said().concat();
                let time = when.trim_start_matches("at ").split(" tomorrow").next().unwrap().split(" tonight").next().unwrap().split(" on ").next().unwrap();
                assert!(rang.contains(time), "{zone}: {said} {rang}");
            }
        }
    }
}

#[test]
fn an_hour_that_is_skipped_is_said() {
    fake::reset();
    let (zone, at_ms, before, after) = CHANGES[0];
    fake::set_time_zone(zone, before);
    fake::change_offset(at_ms, after);
    fake::set_now_ms(at_ms - 6 * 3_600_000);
    let mut timers = Timers;
    let said = fake::ask(&mut timers, "Set an alarm for 2:30 am.").unwrap();
    assert_eq!(said, "Alarm set at 3:30 AM tomorrow, since the clocks go forward then.");
    assert_eq!(fake::ask(&mut timers, "What alarms do I have?").unwrap(), "You have an alarm at 3:30 AM tomorrow.");
}

#[test]
fn tools_do_what_requests_do() {
    fake::reset();
    let mut timers = Timers;
    let mut call = |name: &str, arguments: &str| match timers.call_tool(&ToolCall { turn: 1, name: name.into(), arguments: arguments.into() }) {
        Ok(ToolOutput::FinalAnswer(text)) => text,
        Ok(other) => format!("{other:?}"),
        Err(failure) => format!("! {}", failure.message()),
    };
    for (name, arguments, expected) in [
        ("set_timer", r#"{"when": "10 minutes", "name": "pasta"}"#, "Pasta timer set for 10 minutes."),
        ("set_timer", r#"{"when": "tomorrow at 6:30", "kind": "alarm"}"#, "Alarm set at 6:30 AM tomorrow."),
        ("set_timer", r#"{"when": "half past six"}"#, "Alarm set at 6:30 PM."),
        ("set_timer", r#"{"when": "noon", "kind": "reminder", "name": "ring the dentist"}"#, "I will remind you at noon: ring the dentist."),
        ("change_timer", r#"{"action": "pause", "name": "pasta timer"}"#, "Pasta timer paused with 10 minutes left."),
        ("change_timer", r#"{"action": "resume", "name": "pasta"}"#, "Pasta timer goes on, with 10 minutes left."),
        ("change_timer", r#"{"action": "add", "name": "pasta", "value": "5 minutes"}"#, "15 minutes left now on the pasta timer."),
        ("change_timer", r#"{"action": "rename", "name": "pasta", "value": "noodle"}"#, "The pasta timer is the noodle timer now."),
        ("cancel_timer", r#"{"name": "noodle"}"#, "Noodle timer cancelled."),
        ("set_timer", r#"{"when": "soonish"}"#, "For how long?"),
        ("set_timer", "{}", "For how long?"),
        ("cancel_timer", r#"{"name": "all"}"#, "All 3 cancelled."),
    ] {
        assert_eq!(call(name, arguments), expected, "{name} {arguments}");
    }
    for tool in Timers::tools() {
        for word in ["$ref", "pattern", "anyOf"] {
            assert!(!tool.input_schema.contains(word), "{}", tool.name);
        }
    }
}
