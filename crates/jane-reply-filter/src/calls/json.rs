//! Calls in JSON: Hermes, Qwen, Llama, Mistral, Granite, Phi, Command, Nemotron, Apertus and most that write none of their own.

use serde_json::{Map, Value};

use super::{Call, Read, is_name};

const NAMES: [&str; 4] = ["name", "tool_name", "tool", "action"];

const ARGUMENTS: [&str; 5] = ["arguments", "parameters", "args", "action_input", "input"];

/// The value that `text` begins with, and what is behind it.
pub fn value(text: &str) -> Option<(Value, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let rest = text.get(values.byte_offset()..)?;
    Some((value, rest))
}

pub fn read(text: &str) -> Read<'_> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let (value, rest) = value(text)?;
    let mut calls = calls(&value);
    if calls.is_empty() {
        calls = keyed(&value);
    }
    if calls.is_empty() {
        calls.extend(bare_name(&value));
    }
    (!calls.is_empty()).then_some((calls, rest))
}

/// The calls that `value` is beyond doubt: each has a name and arguments.
pub fn calls(value: &Value) -> Vec<Call> {
    match value {
        Value::Array(values) => values.iter().map_while(one).collect(),
        Value::Object(object) => match object.get("tool_calls") {
            Some(Value::Array(values)) => values.iter().map_while(one).collect(),
            _ => one(value).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}

fn one(value: &Value) -> Option<Call> {
    let object = value.as_object()?;
    for inner in ["function", "function_call"] {
        if let Some(inner) = object.get(inner).filter(|inner| inner.is_object()) {
            return one(inner);
        }
    }
    let name = NAMES.iter().find_map(|key| object.get(*key)?.as_str());
    let function = || object.get("function").and_then(Value::as_str);
    let name = name.or_else(function)?;
    let arguments = ARGUMENTS.iter().find_map(|key| object.get(*key))?;
    let takes = match arguments {
        Value::Object(_) | Value::Null => true,
        Value::String(text) => text.trim_start().starts_with('{') || text.is_empty(),
        _ => false,
    };
    // What has a description beside is a tool and no call of it.
    if !takes || !is_name(name.trim()) || object.contains_key("description") {
        return None;
    }
    Some(Call {
        name: plain(name),
        arguments: match arguments {
            Value::String(text) if text.is_empty() => Value::Null,
            arguments => arguments.clone(),
        },
        untyped: false,
    })
}

/// `{"name": {…}}`, as Apertus has it.
fn keyed(value: &Value) -> Vec<Call> {
    let of = |value: &Value| {
        let object = value.as_object().filter(|object| object.len() == 1)?;
        let (name, arguments) = object.iter().next()?;
        (is_name(name) && arguments.is_object()).then(|| Call {
            name: plain(name),
            arguments: arguments.clone(),
            untyped: false,
        })
    };
    match value {
        Value::Array(values) => values.iter().map_while(of).collect(),
        value => of(value).into_iter().collect(),
    }
}

/// `{"name": "…"}`, behind a mark of calls.
fn bare_name(value: &Value) -> Option<Call> {
    let object = value.as_object().filter(|object| object.len() <= 2)?;
    let name = object.get("name")?.as_str()?;
    is_name(name).then(|| Call {
        name: plain(name),
        arguments: Value::Object(Map::new()),
        untyped: false,
    })
}

/// The name without the space that tools are kept in.
pub fn plain(name: &str) -> String {
    let name = name.trim();
    let name = name.strip_prefix("functions.").unwrap_or(name);
    let name = name.strip_prefix("default_api.").unwrap_or(name);
    name.to_owned()
}
