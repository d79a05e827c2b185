//! A reply that is written: how far it is, what of it the next batch computes, and how it ends.

use std::time::Instant;

use jane_files::Artifact;
use jane_worker::{Call, Failure, Llama, LlamaOptions, LlamaOutput};
use llama_cpp_2::token::LlamaToken;

use crate::cache::{Cache, Part, Sequence};
use crate::load::BATCH;
use crate::writer::{Writer, Written};

/// Tokens of prompts that are read in a batch while others write: as many again would keep them waiting for twice as long.
const READ_BESIDE: usize = 16;

/// A reply that is written.
pub struct Reply<'a> {
    pub call: Call<'a, Llama>,
    pub sequence: Sequence,
    pub prompt: Vec<LlamaToken>,
    /// Tokens of the prompt that are computed, and those of them that the cache held.
    pub read: usize,
    pub reused: usize,
    pub writer: Writer,
    /// When its prompt was read.
    pub begun: Option<Instant>,
    /// Where what was computed of the prompt is kept.
    pub to_keep: Option<Artifact>,
}

impl Reply<'_> {
    /// Whether its prompt is computed.
    pub fn has_read(&self) -> bool {
        self.read >= self.prompt.len()
    }

    /// So many of its tokens were computed, the last of them at this place in the batch. Returns how it ended, where it did.
    pub fn took(
        &mut self,
        cache: &Cache,
        length: usize,
        in_batch: i32,
    ) -> Option<Result<(), Failure>> {
        if !self.has_read() {
            self.read += length;
            if !self.has_read() {
                return None;
            }
            self.begun = Some(Instant::now());
            if self.writer.is_full() {
                return Some(self.ended(Written::nothing()));
            }
        }
        match self.writer.next(&cache.context, in_batch, &self.call) {
            Ok(None) => None,
            Ok(Some(written)) => Some(self.ended(written)),
            Err(failure) => Some(Err(failure)),
        }
    }

    fn ended(&self, written: Written) -> Result<(), Failure> {
        ended(
            &self.call,
            self.prompt.len(),
            self.reused,
            written,
            self.begun,
        )
    }
}

/// What the next batch computes: the last token of each that writes, and of the prompts that are not read yet as much as has room. Returns the
/// places in `replies` of those that have a part in it, and their parts.
pub fn batch<'r>(replies: &'r [Reply<'_>]) -> (Vec<usize>, Vec<Part<'r>>) {
    let writing = replies.iter().filter(|reply| reply.has_read()).count();
    let mut left = BATCH as usize;
    if writing > 0 {
        left = READ_BESIDE.max(left / (writing + 1)).min(left);
    }
    let mut computed = Vec::new();
    let mut parts = Vec::new();
    for (place, reply) in replies.iter().enumerate() {
        let part = match reply.has_read() {
            true => Part {
                sequence: reply.sequence,
                tokens: reply.writer.last(),
                logits: true,
            },
            false => {
                let fresh = reply.prompt.get(reply.read..).unwrap_or_default();
                let tokens = fresh.get(..fresh.len().min(left)).unwrap_or_default();
                left -= tokens.len();
                Part {
                    sequence: reply.sequence,
                    tokens,
                    logits: tokens.len() == fresh.len(),
                }
            }
        };
        if !part.tokens.is_empty() {
            computed.push(place);
            parts.push(part);
        }
    }
    (computed, parts)
}

/// Tells the end of a reply.
pub fn ended(
    call: &Call<'_, Llama>,
    prompt: usize,
    reused: usize,
    written: Written,
    begun: Option<Instant>,
) -> Result<(), Failure> {
    call.output(LlamaOutput::Ended {
        finish: written.finish,
        calls: written.calls,
        prompt_tokens: number(prompt),
        reused_tokens: number(reused),
        reply_tokens: written.tokens,
        decode_seconds: begun.map_or(0.0, |begun| begun.elapsed().as_secs_f32()),
    })
}

/// The most tokens that the reply may have, where prompt and reply may have `room`. A reply that is taken up again where it was cut
/// off may also find less room than it wants, or none (`None`), and ends there as it would have.
pub fn most_tokens(
    prompt: usize,
    room: u32,
    options: &LlamaOptions,
) -> Result<Option<u32>, Failure> {
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

pub fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use jane_core::Dialogue;

    use super::*;

    fn options(reply_so_far: &str, max_tokens: u32) -> LlamaOptions {
        LlamaOptions {
            dialogue: Dialogue::default(),
            tools: Vec::new(),
            reply_so_far: reply_so_far.to_owned(),
            must_call: false,
            place: jane_worker::LlamaPlace::Conversation,
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
