//! What is answered: whole, or in pieces as they come.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream;
use jane_engines::{Finish, ToolCall};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::models::json_response;
use super::super::{Refusal, id, now};

/// How often a stream in which nothing comes is kept awake.
const AWAKE: Duration = Duration::from_secs(15);

/// What comes of a request, in order.
#[derive(Debug)]
pub enum Piece {
    Text(String),
    Call(ToolCall),
    /// Nothing follows.
    Ended {
        finish: Finish,
        usage: Usage,
    },
    /// Nothing follows.
    Failed(Refusal),
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub prompt: u32,
    /// Those of the prompt that the model had in its cache.
    pub cached: u32,
    pub reply: u32,
}

impl Usage {
    fn value(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.reply,
            "total_tokens": u64::from(self.prompt) + u64::from(self.reply),
            "prompt_tokens_details": {"cached_tokens": self.cached},
        })
    }
}

/// One completion.
pub struct Completion {
    id: String,
    created: u64,
    model: String,
}

impl Completion {
    pub fn new(model: String) -> Self {
        Self {
            id: id("chatcmpl-"),
            created: now(),
            model,
        }
    }

    /// # Errors
    /// Where there is no answer.
    pub async fn whole(self, mut pieces: mpsc::Receiver<Piece>) -> Result<Response, Refusal> {
        let (mut text, mut calls) = (String::new(), Vec::new());
        let (mut finish, mut usage) = (Finish::Stop, Usage::default());
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Call(call) => calls.push(called(&call, None)),
                Piece::Ended {
                    finish: end,
                    usage: used,
                } => (finish, usage) = (end, used),
                Piece::Failed(refusal) => return Err(refusal),
            }
        }
        let content = (!text.is_empty() || calls.is_empty()).then_some(text);
        let mut message = json!({"role": "assistant", "content": content, "refusal": null});
        if !calls.is_empty() {
            set(&mut message, "tool_calls", Value::Array(calls.clone()));
        }
        let finish = finish_reason(finish, !calls.is_empty());
        Ok(json_response(&json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}],
            "usage": usage.value(),
        })))
    }

    /// # Errors
    /// Where there is no answer: nothing of it came before.
    pub async fn streamed(
        self,
        mut pieces: mpsc::Receiver<Piece>,
        with_usage: bool,
    ) -> Result<Response, Refusal> {
        // An answer that fails before it begins has a status of its own.
        let first = match pieces.recv().await {
            Some(Piece::Failed(refusal)) => return Err(refusal),
            first => first,
        };
        let running = Running {
            completion: self,
            pieces,
            first,
            calls: 0,
            with_usage,
            has_begun: false,
            is_over: false,
        };
        let events = stream::unfold(running, |mut running| async move {
            let events = running.next().await?;
            Some((
                stream::iter(events.into_iter().map(Ok::<_, Infallible>)),
                running,
            ))
        });
        let keep = KeepAlive::new().interval(AWAKE);
        Ok(Sse::new(events.flatten()).keep_alive(keep).into_response())
    }

    fn chunk(&self, delta: Value, finish: Value) -> Event {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish, "logprobs": null});
        Event::default().data(self.value(json!([choice])).to_string())
    }

    fn value(&self, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }
}

/// A stream under way.
struct Running {
    completion: Completion,
    pieces: mpsc::Receiver<Piece>,
    first: Option<Piece>,
    calls: usize,
    with_usage: bool,
    has_begun: bool,
    is_over: bool,
}

impl Running {
    /// The next events; `None` at the end.
    async fn next(&mut self) -> Option<Vec<Event>> {
        if self.is_over {
            return None;
        }
        let mut events = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            let role = json!({"role": "assistant", "content": ""});
            events.push(self.completion.chunk(role, Value::Null));
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.pieces.recv().await,
        };
        match piece {
            Some(Piece::Text(text)) => {
                events.push(self.completion.chunk(json!({"content": text}), Value::Null));
            }
            Some(Piece::Call(call)) => {
                let call = called(&call, Some(self.calls));
                self.calls += 1;
                events.push(
                    self.completion
                        .chunk(json!({"tool_calls": [call]}), Value::Null),
                );
            }
            Some(Piece::Ended { finish, usage }) => {
                self.is_over = true;
                let finish = finish_reason(finish, self.calls > 0);
                events.push(self.completion.chunk(json!({}), finish.into()));
                if self.with_usage {
                    let mut chunk = self.completion.value(json!([]));
                    set(&mut chunk, "usage", usage.value());
                    events.push(Event::default().data(chunk.to_string()));
                }
                events.push(Event::default().data("[DONE]"));
            }
            Some(Piece::Failed(refusal)) => {
                self.is_over = true;
                events.push(Event::default().data(refusal.value().to_string()));
            }
            // It was broken off, because she ends: without its end it is not taken for whole.
            None => self.is_over = true,
        }
        Some(events)
    }
}

fn called(call: &ToolCall, index: Option<usize>) -> Value {
    let mut called = json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    });
    if let Some(index) = index {
        set(&mut called, "index", index.into());
    }
    called
}

/// Adds a value to an object.
fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn finish_reason(finish: Finish, calls: bool) -> &'static str {
    match finish {
        _ if calls => "tool_calls",
        Finish::Length => "length",
        Finish::Refused => "content_filter",
        // One that stands for an answer in a given form.
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls => "stop",
    }
}
