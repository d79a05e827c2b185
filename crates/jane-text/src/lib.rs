//! Text between a language model and a voice: its sentences while it is written, and the words that are spoken for them.
//!
//! No I/O, and no knowledge of engines.

pub mod sentences;
pub mod spoken;

pub use sentences::{SentenceCutter, ends_a_sentence};
