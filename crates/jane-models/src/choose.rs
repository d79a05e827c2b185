//! Which language model of the catalogue suits a machine.
//!
//! Writing is bound by reading the weights once for each token, so that the speed follows from their size and from how many bytes of
//! weights the machine gets through in a second.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::catalogue::Entry;
use super::{ModelKind, ModelState, ModelStore, Reach};

/// Tokens a second that a model has to write: twice what the voice speaks (3.3 a second at its own speed), so that it does not run dry.
/// The first words come within two seconds then: some 15 tokens are read, four times as fast, and 8 written.
pub const LEAST_TOKENS_PER_SECOND: f64 = 6.5;

/// The same for a model that thinks before each answer: some hundred tokens, before the first that is spoken.
const LEAST_WHERE_IT_THINKS: f64 = 60.0;

/// So many models are asked for at once.
const ASKED_AT_ONCE: usize = 8;

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
    /// The longest window that it was made for, in tokens, where that is known.
    pub context: Option<u32>,
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

    /// Whether each of `candidates` that is suited and not installed can be had, in their order; `None` for the others, which nobody
    /// would fetch.
    pub async fn reaches(&self, candidates: &[Candidate]) -> Vec<Option<Reach>> {
        // Boxed: the compiler does not find out that futures which borrow are safe to send otherwise.
        let asked: Vec<BoxFuture<'_, Option<Reach>>> = candidates
            .iter()
            .map(|candidate| self.reach_of(candidate).boxed())
            .collect();
        stream::iter(asked).buffered(ASKED_AT_ONCE).collect().await
    }

    async fn reach_of(&self, candidate: &Candidate) -> Option<Reach> {
        let is_wanted = candidate.against.is_none() && !candidate.is_installed;
        let entry = self.catalogue.get(&candidate.name);
        Some(self.clients.reach(entry.filter(|_| is_wanted)?).await)
    }
}

/// The one of `candidates` that a pull would leave in use, where `reaches` says which can be had: the best that is suited and installed or
/// within reach.
pub fn within_reach<'a>(
    candidates: &'a [Candidate],
    reaches: &[Option<Reach>],
) -> Option<&'a Candidate> {
    let mut both = candidates.iter().zip(reaches);
    let found = both.find(|(candidate, reach)| {
        let can_be_had = !matches!(reach, Some(Reach::Nowhere(_)));
        candidate.against.is_none() && can_be_had
    });
    found.map(|(candidate, _)| candidate)
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
    let read = size as f64 * entry.active.unwrap_or(1.0);
    let tokens_per_second = (!on_device).then(|| capacity.bytes_per_second / read);
    let needed = match entry.thinks {
        true => LEAST_WHERE_IT_THINKS,
        false => LEAST_TOKENS_PER_SECOND,
    };
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let against = if !on_device && memory > capacity.system {
        Some(format!(
            "takes about {} MB of memory, and a language model may have {}",
            megabytes(memory),
            megabytes(capacity.system.max(capacity.video))
        ))
    } else {
        tokens_per_second
            .filter(|speed| *speed < needed)
            .map(|speed| {
                let why = if entry.thinks {
                    ", because it thinks first"
                } else {
                    ""
                };
                format!(
                    "writes about {speed:.1} tokens a second here, and {needed} are needed{why}"
                )
            })
    };
    Some(Candidate {
        name: name.to_owned(),
        size,
        licence: entry.licence.clone(),
        context: entry.context,
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
        assert_eq!(best(&cores), "qwen3.5-2b");
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
        assert_eq!(best(&device), "qwen2.5-7b-instruct");
        let half = Capacity {
            video: 4 * GIGABYTE,
            ..cores
        };
        assert_eq!(best(&half), "qwen3-4b-instruct-2507");
    }

    #[test]
    fn what_each_token_reads_decides_and_a_model_that_always_thinks_has_to_be_quicker() {
        let processor = Capacity {
            bytes_per_second: 30e9,
            system: 32 * GIGABYTE,
            video: 0,
        };
        let directory = tempfile::tempdir().unwrap();
        let store = ModelStore::open(directory.path()).unwrap();
        let candidates = store.candidates(&processor);
        let named = |name: &str| candidates.iter().find(|one| one.name == name).unwrap();
        // 4.2 GB of which 0.6 are read, and 12.1 GB of which 2.1 are.
        let tiny = named("granite-4.0-h-tiny");
        assert!(tiny.against.is_none() && tiny.tokens_per_second.unwrap() > 40.0);
        let thinking = named("gpt-oss-20b");
        assert!(thinking.tokens_per_second.unwrap() > LEAST_TOKENS_PER_SECOND);
        let against = thinking.against.as_deref().unwrap();
        assert!(against.contains("it thinks first"), "{against}");
        let device = Capacity {
            video: 15 * GIGABYTE,
            ..processor
        };
        assert_eq!(best(&device), "gpt-oss-20b");
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
