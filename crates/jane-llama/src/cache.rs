//! The KV cache: what it holds of the conversation, and of something written aside.
//!
//! Invariants: the token lists always name exactly what the cache holds, so that no common prefix of two prompts is computed
//! twice; after a failed batch, of which llama.cpp may have kept a part, everything of its sequence is given up; the
//! conversation's sequence is never touched by what is written aside.

use std::path::Path;

use jane_worker::Failure;
use llama_cpp_2::LlamaStateSeqFlags;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::{LlamaModel, RopeType};
use llama_cpp_2::token::LlamaToken;

use crate::kv_reuse::{ReusedSpan, kept};
use crate::threads;

/// Whose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    Conversation,
    /// Forgotten at its end, by [`Cache::forget_aside`].
    Aside,
}

impl Sequence {
    fn number(self) -> i32 {
        match self {
            Self::Conversation => 0,
            Self::Aside => 1,
        }
    }
}

pub struct Cache {
    pub context: LlamaContext<'static>,
    conversation: Vec<LlamaToken>,
    aside: Vec<LlamaToken>,
    /// Whether what was computed for one place can be moved to another.
    movable: bool,
}

impl Cache {
    pub fn new(model: &LlamaModel, context: LlamaContext<'static>) -> Self {
        Self {
            context,
            conversation: Vec::new(),
            aside: Vec::new(),
            movable: is_movable(model),
        }
    }

    /// Tokens that the sequences may have together.
    pub fn window(&self) -> u32 {
        self.context.n_ctx()
    }

    /// Tokens that prompt and reply of `sequence` may have. Something aside has what the conversation leaves, and the beginning
    /// that it has in common with it.
    pub fn room(&self, sequence: Sequence, prompt: &[LlamaToken]) -> u32 {
        match sequence {
            Sequence::Conversation => self.window(),
            Sequence::Aside => {
                let taken = self.conversation.len() - self.shared(prompt);
                self.window().saturating_sub(position(taken))
            }
        }
    }

    /// Makes `sequence` hold as much of the beginning of `prompt` as the cache has; returns how many tokens that is.
    pub fn begin(&mut self, sequence: Sequence, prompt: &[LlamaToken]) -> usize {
        match sequence {
            Sequence::Conversation => self.keep(prompt, self.movable),
            Sequence::Aside => self.share(prompt),
        }
    }

    /// Lets go of all that was computed behind the beginning that the conversation has in common with `prompt`.
    pub fn forget_behind(&mut self, prompt: &[LlamaToken]) {
        self.keep(prompt, false);
    }

    /// Computes `tokens` at the end of `sequence` with at most so many threads, with logits for the last one where they are needed.
    ///
    /// # Errors
    /// Where llama.cpp fails; `sequence` is empty then.
    pub fn append(
        &mut self,
        sequence: Sequence,
        tokens: &[LlamaToken],
        logits: bool,
        threads: u32,
    ) -> Result<(), Failure> {
        let mut batch = LlamaBatch::new(tokens.len(), 1);
        let begin = self.held(sequence).len();
        for (number, token) in tokens.iter().enumerate() {
            let place = i32::try_from(begin + number).unwrap_or(i32::MAX);
            let last = number + 1 == tokens.len();
            batch
                .add(*token, place, &[sequence.number()], logits && last)
                .map_err(|error| Failure::Engine {
                    message: error.to_string(),
                })?;
        }
        let mut decoded = Ok(());
        threads::at_most(threads, &mut || decoded = self.context.decode(&mut batch));
        if let Err(error) = decoded {
            match sequence {
                Sequence::Conversation => self.clear(),
                Sequence::Aside => self.forget_aside(),
            }
            return Err(Failure::Engine {
                message: format!("llama.cpp cannot compute a batch: {error}"),
            });
        }
        self.held(sequence).extend_from_slice(tokens);
        Ok(())
    }

    /// Whether nothing was computed yet that another run may have kept.
    pub fn is_fresh(&self) -> bool {
        self.movable && self.conversation.is_empty() && self.aside.is_empty()
    }

