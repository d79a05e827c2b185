//! Native engines as child processes: the protocol, both of its sides, and the three adapters.
//!
//! Invariants: the host holds no native engine; a worker that dies costs one retry and nothing else; a worker ends when its
//! standard input closes, so none outlives the host, however the host ends.

mod core_leases;
mod job;
mod llama;
mod piper;
mod pool;
mod process;
mod supervisor;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod whisper;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use core_leases::{Cores, Lease};
pub use job::REPLIED;
pub use llama::LlamaBackend;
pub use piper::{PiperBackend, VoiceFiles};
pub use pool::{WorkerPool, beside, is_beside};
pub use whisper::WhisperBackend;

use jane_files::gguf;
use jane_worker::{Llama, Protocol as _, all_cores};
use process::SpawnOptions;

/// What adapters of engines are built with.
pub struct WorkerContext<'a> {
    pub workers: &'a WorkerPool,
    pub installation: &'a Installation,
    pub patience: Timeouts,
    /// A directory of this run's own for temporary files; `None` for none.
    pub temporary: Option<&'a Path>,
}

/// A file as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileIdentity {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl FileIdentity {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(Self {
            path: path.to_path_buf(),
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

/// The most threads that an engine is given: what `jane.toml` says, and no more than there are cores.
fn most_threads(configured: u32) -> u32 {
    match configured {
        0 => all_cores(),
        threads => threads.min(all_cores()),
    }
}

/// How long an engine may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the start of a worker until its model is loaded.
    pub start: Duration,
    /// Between two signs of life while it works on a request.
    pub silence: Duration,
}

/// Where the engines' programs and their data lie.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Directory of `jane-whisper`, `jane-llama` and `jane-piper`.
    pub programs: PathBuf,
    /// Directory that holds `espeak-ng-data`, where there is one.
    pub phoneme_data: Option<PathBuf>,
}

impl Installation {
    /// Directory of phoneme data that espeak-ng looks for.
    pub const PHONEME_DATA: &'static str = "espeak-ng-data";

    /// Finds the programs beside the running one (or one level up, for programs that cargo builds into a subdirectory such as
    /// `deps`), and the data beside them, in `../share/jane`, or, before anything was installed, where cargo built it.
    ///
    /// # Errors
    /// Where the system does not say which program is running.
    pub fn find() -> std::io::Result<Self> {
        let executable = std::env::current_exe()?.canonicalize()?;
        let beside = executable.parent().map(PathBuf::from).unwrap_or_default();
        let worker = format!("{}{}", Llama::WORKER, std::env::consts::EXE_SUFFIX);
        let programs = std::iter::once(beside.clone())
            .chain(beside.parent().map(PathBuf::from))
            .find(|directory| directory.join(&worker).is_file())
            .unwrap_or(beside);
        let phoneme_data = [programs.clone(), programs.join("../share/jane")]
            .into_iter()
            .chain(build_outputs(&programs))
            .find(|directory| directory.join(Self::PHONEME_DATA).join("phontab").is_file())
            .and_then(|directory| directory.canonicalize().ok());
        Ok(Self {
            programs,
            phoneme_data,
        })
    }
}

/// Where cargo puts espeak-ng's data, beside programs that it built; the newest first.
fn build_outputs(programs: &Path) -> Vec<PathBuf> {
    let mut outputs: Vec<_> = std::fs::read_dir(programs.join("build"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("espeak-rs-sys-")
        })
        .map(|entry| entry.path().join("out/share"))
        .collect();
    outputs.sort_by_key(|output| {
        std::cmp::Reverse(
            output
                .metadata()
                .and_then(|metadata| metadata.modified())
                .ok(),
        )
    });
    outputs
}

/// How an engine on ggml is started: it reads its model and nothing else.
///
/// Its threads spin only briefly at their barriers before they sleep. Without that limit two threads on two cores fall from 86
/// tokens a second to 3 when something else wants a core; with it they keep their speed on an idle machine (measured with
/// SmolLM2-135M; the variable is GNU OpenMP's).
fn ggml_launch(model: &Path, setup: &WorkerContext<'_>) -> SpawnOptions {
    SpawnOptions {
        programs: setup.installation.programs.clone(),
        readable: gguf::parts_of(model),
        writable: Vec::new(),
        environment: vec![("GOMP_SPINCOUNT", OsString::from("1000"))],
    }
}
