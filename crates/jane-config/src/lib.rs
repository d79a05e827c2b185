//! The configuration: its keys, where their values come from, and what is said about mistakes.
//!
//! Layers, each over the one before: the defaults, `jane.toml`, `JANE_…` environment variables, `--set`
//! overrides. Loading either gives a configuration that obeys every rule, or all mistakes at once, each
//! with its place; it changes nothing.
//!
//! `schema`, `engines`, `hearing`, `memory`, `metrics`, `serve` and `skills` define the keys · `file` reads `jane.toml` · `layer` is one source of values ·
//! `validate` and `check` find mistakes · `problem` words them · `render` writes the default file ·
//! `home` finds Jane's directory · `cut` tells a file that was cut off · `watch` tells when the file changed · `diff` tells what changed in it.

mod check;
mod cut;
mod diff;
mod engines;
mod file;
mod hearing;
mod home;
#[cfg(test)]
mod hostile;
mod layer;
mod memory;
mod metrics;
mod problem;
mod render;
mod schema;
mod serve;
mod skills;
#[cfg(test)]
mod tests;
mod validate;
mod watch;

use std::path::PathBuf;

use figment::Figment;
use figment::providers::Serialized;

pub use cut::Doubt;
pub use diff::{Changes, Effect};
pub use engines::{Fallback, Llm, LlmBackend, Remote, Stt, SttBackend, Tools, Tts, TtsBackend};
pub use file::LARGEST_FILE;
pub use hearing::{Hearing, Patience, Wake};
pub use home::{FILE_NAME, HomeCandidates, find_home};
pub use jane_core::KvCache;
pub use memory::Memory;
pub use metrics::{Listen, Metrics, NoAddress};
pub use problem::{ConfigError, Place, Problem};
pub use render::render_default;
pub use schema::{Assistant, Audio, Config, Context, Log, LogLevel, Models, Worker};
pub use serve::Serve;
pub use skills::{Allow, OnFailure, Plugins, Skill, Skills};

pub use watch::FileWatch;

use layer::Layer;

/// What a configuration is loaded from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The `jane.toml`; none means the defaults.
    pub file: Option<PathBuf>,
    /// Names and values of environment variables; those that set no key are passed over.
    pub environment: Vec<(String, String)>,
    /// `--set` overrides, `section.key=value`; the last one holds.
    pub overrides: Vec<String>,
}

impl Source {
    /// What the file holds, if there is to be one.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] and [`ConfigError::TooLarge`].
    pub fn read(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        self.file.as_deref().map(file::read).transpose()
    }
}

/// The environment variables of this process that may set a key, in the order of their names.
/// What is not Unicode in a value becomes the replacement character.
pub fn process_environment() -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        })
        .filter(|(name, _)| name.starts_with("JANE_"))
        .collect();
    environment.sort();
    environment
}

impl Config {
    /// The models that the three engines use, as the file names them.
    #[must_use]
    pub fn models(&self) -> jane_core::event::Models {
        jane_core::event::Models {
            stt: self.stt.model.clone(),
            llm: self.llm.model.clone(),
            tts: self.tts.model.clone(),
        }
    }

    /// Loads the configuration from `source`.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] and [`ConfigError::TooLarge`] for the file, otherwise
    /// [`ConfigError::Invalid`] with every mistake in every layer.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        Self::of(source, source.read()?)
    }

    /// The configuration from `source`, of which the file holds `text`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every mistake in every layer.
    pub fn of(source: &Source, text: Option<Vec<u8>>) -> Result<Self, ConfigError> {
        let file = source
            .file
            .as_ref()
            .zip(text)
            .map(|(path, text)| Layer::file(path, text));
        let variables = source
            .environment
            .iter()
            .filter_map(|(name, value)| Layer::variable(name, value));
        let overrides = source
            .overrides
            .iter()
            .map(|text| Layer::command_line(text));
        Self::from_layers(file.into_iter().chain(variables.map(Ok)).chain(overrides))
    }

    fn from_layers(
        candidates: impl Iterator<Item = Result<Layer, Problem>>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Vec::new();
        let mut problems = Vec::new();
        for candidate in candidates {
            match candidate {
                Ok(layer) => {
                    problems.extend(layer.problems()?);
                    layers.push(layer);
                }
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::Invalid { problems });
        }
        let defaults = Figment::from(Serialized::defaults(Self::default()));
        let merged = layers.iter().fold(defaults, |figment, layer| {
            figment.merge(Serialized::defaults(&layer.value))
        });
        let config = merged.extract().map_err(|error| ConfigError::Schema {
            message: error.to_string(),
        })?;
        let problems = check::check(&config, &layers)?;
        if !problems.is_empty() {
            return Err(ConfigError::Invalid { problems });
        }
        Ok(config)
    }
}
