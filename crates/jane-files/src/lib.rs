//! Files that come from outside: read bounded, hashed on the way, recognised by their beginning.
//!
//! [`gguf`] reads the heads of language models, [`Artifact`] is the cache of what a worker makes of a model, [`looks`] says what a
//! file is that is not what it should be. Nothing here trusts a length that a file states about itself.

mod artifact_cache;
mod content;
pub mod gguf;
pub mod looks;
pub mod not_a_model;

pub use artifact_cache::{Artifact, file_state, own_directory};
pub use content::{Content, HashingWriter, copy, hash, hexadecimal, read_text, remove_all, store};
