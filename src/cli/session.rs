//! What a command works with: the home, the configuration, the log, the models and the engines.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jane_audio::duplex::NO_DEVICE;
use jane_audio::{AudioError, AudioOutput, Loudspeaker, Outputs, WavFile};
use jane_config::Config;
use jane_core::event::{Event, Events};
use jane_engines::worker::Installation;
use jane_models::{Candidate, ModelStore};
use jane_skills::{SkillPaths, SkillRegistry, SkillsError};

use super::{Common, Failure};
use crate::metrics::{self, Metrics};
use crate::runtime::{self, Installed, Origin, Runtime};
use crate::serve::service::Start;
use crate::telemetry::{self, EngineReplies, Log};

/// The name of the configuration in a home.
pub const CONFIGURATION: &str = "jane.toml";

/// Where in the models' directory the code of skills is kept.
const COMPILED_SKILLS: &str = ".cache/skills";

/// How long the first turn waits for skills that have to be compiled.
pub const SKILLS_PATIENCE: Duration = Duration::from_secs(10);

pub struct Session {
    /// The configuration that the command started with.
    pub config: Config,
    pub models: ModelStore,
    /// The language models of which one was chosen, where the configuration left that open; the best first.
    pub candidates: Option<Vec<Candidate>>,
    pub events: Events,
    home: PathBuf,
    origin: Origin,
    log: Arc<Log>,
}

impl Session {
    /// Reads the configuration and starts the log. Loads no engine.
    ///
    /// # Errors
    /// Where the configuration, the log directory or the catalogue of models is not in order.
    pub fn open(common: &Common, events: &Events) -> Result<Self, Failure> {
        let (home, origin, mut config) = configuration(common)?;
        let log = telemetry::start(&config.log_directory(&home), &config.log)?;
        for path in &log.tightened {
            tracing::warn!(path = %path.display(), "others could reach the log: it is its owner's alone now");
        }
        tighten(&home.join(CONFIGURATION));
        tracing::info!(version = env!("CARGO_PKG_VERSION"), home = %home.display(), "Jane starts");
        let directory = config.models_directory(&home);
        let models = ModelStore::open(&directory)?;
        let candidates =
            runtime::resolve(&mut config, &models, runtime::cache(&directory).as_deref());
        if candidates.is_some() {
            tracing::info!(model = config.llm.model, "the language model was chosen");
        }
        Ok(Self {
            candidates,
            config,
            models,
            events: events.clone(),
            home,
            origin,
            log: Arc::new(log),
        })
    }

    /// What engines reply, for whoever measures.
    pub fn engine_replies(&self) -> &EngineReplies {
        &self.log.engine_replies
    }

    /// The engines of this machine, none of them loaded.
    ///
    /// # Errors
    /// Where the system does not say which program is running.
    pub fn installed(&self) -> Result<Arc<Installed>, Failure> {
        installed(self.home.clone(), &self.config, &self.events).map(Arc::new)
    }

    /// The runtime of the three engines.
    ///
    /// # Errors
    /// Where the language model is not there.
    pub fn runtime(&self, installed: &Arc<Installed>) -> Result<Arc<Runtime>, Failure> {
        let factory = Arc::clone(installed);
        let log = Some(Arc::clone(&self.log));
        let (config, origin) = (self.config.clone(), self.origin.clone());
        let skills = self.skills_or_warning();
        Ok(Runtime::new(
            config,
            origin,
            factory,
            log,
            skills,
            self.events.clone(),
        )?)
    }

    /// Counts what happens from now on, and shows it to who may look.
    #[must_use]
    pub fn watch_metrics(
        &self,
        runtime: &Arc<Runtime>,
        installed: &Installed,
    ) -> (Metrics, metrics::Watching) {
        Metrics::watch(runtime, installed, &self.events)
    }

    /// The skills of this home, none of them loaded. What they keep stays, or is forgotten afterwards.
    ///
    /// # Errors
    /// Where this machine cannot run any.
    pub fn skills(&self, keeps: bool) -> Result<SkillRegistry, SkillsError> {
        let place = SkillPaths {
            keeps,
            home: self.home.clone(),
            cache: self
                .config
                .models_directory(&self.home)
                .join(COMPILED_SKILLS),
            compiler: std::env::current_exe().ok(),
        };
        SkillRegistry::new(place, &self.config, &self.events)
    }

    /// The same, or none, which is said.
    fn skills_or_warning(&self) -> SkillRegistry {
        self.skills(true).unwrap_or_else(|error| {
            self.events.emit(Event::Warning {
                message: format!("she has no skills: {error}"),
                hint: None,
            });
            SkillRegistry::none()
        })
    }

