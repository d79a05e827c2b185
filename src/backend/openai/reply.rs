//! A reply, put together from the events of its stream.
//!
//! Calls of tools come in pieces and are handed out whole, at the end; there are at most [`MOST_CALLS`], with
//! [`LARGEST_CALLS`] bytes in all. A reply that was cut off at its limit calls nothing, for its calls may be cut off too.
//! Where servers differ from each other, what any of them does is understood.

use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, Subject};
use crate::backend::{Finish, Generated, Generation, ToolCall};

const MOST_CALLS: usize = 32;
const LARGEST_CALLS: usize = 256 << 10;

/// Bytes of text: a server that knows no limit of tokens ends here.
const LARGEST_TEXT: usize = 256 << 10;

/// Said where a server withholds an answer and says nothing itself.
const FILTERED: &str = "The server would not answer that.";

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u32>,
}

struct Call {
    index: Option<u32>,
    call: ToolCall,
}

/// What came of a reply so far.
pub(super) struct Reply {
    /// Whether anything of it came.
    begun: bool,
    /// Stands for the server's figure where it states none.
    prompt_tokens: u32,
    calls: Vec<Call>,
    finish: Option<Finish>,
    /// Whether the server withholds the answer, or the rest of it.
    is_filtered: bool,
    usage: Option<Usage>,
    /// Pieces of text, each at least one token on most servers.
    pieces: u32,
    /// Bytes of text.
    text: usize,
    /// When the first piece came, and the last.
    written: Option<(Instant, Instant)>,
}

impl Reply {
    /// `prompt_tokens` is an estimate.
    pub fn new(prompt_tokens: u32) -> Self {
        Self {
            begun: false,
            prompt_tokens,
            calls: Vec::new(),
            finish: None,
            is_filtered: false,
            usage: None,
            pieces: 0,
            text: 0,
            written: None,
        }
    }

    /// Whether the server has sent anything of it.
    pub fn is_begun(&self) -> bool {
        self.begun
    }

    /// Whether the reply is whole; its figures may be still to come.
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The server has said that nothing more comes.
    pub fn finish(&mut self) {
        self.begun = true;
        self.finish.get_or_insert(Finish::Stop);
    }

    /// Takes the data of one event; returns the text in it.
    pub fn take(&mut self, data: &str, subject: &Subject) -> Result<Option<String>, Failure> {
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|_| subject.not_understood("sent something else than a piece of a reply"))?;
        self.begun = true;
        if let Some(error) = &chunk.error {
            return Err(subject.interrupted(error));
        }
        if chunk.usage.is_some() {
            self.usage = chunk.usage;
        }
        let Some(choice) = chunk.choices.into_iter().flatten().next() else {
            return Ok(None);
        };
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.is_filtered = reason == "content_filter";
            self.finish = Some(match reason.as_str() {
                "length" => Finish::Length,
                "tool_calls" | "function_call" => Finish::ToolCalls,
                _ => Finish::Stop,
            });
        }
        let delta = choice.delta.unwrap_or_default();
        for piece in delta.tool_calls.into_iter().flatten() {
            self.call(piece)?;
            self.came();
        }
        // What a server refuses with is what there is to say.
        let text = [delta.content, delta.refusal].into_iter().flatten();
        let mut text = text.collect::<String>();
        if self.is_filtered && self.text == 0 && text.trim().is_empty() {
            text = FILTERED.to_owned();
        }
        if text.is_empty() {
            return Ok(None);
        }
        self.came();
        self.text += text.len();
        if self.text > LARGEST_TEXT {
            return Err(Failure::nonsense(format!(
                "wrote more than {LARGEST_TEXT} bytes"
            )));
        }
        Ok(Some(text))
    }

    fn came(&mut self) {
        let now = Instant::now();
        self.pieces = self.pieces.saturating_add(1);
        self.written = Some((self.written.map_or(now, |(first, _)| first), now));
    }

    /// Adds a piece to the call that it is of. Some servers number all calls 0 and tell them apart by their ids, some number
    /// none.
    fn call(&mut self, piece: CallPiece) -> Result<(), Failure> {
        let id = piece.id.filter(|id| !id.is_empty());
        let known = match piece.index {
            Some(_) => self
                .calls
                .iter_mut()
                .rfind(|call| call.index == piece.index),
            None => self.calls.last_mut(),
        };
        let known = known.filter(|call| id.as_ref().is_none_or(|id| *id == call.call.id));
        let call = match known {
            Some(call) => &mut call.call,
            None => {
                let number = self.calls.len();
                if number == MOST_CALLS {
                    return Err(Failure::nonsense(format!(
                        "called more than {MOST_CALLS} tools at once"
                    )));
                }
                self.calls.push(Call {
                    index: piece.index,
                    call: ToolCall {
                        id: id.unwrap_or_else(|| format!("call_{number}")),
                        name: String::new(),
                        arguments: String::new(),
                    },
                });
                match self.calls.last_mut() {
                    Some(call) => &mut call.call,
                    None => return Ok(()),
                }
            }
        };
        if let Some(function) = piece.function {
            if call.name.is_empty() {
                call.name = function.name.unwrap_or_default();
            }
            call.arguments
                .push_str(&function.arguments.unwrap_or_default());
        }
        let bytes =
            |call: &Call| call.call.id.len() + call.call.name.len() + call.call.arguments.len();
        if self.calls.iter().map(bytes).sum::<usize>() > LARGEST_CALLS {
            return Err(Failure::nonsense(format!(
                "called tools with more than {LARGEST_CALLS} bytes"
            )));
        }
        Ok(())
    }

    /// What is handed out after the last text.
    pub fn end(self) -> Vec<Generated> {
        let finish = match self.finish.unwrap_or(Finish::Stop) {
            Finish::Length => Finish::Length,
            // some servers say `stop` after calls
            _ if !self.calls.is_empty() => Finish::ToolCalls,
            _ => Finish::Stop,
        };
        let usage = self.usage.as_ref();
        let reused = usage.and_then(|usage| usage.prompt_tokens_details.as_ref()?.cached_tokens);
        let decode = self.written.map(|(first, last)| last.duration_since(first));
        let generation = Generation {
            finish,
            prompt_tokens: usage
                .and_then(|usage| usage.prompt_tokens)
                .unwrap_or(self.prompt_tokens),
            reused_tokens: reused.unwrap_or(0),
            reply_tokens: usage
                .and_then(|usage| usage.completion_tokens)
                .unwrap_or(self.pieces),
            decode_seconds: decode.unwrap_or_default().as_secs_f32(),
        };
        let calls = self.calls.into_iter().map(|call| with_arguments(call.call));
        let calls = calls.filter(|_| finish == Finish::ToolCalls);
        let calls = calls.map(Generated::ToolCall);
        calls.chain([Generated::Ended(generation)]).collect()
    }
}

/// Without arguments some servers send none, which is no JSON.
fn with_arguments(mut call: ToolCall) -> ToolCall {
    if call.arguments.trim().is_empty() {
        call.arguments = "{}".to_owned();
    }
    call
}
