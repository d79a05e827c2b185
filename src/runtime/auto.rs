//! `llm.model = "auto"`: the language model of the catalogue that this machine can do most with.
//!
//! The machine's speed is measured at the first few starts, a tenth of a second each; the best is kept until its processor changes.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use jane_config::{Config, LlmBackend};
use jane_core::event::EngineKind;
use jane_engines::memory::{Budgets, Kind, Machine, Snapshot};
use jane_models::{Candidate, Capacity, ModelStore};
use serde::{Deserialize, Serialize};

/// The word in `jane.toml`.
pub const AUTO: &str = "auto";

/// So many starts measure: what else a machine does at one of them makes it seem slower than it is, and nothing makes it seem faster.
const STARTS: u32 = 5;

/// Where the measurement is kept, in the cache directory.
const FILE: &str = "machine.json";
const LARGEST: u64 = 64 << 10;

/// Bytes that are read in a pass: more than processors have caches for.
const PASS: usize = 96 << 20;

/// The best of so many passes counts: what else the machine does makes one slower, and nothing makes one faster.
const PASSES: usize = 4;

/// So many times the bytes that are multiplied in this way llama.cpp gets through while it writes, whose products are written for each
/// processor: 17.9 GB/s with 1.1 GB of Q4_K_M where 6.9 were measured here (two cores of an EPYC with AVX-512).
const FASTER: f64 = 2.5;

/// Room for the recogniser and the voice, in bytes.
const OTHER_ENGINES: u64 = 450_000_000;

/// What all engines take by the project's goals, in bytes. A model is chosen within that unless `memory.engines_mb` names a budget: the 60 % of
/// the machine that are the budget otherwise are a limit for what an owner chooses, and more than somebody expects who chose nothing.
const GOAL: u64 = 2_000_000_000;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Measured {
    /// The processor and the number of its cores.
    processor: String,
    bytes_per_second: f64,
    /// How many starts measured.
    #[serde(default)]
    starts: u32,
}

/// The language model that `config` leaves to be chosen is chosen. Returns the candidates where it was.
pub fn resolve(
    config: &mut Config,
    models: &ModelStore,
    cache: Option<&Path>,
) -> Option<Vec<Candidate>> {
    let asks = |name: &str| name == AUTO;
    let llm = &config.llm;
    let is_local = llm.backend == LlmBackend::Llama;
    let stands_in = !is_local && !llm.fallback.is_empty();
    if !(is_local && asks(&llm.model) || stands_in && asks(&llm.fallback_model)) {
        return None;
    }
    let candidates = models.candidates(&capacity(config, cache));
    let name = models.chosen(&candidates)?.name.clone();
    match is_local {
        true => config.llm.model = name,
        false => config.llm.fallback_model = name,
    }
    Some(candidates)
}

/// What a language model can have here.
pub fn capacity(config: &Config, cache: Option<&Path>) -> Capacity {
    let snapshot = Snapshot::take(&Machine::new());
    let budgets = Budgets::new(&config.memory, &snapshot);
    let available = snapshot
        .system
        .map_or(u64::MAX, |system| system.total / 10 * 7);
    let all = match config.memory.engines_mb {
        0 => budgets.all(Kind::System).min(GOAL),
        _ => budgets.all(Kind::System),
    };
    let system = budgets
        .engine(EngineKind::Llm, Kind::System)
        .min(all.saturating_sub(OTHER_ENGINES))
        .min(available);
    let device = snapshot.devices.iter().map(|device| device.free).max();
    let video = match cfg!(any(feature = "cuda", feature = "vulkan", feature = "metal")) {
        true => budgets
            .engine(EngineKind::Llm, Kind::Video)
            .min(device.unwrap_or(0)),
        false => 0,
    };
    Capacity {
        bytes_per_second: bytes_per_second(cache),
        system,
        video,
    }
}

fn bytes_per_second(cache: Option<&Path>) -> f64 {
    let file = cache.map(|cache| cache.join(FILE));
    let processor = processor();
    let kept = file
        .as_deref()
        .and_then(read)
        .filter(|kept| kept.processor == processor && kept.bytes_per_second > 0.0);
    let (best, starts) = kept.map_or((0.0, 0), |kept| (kept.bytes_per_second, kept.starts));
    if starts >= STARTS {
        return best;
    }
    let measured = Measured {
        bytes_per_second: measure().max(best),
        starts: starts + 1,
        processor,
    };
    tracing::info!(?measured, "the speed of this machine was measured");
    if let Some(file) = &file
        && let Err(error) = write(file, &measured)
    {
        tracing::warn!(%error, "the speed of this machine is not kept");
    }
    measured.bytes_per_second
}

