//! Tools that whoever talks to her brings along, beside those of skills.

use async_trait::async_trait;
use jane_engines::{Tool, ToolCall};
use jane_skills::ToolResult;

/// Tools of a client, which calls them itself.
///
/// Dropping the future of a call gives it up; how long one may take is the implementation's to bound.
#[async_trait]
pub trait ClientTools: Send + Sync {
    /// What the model is offered.
    fn tools(&self) -> Vec<Tool>;

    /// Has one of them called, and waits for what comes of it.
    async fn call(&self, call: &ToolCall) -> ToolResult;
}
