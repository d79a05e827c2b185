//! The vocabulary that all parts of Jane share: events, messages, the three engines behind three traits, what a model needs of
//! memory, and what can go wrong with an engine.
//!
//! Nothing here does I/O, and nothing here knows how an engine is run.

mod engine;
mod error;
pub mod event;
mod footprint;
mod refusal;
mod sampling;

pub use engine::*;
pub use error::{BackendError, Failure};
pub use footprint::{Footprint, Kind, KvCache, MEGABYTE, MemoryUse, Placement, Reason, megabytes};
pub use refusal::{Refusal, Shortage, budget_key};
pub use sampling::Sampling;
