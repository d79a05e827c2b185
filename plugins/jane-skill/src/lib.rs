//! What a skill of Jane's is written with: a struct, a trait and one line.
//!
//! ```
//! use jane_skill::prelude::*;
//!
//! #[derive(Default)]
//! struct Greeter;
//!
//! impl Skill for Greeter {
//!     fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
//!         match transcript.text.trim_end_matches(['.', '!']) {
//!             "Good morning" => Ok(TranscriptAction::say("Good morning! Did you sleep well?")),
//!             _ => Ok(TranscriptAction::Pass),
//!         }
//!     }
//! }
//!
//! jane_skill::export!(Greeter: transcript_hook);
//! ```
//!
//! The component exports what `export!` names, and `about`, which it makes of `Cargo.toml`. It imports what the skill calls of the
//! modules [`log`], [`clock`], [`kv`], [`schedule`], [`voice`], [`http`] and [`llm`]: that is what it asks its owner for. (`log` is always
//! among them, since a panic is told there before it becomes a trap.)
//!
//! Compiled for the machine itself, as `cargo test` does, the same modules reach the [`fake`] of Jane.

#[doc(hidden)]
pub mod bindings;
mod export;
#[cfg(not(target_family = "wasm"))]
pub mod fake;
mod host;
mod skill;
mod tool;
mod types;

pub use bindings::host::jane::skill::types::{
    Answer, Event, Facts, Failure, Reply, Sentence, SentenceAction, Tool, ToolCall, ToolOutput, Transcript, TranscriptAction, TurnId,
};
pub use export::{Instance, log_panics};
pub use host::{clock, http, kv, llm, log, schedule, voice};
pub use skill::Skill;
pub use tool::Kind;

/// All that most skills name.
pub mod prelude {
    pub use crate::{
        Answer, Event, Facts, Failure, Kind, Reply, Sentence, SentenceAction, Skill, Tool, ToolCall, ToolOutput, Transcript, TranscriptAction,
        clock, http, kv, llm, log, schedule, voice,
    };
}
