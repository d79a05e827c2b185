//! What is meant by what was said, and whether what a model says is so.
//!
//! | module | holds |
//! |---|---|
//! | `router` | talk, a tool, or beyond her: by examples that are near in meaning |
//! | `encoder`, `wordpiece` | texts as vectors of their meaning |
//! | `wording` | texts as sets of words |
//! | `known` | the vectors of examples, kept on disk |
//! | `background` | the router, which is there once it was loaded |
//! | `mood` | whether something is to be done at all, by the form of the sentence |
//! | `asking` | the model writes the call of a tool that may be meant |
//! | `grounding` | whether a call is about what was said |
//! | `memory` | what she was told to remember |
//! | `claims` | sentences that claim an action |
//! | `pretends` | answers that speak of what was asked as if it were done |
//! | `phrases` | the words of a sentence, and the phrases that they begin with |
//! | `tool_names` | sentences that name a tool |
//! | `several` | several requests in one breath, taken apart |
//! | `repeats` | an answer that was given before |
//!
//! Invariant: where the router is not there, she answers without tools; no turn waits for it.

mod asking;
mod background;
mod claims;
mod encoder;
mod grounding;
mod known;
mod memory;
mod mood;
mod phrases;
mod pretends;
mod repeats;
mod router;
mod several;
mod tool_names;
mod wording;
mod wordpiece;

pub use asking::{call_for, call_instructions};
pub use background::{Mind, RouterFiles};
pub use claims::{claims_an_action, opens_a_claim};
pub use memory::{Change, Fact, Memory, MemoryRequest, Moment};
pub use mood::{acts, may_serve};
pub use pretends::pretends;
pub use repeats::{Repeats, echoes};
pub use router::{Route, Router};
pub use several::requests;
pub use tool_names::names_a_tool;
