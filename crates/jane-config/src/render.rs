//! Writes the `jane.toml` that ships: every key with its description, limits and default.
//!
//! It is made from the schema alone, so it cannot leave out or misname a key, and loading it gives the
//! defaults.

use serde_json::Value;

use super::schema::{SCHEMA, choices_of, entries_of, range_of};
use super::validate::properties;

const INTRODUCTION: &str = "\
# Jane's configuration. Every key is here, with its default: what you delete falls back to it.
# While Jane runs, a right edit takes effect at once and a wrong one changes nothing; `jane check`
# says what is wrong. A file that was emptied or cut off changes nothing either: to go back to the
# default of everything while she runs, leave the one line `# defaults` in it.
# An environment variable overrides this file (JANE_LLM__MODEL is `model` in `[llm]`), and
# `--set llm.model=…` on the command line overrides both.
";

/// The text of the default `jane.toml`.
pub fn render_default() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (name, schema) in properties(&SCHEMA) {
        let defaults = schema.get("default");
        match entries_of(schema).zip(defaults.and_then(Value::as_object)) {
            Some((entry, defaults)) => {
                text.push('\n');
                text.push_str(&comment(schema));
                for (default, values) in defaults {
                    render_section(&mut text, &format!("{name}.{default}"), entry, Some(values));
                }
            }
            None => render_section(&mut text, name, schema, None),
        }
    }
    text
}

/// The section called `name`, and the sections within it, which come after its keys. Its values are `values`, else the defaults.
fn render_section(text: &mut String, name: &str, schema: &Value, values: Option<&Value>) {
    let (sections, keys): (Vec<_>, Vec<_>) =
        properties(schema).partition(|(_, schema)| is_section(schema));
    text.push('\n');
    text.push_str(&comment(schema));
    text.push_str(&format!("[{name}]\n"));
    for (key, schema) in keys {
        let value = values.and_then(|values| values.get(key));
        let default = value.or_else(|| schema.get("default"));
        let default = literal(default.unwrap_or(&Value::Null));
        text.push_str(&comment(schema));
        text.push_str(&format!("{key} = {default}\n"));
    }
    for (section, schema) in sections {
        render_section(text, &format!("{name}.{section}"), schema, None);
    }
}

fn is_section(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// The description of a key and what it allows.
fn comment(schema: &Value) -> String {
    let mut text = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let choices: Vec<&str> = choices_of(schema).collect();
    if !choices.is_empty() {
        text.push_str(&format!(" One of: {}.", choices.join(", ")));
    }
    if let Some((least, greatest)) = range_of(schema) {
        text.push_str(&format!(" From {least} to {greatest}."));
    }
    text.lines().map(|line| format!("# {line}\n")).collect()
}

/// A default as TOML writes it. Defaults are scalars and lists of them.
fn literal(value: &Value) -> String {
    let literal = match value {
        Value::String(text) => toml_edit::Value::from(text),
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(literal).collect();
            return format!("[{}]", entries.join(", "));
        }
        // JSON and TOML write these alike.
        other => return other.to_string(),
    };
    literal.to_string()
}

#[cfg(test)]
mod tests {
    use super::render_default;

    /// After a change of a key, copy the text that this shows as `left` to `jane.toml`.
    #[test]
    fn the_file_that_ships_is_the_default() {
        assert_eq!(render_default(), include_str!("../../../jane.toml"));
    }
}
