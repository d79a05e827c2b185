//! Machine code of skills: compiled once, in a process of its own, and kept.
//!
//! Invariants: a skill that cannot be compiled in its time and memory costs that process and nothing else; no more compilers run at once
//! than the machine has processors; what is kept lies in a
//! directory that only its owner can write to, under the hash of the component and of everything that the code depends on, because it is
//! loaded without being checked.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine;
use crate::platform;

/// Bytes of a component.
pub const LARGEST: u64 = 64 << 20;

/// Bytes of what is kept of all skills; what was used longest ago goes first.
const KEPT: u64 = 1 << 30;

/// Bytes of the code of one, which is several times as large as its component.
const LARGEST_CODE: u64 = 4 * LARGEST;

/// The hidden command that compiles.
pub const COMMAND: &str = "compile-skill";

/// What compiling may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub time: Duration,
    /// Bytes.
    pub memory: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// What the compiler says about the component.
    #[error("{0}")]
    Component(String),
    #[error("compiling takes longer than {0} s (`plugins.compile_seconds`)")]
    TooLong(u64),
    #[error("compiling takes more than {0} MB (`plugins.compile_mb`), or crashes the compiler")]
    TooMuch(u64),
    #[error("its code has more than {0} MB")]
    TooLarge(u64),
    #[error("the compiler cannot be started: {0}")]
    Start(std::io::Error),
    #[error("the compiled skill cannot be kept: {0}")]
    Keep(std::io::Error),
}

/// Compiled skills on disk.
pub struct Cache {
    directory: PathBuf,
    /// The program that compiles, Jane's own; without one, this process does.
    program: Option<PathBuf>,
    /// Of everything but the component that the code depends on.
    engine: u64,
    /// Compilers that may run at once.
    compilers: Semaphore,
}

impl Cache {
    /// What is kept in `directory`, which is made where it is not there.
    ///
    /// # Errors
    /// Where it cannot be made, or others may write to it.
    pub fn open(
        directory: PathBuf,
        program: Option<PathBuf>,
        engine: &Engine,
    ) -> std::io::Result<Self> {
        platform::private_directory(&directory)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            directory,
            program,
            engine: hasher.finish(),
            compilers: Semaphore::new(at_once()),
        })
    }

    fn place(&self, component: &[u8]) -> PathBuf {
        use std::fmt::Write;
        let mut name = String::new();
        for byte in Sha256::digest(component) {
            let _ = write!(name, "{byte:02x}");
        }
        let _ = write!(name, "-{:016x}.cwasm", self.engine);
        self.directory.join(name)
    }

    /// Whether `component` was compiled before.
    #[must_use]
    pub fn holds(&self, component: &[u8]) -> bool {
        self.place(component).exists()
    }

    /// The code of `component`, compiled where it is not there yet.
    ///
    /// # Errors
    /// Where it is no component, or too much for the compiler.
    pub async fn load(
        &self,
        engine: &Engine,
        component: Vec<u8>,
        limits: Limits,
    ) -> Result<Component, CompileError> {
        let place = self.place(&component);
        if let Some(component) = open(engine, &place) {
            return Ok(component);
        }
        // What waits for a place has all of its time yet. It is never closed.
        let _compiler = self.compilers.acquire().await;
        let code = match &self.program {
            Some(program) => compile(program, component, limits).await?,
            None => engine
                .precompile_component(&component)
                .map_err(|error| CompileError::Component(format!("{error:#}")))?,
        };
        keep(&place, &code).map_err(CompileError::Keep)?;
        self.prune(&place, KEPT);
        open(engine, &place)
            .ok_or_else(|| CompileError::Component("its code cannot be loaded".to_owned()))
    }

    /// Lets go of what was used longest ago, but for `newest`, where more is kept than these bytes.
    fn prune(&self, newest: &Path, most: u64) {
        let entries = std::fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in files {
            if bytes <= most {
                return;
            }
            if path != newest && std::fs::remove_file(&path).is_ok() {
                bytes -= length;
            }
        }
    }
}

/// Two at least: one component that takes long does not hold up all others.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(2, |count| count.get().max(2))
}

