//! A reply, put together from the events of its stream.
//!
//! What the model thinks is left out, whether a server tells it apart or not, and calls that it left in the text are called.
//! Calls of tools come in pieces and are handed out whole, at the end; there are at most [`MOST_CALLS`], with
//! [`LARGEST_CALLS`] bytes in all. A reply that was cut off at its limit calls nothing, for its calls may be cut off too.
//! Where servers differ from each other, what any of them does is understood.

use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, Subject};
use super::thoughts::{Known, Sieve, parts, words};
use crate::{Finish, Generated, Generation, Tool, ToolCall};

const MOST_CALLS: usize = 32;
const LARGEST_CALLS: usize = 256 << 10;

/// Bytes of text: a server that knows no limit of tokens ends here.
const LARGEST_TEXT: usize = 256 << 10;

/// Said where a server withholds an answer and says nothing itself.
const FILTERED: &str = "The server would not answer that.";

/// Said behind what came where the rest is withheld.
const CUT_OFF: &str = "\n\nThe server would not say the rest.";

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
    content: Option<Value>,
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
    thinking: Option<Value>,
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
    /// Whether the model says that it refuses.
    is_refused: bool,
    usage: Option<Usage>,
    /// Pieces of text, each at least one token on most servers.
    pieces: u32,
    /// Bytes of text, and of what was left out of it.
    text: usize,
    /// Whether text was handed out.
    spoken: bool,
    sieve: Sieve,
    /// When the first piece came, and the last.
    written: Option<(Instant, Instant)>,
}

impl Reply {
    /// `prompt_tokens` is an estimate; `sieve` tells text from thoughts.
    pub fn new(prompt_tokens: u32, sieve: Sieve) -> Self {
        Self {
            begun: false,
            prompt_tokens,
            calls: Vec::new(),
            finish: None,
            is_filtered: false,
            is_refused: false,
            usage: None,
            pieces: 0,
            text: 0,
            spoken: false,
            sieve,
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

    /// Tokens of thoughts, where nothing else came.
    pub fn only_thought(&self) -> Option<u32> {
        let tokens = self.sieve.tokens();
        (tokens > 0 && !self.spoken && self.calls.is_empty()).then_some(tokens)
    }

    /// Whether it came to nothing but thoughts.
    pub fn is_wasted(&self) -> bool {
        self.is_finished()
            && self.only_thought().is_some()
            && !self.sieve.has_more(self.finish == Some(Finish::Length))
    }

    /// Whether what the server goes on with is nobody's to hear.
    pub fn is_over(&self) -> bool {
        self.sieve.is_over()
    }

    /// It is broken off in its thoughts.
    pub fn give_up(&mut self) {
        self.finish = Some(Finish::Length);
    }

    /// The server has said that nothing more comes.
    pub fn finish(&mut self) {
        self.begun = true;
        self.finish.get_or_insert(Finish::Stop);
    }

    /// Takes the data of one event; returns what is to be handed out of it. Once the reply is whole only its figures are taken.
    pub fn take(&mut self, data: &str, subject: &Subject) -> Result<Vec<Generated>, Failure> {
        if self.is_finished() {
            let late = serde_json::from_str(data).ok();
            let usage = late.and_then(|chunk: Chunk| chunk.usage);
            self.usage = usage.or(self.usage.take());
            return Ok(Vec::new());
        }
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
            return Ok(Vec::new());
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
        self.is_refused |= delta.refusal.as_ref().is_some_and(|text| !text.is_empty());
        let is_content = |content: &Value| content.is_string() || content.is_array();
        if !delta.content.as_ref().is_none_or(is_content) {
            return Err(subject.not_understood("sent something else than a piece of a reply"));
        }
        let (mut text, thoughts) = delta.content.as_ref().map(parts).unwrap_or_default();
        // Servers have one of these fields, or the same in two.
        let told = [delta.reasoning_content, delta.reasoning, delta.thinking];
        let told = told
            .iter()
            .flatten()
            .map(words)
            .find(|told| !told.is_empty());
        for thought in told
            .iter()
            .chain([&thoughts])
            .filter(|thought| !thought.is_empty())
        {
            self.sieve.thought(thought);
            self.came();
        }
        // What a server refuses with is what there is to say.
        text.push_str(&delta.refusal.unwrap_or_default());
        if self.is_filtered && text.trim().is_empty() {
            text = match self.text {
                0 => FILTERED.to_owned(),
                _ => CUT_OFF.to_owned(),
            };
        }
        if !text.is_empty() {
            self.came();
        }
        self.text += text.len();
        if self.text > LARGEST_TEXT {
            return Err(Failure::nonsense(format!(
                "wrote more than {LARGEST_TEXT} bytes"
            )));
        }
        let text = self.sieve.text(&text);
        self.spoken |= !text.trim().is_empty();
        let report = self.sieve.report();
        let report = report.map(|tokens| Generated::Thinking { tokens });
        let text = Some(text).filter(|text| !text.is_empty());
        Ok(report
            .into_iter()
            .chain(text.map(Generated::Text))
            .collect())
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

    /// What is handed out at the end. What was seen of the model's thoughts is remembered in `known`; a call in the text is one of `tools`.
    pub fn end(mut self, tools: &[Tool], known: &Known) -> Vec<Generated> {
        let no_room = self.finish == Some(Finish::Length);
        let mut ended = self.sieve.finish(no_room, tools, known);
        let is_whole = !(no_room && ended.cut_off);
        if is_whole && !tools.is_empty() && self.calls.is_empty() {
            self.calls
                .extend(ended.calls.drain(..).map(|call| Call { index: None, call }));
        }
        let thought = self.sieve.tokens();
        if thought > 0 {
            known.thinks();
        }
        let finish = match self.finish.unwrap_or(Finish::Stop) {
            // Calls that were withheld in the middle are not whole.
            _ if self.is_filtered || self.is_refused => Finish::Refused,
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
        let report = (thought > 0).then_some(Generated::Thinking { tokens: thought });
        let text = Some(ended.text).filter(|text| !text.is_empty());
        let before = report.into_iter().chain(text.map(Generated::Text));
        before
            .chain(calls)
            .chain([Generated::Ended(generation)])
            .collect()
    }
}

/// Without arguments some servers send none, which is no JSON.
fn with_arguments(mut call: ToolCall) -> ToolCall {
    if call.arguments.trim().is_empty() {
        call.arguments = "{}".to_owned();
    }
    call
}
