//! The host runtime: the configuration in force, the engines that it names, and their replacement while Jane runs.
//!
//! Invariants: configuration and engines change together, in one step, or not at all; a turn keeps what it took at its start to
//! its end; what is replaced goes when the last turn that uses it has ended; nothing that is wrong with a file, a model or a server
//! touches what is in force.

mod auto;
mod factory;
mod reload;
#[cfg(test)]
mod saving_tests;
#[cfg(test)]
mod tests;
mod watch;
mod wish;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, OwnedRwLockReadGuard, RwLock};

pub use auto::{AUTO, capacity, resolve};
pub use factory::{Factory, Installed, cache, runs_directory};
pub use reload::check;
pub use watch::Watching;
pub use wish::NotSet;

use crate::telemetry::Log;
use jane_config::{Changes, Config, Source};
use jane_core::event::Events;
use jane_engines::{BackendError, Engines};
use jane_skills::SkillRegistry;

/// Keys that may name what is chosen for the machine.
const CHOSEN: [&str; 2] = ["llm.model", "llm.fallback_model"];

/// A configuration and the engines that it names. It never changes.
pub struct InForce {
    pub config: Config,
    pub engines: Engines,
    /// The skills, which come and go by themselves.
    pub skills: SkillRegistry,
    /// Counts what was in force since the start, from 0.
    pub generation: u64,
}

/// What is in force, for as long as a turn takes: it is neither changed nor unloaded in the meantime.
pub struct SnapshotGuard {
    in_force: Arc<InForce>,
    _gate: OwnedRwLockReadGuard<()>,
}

impl std::ops::Deref for SnapshotGuard {
    type Target = InForce;

    fn deref(&self) -> &InForce {
        &self.in_force
    }
}

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub file: PathBuf,
    /// Whether there must be a file; without one the defaults serve.
    pub file_is_required: bool,
    pub environment: Vec<(String, String)>,
    /// `--set` overrides.
    pub overrides: Vec<String>,
}

impl Origin {
    /// What [`Config::load`] reads now.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source_with(self.file_is_required)
    }

    fn source_with(&self, file_is_required: bool) -> Source {
        let file = (file_is_required || self.file.exists()).then(|| self.file.clone());
        Source {
            file,
            environment: self.environment.clone(),
            overrides: self.overrides.clone(),
        }
    }
}

pub struct Runtime {
    origin: Origin,
    factory: Arc<dyn Factory>,
    log: Option<Arc<Log>>,
    events: Events,
    in_force: ArcSwap<InForce>,
    /// Turns hold it to read; a swap for which an engine has to go first, to write.
    gate: Arc<RwLock<()>>,
    /// Whether a reload has read a file: from then on there must be one.
    has_file: AtomicBool,
    /// What the file held that is in force; `None` where none is.
    text: parking_lot::Mutex<Option<Vec<u8>>>,
    /// Keys that were set since the start, for this run, as `--set` has them.
    wished: parking_lot::Mutex<Vec<String>>,
    /// Held by the reload that is under way.
    reloading: Mutex<()>,
    generation: tokio::sync::watch::Sender<u64>,
}

impl Runtime {
    /// The runtime of `config`, which `origin` gave. Loads no engine yet.
    ///
    /// # Errors
    /// Where the language model is not there or not usable.
    pub fn new(
        config: Config,
        origin: Origin,
        factory: Arc<dyn Factory>,
        log: Option<Arc<Log>>,
        skills: SkillRegistry,
        events: Events,
    ) -> Result<Arc<Self>, BackendError> {
        let engines = factory.engines(&config)?;
        let source = origin.source();
        let text = source.read().unwrap_or_default();
        // A file that was changed meanwhile is not the one in force. Which models a machine has by itself is not in it.
        let is_chosen = |key: &String| CHOSEN.contains(&key.as_str());
        let is_in_force = |of: &Config| Changes::between(of, &config).keys.iter().all(is_chosen);
        let text = text.filter(|text| {
            Config::of(&source, Some(text.clone())).is_ok_and(|of| is_in_force(&of))
        });
        let in_force = InForce {
            config,
            engines,
            skills: skills.clone(),
            generation: 0,
        };
        let runtime = Arc::new(Self {
            origin,
            factory,
            log,
            events,
            in_force: ArcSwap::from_pointee(in_force),
            gate: Arc::default(),
            has_file: AtomicBool::default(),
            text: parking_lot::Mutex::new(text),
            wished: parking_lot::Mutex::default(),
            reloading: Mutex::default(),
            generation: tokio::sync::watch::Sender::new(0),
        });
        let find = Arc::downgrade(&runtime);
        skills.set_model(Arc::new(move || {
            let in_force = find.upgrade()?.in_force();
            Some(Arc::clone(&in_force.engines.llm))
        }));
        Ok(runtime)
    }

    /// What is in force, for a turn. Waits while an engine is being replaced that had to be unloaded first.
    pub async fn take(&self) -> SnapshotGuard {
        let gate = Arc::clone(&self.gate).read_owned().await;
        SnapshotGuard {
            in_force: self.in_force.load_full(),
            _gate: gate,
        }
    }

    /// The same, where no engine is being replaced just now.
    #[must_use]
    pub fn try_take(&self) -> Option<SnapshotGuard> {
        let gate = Arc::clone(&self.gate).try_read_owned().ok()?;
        Some(SnapshotGuard {
            in_force: self.in_force.load_full(),
            _gate: gate,
        })
    }

    /// What is in force now, to look at.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Tells whenever something else is in force.
    #[must_use]
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.generation.subscribe()
    }
}
