//! Chooses a token from the logits: the likeliest ones of the vocabulary, and among them llama.cpp's chain of samplers, by the options
//! of `jane.toml`.

use jane_worker::LlamaOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

/// Tokens back that the repetition penalty looks at (llama.cpp's own default).
const PENALTY_WINDOW: i32 = 64;

/// Logits that are looked at together for whether any is likely enough.
const TOGETHER: usize = 64;

pub struct Sampler {
    chain: LlamaSampler,
    /// How many of the likeliest tokens the chain is shown; `None` for all.
    likeliest: Option<usize>,
}

impl Sampler {
    pub fn new(options: &LlamaOptions, model: &LlamaModel) -> Self {
        Self::of_vocabulary(options, model.vocab().n_tokens())
    }

    fn of_vocabulary(options: &LlamaOptions, tokens: i32) -> Self {
        Self {
            chain: chain(options, tokens),
            likeliest: survivors(options),
        }
    }

    /// The choice among all tokens, from the logits of the token at `place` in the batch that `context` computed last.
    pub fn choose(&mut self, context: &LlamaContext<'_>, place: i32) -> LlamaToken {
        match self.choose_among(context.get_logits_ith(place), |_| true) {
            Some(token) => token,
            None => self.chain.sample(context, place),
        }
    }

    /// The choice among the tokens that are `kept`; `None` where there are none.
    pub fn choose_among(
        &mut self,
        logits: &[f32],
        kept: impl Fn(LlamaToken) -> bool,
    ) -> Option<LlamaToken> {
        let token = self.candidates(logits, kept).selected_token()?;
        self.chain.accept(token);
        Some(token)
    }

    /// What the chain leaves of the tokens that are `kept`, and which of it it selects.
    fn candidates(
        &mut self,
        logits: &[f32],
        kept: impl Fn(LlamaToken) -> bool,
    ) -> LlamaTokenDataArray {
        let most = self.likeliest.unwrap_or(logits.len());
        let mut candidates = LlamaTokenDataArray::new(likeliest(logits, most, kept), false);
        if !candidates.data.is_empty() {
            self.chain.apply(&mut candidates);
        }
        candidates
    }
}

/// The `most` likeliest of the tokens that are `kept`, in any order; of equally likely ones the first. To show the chain all 49,152
/// tokens of SmolLM2 takes 3 % of the time of a token of its 135M, and to look each up among the repeated ones another 2 %.
fn likeliest(
    logits: &[f32],
    most: usize,
    kept: impl Fn(LlamaToken) -> bool,
) -> Vec<LlamaTokenData> {
    let by_likelihood = |a: &LlamaTokenData, b: &LlamaTokenData| {
        let by_token = a.id().0.cmp(&b.id().0);
        b.logit().total_cmp(&a.logit()).then(by_token)
    };
    let shorten = |found: &mut Vec<LlamaTokenData>| {
        found.select_nth_unstable_by(most - 1, by_likelihood);
        found.truncate(most);
    };
    let mut found = Vec::new();
    // The logit that another one must exceed.
    let mut least = f32::NEG_INFINITY;
    for (logits, first) in logits.chunks(TOGETHER).zip((0..).step_by(TOGETHER)) {
        // Without a branch for each, so that the compiler compares many at once.
        let any_exceeds = |any, logit: &f32| any | (*logit > least);
        if !logits.iter().fold(false, any_exceeds) {
            continue;
        }
        for (logit, token) in logits.iter().zip((first..).map(LlamaToken)) {
            // What is no number exceeds nothing.
            let exceeds = *logit > least;
            if !exceeds || !kept(token) {
                continue;
            }
            found.push(LlamaTokenData::new(token, *logit, 0.0));
            if found.len() == most.saturating_mul(2) {
                shorten(&mut found);
                least = found.last().map_or(least, LlamaTokenData::logit);
            }
        }
    }
    if found.len() > most {
        shorten(&mut found);
    }
    found
}

/// How many of the likeliest tokens hold everything that can be chosen; `None` for all. Penalties make tokens less likely and concern
/// [`PENALTY_WINDOW`] of them at most, so what is among the first `n` with them was among the first `n` and that many without.
fn survivors(options: &LlamaOptions) -> Option<usize> {
    let chosen_from = match options.top_k {
        _ if options.temperature <= 0.0 => 1,
        0 => return None,
        top_k => usize::try_from(top_k).ok()?,
    };
    let penalised = if options.repeat_penalty > 1.0 {
        usize::try_from(PENALTY_WINDOW).ok()?
    } else {
        0
    };
    chosen_from.checked_add(penalised)
}

/// In llama.cpp's own order: penalties, top-k, top-p, min-p, temperature, choice.
fn chain(options: &LlamaOptions, tokens: i32) -> LlamaSampler {
    let mut samplers = Vec::new();
    if options.repeat_penalty > 1.0 {
        samplers.push(LlamaSampler::penalties(
            tokens,
            PENALTY_WINDOW,
            options.repeat_penalty,
            0.0,
            0.0,
        ));
    }
    if options.temperature <= 0.0 {
        samplers.push(LlamaSampler::greedy());
        return LlamaSampler::chain_simple(samplers);
    }
    if options.top_k > 0 {
        samplers.push(LlamaSampler::top_k(
            i32::try_from(options.top_k).unwrap_or(i32::MAX),
        ));
    }
    samplers.push(LlamaSampler::top_p(options.top_p, 1));
    samplers.push(LlamaSampler::min_p(options.min_p, 1));
    samplers.push(LlamaSampler::temp(options.temperature));
    samplers.push(LlamaSampler::dist(match options.seed {
        0 => new_seed(),
        seed => seed,
    }));
    LlamaSampler::chain_simple(samplers)
}

