//! Calls of tools: how a model writes them, how they are told from text, and what holds a model to what was offered.
//!
//! | module | holds |
//! |---|---|
//! | `format` | the forms in which models write calls, and which of them is a template's |
//! | `stream` | text, thoughts and calls told apart while they are written, by the library's filter |
//! | `grammar` | what may be written in a call of the tools that are offered |
//! | `constraint` | the tokens that such a grammar allows |
//!
//! Invariant: nothing of a call is given out as text.

mod constraint;
mod format;
mod grammar;
mod stream;

use jane_core::Tool;
use serde_json::Value;

pub use constraint::{Constraint, Constraints};
pub use format::{Format, PROBE};
pub use stream::Stream;

/// A tool that the model may call, its schema read.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedTool {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments.
    pub parameters: Value,
}

/// `tools` without those whose parameters are no JSON, which is logged.
pub fn offered(tools: &[Tool]) -> Vec<OfferedTool> {
    let read = |tool: &Tool| match serde_json::from_str(&tool.parameters) {
        Ok(parameters) => Some(OfferedTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            parameters,
        }),
        Err(error) => {
            tracing::warn!(
                tool = tool.name,
                "the parameters of the tool are no JSON, so it is not offered to the model: {error}"
            );
            None
        }
    };
    tools.iter().filter_map(read).collect()
}
