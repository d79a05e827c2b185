//! The ways people speak of timers, alarms and reminders, and what only sounds like it.

#[path = "../../phrasings/table.rs"]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod table;

use jane_skill::{fake, prelude::*};
use timer::Timers;

#[test]
fn phrasings() {
    table::check("timer", |before, say| {
        fake::reset();
        let mut timers = Timers;
        let mut turn = 0;
        let mut ask = |text: &str| {
            turn += 1;
            match timers.on_transcript(&Transcript { turn, ..Transcript::typed(text) }) {
                Ok(TranscriptAction::Answer(answer)) => Some(answer.speech),
                _ => None,
            }
        };
        for text in before {
            ask(text);
        }
        ask(say)
    });
}
