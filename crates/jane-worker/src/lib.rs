//! Native engines as child processes: what host and worker say to each other, and the worker's side of it.
//!
//! Invariants: the host holds no native engine; a worker ends when its standard input closes, so none outlives the host, however
//! the host ends.

mod log;
mod protocol;
mod serve;

pub use jane_core::Failure;
pub use protocol::{
    FromHost, FromWorker, Llama, LlamaJob, LlamaLoad, LlamaLoaded, LlamaOptions, LlamaOutput,
    LlamaPlace, MAX_AUDIO, Piper, PiperLoad, PiperLoaded, PiperOptions, PiperOutput, Protocol,
    Reply, Request, VERSION, Whisper, WhisperLoad, WhisperLoaded, WhisperOptions,
    WhisperTranscript, codec, decode, encode,
};
pub use serve::{Assigned, Call, Engine, all_cores, serve};
