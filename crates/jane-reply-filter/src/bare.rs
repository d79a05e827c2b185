//! Calls that nothing marks: JSON with a name and arguments, alone, in a list or in a block of code; a list of calls as Python has them.

use serde_json::Value;

use super::calls::{is_name, json as json_calls, pythonic};
use super::marks::{Found, Mark, begins};

/// The keys that a call's JSON may begin with.
const KEYS: [&str; 12] = [
    "name",
    "type",
    "id",
    "function",
    "tool",
    "tool_name",
    "tool_call_id",
    "tool_calls",
    "action",
    "arguments",
    "parameters",
    "function_call",
];

/// What a block of code is called that is a call whatever it holds.
const BLOCKS: [&str; 4] = ["tool_code", "tool_call", "tool_calls", "function_call"];

/// Bytes of what may be a call. What is longer is one, for nobody says so much in JSON.
const LONGEST: usize = 16 << 10;

/// Bytes in which a short beginning is looked for.
const SHORT: usize = 64;

/// The first `most` bytes of `text`: what is decided does not depend on what is behind them.
fn clipped(text: &str, most: usize) -> &str {
    let most = text.floor_char_boundary(most);
    text.get(..most).unwrap_or(text)
}

/// Whether more of `text` may still be looked at, where `most` bytes are.
fn is_open(text: &str, most: usize) -> Found {
    match text.len() < most {
        true => Found::More,
        false => Found::No,
    }
}

/// JSON at the beginning of `text`, which begins with `{`.
pub(super) fn json(text: &str) -> Found {
    let text = clipped(text, LONGEST);
    value(text, text)
}

/// A list at the beginning of `text`, which begins with `[`.
pub(super) fn list(text: &str, line: bool) -> Found {
    let text = clipped(text, LONGEST);
    let inner = text.get(1..).unwrap_or_default().trim_start();
    match inner.chars().next() {
        None => is_open(text, LONGEST - 3),
        Some('{') => value(text, inner),
        Some(_) if line => pythonic_list(text, inner),
        Some(_) => Found::No,
    }
}

/// The JSON `text`, of which `first` is the object that tells whether it may be a call.
fn value(text: &str, first: &str) -> Found {
    match head(first) {
        Some(true) => {}
        Some(false) => return Found::More,
        None => return Found::No,
    }
    let Some(end) = end_of_json(text) else {
        return match is_open(text, LONGEST - 3) {
            Found::More => Found::More,
            _ => Found::mark(0, Mark::Calls { kept: true }),
        };
    };
    let whole = text.get(..end).unwrap_or_default();
    let is_call = match serde_json::from_str::<Value>(whole) {
        Ok(value) => !json_calls::calls(&value).is_empty(),
        // It is broken, and would be one.
        Err(_) => {
            whole.contains("\"name\"")
                && (whole.contains("\"arguments\"") || whole.contains("\"parameters\""))
        }
    };
    match is_call {
        true => Found::mark(0, Mark::Calls { kept: true }),
        false => Found::No,
    }
}

/// Whether `text` begins as the object of a call does; `Some(false)` where it may come to.
fn head(text: &str) -> Option<bool> {
    let inner = text.strip_prefix('{')?.trim_start();
    if inner.is_empty() {
        return (text.len() < LONGEST - 3).then_some(false);
    }
    let key = inner.strip_prefix('"')?;
    if key.contains('"') {
        let key = key.split('"').next().unwrap_or_default();
        return KEYS.contains(&key).then_some(true);
    }
    KEYS.iter()
        .any(|known| known.starts_with(key))
        .then_some(false)
}

/// Where the value ends that `text` begins with, which is an object or a list.
fn end_of_json(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `[name(…), …]`; `inner` is what is behind the bracket.
fn pythonic_list(text: &str, inner: &str) -> Found {
    let name =
        inner.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter)));
    let (name, rest) = match name {
        None => return is_open(inner, SHORT),
        Some(end) if end >= SHORT => return Found::No,
        Some(end) => inner.split_at_checked(end).unwrap_or((inner, "")),
    };
    if !rest.starts_with('(') || !is_name(name) {
        return Found::No;
    }
    match pythonic::list(text) {
        pythonic::Read::Calls(..) => Found::mark(0, Mark::Calls { kept: true }),
        pythonic::Read::More => is_open(text, LONGEST - 3),
        pythonic::Read::None => Found::No,
    }
}

