//! Writes replies: the prompt through the template, the KV cache reused, token by token to the host.
//!
//! Invariant: a request looks for its cancellation and its lease of threads between batches and between tokens.

use std::time::Instant;

use jane::backend::worker::{Call, Failure, Llama, LlamaOptions, LlamaReply};
use jane::backend::{Finish, Message, Speaker, ToolCall};
use jane::model::Derived;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::cache::{Cache, Sequence};
use crate::calls::{Constraint, Constraints, Offered, offered};
use crate::choice::Chooser;
use crate::load::BATCH;
use crate::pace::Pace;
use crate::prefix::{self, Prefixes};
use crate::stream::{Piece, TextStream};
use crate::template::ChatTemplate;

pub struct Generator {
    model: &'static LlamaModel,
    template: ChatTemplate,
    cache: Cache,
    /// Those of the conversation in the cache.
    instructions: String,
    /// What is known of the machine's speed at writing, from all replies.
    pace: Pace,
    /// What holds calls to the tools that are offered: made when tools first are, and `None` within where that failed.
    constraints: Option<Option<Constraints>>,
    /// Where instructions are kept; `None` for nowhere.
    prefixes: Option<Prefixes>,
}

/// What came of a reply.
struct Written {
    finish: Finish,
    calls: Vec<ToolCall>,
    tokens: u32,
}

impl Generator {
    /// # Errors
    /// Where the model has no chat template, or one that is no template.
    pub fn new(
        model: &'static LlamaModel,
        context: LlamaContext<'static>,
        prefixes: Option<Prefixes>,
    ) -> Result<Self, String> {
        Ok(Self {
            model,
            template: ChatTemplate::of(model)?,
            cache: Cache::new(model, context),
            instructions: String::new(),
            pace: Pace::new(Instant::now()),
            constraints: None,
            prefixes,
        })
    }

    /// Tokens.
    pub fn context_window(&self) -> u32 {
        self.cache.window()
    }

    /// Whether the model's own template shows tools.
    pub fn knows_tools(&self) -> bool {
        self.template.knows_tools()
    }

    /// Tokens of `messages` as a prompt.
    pub fn count(&self, messages: &[Message]) -> Result<u32, Failure> {
        let tokens = self.tokens(messages, &[], "")?;
        Ok(number(tokens.len()))
    }

    pub fn generate(
        &mut self,
        options: &LlamaOptions,
        call: &Call<'_, Llama>,
    ) -> Result<(), Failure> {
        let tools = offered(&options.tools);
        let prompt = match options.must_call {
            true => self.tokens(&options.messages, &[], self.template.format().opening())?,
            false => self.tokens(&options.messages, &tools, &options.reply_so_far)?,
        };
        // Before the prompt is read: the first to come is one that only pre-fills the cache, while nobody waits.
        let constraint = self.constraint(options, &tools);
        if !options.aside {
            self.follow(instructions(options), &prompt);
            let kept = self.kept(&prompt, options);
            let to_keep = kept.filter(|kept| !prefix::restore(&mut self.cache, kept, &prompt));
            self.reply(Sequence::Conversation, &prompt, options, constraint, call)?;
            if let Some(kept) = to_keep {
                prefix::keep(&self.cache, &kept);
            }
            return Ok(());
        }
        let replied = self.reply(Sequence::Aside, &prompt, options, constraint, call);
        self.cache.forget_aside();
        replied
    }

    /// What was computed behind other instructions knows them, and is not moved behind these.
    fn follow(&mut self, instructions: &str, prompt: &[LlamaToken]) {
        if self.instructions != instructions {
            self.cache.forget_behind(prompt);
            instructions.clone_into(&mut self.instructions);
        }
    }

