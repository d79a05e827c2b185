//! What a skill may use of Jane. What it calls here is what its component imports.

pub mod clock;
pub mod http;
pub mod kv;
pub mod llm;
pub mod log;
pub mod schedule;
pub mod voice;

/// The functions of the host: Jane's, or on the machine itself the fake's.
mod imports {
    #[cfg(target_family = "wasm")]
    pub use crate::bindings::host::jane::skill::{clock, http, kv, llm, log, schedule, voice};
    #[cfg(not(target_family = "wasm"))]
    pub use crate::fake::imports::{clock, http, kv, llm, log, schedule, voice};
}
