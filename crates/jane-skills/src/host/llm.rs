//! `llm`: the language model, on the side.

use futures::StreamExt;

use crate::bindings::jane::skill::llm::Host;
use crate::bindings::jane::skill::types::Failure;
use crate::host_state::HostState;
use jane_config::Allow;
use jane_core::{Generated, Message};

/// Tokens of an answer at most.
const MOST_TOKENS: u32 = 1_024;

/// Bytes of a prompt.
const LONGEST: usize = 64 << 10;

impl Host for HostState {
    async fn complete(&mut self, prompt: String, max_tokens: u32) -> Result<String, Failure> {
        if !self.caller.own.grants.allows(Allow::Llm) {
            return Err(Failure::Denied(
                "`llm` is not among what `allow` names".to_owned(),
            ));
        }
        if prompt.len() > LONGEST {
            return Err(Failure::InvalidInput(format!(
                "a prompt has at most {LONGEST} bytes"
            )));
        }
        let unavailable = |reason: String| Failure::Unavailable(reason);
        let model = (self.caller.own.services.model)()
            .ok_or_else(|| unavailable("no language model is running".to_owned()))?;
        let mut stream = model.aside(vec![Message::user(prompt)], max_tokens.min(MOST_TOKENS));
        let mut text = String::new();
        while let Some(piece) = stream.next().await {
            match piece.map_err(|error| unavailable(error.to_string()))? {
                Generated::Text(piece) => text.push_str(&piece),
                Generated::Thinking { .. } | Generated::ToolCall(_) | Generated::Ended(_) => {}
            }
        }
        Ok(text.trim().to_owned())
    }
}
