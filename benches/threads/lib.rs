//! The measurement is `threads.rs`.
