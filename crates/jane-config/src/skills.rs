//! The sections `[plugins]` and `[skills.NAME]`: where skills lie, and what each of them may do.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

/// Skills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Plugins {
    /// A directory, relative to Jane's home. A skill is there as soon as its file is, `NAME.wasm`, and gone when it is.
    #[schemars(length(min = 1))]
    pub directory: PathBuf,
    /// Milliseconds that all skills together may add to a turn before she answers, and to the speaking of the answer.
    #[schemars(range(min = 1, max = 10_000))]
    pub turn_ms: u32,
    /// How often the language model may call tools before it has to answer.
    #[schemars(range(min = 1, max = 20))]
    pub tool_rounds: u32,
    /// Seconds that compiling a skill may take.
    #[schemars(range(min = 1, max = 600))]
    pub compile_seconds: u32,
    /// Megabytes of memory that compiling a skill may take.
    #[schemars(range(min = 100, max = 16_000))]
    pub compile_mb: u32,
}

impl Default for Plugins {
    fn default() -> Self {
        Self {
            directory: "plugins".into(),
            turn_ms: 300,
            tool_rounds: 4,
            compile_seconds: 120,
            compile_mb: 2000,
        }
    }
}

/// What each skill may do. Every skill that lies in the directory hears what is said, may answer, and brings tools for the language
/// model; what could silence her or leave the machine has to be allowed here, by the name of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Skills(pub BTreeMap<String, Skill>);

impl Default for Skills {
    fn default() -> Self {
        let redact = Skill {
            allow: vec![Allow::Mute],
            on_failure: OnFailure::Mute,
            ..Skill::default()
        };
        Self(BTreeMap::from([("redact".to_owned(), redact)]))
    }
}

impl Skills {
    /// What the skill of this name may do.
    #[must_use]
    pub fn of(&self, name: &str) -> Skill {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// A section of this kind may be there for any skill, named as its file is without `.wasm`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Skill {
    /// Whether it is used.
    pub enabled: bool,
    /// Skills with a lower number come first, and those with the same in the order of their names.
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// What it may do beyond answering: leave what was said unanswered (`drop`), keep sentences of an answer from being spoken (`mute`,
    /// `stop`), end a turn (`cancel`), speak at once (`interrupt`), ask the language model (`llm`), reach this machine and
    /// private networks (`private_network`); and where `allow_http` names a host, hear what is said (`transcripts`) and answered
    /// (`replies`).
    pub allow: Vec<Allow>,
    /// Servers that it may reach, such as "https://api.example.org", at most 32.
    #[schemars(length(max = 32))]
    pub allow_http: Vec<String>,
    /// What becomes of a sentence that it was to look at and failed to: `pass` speaks it, `mute` does not.
    pub on_failure: OnFailure,
    /// Milliseconds that it may add to a turn each time it hears or sees something.
    #[schemars(range(min = 1, max = 10_000))]
    pub hook_ms: u32,
    /// Seconds that a call of one of its tools may take, or something that it scheduled.
    #[schemars(range(min = 1, max = 600))]
    pub tool_seconds: u32,
    /// Megabytes of memory for each of its instances.
    #[schemars(range(min = 1, max = 4000))]
    pub memory_mb: u32,
    /// Kilobytes that it may keep on disk.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub kv_kb: u32,
    /// Its own settings, which it explains itself.
    pub config: Map<String, Value>,
}

impl Default for Skill {
    fn default() -> Self {
        Self {
            enabled: true,
            priority: 0,
            allow: Vec::new(),
            allow_http: Vec::new(),
            on_failure: OnFailure::Pass,
            hook_ms: 100,
            tool_seconds: 10,
            memory_mb: 64,
            kv_kb: 1000,
            config: Map::new(),
        }
    }
}

impl Skill {
    /// Scheme, host and port of each server of `allow_http`, as `https://api.example.org`; in place of what is no server's address,
    /// what is wrong with it.
    pub fn origins(&self) -> impl Iterator<Item = Result<String, String>> {
        self.allow_http.iter().map(|address| origin(address))
    }
}

fn origin(address: &str) -> Result<String, String> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().unwrap_or_default();
    if host.contains('*') {
        return Err("each server has to be named in full".to_owned());
    }
    match url.scheme() {
        "https" | "http" if is_bare && !host.is_empty() => Ok(url.origin().ascii_serialization()),
        _ => Err("it is not scheme, host and port, such as `https://api.example.org`".to_owned()),
    }
}

/// Something that is not given to every skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allow {
    Drop,
    Mute,
    Stop,
    Cancel,
    Interrupt,
    Llm,
    PrivateNetwork,
    Transcripts,
    Replies,
}

/// What a failure stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    Pass,
    Mute,
}
