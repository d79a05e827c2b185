//! Conversations about timers, alarms and reminders, as `phrasings/timer_talks.toml` lists them, and what must be left to the model.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::{path::Path, time::Duration};

use jane_skill::{fake, prelude::*};
use regex::RegexBuilder;
use timer::Timers;
use toml::{Table, Value};

/// Jane with the skill, in one turn after the other.
#[derive(Default)]
struct Talk {
    timers: Timers,
    turn: u64,
}

impl Talk {
    /// What is spoken: the answer, or, of `+5 minutes`, what rings until then.
    fn turn(&mut self, text: &str) -> String {
        if let Some(minutes) = text.strip_prefix('+') {
            let minutes: u64 = minutes.strip_suffix(" minutes").unwrap().parse().unwrap();
            fake::advance(&mut self.timers, Duration::from_secs(minutes * 60)).unwrap();
            return fake::said().join(" ");
        }
        self.turn += 1;
        match self.timers.on_transcript(&Transcript { turn: self.turn, ..Transcript::typed(text) }) {
            Ok(TranscriptAction::Answer(answer)) => answer.speech,
            _ => String::new(),
        }
    }
}

fn table() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../phrasings/timer_talks.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn list<'v>(table: &'v Table, key: &str) -> &'v Vec<Value> {
    table[key].as_array().unwrap()
}

#[test]
fn conversations_go_on_as_listed() {
    let (table, mut wrong, mut count) = (table(), Vec::new(), 0);
    for talk in list(&table, "talks") {
        fake::reset();
        let mut jane = Talk::default();
        let mut so_far = String::new();
        for turn in talk.as_array().unwrap() {
            let [say, pattern] = [0, 1].map(|at| turn[at].as_str().unwrap());
            let heard = jane.turn(say);
            so_far += &format!("\n  {say} -> {heard}");
            count += 1;
            let fits = if pattern.is_empty() { heard.is_empty() } else { RegexBuilder::new(pattern).case_insensitive(true).build().unwrap().is_match(&heard) };
            if !fits {
                wrong.push(format!("{so_far}\n  should be {pattern:?}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} turns:{}", wrong.len(), wrong.join("\n"));
    let (talks, leave) = (list(&table, "talks").len(), list(&table, "leave").len());
    assert!(talks + leave >= 220 && leave * 3 >= talks + leave, "{talks} conversations, and {leave} for the model");
}

#[test]
fn what_is_not_for_the_timer_is_left() {
    let table = table();
    let mut wrong = Vec::new();
    for text in list(&table, "leave").iter().map(|text| text.as_str().unwrap()) {
        // With nothing set, and with some of each.
        for before in [&[][..], &["Set a pasta timer for 8 minutes.", "Wake me at 7.", "Remind me at 5 pm to call mum.", "Hello."]] {
            fake::reset();
            let mut jane = Talk::default();
            for say in before {
                jane.turn(say);
            }
            let heard = jane.turn(text);
            if !heard.is_empty() {
                wrong.push(format!("{text} -> {heard}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
