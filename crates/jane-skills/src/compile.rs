//! Machine code of skills: compiled once, in a process of its own, and kept.
//!
//! Invariants: a skill that cannot be compiled in its time and memory costs that process and nothing else; no more compilers run at once
//! than the machine has processors; code runs in this process without being checked, so none is run but what the compiler just handed over
//! or what is [`Sealed`] as it was then. It lies under the hash of the component and of everything that the code depends on, in a directory
//! where no worker can read or write.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine;
use super::instance::harmless;
use super::sealed::Sealed;
use jane_files::looks;

/// Bytes of a component.
pub const LARGEST: u64 = 64 << 20;

/// Bytes of what is kept of all skills; what was used longest ago goes first.
const KEPT: u64 = 1 << 30;

/// Characters of what the compiler says about a component; parts of the component are in it.
const LONGEST_REASON: usize = 400;

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
}

/// Compiled skills on disk.
pub struct Cache {
    directory: PathBuf,
    sealed: Sealed,
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
    /// Where it cannot be made, or is not this user's, or the key of its seals cannot be made.
    pub fn open(
        directory: PathBuf,
        program: Option<PathBuf>,
        engine: &Engine,
    ) -> std::io::Result<Self> {
        jane_platform::private_directory(&directory)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            sealed: Sealed::in_directory(&directory)?,
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
        if let Some(reason) = looks::no_component(&component) {
            return Err(CompileError::Component(reason));
        }
        let place = self.place(&component);
        if let Some(component) = self.kept(engine, &place).await {
            return Ok(component);
        }
        // What waits for a place has all of its time yet. It is never closed.
        let _compiler = self.compilers.acquire().await;
        let code = match &self.program {
            Some(program) => compile(program, component, limits).await?,
            None => engine.precompile_component(&component).map_err(|error| {
                let reason = format!("{error:#}");
                CompileError::Component(harmless(&reason, LONGEST_REASON))
            })?,
        };
        match self.sealed.keep(&place, &code) {
            Ok(()) => self.prune(&place, KEPT),
            Err(error) => tracing::warn!(%error, "the code of a skill is not kept"),
        }
        // SAFETY: the code came from this program's compiler, through a pipe of its own.
        let loaded = unsafe { Component::deserialize(engine, &code) };
        loaded.map_err(|error| {
            let reason = format!("its code cannot be loaded: {error:#}");
            CompileError::Component(harmless(&reason, LONGEST_REASON))
        })
    }

    /// The code that was kept at `place`, where it is there and is what was kept.
    async fn kept(&self, engine: &Engine, place: &Path) -> Option<Component> {
        let (sealed, engine, place) = (self.sealed.clone(), engine.clone(), place.to_path_buf());
        let opening = tokio::task::spawn_blocking(move || {
            let code = sealed.open(&place, LARGEST_CODE)?;
            // SAFETY: this program's compiler made the code, as the seal shows, for an engine of this version and these settings, as
            // the name under the seal says; nobody else can reach it where it lies now.
            match unsafe { Component::deserialize(&engine, &code) } {
                Ok(component) => Some(component),
                Err(error) => {
                    tracing::warn!(%error, "the code that was kept of a skill cannot be used: it is compiled anew");
                    None
                }
            }
        });
        opening.await.ok().flatten()
    }

    /// Lets go of what was used longest ago, but for `newest`, where more is kept than these bytes.
    fn prune(&self, newest: &Path, most: u64) {
        let entries = std::fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten();
        let mut files: Vec<_> = entries
            .filter(|entry| entry.file_name() != super::sealed::KEY)
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
        let reached = jane_platform::limit_memory(id, limits.memory);
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
        Some(1) => Err(CompileError::Component(harmless(
            said.trim(),
            LONGEST_REASON,
        ))),
        _ => Err(CompileError::TooMuch(limits.memory / 1_000_000)),
    }
}

