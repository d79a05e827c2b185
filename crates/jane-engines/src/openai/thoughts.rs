//! What a server's model thinks: kept out of its reply, counted, and kept short.
//!
//! Servers tell thoughts in a field of their own (`reasoning_content`, `reasoning`, parts of a content that is a list), or leave them in the
//! text, with marks or with that of their end alone. None of it is handed on. What can be asked of a server for an answer without thoughts is not
//! part of the interface, and strict servers refuse what they do not know: it is asked only of a server whose model was seen to think.

use parking_lot::Mutex;

use serde_json::{Value, json};

use crate::Tool;
use jane_reply_filter::{Ended, ReplyFilter, Start};

/// Bytes of a token, where it is not told how many there are.
const BYTES_PER_TOKEN: usize = 4;

/// Tokens of thoughts between two reports.
const REPORTED_EACH: u32 = 32;

/// How a server is asked for an answer without thoughts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Asked {
    #[default]
    Not,
    /// In the words of most.
    Off,
    /// In those of OpenAI's own that know no `none`.
    Low,
    /// It refuses all of them.
    Refused,
}

/// What is known of a server's model by its replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Habits {
    /// Whether it was seen to think.
    pub thinks: bool,
    pub asked: Asked,
    /// How its replies begin; `None` before the first.
    start: Option<Start>,
}

/// The same, kept from reply to reply.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Habits>);

impl Known {
    pub fn habits(&self) -> Habits {
        *self.0.lock()
    }

    fn change(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.0.lock());
    }

    /// The model thinks; it is asked not to from now on.
    pub fn thinks(&self) {
        self.change(|habits| {
            habits.thinks = true;
            if habits.asked == Asked::Not {
                habits.asked = Asked::Off;
            }
        });
    }

    /// The server does not take what it was asked with; whether it can be asked in another way, or without.
    pub fn refuses(&self, asked: Asked) -> bool {
        let next = match asked {
            Asked::Off => Asked::Low,
            Asked::Low => Asked::Refused,
            Asked::Not | Asked::Refused => return false,
        };
        self.change(|habits| habits.asked = next);
        true
    }

    /// A reply came to its end; `unopened`: with thoughts that no mark began.
    fn replied(&self, unopened: bool) {
        self.change(|habits| {
            habits.start = Some(match (unopened, habits.start) {
                (true, _) => Start::Thinking,
                // Once it thought so, it may again.
                (false, Some(Start::Thinking | Start::Unknown)) => Start::Unknown,
                (false, _) => Start::Marked,
            });
        });
    }
}

impl Habits {
    /// The body of a request with what asks for an answer without thoughts, and with room for those that come nevertheless.
    pub fn body(self, plain: &Value, max_tokens: u32, max_thinking: u32) -> Value {
        let mut body = plain.clone();
        let Value::Object(keys) = &mut body else {
            return body;
        };
        if self.thinks {
            let most = max_tokens.saturating_add(max_thinking);
            keys.insert("max_tokens".to_owned(), most.into());
        }
        match self.asked {
            Asked::Not | Asked::Refused => {}
            Asked::Off => {
                let off = json!({ "enable_thinking": false, "thinking": false });
                keys.insert("chat_template_kwargs".to_owned(), off);
                keys.insert("reasoning_effort".to_owned(), "none".into());
            }
            Asked::Low => {
                keys.insert("reasoning_effort".to_owned(), "low".into());
            }
        }
        body
    }

    /// Tells the text of a reply from thoughts and calls. `continues`: it goes on from text that was handed out.
    pub fn sieve(self, continues: bool) -> Sieve {
        let start = match continues {
            true => Start::Continued,
            false => self.start.unwrap_or(Start::Unknown),
        };
        Sieve {
            filter: Some(ReplyFilter::new(start)),
            bytes: 0,
            pieces: 0,
            told: 0,
        }
    }
}

/// Tells the text of one reply from what its model thinks and calls in it.
#[derive(Debug)]
pub(super) struct Sieve {
    /// Taken at the end.
    filter: Option<ReplyFilter>,
    /// Bytes of thoughts that came as such.
    bytes: usize,
    /// Pieces that were thoughts, each at least a token on most servers.
    pieces: u32,
    /// Tokens that were reported.
    told: u32,
}

impl Sieve {
    /// Takes a piece of text; returns what of it is for the user.
    pub fn text(&mut self, piece: &str) -> String {
        let Some(filter) = &mut self.filter else {
            return String::new();
        };
        let text = filter.push(piece);
        self.pieces += u32::from(filter.is_thinking());
        text
    }

    /// Takes a piece of thoughts.
    pub fn thought(&mut self, piece: &str) {
        if !piece.is_empty() {
            self.pieces += 1;
            self.bytes += piece.len();
        }
    }

    /// Tokens of thoughts so far: as many as pieces came, or as their length makes.
    pub fn tokens(&self) -> u32 {
        let within = self.filter.as_ref().map_or(0, ReplyFilter::thought);
        let bytes = (self.bytes + within).div_ceil(BYTES_PER_TOKEN);
        self.pieces.max(u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    /// Tokens of thoughts so far, where that is to be told: the first, and from time to time.
    pub fn report(&mut self) -> Option<u32> {
        let tokens = self.tokens();
        if self.told == 0 && tokens > 0 {
            self.told = 1;
            return Some(1);
        }
        let is_due = tokens >= self.told.saturating_add(REPORTED_EACH);
        is_due.then(|| {
            self.told = tokens;
            tokens
        })
    }

    /// Whether it holds text or calls that come with the end.
    pub fn has_more(&self, no_room: bool) -> bool {
        self.filter.as_ref().is_some_and(|filter| {
            let text = || filter.clone().finish(no_room, &[]).text;
            filter.begun().is_some() || !text().trim().is_empty()
        })
    }

    /// Whether what was handed out is all that there is to say.
    pub fn is_over(&self) -> bool {
        self.filter.as_ref().is_some_and(ReplyFilter::is_over)
    }

    /// The reply ended. What was seen of it is remembered in `known`.
    pub fn finish(&mut self, no_room: bool, tools: &[Tool], known: &Known) -> Ended {
        let Some(filter) = self.filter.take() else {
            return Ended::default();
        };
        let has_thought =
            self.bytes > 0 || filter.has_thought() || filter.end_of_thoughts().is_some();
        match has_thought {
            true => self.bytes += filter.thought(),
            // It only began like thoughts.
            false => self.pieces = 0,
        }
        let unopened = filter.is_unopened();
        let spoken = filter.is_spoken();
        let ended = filter.finish(no_room, tools);
        if unopened || spoken || !ended.text.is_empty() {
            known.replied(unopened);
        }
        ended
    }
}

/// The text and the thoughts in a content: a text, or a list of parts as Mistral's models have it.
pub(super) fn parts(content: &Value) -> (String, String) {
    let (mut text, mut thoughts) = (String::new(), String::new());
    match content {
        Value::String(content) => text.push_str(content),
        Value::Array(parts) => {
            for part in parts {
                let of = |key: &str| part.get(key).map(words).unwrap_or_default();
                match part.get("type").and_then(Value::as_str) {
                    Some("thinking" | "reasoning") => {
                        thoughts.push_str(&of("thinking"));
                        thoughts.push_str(&of("text"));
                    }
                    _ => text.push_str(&of("text")),
                }
            }
        }
        _ => {}
    }
    (text, thoughts)
}

/// The text of `value`: itself, or of the parts in it.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect(),
        _ => String::new(),
    }
}
