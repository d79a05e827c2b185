//! What may be written in calls of the tools that are offered, as a grammar in llguidance's dialect of Lark.
//!
//! It begins behind the first marker and leads to the end of the message: a call, and where the form allows it further ones. The
//! name is one of those offered, and the arguments obey its schema.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::OfferedTool;
use super::format::{ARGS, CALL, CALL_END, CALL_ID, CALLS, Format};

/// Calls in one message at most: a small model might write the same one until there is no more room.
const MOST_CALLS: usize = 8;

/// What arguments are where their schema cannot be used: JSON in general.
pub fn any_object() -> Value {
    json!({ "type": "object" })
}

/// The grammar of calls of `tools` with these schemas for their arguments. `marker` is how the grammar names a text that may be a
/// token of its own.
pub fn grammar(
    format: Format,
    tools: &[(&OfferedTool, &Value)],
    marker: impl Fn(&str) -> String,
) -> String {
    let further = MOST_CALLS - 1;
    let mut rules = match format {
        Format::Hermes => format!(
            "start: call {end} (S? {begin} call {end}){{0,{further}}} S?\ncall: tool TAIL\n",
            begin = marker(CALL),
            end = marker(CALL_END),
        ),
        Format::Llama3 => "start: call S?\ncall: tool TAIL\n".to_owned(),
        Format::MistralList => {
            format!("start: S? \"[\" call (\",\" call){{0,{further}}} \"]\" S?\ncall: tool TAIL\n")
        }
        Format::MistralNamed { .. } => format!(
            "start: tool (S? {begin} tool){{0,{further}}} S?\n",
            begin = marker(CALLS),
        ),
    };
    rules.push_str("S: /[ \\n]{1,2}/\nTAIL: /[ \\n]{0,2}\\}[ \\n]{0,2}/\n");
    let between = match format {
        Format::MistralNamed { call_id, args } => {
            rules.push_str("ID: /[a-zA-Z0-9]{9}/\n");
            let mut between = String::new();
            if call_id {
                let _ = write!(between, " {} ID", marker(CALL_ID));
            }
            if args {
                let _ = write!(between, " {}", marker(ARGS));
            }
            between
        }
        _ => String::new(),
    };
    let choices: Vec<String> = (0..tools.len())
        .map(|number| format!("tool{number}"))
        .collect();
    let _ = writeln!(rules, "tool: {}", choices.join(" | "));
    for (number, (tool, schema)) in tools.iter().enumerate() {
        let _ = writeln!(
            rules,
            "tool{number}: HEAD{number}{between} arguments{number}\nHEAD{number}: /{head}/\narguments{number}: %json {schema}",
            head = head(format, &tool.name),
            schema = laid_out(schema),
        );
    }
    rules
}

/// What stands before a call's arguments, as a regular expression.
fn head(format: Format, name: &str) -> String {
    if let Format::MistralNamed { .. } = format {
        return literal(name);
    }
    format!(
        "[ \\n]{{0,2}}\\{{ ?\"name\" ?: ?{name} ?, ?\"{arguments}\" ?: ?",
        name = literal(&Value::from(name).to_string()),
        arguments = format.arguments(),
    )
}

/// An expression of `text` itself.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            pattern.push(character);
        } else {
            let _ = write!(pattern, "\\x{{{:x}}}", u32::from(character));
        }
    }
    pattern
}

/// `schema` as arguments obey it: an object, of the properties that it names and, where it does not say otherwise, no others.
pub fn strict(schema: &Value) -> Value {
    const OTHERWISE: [&str; 6] = [
        "additionalProperties",
        "patternProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "$ref",
    ];
    let Value::Object(schema) = schema else {
        return any_object();
    };
    let mut schema = schema.clone();
    schema.entry("type").or_insert_with(|| "object".into());
    if schema.contains_key("properties") && !OTHERWISE.iter().any(|key| schema.contains_key(*key)) {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    Value::Object(schema)
}

/// `schema` with the library's note on how JSON is laid out: on one line, as models are taught, for a small one might write spaces
/// without end.
fn laid_out(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(keys) = &mut schema {
        let layout = json!({ "whitespace_flexible": false, "item_separator": ", ?", "key_separator": ": ?" });
        keys.insert("x-guidance".to_owned(), layout);
    }
    schema
}
