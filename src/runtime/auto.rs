//! `llm.model = "auto"`: the language model of the catalogue that this machine can do most with.
//!
//! The machine's speed is measured at the first few starts, a tenth of a second each; the best is kept until its processor changes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

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
const FILE: &str = "speed.json";
const LARGEST: u64 = 64 << 10;

/// So many times the bytes that are multiplied in this way llama.cpp gets through while it writes, whose products are written for each
/// processor: 17.9 GB/s with 1.1 GB of Q4_K_M where 6.9 were multiplied (two cores of an EPYC with AVX-512), and 31 where 16 to 21 were (a
/// newer one).
const FASTER: f64 = 2.0;

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
        bytes_per_second: (jane_platform::multiplied_per_second() * FASTER).max(best),
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
