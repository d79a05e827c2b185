//! The chain of samplers that chooses each token, from the options of `jane.toml`.

use jane::backend::worker::LlamaOptions;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;

/// Tokens back that the repetition penalty looks at (llama.cpp's own default).
const PENALTY_WINDOW: i32 = 64;

/// In llama.cpp's own order: penalties, top-k, top-p, min-p, temperature, choice.
pub fn chain(options: &LlamaOptions, model: &LlamaModel) -> LlamaSampler {
    of_vocabulary(options, model.vocab().n_tokens())
}

fn of_vocabulary(options: &LlamaOptions, tokens: i32) -> LlamaSampler {
    let mut samplers = Vec::new();
    if options.repeat_penalty > 1.0 {
        if let Some(kept) = survivors(options) {
            samplers.push(LlamaSampler::top_k(kept));
        }
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

/// How many of the likeliest tokens hold everything that can be chosen after the penalties. Those make tokens less likely and concern
/// [`PENALTY_WINDOW`] of them at most, so what is among the first `n` with them was among the first `n` and that many without. To look
/// up each of 49,152 tokens among the repeated ones takes 150 µs, which is 2 % of the time of a token (SmolLM2-135M).
fn survivors(options: &LlamaOptions) -> Option<i32> {
    let chosen_from = match options.top_k {
        _ if options.temperature <= 0.0 => 1,
        0 => return None,
        top_k => i32::try_from(top_k).ok()?,
    };
    chosen_from.checked_add(PENALTY_WINDOW)
}

/// A seed that differs from reply to reply: the randomly keyed hasher of the standard library.
fn new_seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let hash = RandomState::new().hash_one(0);
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use llama_cpp_2::token::LlamaToken;
    use llama_cpp_2::token::data::LlamaTokenData;
    use llama_cpp_2::token::data_array::LlamaTokenDataArray;
    use proptest::prelude::*;

    use super::*;

    const TOKENS: usize = 300;

    fn options(temperature: f32, top_k: u32) -> LlamaOptions {
        LlamaOptions {
            messages: Vec::new(),
            tools: Vec::new(),
            reply_so_far: String::new(),
            summary: 0,
            aside: false,
            max_tokens: 1,
            temperature,
            top_k,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.3,
            seed: 7,
            stop: Vec::new(),
        }
    }

    /// What is left of `logits` to choose from, and what is chosen, after `written`.
    fn chosen(sampler: &mut LlamaSampler, logits: &[f32], written: &[i32]) -> (Vec<i32>, i32) {
        for token in written {
            sampler.accept(LlamaToken(*token));
        }
        let data = logits
            .iter()
            .zip(0..)
            .map(|(logit, token)| LlamaTokenData::new(LlamaToken(token), *logit, 0.0));
        let mut candidates = LlamaTokenDataArray::from_iter(data, false);
        sampler.apply(&mut candidates);
        let token = candidates.selected_token().unwrap().0;
        let mut left: Vec<_> = candidates.data.iter().map(|token| token.id().0).collect();
        left.sort_unstable();
        (left, token)
    }

    proptest! {
        #[test]
        fn to_leave_out_the_unlikely_first_changes_no_choice(
            order in Just((0..TOKENS).collect::<Vec<_>>()).prop_shuffle(),
            written in proptest::collection::vec(0..i32::try_from(TOKENS).unwrap(), 0..100),
            low in -40.0_f32..0.0,
        ) {
            // All different, some below zero, where the penalty multiplies.
            let logits: Vec<f32> = order.iter().map(|place| low + *place as f32 / 8.0).collect();
            for (temperature, top_k) in [(0.0, 40), (0.0, 0), (0.8, 40), (0.8, 5)] {
                let options = options(temperature, top_k);
                let mut plain = vec![LlamaSampler::penalties(TOKENS as i32, PENALTY_WINDOW, 1.3, 0.0, 0.0)];
                if temperature > 0.0 {
                    plain.push(LlamaSampler::top_k(top_k as i32));
                    plain.push(LlamaSampler::temp(temperature));
                    plain.push(LlamaSampler::dist(7));
                } else {
                    plain.push(LlamaSampler::greedy());
                }
                let expected = chosen(&mut LlamaSampler::chain_simple(plain), &logits, &written);
                let ours = chosen(&mut of_vocabulary(&options, TOKENS as i32), &logits, &written);
                prop_assert_eq!(ours.1, expected.1);
                if temperature > 0.0 {
                    prop_assert_eq!(ours.0, expected.0);
                }
            }
        }
    }
}
