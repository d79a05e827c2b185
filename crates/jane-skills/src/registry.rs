//! The skills of a running Jane, and how one becomes of a file.
//!
//! Invariant: what is in force is one set, replaced whole; a turn under way keeps the one that it began with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use super::caught::caught;
use super::compile::{Cache, CompileError, LARGEST, Limits};
use super::component::LinkedComponent;
use super::engine::Sandbox;
use super::grants::Grants;
use super::host::HttpClient;
use super::host_state::{FindModel, HostServices};
use super::instance::harmless;
use super::loaded::Loaded;
use super::origins::Origins;
use super::request::{self, SkillRequest};
use super::set::SkillSet;
use super::store::Database;
use super::watcher::{LONGEST_REASON, WatcherGuard};
use jane_config::{Config, Plugins};
use jane_core::event::{Event, Events};

/// Where in the directory skills keep what is theirs.
const STATE: &str = ".state/skills.db";

/// Where skills come from, and what they work with.
pub struct SkillPaths {
    /// Jane's home.
    pub home: PathBuf,
    /// Where compiled code is kept.
    pub cache: PathBuf,
    /// Whether what skills keep stays on disk.
    pub keeps: bool,
    /// The program that compiles; without one, this process does.
    pub compiler: Option<PathBuf>,
}

/// The skills of a running Jane. Clones are the same.
#[derive(Clone)]
pub struct SkillRegistry {
    inner: Arc<Inner>,
}

struct Inner {
    set: ArcSwap<SkillSet>,
    /// `None` where there are no skills at all.
    kept: Option<Arc<Kept>>,
}

/// What skills are loaded with.
pub(super) struct Kept {
    sandbox: Arc<Sandbox>,
    cache: Cache,
    pub services: Arc<HostServices>,
    home: PathBuf,
    pub settings: watch::Sender<Settings>,
    wishes: Mutex<Option<mpsc::Receiver<SkillRequest>>>,
    /// Files that are being loaded.
    pub loading: watch::Sender<usize>,
    model: Arc<ArcSwap<Option<FindModel>>>,
}

/// What of the configuration is about skills.
#[derive(Clone, PartialEq)]
pub(super) struct Settings {
    pub plugins: Plugins,
    pub skills: jane_config::Skills,
}

/// Why skills cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SkillsError {
    #[error("this machine cannot run skills: {0}")]
    Sandbox(wasmtime::Error),
    #[error("compiled skills cannot be kept in `{path}`: {reason}")]
    Cache {
        path: PathBuf,
        reason: std::io::Error,
    },
}

impl SkillRegistry {
    /// No skills, now and ever.
    #[must_use]
    pub fn none() -> Self {
        Self {
            inner: Arc::new(Inner {
                set: ArcSwap::default(),
                kept: None,
            }),
        }
    }

    /// The skills of `config`, none of them loaded yet.
    ///
    /// # Errors
    /// Where the machine cannot run any.
    pub fn new(place: SkillPaths, config: &Config, events: &Events) -> Result<Self, SkillsError> {
        let sandbox = Arc::new(Sandbox::new().map_err(SkillsError::Sandbox)?);
        let kept_at = place.cache.clone();
        let cache =
            Cache::open(place.cache, place.compiler, &sandbox.engine).map_err(|reason| {
                SkillsError::Cache {
                    path: kept_at,
                    reason,
                }
            })?;
        let (wishes, wished) = request::channel();
        let model: Arc<ArcSwap<Option<FindModel>>> = Arc::default();
        let find = Arc::clone(&model);
        let services = Arc::new(HostServices {
            database: Database::new(
                place
                    .keeps
                    .then(|| config.plugins_directory(&place.home).join(STATE)),
            ),
            rescheduled: Notify::new(),
            events: events.clone(),
            origins: Origins::default(),
            wishes,
            http: HttpClient::new(),
            model: Arc::new(move || find.load().as_ref().as_ref().and_then(|find| find())),
        });
        if let Err(error) = services.store() {
            tracing::error!(%error, "skills keep nothing");
        }
        let settings = Settings::of(config);
        Ok(Self {
            inner: Arc::new(Inner {
                set: ArcSwap::default(),
                kept: Some(Arc::new(Kept {
                    sandbox,
                    cache,
                    services,
                    home: place.home,
                    settings: watch::Sender::new(settings),
                    wishes: Mutex::new(Some(wished)),
                    loading: watch::Sender::new(0),
                    model,
                })),
            }),
        })
    }

    /// The skills as they are now, for a turn.
    #[must_use]
    pub fn current(&self) -> Arc<SkillSet> {
        self.inner.set.load_full()
    }

    /// What skills may add to a turn.
    #[must_use]
    pub fn budget(&self) -> Duration {
        let ms = self
            .inner
            .kept
            .as_ref()
            .map_or(0, |kept| kept.settings.borrow().plugins.turn_ms);
        Duration::from_millis(ms.into())
    }

    /// Other settings are in force.
    pub fn configure(&self, config: &Config) {
        if let Some(kept) = &self.inner.kept {
            let settings = Settings::of(config);
            kept.settings.send_if_modified(|old| {
                let differs = *old != settings;
                *old = settings;
                differs
            });
        }
    }

