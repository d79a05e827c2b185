//! The KV cache: what it holds of each conversation, and of what is written aside.
//!
//! Each conversation has a sequence of its own, until others need its cells; a prompt finds its conversation by what they have in common.
//! Invariants: the token lists always name exactly what the cache holds, so that no common prefix of two prompts is computed twice, and
//! instructions that several begin with lie there once; after a failed batch, of which llama.cpp may have kept a part, everything of its
//! sequences is given up; a sequence that somebody writes in is touched by nobody else.

use std::path::Path;

use jane_worker::Failure;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::{LlamaModel, RopeType};
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{DecodeError, LlamaStateSeqFlags};

use crate::kv_reuse::{ReusedSpan, kept, matching};
use crate::load::{ASIDES, CONVERSATIONS};
use crate::threads;

/// Of what a sequence holds of its conversation alone, so much has to be kept by a prompt that goes on with it, in hundredths. A turn that
/// is heard anew differs at its end, and a history that was cut keeps its newer half.
const SAME: usize = 40;

/// A sequence of llama.cpp's, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(usize);

impl Sequence {
    fn number(self) -> i32 {
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }
}

/// What a sequence holds.
#[derive(Default)]
struct Held {
    tokens: Vec<LlamaToken>,
    /// Those of its conversation. What was computed behind others knows them, and is not moved behind these.
    instructions: String,
    /// Somebody writes in it, and may come to so many tokens.
    reserved: Option<usize>,
    /// When it was last written in; counts the claims.
    claimed: u64,
}

/// Tokens for the end of a sequence.
pub struct Part<'a> {
    pub sequence: Sequence,
    pub tokens: &'a [LlamaToken],
    /// Whether the logits of the last one are needed.
    pub logits: bool,
}

/// A prompt that wants a sequence.
pub struct Claim<'a> {
    pub prompt: &'a [LlamaToken],
    /// Tokens of prompt and reply at most.
    pub need: usize,
}

/// What a claim waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Somebody writes where it would.
    Turn,
    /// There is no room beside those who write.
    Room,
}

pub struct Cache {
    pub context: LlamaContext<'static>,
    /// The conversations, and behind them what is written aside.
    held: Vec<Held>,
    conversations: usize,
    /// Whether what was computed for one place can be moved to another.
    movable: bool,
    claims: u64,
}

impl Cache {
    pub fn new(model: &LlamaModel, context: LlamaContext<'static>) -> Self {
        let movable = is_movable(model);
        let several = |most: u32| if movable { most as usize } else { 1 };
        let (conversations, asides) = (several(CONVERSATIONS), several(ASIDES));
        let mut held = Vec::new();
        held.resize_with(conversations + asides, Held::default);
        Self {
            context,
            held,
            conversations,
            movable,
            claims: 0,
        }
    }

    /// Tokens that the sequences may have together.
    pub fn window(&self) -> u32 {
        self.context.n_ctx()
    }

    /// Tokens that prompt and reply of something aside may have: what those leave in whose sequences somebody writes, and the
    /// conversation that was last, beside the beginning that it has in common with them.
    pub fn room_aside(&self, prompt: &[LlamaToken]) -> u32 {
        let last = self.last_conversation();
        let taken = self.held.iter().enumerate();
        let taken = taken.filter(|(place, held)| held.reserved.is_some() || last == Some(*place));
        let taken: usize = taken.map(|(_, held)| self.cost(held, prompt)).sum();
        self.window().saturating_sub(position(taken))
    }

    /// Whether somebody writes.
    pub fn is_busy(&self) -> bool {
        self.held.iter().any(|held| held.reserved.is_some())
    }

    /// The sequence in which a conversation goes on, or begins, behind these `instructions`, of which `common` tokens are the beginning of
    /// the prompt; and how many tokens of the prompt it holds.
    ///
    /// # Errors
    /// Where that has to wait, and for what.
    pub fn claim(
        &mut self,
        claim: &Claim<'_>,
        instructions: &str,
        common: usize,
    ) -> Result<(Sequence, usize), Wait> {
        let place = self.place(claim.prompt, instructions, common);
        let (sequence, goes_on) = place.ok_or(Wait::Turn)?;
        if !self.has_room(claim, None) {
            return Err(Wait::Room);
        }
        let moved =
            self.at(sequence).instructions == instructions && self.may_move(sequence, claim.prompt);
        let found = match goes_on {
            true => self.keep(sequence, claim.prompt, moved),
            false => self.share(sequence, claim.prompt),
        };
        instructions.clone_into(&mut self.at(sequence).instructions);
        self.reserve(sequence, claim);
        Ok((sequence, found))
    }