    /// Takes what [`Cache::save`] wrote for exactly `prompt`; whether it could. Otherwise the cache is empty.
    pub fn restore(&mut self, file: &Path, prompt: &[LlamaToken]) -> bool {
        match self.context.state_seq_load_file(file, 0, prompt.len()) {
            Ok((tokens, _)) if tokens == prompt => {
                self.conversation = tokens;
                true
            }
            _ => {
                self.clear();
                false
            }
        }
    }

    /// Writes what is computed of the conversation to `file`, unless it is larger than `most` bytes; whether it did.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self, file: &Path, most: usize) -> Result<bool, String> {
        let flags = LlamaStateSeqFlags::empty();
        if self.context.state_seq_get_size_ext(0, flags) > most {
            return Ok(false);
        }
        let saved = self
            .context
            .state_seq_save_file(file, 0, &self.conversation);
        saved.map(|_| true).map_err(|error| error.to_string())
    }

    /// Removes what was written aside.
    pub fn forget_aside(&mut self) {
        self.aside.clear();
        if self.context.kv_cache_seq_rm(1, None, None).is_err() {
            self.clear();
        }
    }

    fn held(&mut self, sequence: Sequence) -> &mut Vec<LlamaToken> {
        match sequence {
            Sequence::Conversation => &mut self.conversation,
            Sequence::Aside => &mut self.aside,
        }
    }

    fn clear(&mut self) {
        self.context.clear_kv_cache();
        self.conversation.clear();
        self.aside.clear();
    }

    fn keep(&mut self, prompt: &[LlamaToken], moved: bool) -> usize {
        let stretches = kept(&self.conversation, prompt, moved);
        // A model with a sliding window may have given up the beginning for newer tokens.
        let whole = !self.movable || self.context.kv_cache_seq_pos_min(0) <= 0;
        let end = stretches.last().map_or(0, |last| last.to + last.length);
        if !whole || self.arrange(&stretches, end).is_none() {
            self.clear();
            return 0;
        }
        self.conversation.clear();
        self.conversation.extend(prompt.iter().take(end));
        end
    }

    /// `None` where the cache cannot do it: recurrent models cannot go back to the middle of a sequence.
    fn arrange(&mut self, stretches: &[ReusedSpan], end: usize) -> Option<()> {
        for ReusedSpan { from, to, length } in stretches {
            if from == to {
                continue;
            }
            let (begin, behind) = (Some(position(*from)), Some(position(from + length)));
            let back = i32::try_from(from - to).ok()?;
            self.context
                .kv_cache_seq_rm(0, Some(position(*to)), begin)
                .ok()?;
            self.context
                .kv_cache_seq_add(0, begin, behind, -back)
                .ok()?;
        }
        self.context
            .kv_cache_seq_rm(0, Some(position(end)), None)
            .ok()
    }

    /// Lets what is aside begin with what the conversation has in common with `prompt`: the cells are shared, not copied.
    fn share(&mut self, prompt: &[LlamaToken]) -> usize {
        self.forget_aside();
        let shared = self.shared(prompt);
        let end = Some(position(shared));
        if shared == 0 || self.context.copy_kv_cache_seq(0, 1, Some(0), end).is_err() {
            return 0;
        }
        self.aside.extend(prompt.iter().take(shared));
        shared
    }

    fn shared(&self, prompt: &[LlamaToken]) -> usize {
        // Where nothing can be moved, a sequence can only be copied whole.
        if !self.movable {
            return 0;
        }
        let common = kept(&self.conversation, prompt, false);
        common.first().map_or(0, |stretch| stretch.length)
    }
}

/// llama.cpp aborts where a cache that cannot be shifted is: those of recurrent models, of positions in several dimensions, and of
/// two architectures of their own (`get_can_shift` in its sources; this binding does not show it).
fn is_movable(model: &LlamaModel) -> bool {
    let flat = !matches!(
        model.rope_type(),
        Some(RopeType::MRope | RopeType::IMRope | RopeType::Vision)
    );
    let architecture = model.meta_val_str("general.architecture");
    let known = !matches!(architecture.as_deref(), Err(_) | Ok("step35" | "deepseek4"));
    flat && known && !model.is_recurrent() && !model.is_hybrid()
}

fn position(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
