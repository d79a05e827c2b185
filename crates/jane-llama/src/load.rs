//! Loads a model and makes its context.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jane_core::KvCache;
use jane_core::Placement;
use jane_files::gguf::Head;
use jane_worker::{Failure, all_cores};
use llama_cpp_2::LlamaModelLoadError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

/// Tokens of a prompt that are computed between two looks at the cancellation. llama.cpp has no abort callback here.
pub const BATCH: u32 = 64;

/// Conversations that keep a place in the KV cache at a time.
pub const CONVERSATIONS: u32 = 8;

/// What may be written aside at a time.
pub const ASIDES: u32 = 2;

/// All of them.
pub const SEQUENCES: u32 = CONVERSATIONS + ASIDES;

/// The share of a file after whose loading the memory of what is mapped of it is given back.
const GIVE_BACK_EVERY: f32 = 0.1;

/// The sequences of a model. One that cannot go back within a sequence has a state for each in place of cells, and gets no more than one
/// conversation and something aside.
fn sequences(model: &LlamaModel) -> u32 {
    match model.is_recurrent() || model.is_hybrid() {
        true => 2,
        false => SEQUENCES,
    }
}

/// Why llama.cpp refused the file at `path`, as far as that can be known. It says it in the log alone.
fn reason(path: &str, error: &LlamaModelLoadError) -> String {
    match (Head::of(Path::new(path)), error) {
        (Err(error), _) => error.to_string(),
        (Ok(head), LlamaModelLoadError::NullResult) => {
            let architecture = head.text("general.architecture").unwrap_or("unknown");
            format!(
                "the file is whole, and {} refuses it (architecture `{architecture}`); the log says why",
                crate::ENGINE
            )
        }
        (Ok(_), error) => error.to_string(),
    }
}

/// Gives back the memory of what is mapped of the file at `path` from time to time while it is loaded, so that it is never there as a whole beside
/// what is made of it. Never stops the loading.
fn giving_back(path: &str) -> impl FnMut(f32) -> bool + 'static {
    let path = PathBuf::from(path);
    let mut next = GIVE_BACK_EVERY;
    move |done| {
        if done >= next {
            crate::mapped::give_back(&path);
            next = done + GIVE_BACK_EVERY;
        }
        true
    }
}

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
    let parameters = LlamaModelParams::default()
        .with_n_gpu_layers(placement.gpu_layers)
        .with_progress_callback(giving_back(path));
    let model = LlamaModel::load_from_file(&backend, path, &parameters)
        .map_err(|error| broken(&reason(path, &error)))?;
    crate::mapped::give_back(Path::new(path));
    // The context borrows the model, and both live until the process ends: a worker loads one model in its life.
    let model: &'static LlamaModel = Box::leak(Box::new(model));
    let window = placement.context_window.min(model.n_ctx_train());
    let threads = match threads {
        0 => all_cores(),
        threads => threads,
    };
    let threads = i32::try_from(threads).unwrap_or(1);
    // Flash attention, which alone reads a quantised cache of values, is llama.cpp's to choose: it takes it where it can, and
    // fails where it cannot and the cache is quantised.
    let kind = match placement.kv_cache {
        KvCache::F16 => KvCacheType::F16,
        KvCache::Q8 => KvCacheType::Q8_0,
        KvCache::Q4 => KvCacheType::Q4_0,
    };
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(window))
        .with_n_batch(BATCH)
        .with_n_ubatch(BATCH)
        .with_n_seq_max(sequences(model))
        // All sequences share the cells, and the common beginning lies in them once.
        .with_kv_unified(true)
        .with_type_k(kind)
        .with_type_v(kind)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let context = model
        .new_context(&backend, parameters)
        .map_err(|error| Failure::Engine {
            message: format!("no memory for a context of {window} tokens: {error}"),
        })?;
    Ok((model, context))
}
