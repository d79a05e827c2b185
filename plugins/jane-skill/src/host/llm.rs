//! The language model, on the side: it gives way to the conversation, and knows nothing of it. Needs `allow = ["llm"]`.

use super::imports;
use crate::Failure;

/// What the model says to a prompt.
pub fn complete(prompt: &str, max_tokens: u32) -> Result<String, Failure> {
    imports::llm::complete(prompt, max_tokens)
}
