//! Skills: WebAssembly components that hear, answer, look at what is spoken, and bring tools for the language model.
//!
//! A skill can do only what it was granted, for as long and with as much memory as it was granted. Nothing that it does ends the program,
//! and nothing that it was not granted can stop, block, overhear or silence Jane. `wit/` is what skills see.
//!
//! | module | holds |
//! |---|---|
//! | `registry` | the skills of a running Jane; `watcher` the directory, `set` what is in force, `scheduler` what was scheduled |
//! | `compile`, `component` | from a file to machine code, and what it exports and asks for |
//! | `loaded`, `instance` | a skill that is loaded, and a call of it; `circuit_breaker` what becomes of one that fails, `caught` of what panics |
//! | `host_state`, `host/`, `grants` | what an instance may take and use, one file for each interface |
//! | `transaction`, `commit`, `store`, `reads`, `request` | what a skill did for a turn, how it takes effect, what it keeps, what of that a call read, what it wants said; `turn_id` and `origins` for which conversation; `outbox` what of it nobody heard yet |
//! | `tool`, `schema`, `names` | what the language model may call, with what, and under which name |

mod bindings;
mod caught;
mod circuit_breaker;
mod commit;
mod compile;
mod component;
mod engine;
mod grants;
mod host;
mod host_state;
mod instance;
mod loaded;
mod names;
mod origins;
mod outbox;
mod reads;
mod registry;
mod request;
mod scheduler;
mod schema;
mod sealed;
mod set;
mod store;
mod tool;
mod transaction;
mod turn_id;
pub mod untrusted;
mod watcher;

/// What hostile bytes of a skill's reach first, for fuzzing.
#[cfg(feature = "testing")]
pub mod hostile {
    pub use super::schema::{Limits, Schema};

    /// Whether a skill may send these headers, as names and values.
    #[must_use]
    pub fn may_be_sent(headers: &[(String, String)]) -> bool {
        super::host::request_headers(headers).is_ok()
    }
}

pub use circuit_breaker::Health;
pub use compile::{COMMAND as COMPILE_COMMAND, compile_standard_input};
pub use loaded::Loaded;
pub use names::Clash;
pub use registry::{SkillPaths, SkillRegistry, SkillsError};
pub use request::{Announcement, SkillRequest, Urgency};
pub use scheduler::Calling;
pub use set::{Called, Heard, SkillSet, Spoken, ToolResult, Verdict};
pub use store::{Store, StoreError};
pub use transaction::SkillTransaction;
pub use turn_id::TurnId;
pub use watcher::{UNNAMED_HINT, WatcherGuard, files, shown, unnamed};
