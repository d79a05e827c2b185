//! Marks in angle brackets: `<think>`, `</tool_call>`, `<|im_start|>`, `<｜tool▁calls▁begin｜>`, `<|channel>`.
//!
//! What has the shape of a control token is a mark, whether its name is known or not. Of the tags that are words, those that are known are.

use super::marks::{Found, Mark};

/// Bytes of a name. The longest that is known has half of it.
const LONGEST_NAME: usize = 64;

/// Bytes of what may stand between the name of a tag and its end.
const LONGEST_ATTRIBUTES: usize = 160;

/// What a bar may be within angle brackets.
const BARS: [char; 2] = ['|', '｜'];

/// What surrounds the names of DeepSeek's tags.
const DSML: &str = "｜DSML｜";

const THINKING: [&str; 6] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "scratchpad",
];

const CALLING: [&str; 8] = [
    "tool_call",
    "tool_calls",
    "toolcall",
    "function_call",
    "function_calls",
    "tool_use",
    "tool_code",
    "functioncall",
];

/// Tags that are calls by themselves, with a name in them.
const CALLS: [&str; 2] = ["function", "invoke"];

/// Tags around something that may be spoken, or may be nothing at all.
const AROUND: [&str; 15] = [
    "answer",
    "response",
    "tool_response",
    "assistant",
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
    "end_of_turn",
    "end_of_sentence",
    "budget_reflection",
    "cot_budget_reflect",
    "sep",
    "role_end",
];

/// What the names of some families' tags begin with.
const SPACES: [&str; 4] = ["seed", "minimax", "atem", "mm"];

/// Tags that begin the head of a message.
const HEADS: [&str; 3] = ["start_of_turn", "beginning_of_sentence", "role"];

/// What is found at the beginning of `text`, which begins with `<`.
pub(super) fn at(text: &str) -> Found {
    let Some(inner) = text.get(1..) else {
        return Found::No;
    };
    let mut letters = inner.chars();
    match letters.next() {
        None => Found::More,
        Some(bar) if BARS.contains(&bar) => match dsml(inner) {
            Some(Some(inner)) => tag(text, inner, false),
            Some(None) => Found::More,
            None => token(text, letters.as_str()),
        },
        Some('/') => {
            let inner = letters.as_str();
            match dsml(inner) {
                Some(Some(inner)) => tag(text, inner, true),
                Some(None) => Found::More,
                None => tag(text, inner, true),
            }
        }
        Some(letter) if letter.is_ascii_alphabetic() => tag(text, inner, false),
        Some(_) => Found::No,
    }
}

/// What is behind DeepSeek's mark at the beginning of `inner`; `Some(None)` where that may become one.
fn dsml(inner: &str) -> Option<Option<&str>> {
    match inner.strip_prefix(DSML) {
        Some(rest) => Some(Some(rest)),
        None => DSML.starts_with(inner).then_some(None),
    }
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':' | '.' | '-')
}

/// A tag whose name begins with `inner`.
fn tag(text: &str, inner: &str, closes: bool) -> Found {
    let length = inner.find(|letter| !is_of_a_name(letter));
    let (name, rest) = match length {
        None if inner.len() > LONGEST_NAME => return Found::No,
        None => return Found::More,
        Some(length) => inner.split_at_checked(length).unwrap_or((inner, "")),
    };
    if name.len() > LONGEST_NAME {
        return Found::No;
    }
    let begun = text.len() - rest.len();
    if let Some(behind) = rest.strip_prefix(BARS) {
        return match behind.chars().next() {
            None => Found::More,
            Some('>') => Found::mark(
                text.len() - behind.len() + 1,
                of_token(name, Shape::ClosedBehind).unwrap_or(Mark::Nothing),
            ),
            Some(_) => Found::No,
        };
    }
    let mark = match of_tag(name, closes) {
        Some(mark) => mark,
        // Laguna's end of what the user says, Nemotron's tokens.
        None if (closes && name == "user") || name.starts_with("SPECIAL_") => Mark::Nothing,
        None => return Found::No,
    };
    let exact = rest.starts_with('>');
    let needs_end = AROUND.iter().chain(&HEADS).any(|known| is(name, known));
    if needs_end && !exact {
        return Found::No;
    }
    if exact {
        return Found::mark(begun + 1, mark);
    }
    // Its attributes end with it, or it is broken.
    let most = rest.len().min(LONGEST_ATTRIBUTES);
    let end = rest
        .char_indices()
        .take_while(|(place, _)| *place < most)
        .find(|(_, letter)| matches!(letter, '>' | '<' | '{' | '\n'));
    match end {
        Some((place, '>')) => Found::mark(begun + place + 1, mark),
        None if rest.len() < LONGEST_ATTRIBUTES => Found::More,
        _ => Found::mark(begun, mark),
    }
}

fn is(name: &str, known: &str) -> bool {
    name.split(':').any(|part| part.eq_ignore_ascii_case(known))
}

