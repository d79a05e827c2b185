//! `jane skills new`: a small crate to begin with.

use std::path::PathBuf;

use super::{Failure, Session};

pub fn run(_session: &Session, _name: &str, _directory: Option<PathBuf>) -> Result<(), Failure> {
    Err(Failure::failed("not there yet"))
}