/// A seed that differs from reply to reply: the randomly keyed hasher of the standard library.
fn new_seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let hash = RandomState::new().hash_one(0);
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKENS: usize = 300;

    fn options(temperature: f32, top_k: u32) -> LlamaOptions {
        LlamaOptions {
            dialogue: jane_core::Dialogue::default(),
            tools: Vec::new(),
            reply_so_far: String::new(),
            must_call: false,
            place: jane_worker::LlamaPlace::Conversation,
            max_tokens: 1,
            max_thinking_tokens: 0,
            temperature,
            top_k,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.3,
            seed: 7,
            stop: Vec::new(),
        }
    }

    /// What is left of `logits` to choose from after `written`, and what is chosen, by llama.cpp's samplers alone.
    fn chosen_by_chain(
        mut chain: LlamaSampler,
        logits: &[f32],
        written: &[i32],
    ) -> (Vec<i32>, i32) {
        chain.accept_many(written.iter().copied().map(LlamaToken));
        let data = logits.iter().zip((0..).map(LlamaToken));
        let data = data.map(|(logit, token)| LlamaTokenData::new(token, *logit, 0.0));
        let mut candidates = LlamaTokenDataArray::from_iter(data, false);
        chain.apply(&mut candidates);
        left_and_selected(&candidates)
    }

    fn chosen(mut sampler: Sampler, logits: &[f32], written: &[i32]) -> (Vec<i32>, i32) {
        let written = written.iter().copied().map(LlamaToken);
        sampler.chain.accept_many(written);
        left_and_selected(&sampler.candidates(logits, |_| true))
    }

    fn left_and_selected(candidates: &LlamaTokenDataArray) -> (Vec<i32>, i32) {
        let mut left: Vec<_> = candidates.data.iter().map(|token| token.id().0).collect();
        left.sort_unstable();
        (left, candidates.selected_token().unwrap().0)
    }

    proptest! {
        #[test]
        fn to_leave_out_the_unlikely_first_changes_no_choice(
            order in Just((0..TOKENS).collect::<Vec<_>>()).prop_shuffle(),
            written in proptest::collection::vec(0..i32::try_from(TOKENS).unwrap(), 0..100),
            low in -40.0_f32..0.0,
            penalty in prop_oneof![Just(1.0_f32), Just(1.3)],
        ) {
            // All different, some below zero, where the penalty multiplies.
            let logits: Vec<f32> = order.iter().map(|place| low + *place as f32 / 8.0).collect();
            for (temperature, top_k) in [(0.0, 40), (0.0, 0), (0.8, 0), (0.8, 40), (0.8, 5)] {
                let options = LlamaOptions { repeat_penalty: penalty, ..options(temperature, top_k) };
                let mut plain = vec![LlamaSampler::penalties(TOKENS as i32, PENALTY_WINDOW, penalty, 0.0, 0.0)];
                if temperature > 0.0 {
                    if top_k > 0 {
                        plain.push(LlamaSampler::top_k(top_k as i32));
                    }
                    plain.push(LlamaSampler::temp(temperature));
                    plain.push(LlamaSampler::dist(7));
                } else {
                    plain.push(LlamaSampler::greedy());
                }
                let expected = chosen_by_chain(LlamaSampler::chain_simple(plain), &logits, &written);
                let ours = chosen(Sampler::of_vocabulary(&options, TOKENS as i32), &logits, &written);
                prop_assert_eq!(ours.1, expected.1);
                if temperature > 0.0 {
                    prop_assert_eq!(ours.0, expected.0);
                }
            }
        }

        #[test]
        fn the_likeliest_are_those_that_sorting_finds(
            // Few values, so that many are equally likely.
            logits in proptest::collection::vec((-5..5_i8).prop_map(f32::from), 0..400),
            most in 1..100_usize,
            every in 1..4_i32,
        ) {
            let kept = |token: LlamaToken| token.0 % every == 0;
            let mut expected: Vec<_> = (0..).zip(&logits).filter(|(token, _)| kept(LlamaToken(*token))).collect();
            expected.sort_by(|(_, a), (_, b)| b.total_cmp(a));
            expected.truncate(most);
            let mut expected: Vec<i32> = expected.into_iter().map(|(token, _)| token).collect();
            expected.sort_unstable();
            let mut found: Vec<i32> = likeliest(&logits, most, kept).iter().map(|found| found.id().0).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn where_no_token_is_kept_none_is_chosen_and_what_is_no_number_never() {
        let mut sampler = Sampler::of_vocabulary(&options(0.0, 40), TOKENS as i32);
        let mut logits = [f32::NAN; TOKENS];
        assert_eq!(sampler.choose_among(&logits, |_| true), None);
        logits[7] = -3.0;
        assert_eq!(sampler.choose_among(&logits, |_| false), None);
        let chosen = sampler.choose_among(&logits, |_| true);
        assert_eq!(chosen, Some(LlamaToken(7)));
    }
}
