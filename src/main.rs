//! The program that people start: parses its arguments and runs one command.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    jane::cli::main()
}
