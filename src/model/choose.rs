//! Which language model of the catalogue suits a machine.
//!
//! Writing is bound by reading the weights once for each token, so that the speed follows from their size and from how many bytes of
//! weights the machine gets through in a second.

use super::catalogue::Entry;
use super::{ModelKind, ModelState, ModelStore};

/// Tokens a second that a model has to write: with fewer, the first words take more than two seconds (some 30 tokens to read, four
/// times as fast, and 8 to write), and the voice, which needs 3 to 4 a second, may run dry.
pub const LEAST_TOKENS_PER_SECOND: f64 = 8.0;

/// Memory beside the weights: the cache of a window of 4,096 tokens and what is computed with, in bytes and as a share of the weights.
const BESIDE: u64 = 150 << 20;
const BESIDE_PERCENT: u64 = 12;

/// What a choice depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// Bytes of weights that its cores get through in a second.
    pub bytes_per_second: f64,
    /// Bytes that a language model may take in system memory, and on a graphics processor; 0 where there is none.
    pub system: u64,
    pub video: u64,
}

/// A language model that may be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub name: String,
    /// Bytes of its weights.
    pub size: u64,
    pub licence: String,
    /// Bytes that it takes in memory, about.
    pub memory: u64,
    /// Whether it lies on the graphics processor.
    pub on_device: bool,
    /// What it is expected to write; `None` on a graphics processor, where it is more than enough.
    pub tokens_per_second: Option<f64>,
    pub is_installed: bool,
    /// Why it is not suited, where it is not.
    pub against: Option<String>,
}

impl ModelStore {
    /// The models that may be chosen, those with the best answers first.
    pub fn candidates(&self, capacity: &Capacity) -> Vec<Candidate> {
        let entries = self.catalogue.entries();
        let mut ranked: Vec<(u32, Candidate)> = entries
            .filter(|(_, entry)| entry.kind == ModelKind::Llm)
            .filter_map(|(name, entry)| {
                let state = self.status(name).map(|status| status.state);
                let is_installed =
                    matches!(state, Some(ModelState::Installed | ModelState::Outdated));
                Some((entry.rank?, candidate(name, entry, capacity, is_installed)?))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        ranked.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// The one of `candidates` to use: the best that is suited and installed, else the best that is suited, else the smallest.
    pub fn chosen<'a>(&self, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
        let suited = || candidates.iter().filter(|one| one.against.is_none());
        suited()
            .find(|candidate| candidate.is_installed)
            .or_else(|| suited().next())
            .or_else(|| candidates.iter().min_by_key(|candidate| candidate.size))
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn candidate(
    name: &str,
    entry: &Entry,
    capacity: &Capacity,
    is_installed: bool,
) -> Option<Candidate> {
    let size = entry.size()?;
    let memory = size
        .saturating_add(size / 100 * BESIDE_PERCENT)
        .saturating_add(BESIDE);
    let on_device = memory <= capacity.video;
    let tokens_per_second = (!on_device).then(|| capacity.bytes_per_second / size as f64);
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let against = if !on_device && memory > capacity.system {
        Some(format!(
            "takes about {} MB of memory, and a language model may have {}",
            megabytes(memory),
            megabytes(capacity.system.max(capacity.video))
        ))
    } else {
        tokens_per_second
            .filter(|speed| *speed < LEAST_TOKENS_PER_SECOND)
            .map(|speed| format!("writes about {speed:.1} tokens a second here, and {LEAST_TOKENS_PER_SECOND:.0} are needed"))
    };
    Some(Candidate {
        name: name.to_owned(),
        size,
        licence: entry.licence.clone(),
        memory,
        on_device,
        tokens_per_second,
        is_installed,
        against,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIGABYTE: u64 = 1_000_000_000;

    fn best(capacity: &Capacity) -> String {
        let directory = tempfile::tempdir().unwrap();
        let store = ModelStore::open(directory.path()).unwrap();
        let candidates = store.candidates(capacity);
        store.chosen(&candidates).unwrap().name.clone()
    }

    #[test]
    fn two_cores_get_the_best_that_is_fast_enough_and_eight_gigabytes_of_video_memory_seven_billion_weights()
     {
        let cores = Capacity {
            bytes_per_second: 12e9,
            system: 2 * GIGABYTE,
            video: 0,
        };
        assert!(best(&cores).contains("1.5b"), "{}", best(&cores));
        let slow = Capacity {
            bytes_per_second: 2e9,
            ..cores
        };
        assert_eq!(best(&slow), "smollm2-135m-instruct");
        let small = Capacity {
            system: GIGABYTE / 2,
            ..cores
        };
        assert_eq!(best(&small), "smollm2-135m-instruct");
        let device = Capacity {
            video: 8 * GIGABYTE,
            ..cores
        };
        assert!(best(&device).contains("7b"), "{}", best(&device));
    }

    #[test]
    fn where_none_is_suited_it_is_the_smallest() {
        let nothing = Capacity {
            bytes_per_second: 0.0,
            system: 0,
            video: 0,
        };
        assert_eq!(best(&nothing), "smollm2-135m-instruct");
    }

    #[test]
    fn what_stands_against_a_model_is_said_with_figures() {
        let directory = tempfile::tempdir().unwrap();
        let store = ModelStore::open(directory.path()).unwrap();
        let capacity = Capacity {
            bytes_per_second: 12e9,
            system: 2 * GIGABYTE,
            video: 0,
        };
        let candidates = store.candidates(&capacity);
        let seven = candidates
            .iter()
            .find(|candidate| candidate.name == "qwen2.5-7b-instruct")
            .unwrap();
        let against = seven.against.as_deref().unwrap();
        assert!(against.contains("MB of memory"), "{against}");
    }
}
