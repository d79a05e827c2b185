//! Text and calls, told apart while they are written.
//!
//! Invariants: what was given out is never taken back, so text that may become a call is held until it is decided; after a call has
//! begun nothing is text; what comes out does not depend on where the stream is cut into pieces.

use std::hash::{BuildHasher, RandomState};

use jane::backend::ToolCall;
use serde_json::{Map, Value};

use super::format::{ARGS, CALL, CALL_END, CALL_ID, CALLS, Format, PYTHON};

/// Letters of a call's id: as many as Mistral's templates ask for.
const ID_LENGTH: usize = 9;

/// What the message of [`Format::Llama3`] begins with where it is a call without a marker.
const BARE_CALL: &[u8] = br#"{"name""#;

#[derive(Debug, Clone)]
pub struct CallStream {
    format: Format,
    /// Whether something came before that is text.
    spoken: bool,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Text; the end of it that may be the beginning of a call, and spaces before that.
    Text { held: Vec<u8> },
    /// A call has begun: all that was written since.
    Calls { written: Vec<u8> },
}

/// What a message came to.
#[derive(Debug, Default, PartialEq)]
pub struct Ended {
    /// The end of the text.
    pub text: Vec<u8>,
    pub calls: Vec<ToolCall>,
    /// Whether a further call is not whole.
    pub cut_off: bool,
}

impl CallStream {
    /// For a message that goes on from `so_far`.
    pub fn new(format: Format, so_far: &str) -> Self {
        Self {
            format,
            spoken: !so_far.trim().is_empty(),
            state: State::Text { held: Vec::new() },
        }
    }

    /// For a message that goes on behind what begins a call.
    pub fn in_a_call(format: Format) -> Self {
        Self {
            format,
            spoken: false,
            state: State::Calls {
                written: Vec::new(),
            },
        }
    }

    /// Takes what the model wrote; returns what of it is text.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let held = match &mut self.state {
            State::Calls { written } => {
                written.extend_from_slice(bytes);
                return Vec::new();
            }
            State::Text { held } => held,
        };
        held.extend_from_slice(bytes);
        let mut text = Vec::new();
        loop {
            let opening = opening(self.format, held, self.spoken);
            let (Opening::At { marker, .. }
            | Opening::Silent { marker, .. }
            | Opening::NotBefore(marker)) = opening;
            let rest = held.split_off(marker);
            let before = std::mem::replace(held, rest);
            self.spoken |= !before.trim_ascii().is_empty();
            match opening {
                Opening::At { marker, call } => {
                    text.extend_from_slice(before.trim_ascii_end());
                    let written = held.split_off((call - marker).min(held.len()));
                    self.state = State::Calls { written };
                    return text;
                }
                Opening::Silent { length, .. } => {
                    text.extend(before);
                    held.drain(..length.min(held.len()));
                }
                Opening::NotBefore(_) => {
                    text.extend(before);
                    return text;
                }
            }
        }
    }

    /// What was written since a call began, if one has.
    pub fn written(&self) -> Option<&[u8]> {
        match &self.state {
            State::Text { .. } => None,
            State::Calls { written } => Some(written),
        }
    }

    /// The message ended: by itself, or because it has no more room.
    pub fn finish(self, no_room: bool) -> Ended {
        match self.state {
            State::Text { mut held } => {
                if no_room {
                    // What may be half a marker is nothing to be spoken.
                    held.truncate(undecided(self.format, &held, self.spoken));
                }
                Ended {
                    text: held,
                    calls: Vec::new(),
                    cut_off: false,
                }
            }
            State::Calls { written } => read(self.format, &String::from_utf8_lossy(&written)),
        }
    }
}

enum Opening {
    /// A marker is at `marker`, and the call behind it begins at `call`.
    At { marker: usize, call: usize },
    /// At `marker` are so many bytes that are left out of the text.
    Silent { marker: usize, length: usize },
    /// Before this place no call begins.
    NotBefore(usize),
}

