//! Keeps secrets, links and code from being read aloud.

mod bare;
mod numbers;
mod passwords;
pub mod sentence;
mod tokens;
