//! The language model behind `/chat/completions`, streamed.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::client::Client;
use super::events::{Broken, events};
use super::failure::{Again, Failure};
use super::reply::Reply;
use super::request;
use crate::backend::worker::Failure as EngineFailure;
use crate::backend::{
    BackendError, Generated, LanguageModel, Message, Prompt, ReplyStream, Window,
};
use crate::config::{Llm, Tools};
use crate::event::Role;

const PATH: &str = "/chat/completions";

/// The last event of a stream.
const DONE: &str = "[DONE]";

/// How long the figures and the end of the connection are waited for once the reply is whole. They come at once from most
/// servers, and the connection can then be used again; the last sentence must not wait for the others.
const END_PATIENCE: Duration = Duration::from_millis(250);

/// What English takes with usual vocabularies, rounded down; other languages take fewer bytes a token.
const BYTES_PER_TOKEN: usize = 4;
/// What a message takes beside its text.
const TOKENS_PER_MESSAGE: usize = 4;

/// `llm.backend = "openai"`.
pub struct OpenAiChat {
    client: Arc<Client>,
    config: Llm,
}

impl OpenAiChat {
    /// The server of `config.remote`; `home` is what the file of its key is relative to. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BackendError::Remote`] where the address or the key cannot be used.
    pub fn new(config: &Llm, home: &Path) -> Result<Self, BackendError> {
        let client = Client::new(Role::Llm, &config.remote, &config.model, home)?;
        Ok(Self {
            client: Arc::new(client),
            config: config.clone(),
        })
    }

    fn generate(&self, prompt: &Prompt, max_tokens: u32) -> ReplyStream {
        let prompt_tokens = estimate(&prompt.messages);
        let running = Running {
            client: Arc::clone(&self.client),
            body: request::body(&self.config, prompt, max_tokens),
            window: Window {
                tokens: self.config.context_window,
                reply: max_tokens,
            },
            prompt_tokens,
            events: None,
            reply: Some(Reply::new(prompt_tokens)),
            ready: VecDeque::new(),
        };
        stream::try_unfold(running, |mut running| async move {
            match running.next().await {
                Ok(item) => Ok(item.map(|item| (item, running))),
                Err(failure) => Err(running.error(failure)),
            }
        })
        .boxed()
    }
}

#[async_trait]
impl LanguageModel for OpenAiChat {
    /// A server has its models loaded, and its cache is its own affair: nothing is sent.
    async fn prepare(&self, _prompt: &Prompt) -> Result<(), BackendError> {
        Ok(())
    }

    /// A reply that is to be gone on with (`reply_so_far`) is sent as the last message, an assistant's. llama-server goes on
    /// from it; the interface promises nothing of the kind, and other servers may begin a new sentence or a new reply.
    fn reply(&self, prompt: Prompt) -> ReplyStream {
        self.generate(&prompt, self.config.max_reply_tokens)
    }

    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        self.generate(&messages.into(), max_tokens)
    }

    /// An estimate, for the interface has no such call: a token for each 4 bytes and 4 for each message, rounded up.
    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        Ok(prompts.iter().map(|messages| estimate(messages)).collect())
    }

    /// What `jane.toml` says: the interface does not tell it.
    async fn window(&self) -> Result<Window, BackendError> {
        Ok(Window {
            tokens: self.config.context_window,
            reply: self.config.max_reply_tokens,
        })
    }

    async fn takes_tools(&self) -> Result<bool, BackendError> {
        Ok(self.config.tools != Tools::Off)
    }
}

fn estimate(messages: &[Message]) -> u32 {
    let tokens = |message: &Message| {
        let calls = message.tool_calls.iter();
        let calls: usize = calls
            .map(|call| call.name.len() + call.arguments.len())
            .sum();
        (message.content.len() + calls).div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE
    };
    u32::try_from(messages.iter().map(tokens).sum::<usize>()).unwrap_or(u32::MAX)
}

/// A reply that is being written.
struct Running {
    client: Arc<Client>,
    body: Value,
    window: Window,
    prompt_tokens: u32,
    /// The answer; `None` before the request.
    events: Option<BoxStream<'static, Result<String, Broken>>>,
    /// Given away at the end.
    reply: Option<Reply>,
    /// What is to be handed out first.
    ready: VecDeque<Generated>,
}

impl Running {
    async fn next(&mut self) -> Result<Option<Generated>, Failure> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            let Some(reply) = &mut self.reply else {
                return Ok(None);
            };
            let events = match &mut self.events {
                Some(events) => events,
                None => {
                    let response = self.client.post(PATH, |request| request.json(&self.body));
                    self.events.insert(events(response.await?))
                }
            };
            let event = if reply.is_finished() {
                let rest = tokio::time::timeout(END_PATIENCE, events.next());
                rest.await.unwrap_or(None)
            } else {
                events.next().await
            };
            match event {
                Some(Ok(data)) if data.trim() == DONE => reply.finish(),
                Some(Ok(data)) => {
                    let text = reply.take(&data, self.client.subject())?;
                    self.ready.extend(text.map(Generated::Text));
                }
                // whatever becomes of the connection now, the reply is whole
                Some(Err(_)) | None if reply.is_finished() => {
                    self.events = None;
                    let reply = self.reply.take().into_iter();
                    self.ready.extend(reply.flat_map(Reply::end));
                }
                Some(Err(broken)) => return Err(self.broken(&broken)),
                None if reply.is_begun() => {
                    let reason = "ended its answer before the reply was complete";
                    let failure = Failure::down(reason, Again::Never);
                    return Err(failure.with_hint("the reason should be in the log of the server"));
                }
                None => return Err(self.client.subject().not_understood("sent no events")),
            }
        }
    }

    fn broken(&self, broken: &Broken) -> Failure {
        match broken {
            Broken::Connection(error) => self.client.lost(error),
            Broken::TooLarge(_) | Broken::NotText => {
                Failure::nonsense(format!("sent an event that cannot be read: {broken}"))
            }
        }
    }

    /// A prompt that is too long is the same error as with an engine of this machine, so that it is dealt with alike.
    fn error(&self, failure: Failure) -> BackendError {
        match failure.too_long {
            Some(figures) => BackendError::Failed {
                role: Role::Llm,
                worker: "openai",
                failure: EngineFailure::PromptTooLong {
                    prompt: figures.prompt.unwrap_or(self.prompt_tokens),
                    window: figures.window.unwrap_or(self.window.tokens),
                    reply: self.window.reply,
                },
            },
            None => self.client.error(failure),
        }
    }
}