fn read(file: &Path) -> Option<Measured> {
    let mut text = String::new();
    File::open(file)
        .ok()?
        .take(LARGEST)
        .read_to_string(&mut text)
        .ok()?;
    serde_json::from_str(&text).ok()
}

fn write(file: &Path, measured: &Measured) -> std::io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let beside = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&beside, measured)?;
    beside.persist(file)?;
    Ok(())
}

/// What tells a processor from another one.
fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let lines = information.lines();
    let told = lines.filter(|line| {
        line.starts_with("model name")
            || line.starts_with("model\t")
            || line.starts_with("cache size")
    });
    let told: Vec<&str> = told.take(3).collect();
    format!("{cores} cores, {}", told.join(", "))
}

/// Bytes of 4-bit weights that all cores together multiply in a second.
#[expect(clippy::cast_precision_loss, reason = "a pass is far below 2^52 bytes")]
fn measure() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let weights: Vec<u8> = (0..PASS)
        .map(|at| (at.wrapping_mul(31) >> 3) as u8)
        .collect();
    let inputs: Vec<i8> = (0..64_i8).collect();
    let mut best = Duration::MAX;
    for _ in 0..PASSES {
        let begin = jane_platform::computed();
        std::thread::scope(|scope| {
            for part in weights.chunks(PASS.div_ceil(cores)) {
                let inputs = &inputs;
                scope.spawn(move || black_box(product(part, inputs)));
            }
        });
        best = best.min(jane_platform::computed().saturating_sub(begin));
    }
    // Time that other programs had counts for nothing: it is what the cores can do, and not how busy they are.
    let seconds = best.as_secs_f64().max(1e-6) / cores as f64;
    PASS as f64 / seconds * FASTER
}

/// The weights, two in a byte, times the inputs, as a quantised matrix is multiplied.
fn product(weights: &[u8], inputs: &[i8]) -> i64 {
    let (low, high) = inputs.split_at(32);
    let mut sum = 0;
    for block in weights.as_chunks::<32>().0 {
        let mut of_block = 0_i32;
        for ((weight, low), high) in block.iter().zip(low).zip(high) {
            of_block += i32::from(i16::from(weight & 15) * i16::from(*low));
            of_block += i32::from(i16::from(weight >> 4) * i16::from(*high));
        }
        sum += i64::from(of_block);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is chosen where nothing is installed, and this was measured before, on `processor`.
    fn chosen(processor: &str, bytes_per_second: f64) -> (String, Measured) {
        let home = tempfile::tempdir().unwrap();
        let kept = Measured {
            processor: processor.to_owned(),
            bytes_per_second,
            starts: STARTS,
        };
        write(&home.path().join(FILE), &kept).unwrap();
        let mut config = Config::default();
        config.llm.model = AUTO.to_owned();
        let store = ModelStore::open(home.path()).unwrap();
        let candidates = resolve(&mut config, &store, Some(home.path())).unwrap();
        assert!(candidates.iter().any(|one| one.name == config.llm.model));
        (config.llm.model, read(&home.path().join(FILE)).unwrap())
    }

    #[test]
    fn what_was_measured_decides_until_the_processor_changes() {
        let (model, kept) = chosen(&processor(), 1.5e9);
        assert_eq!(model, "smollm2-135m-instruct");
        assert!((kept.bytes_per_second - 1.5e9).abs() < 1.0);
        let (_, measured) = chosen("another one", 1.5e9);
        assert_eq!(measured.processor, processor());
        assert!((measured.bytes_per_second - 1.5e9).abs() > 1.0);
    }

    #[test]
    fn a_model_is_chosen_within_the_goal_for_memory_unless_the_owner_names_a_budget() {
        let home = tempfile::tempdir().unwrap();
        let kept = Measured {
            processor: processor(),
            bytes_per_second: 17e9,
            starts: STARTS,
        };
        write(&home.path().join(FILE), &kept).unwrap();
        let mut config = Config::default();
        let within = capacity(&config, Some(home.path())).system;
        assert!(within <= GOAL - OTHER_ENGINES, "{within}");
        config.memory.engines_mb = 100_000;
        assert!(capacity(&config, Some(home.path())).system > within);
        config.memory.engines_mb = 1000;
        let named = capacity(&config, Some(home.path())).system;
        assert_eq!(named, 1_000_000_000 - OTHER_ENGINES);
    }

    #[test]
    fn a_model_that_is_named_stays() {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.llm.model = "mine".to_owned();
        let store = ModelStore::open(home.path()).unwrap();
        assert!(resolve(&mut config, &store, Some(home.path())).is_none());
        assert_eq!(config.llm.model, "mine");
    }
}
