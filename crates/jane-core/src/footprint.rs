//! What a model takes of memory, stated before it is loaded.
//!
//! Invariant: figures come from a file that nobody checked, so every sum saturates and none can overflow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number format of a KV cache, the most exact first. The names are llama.cpp's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum KvCache {
    F16,
    #[serde(rename = "q8_0")]
    Q8,
    #[serde(rename = "q4_0")]
    Q4,
}

/// Why an engine is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Another model takes its place.
    Replaced,
    /// Nothing that is in force names it any more.
    Released,
    /// Another engine needs its memory.
    MakesRoom,
    /// Budgets are exceeded.
    OverBudget,
    /// The machine or the device has nearly nothing free.
    NothingFree,
    /// The device that it lay on does not answer any more.
    DeviceGone,
    /// It was not used for as long as `memory.idle_unload_minutes` says.
    Unused,
}

/// A megabyte as people count them.
pub const MEGABYTE: u64 = 1_000_000;

/// Whole megabytes of 10^6 bytes, rounded up: what is shown of a need is never less than the need.
#[must_use]
pub fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(MEGABYTE)
}

/// What a worker states of a model without loading it, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// Weights of each layer that can be put on a device by itself, in the order of the model.
    pub layers: Vec<u64>,
    /// Weights outside of those layers; they stay in system memory.
    pub other: u64,
    /// The KV cache of one token, with 16-bit numbers; 0 where there is none.
    pub kv_per_token: u64,
    /// Tokens that the model was trained for; 0 where it has no context window.
    pub trained_window: u32,
    /// Buffers for computing, with the context window that was wished for.
    pub compute: u64,
    /// The program itself.
    pub program: u64,
}

/// How a model is loaded, or is wished to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Placement {
    /// Layers on a device, the last ones of the model; more than it has is all of them.
    pub gpu_layers: u32,
    /// How the KV cache is kept.
    pub kv_cache: KvCache,
    /// Tokens.
    pub context_window: u32,
}

impl Placement {
    /// For an engine without a context window that is on a device as a whole, or not at all. Its footprint has one layer.
    #[must_use]
    pub fn whole(gpu: bool) -> Self {
        Self {
            gpu_layers: u32::from(gpu),
            kv_cache: KvCache::F16,
            context_window: 0,
        }
    }
}

/// The two kinds of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Video,
    System,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Video => "video memory",
            Self::System => "system memory",
        })
    }
}

/// Bytes of each kind of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryUse {
    /// On the device.
    pub video: u64,
    /// Of the machine.
    pub system: u64,
}

impl MemoryUse {
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Video => self.video,
            Kind::System => self.system,
        }
    }

    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            video: self.video.saturating_add(other.video),
            system: self.system.saturating_add(other.system),
        }
    }

    /// What this is more than `other`, kind by kind.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        Self {
            video: self.video.saturating_sub(other.video),
            system: self.system.saturating_sub(other.system),
        }
    }
}

impl Footprint {
    /// The memory of each kind that the model takes where it is loaded as `placement` says.
    ///
    /// The last layers go to the device and each has its share of the KV cache with it, as in llama.cpp (`llama_model::load_tensors`,
    /// `llama_kv_cache`). Buffers for computing are needed on the device as soon as a layer is there, and in
    /// system memory as long as one is not.
    #[must_use]
    pub fn needs(&self, placement: &Placement) -> MemoryUse {
        let layers = self.layers.len();
        let on_device = (placement.gpu_layers as usize).min(layers);
        let (rest, placed) = self.layers.split_at(layers - on_device);
        let cache = self.cache(placement.kv_cache, self.window(placement.context_window));
        let cache_on_device = share(cache, on_device as u64, layers as u64);
        let mut video = sum(placed).saturating_add(cache_on_device);
        let mut system = sum(rest)
            .saturating_add(self.other)
            .saturating_add(self.program)
            .saturating_add(cache - cache_on_device);
        if on_device > 0 {
            video = video.saturating_add(self.compute);
        }
        if on_device == 0 || on_device < layers {
            system = system.saturating_add(self.compute);
        }
        MemoryUse { video, system }
    }

