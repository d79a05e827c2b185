//! The chain of samplers that chooses each token, from the options of `jane.toml`.

use jane::backend::worker::LlamaOptions;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;

/// Tokens back that the repetition penalty looks at (llama.cpp's own default).
const PENALTY_WINDOW: i32 = 64;

/// In llama.cpp's own order: penalties, top-k, top-p, min-p, temperature, choice.
pub fn chain(options: &LlamaOptions, model: &LlamaModel) -> LlamaSampler {
    let mut samplers = Vec::new();
    if options.repeat_penalty > 1.0 {
        samplers.push(LlamaSampler::penalties(
            model.vocab().n_tokens(),
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