fn opening(format: Format, held: &[u8], spoken: bool) -> Opening {
    if format == Format::Llama3 && !spoken {
        match begins_bare(held) {
            Some(true) => {
                let call = held.len() - held.trim_ascii_start().len();
                return Opening::At { marker: 0, call };
            }
            Some(false) => return Opening::NotBefore(0),
            None => {}
        }
    }
    let find = |text: &str| {
        let text = text.as_bytes();
        let place = held.windows(text.len()).position(|at| at == text);
        place.map(|place| (place, text.len()))
    };
    let call = find(format.opening());
    let silent = format.silent().iter().filter_map(|text| find(text)).min();
    match (call, silent) {
        (Some((marker, length)), None) => {
            let call = marker + length;
            return Opening::At { marker, call };
        }
        (Some((marker, length)), Some((silent, _))) if marker < silent => {
            let call = marker + length;
            return Opening::At { marker, call };
        }
        (_, Some((marker, length))) => return Opening::Silent { marker, length },
        (None, None) => {}
    }
    let end = undecided(format, held, spoken);
    let before = held.get(..end).unwrap_or_default();
    Opening::NotBefore(before.trim_ascii_end().len())
}

/// Where the longest end of `held` begins that may become a marker, or the whole of it a bare call.
fn undecided(format: Format, held: &[u8], spoken: bool) -> usize {
    if format == Format::Llama3 && !spoken && begins_bare(held) == Some(false) {
        return held.len() - held.trim_ascii_start().len();
    }
    let overlap = |marker: &str| {
        let marker = marker.as_bytes();
        let longest = marker.len().min(held.len());
        (1..=longest)
            .rev()
            .find(|length| held.ends_with(marker.get(..*length).unwrap_or_default()))
    };
    let silent = format.silent().iter().copied();
    let overlap = silent.chain([format.opening()]).filter_map(overlap).max();
    held.len() - overlap.unwrap_or(0)
}

/// Whether `held` begins with a bare call (`Some(true)`), or may come to (`Some(false)`).
fn begins_bare(held: &[u8]) -> Option<bool> {
    let mut wanted = BARE_CALL.iter();
    let mut next = wanted.next();
    for byte in held {
        match next {
            None => return Some(true),
            Some(byte_wanted) if byte_wanted == byte => next = wanted.next(),
            // Spaces may stand before the brace and behind it.
            Some(b'{' | b'"') if byte.is_ascii_whitespace() && wanted.len() > 4 => {}
            Some(_) => return None,
        }
    }
    Some(next.is_none())
}

/// The calls in what was written since the first marker.
fn read(format: Format, written: &str) -> Ended {
    let mut calls = Vec::new();
    let mut rest = written;
    let cut_off = loop {
        let behind = skipped(rest, &[CALL_END]);
        if !calls.is_empty() && (behind.is_empty() || format == Format::MistralList) {
            break false;
        }
        let begun = skipped(behind, &[CALL, CALLS, PYTHON]);
        // Behind a whole call, what is no marker begins no other.
        if !calls.is_empty() && begun.len() == behind.len() {
            break false;
        }
        let (name, json) = match format {
            Format::MistralNamed { .. } => named(begun),
            _ => (None, begun),
        };
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            break true;
        };
        let before = calls.len();
        calls.extend(match name {
            Some(name) => vec![call(name.to_owned(), &value)],
            None => several(value),
        });
        if calls.len() == before {
            break true;
        }
        rest = json.get(values.byte_offset()..).unwrap_or_default();
    };
    if cut_off {
        tracing::warn!(
            bytes = written.len(),
            "the model wrote a call that is not whole"
        );
    }
    Ended {
        text: Vec::new(),
        calls,
        cut_off,
    }
}

/// `text` without spaces and any of `markers` at its beginning.
fn skipped<'a>(text: &'a str, markers: &[&str]) -> &'a str {
    let mut text = text.trim_start();
    while let Some(rest) = markers.iter().find_map(|marker| text.strip_prefix(marker)) {
        text = rest.trim_start();
    }
    text
}

/// `name[CALL_ID]id[ARGS]{…}` as the name and what begins with the brace.
fn named(call: &str) -> (Option<&str>, &str) {
    let place = call.find('{').unwrap_or(call.len());
    let (head, json) = call.split_at_checked(place).unwrap_or((call, ""));
    let end = [CALL_ID, ARGS]
        .iter()
        .filter_map(|marker| head.find(marker));
    let name = head.get(..end.min().unwrap_or(head.len()));
    (Some(name.unwrap_or_default().trim()), json)
}

