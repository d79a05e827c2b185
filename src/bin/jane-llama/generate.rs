//! Writes replies: the prompt through the template, the KV cache reused, token by token to the host.
//!
//! Invariants: `cached` always names exactly the tokens whose keys and values the cache holds, so that the longest common prefix
//! of two prompts is never computed twice; a request looks for its cancellation between batches and between tokens.

use std::time::Instant;

use jane::backend::worker::{Call, Failure, Llama, LlamaOptions, LlamaReply};
use jane::backend::{Finish, Message};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::sampling;
use crate::stream::{Piece, TextStream};
use crate::template::ChatTemplate;

/// Tokens of a prompt that are computed between two looks at the cancellation. llama.cpp has no abort callback here.
pub const BATCH: u32 = 64;

pub struct Generator {
    model: &'static LlamaModel,
    context: LlamaContext<'static>,
    template: ChatTemplate,
    cached: Vec<LlamaToken>,
}

impl Generator {
    /// # Errors
    /// Where the model has no chat template, or one that is no template.
    pub fn new(model: &'static LlamaModel, context: LlamaContext<'static>) -> Result<Self, String> {
        let template = ChatTemplate::of(model)?;
        Ok(Self {
            model,
            context,
            template,
            cached: Vec::new(),
        })
    }

    /// Tokens.
    pub fn context_window(&self) -> u32 {
        self.context.n_ctx()
    }

    /// Tokens of `messages` as a prompt.
    pub fn count(&self, messages: &[Message]) -> Result<u32, Failure> {
        let tokens = self.tokens(messages, "")?;
        Ok(u32::try_from(tokens.len()).unwrap_or(u32::MAX))
    }

    pub fn generate(
        &mut self,
        options: &LlamaOptions,
        call: &Call<'_, Llama>,
    ) -> Result<(), Failure> {
        let prompt = self.tokens(&options.messages, &options.reply_so_far)?;
        self.check_room(prompt.len(), options.max_tokens)?;
        let reused = self.prefill(&prompt, call)?;
        let started = Instant::now();
        let (finish, reply_tokens) = self.write(options, call)?;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        call.reply(LlamaReply::Ended {
            finish,
            prompt_tokens: count(prompt.len()),
            reused_tokens: count(reused),
            reply_tokens,
            decode_seconds: started.elapsed().as_secs_f32(),
        })
    }

    fn tokens(&self, messages: &[Message], reply_so_far: &str) -> Result<Vec<LlamaToken>, Failure> {
        let prompt = self.template.render(messages)?;
        let vocabulary = self.model.vocab();
        // Most templates write the beginning-of-sequence token themselves.
        let add_special = !self.template.begins_sequence(&prompt);
        let mut tokens = vocabulary.tokenize(prompt.as_bytes(), add_special, true);
        if !reply_so_far.is_empty() {
            tokens.extend(vocabulary.tokenize(reply_so_far.as_bytes(), false, false));
        }
        if tokens.is_empty() {
            return Err(Failure::Invalid {
                message: "the prompt is empty".to_owned(),
            });
        }
        Ok(tokens)
    }

    fn check_room(&self, prompt: usize, reply: u32) -> Result<(), Failure> {
        let window = self.context_window();
        let prompt = u32::try_from(prompt).unwrap_or(u32::MAX);
        if prompt.saturating_add(reply.max(1)) > window {
            return Err(Failure::PromptTooLong {
                prompt,
                window,
                reply,
            });
        }
        Ok(())
    }

    /// Computes what the cache does not hold of `prompt`; returns how many tokens it held.
    fn prefill(&mut self, prompt: &[LlamaToken], call: &Call<'_, Llama>) -> Result<usize, Failure> {
        let common = self
            .cached
            .iter()
            .zip(prompt)
            .take_while(|(cached, wanted)| cached == wanted)
            .count();
        // The last token is computed in any case: its logits choose the first word of the reply.
        let mut kept = common.min(prompt.len().saturating_sub(1));
        if self
            .context
            .kv_cache_seq_rm(0, Some(position(kept)), None)
            .is_err()
        {
            // Recurrent models cannot go back to the middle of a sequence.
            self.context.clear_kv_cache();
            kept = 0;
        }
        self.cached.truncate(kept);
        let fresh = prompt.get(kept..).unwrap_or_default();
        let mut batches = fresh.chunks(BATCH as usize).peekable();
        while let Some(tokens) = batches.next() {
            call.check()?;
            self.decode(tokens, batches.peek().is_none())?;
        }
        Ok(kept)
    }

    /// Computes `tokens` behind what is cached, with logits for the last one where they are needed.
    fn decode(&mut self, tokens: &[LlamaToken], logits: bool) -> Result<(), Failure> {
        let mut batch = LlamaBatch::new(tokens.len(), 1);
        for (number, token) in tokens.iter().enumerate() {
            let place = i32::try_from(self.cached.len() + number).unwrap_or(i32::MAX);
            let last = number + 1 == tokens.len();
            batch
                .add(*token, place, &[0], logits && last)
                .map_err(|error| Failure::Engine {
                    message: error.to_string(),
                })?;
        }
        if let Err(error) = self.context.decode(&mut batch) {
            // What the cache holds of a failed batch is not known.
            self.context.clear_kv_cache();
            self.cached.clear();
            return Err(Failure::Engine {
                message: format!("llama.cpp cannot compute a batch: {error}"),
            });
        }
        self.cached.extend_from_slice(tokens);
        Ok(())
    }

    fn write(
        &mut self,
        options: &LlamaOptions,
        call: &Call<'_, Llama>,
    ) -> Result<(Finish, u32), Failure> {
        let mut sampler = sampling::chain(options, self.model);
        let mut stream = TextStream::new(&options.stop);
        let vocabulary = self.model.vocab();
        let mut written = 0;
        let finish = loop {
            if written == options.max_tokens {
                break Finish::Length;
            }
            call.check()?;
            let token = sampler.sample(&self.context, -1);
            if vocabulary.is_eog(token) {
                break Finish::Stop;
            }
            written += 1;
            match stream.push(&vocabulary.token_to_piece(token, false, None)) {
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(text) => call.reply(LlamaReply::Text(text))?,
                Piece::Stopped(text) => {
                    if !text.is_empty() {
                        call.reply(LlamaReply::Text(text))?;
                    }
                    return Ok((Finish::StopSequence, written));
                }
            }
            self.decode(&[token], true)?;
        };
        let rest = stream.finish();
        if !rest.is_empty() {
            call.reply(LlamaReply::Text(rest))?;
        }
        Ok((finish, written))
    }
}

fn position(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
