//! A reply of this model, told apart by the filter that all replies pass ([`jane_reply_filter`]).
//!
//! Invariants: what was given out is never taken back; only whole characters are looked at.

use jane_core::Tool;
use jane_reply_filter::{Ended, ReplyFilter, Start};

use super::Format;
use super::format::PYTHON;

#[derive(Debug, Clone)]
pub struct Stream {
    filter: ReplyFilter,
    /// Bytes of a character that is not complete.
    bytes: Vec<u8>,
}

impl Stream {
    /// For a message behind a prompt whose end `filter` has read, that goes on from `so_far`.
    pub fn new(filter: &ReplyFilter, so_far: &str) -> Self {
        let filter = match so_far.trim().is_empty() {
            true => filter.clone(),
            false => ReplyFilter::new(Start::Continued),
        };
        Self {
            filter,
            bytes: Vec::new(),
        }
    }

    /// For a message that goes on behind what begins a call.
    pub fn in_a_call(format: Format) -> Self {
        Self {
            filter: ReplyFilter::in_a_call(format.opening()),
            bytes: Vec::new(),
        }
    }

    /// Takes what the model wrote; returns what of it is text.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.bytes.extend_from_slice(bytes);
        let complete = crate::detokenizer::complete_length(&self.bytes);
        let whole: Vec<u8> = self.bytes.drain(..complete).collect();
        self.filter.push(&String::from_utf8_lossy(&whole))
    }

    pub fn is_thinking(&self) -> bool {
        self.filter.is_thinking()
    }

    /// What ends the thoughts that are being written.
    pub fn end_of_thoughts(&self) -> Option<String> {
        self.filter.end_of_thoughts().map(str::to_owned)
    }

    /// Whether what follows is not the model's message.
    pub fn is_over(&self) -> bool {
        self.filter.is_over()
    }

    /// Whether a call has begun, in whatever form.
    pub fn is_calling(&self) -> bool {
        self.filter.begun().is_some()
    }

    /// What was written of a call in this form since it began, if one has begun.
    pub fn written(&self, format: Format) -> Option<&[u8]> {
        let begun = self.filter.begun()?;
        let is_own = match (begun.opening, format) {
            ("", Format::Llama3) => !self.filter.is_spoken(),
            (PYTHON, Format::Llama3) => true,
            (opening, format) => opening == format.opening(),
        };
        is_own.then_some(begun.written.as_bytes())
    }

    /// The message ended: by itself, or because it has no more room.
    pub fn finish(mut self, no_room: bool, tools: &[Tool]) -> Ended {
        let rest = String::from_utf8_lossy(&self.bytes).into_owned();
        let before = self.filter.push(&rest);
        let mut ended = self.filter.finish(no_room, tools);
        ended.text.insert_str(0, &before);
        if tools.is_empty() {
            ended.calls.clear();
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(so_far: &str) -> Stream {
        Stream::new(&ReplyFilter::new(Start::Marked), so_far)
    }

    #[test]
    fn a_character_over_two_tokens_comes_out_whole() {
        let mut stream = stream("");
        let bytes = "né".as_bytes();
        assert_eq!(stream.push(&bytes[..2]), "n");
        assert_eq!(stream.push(&bytes[2..]), "é");
        assert_eq!(stream.push(&[0xff, b'a']), "\u{fffd}a");
        stream.push(&[0xe6]);
        assert_eq!(stream.finish(false, &[]).text, "\u{fffd}");
    }

    #[test]
    fn a_call_in_the_models_own_form_is_followed() {
        let named = Format::MistralNamed {
            call_id: false,
            args: true,
        };
        for (format, written, call) in [
            (Format::Hermes, "<tool_call>{\"name\"", "{\"name\""),
            (Format::Llama3, " {\"name\"", "{\"name\""),
            (Format::Llama3, "So:<|python_tag|>{", "{"),
            (Format::MistralList, "[TOOL_CALLS] [", " ["),
            (named, "[TOOL_CALLS]sum", "sum"),
        ] {
            let mut stream = stream("");
            stream.push(written.as_bytes());
            assert_eq!(stream.written(format), Some(call.as_bytes()), "{written}");
        }
        for (format, written) in [
            (Format::Hermes, "[TOOL_CALLS]sum"),
            (Format::Hermes, "{\"name\""),
            (Format::Llama3, "Say {\"name\""),
            (named, "Well"),
        ] {
            let mut stream = stream("");
            stream.push(written.as_bytes());
            assert_eq!(stream.written(format), None, "{written}");
        }
    }

    #[test]
    fn a_reply_that_is_gone_on_with_does_not_begin_with_a_bare_call() {
        let mut stream = stream("So:");
        stream.push(b"{\"name\": \"sum\"");
        assert_eq!(stream.written(Format::Llama3), None);
    }

    #[test]
    fn without_tools_nothing_is_called_and_nothing_of_a_call_is_text() {
        let mut stream = stream("");
        let text =
            stream.push(b"Well. <tool_call>{\"name\": \"sum\", \"arguments\": {}}</tool_call>");
        let ended = stream.finish(false, &[]);
        assert_eq!((text.as_str(), ended.text.as_str()), ("Well.", ""));
        assert_eq!(ended.calls, []);
    }
}
