//! Calls as Gemma 4 writes them: `call:name{key:<|"|>value<|"|>,other:[1,2]}`.

use serde_json::{Map, Number, Value};

use super::{Call, Read, is_name, json};

const QUOTE: &str = "<|\"|>";

/// Values within values at most.
const DEEPEST: usize = 32;

pub fn read(text: &str) -> Read<'_> {
    let inner = text.strip_prefix("call:")?;
    let (name, _) = inner.split_once('{')?;
    let rest = inner.get(name.len()..)?;
    let name = json::plain(name);
    if !is_name(&name) {
        return None;
    }
    let (arguments, rest) = object(rest, 0)?;
    let call = Call {
        name,
        arguments,
        untyped: false,
    };
    Some((vec![call], rest))
}

fn object(text: &str, depth: usize) -> Option<(Value, &str)> {
    let mut rest = text.strip_prefix('{')?.trim_start();
    let mut values = Map::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((Value::Object(values), rest));
        }
        let (key, behind) = match rest.strip_prefix(QUOTE) {
            Some(inner) => {
                let (key, behind) = inner.split_once(QUOTE)?;
                (key, behind.trim_start().strip_prefix(':')?)
            }
            None => rest.split_once(':')?,
        };
        let (value, behind) = value(behind.trim_start(), depth + 1)?;
        values.insert(key.trim().trim_matches('"').to_owned(), value);
        rest = behind.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}

fn list(text: &str, depth: usize) -> Option<(Value, &str)> {
    let mut rest = text.strip_prefix('[')?.trim_start();
    let mut values = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix(']') {
            return Some((Value::Array(values), rest));
        }
        let (value, behind) = value(rest, depth + 1)?;
        values.push(value);
        rest = behind.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}

fn value(text: &str, depth: usize) -> Option<(Value, &str)> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(inner) = text.strip_prefix(QUOTE) {
        let (value, rest) = inner.split_once(QUOTE)?;
        return Some((Value::String(value.to_owned()), rest));
    }
    match text.chars().next()? {
        '{' => object(text, depth),
        '[' => list(text, depth),
        '"' => json::value(text),
        _ => {
            let end = text.find([',', '}', ']'])?;
            let (word, rest) = text.split_at_checked(end)?;
            let value = match word.trim() {
                "" => return None,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" | "None" => Value::Null,
                word => match word.parse::<Number>() {
                    Ok(number) => Value::Number(number),
                    Err(_) => Value::String(word.to_owned()),
                },
            };
            Some((value, rest))
        }
    }
}