async fn compile(
    program: &Path,
    component: Vec<u8>,
    limits: Limits,
) -> Result<Vec<u8>, CompileError> {
    let mut command = Command::new(program);
    command
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(CompileError::Start)?;
    if let Some(id) = child.id() {
        let reached = platform::limit_memory(id, limits.memory);
        tracing::debug!("the compiler: {reached}");
    }
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let working = async {
        let writing = async {
            if let Some(mut stdin) = stdin {
                // A compiler that ended early says why.
                let _ = stdin.write_all(&component).await;
            }
        };
        let (mut code, mut said) = (Vec::new(), String::new());
        let reading = async {
            if let Some(stdout) = stdout {
                // A compiler that writes more finds nobody who reads it.
                let mut stdout = stdout.take(LARGEST_CODE + 1);
                let _ = stdout.read_to_end(&mut code).await;
            }
        };
        let listening = async {
            if let Some(stderr) = stderr {
                let _ = stderr.take(64 << 10).read_to_string(&mut said).await;
            }
        };
        tokio::join!(writing, reading, listening);
        (child.wait().await, code, said)
    };
    let Ok((status, code, said)) = tokio::time::timeout(limits.time, working).await else {
        return Err(CompileError::TooLong(limits.time.as_secs()));
    };
    if code.len() as u64 > LARGEST_CODE {
        return Err(CompileError::TooLarge(LARGEST_CODE >> 20));
    }
    match status.map_err(CompileError::Start)?.code() {
        Some(0) => Ok(code),
        Some(1) => Err(CompileError::Component(said.trim().to_owned())),
        _ => Err(CompileError::TooMuch(limits.memory / 1_000_000)),
    }
}

fn open(engine: &Engine, place: &Path) -> Option<Component> {
    if !place.exists() {
        return None;
    }
    // SAFETY: the file was written by this program's compiler, into a directory that only its owner can write to, under a name that
    // holds the version and settings of the engine.
    let component = unsafe { Component::deserialize_file(engine, place) };
    match component {
        Ok(component) => {
            touch(place);
            Some(component)
        }
        Err(error) => {
            tracing::warn!(%error, "the code that was kept of a skill cannot be used: it is compiled anew");
            let _ = std::fs::remove_file(place);
            None
        }
    }
}

/// It was used just now. Where that cannot be noted, it may go before its time.
fn touch(place: &Path) {
    let file = std::fs::OpenOptions::new().append(true).open(place);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

/// Beside its place first, then moved: nobody sees half of it.
fn keep(place: &Path, code: &[u8]) -> std::io::Result<()> {
    let directory = place.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(code)?;
    file.persist(place).map_err(|error| error.error)?;
    Ok(())
}

/// The compiling process: a component on the standard input, its code on the standard output. It gives up files and network
/// first. Exit code 1: the component is at fault, as its standard error says.
///
/// # Errors
/// What is wrong with the component.
pub fn compile_standard_input() -> Result<(), String> {
    platform::confine(&[], &[]);
    let mut component = Vec::new();
    std::io::stdin()
        .take(LARGEST + 1)
        .read_to_end(&mut component)
        .map_err(|error| error.to_string())?;
    if component.len() as u64 > LARGEST {
        return Err(format!("it has more than {} MB", LARGEST >> 20));
    }
    let code = engine::engine()
        .and_then(|engine| engine.precompile_component(&component))
        .map_err(|error| format!("it is no component: {error:#}"))?;
    let mut stdout = std::io::stdout();
    stdout
        .write_all(&code)
        .and_then(|()| stdout.flush())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_used_longest_ago_goes_first() {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine::engine().unwrap();
        let cache = Cache::open(directory.path().join("skills"), None, &engine).unwrap();
        let limits = Limits {
            time: Duration::from_secs(60),
            memory: 1_000_000_000,
        };
        let components =
            ["(component)", "(component (core module))"].map(|text| wat::parse_str(text).unwrap());
        let [first, second] = components.clone().map(|component| cache.place(&component));
        for component in components.clone() {
            cache.load(&engine, component, limits).await.unwrap();
        }
        let age = |place: &Path, seconds: u64| {
            let file = std::fs::OpenOptions::new()
                .append(true)
                .open(place)
                .unwrap();
            let then = SystemTime::now() - Duration::from_secs(seconds);
            file.set_modified(then).unwrap();
        };
        age(&first, 200);
        age(&second, 100);
        // The older one is used, and so the other one goes.
        let [component, _] = components;
        cache.load(&engine, component, limits).await.unwrap();
        cache.prune(Path::new(""), first.metadata().unwrap().len());
        assert!(first.exists() && !second.exists());
    }
}