    fn reply(
        &mut self,
        sequence: Sequence,
        prompt: &[LlamaToken],
        options: &LlamaOptions,
        constraint: Option<Constraint>,
        call: &Call<'_, Llama>,
    ) -> Result<(), Failure> {
        let room = self.cache.room(sequence, prompt);
        let most = most_tokens(prompt.len(), room, options)?;
        let reused = match most {
            Some(_) => self.prefill(sequence, prompt, call)?,
            None => 0,
        };
        let started = Instant::now();
        let written = match most {
            Some(most) => self.write(sequence, most, options, constraint, call)?,
            None => Written {
                finish: Finish::Length,
                calls: Vec::new(),
                tokens: 0,
            },
        };
        call.reply(LlamaReply::Ended {
            finish: written.finish,
            calls: written.calls,
            prompt_tokens: number(prompt.len()),
            reused_tokens: number(reused),
            reply_tokens: written.tokens,
            decode_seconds: started.elapsed().as_secs_f32(),
        })
    }

    /// Where instructions that are computed while nobody waits, right after loading, are kept. What was said is never written.
    fn kept(&self, prompt: &[LlamaToken], options: &LlamaOptions) -> Option<Derived> {
        let mut messages = options.messages.iter();
        let alone = messages.all(|message| message.speaker == Speaker::System);
        let was_said = !alone || options.summary > 0;
        if options.max_tokens > 0 || was_said || !self.cache.is_fresh() {
            return None;
        }
        self.prefixes.as_ref()?.kept(prompt)
    }

    /// What holds calls to the tools of `options`, which are `tools`. Nothing is done where there are none.
    fn constraint(&mut self, options: &LlamaOptions, tools: &[Offered]) -> Option<Constraint> {
        if tools.is_empty() {
            return None;
        }
        let model = self.model;
        let constraints = self.constraints.get_or_insert_with(|| {
            let made = Constraints::new(model);
            made.inspect_err(|error| tracing::warn!(%error, "calls of tools are not constrained"))
                .ok()
        });
        let format = self.template.format();
        constraints.as_mut()?.of(format, &options.tools)
    }

    fn tokens(
        &self,
        messages: &[Message],
        tools: &[Offered],
        reply_so_far: &str,
    ) -> Result<Vec<LlamaToken>, Failure> {
        let prompt = self.template.render(messages, tools)?;
        let vocabulary = self.model.vocab();
        // Most templates write the beginning-of-sequence token themselves.
        let add_special = !self.template.begins_sequence(&prompt);
        let mut tokens = vocabulary.tokenize(prompt.as_bytes(), add_special, true);
        if !reply_so_far.is_empty() {
            // Only what begins a call is more than text.
            let special = reply_so_far == self.template.format().opening();
            tokens.extend(vocabulary.tokenize(reply_so_far.as_bytes(), false, special));
        }
        if tokens.is_empty() {
            return Err(Failure::Invalid {
                message: "the prompt is empty".to_owned(),
            });
        }
        Ok(tokens)
    }

    /// Computes what the cache does not hold of `prompt`; returns how many tokens it held.
    fn prefill(
        &mut self,
        sequence: Sequence,
        prompt: &[LlamaToken],
        call: &Call<'_, Llama>,
    ) -> Result<usize, Failure> {
        let held = self.cache.begin(sequence, prompt);
        let fresh = prompt.get(held..).unwrap_or_default();
        let mut batches = fresh.chunks(BATCH as usize).peekable();
        while let Some(tokens) = batches.next() {
            let threads = call.threads()?;
            let last = batches.peek().is_none();
            self.cache.append(sequence, tokens, last, threads)?;
        }
        Ok(held)
    }

