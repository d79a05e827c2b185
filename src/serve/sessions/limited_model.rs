//! The language model with what a client wants of one turn: other limits.

use std::sync::Arc;

use async_trait::async_trait;
use jane_engines::{
    BackendError, LanguageModel, Message, Prompt, ReplyStream, Sampling, Tool, ToolUse, Window,
};

/// A model that is lent to one turn.
pub struct LimitedModel {
    pub model: Arc<dyn LanguageModel>,
    pub sampling: Sampling,
}

#[async_trait]
impl LanguageModel for LimitedModel {
    async fn prepare(&self, prompt: &Prompt) -> Result<(), BackendError> {
        self.model.prepare(prompt).await
    }

    fn reply(&self, prompt: Prompt) -> ReplyStream {
        self.model.reply(Prompt {
            sampling: self.sampling.clone(),
            ..prompt
        })
    }

    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        self.model.aside(messages, max_tokens)
    }

    fn tool_use(&self) -> ToolUse {
        self.model.tool_use()
    }

    fn call(&self, messages: Vec<Message>, tools: Vec<Tool>) -> ReplyStream {
        self.model.call(messages, tools)
    }

    async fn prepare_calls(
        &self,
        instructions: &str,
        computes: bool,
    ) -> Result<bool, BackendError> {
        self.model.prepare_calls(instructions, computes).await
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        self.model.count_tokens(prompts).await
    }

    async fn window(&self) -> Result<Window, BackendError> {
        self.model.window().await
    }

    async fn takes_tools(&self) -> Result<bool, BackendError> {
        self.model.takes_tools().await
    }
}
