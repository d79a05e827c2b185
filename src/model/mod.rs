//! Models on disk: which are known, which are installed, how they get there and whether they are
//! whole.
//!
//! - A model is one directory, `<models>/NAME/`: its files, and a receipt `model.toml` that says
//!   what they are. It appears and disappears by a rename, so it is never there in part.
//! - Nothing that was fetched is executed, and nothing is installed whose SHA-256 differs from the
//!   catalogue's.
//! - Names from a catalogue, a receipt or a command are checked before they become a path.

mod catalogue;
mod check;
mod choose;
mod derived;
mod error;
mod fetch;
mod files;
pub mod gguf;
mod import;
mod kind;
mod looks;
mod names;
mod onnx;
mod pull;
mod receipt;
mod renew;
mod resolve;
mod safetensors_file;
mod staging;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod whisper_file;

pub use choose::{Candidate, Capacity, LEAST_TOKENS_PER_SECOND};
pub use derived::{Derived, file_state, own_directory};
pub use error::ModelError;
pub use fetch::Progress;
pub(crate) use files::{hash, hexadecimal, read_text, remove_all};
pub use import::WeightFormat;
pub use kind::ModelKind;
pub use pull::Pulled;
pub use resolve::ModelFiles;
pub use store::{ModelState, ModelStatus, ModelStore};
pub use verify::Verified;
