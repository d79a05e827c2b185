//! The ONNX Runtime session of a voice.
//!
//! Optimising the graph is most of the time of a load, so the optimised graph is kept in the cache directory and read back as it is.
//! It holds for one model, one ONNX Runtime and one kind of CPU: its name changes with each of them.
//!
//! ONNX Runtime fixes the number of threads when a session is made: a voice that is to follow its lease has one for each number.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use sha2::{Digest, Sha256};

/// What the names of optimised graphs end with.
const ENDING: &str = ".optimised.onnx";

/// Microseconds that a thread with nothing to do looks for more before it sleeps. Alone on two cores that is a tenth faster than sleeping
/// at once; spinning for long, as ONNX Runtime does by itself, costs a third where something else wants a core (joe-medium).
const SPIN: &str = "50";

/// Hexadecimal digits in the name of an optimised graph.
const DIGITS: usize = 16;

/// Makes a session with so many threads. `cache` is the directory for the optimised graph, or empty for none.
pub fn session(model: &Path, cache: &str, threads: u32, gpu: bool) -> ort::Result<Session> {
    let threads = usize::try_from(threads).unwrap_or(1);
    // Patterns of memory are kept for each length of a sentence: they make nothing faster and 370 MB more of two sentences of 17 s.
    let builder = || -> ort::Result<SessionBuilder> {
        Ok(Session::builder()?
            .with_intra_threads(threads)?
            .with_config_entry("session.intra_op.spin_duration_us", SPIN)?
            .with_memory_pattern(false)?)
    };
    if gpu {
        return on_gpu(builder()?)?.commit_from_file(model);
    }
    let Some(optimised) = Optimised::of(model, cache) else {
        return builder()?.commit_from_file(model);
    };
    if optimised.path.is_file() {
        let ready = builder()?
            .with_optimization_level(GraphOptimizationLevel::Disable)?
            .commit_from_file(&optimised.path);
        match ready {
            Ok(session) => return Ok(session),
            Err(error) => eprintln!("the optimised graph is not usable and is made again: {error}"),
        }
    }
    // One that a crash left behind is written over.
    let unfinished = optimised.path.with_extension("part");
    let session = builder()?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_optimized_model_path(&unfinished)?
        .commit_from_file(model)
        .or_else(|error| {
            eprintln!("the optimised graph cannot be kept: {error}");
            builder()?.commit_from_file(model)
        })?;
    match std::fs::rename(&unfinished, &optimised.path) {
        Ok(()) => optimised.remove_others(),
        Err(error) => eprintln!("the optimised graph is not kept: {error}"),
    }
    Ok(session)
}

#[cfg(feature = "cuda")]
fn on_gpu(builder: SessionBuilder) -> ort::Result<SessionBuilder> {
    Ok(builder.with_execution_providers([ort::ep::CUDA::default().build()])?)
}

#[cfg(not(feature = "cuda"))]
fn on_gpu(builder: SessionBuilder) -> ort::Result<SessionBuilder> {
    eprintln!(
        "`tts.gpu` is set, but this program was built without the `cuda` feature: the voice runs on the CPU"
    );
    Ok(builder)
}

/// Where the optimised graph of a model is kept.
struct Optimised {
    path: PathBuf,
    /// What the names of all optimised graphs of the model begin with.
    beginning: String,
}

impl Optimised {
    /// `None` where there is no cache, or the model cannot be told from others.
    fn of(model: &Path, cache: &str) -> Option<Self> {
        if cache.is_empty() {
            return None;
        }
        let runtime = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
        let runtime = runtime.as_deref().and_then(state).unwrap_or_default();
        let holds_for = [state(model)?, runtime, cpu()].join("\n");
        let mut key = String::new();
        for byte in Sha256::digest(holds_for).iter().take(DIGITS / 2) {
            write!(key, "{byte:02x}").ok()?;
        }
        let beginning = format!("{}-", model.file_stem()?.to_str()?);
        Some(Self {
            path: Path::new(cache).join(format!("{beginning}{key}{ENDING}")),
            beginning,
        })
    }

    /// Removes what was kept of the same model for another state of things, and what was left unfinished.
    fn remove_others(&self) {
        let entries = self.path.parent().and_then(|cache| cache.read_dir().ok());
        for entry in entries.into_iter().flatten().flatten() {
            let path = entry.path();
            if path != self.path && self.is_of_the_model(&entry.file_name().to_string_lossy()) {
                // It may be gone already: another Jane does the same.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn is_of_the_model(&self, name: &str) -> bool {
        let unfinished = Path::new(ENDING).with_extension("part");
        let rest = name.strip_prefix(&self.beginning);
        let key = rest.and_then(|rest| {
            rest.strip_suffix(ENDING)
                .or_else(|| rest.strip_suffix(unfinished.to_str()?))
        });
        key.is_some_and(|key| {
            key.len() == DIGITS && key.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    }
}

/// Size and time of change of a file; `None` where it is not there.
fn state(file: &Path) -> Option<String> {
    let metadata = file.metadata().ok()?;
    Some(format!(
        "{} {:?}",
        metadata.len(),
        metadata.modified().ok()?
    ))
}

/// What ONNX Runtime lays out its graphs for.
fn cpu() -> String {
    #[cfg(target_os = "linux")]
    if let Some(flags) = procfs_flags() {
        return flags;
    }
    std::env::consts::ARCH.to_owned()
}

#[cfg(target_os = "linux")]
fn procfs_flags() -> Option<String> {
    use procfs::Current;
    let cpus = procfs::CpuInfo::current().ok()?;
    Some(cpus.flags(0)?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_changes_with_the_model() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("voice.onnx");
        std::fs::write(&model, "one").unwrap();
        let one = Optimised::of(&model, "cache").unwrap().path;
        assert_eq!(Optimised::of(&model, "cache").unwrap().path, one);
        std::fs::write(&model, "another").unwrap();
        assert_ne!(Optimised::of(&model, "cache").unwrap().path, one);
        assert!(Optimised::of(&model, "").is_none());
    }

    #[test]
    fn only_older_graphs_of_the_same_model_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("voice.onnx");
        std::fs::write(&model, "one").unwrap();
        let optimised = Optimised::of(&model, directory.path().to_str().unwrap()).unwrap();
        let stale = [
            "voice-0123456789abcdef.optimised.onnx",
            "voice-0123456789abcdef.optimised.part",
        ];
        let others = [
            "voice-2-0123456789abcdef.optimised.onnx",
            "voice-notes.optimised.onnx",
        ];
        for name in stale.iter().chain(&others) {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        std::fs::write(&optimised.path, "").unwrap();
        optimised.remove_others();
        assert!(
            stale
                .iter()
                .all(|name| !directory.path().join(name).exists())
        );
        assert!(
            others
                .iter()
                .all(|name| directory.path().join(name).exists())
        );
        assert!(optimised.path.exists() && model.exists());
    }
}
