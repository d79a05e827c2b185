//! Writes replies: the prompt through the template, the KV cache reused, token by token to the host.
//!
//! Invariant: a request looks for its cancellation and its lease of threads between batches and between tokens.

use std::time::Instant;

use jane_core::{Dialogue, Finish, Message, ToolCall};
use jane_files::Artifact;
use jane_worker::{Call, Failure, Llama, LlamaOptions, LlamaOutput};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::cache::{Cache, Sequence};
use crate::calls::{Constraint, Constraints, OfferedTool, offered};
use crate::constrained_sampler::ConstrainedSampler;
use crate::detokenizer::{Detokenizer, Piece};
use crate::load::BATCH;
use crate::prompt_cache::{self, PromptCache};
use crate::template::ChatTemplate;
use crate::thinking;
use crate::thread_tuner::ThreadTuner;

pub struct Generator {
    model: &'static LlamaModel,
    template: ChatTemplate,
    cache: Cache,
    /// Those of the conversation in the cache.
    instructions: String,
    /// What is known of the machine's speed at writing, from all replies.
    pace: ThreadTuner,
    /// What holds calls to the tools that are offered: made when tools first are, and `None` within where that failed.
    constraints: Option<Option<Constraints>>,
    /// Where instructions are kept; `None` for nowhere.
    prefixes: Option<PromptCache>,
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
        prefixes: Option<PromptCache>,
    ) -> Result<Self, String> {
        Ok(Self {
            model,
            template: ChatTemplate::of(model)?,
            cache: Cache::new(model, context),
            instructions: String::new(),
            pace: ThreadTuner::new(Instant::now()),
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
        let messages = options.dialogue.messages();
        let prompt = match options.must_call {
            true => self.tokens(&messages, &[], self.template.format().opening())?,
            false => self.tokens(&messages, &tools, &options.reply_so_far)?,
        };
        // Before the prompt is read: the first to come is one that only pre-fills the cache, while nobody waits.
        let constraint = self.constraint(options, &tools);
        if !options.aside {
            let instructions = options.dialogue.instructions.as_deref();
            self.follow(instructions.unwrap_or_default(), &prompt);
            let kept = self.kept(&prompt, options);
            let to_keep =
                kept.filter(|kept| !prompt_cache::restore(&mut self.cache, kept, &prompt));
            self.reply(Sequence::Conversation, &prompt, options, constraint, call)?;
            if let Some(kept) = to_keep {
                prompt_cache::keep(&self.cache, &kept);
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
        let thinking = thinking::most(
            options.max_thinking_tokens,
            room,
            number(prompt.len()).saturating_add(most.unwrap_or_default()),
        );
        let reused = match most {
            Some(_) => self.prefill(sequence, prompt, call)?,
            None => 0,
        };
        let started = Instant::now();
        let written = match most {
            Some(most) => self.write(sequence, (most, thinking), options, constraint, call)?,
            None => Written {
                finish: Finish::Length,
                calls: Vec::new(),
                tokens: 0,
            },
        };
        call.output(LlamaOutput::Ended {
            finish: written.finish,
            calls: written.calls,
            prompt_tokens: number(prompt.len()),
            reused_tokens: number(reused),
            reply_tokens: written.tokens,
            decode_seconds: started.elapsed().as_secs_f32(),
        })
    }

    /// Where instructions that are computed while nobody waits, right after loading, are kept. What was said is never written.
    fn kept(&self, prompt: &[LlamaToken], options: &LlamaOptions) -> Option<Artifact> {
        let Dialogue { summary, turns, .. } = &options.dialogue;
        let was_said = !turns.is_empty() || !summary.is_empty();
        if options.max_tokens > 0 || was_said || !self.cache.is_fresh() {
            return None;
        }
        self.prefixes.as_ref()?.kept(prompt)
    }

    /// What holds calls to the tools of `options`, which are `tools`. Nothing is done where there are none.
    fn constraint(&mut self, options: &LlamaOptions, tools: &[OfferedTool]) -> Option<Constraint> {
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
        tools: &[OfferedTool],
        reply_so_far: &str,
    ) -> Result<Vec<LlamaToken>, Failure> {
        let mut prompt = self.template.render(messages, tools)?;
        if !reply_so_far.is_empty()
            && let Some(end) = self.template.opening().end_of_thoughts()
        {
            // What goes on is the answer, or a call.
            prompt.push_str(end);
        }
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
        (most, thinking): (u32, u32),
        options: &LlamaOptions,
        constraint: Option<Constraint>,
        call: &Call<'_, Llama>,
    ) -> Result<Written, Failure> {
        let mut chooser =
            ConstrainedSampler::new(self.model, options, self.template.opening(), thinking);
        if !options.tools.is_empty() {
            chooser = chooser.calling(self.template.format(), constraint);
            if options.must_call {
                chooser.begin_call();
            }
        }
        let mut stream = Detokenizer::new(&options.stop);
        let vocabulary = self.model.vocab();
        let mut written = 0;
        let mut last = Vec::new();
        let finish = loop {
            if written == most.saturating_add(chooser.thought()) {
                break Finish::Length;
            }
            // Only where another one follows: a reply's last token is left to the next prompt, so that nobody waits for it.
            if !last.is_empty() {
                self.step(sequence, &last, call.threads()?)?;
            }
            call.check()?;
            let token = chooser.choose(&self.cache.context);
            if vocabulary.is_eog(token) {
                // Who thinks has not answered yet.
                match chooser.end_thoughts(true) {
                    Some(end) => last = vocabulary.tokenize(end.as_bytes(), false, true),
                    None => break Finish::Stop,
                }
                continue;
            }
            written += 1;
            let (text, thought) = chooser.take(token);
            if let Some(tokens) = thought {
                call.output(LlamaOutput::Thinking { tokens })?;
            }
            match stream.push(text.as_bytes()) {
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(text) => call.output(LlamaOutput::Text(text))?,
                Piece::Stopped(text) => {
                    if !text.is_empty() {
                        call.output(LlamaOutput::Text(text))?;
                    }
                    return Ok(Written {
                        finish: Finish::StopSequence,
                        calls: Vec::new(),
                        tokens: written,
                    });
                }
            }
            last = vec![token];
            if let Some(end) = chooser.end_thoughts(false) {
                last.extend(vocabulary.tokenize(end.as_bytes(), false, true));
            } else if chooser.is_over() {
                break Finish::Stop;
            }
        };
        let (finish, ended) = chooser.finish(finish);
        let rest = match stream.push(ended.text.as_bytes()) {
            Piece::Text(text) => text + &stream.finish(),
            Piece::Stopped(text) => text,
        };
        if !rest.is_empty() {
            call.output(LlamaOutput::Text(rest))?;
        }
        Ok(Written {
            finish,
            calls: ended.calls,
            tokens: written,
        })
    }

    /// Computes what was written, most often one token, at the pace of the machine.
    fn step(
        &mut self,
        sequence: Sequence,
        tokens: &[LlamaToken],
        lease: u32,
    ) -> Result<(), Failure> {
        if tokens.len() > 1 {
            return self.cache.append(sequence, tokens, true, lease);
        }
        let started = Instant::now();
        let threads = self.pace.threads(lease, started);
        self.cache.append(sequence, tokens, true, threads)?;
        self.pace
            .took(started.elapsed().as_secs_f64(), Instant::now());
        Ok(())
    }
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
            dialogue: Dialogue::default(),
            tools: Vec::new(),
            reply_so_far: reply_so_far.to_owned(),
            must_call: false,
            aside: false,
            max_tokens,
            max_thinking_tokens: 64,
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
