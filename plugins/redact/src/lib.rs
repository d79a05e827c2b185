//! Keeps secrets, links and code from being read aloud.

mod bare;
mod numbers;
mod passwords;
pub mod sentence;
mod tokens;

use jane_skill::prelude::*;
use sentence::{Spoken, State};

/// What the sentence before left open. It is kept, since the next one may come to another instance.
const STATE: &str = "state";

#[derive(Default)]
pub struct Redact;

impl Skill for Redact {
    fn about(package: Facts) -> Facts {
        Facts {
            wants: vec!["mute".into()],
            ..package
        }
    }

    fn on_sentence(&mut self, sentence: &Sentence) -> Result<SentenceAction, Failure> {
        let kept = match kv::get_bytes(STATE)? {
            Some(kept) => State::from_kept(&kept, sentence.turn),
            None => State::default(),
        };
        // Turns are counted anew in each run, so what was kept of this one may be an earlier run's.
        let mut state = match sentence.index {
            0 => State::default(),
            _ => kept,
        };
        let spoken = sentence::redact(&sentence.text, &mut state);
        if state != kept {
            kv::set_bytes(STATE, &state.to_kept(sentence.turn))?;
        }
        Ok(match spoken {
            Spoken::Unchanged => SentenceAction::Pass,
            Spoken::Instead(text) => SentenceAction::Rewrite(text),
            Spoken::Nothing => SentenceAction::Mute,
        })
    }
}

jane_skill::export!(Redact: sentence_hook);

#[cfg(test)]
mod tests {
    use super::*;

    fn say(turn: u64, index: u32, text: &str) -> String {
        // Each time by another instance.
        match Redact.on_sentence(&Sentence {
            turn,
            index,
            text: text.into(),
        }) {
            Ok(SentenceAction::Pass) => text.into(),
            Ok(SentenceAction::Rewrite(text)) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_a_sentence_leaves_open_ends_with_the_turn() {
        assert_eq!(say(1, 0, "Here it is:"), "Here it is:");
        assert_eq!(say(1, 1, "```"), "Some code.");
        assert_eq!(say(1, 2, "f(x)"), "Ok(SentenceAction::Mute)");
        assert_eq!(say(2, 0, "Good morning."), "Good morning.");
        assert_eq!(say(2, 1, "f of x."), "f of x.");
        assert_eq!(say(3, 0, "Your password:"), "Your password:");
        assert_eq!(say(3, 1, "swordfish"), "A secret");
        assert_eq!(say(3, 2, "Good night."), "Good night.");
        // Another run begins where that turn is still open.
        assert_eq!(say(3, 3, "```"), "Some code.");
        assert_eq!(say(3, 0, "Good morning."), "Good morning.");
        assert_eq!(say(3, 1, "f of x."), "f of x.");
    }
}
