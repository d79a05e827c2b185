//! The three engines as the host sees them: worker processes, servers that speak OpenAI's or Wyoming's protocol, and what stands in
//! for a server that is down.
//!
//! Invariants: dropping a future or stream that a backend returned cancels its work; a backend loads what it needs on first use
//! and again after a failure; no error of a backend ends the program; nothing is loaded without room for it ([`memory`]).

mod engines;
mod fallback;
pub mod memory;
mod openai;
mod sampling;
mod secret;
mod sent;
mod time_left;
mod turn_completion;
pub mod worker;
mod wyoming;

pub use engines::{Builder, Engines, MEMORY, ONNX_RUNTIME, server_errors, wanted_models};
pub use jane_core::*;
pub use turn_completion::TurnCompletion;
pub use wyoming::{CodecError, WyomingCodec, WyomingEvent};
