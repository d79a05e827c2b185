//! Jane, a voice assistant that runs on its owner's machine.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | the commands, one file each |
//! | [`word_errors`] | word errors, as the field counts them |
//! | [`bench`] | the performance goals, measured |
//! | [`conversation`] | the life of a turn, typed and by voice |
//! | [`context`] | the history, kept within what the language model sees of it |
//! | [`runtime`] | what is in force, and its replacement while Jane runs |
//! | [`metrics`] | figures about a running Jane, for `jane top` and Prometheus |
//! | [`serve`] | what other programs, browsers and Home Assistant reach her by |
//! | [`telemetry`] | the log file |
//! | [`run_directory`] | files that do not outlive a run |
//!
//! The other parts are crates of their own under `crates/`. No native engine is among them: each engine is a program of its own
//! and speaks the protocol of `jane-worker`. `ARCHITECTURE.md` says why.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod bench;
pub mod cli;
pub mod context;
pub mod conversation;
pub mod metrics;
pub mod run_directory;
pub mod runtime;
pub mod serve;
pub mod telemetry;
pub mod word_errors;
