//! Skills: WebAssembly components that hear, answer, look at what is spoken, and bring tools for the language model.
//!
//! A skill can do only what it was granted, for as long and with as much memory as it was granted. Nothing that it does ends the program,
//! and nothing that it was not granted can stop, block, overhear or silence Jane. `wit/` is what skills see.
//!
//! | module | holds |
//! |---|---|
//! | `keeper` | the skills of a running Jane; `follow` the directory, `set` what is in force, `due` what was scheduled |
//! | `compile`, `component` | from a file to machine code, and what it exports and asks for |
//! | `loaded`, `instance` | a skill that is loaded, and a call of it; `fault` what becomes of one that fails, `caught` of what panics |
//! | `guest`, `host/`, `grants` | what an instance may take and use, one file for each interface |
//! | `turn`, `effect`, `store`, `reads`, `wish` | what a skill did for a turn, how it takes effect, what it keeps, what of that a call read, what it wants said |
//! | `tool`, `schema`, `names` | what the language model may call, with what, and under which name |

mod bindings;
mod caught;
mod compile;
mod component;
mod due;
mod effect;
mod engine;
mod fault;
mod follow;
mod grants;
mod guest;
mod host;
mod instance;
mod keeper;
mod loaded;
mod looks;
mod names;
mod reads;
mod schema;
mod sealed;
mod set;
mod store;
mod tool;
mod turn;
pub mod untrusted;
mod wish;

pub use compile::{COMMAND as COMPILE_COMMAND, compile_standard_input};
pub use due::Calling;
pub use fault::Health;
pub use follow::{Following, UNNAMED_HINT, files, shown, unnamed};
pub use keeper::{Place, Skills, SkillsError};
pub use loaded::Loaded;
pub(crate) use looks::kind as looks_like;
pub use names::Clash;
pub use set::{Called, Heard, SkillSet, Spoken, ToolResult, Verdict};
pub use store::{Store, StoreError};
pub use turn::Turn;
pub use wish::{Announcement, Urgency, Wish};
