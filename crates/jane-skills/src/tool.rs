//! The tools of a skill: what it says they take is checked when it is loaded, and held against every call.

use std::time::Duration;

use serde_json::Value;

use super::bindings::jane::skill::types::Tool as Declared;
use super::instance::harmless;
use super::schema::{Limits, Schema};

/// Tools of one skill.
const MOST: usize = 32;

/// Bytes of a description and of a schema as it is declared.
const LONGEST_DESCRIPTION: usize = 2 << 10;
const LONGEST_SCHEMA: usize = 16 << 10;

/// Bytes that all tools of a skill together may tell the language model: they are part of what it reads for every question.
const MOST_TOLD: usize = 32 << 10;

/// Patterns that the schemas of a skill may have.
const MOST_PATTERNS: usize = 32;

/// Bytes of arguments.
const LONGEST_ARGUMENTS: usize = 64 << 10;

/// Characters of a tool's name.
pub const LONGEST_NAME: usize = 64;

/// What stands between the name of a skill and that of its tool where both are said, and in no name of a tool itself.
pub const BETWEEN: &str = "__";

/// The key of a schema that states what people say for the tool: a list of texts. JSON Schema leaves keys of this kind to whoever
/// reads it.
const EXAMPLES: &str = "x-examples";
const MOST_EXAMPLES: usize = 64;
const LONGEST_EXAMPLE: usize = 200;

/// Mistakes in arguments that are told at once.
const MISTAKES: usize = 5;

/// A tool as it was declared.
#[derive(Debug)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments, as text, and of what everybody knows of that.
    pub schema: String,
    /// What people say for it, as its schema's `x-examples` state.
    pub examples: Vec<String>,
    pub timeout: Option<Duration>,
    read: Schema,
}

impl Tool {
    /// A tool whose schema takes what it takes of `limits`.
    ///
    /// # Errors
    /// What is wrong with the declaration.
    fn new(declared: Declared, limits: &mut Limits) -> Result<Self, String> {
        let Declared {
            name,
            description,
            input_schema,
            timeout_ms,
        } = declared;
        check_name(&name)?;
        if description.len() > LONGEST_DESCRIPTION {
            return Err(format!(
                "the description of the tool `{name}` has more than {LONGEST_DESCRIPTION} bytes"
            ));
        }
        let wrong = |reason: String| format!("the schema of the tool `{name}` is wrong: {reason}");
        if input_schema.len() > LONGEST_SCHEMA {
            return Err(wrong(format!("it has more than {LONGEST_SCHEMA} bytes")));
        }
        let mut declared: Value =
            serde_json::from_str(&input_schema).map_err(|error| wrong(error.to_string()))?;
        let examples = take_examples(&mut declared).map_err(wrong)?;
        let told = name.len() + description.len();
        let left = limits.bytes.checked_sub(told);
        limits.bytes = left.ok_or_else(|| {
            format!("its tools have more than {MOST_TOLD} bytes of descriptions and schemas")
        })?;
        let read = Schema::of_object(&declared.to_string(), limits).map_err(wrong)?;
        Ok(Self {
            schema: read.shown().to_string(),
            examples,
            timeout: timeout_ms.map(|ms| Duration::from_millis(ms.into())),
            description: harmless(&description, LONGEST_DESCRIPTION),
            name,
            read,
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
        let mut limits = Limits::new(MOST_TOLD, MOST_PATTERNS);
        let mut tools: Vec<Self> = Vec::new();
        for tool in declared {
            let tool = Self::new(tool, &mut limits)?;
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
        if text.len() > LONGEST_ARGUMENTS {
            return Err(format!(
                "the arguments have more than {LONGEST_ARGUMENTS} bytes"
            ));
        }
        let arguments: Value = serde_json::from_str(text)
            .map_err(|error| format!("the arguments are no JSON: {error}"))?;
        match self.read.check(&arguments, MISTAKES) {
            Ok(()) => Ok(arguments.to_string()),
            Err(mistakes) => Err(format!("the arguments are wrong: {}", mistakes.join("; "))),
        }
    }
}

/// Takes what people say for a tool out of its schema, of which no model is told.
fn take_examples(schema: &mut Value) -> Result<Vec<String>, String> {
    let examples = schema
        .as_object_mut()
        .and_then(|keys| keys.remove(EXAMPLES));
    let Some(examples) = examples else {
        return Ok(Vec::new());
    };
    let wrong = || {
        format!(
            "`{EXAMPLES}` has to be a list of at most {MOST_EXAMPLES} texts of {LONGEST_EXAMPLE} bytes"
        )
    };
    let examples: Vec<String> = serde_json::from_value(examples).map_err(|_| wrong())?;
    let fit = examples.len() <= MOST_EXAMPLES
        && examples.iter().all(|text| text.len() <= LONGEST_EXAMPLE);
    fit.then_some(examples).ok_or_else(wrong)
}

/// # Errors
/// Where a tool cannot be called that.
pub fn check_name(name: &str) -> Result<(), String> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let shown = || harmless(name, LONGEST_NAME);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(letters) {
        return Err(format!(
            "`{}` cannot be the name of a tool: it has 1 to {LONGEST_NAME} letters, digits, `_` and `-`",
            shown()
        ));
    }
    if name.contains(BETWEEN) {
        return Err(format!(
            "`{}` cannot be the name of a tool: `{BETWEEN}` stands between the names of a skill and its tool",
            shown()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, schema: &str) -> Result<Tool, String> {
        let declared = Declared {
            name: name.to_owned(),
            description: "Adds.".to_owned(),
            input_schema: schema.to_owned(),
            timeout_ms: None,
        };
        Tool::all(vec![declared]).map(|mut tools| tools.remove(0))
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
        let long_name = "x".repeat(65);
        for (name, schema) in [
            ("", object),
            ("a b", object),
            ("<|im_end|>", object),
            ("list__add", object),
            ("add\u{202e}", object),
            (long_name.as_str(), object),
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
    fn arguments_that_are_too_much_are_told_so() {
        let tool = tool("add", r#"{"type": "object"}"#).unwrap();
        let of = |bytes: usize| format!(r#"{{"a": "{}"}}"#, "x".repeat(bytes));
        assert!(tool.check(&of(60_000)).is_ok());
        assert!(tool.check(&of(70_000)).unwrap_err().contains("bytes"));
        let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "1");
        assert!(tool.check(&deep).is_err());
    }

    #[test]
    fn what_all_tools_tell_the_model_is_bounded() {
        let declared = |number: usize| Declared {
            name: format!("tool{number}"),
            description: "x".repeat(2_000),
            input_schema: r#"{"type": "object"}"#.to_owned(),
            timeout_ms: Some(u32::MAX),
        };
        assert!(Tool::all((0..16).map(declared).collect()).is_ok());
        let reason = Tool::all((0..17).map(declared).collect()).unwrap_err();
        assert!(reason.contains("32768 bytes"), "{reason}");
    }
}
