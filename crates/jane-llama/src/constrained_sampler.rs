//! Chooses the tokens of a reply: freely, and within a call only what makes it a call of a tool that is offered.
//!
//! Without tools this is the sampler, and what keeps thoughts and marks out of the text. With them the model writes as it likes until a call
//! begins; from there to the end of the message it is held to the grammar of calls, where it writes it in its own form.

use jane_core::Finish;
use jane_reply_filter::{Ended, ReplyFilter, is_mark};
use jane_worker::LlamaOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::calls::{Constraint, Format, Stream};
use crate::sampling::Sampler;
use crate::thinking::Thinking;

/// Tokens that are tried at a place where a call begins wrongly in the middle of a token.
const MOST_TRIES: usize = 16;

pub struct ConstrainedSampler {
    model: &'static LlamaModel,
    options: LlamaOptions,
    sampler: Sampler,
    stream: Stream,
    thinking: Thinking,
    calling: Option<Calling>,
}

/// What is known of the calls that a reply may make.
struct Calling {
    format: Format,
    /// What holds for a call from its beginning; `None` where nothing does.
    fresh: Option<Constraint>,
    /// What holds now, in a call.
    constraint: Option<Constraint>,
}

impl ConstrainedSampler {
    /// For a reply without tools behind a prompt whose end `opening` has read, with at most so many tokens of thoughts.
    pub fn new(
        model: &'static LlamaModel,
        options: &LlamaOptions,
        opening: &ReplyFilter,
        most_thinking: u32,
    ) -> Self {
        Self {
            model,
            options: options.clone(),
            sampler: Sampler::new(options, model),
            stream: Stream::new(opening, &options.reply_so_far),
            thinking: Thinking::new(most_thinking),
            calling: None,
        }
    }

    /// For a reply that may call tools in this form.
    pub fn calling(mut self, format: Format, constraint: Option<Constraint>) -> Self {
        self.calling = Some(Calling {
            format,
            fresh: constraint,
            constraint: None,
        });
        self
    }

    /// The prompt ended with what begins a call.
    pub fn begin_call(&mut self) {
        if let Some(calling) = &mut self.calling {
            self.stream = Stream::in_a_call(calling.format);
            calling.constraint = calling.fresh.as_ref().map(Constraint::again);
        }
    }

    /// The next token, from the logits of the token at `place` in the batch that was computed last.
    pub fn choose(&mut self, context: &LlamaContext<'_>, place: i32) -> LlamaToken {
        let Some(calling) = &mut self.calling else {
            return self.sampler.choose(context, place);
        };
        let logits = context.get_logits_ith(place);
        if let Some(constraint) = &mut calling.constraint {
            match constraint.allowed() {
                Ok(allowed) => {
                    let kept = |token| allowed.contains(token);
                    if let Some(token) = self.sampler.choose_among(logits, kept) {
                        return token;
                    }
                    tracing::warn!("the grammar of calls allows nothing");
                }
                Err(error) => tracing::warn!(%error, "a call is no longer constrained"),
            }
            calling.constraint = None;
        }
        let mut token = self.sampler.choose(context, place);
        let mut refused = Vec::new();
        while calling.begins_wrongly(&self.stream, &piece(self.model, token)) {
            refused.push(token);
            let kept = |token| !refused.contains(&token);
            match self.sampler.choose_among(logits, kept) {
                Some(other) if refused.len() < MOST_TRIES => token = other,
                _ => {
                    tracing::warn!("no call can be begun as the tools ask for it");
                    calling.fresh = None;
                }
            }
        }
        token
    }

    /// Takes the token that was chosen and is no end; returns what of it is text, and how many tokens were thoughts so far where that is
    /// to be told.
    pub fn take(&mut self, token: LlamaToken) -> (String, Option<u32>) {
        let was_calling = self.stream.is_calling();
        let text = self.stream.push(&piece(self.model, token));
        let thought = self.thinking.took(self.stream.is_thinking());
        if let Some(calling) = &mut self.calling {
            if let Some(constraint) = &mut calling.constraint {
                if let Err(error) = constraint.take(token) {
                    tracing::warn!(%error, "a call is no longer constrained");
                    calling.constraint = None;
                }
            } else if !was_calling && self.stream.is_calling() {
                calling.begin(&self.stream);
                // Arguments repeat what was asked, and their braces and quotes each other.
                let options = LlamaOptions {
                    repeat_penalty: 1.0,
                    ..self.options.clone()
                };
                self.sampler = Sampler::new(&options, self.model);
            }
        }
        (text, thought)
    }

    /// Tokens of thoughts.
    pub fn thought(&self) -> u32 {
        self.thinking.tokens()
    }

    /// What ends the thoughts, where they have had their time, or the model `ended` its message in them. It counts as written.
    pub fn end_thoughts(&mut self, ended: bool) -> Option<String> {
        if !(ended || self.thinking.is_enough()) {
            return None;
        }
        let end = self.stream.end_of_thoughts()?;
        if !self.thinking.end() {
            return None;
        }
        self.stream.push(end.as_bytes());
        Some(end)
    }

    /// Whether nothing more is to be written: what follows is not the model's message, or thoughts without an end.
    pub fn is_over(&self) -> bool {
        self.stream.is_over() || self.thinking.is_enough()
    }

    /// How the reply ended, and what it calls. One that was cut off in the middle of a call calls nothing.
    pub fn finish(self, finish: Finish) -> (Finish, Ended) {
        let no_room = finish == Finish::Length;
        let mut ended = self.stream.finish(no_room, &self.options.tools);
        let finish = match finish {
            Finish::Length if ended.cut_off => {
                ended.calls.clear();
                Finish::Length
            }
            _ if !ended.calls.is_empty() => Finish::ToolCalls,
            finish => finish,
        };
        (finish, ended)
    }
}

impl Calling {
    /// Whether a call would begin with these bytes, and in another way than it may.
    fn begins_wrongly(&self, stream: &Stream, bytes: &[u8]) -> bool {
        let Some(fresh) = &self.fresh else {
            return false;
        };
        if stream.is_calling() {
            return false;
        }
        let mut stream = stream.clone();
        stream.push(bytes);
        let written = stream.written(self.format);
        written.is_some_and(|written| !fresh.again().follow(written))
    }

    /// A call has begun in `stream`: it is held to the tools, where it is in the form that their grammar has.
    fn begin(&mut self, stream: &Stream) {
        let Some(written) = stream.written(self.format) else {
            return;
        };
        self.constraint = self.fresh.as_ref().map(Constraint::again);
        if let Some(constraint) = &mut self.constraint {
            constraint.follow(written);
        }
    }
}

/// What a token adds to the message. What surrounds thoughts, calls and messages may be tokens that are hidden from text.
fn piece(model: &LlamaModel, token: LlamaToken) -> Vec<u8> {
    let vocabulary = model.vocab();
    let text = vocabulary.token_to_piece(token, false, None);
    if !text.is_empty() {
        return text;
    }
    let hidden = vocabulary.token_to_piece(token, true, None);
    match is_mark(&String::from_utf8_lossy(&hidden)) {
        true => hidden,
        false => text,
    }
}
