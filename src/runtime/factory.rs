//! Where the runtime's engines come from: the models and programs of this machine, and the servers that are named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jane_config::{Config, Memory};
use jane_core::event::{EngineKind, Events};
use jane_engines::memory::{Machine, MemoryManager, Reason};
use jane_engines::worker::{Cores, Installation, WorkerPool};
use jane_engines::{BackendError, Builder, Engines, LanguageModel, SpeechToText, TextToSpeech};
use jane_models::{ModelError, ModelStore};
use jane_worker::all_cores;

use crate::run_directory::RunDirectory;

/// Makes engines from a configuration. A trait, so that reloading can be tested without engines. Building loads nothing.
#[async_trait]
pub trait Factory: Send + Sync {
    /// All three; a recogniser or a voice that cannot be had is an error where it is used.
    ///
    /// # Errors
    /// Where the language model is not there or not usable.
    fn engines(&self, config: &Config) -> Result<Engines, BackendError>;

    /// # Errors
    /// Where its model is not there, or its server's address or key is not in order.
    fn stt(&self, config: &Config) -> Result<Arc<dyn SpeechToText>, BackendError>;

    /// # Errors
    /// As [`Factory::stt`].
    fn llm(&self, config: &Config) -> Result<Arc<dyn LanguageModel>, BackendError>;

    /// # Errors
    /// As [`Factory::stt`].
    fn tts(&self, config: &Config) -> Result<Arc<dyn TextToSpeech>, BackendError>;

    /// Chooses the language model, where `config` leaves that to the program.
    fn resolve(&self, _config: &mut Config) {}

    /// From now on the budgets are these.
    fn set_budgets(&self, budgets: &Memory);

    /// Unloads the models of `role` that are loaded and idle.
    async fn unload(&self, role: EngineKind);
}

/// Where in the models' directory the engines keep what can be computed again.
const CACHE: &str = ".cache";

/// Where in that cache runs keep what does not outlive them.
const TEMPORARY: &str = "temporary";

/// Where runs keep what does not outlive them, a directory for each, in the directory of models.
#[must_use]
pub fn runs_directory(models: &Path) -> PathBuf {
    models.join(CACHE).join(TEMPORARY)
}

/// The engines that are installed on this machine.
pub struct Installed {
    pub home: PathBuf,
    pub installation: Installation,
    pub workers: WorkerPool,
    /// Directory for what can be computed again; `None` for none.
    pub cache: Option<PathBuf>,
    /// `None` where there is no place for it.
    pub temporary: Option<RunDirectory>,
}

impl Installed {
    /// Those beside the running program, with the models of `config`, all cores of the machine, and its memory within the
    /// budgets of `config`. None of them is loaded.
    ///
    /// # Errors
    /// Where the system does not say which program is running.
    pub fn find(home: PathBuf, config: &Config, events: &Events) -> std::io::Result<Self> {
        let probe = Arc::new(Machine::new());
        let memory = MemoryManager::new(config.memory.clone(), probe, events.clone());
        let cache = cache(&config.models_directory(&home));
        let temporary = cache.as_ref().and_then(|cache| {
            let temporary = RunDirectory::new_in(&cache.join(TEMPORARY));
            let told =
                |error: &std::io::Error| tracing::warn!(%error, "no place for temporary files");
            temporary.inspect_err(told).ok()
        });
        Ok(Self {
            home,
            installation: Installation::find()?,
            workers: WorkerPool::new(events.clone(), memory, Cores::new(all_cores())),
            cache,
            temporary,
        })
    }

    /// Calls `build` with a builder for `config`.
    ///
    /// # Errors
    /// Where the catalogue of models cannot be read, and those of `build`.
    pub fn with_builder<T>(
        &self,
        config: &Config,
        build: impl FnOnce(&Builder<'_>) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let directory = config.models_directory(&self.home);
        let catalogue = |error: ModelError| BackendError::Catalogue {
            reason: error.to_string(),
            hint: error.hint(),
        };
        let models = ModelStore::open(&directory).map_err(catalogue)?;
        // Where nobody resolved it before.
        let mut config = config.clone();
        super::resolve(&mut config, &models, self.cache.as_deref());
        build(&Builder {
            config: &config,
            home: &self.home,
            models: &models,
            installation: &self.installation,
            cache: self.cache.as_deref(),
            temporary: self.temporary.as_ref().map(RunDirectory::path),
            workers: &self.workers,
        })
    }
}

/// The directory for what can be computed again, which is made; `None` where there is no place for it.
pub fn cache(models: &Path) -> Option<PathBuf> {
    let cache = models.join(CACHE);
    match std::fs::create_dir_all(&cache) {
        Ok(()) => cache.canonicalize().ok(),
        Err(error) => {
            tracing::warn!(%error, "no cache of optimised graphs: voices load more slowly");
            None
        }
    }
}

#[async_trait]
impl Factory for Installed {
    fn engines(&self, config: &Config) -> Result<Engines, BackendError> {
        self.with_builder(config, |builder| builder.engines())
    }

    fn stt(&self, config: &Config) -> Result<Arc<dyn SpeechToText>, BackendError> {
        self.with_builder(config, |builder| builder.speech_to_text())
    }

    fn llm(&self, config: &Config) -> Result<Arc<dyn LanguageModel>, BackendError> {
        self.with_builder(config, |builder| builder.language_model())
    }

    fn tts(&self, config: &Config) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        self.with_builder(config, |builder| builder.text_to_speech())
    }

    fn resolve(&self, config: &mut Config) {
        // A catalogue that cannot be read is told of where the engine is built.
        if let Ok(models) = ModelStore::open(&config.models_directory(&self.home)) {
            super::resolve(config, &models, self.cache.as_deref());
        }
    }

    fn set_budgets(&self, budgets: &Memory) {
        self.workers.memory.set_budgets(budgets.clone());
    }

    async fn unload(&self, role: EngineKind) {
        if let Some(entry) = self.workers.memory.loaded(role) {
            self.workers.unload(entry, Reason::Replaced).await;
        }
    }
}