    /// What skills want said and done, for whoever holds the conversation; `None` where somebody has it already.
    #[must_use]
    pub fn wishes(&self) -> Option<mpsc::Receiver<SkillRequest>> {
        let kept = self.inner.kept.as_ref()?;
        kept.wishes.lock().take()
    }

    /// How skills find the language model that is in force.
    pub fn set_model(&self, find: FindModel) {
        if let Some(kept) = &self.inner.kept {
            kept.model.store(Arc::new(Some(find)));
        }
    }

    /// What they share; `None` where there are no skills.
    pub(super) fn services(&self) -> Option<Arc<HostServices>> {
        let kept = self.inner.kept.as_ref()?;
        Some(Arc::clone(&kept.services))
    }

    /// How many events a skill has scheduled.
    #[cfg(any(test, feature = "testing"))]
    #[allow(clippy::unwrap_used, reason = "only tests use it")]
    pub async fn scheduled(&self, skill: &str) -> usize {
        let (services, skill) = (self.services().unwrap(), skill.to_owned());
        let scheduled = services.stored(move |store| store.scheduled(&skill));
        scheduled.await.unwrap().len()
    }

    /// A turn is certain: what skills did for it takes effect.
    pub async fn settle(&self, turn: &Arc<super::SkillTransaction>) {
        let Some(kept) = &self.inner.kept else {
            return;
        };
        kept.services.settle(turn).await;
    }

    /// Follows the directory from now on.
    #[must_use]
    pub fn follow(&self) -> WatcherGuard {
        WatcherGuard::start(self.inner.kept.clone(), self.clone())
    }

    /// Waits until everything that lies in the directory is loaded or refused, or for so long.
    pub async fn settled(&self, patience: Duration) {
        if let Some(kept) = &self.inner.kept {
            let mut loading = kept.loading.subscribe();
            let _ = tokio::time::timeout(patience, loading.wait_for(|loading| *loading == 0)).await;
        }
    }

    /// Loads one file by itself, as it would be under `name`, and tells nobody.
    ///
    /// # Errors
    /// Why it is no skill, in words for its author.
    pub async fn load(&self, name: &str, path: &Path) -> Result<Arc<Loaded>, String> {
        let kept = self.inner.kept.as_ref().ok_or("there are no skills")?;
        let settings = kept.settings.borrow().clone();
        let grants = Grants::new(&settings.skills.of(name))?;
        let loading = async {
            let prepared = kept.prepare(name, path, &settings.plugins).await;
            let prepared = prepared.map_err(|error| error.to_string())?;
            kept.probe(name, prepared, grants).await.map(Arc::new)
        };
        let loaded = caught(loading)
            .await
            .map_err(|panicked| panicked.to_string());
        loaded
            .flatten()
            .map_err(|reason| harmless(&reason, LONGEST_REASON))
    }

    /// Puts this set in force, without any directory.
    pub fn set(&self, set: SkillSet) {
        self.inner.set.store(Arc::new(set));
    }
}

impl Settings {
    fn of(config: &Config) -> Self {
        Self {
            plugins: config.plugins.clone(),
            skills: config.skills.clone(),
        }
    }
}

/// Why a file is no skill.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("it cannot be read: {0}")]
    Read(std::io::Error),
    #[error("it has more than {limit} MB", limit = LARGEST >> 20)]
    TooLarge,
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    NoSkill(#[from] super::component::NoSkill),
}

/// What lies at `path` when it is opened is looked at, and no more is read than a skill may have.
async fn read(path: PathBuf) -> Result<Vec<u8>, LoadError> {
    let reading = tokio::task::spawn_blocking(move || jane_platform::read_regular(&path, LARGEST));
    let read = reading.await.map_err(std::io::Error::other);
    read.and_then(|read| read)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => LoadError::TooLarge,
            _ => LoadError::Read(error),
        })
}

impl Kept {
    pub fn directory(&self) -> PathBuf {
        self.home.join(&self.settings.borrow().plugins.directory)
    }

    pub async fn prepare(
        &self,
        name: &str,
        path: &Path,
        plugins: &Plugins,
    ) -> Result<Arc<LinkedComponent>, LoadError> {
        let bytes = read(path.to_path_buf()).await?;
        let limits = Limits {
            time: Duration::from_secs(plugins.compile_seconds.into()),
            memory: u64::from(plugins.compile_mb) * 1_000_000,
        };
        if !self.cache.holds(&bytes) {
            self.services.events.emit(Event::SkillCompiling {
                skill: name.to_owned(),
                bytes: bytes.len() as u64,
            });
        }
        let component = self.cache.load(&self.sandbox.engine, bytes, limits).await?;
        Ok(Arc::new(LinkedComponent::new(&self.sandbox, &component)?))
    }

    pub async fn probe(
        &self,
        name: &str,
        prepared: Arc<LinkedComponent>,
        grants: Grants,
    ) -> Result<Loaded, String> {
        let (sandbox, services) = (Arc::clone(&self.sandbox), Arc::clone(&self.services));
        Loaded::probe(name, prepared, grants, sandbox, services).await
    }
}