    /// The context window that the model gets where `wished` tokens are wished for: no more than it was trained for.
    #[must_use]
    pub fn window(&self, wished: u32) -> u32 {
        match self.trained_window {
            0 => wished,
            trained => wished.min(trained),
        }
    }

    fn cache(&self, format: KvCache, tokens: u32) -> u64 {
        let (bytes, of) = block(format);
        let exact = u128::from(self.kv_per_token) * u128::from(tokens) * u128::from(bytes);
        u64::try_from(exact.div_ceil(u128::from(of))).unwrap_or(u64::MAX)
    }
}

/// Bytes of a block of 32 numbers, and what it takes with 16 bits each: `block_q8_0` and `block_q4_0` of ggml's `ggml-common.h`
/// are a 16-bit scale and 32 numbers of 8 or 4 bits.
fn block(format: KvCache) -> (u64, u64) {
    let bytes = match format {
        KvCache::F16 => 64,
        KvCache::Q8 => 34,
        KvCache::Q4 => 18,
    };
    (bytes, 64)
}

/// `part` of `whole` parts of `bytes`, rounded up; nothing where there are no parts.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    let exact = u128::from(bytes) * u128::from(part);
    u64::try_from(exact.div_ceil(u128::from(whole.max(1)))).unwrap_or(u64::MAX)
}

fn sum(layers: &[u64]) -> u64 {
    layers
        .iter()
        .fold(0, |sum, layer| sum.saturating_add(*layer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footprint() -> Footprint {
        Footprint {
            layers: vec![10, 20, 30, 40],
            other: 5,
            kv_per_token: 64,
            trained_window: 4096,
            compute: 7,
            program: 3,
        }
    }

    fn needs(gpu_layers: u32, kv_cache: KvCache, context_window: u32) -> MemoryUse {
        footprint().needs(&Placement {
            gpu_layers,
            kv_cache,
            context_window,
        })
    }

    #[test]
    fn weights_and_their_cache_lie_where_their_layers_are() {
        let cache = 64 * 100;
        let all_in_system = needs(0, KvCache::F16, 100);
        assert_eq!(
            all_in_system,
            MemoryUse {
                video: 0,
                system: 100 + 5 + 7 + 3 + cache
            }
        );
        let half = needs(2, KvCache::F16, 100);
        assert_eq!(
            half,
            MemoryUse {
                video: 70 + 7 + cache / 2,
                system: 30 + 5 + 7 + 3 + cache / 2
            }
        );
        let all = MemoryUse {
            video: 100 + 7 + cache,
            system: 5 + 3,
        };
        assert_eq!(needs(4, KvCache::F16, 100), all);
        assert_eq!(needs(999, KvCache::F16, 100), all);
    }

    #[test]
    fn a_quantised_cache_takes_the_share_that_its_blocks_take() {
        let cache = |format| needs(0, format, 100).system - needs(0, format, 0).system;
        assert_eq!(cache(KvCache::Q8), 6400 * 34 / 64);
        assert_eq!(cache(KvCache::Q4), 6400 * 18 / 64);
    }

    #[test]
    fn no_more_tokens_are_counted_than_the_model_was_trained_for() {
        assert_eq!(
            needs(0, KvCache::F16, 4096),
            needs(0, KvCache::F16, 100_000)
        );
    }

    #[test]
    fn figures_beyond_all_bounds_saturate() {
        let footprint = Footprint {
            layers: vec![u64::MAX; 3],
            other: u64::MAX,
            kv_per_token: u64::MAX,
            trained_window: u32::MAX,
            compute: u64::MAX,
            program: u64::MAX,
        };
        let placement = Placement {
            gpu_layers: 2,
            kv_cache: KvCache::Q8,
            context_window: u32::MAX,
        };
        let most = MemoryUse {
            video: u64::MAX,
            system: u64::MAX,
        };
        assert_eq!(footprint.needs(&placement), most);
        let nothing = Footprint::default().needs(&placement);
        assert_eq!(nothing, MemoryUse::default());
    }
}
