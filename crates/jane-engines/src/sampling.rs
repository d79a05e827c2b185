//! What a wish for one reply changes of the options that a local model is given.

use jane_core::Sampling;
use jane_worker::{LlamaOptions, LlamaPlace};

/// Tokens of a reply at most that is to be a call, where nothing else is wished: one that is cut off is none.
const CALL_TOKENS: u32 = 512;

/// Changes `options` as `sampling` wishes.
#[expect(
    clippy::cast_possible_truncation,
    reason = "sampling options are small numbers; the engine takes f32"
)]
pub(super) fn apply(sampling: Sampling, options: &mut LlamaOptions) {
    if let Some(most) = sampling.max_tokens {
        options.max_tokens = most;
    }
    if let Some(temperature) = sampling.temperature {
        options.temperature = temperature as f32;
    }
    if let Some(top_p) = sampling.top_p {
        options.top_p = top_p as f32;
    }
    if let Some(seed) = sampling.seed {
        options.seed = seed;
    }
    if !sampling.stop.is_empty() {
        options.stop = sampling.stop;
    }
    if sampling.must_call {
        options.must_call = true;
        options.place = LlamaPlace::Aside;
        options.max_tokens = sampling.max_tokens.unwrap_or(CALL_TOKENS);
        // What is called repeats words that were said.
        options.repeat_penalty = 1.0;
    }
}
