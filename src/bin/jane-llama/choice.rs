//! Chooses the tokens of a reply: freely, and within a call only what makes it a call of a tool that is offered.
//!
//! Without tools this is the sampler and nothing else. With them the model writes as it likes until a call begins; from
//! there to the end of the message it is held to the grammar of calls.

use jane::backend::Finish;
use jane::backend::worker::LlamaOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::calls::{CallStream, Constraint, Ended, Format};
use crate::sampling::Sampler;

/// Tokens that are tried at a place where a call begins wrongly in the middle of a token.
const MOST_TRIES: usize = 16;

pub struct Chooser<'a> {
    model: &'a LlamaModel,
    options: &'a LlamaOptions,
    sampler: Sampler,
    calling: Option<Calling>,
}

/// What is known of the calls in a reply.
struct Calling {
    format: Format,
    stream: CallStream,
    /// What holds for a call from its beginning; `None` where nothing does.
    fresh: Option<Constraint>,
    /// What holds now, in a call.
    constraint: Option<Constraint>,
}

impl<'a> Chooser<'a> {
    /// For a reply without tools.
    pub fn new(model: &'a LlamaModel, options: &'a LlamaOptions) -> Self {
        Self {
            model,
            options,
            sampler: Sampler::new(options, model),
            calling: None,
        }
    }

    /// For a reply that may call tools in this form.
    pub fn calling(mut self, format: Format, constraint: Option<Constraint>) -> Self {
        self.calling = Some(Calling {
            format,
            stream: CallStream::new(format, &self.options.reply_so_far),
            fresh: constraint,
            constraint: None,
        });
        self
    }

    /// The prompt ended with what begins a call.
    pub fn begin_call(&mut self) {
        if let Some(calling) = &mut self.calling {
            calling.stream = CallStream::in_a_call(calling.format);
            calling.constraint = calling.fresh.as_ref().map(Constraint::again);
        }
    }

    /// The next token, from the logits that were computed last.
    pub fn choose(&mut self, context: &LlamaContext<'_>) -> LlamaToken {
        let Some(calling) = &mut self.calling else {
            return self.sampler.choose(context);
        };
        let logits = context.get_logits_ith(-1);
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
        let mut token = self.sampler.choose(context);
        let mut refused = Vec::new();
        while calling.begins_wrongly(&piece(self.model, calling.format, token)) {
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

    /// Takes the token that was chosen and is no end; returns what of it is text.
    pub fn take(&mut self, token: LlamaToken) -> Vec<u8> {
        let Some(calling) = &mut self.calling else {
            return self.model.vocab().token_to_piece(token, false, None);
        };
        let bytes = piece(self.model, calling.format, token);
        let was_text = calling.stream.written().is_none();
        let text = calling.stream.push(&bytes);
        if let Some(constraint) = &mut calling.constraint {
            if let Err(error) = constraint.take(token) {
                tracing::warn!(%error, "a call is no longer constrained");
                calling.constraint = None;
            }
        } else if let Some(written) = calling.stream.written().filter(|_| was_text) {
            calling.constraint = calling.fresh.as_ref().map(Constraint::again);
            if let Some(constraint) = &mut calling.constraint {
                constraint.follow(written);
            }
            // Arguments repeat what was asked, and their braces and quotes each other.
            let options = LlamaOptions {
                repeat_penalty: 1.0,
                ..self.options.clone()
            };
            self.sampler = Sampler::new(&options, self.model);
        }
        text
    }

    /// How the reply ended, and what it calls. One that was cut off in the middle of a call calls nothing.
    pub fn finish(self, finish: Finish) -> (Finish, Ended) {
        let Some(calling) = self.calling else {
            return (finish, Ended::default());
        };
        let mut ended = calling.stream.finish(finish == Finish::Length);
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
    fn begins_wrongly(&self, bytes: &[u8]) -> bool {
        let Some(fresh) = &self.fresh else {
            return false;
        };
        if self.stream.written().is_some() {
            return false;
        }
        let mut stream = self.stream.clone();
        stream.push(bytes);
        let written = stream.written();
        written.is_some_and(|written| !fresh.again().follow(written))
    }
}

/// What a token adds to the message. What surrounds calls may be tokens that are hidden from text.
fn piece(model: &LlamaModel, format: Format, token: LlamaToken) -> Vec<u8> {
    let vocabulary = model.vocab();
    let text = vocabulary.token_to_piece(token, false, None);
    if !text.is_empty() {
        return text;
    }
    let hidden = vocabulary.token_to_piece(token, true, None);
    let mut markers = format.markers().iter();
    if markers.any(|marker| marker.as_bytes() == hidden) {
        return hidden;
    }
    text
}
