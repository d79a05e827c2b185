//! Keeps lists and notes: "add milk and eggs to the shopping list", "take a note: the key is under the mat".

pub mod book;
pub mod command;
mod pattern;
mod words;
