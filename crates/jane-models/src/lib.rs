//! Models on disk: which are known, which are installed, how they get there and whether they are
//! whole.
//!
//! - A model is one directory, `<models>/NAME/`: its files, and a receipt `model.toml` that says
//!   what they are. It appears and disappears by a rename, so it is never there in part.
//! - Nothing that was fetched is executed, and nothing is installed whose SHA-256 differs from the
//!   catalogue's.
//! - Names from a catalogue, a receipt or a command are checked before they become a path.

mod bounded;
mod catalogue;
mod check;
mod choose;
mod error;
mod fetch;
mod import;
mod installed;
mod kind;
mod migrate;
mod names;
mod onnx;
mod pull;
mod resolve;
mod safetensors_file;
mod staging;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod whisper_file;

pub use choose::{Candidate, Capacity, LEAST_TOKENS_PER_SECOND, within_reach};
pub use error::ModelError;
pub use fetch::{Progress, Reach};
pub use import::WeightFormat;
pub use kind::ModelKind;
pub use pull::Pulled;
pub use resolve::ModelFiles;
pub use store::{ModelState, ModelStatus, ModelStore};
pub use verify::Verified;