    /// Jane's home.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// How a service starts `program` with what this command was started with; `home` is absolute.
    ///
    /// # Errors
    /// Where a path is no text.
    pub fn start(&self, program: PathBuf, home: &Path) -> Result<Start, Failure> {
        let text = |path: &Path| {
            let path = std::path::absolute(path).ok();
            let text = path.as_deref().and_then(Path::to_str).map(str::to_owned);
            text.ok_or_else(|| Failure::failed("a service needs a home whose path is text"))
        };
        let mut arguments = vec!["--home".to_owned(), text(home)?];
        if self.origin.file != self.home.join(CONFIGURATION) {
            arguments.extend(["--config".to_owned(), text(&self.origin.file)?]);
        }
        for change in &self.origin.overrides {
            arguments.extend(["--set".to_owned(), change.clone()]);
        }
        arguments.push("serve".to_owned());
        // Those that are keys of the configuration.
        let keys = self.origin.environment.iter();
        let keys = keys.filter(|(name, _)| name.contains("__"));
        Ok(Start {
            program,
            arguments,
            environment: keys.cloned().collect(),
        })
    }

    /// Where speech goes: the loudspeaker, where there is one, and `file`, where it is given. `None`
    /// where it would go nowhere.
    ///
    /// # Errors
    /// Where the file cannot be made, or a device that the configuration names by name cannot be
    /// opened.
    pub fn output(
        &self,
        config: &Config,
        file: Option<&Path>,
    ) -> Result<Option<Box<dyn AudioOutput>>, Failure> {
        let mut outputs: Vec<Box<dyn AudioOutput>> = Vec::new();
        if let Some(file) = file {
            outputs.push(Box::new(WavFile::create(file)?));
        }
        if let Some(device) = device(config) {
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
        config: &Config,
    ) -> Result<Option<Box<dyn AudioOutput>>, Failure> {
        let output = self.output(config, None)?;
        if output.is_none() && device(config).is_some() {
            warn_of_text_only(&self.events);
        }
        Ok(output)
    }
}

/// Says that answers are text only.
pub fn warn_of_text_only(events: &Events) {
    events.emit(Event::Warning {
        message: "there is no loudspeaker: answers are text only".to_owned(),
        hint: Some("`jane doctor` lists the devices; `--silent` wants it so".to_owned()),
    });
}

/// Takes from others what they may do with the configuration of a home; not where it is a link, and lies elsewhere.
fn tighten(configuration: &Path) {
    match jane_platform::tighten(configuration) {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(path = %configuration.display(), "others could reach the configuration: it is its owner's alone now");
        }
        Err(error) => {
            tracing::warn!(path = %configuration.display(), %error, "others may reach the configuration");
        }
    }
}

/// The loudspeaker's name in the configuration, unless it wants none.
fn device(config: &Config) -> Option<&str> {
    let device = config.audio.output_device.as_str();
    (device != NO_DEVICE).then_some(device)
}

/// The home and the configuration that `common` names, and where the latter comes from.
pub fn configuration(common: &Common) -> Result<(PathBuf, Origin, Config), Failure> {
    let home = std::path::absolute(jane_config::find_home(common.home.clone())?)
        .map_err(|error| Failure::failed(format!("cannot find Jane's home: {error}")))?;
    let file = match &common.config {
        Some(file) => std::path::absolute(file)
            .map_err(|error| Failure::failed(format!("`{}`: {error}", file.display())))?,
        None => home.join(CONFIGURATION),
    };
    let mut origin = Origin {
        file,
        // A file or a home that is named by the user must be there; without any, the defaults serve.
        file_is_required: common.home.is_some() || common.config.is_some(),
        environment: jane_config::process_environment(),
        overrides: common.overrides.clone(),
    };
    let source = origin.source();
    let config = Config::load(&source)?;
    // One that was there is not to be gone later on.
    origin.file_is_required = source.file.is_some();
    Ok((home, origin, config))
}

/// The engines of this machine, none of them loaded.
///
/// # Errors
/// Where the system does not say which program is running.
pub fn installed(home: PathBuf, config: &Config, events: &Events) -> Result<Installed, Failure> {
    Installed::find(home, config, events)
        .map_err(|error| Failure::failed(format!("cannot find the engines' programs: {error}")))
}

/// # Errors
/// Where the system does not say which program is running.
pub fn installation() -> Result<Installation, Failure> {
    Installation::find()
        .map_err(|error| Failure::failed(format!("cannot find the engines' programs: {error}")))
}
