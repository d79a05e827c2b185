//! What is meant by what was said, and whether what a model says is so.
//!
//! | module | holds |
//! |---|---|
//! | `router` | talk, a tool, or beyond her: by examples that are near in meaning |
//! | `encoder`, `wordpiece` | texts as vectors of their meaning |
//! | `wording` | texts as sets of words |
//! | `known` | the vectors of examples, kept on disk |
//! | `background` | the router, which is there once it was loaded |
//! | `asking` | the model writes the call of a tool that may be meant |
//! | `memory` | what she was told to remember |
//! | `claims` | sentences that claim an action |
//! | `repeats` | an answer that was given before |
//!
//! Invariant: where the router is not there, she answers without tools; no turn waits for it.

mod asking;
mod background;
mod claims;
mod encoder;
mod known;
mod memory;
mod repeats;
mod router;
mod wording;
mod wordpiece;

pub use asking::call_for;
pub use background::{Mind, RouterFiles};
pub use claims::{claims_an_action, opens_a_claim};
pub use memory::{Memory, Remembered, to_remember};
pub use repeats::Repeats;
pub use router::{Route, Router};
