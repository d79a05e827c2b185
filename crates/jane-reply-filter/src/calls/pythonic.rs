//! Calls as Python has them: `[name(key="value", other=[1, 2])]` of LFM2 and Llama 4, `name(key='value')` of Gemma's `tool_code`.

use serde_json::{Map, Number, Value};

use super::{Call, is_name, json};

/// Values within values at most.
const DEEPEST: usize = 32;

/// What a text is, which may not be whole.
#[derive(Debug, PartialEq)]
pub enum Read<'a> {
    /// Calls, and what is behind them.
    Calls(Vec<Call>, &'a str),
    /// What follows decides.
    More,
    None,
}

/// Why a reader stopped.
enum Stop {
    /// The text ended.
    End,
    Wrong,
}

type Part<'a, T> = Result<(T, &'a str), Stop>;

/// Calls in a list, or one alone; also within `print(…)`.
pub fn read(text: &str) -> super::Read<'_> {
    if text.starts_with('[') {
        return match list(text) {
            Read::Calls(calls, rest) => Some((calls, rest)),
            Read::More | Read::None => None,
        };
    }
    if let Some(inner) = text.strip_prefix("print(") {
        let (call, rest) = call(inner).ok()?;
        return Some((vec![call], rest.strip_prefix(')').unwrap_or(rest)));
    }
    let (call, rest) = call(text).ok()?;
    Some((vec![call], rest))
}

/// A list of calls at the beginning of `text`, which begins with `[`.
pub fn list(text: &str) -> Read<'_> {
    let Some(inner) = text.strip_prefix('[') else {
        return Read::None;
    };
    let mut rest = inner.trim_start();
    let mut calls = Vec::new();
    loop {
        match call(rest) {
            Ok((call, behind)) => {
                calls.push(call);
                rest = behind.trim_start();
            }
            Err(Stop::End) => return Read::More,
            Err(Stop::Wrong) => return Read::None,
        }
        if let Some(behind) = rest.strip_prefix(']') {
            return Read::Calls(calls, behind);
        }
        match rest.strip_prefix(',') {
            Some(behind) => rest = behind.trim_start(),
            None if rest.is_empty() => return Read::More,
            None => return Read::None,
        }
    }
}

fn call(text: &str) -> Part<'_, Call> {
    let (name, mut rest) = word(text)?;
    if !is_name(name) {
        return Err(if rest.is_empty() {
            Stop::End
        } else {
            Stop::Wrong
        });
    }
    rest = after(rest, '(')?.trim_start();
    let mut arguments = Map::new();
    loop {
        if let Some(rest) = rest.strip_prefix(')') {
            let call = Call {
                name: json::plain(name),
                arguments: Value::Object(arguments),
                untyped: false,
            };
            return Ok((call, rest));
        }
        let (key, behind) = word(rest)?;
        if key.is_empty() && !behind.is_empty() {
            return Err(Stop::Wrong);
        }
        let behind = after(behind.trim_start(), '=')?;
        let (argument, behind) = value(behind.trim_start(), 0)?;
        arguments.insert(key.to_owned(), argument);
        rest = separated(behind, ')')?;
    }
}

/// What is behind the comma that `text` begins with, or `text` where its end `closing` comes.
fn separated(text: &str, closing: char) -> Result<&str, Stop> {
    let text = text.trim_start();
    if text.starts_with(closing) {
        return Ok(text);
    }
    after(text, ',').map(str::trim_start)
}

fn after(text: &str, letter: char) -> Result<&str, Stop> {
    match text.strip_prefix(letter) {
        Some(rest) => Ok(rest),
        None if text.is_empty() => Err(Stop::End),
        None => Err(Stop::Wrong),
    }
}

/// Letters, digits, `_`, `.` and `-` at the beginning of `text`.
fn word(text: &str) -> Part<'_, &str> {
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-".contains(letter)));
    let end = end.ok_or(Stop::End)?;
    text.split_at_checked(end).ok_or(Stop::Wrong)
}

fn value(text: &str, depth: usize) -> Part<'_, Value> {
    if depth > DEEPEST {
        return Err(Stop::Wrong);
    }
    match text.chars().next().ok_or(Stop::End)? {
        quote @ ('"' | '\'') => string(text, quote),
        '[' | '(' => sequence(text, depth),
        '{' => object(text, depth),
        _ => {
            let (word, rest) = word(text.strip_prefix('+').unwrap_or(text))?;
            let value = match word {
                "True" | "true" => Value::Bool(true),
                "False" | "false" => Value::Bool(false),
                "None" | "null" => Value::Null,
                word => Value::Number(word.parse::<Number>().map_err(|_| Stop::Wrong)?),
            };
            Ok((value, rest))
        }
    }
}

fn sequence(text: &str, depth: usize) -> Part<'_, Value> {
    let (open, closing) = match text.starts_with('[') {
        true => ('[', ']'),
        false => ('(', ')'),
    };
    let mut rest = after(text, open)?.trim_start();
    let mut values = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix(closing) {
            return Ok((Value::Array(values), rest));
        }
        let (item, behind) = value(rest, depth + 1)?;
        values.push(item);
        rest = separated(behind, closing)?;
    }
}

fn object(text: &str, depth: usize) -> Part<'_, Value> {
    let mut rest = after(text, '{')?.trim_start();
    let mut values = Map::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((Value::Object(values), rest));
        }
        let quote = rest.chars().next().ok_or(Stop::End)?;
        if !matches!(quote, '"' | '\'') {
            return Err(Stop::Wrong);
        }
        let (key, behind) = string(rest, quote)?;
        let behind = after(behind.trim_start(), ':')?;
        let (item, behind) = value(behind.trim_start(), depth + 1)?;
        if let Value::String(key) = key {
            values.insert(key, item);
        }
        rest = separated(behind, '}')?;
    }
}

fn string(text: &str, quote: char) -> Part<'_, Value> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            letter if letter == quote => {
                let rest = text.get(place + 1..).unwrap_or_default();
                return Ok((Value::String(value), rest));
            }
            '\\' => match letters.next().ok_or(Stop::End)?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                'u' => {
                    let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    if digits.len() < 4 {
                        return Err(Stop::End);
                    }
                    let code = u32::from_str_radix(&digits, 16).map_err(|_| Stop::Wrong)?;
                    value.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                }
                escaped => value.push(escaped),
            },
            letter => value.push(letter),
        }
    }
    Err(Stop::End)
}
