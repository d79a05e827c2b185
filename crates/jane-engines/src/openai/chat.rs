//! The language model behind `/chat/completions`, streamed.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::client::Client;
use super::events::{Broken, events};
use super::failure::{Again, Failure};
use super::reply::Reply;
use super::request;
use super::thoughts::{Asked, Habits, Known};
use crate::time_left::{Spent, TimeLeft};
use crate::{BackendError, Generated, LanguageModel, Message, Prompt, ReplyStream, Tool, Window};
use jane_config::{Llm, Tools};
use jane_core::Failure as EngineFailure;
use jane_core::event::EngineKind;

const PATH: &str = "/chat/completions";

/// The last event of a stream.
const DONE: &str = "[DONE]";

/// How long the figures and the end of the connection are waited for in all once the reply is whole. They come at once from most
/// servers, and the connection can then be used again; the last sentence must not wait for the others, whatever they send.
const END_PATIENCE: Duration = Duration::from_millis(250);

/// What English takes with usual vocabularies, rounded down; other languages take fewer bytes a token.
const BYTES_PER_TOKEN: usize = 4;
/// What a message takes beside its text.
const TOKENS_PER_MESSAGE: usize = 4;

/// `llm.backend = "openai"`.
pub struct OpenAiChat {
    client: Arc<Client>,
    config: Llm,
    known: Arc<Known>,
}

impl OpenAiChat {
    /// The server of `config.remote`; `home` is what the file of its key is relative to. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BackendError::Remote`] where the address or the key cannot be used.
    pub fn new(config: &Llm, home: &Path) -> Result<Self, BackendError> {
        let client = Client::new(EngineKind::Llm, &config.remote, &config.model, home)?;
        Ok(Self {
            client: Arc::new(client),
            config: config.clone(),
            known: Arc::default(),
        })
    }

    fn generate(&self, prompt: &Prompt, max_tokens: u32) -> ReplyStream {
        let messages = prompt.dialogue.messages();
        let prompt_tokens = estimate(&messages);
        let habits = self.known.habits();
        let continues = !prompt.reply_so_far.is_empty();
        let tools = match self.config.tools {
            Tools::Off => Vec::new(),
            Tools::Auto | Tools::On => prompt.tools.clone(),
        };
        let running = Running {
            client: Arc::clone(&self.client),
            body: request::body(&self.config, prompt, &messages, max_tokens),
            habits,
            known: Arc::clone(&self.known),
            most_thinking: self.config.max_thinking_tokens,
            time: self.client.time(),
            ended: None,
            is_again: false,
            continues,
            tools,
            window: Window {
                tokens: self.config.context_window,
                reply: max_tokens,
            },
            prompt_tokens,
            events: None,
            reply: Some(Reply::new(prompt_tokens, habits.sieve(continues))),
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

/// Whether the server did not take the request as it was, so that another one may do.
fn is_refused(failure: &Failure) -> bool {
    !failure.down && failure.again == Again::Never && failure.too_long.is_none()
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
    /// Without what asks for an answer without thoughts.
    body: Value,
    /// What was known of the model when it was asked.
    habits: Habits,
    known: Arc<Known>,
    most_thinking: u32,
    /// Of all that is asked for this reply.
    time: TimeLeft,
    /// When the reply was whole.
    ended: Option<Instant>,
    /// It was asked once more, because it only thought.
    is_again: bool,
    /// It goes on from text that was handed out.
    continues: bool,
    /// What it may call.
    tools: Vec<Tool>,
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
                    let (most, thinking) = (self.window.reply, self.most_thinking);
                    let body = self.habits.body(&self.body, most, thinking);
                    let with_body = |request: RequestBuilder| request.json(&body);
                    let response = self.client.post(&mut self.time, PATH, with_body).await;
                    let largest = self.client.largest(usize::MAX);
                    match response {
                        Ok(response) => self.events.insert(events(response, largest)),
                        Err(failure) if is_refused(&failure) && self.ask_otherwise() => continue,
                        Err(failure) => return Err(failure),
                    }
                }
            };
            let event = if reply.is_finished() {
                let end = *self.ended.get_or_insert_with(Instant::now) + END_PATIENCE;
                match Instant::now() < end {
                    true => timeout_at(end, events.next()).await.unwrap_or(None),
                    false => None,
                }
            } else {
                let event = self.time.hold(events.next()).await;
                event.map_err(|Spent| self.client.spent())?
            };
            match event {
                Some(Ok(data)) => {
                    match data.trim() == DONE {
                        true => reply.finish(),
                        false => self.ready.extend(reply.take(&data, self.client.subject())?),
                    }
                    let thought = reply.only_thought().unwrap_or_default();
                    if thought > self.most_thinking || reply.is_wasted() {
                        self.end_thoughts(thought);
                    } else if reply.is_over() {
                        reply.finish();
                        self.events = None;
                        self.end();
                    }
                }
                // whatever becomes of the connection now, the reply is whole
                Some(Err(_)) | None if reply.is_finished() => {
                    self.events = None;
                    self.end();
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

    /// The reply is whole.
    fn end(&mut self) {
        if let Some(reply) = self.reply.take() {
            self.ready.extend(reply.end(&self.tools, &self.known));
        }
    }

    /// The model thinks for too long, or came to nothing else: it is asked once more, not to think. Where that is of no use, there is no answer.
    fn end_thoughts(&mut self, tokens: u32) {
        self.known.thinks();
        (self.events, self.ended) = (None, None);
        if !std::mem::replace(&mut self.is_again, true) {
            tracing::info!(
                tokens,
                "the server's model only thought, and is asked for an answer without"
            );
            self.habits = self.known.habits();
            let sieve = self.habits.sieve(self.continues);
            self.reply = Some(Reply::new(self.prompt_tokens, sieve));
            return;
        }
        tracing::warn!(
            tokens,
            most = self.most_thinking,
            "the server's model thinks for longer than `llm.max_thinking_tokens` and cannot be asked not to; there is no answer"
        );
        if let Some(reply) = &mut self.reply {
            reply.give_up();
        }
        self.end();
    }

    /// The server refused how it was asked for an answer without thoughts. Whether there is another way.
    fn ask_otherwise(&mut self) -> bool {
        let is_known = self.habits.asked != Asked::Not && self.known.refuses(self.habits.asked);
        self.habits.asked = self.known.habits().asked;
        is_known
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
                role: EngineKind::Llm,
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
