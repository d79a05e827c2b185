//! What was computed of the instructions, kept on disk for the next run: it reads them in a millisecond or two in place of computing
//! them. That is seconds where many tools are described to a large model.

use std::path::{Path, PathBuf};

use jane_core::Placement;
use jane_files::gguf::parts_of;
use jane_files::{Artifact, file_state};
use llama_cpp_2::token::LlamaToken;

use crate::cache::{Cache, Sequence};

/// How the files end that hold what conversations begin with, and what calls do.
pub const CONVERSATION: &str = ".prefix.kv";
pub const CALLS: &str = ".calls.kv";

/// Bytes of the largest file that is kept.
const LARGEST: usize = 256 << 20;

/// Where the instructions of one model in one placement are kept.
pub struct PromptCache {
    model: PathBuf,
    directory: PathBuf,
    /// What changes the numbers in the cache apart from the tokens.
    placement: String,
}

impl PromptCache {
    /// `None` where there is no `cache` directory.
    pub fn of(model: &str, cache: &str, placement: &Placement) -> Option<Self> {
        (!cache.is_empty()).then(|| Self {
            model: model.into(),
            directory: cache.into(),
            placement: format!(
                "{:?} {}{}",
                placement.kv_cache,
                crate::ENGINE,
                others(model)
            ),
        })
    }

    /// Where what is computed of `prompt` is kept, in a file that ends so. Of each ending there is one.
    pub fn kept(&self, prompt: &[LlamaToken], ending: &'static str) -> Option<Artifact> {
        let tokens: Vec<u8> = prompt
            .iter()
            .flat_map(|token| token.0.to_le_bytes())
            .collect();
        let holds_for = [self.placement.as_bytes(), &tokens];
        Artifact::of(&self.model, &self.directory, &holds_for, ending)
    }
}

/// The states of the files beside the first of a model in several.
fn others(model: &str) -> String {
    let parts = parts_of(Path::new(model)).into_iter().skip(1);
    let states = parts.filter_map(|part| file_state(&part));
    states.map(|state| format!(", {state}")).collect()
}

/// Reads what was kept of exactly `prompt` into `sequence`, in the place of what it holds; whether it could. Otherwise it is empty, or as it was.
pub fn restore(
    cache: &mut Cache,
    sequence: Sequence,
    kept: &Artifact,
    prompt: &[LlamaToken],
) -> bool {
    if !kept.path().exists() {
        return false;
    }
    let is_restored = kept.is_sealed() && cache.restore(sequence, kept.path(), prompt);
    if is_restored {
        eprintln!("the instructions are read back: {} tokens", prompt.len());
    } else {
        eprintln!("what was kept of the instructions is not usable and is computed again");
    }
    is_restored
}

/// Keeps what `cache` holds in `sequence`. Where that fails, the next run computes it again.
pub fn keep(cache: &Cache, sequence: Sequence, kept: &Artifact) {
    let unfinished = kept.unfinished();
    match cache.save(sequence, &unfinished, LARGEST) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::warn!(%error, "the instructions are not kept");
            return;
        }
    }
    // llama.cpp aborts where such a file is cut off, and believes whatever else is in it.
    if let Err(error) = kept.seal().and_then(|()| kept.finish()) {
        tracing::warn!(%error, "the instructions are not kept");
    }
}
