//! Calls of tools in the forms in which models write them, read from what stands behind the mark that began them.
//!
//! | module | reads |
//! |---|---|
//! | `json` | `{"name": …, "arguments": {…}}` and its like: one, a list of them, one after the other |
//! | `named` | a name and its arguments: `name{…}`, `name[ARGS]{…}`, `name<｜tool▁sep｜>{…}`, keys and values in tags behind it |
//! | `tagged` | `<function=name><parameter=key>value</parameter></function>` and its like |
//! | `pythonic` | `name(key="value", …)`, in a list or alone |
//! | `braced` | Gemma's `call:name{key:<\|"\|>value<\|"\|>}` |
//!
//! The form is not asked for: each reader takes what it knows. What none knows is a call that is broken.

mod braced;
pub(super) mod json;
mod named;
pub(super) mod pythonic;
mod tagged;
mod values;

use std::hash::{BuildHasher, RandomState};

use serde_json::{Map, Value};

use super::marks::{Found, Mark, marked_at};
use jane_core::{Tool, ToolCall};

/// Letters of a call's id: as many as Mistral's templates ask for.
const ID_LENGTH: usize = 9;

/// Calls in one reply at most.
const MOST_CALLS: usize = 32;

/// A call as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub name: String,
    /// An object, or what else the model wrote.
    pub arguments: Value,
    /// The values in it are texts that the form does not tell from numbers.
    pub untyped: bool,
}

/// What a reader made of the beginning of a text.
type Read<'a> = Option<(Vec<Call>, &'a str)>;

/// The calls in `written`, the first of them of `tool` where that was told before; and whether what is behind them is a broken one.
pub(super) fn read(written: &str, tool: Option<&str>, tools: &[Tool]) -> (Vec<ToolCall>, bool) {
    let mut calls: Vec<Call> = Vec::new();
    let mut rest = written;
    let mut told = tool;
    let cut_off = loop {
        let is_begun;
        (rest, is_begun) = values::skipped(rest);
        if rest.is_empty() {
            break calls.is_empty();
        }
        if calls.len() >= MOST_CALLS {
            break false;
        }
        let read = match told.take() {
            Some(tool) => arguments_of(tool, rest).or_else(|| one(rest)),
            None => one(rest),
        };
        match read {
            Some((found, behind)) if behind.len() < rest.len() => {
                calls.extend(found);
                rest = behind;
            }
            // Behind a whole call, what is no other is left alone.
            _ => break calls.is_empty() || is_begun || is_call(rest),
        }
    };
    calls.truncate(MOST_CALLS);
    let calls = calls.into_iter().map(|call| made(call, tools)).collect();
    (calls, cut_off)
}

fn one(text: &str) -> Read<'_> {
    json::read(text)
        .or_else(|| tagged::read(text))
        .or_else(|| braced::read(text))
        .or_else(|| pythonic::read(text))
        .or_else(|| named::read(text))
}

/// The arguments of `tool`, whose name the head of the message has.
fn arguments_of<'a>(tool: &str, text: &'a str) -> Read<'a> {
    let (arguments, rest) = json::value(text)?;
    if !arguments.is_object() {
        return None;
    }
    let call = Call {
        name: tool.to_owned(),
        arguments,
        untyped: false,
    };
    Some((vec![call], rest))
}

/// Whether `text` was meant as a call.
fn is_call(text: &str) -> bool {
    let is_tag = matches!(
        marked_at(text),
        Found::Mark {
            mark: Mark::Calls { .. },
            ..
        }
    );
    is_tag || text.starts_with(['{', '[']) || text.starts_with("call:")
}

fn made(call: Call, tools: &[Tool]) -> ToolCall {
    let arguments = match call.arguments {
        Value::Object(arguments) if call.untyped => {
            let schema = tools.iter().find(|tool| tool.name == call.name);
            let schema = schema.and_then(|tool| serde_json::from_str(&tool.parameters).ok());
            values::typed(arguments, &schema.unwrap_or_default())
        }
        // JSON within JSON, as some models write it.
        Value::String(text) if serde_json::from_str::<Value>(&text).is_ok() => {
            return ToolCall {
                id: new_id(),
                name: call.name,
                arguments: text,
            };
        }
        Value::Null => Value::Object(Map::new()),
        arguments => arguments,
    };
    ToolCall {
        id: new_id(),
        name: call.name,
        arguments: arguments.to_string(),
    }
}

/// Whether `text` may be the name of a tool.
pub(super) fn is_name(text: &str) -> bool {
    let of_name = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    let first = text.chars().next();
    first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && text.len() <= 128
        && text.chars().all(of_name)
}

/// Letters and digits that differ from call to call: of the randomly keyed hasher of the standard library.
pub fn new_id() -> String {
    let mut hash = RandomState::new().hash_one(0);
    let letter = |_| {
        let digit = u32::try_from(hash % 36).unwrap_or_default();
        hash /= 36;
        char::from_digit(digit, 36).unwrap_or('0')
    };
    (0..ID_LENGTH).map(letter).collect()
}
