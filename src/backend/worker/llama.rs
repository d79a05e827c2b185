//! The language model that runs in `jane-llama`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;

use super::process::Launch;
use super::protocol::{Llama, LlamaOptions, LlamaReply, LlamaRequest};
use super::supervisor::{Supervisor, Task};
use super::{Installation, Patience, spinning_briefly};
use crate::backend::{BackendError, Generated, Generation, LanguageModel, Message, ReplyStream};
use crate::config::Llm;
use crate::event::{Events, Role};

/// `llm.backend = "llama"`.
pub struct LlamaBackend {
    supervisor: Arc<Supervisor<Llama>>,
    options: LlamaOptions,
}

impl LlamaBackend {
    /// `model` is a GGUF file. Nothing is started yet.
    #[must_use]
    pub fn new(
        config: &Llm,
        model: &Path,
        installation: &Installation,
        patience: Patience,
        events: Events,
    ) -> Self {
        let launch = Launch {
            programs: installation.programs.clone(),
            readable: vec![model.to_path_buf()],
            writable: Vec::new(),
            environment: spinning_briefly(),
        };
        let load = LlamaRequest::Load {
            model: model.display().to_string(),
            context_window: config.context_window,
            gpu_layers: config.gpu_layers,
            threads: config.threads,
        };
        let names = ("llama", config.model.clone());
        let supervisor = Supervisor::new(Role::Llm, names, launch, load, patience, events);
        Self {
            supervisor,
            options: options(config),
        }
    }

    fn generate(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        let options = LlamaOptions {
            messages,
            max_tokens,
            ..self.options.clone()
        };
        self.supervisor.run(Generate {
            options,
            delivered: String::new(),
            pieces: 0,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sampling options are small numbers; the engine takes f32"
)]
fn options(config: &Llm) -> LlamaOptions {
    LlamaOptions {
        messages: Vec::new(),
        reply_so_far: String::new(),
        max_tokens: config.max_reply_tokens,
        temperature: config.temperature as f32,
        top_k: config.top_k,
        top_p: config.top_p as f32,
        min_p: config.min_p as f32,
        repeat_penalty: config.repeat_penalty as f32,
        seed: config.seed,
        stop: config.stop.clone(),
    }
}

#[async_trait]
impl LanguageModel for LlamaBackend {
    async fn prepare(&self, messages: &[Message]) -> Result<(), BackendError> {
        let mut stream = self.generate(messages.to_vec(), 0);
        while let Some(item) = stream.next().await {
            item?;
        }
        Ok(())
    }

    fn reply(&self, messages: Vec<Message>) -> ReplyStream {
        self.generate(messages, self.options.max_tokens)
    }

    async fn count_tokens(&self, messages: Vec<Message>) -> Result<u32, BackendError> {
        self.supervisor.run_once(Count { messages }).await
    }
}

struct Generate {
    options: LlamaOptions,
    /// What an earlier worker wrote before it died, and this one so far.
    delivered: String,
    /// Pieces of text that came, each at least one token.
    pieces: u32,
}

impl Task<Llama> for Generate {
    type Item = Generated;

    fn request(&mut self, _loaded: &LlamaReply) -> LlamaRequest {
        let max_tokens = self.options.max_tokens.saturating_sub(self.pieces);
        LlamaRequest::Generate(LlamaOptions {
            reply_so_far: self.delivered.clone(),
            max_tokens,
            ..self.options.clone()
        })
    }

    fn accept(&mut self, _loaded: &LlamaReply, reply: LlamaReply) -> Option<Generated> {
        match reply {
            LlamaReply::Text(text) => {
                self.delivered.push_str(&text);
                self.pieces += 1;
                Some(Generated::Text(text))
            }
            LlamaReply::Ended {
                finish,
                prompt_tokens,
                reused_tokens,
                reply_tokens,
                decode_seconds,
            } => Some(Generated::Ended(Generation {
                finish,
                prompt_tokens,
                reused_tokens,
                reply_tokens,
                decode_seconds,
            })),
            LlamaReply::Loaded { .. } | LlamaReply::Counted { .. } => None,
        }
    }
}

struct Count {
    messages: Vec<Message>,
}

impl Task<Llama> for Count {
    type Item = u32;

    fn request(&mut self, _loaded: &LlamaReply) -> LlamaRequest {
        LlamaRequest::Count {
            messages: self.messages.clone(),
        }
    }

    fn accept(&mut self, _loaded: &LlamaReply, reply: LlamaReply) -> Option<u32> {
        match reply {
            LlamaReply::Counted { tokens } => Some(tokens),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_was_cut_off_is_taken_up_at_its_end() {
        let options = LlamaOptions {
            messages: vec![Message::user("hello")],
            max_tokens: 10,
            ..options(&Llm::default())
        };
        let mut task = Generate {
            options,
            delivered: String::new(),
            pieces: 0,
        };
        let loaded = LlamaReply::Loaded {
            context_window: 512,
        };
        task.accept(&loaded, LlamaReply::Text("Good ".to_owned()));
        task.accept(&loaded, LlamaReply::Text("morning".to_owned()));
        let LlamaRequest::Generate(again) = task.request(&loaded) else {
            panic!("another request")
        };
        assert_eq!(
            (again.reply_so_far.as_str(), again.max_tokens),
            ("Good morning", 8)
        );
    }
}