/// The calls of one JSON value: one, or a list of them. Empty where it is something else.
fn several(value: Value) -> Vec<ToolCall> {
    let one = |value: &Value| {
        let name = value.get("name")?.as_str()?;
        let arguments = value.get("arguments").or_else(|| value.get("parameters"));
        let none = Value::Object(Map::new());
        Some(call(name.to_owned(), arguments.unwrap_or(&none)))
    };
    match &value {
        Value::Array(values) => values.iter().map_while(one).collect(),
        value => one(value).into_iter().collect(),
    }
}

fn call(name: String, arguments: &Value) -> ToolCall {
    let arguments = match arguments {
        // JSON within JSON, as some models write it.
        Value::String(text) if serde_json::from_str::<Value>(text).is_ok() => text.clone(),
        value => value.to_string(),
    };
    ToolCall {
        id: new_id(),
        name,
        arguments,
    }
}

/// Letters and digits that differ from call to call: of the randomly keyed hasher of the standard library.
fn new_id() -> String {
    let mut hash = RandomState::new().hash_one(0);
    let letter = |_| {
        let digit = u32::try_from(hash % 36).unwrap_or_default();
        hash /= 36;
        char::from_digit(digit, 36).unwrap_or('0')
    };
    (0..ID_LENGTH).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LISTED: Format = Format::MistralList;
    const NAMED: Format = Format::MistralNamed {
        call_id: true,
        args: true,
    };

    type Calls = Vec<(String, String)>;

    /// Text, calls, and whether a call was cut off, of `message` in pieces that end at `cuts`.
    fn told(format: Format, message: &str, cuts: &[usize], no_room: bool) -> (String, Calls, bool) {
        let bytes = message.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut stream = CallStream::new(format, "");
        let mut text = Vec::new();
        for piece in cuts.windows(2) {
            text.extend(stream.push(&bytes[piece[0]..piece[1]]));
        }
        let ended = stream.finish(no_room);
        text.extend(ended.text);
        let calls = ended.calls.into_iter();
        let calls = calls.map(|call| (call.name, call.arguments)).collect();
        (String::from_utf8(text).unwrap(), calls, ended.cut_off)
    }

    fn calls(calls: &[(&str, &str)]) -> Calls {
        let owned = |(name, arguments): &(&str, &str)| (name.to_string(), arguments.to_string());
        calls.iter().map(owned).collect()
    }

    #[test]
    fn every_form_is_read() {
        let sum = ("sum", r#"{"of":[1,2]}"#);
        let cases = [
            (
                Format::Hermes,
                "Let me see.\n<tool_call>\n{\"name\": \"sum\", \"arguments\": {\"of\": [1, 2]}}\n</tool_call>\n",
                "Let me see.",
            ),
            (
                Format::Hermes,
                "Let me see. <tool_call>{\"name\": \"sum\", \"arguments\": \"{\\\"of\\\":[1,2]}\"}",
                "Let me see.",
            ),
            (
                Format::Llama3,
                " \n{ \"name\": \"sum\", \"parameters\": {\"of\": [1, 2]}}",
                "",
            ),
            (
                Format::Llama3,
                "So:<|python_tag|>{\"name\": \"sum\", \"parameters\": {\"of\": [1, 2]}}",
                "So:",
            ),
            (
                LISTED,
                "[TOOL_CALLS] [{\"name\": \"sum\", \"arguments\": {\"of\": [1, 2]}, \"id\": \"1\"}]",
                "",
            ),
            (
                NAMED,
                "Well[TOOL_CALLS]sum[CALL_ID]123456789[ARGS]{\"of\": [1, 2]}",
                "Well",
            ),
            (NAMED, "[TOOL_CALLS]sum{\"of\": [1, 2]}", ""),
        ];
        for (format, message, text) in cases {
            let read = told(format, message, &[], false);
            assert_eq!(read, (text.to_owned(), calls(&[sum]), false), "{message}");
        }
    }

    #[test]
    fn several_calls_stand_in_one_message() {
        let two = calls(&[("a", "{}"), ("b", r#"{"x":"</tool_call>"}"#)]);
        let cases = [
            (
                Format::Hermes,
                "<tool_call>{\"name\": \"a\"}</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": {\"x\": \"</tool_call>\"}}</tool_call>",
            ),
            (
                LISTED,
                "[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {}}, {\"name\": \"b\", \"arguments\": {\"x\": \"</tool_call>\"}}]",
            ),
            (
                NAMED,
                "[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{\"x\": \"</tool_call>\"}",
            ),
        ];
        for (format, message) in cases {
            let read = told(format, message, &[], false);
            assert_eq!(read, (String::new(), two.clone(), false), "{message}");
        }
    }

    #[test]
    fn a_call_that_is_cut_off_is_said_to_be_and_the_whole_ones_before_it_remain() {
        let whole = "<tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>";
        for (end, cut_off) in [
            ("", false),
            ("\n<tool_c", false),
            ("\n<tool_call>{\"name\": \"b\", \"argu", true),
        ] {
            let read = told(Format::Hermes, &format!("{whole}{end}"), &[], true);
            let expected = (String::new(), calls(&[("a", "{}")]), cut_off);
            assert_eq!(read, expected, "{end}");
        }
        let half = "[TOOL_CALLS]a[ARGS]{\"x";
        assert_eq!(
            told(NAMED, half, &[], true),
            (String::new(), calls(&[]), true)
        );
    }

    #[test]
    fn what_is_no_call_is_text() {
        for (format, message) in [
            (Format::Hermes, "a < b, and <tool> is no call"),
            (Format::Hermes, "  the end <tool_cal"),
            (Format::Llama3, "{\"names\": 1}"),
            (Format::Llama3, "Say {\"name\": \"Bob\"}"),
            (Format::Llama3, "{ n"),
            (Format::Llama3, "{\"na"),
            (LISTED, "[TOOL] box\n"),
        ] {
            let read = told(format, message, &[], false);
            assert_eq!(read, (message.to_owned(), calls(&[]), false), "{message}");
        }
        let cut = told(Format::Hermes, "the end <tool_cal", &[], true);
        assert_eq!(cut.0, "the end ");
        assert_eq!(told(Format::Llama3, "{\"na", &[], true).0, "");
    }

    #[test]
    fn what_is_copied_of_a_result_is_its_text() {
        let message = "<tool_response>\nSunny, 21 < 30 degrees.\n</tool_response>";
        let (text, ..) = told(Format::Hermes, message, &[20, 40], false);
        assert_eq!(text.trim(), "Sunny, 21 < 30 degrees.");
    }

    #[test]
    fn a_reply_that_is_gone_on_with_does_not_begin_with_a_bare_call() {
        let mut stream = CallStream::new(Format::Llama3, "So:");
        let text = stream.push(b"{\"name\": \"sum\"}");
        assert_eq!(text, b"{\"name\": \"sum\"}");
    }

    fn format() -> impl Strategy<Value = Format> {
        prop_oneof![
            Just(Format::Hermes),
            Just(Format::Llama3),
            Just(LISTED),
            Just(NAMED),
        ]
    }

    /// Messages of pieces that look like calls, or nearly.
    fn message() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ a-zé{}\"<>\\[\\]\n]{0,6}",
            prop::sample::select(vec![
                "<tool_call>",
                "<tool_response>",
                "</tool_response>",
                "</tool_call>",
                "<|python_tag|>",
                "[TOOL_CALLS]",
                "[ARGS]",
                "<tool_",
                "[TOOL_",
                "{\"name\": \"a\", \"arguments\": {}}",
                "{\"name\": \"a\", \"parameters\": {\"x\": \"é}\"}}",
                "a{}",
                "[{\"name\": \"a\", \"arguments\": {}}]",
                "{\"na",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn the_cuts_do_not_matter_and_no_marker_is_spoken(
            format in format(),
            message in message(),
            cuts in prop::collection::vec(0_usize..200, 0..20),
            no_room: bool,
        ) {
            let whole = told(format, &message, &[], no_room);
            prop_assert_eq!(&told(format, &message, &cuts, no_room), &whole);
            // What is left of a marker with another one in it may look like a third.
            if !format.silent().iter().any(|silent| message.contains(silent)) {
                prop_assert!(message.starts_with(&whole.0));
                prop_assert!(!whole.0.contains(format.opening()));
            }
        }
    }
}