    fn write(
        &mut self,
        sequence: Sequence,
        most: u32,
        options: &LlamaOptions,
        constraint: Option<Constraint>,
        call: &Call<'_, Llama>,
    ) -> Result<Written, Failure> {
        let mut chooser = Chooser::new(self.model, options);
        if !options.tools.is_empty() {
            chooser = chooser.calling(self.template.format(), constraint);
            if options.must_call {
                chooser.begin_call();
            }
        }
        let mut stream = TextStream::new(&options.stop);
        let vocabulary = self.model.vocab();
        let (mut written, mut last) = (0, None);
        let finish = loop {
            if written == most {
                break Finish::Length;
            }
            // Only where another one follows: a reply's last token is left to the next prompt, so that nobody waits for it.
            if let Some(token) = last {
                self.step(sequence, token, call.threads()?)?;
            }
            call.check()?;
            let token = chooser.choose(&self.cache.context);
            if vocabulary.is_eog(token) {
                break Finish::Stop;
            }
            written += 1;
            match stream.push(&chooser.take(token)) {
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(text) => call.reply(LlamaReply::Text(text))?,
                Piece::Stopped(text) => {
                    if !text.is_empty() {
                        call.reply(LlamaReply::Text(text))?;
                    }
                    return Ok(Written {
                        finish: Finish::StopSequence,
                        calls: Vec::new(),
                        tokens: written,
                    });
                }
            }
            last = Some(token);
        };
        let (finish, ended) = chooser.finish(finish);
        let rest = match stream.push(&ended.text) {
            Piece::Text(text) => text + &stream.finish(),
            Piece::Stopped(text) => text,
        };
        if !rest.is_empty() {
            call.reply(LlamaReply::Text(rest))?;
        }
        Ok(Written {
            finish,
            calls: ended.calls,
            tokens: written,
        })
    }

    /// Computes one token at the pace of the machine.
    fn step(&mut self, sequence: Sequence, token: LlamaToken, lease: u32) -> Result<(), Failure> {
        let started = Instant::now();
        let threads = self.pace.threads(lease, started);
        self.cache.append(sequence, &[token], true, threads)?;
        self.pace
            .took(started.elapsed().as_secs_f64(), Instant::now());
        Ok(())
    }
}

/// What the first message says, but for what was said before.
fn instructions(options: &LlamaOptions) -> &str {
    let Some(first) = options.messages.first() else {
        return "";
    };
    let bytes = first.content.len().saturating_sub(options.summary);
    first.content.get(..bytes).unwrap_or_default()
}

/// The most tokens that the reply may have, where prompt and reply may have `room`. A reply that is taken up again where it was cut
/// off may also find less room than it wants, or none (`None`), and ends there as it would have.
fn most_tokens(prompt: usize, room: u32, options: &LlamaOptions) -> Result<Option<u32>, Failure> {
    let prompt = number(prompt);
    let left = room.saturating_sub(prompt);
    if left >= options.max_tokens.max(1) {
        return Ok(Some(options.max_tokens));
    }
    if options.reply_so_far.is_empty() {
        return Err(Failure::PromptTooLong {
            prompt,
            window: room,
            reply: options.max_tokens,
        });
    }
    Ok((left > 0).then_some(left))
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(reply_so_far: &str, max_tokens: u32) -> LlamaOptions {
        LlamaOptions {
            messages: Vec::new(),
            tools: Vec::new(),
            reply_so_far: reply_so_far.to_owned(),
            summary: 0,
            must_call: false,
            aside: false,
            max_tokens,
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            seed: 0,
            stop: Vec::new(),
        }
    }

    #[test]
    fn a_prompt_that_leaves_no_room_for_the_reply_is_too_long() {
        assert_eq!(most_tokens(1000, 1100, &options("", 100)), Ok(Some(100)));
        let failure = Failure::PromptTooLong {
            prompt: 1001,
            window: 1100,
            reply: 100,
        };
        assert_eq!(most_tokens(1001, 1100, &options("", 100)), Err(failure));
        assert_eq!(most_tokens(1099, 1100, &options("", 0)), Ok(Some(0)));
        assert!(most_tokens(1100, 1100, &options("", 0)).is_err());
    }

    #[test]
    fn a_reply_that_is_taken_up_again_ends_with_the_window() {
        assert_eq!(
            most_tokens(1050, 1100, &options("Well,", 100)),
            Ok(Some(50))
        );
        assert_eq!(most_tokens(1100, 1100, &options("Well,", 100)), Ok(None));
        assert_eq!(most_tokens(1200, 1100, &options("Well,", 0)), Ok(None));
    }
}
