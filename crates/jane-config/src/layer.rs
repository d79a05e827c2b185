//! One layer of the configuration: the file, an environment variable or an override.
//!
//! Every layer is checked by itself, so a mistake is reported even where another layer hides it, and
//! the place of a mistake is that of its layer. Layers that are right by themselves are right together,
//! because no rule of the schema spans two keys; those that do are in `check`.

use std::path::Path;

use serde_json::{Value, json};

use super::file::ConfigFile;
use super::problem::{ConfigError, Place, Problem};
use super::schema::schema_of;
use super::validate::{Finding, validate};

/// Problems that are reported of one layer: enough for any file that a person wrote.
const MOST_PROBLEMS: usize = 100;

/// Brackets in a value from the environment or the command line, beyond which it is not read as a list.
const MOST_BRACKETS: usize = 64;

/// Parts that a key from the environment or the command line is split into at most.
const MOST_SEGMENTS: usize = 8;

pub(super) struct Layer {
    /// The settings that this layer makes, in the form of the whole configuration.
    pub value: Value,
    origin: Origin,
}

enum Origin {
    File(Box<ConfigFile>),
    Variable { name: String },
    Override { text: String },
}

impl Layer {
    /// The layer of the file at `path`, whose content is `bytes`.
    pub fn file(path: &Path, bytes: Vec<u8>) -> Result<Self, Problem> {
        let file = Box::new(ConfigFile::parse(path, bytes)?);
        Ok(Self::new(file.value(), Origin::File(file)))
    }

    /// The layer of an environment variable, where `name` is that of a key: `JANE_LLM__MODEL` is `llm.model`.
    pub fn variable(name: &str, text: &str) -> Option<Self> {
        let key = name.strip_prefix("JANE_")?;
        if !key.contains("__") {
            return None;
        }
        let path: Vec<String> = key
            .splitn(MOST_SEGMENTS, "__")
            .map(str::to_ascii_lowercase)
            .collect();
        Some(Self::new(
            nested(&path, text),
            Origin::Variable { name: name.into() },
        ))
    }

    /// The layer of a command-line override, `section.key=value`.
    pub fn command_line(text: &str) -> Result<Self, Problem> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Problem {
                place: Place::Override { text: text.into() },
                key: String::new(),
                message: "an override is written `section.key=value`".into(),
                suggestion: None,
            });
        };
        let path: Vec<String> = key
            .trim()
            .splitn(MOST_SEGMENTS, '.')
            .map(str::to_owned)
            .collect();
        Ok(Self::new(
            nested(&path, value),
            Origin::Override { text: text.into() },
        ))
    }

    fn new(mut value: Value, origin: Origin) -> Self {
        make_whole_numbers_integers(&mut value);
        Self { value, origin }
    }

    /// Whether this layer sets the key at `path`.
    pub fn sets(&self, path: &[String]) -> bool {
        path.iter()
            .try_fold(&self.value, |value, segment| value.get(segment))
            .is_some()
    }

    /// `finding`, with its place in this layer.
    pub fn problem(&self, finding: Finding) -> Problem {
        Problem {
            place: match &self.origin {
                Origin::File(file) => file.place(file.offset(&finding.path)),
                Origin::Variable { name } => Place::Variable { name: name.clone() },
                Origin::Override { text } => Place::Override { text: text.clone() },
            },
            key: finding.key(),
            message: finding.message,
            suggestion: finding.suggestion,
        }
    }

    /// What the schema has against this layer, in the order of the file.
    pub fn problems(&self) -> Result<Vec<Problem>, ConfigError> {
        let mut findings = validate(&self.value)?;
        if let Origin::File(file) = &self.origin {
            findings.sort_by_cached_key(|finding| file.offset(&finding.path));
        }
        if let Some(left_out) = findings.len().checked_sub(MOST_PROBLEMS + 1) {
            findings.truncate(MOST_PROBLEMS + 1);
            if let Some(last) = findings.last_mut() {
                last.message = format!("{} more problems from here on", left_out + 1);
                last.suggestion = None;
            }
        }
        Ok(findings
            .into_iter()
            .map(|finding| self.problem(finding))
            .collect())
    }
}

/// The configuration in which only the key at `path` is set, to what `text` says.
fn nested(path: &[String], text: &str) -> Value {
    let value = parse(path, text);
    path.iter()
        .rev()
        .fold(value, |value, segment| json!({ segment.as_str(): value }))
}

/// `text` by figment's rules for environment variables, except that the value of a string stays one.
fn parse(path: &[String], text: &str) -> Value {
    let schema = schema_of(path.iter().map(String::as_str));
    let is_string = schema.and_then(|schema| schema.get("type")?.as_str()) == Some("string");
    let value = if figment_can_read(text) {
        text.parse::<figment::value::Value>()
            .ok()
            .and_then(|value| serde_json::to_value(value).ok())
            .unwrap_or_default()
    } else {
        Value::Null
    };
    if value.is_null() || (is_string && !value.is_string()) {
        Value::String(text.into())
    } else {
        value
    }
}

/// Whether figment's parser is safe with `text`. It recurses at each bracket, and where an escape comes
/// after a character that is not ASCII it takes counts of characters for bytes, and so garbles the text
/// or panics (0.10.19, `value/escape.rs`).
fn figment_can_read(text: &str) -> bool {
    let brackets = text
        .chars()
        .filter(|character| matches!(character, '[' | '{'));
    brackets.count() <= MOST_BRACKETS && (text.is_ascii() || !text.contains('\\'))
}

/// Makes `1.0` the integer that JSON Schema takes it for; beyond 2^53 a float is no exact integer.
fn make_whole_numbers_integers(value: &mut Value) {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            if let Some(float) =
                float.filter(|float| float.fract() == 0.0 && float.abs() <= LARGEST_EXACT)
            {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(make_whole_numbers_integers),
        Value::Object(entries) => entries.values_mut().for_each(make_whole_numbers_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