/// A block of code at the beginning of `text`, which begins with a backtick.
pub(super) fn fenced(text: &str) -> Found {
    const FENCE: &str = "```";
    match begins(text, FENCE) {
        Some(true) => {}
        Some(false) => return Found::More,
        None => return Found::No,
    }
    let inner = clipped(text, LONGEST)
        .get(FENCE.len()..)
        .unwrap_or_default();
    let Some((word, code)) = clipped(inner, SHORT)
        .find('\n')
        .and_then(|end| inner.split_at_checked(end))
    else {
        let word = inner.trim();
        let mut known = BLOCKS.iter().chain(&["json"]);
        return match known.any(|known| known.starts_with(word)) {
            true => is_open(inner, SHORT),
            false => Found::No,
        };
    };
    let code = code.strip_prefix('\n').unwrap_or(code);
    let length = FENCE.len() + inner.len() - code.len();
    let word = word.trim();
    if BLOCKS.contains(&word) {
        return Found::mark(length, Mark::Calls { kept: false });
    }
    if !(word.is_empty() || word == "json") {
        return Found::No;
    }
    let code = code.trim_start();
    let found = match code.chars().next() {
        None => return is_open(inner, LONGEST - 8),
        Some('{') => json(code),
        Some('[') => list(code, false),
        _ => Found::No,
    };
    match found {
        Found::Mark { .. } => Found::mark(length, Mark::Calls { kept: false }),
        found => found,
    }
}

/// Calls that a word begins: Cohere's `Action:` and a block of code, Fireworks' `functools[`, Functionary's `>>>name`.
pub(super) fn named(text: &str) -> Found {
    const ACTION: &str = "Action:";
    const FUNCTOOLS: &str = "functools[";
    const RECIPIENT: &str = ">>>";
    match begins(text, FUNCTOOLS) {
        Some(true) => {
            return Found::mark(FUNCTOOLS.len() - 1, Mark::Calls { kept: false });
        }
        Some(false) => return Found::More,
        None => {}
    }
    match begins(text, ACTION) {
        Some(true) => {
            let behind = text.get(ACTION.len()..).unwrap_or_default();
            let spaces = behind.len() - behind.trim_start().len();
            let behind = behind.trim_start();
            let found = match behind.chars().next() {
                _ if spaces >= SHORT => Found::No,
                None => Found::More,
                Some('{') => json(behind),
                Some('[') => list(behind, false),
                Some('`') => fenced(behind),
                _ => Found::No,
            };
            return match found {
                Found::Mark { .. } => Found::mark(ACTION.len(), Mark::Calls { kept: false }),
                found => found,
            };
        }
        Some(false) => return Found::More,
        None => {}
    }
    match begins(text, RECIPIENT) {
        Some(true) => {
            let inner = text.get(RECIPIENT.len()..).unwrap_or_default();
            let Some(end) = clipped(inner, SHORT).find('\n') else {
                return match inner.is_empty() || is_name(inner.trim_end()) {
                    true => is_open(inner, SHORT),
                    false => Found::No,
                };
            };
            let name = inner.get(..end).unwrap_or_default();
            match name.trim_end() {
                "all" => Found::mark(RECIPIENT.len() + end + 1, Mark::Nothing),
                name if is_name(name) => Found::mark(RECIPIENT.len(), Mark::Calls { kept: false }),
                _ => Found::No,
            }
        }
        Some(false) => Found::More,
        None => Found::No,
    }
}

/// Whether `text` begins as a call of this kind does, so far that nobody says it.
pub(super) fn is_begun(text: &str) -> bool {
    let text = text.strip_prefix("Action:").unwrap_or(text).trim_start();
    let text = text.trim_start_matches('`');
    let text = text.strip_prefix("json").unwrap_or(text).trim_start();
    let object = text.strip_prefix('[').unwrap_or(text).trim_start();
    match object.chars().next() {
        Some('{') => head(object) == Some(true),
        _ if text.starts_with('[') => {
            pythonic::list(text) == pythonic::Read::More && text.contains('(')
        }
        _ => false,
    }
}

/// Whether `text` opens what a call may stand in, and nothing is in it: brackets and quotes that are never closed, or a block of JSON.
pub(super) fn is_opening(text: &str) -> bool {
    let text = text.strip_prefix("Action:").unwrap_or(text).trim();
    let (in_block, inner) = match text.strip_prefix("```") {
        Some(inner) => (true, inner.trim_start()),
        None => (false, text),
    };
    let name = inner.find(|letter: char| !letter.is_ascii_alphanumeric());
    let (name, inner) = inner.split_at(name.unwrap_or(inner.len()));
    let is_named = match name {
        "" => false,
        name => in_block && "json".starts_with(name),
    };
    let inner = inner.trim();
    let is_open =
        inner.starts_with(['[', '{']) && inner.chars().all(|letter| "[{\"' ".contains(letter));
    (is_named || name.is_empty()) && (is_open || (is_named && inner.is_empty()))
}

/// Whether `text` begins as the JSON of one call does.
pub(super) fn is_object_begun(text: &str) -> bool {
    text.starts_with('{') && head(text) == Some(true)
}

/// Whether `text` is the beginning of a block of code that is a call.
pub(super) fn is_block(text: &str) -> bool {
    let word = text.strip_prefix("```").unwrap_or_default().trim();
    word.len() > 1 && BLOCKS.iter().any(|known| known.starts_with(word))
}
