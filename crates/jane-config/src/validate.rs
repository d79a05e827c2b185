//! Checks one layer against the schema and says what is wrong in the user's words.
//!
//! A value that breaks several rules is reported once. The messages name the key in full.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::problem::{ConfigError, quoted};
use super::schema::{SCHEMA, choices_of, range_of, schema_of};

/// How alike two words are for one to be suggested in place of the other (Jaro-Winkler, 1 is equal).
const ALIKE: f64 = 0.78;

/// A mistake whose key is known, and its place not yet.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    /// The key, as sections, key and index.
    pub path: Vec<String>,
    pub message: String,
    pub suggestion: Option<String>,
}

impl Finding {
    /// The key as it is shown, `llm.stop.0` for one.
    pub fn key(&self) -> String {
        quoted(&self.path.join("."))
    }
}

/// Everything that the schema has against `value`.
pub(super) fn validate(value: &Value) -> Result<Vec<Finding>, ConfigError> {
    static VALIDATOR: LazyLock<Result<Validator, ValidationError<'static>>> =
        LazyLock::new(|| jsonschema::validator_for(&SCHEMA));
    let validator = VALIDATOR.as_ref().map_err(|error| ConfigError::Schema {
        message: error.to_string(),
    })?;
    let mut findings: Vec<Finding> = validator.iter_errors(value).flat_map(findings).collect();
    findings.sort_by(|one, other| one.path.cmp(&other.path));
    findings.dedup_by(|one, other| one.path == other.path);
    Ok(findings)
}

fn findings(error: ValidationError<'_>) -> Vec<Finding> {
    let path: Vec<String> = error
        .instance_path()
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(name) => name.into_owned(),
            LocationSegment::Index(index) => index.to_string(),
        })
        .collect();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| unknown(&path, name, error.instance()))
            .collect(),
        _ => vec![wrong_value(path, &error)],
    }
}

fn unknown(parent: &[String], name: &str, table: &Value) -> Finding {
    let path = [parent, &[name.to_owned()]].concat();
    let is_section = parent.is_empty() && table.get(name).is_some_and(Value::is_object);
    let what = if is_section { "section" } else { "key" };
    let known = schema_of(parent.iter().map(String::as_str))
        .into_iter()
        .flat_map(properties);
    Finding {
        message: format!("unknown {what} `{}`", quoted(&path.join("."))),
        suggestion: most_alike(name, known.map(|(name, _)| name))
            .or_else(|| in_another_section(name)),
        path,
    }
}

fn wrong_value(path: Vec<String>, error: &ValidationError<'_>) -> Finding {
    let value = error.instance();
    let schema = schema_of(path.iter().map(String::as_str)).unwrap_or(&Value::Null);
    let mut suggestion = None;
    let expected = match error.kind() {
        ValidationErrorKind::Enum { .. } => {
            suggestion = value
                .as_str()
                .and_then(|text| most_alike(text, choices_of(schema)));
            let choices: Vec<String> = choices_of(schema)
                .map(|choice| format!("`{choice}`"))
                .collect();
            match choices.as_slice() {
                [only] => format!("must be {only}"),
                several => format!("must be one of {}", several.join(", ")),
            }
        }
        ValidationErrorKind::Type { .. } => match schema.get("type").and_then(Value::as_str) {
            Some("string") => "must be text in quotes".into(),
            Some("integer") => "must be a whole number".into(),
            Some("number") => "must be a number".into(),
            Some("boolean") => "must be `true` or `false`".into(),
            Some("array") => "must be a list".into(),
            _ => "must be a section".into(),
        },
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
            match range_of(schema) {
                Some((least, greatest)) => format!("must be from {least} to {greatest}"),
                None => "is out of range".into(),
            }
        }
        ValidationErrorKind::MinLength { .. } => "must not be empty".into(),
        ValidationErrorKind::MaxItems { limit } => format!("must have at most {limit} entries"),
        ValidationErrorKind::Pattern { pattern } => format!("must match `{pattern}`"),
        _ => format!("is wrong: {}", error.masked()),
    };
    let found = match value.as_ref() {
        Value::String(text) if text.is_empty() => String::new(),
        Value::Null => ", not a date, `inf` or `nan`".into(),
        Value::Array(entries) => format!(", not a list of {}", entries.len()),
        Value::Object(_) => ", not a section".into(),
        scalar => format!(", not `{}`", quoted(&scalar.to_string())),
    };
    let key = quoted(&path.join("."));
    Finding {
        message: format!("`{key}` {expected}{found}"),
        suggestion,
        path,
    }
}

/// The one of `known` that is most like `word`, if any is.
fn most_alike<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate.to_owned())
}

/// The full name of the key called `name`, where just one section has it.
fn in_another_section(name: &str) -> Option<String> {
    let mut sections =
        properties(&SCHEMA).filter(|(_, section)| properties(section).any(|(key, _)| key == name));
    match (sections.next(), sections.next()) {
        (Some((section, _)), None) => Some(format!("{section}.{name}")),
        _ => None,
    }
}

/// The keys that the schema of a section has, each with its own schema.
pub(super) fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
}
