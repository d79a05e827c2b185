//! The tools of a skill: what it says they take is checked when it is loaded, and held against every call.

use std::collections::HashMap;
use std::time::Duration;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::bindings::jane::skill::types::Tool as Declared;

/// Tools of one skill.
const MOST: usize = 32;

/// Bytes of a description and of a schema.
const LONGEST_DESCRIPTION: usize = 2 << 10;
const LONGEST_SCHEMA: usize = 16 << 10;

/// Characters of a tool's name.
pub const LONGEST_NAME: usize = 64;

/// Objects and lists of a schema, with each `$ref` counted as what it refers to: checking arguments takes time for each.
const LARGEST_SCHEMA: usize = 2_000;

/// Keywords with which a schema refers to itself in ways that are not followed here, or changes what `#/…` means.
const ELSEWHERE: [&str; 6] = [
    "$id",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
];

/// Mistakes in arguments that are told at once.
const MISTAKES: usize = 5;

/// A tool as it was declared.
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments, as text.
    pub schema: String,
    pub timeout: Option<Duration>,
    validator: Validator,
}

impl Tool {
    /// # Errors
    /// What is wrong with the declaration.
    pub fn new(declared: Declared) -> Result<Self, String> {
        let Declared {
            name,
            description,
            input_schema,
            timeout_ms,
        } = declared;
        let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(letters) {
            return Err(format!(
                "`{}` cannot be the name of a tool",
                name.escape_debug()
            ));
        }
        if description.len() > LONGEST_DESCRIPTION || input_schema.len() > LONGEST_SCHEMA {
            return Err(format!("the tool `{name}` says too much of itself"));
        }
        let wrong = |reason: String| format!("the schema of the tool `{name}` is wrong: {reason}");
        let schema: Value =
            serde_json::from_str(&input_schema).map_err(|error| wrong(error.to_string()))?;
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(wrong("it is not that of an object".to_owned()));
        }
        Size::of(&schema).map_err(wrong)?;
        // Patterns come from the skill: they must not take for ever.
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            schema: schema.to_string(),
            timeout: timeout_ms.map(|ms| Duration::from_millis(ms.into())),
            name,
            description,
            validator,
        })
    }

    /// All of a skill's.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn all(declared: Vec<Declared>) -> Result<Vec<Self>, String> {
        if declared.len() > MOST {
            return Err(format!("it has more than {MOST} tools"));
        }
        let mut tools: Vec<Self> = Vec::new();
        for tool in declared {
            let tool = Self::new(tool)?;
            if tools.iter().any(|other| other.name == tool.name) {
                return Err(format!("it has two tools called `{}`", tool.name));
            }
            tools.push(tool);
        }
        Ok(tools)
    }

    /// The arguments as JSON. None at all stand for an empty object.
    ///
    /// # Errors
    /// What is wrong with them, for whoever wrote them.
    pub fn check(&self, arguments: &str) -> Result<String, String> {
        let text = arguments.trim();
        let text = if text.is_empty() { "{}" } else { text };
        let arguments: Value = serde_json::from_str(text)
            .map_err(|error| format!("the arguments are no JSON: {error}"))?;
        let mistakes = self.validator.iter_errors(&arguments).take(MISTAKES);
        let mistakes: Vec<String> = mistakes
            .map(|error| match error.instance_path().as_str() {
                "" => error.to_string(),
                path => format!("{path}: {error}"),
            })
            .collect();
        if mistakes.is_empty() {
            Ok(arguments.to_string())
        } else {
            Err(format!("the arguments are wrong: {}", mistakes.join("; ")))
        }
    }
}

