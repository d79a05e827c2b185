//! Speaks without being asked.

use super::imports;
pub use crate::bindings::host::jane::skill::voice::Urgency;
use crate::{Failure, TurnId};

/// Speaks after what is being said.
pub fn say(text: &str) -> Result<(), Failure> {
    say_with(text, Urgency::Normal, false)
}

pub fn say_with(text: &str, urgency: Urgency, expect_reply: bool) -> Result<(), Failure> {
    imports::voice::say(text, urgency, expect_reply)
}

/// Shows a message without a word.
pub fn notify(title: &str, body: &str) -> Result<(), Failure> {
    imports::voice::notify(title, body)
}

/// Ends a turn that is under way. Needs `allow = ["cancel"]`.
pub fn cancel_turn(turn: TurnId) -> Result<(), Failure> {
    imports::voice::cancel_turn(turn)
}
