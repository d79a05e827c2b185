//! Every section and key of `jane.toml`: its type, range, default and description.
//!
//! These structs (with those of `engines`) are the only place where a key is defined. The doc comment
//! of a field is what the user reads above the key in the shipped `jane.toml`; ranges and choices are
//! appended to it from the schema, so comments give the unit and the meaning, not the limits.
//! Every value has a default, so any part of the file may be left out. Variants of the choices carry
//! no doc comments: schemars would then describe them in a form that is harder to check against.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engines::{Llm, Stt, Tts};
use super::hearing::{Hearing, Wake};
use super::memory::Memory;
use super::metrics::Metrics;
use super::serve::Serve;
use super::skills::{Plugins, Skills};

/// The whole configuration: the defaults, or what [`Config::load`](super::Config::load) made of the layers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who she is.
    pub assistant: Assistant,
    /// Speech to text.
    pub stt: Stt,
    /// The language model, which writes the answers.
    pub llm: Llm,
    /// Text to speech: her voice.
    pub tts: Tts,
    /// What she keeps in mind of a conversation.
    pub context: Context,
    /// How much memory she may take.
    pub memory: Memory,
    /// Sound devices.
    pub audio: Audio,
    /// How she listens.
    pub hearing: Hearing,
    /// What she is called with.
    pub wake: Wake,
    /// Skills.
    pub plugins: Plugins,
    /// What each skill may do. Every skill that lies in the directory hears what is said, may answer, and brings tools for the
    /// language model; what could silence her or leave the machine has to be allowed here, by the name of its file.
    pub skills: Skills,
    /// Where models are kept.
    pub models: Models,
    /// What is written to the log, and for how long it is kept.
    pub log: Log,
    /// The processes that the engines run in.
    pub worker: Worker,
    /// Figures about herself.
    pub metrics: Metrics,
    /// How other programs and other people's devices reach her, with `jane serve`.
    pub serve: Serve,
}

impl Config {
    /// What the language model is told first: `assistant.system_prompt`, with her name in place of `{name}`.
    pub fn instructions(&self) -> String {
        let Assistant {
            name,
            system_prompt,
            remembers: _,
        } = &self.assistant;
        system_prompt.replace("{name}", name)
    }

    /// Where models are kept: `models.directory`, which is relative to `home` unless it is absolute.
    pub fn models_directory(&self, home: &Path) -> PathBuf {
        home.join(&self.models.directory)
    }

    /// Where skills lie: `plugins.directory`, which is relative to `home` unless it is absolute.
    pub fn plugins_directory(&self, home: &Path) -> PathBuf {
        home.join(&self.plugins.directory)
    }

    /// Where logs are written: `log.directory`, which is relative to `home` unless it is absolute.
    pub fn log_directory(&self, home: &Path) -> PathBuf {
        home.join(&self.log.directory)
    }
}

/// Who she is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Assistant {
    /// What she is called.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What the language model is told before every conversation; `{name}` stands for her name.
    pub system_prompt: String,
    /// Whether she keeps over restarts what she is asked to remember ("remember that …", "my name is …"), and tells the language
    /// model of it. `jane memory` lists it and forgets.
    pub remembers: bool,
}

impl Default for Assistant {
    fn default() -> Self {
        Self {
            name: "Jane".into(),
            system_prompt:
                "You are {name}, a voice assistant. Answer in one or two short, plain spoken \
                            sentences, without lists or markdown."
                    .into(),
            remembers: true,
        }
    }
}

/// What she keeps in mind of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// Facts that she never forgets, such as "The owner's name is Ana.", at most 64.
    #[schemars(length(max = 64), inner(length(min = 1)))]
    pub pinned: Vec<String>,
    /// Share of `llm.context_window` that the conversation is cut down to, oldest turns first, when the
    /// next turn might not fit.
    #[schemars(range(min = 0.1, max = 0.9))]
    pub low_water: f64,
    /// Whether what is cut is folded into a short summary. It is written while nobody waits.
    pub summary: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            pinned: Vec::new(),
            low_water: 0.5,
            summary: false,
        }
    }
}

/// Sound devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audio {
    /// What she hears with: `default`, or the name of a device.
    #[schemars(length(min = 1))]
    pub input_device: String,
    /// Where she is heard: `default`, `none`, or the name of a device.
    #[schemars(length(min = 1))]
    pub output_device: String,
}

impl Default for Audio {
    fn default() -> Self {
        Self {
            input_device: "default".into(),
            output_device: "default".into(),
        }
    }
}

/// Where models are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// A directory, relative to Jane's home.
    #[schemars(length(min = 1))]
    pub directory: PathBuf,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            directory: "models".into(),
        }
    }
}

/// The log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A directory, relative to Jane's home.
    #[schemars(length(min = 1))]
    pub directory: PathBuf,
    /// The least serious messages that are written.
    pub level: LogLevel,
    /// Days for which log files are kept, one file a day.
    #[schemars(range(min = 1, max = 1000))]
    pub keep_files: u32,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            directory: "logs".into(),
            level: LogLevel::Info,
            keep_files: 14,
        }
    }
}

/// How serious a message is, most serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How long the engines' processes may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Worker {
    /// Seconds that an engine may take to load its model.
    #[schemars(range(min = 1, max = 3600))]
    pub start_seconds: u32,
    /// Seconds after which a request that yields nothing fails and its engine is restarted.
    #[schemars(range(min = 10, max = 3600))]
    pub silent_seconds: u32,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            start_seconds: 120,
            silent_seconds: 120,
        }
    }
}

/// The JSON schema of [`Config`], without references: the schema of `llm.seed` is at
/// `/properties/llm/properties/seed`.
pub(super) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value()
});

/// The least and greatest value that `schema` allows, where it has both.
pub(super) fn range_of(schema: &Value) -> Option<(f64, f64)> {
    let limit = |keyword| schema.get(keyword)?.as_f64();
    Some((limit("minimum")?, limit("maximum")?))
}

/// The strings that `schema` chooses from; none where it is no choice.
pub(super) fn choices_of(schema: &Value) -> impl Iterator<Item = &str> {
    let choices = schema.get("enum").and_then(Value::as_array);
    choices.into_iter().flatten().filter_map(Value::as_str)
}

/// The part of the schema that describes the key at `path`, `["llm", "seed"]` for one.
pub(super) fn schema_of<'a>(path: impl IntoIterator<Item = &'a str>) -> Option<&'static Value> {
    path.into_iter().try_fold(&*SCHEMA, |schema, segment| {
        // Segments of a list are its indices: all of its entries share one schema, and so do those of a table of any names.
        schema
            .get("items")
            .or_else(|| schema.get("properties")?.get(segment))
            .or_else(|| entries_of(schema))
    })
}

/// The schema of the entries of a table whose names are the user's; none where `schema` is no such table.
pub(super) fn entries_of(schema: &Value) -> Option<&Value> {
    schema
        .get("additionalProperties")
        .filter(|entries| entries.is_object())
}