fn of_tag(name: &str, closes: bool) -> Option<Mark> {
    let among = |known: &[&str]| known.iter().any(|known| is(name, known));
    let mark = if among(&THINKING) {
        match closes {
            true => Mark::Answers,
            false => Mark::Thinks {
                end: format!("\n</{name}>\n\n"),
                by_message: false,
            },
        }
    } else if among(&CALLING) {
        match closes {
            true => Mark::Nothing,
            false => Mark::Calls { kept: false },
        }
    } else if among(&CALLS) {
        match closes {
            true => Mark::Nothing,
            false => Mark::Calls { kept: true },
        }
    } else if among(&HEADS) {
        match closes {
            true => Mark::Body,
            false => Mark::Head { closes: false },
        }
    } else if among(&AROUND) {
        Mark::Nothing
    } else {
        return None;
    };
    Some(mark)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `<|name|>`
    Closed,
    /// `<|name>`
    ClosedBefore,
    /// `<name|>`
    ClosedBehind,
}

/// A control token: `inner` is what is behind its first bar.
fn token(text: &str, inner: &str) -> Found {
    let end = inner.find(|letter| {
        BARS.contains(&letter) || matches!(letter, '<' | '>' | '{') || letter.is_whitespace()
    });
    let Some(end) = end else {
        return match inner.len() > LONGEST_NAME {
            true => Found::No,
            false => Found::More,
        };
    };
    let (name, rest) = inner.split_at_checked(end).unwrap_or((inner, ""));
    let begun = text.len() - rest.len();
    if name.len() > LONGEST_NAME || name.is_empty() {
        return Found::No;
    }
    let closed = |shape| of_token(name, shape).unwrap_or(Mark::Nothing);
    // Where it is broken, it is a mark if it is one that is known.
    let broken = || match of_token(name, Shape::Closed) {
        Some(mark) => Found::mark(begun, mark),
        None => Found::No,
    };
    match rest.strip_prefix(BARS) {
        Some(behind) => match behind.chars().next() {
            None => Found::More,
            Some('>') => Found::mark(text.len() - behind.len() + 1, closed(Shape::Closed)),
            Some(_) => broken(),
        },
        None if rest.starts_with('>') => Found::mark(begun + 1, closed(Shape::ClosedBefore)),
        None => broken(),
    }
}

/// What a control token means; `None` where its name is not known.
fn of_token(name: &str, shape: Shape) -> Option<Mark> {
    let lower = name.trim().to_ascii_lowercase().replace('▁', "_");
    let lower = lower.as_str();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let thinks = |end: &str, by_message| Mark::Thinks {
        end: end.to_owned(),
        by_message,
    };
    let ends_something = shape == Shape::ClosedBehind
        || lower.starts_with('/')
        || has(&[
            "_end",
            ":end",
            "end_tool",
            "end_action",
            "suffix",
            "section_end",
        ]);
    let mark = match lower {
        "channel" if shape == Shape::ClosedBehind => Mark::Answers,
        "end_thinking" | "inner_suffix" | "end_of_thought" | "end_think" => Mark::Answers,
        "start_thinking" => thinks("<|END_THINKING|>", false),
        "inner_prefix" => thinks("<|inner_suffix|>", false),
        "begin_of_thought" => thinks("<|end_of_thought|>", false),
        "think" => thinks("<|end|><|begin|>assistant<|content|>", true),
        "close" => Mark::Head { closes: true },
        "channel" | "start" | "im_start" | "start_header_id" | "start_of_role" | "begin"
        | "turn" | "message_sep" | "open" | "im_assistant"
            if !ends_something =>
        {
            Mark::Head { closes: false }
        }
        "message" | "content" | "end_header_id" | "end_of_role" | "im_middle" | "role_sep"
        | "sep" => Mark::Body,
        "end" | "im_end" | "eot_id" | "eom_id" | "eot" | "eom" | "return" | "call" | "calls"
        | "turn" | "endoftext" | "end_of_text" | "end_of_msg" | "end_of_sentence" => Mark::Ends,
        "python_tag" | "start_action" | "action_start" | "tools_prefix" => {
            Mark::Calls { kept: false }
        }
        _ if has(&["tool_call", "function_call"]) => match ends_something {
            true => Mark::Nothing,
            // Parts of a call of which the beginning is missing.
            false if has(&[":name", ":args", "argument"]) => Mark::Calls { kept: true },
            false => Mark::Calls { kept: false },
        },
        _ if ends_something || lower.starts_with("end") => Mark::Nothing,
        _ if has(&[
            "user",
            "human",
            "system",
            "developer",
            "observation",
            "ipython",
        ]) =>
        {
            Mark::Another
        }
        _ if has(&[
            "tool_response",
            "tool_result",
            "tool_output",
            "function_output",
        ]) =>
        {
            Mark::Another
        }
        _ => return None,
    };
    Some(mark)
}

/// Whether `text`, which begins with `<` and with which a message ended, is the beginning of a mark.
pub(super) fn is_broken(text: &str) -> bool {
    let inner = text.get(1..).unwrap_or_default();
    if inner.starts_with(BARS) {
        return true;
    }
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    if inner.starts_with(BARS) {
        return true;
    }
    if inner.is_empty() {
        return text.len() > 1;
    }
    let end = inner.find(|letter| !is_of_a_name(letter));
    if end.is_some() {
        return true;
    }
    let known = [&THINKING[..], &CALLING, &CALLS, &AROUND, &HEADS];
    let may_be = |known: &&str| {
        let begins = |part: &str| {
            let begun = known.get(..part.len());
            begun.is_some_and(|begun| begun.eq_ignore_ascii_case(part))
        };
        inner.rsplit(':').next().is_some_and(begins) || is(inner, known)
    };
    let mut known = known.into_iter().flatten().chain(&SPACES);
    inner.len() > 1 && known.any(may_be)
}
