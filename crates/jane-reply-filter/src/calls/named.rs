//! A name, and its arguments behind it: `name{…}` of Mistral and Functionary, `functions.name:0<|tool_call_argument_begin|>{…}` of Kimi,
//! `function<｜tool▁sep｜>name` and a block of JSON of DeepSeek, `<|tool_call:name|>name<|tool_call:args|>{…}` of Solar, and
//! `name<arg_key>key</arg_key><arg_value>value</arg_value>` of GLM, Ling, Laguna and Hunyuan.

use serde_json::{Map, Value};

use super::values::first;
use super::{Call, Read, is_name, json};

/// What may stand between a name and its arguments.
const BETWEEN: [&str; 6] = [
    "[ARGS]",
    "<｜tool▁sep｜>",
    "<|tool_call_argument_begin|>",
    "<|tool_call:args|>",
    "<tool_sep>",
    "<tool_sep:opensource>",
];

pub fn read(text: &str) -> Read<'_> {
    let (name, mut rest) = name(text)?;
    // DeepSeek's first models say before the name what kind of thing it is.
    if name == "function"
        && let Some(behind) = rest.strip_prefix("<｜tool▁sep｜>")
    {
        return read(behind);
    }
    // Solar's say its id.
    if let Some(behind) = rest.strip_prefix("<|tool_call:name|>") {
        return read(behind);
    }
    if let Some(behind) = rest.strip_prefix("[CALL_ID]") {
        let end = behind.find(['[', '{'])?;
        rest = behind.get(end..)?;
    }
    for mark in BETWEEN {
        rest = rest.strip_prefix(mark).unwrap_or(rest);
    }
    rest = rest.trim_start();
    let fenced = rest.strip_prefix("```");
    rest = fenced.map_or(rest, |rest| rest.strip_prefix("json").unwrap_or(rest));
    rest = rest.trim_start();
    let name = plain(name);
    if !is_name(&name) {
        return None;
    }
    if rest.starts_with('{') {
        let (arguments, rest) = json::value(rest)?;
        let call = Call {
            name,
            arguments,
            untyped: false,
        };
        return Some((vec![call], rest));
    }
    let (arguments, rest) = keys_and_values(rest)?;
    let call = Call {
        name,
        arguments: Value::Object(arguments),
        untyped: true,
    };
    Some((vec![call], rest))
}

/// The name that `text` begins with, and what is behind it.
fn name(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("<|tool_call:name|>").unwrap_or(text);
    let of_name = |letter: char| letter.is_ascii_alphanumeric() || "_.-:".contains(letter);
    let end = text.find(|letter| !of_name(letter)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at_checked(end))?
}

/// The name without the space that tools are kept in, and without its number.
fn plain(name: &str) -> String {
    let name = match name.rsplit_once(':') {
        Some((name, number)) if number.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => name,
    };
    json::plain(name)
}

/// `<arg_key>…</arg_key><arg_value>…</arg_value>`, as often as there are arguments, up to the end of the call.
fn keys_and_values(text: &str) -> Option<(Map<String, Value>, &str)> {
    let mut arguments = Map::new();
    let mut rest = text.trim_start();
    loop {
        let Some(behind) = opened(rest, "<arg_key") else {
            // A call without arguments has an end.
            let is_over = rest.starts_with("</") || !arguments.is_empty();
            return is_over.then_some((arguments, rest));
        };
        let (end, _) = first(behind, &["</arg_key"])?;
        let key = behind.get(..end)?.trim().to_owned();
        rest = behind.get(end..)?.split_once('>')?.1.trim_start();
        let behind = opened(rest, "<arg_value")?;
        let (end, _) = first(behind, &["</arg_value", "<arg_key", "</tool_call"])?;
        let value = behind.get(..end)?.to_owned();
        rest = behind.get(end..)?;
        if rest.starts_with("</arg_value") {
            rest = rest.split_once('>')?.1;
        }
        rest = rest.trim_start();
        arguments.insert(key, Value::String(value));
    }
}

/// What is behind the tag `begun` at the beginning of `text`, which may have a suffix.
fn opened<'a>(text: &'a str, begun: &str) -> Option<&'a str> {
    let (suffix, rest) = text.strip_prefix(begun)?.split_once('>')?;
    (suffix.is_empty() || suffix.starts_with(':')).then_some(rest)
}
