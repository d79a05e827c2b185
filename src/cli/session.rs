//! What a command works with: the home, the configuration in force, the log, the models and the engines.

use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;

use super::{Common, Failure};
use crate::audio::{AudioError, AudioOutput, Loudspeaker, Outputs, WavFile};
use crate::backend::worker::Installation;
use crate::backend::{Builder, Engines};
use crate::config::{self, Config, Source};
use crate::event::{Event, Events};
use crate::model::ModelStore;
use crate::telemetry;

/// The name of the configuration in a home.
pub const CONFIGURATION: &str = "jane.toml";

/// Where in the models' directory the engines keep what can be computed again.
const CACHE: &str = ".cache";

pub struct Session {
    pub config: Config,
    pub models: ModelStore,
    pub events: Events,
    home: PathBuf,
    installation: Installation,
    cache: Option<PathBuf>,
    _log: WorkerGuard,
}

impl Session {
    /// Reads the configuration and starts the log. Loads no engine.
    ///
    /// # Errors
    /// Where the configuration, the log directory or the catalogue of models is not in order.
    pub fn open(common: &Common, events: &Events) -> Result<Self, Failure> {
        let (home, config) = configuration(common)?;
        let log = telemetry::start(&config.log_directory(&home), &config.log)?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), home = %home.display(), "Jane starts");
        let models = config.models_directory(&home);
        let store = ModelStore::open(&models)?;
        Ok(Self {
            config,
            models: store,
            events: events.clone(),
            home,
            installation: installation()?,
            cache: cache(&models),
            _log: log,
        })
    }

    pub fn builder(&self) -> Builder<'_> {
        Builder {
            config: &self.config,
            home: &self.home,
            models: &self.models,
            installation: &self.installation,
            cache: self.cache.as_deref(),
            events: &self.events,
        }
    }

    /// The three engines of the configuration.
    ///
    /// # Errors
    /// The first model that is not there.
    pub fn engines(&self) -> Result<Engines, Failure> {
        Ok(self.builder().engines()?)
    }

    /// Where speech goes: the loudspeaker, where there is one, and `file`, where it is given. `None`
    /// where it would go nowhere.
    ///
    /// # Errors
    /// Where the file cannot be made, or a device that the configuration names by name cannot be
    /// opened.
    pub fn output(&self, file: Option<&Path>) -> Result<Option<Box<dyn AudioOutput>>, Failure> {
        let mut outputs: Vec<Box<dyn AudioOutput>> = Vec::new();
        if let Some(file) = file {
            outputs.push(Box::new(WavFile::create(file)?));
        }
        if let Some(device) = self.device() {
            match Loudspeaker::open(device) {
                Ok(loudspeaker) => outputs.push(Box::new(loudspeaker)),
                Err(error @ AudioError::NoDevice { .. }) => {
                    tracing::warn!(%error, "there is no loudspeaker");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(if outputs.is_empty() {
            None
        } else {
            Some(Box::new(Outputs(outputs)))
        })
    }

    /// The same, for answers: those that would go nowhere are text only, which is said unless the
    /// configuration wants it so.
    ///
    /// # Errors
    /// As [`Session::output`].
    pub fn output_or_warning(
        &self,
        file: Option<&Path>,
    ) -> Result<Option<Box<dyn AudioOutput>>, Failure> {
        let output = self.output(file)?;
        if output.is_none() && self.device().is_some() {
            self.events.emit(Event::Warning {
                message: "there is no loudspeaker: answers are text only".to_owned(),
                hint: Some("`jane doctor` lists the devices; `--silent` wants it so".to_owned()),
            });
        }
        Ok(output)
    }

    /// The loudspeaker's name in the configuration, unless it wants none.
    fn device(&self) -> Option<&str> {
        let device = self.config.audio.output_device.as_str();
        (device != "none").then_some(device)
    }
}

/// The home and the configuration that `common` names.
pub fn configuration(common: &Common) -> Result<(PathBuf, Config), Failure> {
    let home = std::path::absolute(config::find_home(common.home.clone())?)
        .map_err(|error| Failure::failed(format!("cannot find Jane's home: {error}")))?;
    let file = home.join(CONFIGURATION);
    // A home named by the user must hold a configuration; without any, the defaults serve.
    let file = (common.home.is_some() || file.exists()).then_some(file);
    let source = Source {
        file,
        environment: config::process_environment(),
        overrides: common.overrides.clone(),
    };
    let config = Config::load(&source)?;
    Ok((home, config))
}

/// # Errors
/// Where the system does not say which program is running.
pub fn installation() -> Result<Installation, Failure> {
    Installation::find()
        .map_err(|error| Failure::failed(format!("cannot find the engines' programs: {error}")))
}

fn cache(models: &Path) -> Option<PathBuf> {
    let cache = models.join(CACHE);
    match std::fs::create_dir_all(&cache) {
        Ok(()) => cache.canonicalize().ok(),
        Err(error) => {
            tracing::warn!(%error, "no cache of optimised graphs: voices load more slowly");
            None
        }
    }
}