/// The compiling process: a component on the standard input, its code on the standard output. It gives up files and network
/// first. Exit code 1: the component is at fault, as its standard error says.
///
/// # Errors
/// What is wrong with the component.
pub fn compile_standard_input() -> Result<(), String> {
    jane_platform::confine(&[], &[]);
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
    use std::time::SystemTime;

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

    /// Code of another component of the same size is no code of this one: what says 1 must not say 2.
    #[tokio::test]
    async fn nothing_that_was_put_there_is_run() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let engine = engine::engine().unwrap();
        let place_of_all = directory.path().join("skills");
        let open = || Cache::open(place_of_all.clone(), None, &engine).unwrap();
        let cache = open();
        let [one, two] = ["one", "two"].map(|name| {
            let text =
                format!(r#"(component (core module $m) (export "{name}" (core module $m)))"#);
            wat::parse_str(text).unwrap()
        });
        let limits = Limits {
            time: Duration::from_secs(60),
            memory: 1_000_000_000,
        };
        let exports = async |cache: &Cache, component: &[u8]| {
            let loaded = cache
                .load(&engine, component.to_vec(), limits)
                .await
                .unwrap();
            ["one", "two"].map(|name| loaded.get_export(None, name).is_some())
        };
        let place = cache.place(&one);
        // The attack: real code, of a component that is not this one, as the compiler writes it.
        let planted = engine.precompile_component(&two).unwrap();
        std::fs::write(&place, &planted).unwrap();
        assert_eq!(exports(&cache, &one).await, [true, false]);
        let whole = std::fs::read(&place).unwrap();
        assert!(whole.len() > planted.len() && cache.kept(&engine, &place).await.is_some());
        // Sealed code of another component.
        assert_eq!(exports(&cache, &two).await, [false, true]);
        let sealed_two = std::fs::read(cache.place(&two)).unwrap();
        let write = |content: &[u8]| {
            jane_files::remove_all(&place).unwrap();
            std::fs::write(&place, content).unwrap();
            std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        write(&sealed_two);
        assert!(cache.kept(&engine, &place).await.is_none());
        // Any changed byte, and any cut.
        let step = (whole.len() / 200).max(1);
        for at in (0..64).chain((64..whole.len()).step_by(step)) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            write(&changed);
            assert!(cache.kept(&engine, &place).await.is_none(), "{at}");
            write(&whole[..at]);
            assert!(cache.kept(&engine, &place).await.is_none(), "{at}");
        }
        // Where others can write, what is right now may be wrong at once; so with a second name, and with a link.
        write(&whole);
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o622)).unwrap();
        assert!(cache.kept(&engine, &place).await.is_none());
        write(&whole);
        std::fs::hard_link(&place, directory.path().join("second")).unwrap();
        assert!(cache.kept(&engine, &place).await.is_none());
        write(&whole);
        std::fs::rename(&place, directory.path().join("elsewhere")).unwrap();
        symlink(directory.path().join("elsewhere"), &place).unwrap();
        assert!(cache.kept(&engine, &place).await.is_none());
        // What lies in its place goes, and the code is right.
        for plant in [0, 1, 2] {
            jane_files::remove_all(&place).unwrap();
            match plant {
                0 => std::fs::create_dir_all(place.join("below")).unwrap(),
                1 => symlink("/dev/zero", &place).unwrap(),
                _ => drop(std::os::unix::net::UnixListener::bind(&place)),
            }
            assert_eq!(exports(&cache, &one).await, [true, false], "{plant}");
            assert!(cache.kept(&engine, &place).await.is_some(), "{plant}");
        }
        // The next run has the same key. One that others could read is none, and what it sealed is none.
        assert!(open().kept(&engine, &place).await.is_some());
        let key = place_of_all.join(crate::sealed::KEY);
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let renewed = open();
        assert!(renewed.kept(&engine, &place).await.is_none());
        assert_eq!(exports(&renewed, &one).await, [true, false]);
        assert!(open().kept(&engine, &place).await.is_some());
    }
}
