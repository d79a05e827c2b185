//! What is shared by the readers of calls: what stands between calls, and values whose type is not written.

use serde_json::{Map, Value};

use super::super::marks::{Found, Mark, marked_at};

/// `text` without spaces, separators, ends of blocks of code and marks that surround calls at its beginning; and whether what follows was
/// begun as a call.
pub fn skipped(text: &str) -> (&str, bool) {
    let mut text = text;
    let mut is_begun = false;
    loop {
        text =
            text.trim_start_matches(|letter: char| letter.is_whitespace() || ";,".contains(letter));
        if let Some(rest) = text.strip_prefix("```") {
            let word = rest.find(|letter: char| !letter.is_ascii_alphabetic() && letter != '_');
            let known = ["", "json", "tool_code", "tool_call", "tool_calls", "python"];
            let (word, behind) = rest
                .split_at_checked(word.unwrap_or(rest.len()))
                .unwrap_or((rest, ""));
            text = match known.contains(&word) {
                true => behind,
                false => rest,
            };
            continue;
        }
        match marked_at(text) {
            Found::Mark {
                length,
                mark: mark @ (Mark::Calls { kept: false } | Mark::Nothing | Mark::Ends),
            } => {
                is_begun = matches!(mark, Mark::Calls { .. });
                text = text.get(length.max(1)..).unwrap_or_default();
            }
            _ => return (text, is_begun),
        }
    }
}

/// The place of the first of `ends` in `text`, and its length.
pub fn first(text: &str, ends: &[&str]) -> Option<(usize, usize)> {
    let places = ends
        .iter()
        .filter_map(|end| text.find(end).map(|place| (place, end.len())));
    places.min()
}

/// `arguments`, whose texts are as they were written, with the types that `schema` has for them.
pub fn typed(arguments: Map<String, Value>, schema: &Value) -> Value {
    let properties = schema.get("properties");
    let typed = arguments.into_iter().map(|(key, value)| {
        let property = properties.and_then(|properties| properties.get(&key));
        let value = match value {
            Value::String(text) => of_text(text, property),
            value => value,
        };
        (key, value)
    });
    Value::Object(typed.collect())
}

/// The value of `text`: text where the schema `property` wants that, or nothing else can be made of it.
fn of_text(text: String, property: Option<&Value>) -> Value {
    let wanted = property.and_then(|property| property.get("type"));
    let takes = |name: &str| match wanted {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    };
    if takes("string") || (wanted.is_none() && property.is_some_and(has_texts)) {
        return Value::String(text);
    }
    if takes("boolean") {
        match text.trim() {
            "True" => return Value::Bool(true),
            "False" => return Value::Bool(false),
            _ => {}
        }
    }
    match serde_json::from_str(text.trim()) {
        Ok(Value::String(_)) | Err(_) => Value::String(text),
        Ok(value) => value,
    }
}

/// Whether a schema without a type lists texts.
fn has_texts(property: &Value) -> bool {
    let listed = property.get("enum").and_then(Value::as_array);
    listed.is_some_and(|values| values.iter().any(Value::is_string))
}
