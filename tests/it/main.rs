//! The scenarios of the product, end to end with the real engines: one file each, in one program.
//!
//! `cargo test --release --test it reload::` runs those of one file.

mod common;

mod ask;
mod bad_input;
mod bench;
mod budgets;
mod chat;
mod context;
mod hearing;
mod hostile_output;
mod hostile_skills;
mod hostile_tools;
mod instructions;
mod layers;
mod local_tool_calls;
mod loudspeaker;
mod memory;
mod page;
mod reload;
mod serve;
mod shipped_skills;
mod skill_commands;
mod skills;
mod talk;
mod talk_devices;
mod talk_skills;
mod terminal;
mod texts;
mod thinking;
mod top;
mod transcribe;
mod trust;
mod typed_terminal;
mod worker_death;