/// Measures a schema with everything that it refers to.
struct Size<'a> {
    schema: &'a Value,
    /// What was measured, by its place; `None` while it is.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Size<'a> {
    /// # Errors
    /// Where it is too large, refers to itself without an end, or to something that is not in it.
    fn of(schema: &'a Value) -> Result<(), String> {
        let mut size = Self {
            schema,
            known: HashMap::new(),
        };
        match size.measure(schema)? {
            0..=LARGEST_SCHEMA => Ok(()),
            _ => Err(format!(
                "with what it refers to it has more than {LARGEST_SCHEMA} parts"
            )),
        }
    }

    fn measure(&mut self, value: &'a Value) -> Result<usize, String> {
        let mut size: usize = 1;
        match value {
            Value::Object(entries) => {
                for (name, entry) in entries {
                    if ELSEWHERE.contains(&name.as_str()) {
                        return Err(format!("`{name}` is not supported"));
                    }
                    size = size.saturating_add(match (name.as_str(), entry) {
                        ("$ref", Value::String(place)) => self.referred(place)?,
                        _ => self.measure(entry)?,
                    });
                }
            }
            Value::Array(entries) => {
                for entry in entries {
                    size = size.saturating_add(self.measure(entry)?);
                }
            }
            _ => return Ok(0),
        }
        Ok(size)
    }

    fn referred(&mut self, place: &'a str) -> Result<usize, String> {
        match self.known.get(place) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(format!("`{place}` refers to itself")),
            None => {}
        }
        let pointer = place.strip_prefix('#').filter(|rest| rest.starts_with('/'));
        let part = pointer.and_then(|pointer| self.schema.pointer(pointer));
        let part = part.ok_or_else(|| format!("there is no `{place}` in it"))?;
        self.known.insert(place, None);
        let size = self.measure(part)?;
        self.known.insert(place, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, schema: &str) -> Result<Tool, String> {
        Tool::new(Declared {
            name: name.to_owned(),
            description: "Adds.".to_owned(),
            input_schema: schema.to_owned(),
            timeout_ms: None,
        })
    }

    const SUM: &str = r#"{"type": "object", "properties": {"a": {"type": "number"}, "unit": {"enum": ["m", "ft"]}}, "required": ["a"], "additionalProperties": false}"#;

    #[test]
    fn arguments_are_held_against_the_schema() {
        let tool = tool("add", SUM).unwrap();
        assert_eq!(tool.check(r#" {"a": 1} "#).unwrap(), r#"{"a":1}"#);
        for wrong in [
            "",
            "[]",
            r#"{"a": "1"}"#,
            r#"{"a": 1, "unit": "km"}"#,
            r#"{"a": 1, "b": 2}"#,
            "{\"a\": 1",
        ] {
            assert!(tool.check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hostile_declaration_is_refused() {
        let object = r#"{"type": "object"}"#;
        assert!(tool("add", object).is_ok());
        for (name, schema) in [
            ("", object),
            ("a b", object),
            ("<|im_end|>", object),
            ("add", "[]"),
            ("add", "{"),
            ("add", r#"{"type": "array"}"#),
            (
                "add",
                r#"{"type": "object", "properties": {"a": {"type": "nonsense"}}}"#,
            ),
            (
                "add",
                r#"{"type": "object", "$ref": "http://127.0.0.1/schema"}"#,
            ),
            ("add", r#"{"type": "object", "$ref": "file:///etc/passwd"}"#),
        ] {
            assert!(tool(name, schema).is_err(), "{name} {schema}");
        }
        let long = format!(
            r#"{{"type": "object", "description": "{}"}}"#,
            "x".repeat(20_000)
        );
        assert!(tool("add", &long).is_err());
    }

    #[test]
    fn what_a_schema_refers_to_is_bounded() {
        let with = |defs: &str, refers: &str| {
            let schema = format!(
                r##"{{"type": "object", "properties": {{"a": {{"$ref": "{refers}"}}}}, "$defs": {{{defs}}}}}"##
            );
            tool("add", &schema)
        };
        let number = r##""n": {"type": "number"}"##;
        let tool = with(number, "#/$defs/n").unwrap();
        assert!(tool.check(r#"{"a": 1}"#).is_ok() && tool.check(r#"{"a": "1"}"#).is_err());
        // Each twice as large as the one before: checked to the end, the last would take for ever.
        let doubling: Vec<String> = (0..60)
            .map(|number| {
                let next = format!(r##"{{"$ref": "#/$defs/d{}"}}"##, number + 1);
                format!(r##""d{number}": {{"allOf": [{next}, {next}]}}"##)
            })
            .chain([r##""d60": {"type": "number"}"##.to_owned()])
            .collect();
        let doubling = doubling.join(", ");
        let reason = |tool: Result<Tool, String>| tool.err().unwrap();
        assert!(reason(with(&doubling, "#/$defs/d0")).contains("2000 parts"));
        assert!(with(&doubling, "#/$defs/d58").is_err());
        let own = r##""n": {"properties": {"b": {"$ref": "#/$defs/n"}}}"##;
        assert!(reason(with(own, "#/$defs/n")).contains("refers to itself"));
        for (defs, refers) in [
            (number, "#"),
            (number, "#n"),
            (number, "#/$defs/m"),
            (number, "n.json"),
            (r##""n": {"$id": "x", "type": "number"}"##, "#/$defs/n"),
            (r##""n": {"$dynamicRef": "#n"}"##, "#/$defs/n"),
        ] {
            assert!(with(defs, refers).is_err(), "{defs} {refers}");
        }
    }

    #[test]
    fn a_pattern_that_explodes_does_not_take_for_ever() {
        let schema =
            r#"{"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}"#;
        if let Ok(tool) = tool("add", schema) {
            let hostile = format!(r#"{{"a": "{}!"}}"#, "a".repeat(5_000));
            assert!(tool.check(&hostile).is_err());
        }
    }
}