    /// The same for something that is written aside, and forgotten at its end.
    ///
    /// # Errors
    /// As [`Cache::claim`].
    pub fn claim_aside(&mut self, claim: &Claim<'_>) -> Result<(Sequence, usize), Wait> {
        let asides = self.held.get(self.conversations..).unwrap_or_default();
        let free = asides.iter().position(|held| held.reserved.is_none());
        let free = free.ok_or(Wait::Turn)?;
        if !self.movable && self.is_busy() || !self.has_room(claim, self.last_conversation()) {
            return Err(Wait::Room);
        }
        let sequence = Sequence(self.conversations + free);
        let found = self.share(sequence, claim.prompt);
        self.reserve(sequence, claim);
        Ok((sequence, found))
    }

    /// Nobody writes in it any more.
    pub fn release(&mut self, sequence: Sequence) {
        self.at(sequence).reserved = None;
        if sequence.0 >= self.conversations {
            self.remove(sequence);
        }
    }

    /// Computes tokens at the ends of sequences, all in one batch, with at most so many threads. Returns for each part the place of its
    /// last token in the batch.
    ///
    /// # Errors
    /// Where llama.cpp fails; the sequences are empty then.
    pub fn compute(&mut self, parts: &[Part<'_>], threads: u32) -> Result<Vec<i32>, Failure> {
        let count = parts.iter().map(|part| part.tokens.len()).sum();
        let mut batch = LlamaBatch::new(count, 1);
        let mut places = Vec::with_capacity(parts.len());
        for part in parts {
            let begin = self.at(part.sequence).tokens.len();
            for (number, token) in part.tokens.iter().enumerate() {
                let place = i32::try_from(begin + number).unwrap_or(i32::MAX);
                let last = number + 1 == part.tokens.len();
                batch
                    .add(
                        *token,
                        place,
                        &[part.sequence.number()],
                        part.logits && last,
                    )
                    .map_err(|error| Failure::Engine {
                        message: error.to_string(),
                    })?;
            }
            places.push(batch.n_tokens() - 1);
        }
        let mut decode = |context: &mut LlamaContext<'static>| {
            let mut decoded = Ok(());
            threads::at_most(threads, &mut || decoded = context.decode(&mut batch));
            decoded
        };
        let mut result = decode(&mut self.context);
        if result == Err(DecodeError::NoKvCacheSlot) {
            self.remove_idle();
            result = decode(&mut self.context);
        }
        if let Err(error) = result {
            for part in parts {
                self.remove(part.sequence);
            }
            return Err(Failure::Engine {
                message: format!("llama.cpp cannot compute a batch: {error}"),
            });
        }
        for part in parts {
            self.at(part.sequence).tokens.extend_from_slice(part.tokens);
        }
        Ok(places)
    }

    /// Whether nothing was computed yet that another run may have kept.
    pub fn is_fresh(&self) -> bool {
        self.movable && self.held.iter().all(|held| held.tokens.is_empty())
    }

    /// Whether several conversations can be held at a time.
    pub fn keeps_several(&self) -> bool {
        self.movable
    }

    /// Whether a sequence begins with all of `prompt`.
    pub fn holds(&self, prompt: &[LlamaToken]) -> bool {
        self.held.iter().any(|held| held.tokens.starts_with(prompt))
    }

    /// Takes what [`Cache::save`] wrote for exactly `prompt` into `sequence`; whether it could. Otherwise the sequence is empty.
    pub fn restore(&mut self, sequence: Sequence, file: &Path, prompt: &[LlamaToken]) -> bool {
        self.remove(sequence);
        let number = sequence.number();
        match self.context.state_seq_load_file(file, number, prompt.len()) {
            Ok((tokens, _)) if tokens == prompt => {
                self.at(sequence).tokens = tokens;
                true
            }
            _ => {
                self.remove(sequence);
                false
            }
        }
    }

