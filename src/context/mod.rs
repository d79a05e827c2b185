//! What the language model sees of the conversation, kept within its context window.
//!
//! | module | holds |
//! |---|---|
//! | `history` | what was said, and how many tokens that is |
//! | `watermarks` | how much has to go so that the next turn fits |
//! | `summary` | what was cut, in a few sentences |
//! | `maintenance` | the work on all of this while nobody waits |

pub mod history;
pub mod maintenance;
pub mod summary;
pub mod watermarks;

pub use history::{History, Part};
pub use watermarks::Watermarks;
