//! Jane, a voice assistant that runs on its owner's machine.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | the commands, one file each |
//! | [`accuracy`] | word errors, as the field counts them |
//! | [`bench`] | the performance goals, measured |
//! | [`config`] | `jane.toml`: every key, its layers, its validation |
//! | [`event`] | everything observable |
//! | [`hearing`] | where somebody speaks, without her own voice; what was meant by it |
//! | [`audio`] | sound in and out: files, loudspeakers, sample rates, pauses |
//! | [`backend`] | the three engines behind three traits, and the worker processes that run them |
//! | [`conversation`] | the history and the life of a turn |
//! | [`runtime`] | what is in force, and its replacement while Jane runs |
//! | [`memory`] | the budgets, and what fits into them |
//! | [`metrics`] | figures about a running Jane, for `jane top` and Prometheus |
//! | [`model`] | the catalogue of models: fetched, checked, imported, found |
//! | [`platform`] | what differs between operating systems |
//! | [`spoken`] | what of a written sentence is heard |
//! | [`telemetry`] | the log file |
//! | [`temporary`] | files that do not outlive a run |
//!
//! The library names no native engine: each lives in a program of its own under `src/bin`, and speaks the protocol of
//! [`backend::worker`]. `ARCHITECTURE.md` says why.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod accuracy;
pub mod audio;
pub mod backend;
pub mod bench;
pub mod cli;
pub mod config;
pub mod conversation;
pub mod event;
pub mod hearing;
pub mod memory;
pub mod metrics;
pub mod mind;
pub mod model;
pub mod platform;
pub mod runtime;
pub mod skill;
pub mod spoken;
pub mod telemetry;
pub mod temporary;