    /// Writes what is computed of `sequence` to `file`, unless it is larger than `most` bytes; whether it did.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self, sequence: Sequence, file: &Path, most: usize) -> Result<bool, String> {
        let flags = LlamaStateSeqFlags::empty();
        let number = sequence.number();
        if self.context.state_seq_get_size_ext(number, flags) > most {
            return Ok(false);
        }
        let tokens = self.held.get(sequence.0).map(|held| &held.tokens);
        let tokens = tokens.map(Vec::as_slice).unwrap_or_default();
        let saved = self.context.state_seq_save_file(file, number, tokens);
        saved.map(|_| true).map_err(|error| error.to_string())
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "sequences are made here alone, from places that there are"
    )]
    fn at(&mut self, sequence: Sequence) -> &mut Held {
        &mut self.held[sequence.0]
    }

    /// Where a conversation goes on, which is told, or begins. `None` where somebody writes there.
    fn place(
        &self,
        prompt: &[LlamaToken],
        instructions: &str,
        common: usize,
    ) -> Option<(Sequence, bool)> {
        let conversations = || self.held.iter().take(self.conversations).enumerate();
        if !self.movable {
            // There is one, and nothing is written beside it.
            return (!self.is_busy()).then_some((Sequence(0), true));
        }
        let own = |held: &Held| {
            let shared = matching(&held.tokens, prompt).min(common);
            let moved = held.instructions == instructions;
            let spans = kept(&held.tokens, prompt, moved);
            let kept: usize = spans.iter().map(|span| span.length).sum();
            (
                kept.saturating_sub(shared),
                held.tokens.len().saturating_sub(shared),
            )
        };
        let goes_on = conversations()
            .map(|(place, held)| (place, own(held)))
            .filter(|(_, (kept, own))| *kept > 0 && kept * 100 >= own * SAME)
            .max_by_key(|(_, (kept, _))| *kept);
        if let Some((place, _)) = goes_on {
            let is_free = self.held.get(place)?.reserved.is_none();
            return is_free.then_some((Sequence(place), true));
        }
        let idle = || conversations().filter(|(_, held)| held.reserved.is_none());
        // One that holds nothing but the instructions is taken first.
        let is_new = |held: &Held| !held.tokens.is_empty() && own(held).1 == 0;
        let new = idle().find(|(_, held)| is_new(held));
        if let Some((place, _)) = new {
            return Some((Sequence(place), true));
        }
        let empty = idle().find(|(_, held)| held.tokens.is_empty());
        let oldest = || idle().min_by_key(|(_, held)| held.claimed);
        let (place, _) = empty.or_else(oldest)?;
        Some((Sequence(place), false))
    }

    /// The conversation that was last.
    fn last_conversation(&self) -> Option<usize> {
        let conversations = self.held.iter().take(self.conversations).enumerate();
        let last = conversations.max_by_key(|(_, held)| held.claimed);
        last.map(|(place, _)| place)
    }

    /// Tokens that a sequence takes, or may come to take, beside what it has in common with `prompt`.
    fn cost(&self, held: &Held, prompt: &[LlamaToken]) -> usize {
        let shared = match self.movable {
            true => matching(&held.tokens, prompt),
            false => 0,
        };
        let most = held.reserved.unwrap_or(0).max(held.tokens.len());
        most - shared
    }

    /// Whether a claim has room beside those in whose sequences somebody writes, and the one at `beside`. Where nobody writes it has: the
    /// others go.
    fn has_room(&self, claim: &Claim<'_>, beside: Option<usize>) -> bool {
        if !self.is_busy() {
            return true;
        }
        let taken = self.held.iter().enumerate();
        let taken = taken.filter(|(place, held)| held.reserved.is_some() || beside == Some(*place));
        let taken: usize = taken.map(|(_, held)| self.cost(held, claim.prompt)).sum();
        taken + claim.need <= self.window() as usize
    }

    /// Whether what `sequence` holds behind the beginning of `prompt` can be moved: cells that another sequence shares would move for it too.
    fn may_move(&self, sequence: Sequence, prompt: &[LlamaToken]) -> bool {
        let Some(held) = self.held.get(sequence.0).filter(|_| self.movable) else {
            return false;
        };
        let stays = matching(&held.tokens, prompt);
        let others = self.held.iter().enumerate();
        let mut others = others.filter(|(place, _)| *place != sequence.0);
        others.all(|(_, other)| matching(&other.tokens, &held.tokens) <= stays)
    }

    /// Marks that somebody writes in `sequence`. Others in which nobody does go where there is no room, the oldest first.
    fn reserve(&mut self, sequence: Sequence, claim: &Claim<'_>) {
        self.claims += 1;
        let claims = self.claims;
        let held = self.at(sequence);
        held.reserved = Some(claim.need);
        held.claimed = claims;
        loop {
            let others = self.held.iter().enumerate();
            let others = others.filter(|(place, _)| *place != sequence.0);
            let taken: usize = others
                .clone()
                .map(|(_, held)| self.cost(held, claim.prompt))
                .sum();
            if taken + claim.need <= self.window() as usize {
                return;
            }
            let idle =
                others.filter(|(_, held)| held.reserved.is_none() && !held.tokens.is_empty());
            let Some((oldest, _)) = idle.min_by_key(|(_, held)| held.claimed) else {
                return;
            };
            self.remove(Sequence(oldest));
        }
    }

    /// Empties the sequences in which nobody writes.
    fn remove_idle(&mut self) {
        for place in 0..self.held.len() {
            if self
                .held
                .get(place)
                .is_some_and(|held| held.reserved.is_none())
            {
                self.remove(Sequence(place));
            }
        }
    }

    /// Empties a sequence.
    fn remove(&mut self, sequence: Sequence) {
        self.at(sequence).tokens.clear();
        let number = sequence.number();
        if self.context.kv_cache_seq_rm(number, None, None).is_err() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.context.clear_kv_cache();
        self.held.iter_mut().for_each(|held| held.tokens.clear());
    }

    /// Makes `sequence` hold as much of `prompt` as it has; returns how many tokens that is.
    pub fn keep(&mut self, sequence: Sequence, prompt: &[LlamaToken], moved: bool) -> usize {
        let stretches = kept(&self.at(sequence).tokens, prompt, moved);
        let end = stretches.last().map_or(0, |last| last.to + last.length);
        if !self.is_whole(sequence) || self.arrange(sequence, &stretches, end).is_none() {
            self.remove(sequence);
            return 0;
        }
        self.at(sequence).tokens = prompt.iter().take(end).copied().collect();
        end
    }

    /// A model with a sliding window may have given up the beginning for newer tokens.
    fn is_whole(&self, sequence: Sequence) -> bool {
        !self.movable || self.context.kv_cache_seq_pos_min(sequence.number()) <= 0
    }

    /// `None` where the cache cannot do it: recurrent models cannot go back to the middle of a sequence.
    fn arrange(&mut self, sequence: Sequence, stretches: &[ReusedSpan], end: usize) -> Option<()> {
        let number = sequence.number();
        for ReusedSpan { from, to, length } in stretches {
            if from == to {
                continue;
            }
            let (begin, behind) = (Some(position(*from)), Some(position(from + length)));
            let back = i32::try_from(from - to).ok()?;
            self.context
                .kv_cache_seq_rm(number, Some(position(*to)), begin)
                .ok()?;
            self.context
                .kv_cache_seq_add(number, begin, behind, -back)
                .ok()?;
        }
        self.context
            .kv_cache_seq_rm(number, Some(position(end)), None)
            .ok()
    }

    /// Lets `sequence`, in the place of what it held, begin with what another one has most in common with `prompt`: the cells are shared,
    /// not copied. Returns how many tokens that is.
    fn share(&mut self, sequence: Sequence, prompt: &[LlamaToken]) -> usize {
        self.remove(sequence);
        // Where nothing can be moved, a sequence can only be copied whole.
        if !self.movable {
            return 0;
        }
        let shared = |held: &Held| {
            let common = kept(&held.tokens, prompt, false);
            common.first().map_or(0, |stretch| stretch.length)
        };
        let found = self.held.iter().map(shared).enumerate();
        let Some((place, shared)) = found.max_by_key(|(_, shared)| *shared) else {
            return 0;
        };
        let from = Sequence(place);
        let end = Some(position(shared));
        if shared == 0
            || !self.is_whole(from)
            || self
                .context
                .copy_kv_cache_seq(from.number(), sequence.number(), Some(0), end)
                .is_err()
        {
            return 0;
        }
        self.at(sequence).tokens = prompt.iter().take(shared).copied().collect();
        shared
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
