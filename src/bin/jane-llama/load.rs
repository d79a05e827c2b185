//! Loads a model and makes its context.

use std::num::NonZeroU32;

use jane::backend::worker::{Failure, all_cores};
use jane::config::KvCache;
use jane::memory::Placement;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

/// Tokens of a prompt that are computed between two looks at the cancellation. llama.cpp has no abort callback here.
pub const BATCH: u32 = 64;

/// The conversation, and what is written aside.
pub const SEQUENCES: u32 = 2;

/// llama.cpp's `LLAMA_FLASH_ATTN_TYPE_AUTO` and `LLAMA_FLASH_ATTN_TYPE_DISABLED`, which llama-cpp-2 takes and does not name.
const FLASH_WHERE_IT_CAN: i32 = -1;
const NO_FLASH: i32 = 0;

/// # Errors
/// Where the file is no GGUF model, or the memory does not suffice.
pub fn load(
    path: &str,
    placement: &Placement,
    threads: u32,
) -> Result<(&'static LlamaModel, LlamaContext<'static>), Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Model {
        message: format!("`{path}` is not a GGUF model that can be loaded: {error}"),
    };
    let backend = LlamaBackend::init().map_err(|error| broken(&error))?;
    let parameters = LlamaModelParams::default().with_n_gpu_layers(placement.gpu_layers);
    let model =
        LlamaModel::load_from_file(&backend, path, &parameters).map_err(|error| broken(&error))?;
    // The context borrows the model, and both live until the process ends: a worker loads one model in its life.
    let model: &'static LlamaModel = Box::leak(Box::new(model));
    let window = placement.context_window.min(model.n_ctx_train());
    let threads = match threads {
        0 => all_cores(),
        threads => threads,
    };
    let threads = i32::try_from(threads).unwrap_or(1);
    let kind = match placement.kv_cache {
        KvCache::F16 => KvCacheType::F16,
        KvCache::Q8 => KvCacheType::Q8_0,
        KvCache::Q4 => KvCacheType::Q4_0,
    };
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(window))
        .with_n_batch(BATCH)
        .with_n_ubatch(BATCH)
        .with_n_seq_max(SEQUENCES)
        // Both sequences share the cells: what is written aside takes what the conversation leaves.
        .with_kv_unified(true)
        .with_type_k(kind)
        .with_type_v(kind)
        .with_flash_attention_policy(flash_attention(placement))
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let context = model
        .new_context(&backend, parameters)
        .map_err(|error| Failure::Engine {
            message: format!("no memory for a context of {window} tokens: {error}"),
        })?;
    Ok((model, context))
}

/// On a processor attention is computed by matrix products, which ggml does faster than flash attention: behind 1,000 tokens it writes
/// 1.7 times as fast and reads a short question 3 times as fast (`benches/README.md`). On a device llama.cpp chooses; so it does where
/// the cache is quantised, because flash attention alone reads one of values, and there loading fails where it is not possible.
fn flash_attention(placement: &Placement) -> i32 {
    match placement.kv_cache {
        KvCache::F16 if placement.gpu_layers == 0 => NO_FLASH,
        KvCache::F16 | KvCache::Q8 | KvCache::Q4 => FLASH_WHERE_IT_CAN,
    }
}

/// What changes the numbers in the cache, and how they lie there, apart from the tokens.
pub fn form_of_cache(placement: &Placement) -> String {
    let flash = flash_attention(placement);
    format!("{:?} {flash} {}", placement.kv_cache, crate::ENGINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_attention_is_left_out_where_a_processor_reads_a_cache_of_16_bits() {
        let placed = |gpu_layers, kv_cache| Placement {
            gpu_layers,
            kv_cache,
            context_window: 4096,
        };
        let chosen = |gpu_layers, kv_cache| flash_attention(&placed(gpu_layers, kv_cache));
        assert_eq!(chosen(0, KvCache::F16), NO_FLASH);
        assert_eq!(chosen(0, KvCache::Q8), FLASH_WHERE_IT_CAN);
        assert_eq!(chosen(4, KvCache::F16), FLASH_WHERE_IT_CAN);
        // What is kept of one is no use to the other.
        let form = |gpu_layers| form_of_cache(&placed(gpu_layers, KvCache::F16));
        assert_ne!(form(0), form(4));
    }
}
