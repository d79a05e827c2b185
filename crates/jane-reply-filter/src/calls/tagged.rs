//! Calls in tags: `<function=name><parameter=key>value</parameter></function>` of Qwen3-Coder, Seed and Nemotron 3, `<invoke
//! name="…"><parameter name="…">` of MiniMax and DeepSeek, `<function name="…"><param name="…">` of MiniCPM, `<invoke name="…"><key>value</key>`
//! of MiniMax M3, `<function=name>{…}</function>` of Functionary, and Kimi's `<|open|>call tool="…"`.

use serde_json::{Map, Value};

use super::values::first;
use super::{Call, Read, is_name, json};

/// Written before each tag by some, and of no meaning.
const AROUND: [&str; 2] = ["]<]minimax[>[", "｜DSML｜"];

/// What tags are called that hold a value.
const PARAMETERS: [&str; 4] = ["parameter", "param", "argument", "arg"];

/// What ends a value where its own end is missing.
const NEXT: [&str; 8] = [
    "<parameter",
    "<param ",
    "</function",
    "</invoke",
    "</tool_call",
    "<|close|>",
    "<｜DSML｜parameter",
    "</｜DSML｜invoke",
];

pub fn read(text: &str) -> Read<'_> {
    let (head, mut rest) = opened(text)?;
    let name = match head {
        Tag { base, .. } if !matches!(base, "function" | "invoke" | "call") => return None,
        Tag { name, .. } => json::plain(name?),
    };
    if !is_name(&name) {
        return None;
    }
    let call = |arguments, untyped| Call {
        name: name.clone(),
        arguments,
        untyped,
    };
    rest = trimmed(rest);
    if rest.starts_with('{') {
        let (arguments, behind) = json::value(rest)?;
        return Some((vec![call(arguments, false)], closed(trimmed(behind))));
    }
    let mut arguments = Map::new();
    loop {
        rest = trimmed(rest);
        if let Some(behind) = ending(rest) {
            rest = behind;
            break;
        }
        let Some((tag, behind)) = opened(rest) else {
            // A call whose end is missing is whole where nothing of a value is.
            match rest.is_empty() {
                true => break,
                false => return None,
            }
        };
        let key = match PARAMETERS.contains(&tag.base) {
            true => tag.name?,
            false => tag.base,
        };
        let own = format!("</{}", tag.full);
        let dsml = format!("</｜DSML｜{}", tag.full);
        let (end, _) =
            first(behind, &[&own, &dsml, "<|close|>"]).or_else(|| first(behind, &NEXT))?;
        let value = behind.get(..end)?;
        let value = AROUND.iter().fold(value, |value, mark| {
            value.strip_suffix(mark).unwrap_or(value)
        });
        arguments.insert(key.to_owned(), Value::String(unwrapped(value).to_owned()));
        rest = behind.get(end..)?;
        rest = closed_of(rest, tag.full);
    }
    Some((vec![call(Value::Object(arguments), true)], rest))
}

struct Tag<'a> {
    /// What it is called, with the space before that.
    full: &'a str,
    base: &'a str,
    /// What is behind `=`, or the value of `name`, `tool` or `key`.
    name: Option<&'a str>,
}

/// The tag at the beginning of `text`, and what is behind it.
fn opened(text: &str) -> Option<(Tag<'_>, &str)> {
    let (inner, end) = match text.strip_prefix("<|open|>") {
        Some(inner) => (inner, "<|sep|>"),
        None => (text.strip_prefix('<')?, ">"),
    };
    let inner = inner.strip_prefix("｜DSML｜").unwrap_or(inner);
    let (tag, rest) = inner.split_once(end)?;
    if tag.starts_with(['/', '|']) || tag.len() > 256 {
        return None;
    }
    let name_ends = tag.find(|letter: char| letter == '=' || letter.is_whitespace());
    let (base, attributes) = tag.split_at_checked(name_ends.unwrap_or(tag.len()))?;
    let full = base;
    let base = full.rsplit(':').next().unwrap_or(full);
    let name = match attributes.strip_prefix('=') {
        Some(name) => Some(name.trim().trim_matches(['"', '\''])),
        None => ["name=", "tool=", "key="]
            .iter()
            .find_map(|key| quoted(attributes.split_once(key)?.1)),
    };
    Some((Tag { full, base, name }, rest))
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text
        .chars()
        .next()
        .filter(|letter| "\"'".contains(*letter))?;
    text.get(1..)?.split(quote).next()
}

/// `text` without spaces, and what is written before tags.
fn trimmed(text: &str) -> &str {
    let mut text = text.trim_start();
    while let Some(rest) = AROUND.iter().find_map(|mark| text.strip_prefix(mark)) {
        text = rest.trim_start();
    }
    text
}

/// What is behind the end of a call at the beginning of `text`.
fn ending(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix("<|close|>call<|sep|>") {
        return Some(rest);
    }
    let inner = text.strip_prefix("</")?;
    let inner = inner.strip_prefix("｜DSML｜").unwrap_or(inner);
    let (name, rest) = inner.split_once('>')?;
    let base = name.rsplit(':').next().unwrap_or(name);
    matches!(base, "function" | "invoke" | "call" | "tool_call").then_some(rest)
}

fn closed(text: &str) -> &str {
    ending(text).unwrap_or(text)
}

/// `text` without the end of the tag `name` at its beginning.
fn closed_of<'a>(text: &'a str, name: &str) -> &'a str {
    if let Some(rest) = text.strip_prefix("<|close|>") {
        return rest.split_once("<|sep|>").map_or("", |(_, rest)| rest);
    }
    let Some(inner) = text.strip_prefix("</") else {
        return text;
    };
    let inner = inner.strip_prefix("｜DSML｜").unwrap_or(inner);
    match inner.strip_prefix(name) {
        Some(rest) => rest.split_once('>').map_or("", |(_, rest)| rest),
        None => text,
    }
}

/// The value without the line breaks and the marks of verbatim text around it.
fn unwrapped(value: &str) -> &str {
    let value = value.strip_prefix('\n').unwrap_or(value);
    let value = value.strip_suffix('\n').unwrap_or(value);
    let verbatim = value.trim().strip_prefix("<![CDATA[");
    verbatim
        .and_then(|value| value.strip_suffix("]]>"))
        .unwrap_or(value)
}
