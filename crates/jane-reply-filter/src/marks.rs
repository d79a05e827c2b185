//! The marks that models write around thoughts, calls and messages, found in text.
//!
//! Invariant: what is found at a place does not change with what follows, so a mark that is not whole yet is [`Found::More`].

use super::bare;
use super::tags;

/// What a mark means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// Thoughts begin. `end` is what the model would write at their end, and begin its answer with.
    Thinks {
        end: String,
        /// Whether the end of the message ends them too.
        by_message: bool,
    },
    /// Thoughts are over.
    Answers,
    /// A call begins. `kept`: what is found belongs to it.
    Calls { kept: bool },
    /// The head of a message begins: who writes it, to whom, on which channel.
    Head { closes: bool },
    /// The head of a message ends.
    Body,
    /// A message ends.
    Ends,
    /// Somebody else's message begins.
    Another,
    /// Nothing to be spoken; what is around it may be.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// No mark begins here, whatever follows.
    No,
    /// What follows decides.
    More,
    Mark {
        length: usize,
        mark: Mark,
    },
}

impl Found {
    pub(super) fn mark(length: usize, mark: Mark) -> Self {
        Self::Mark { length, mark }
    }
}

/// Where a place is in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Nothing was written before it.
    pub first: bool,
    /// It is where a line begins.
    pub line: bool,
}

impl Place {
    /// The place behind `letter`, which stands here.
    pub(super) fn behind(self, letter: char) -> Self {
        let blank = letter.is_whitespace();
        Self {
            first: self.first && blank,
            line: letter == '\n' || (self.line && blank),
        }
    }
}

/// Marks of letters, as they are.
const PLAIN: [(&str, Mark); 14] = [
    ("[/THINK]", Mark::Answers),
    ("[BEGIN FINAL RESPONSE]", Mark::Answers),
    ("[END FINAL RESPONSE]", Mark::Nothing),
    ("[TOOL_CALLS]", Mark::Calls { kept: false }),
    ("[CALL_ID]", Mark::Nothing),
    ("[ARGS]", Mark::Nothing),
    ("[/INST]", Mark::Nothing),
    ("[INST]", Mark::Another),
    ("[TOOL_RESULTS]", Mark::Another),
    ("[AVAILABLE_TOOLS]", Mark::Another),
    ("[e~[", Mark::Ends),
    ("]~b]", Mark::Head { closes: false }),
    ("]<]minimax[>[", Mark::Nothing),
    ("◁/think▷", Mark::Answers),
];

/// Marks of letters behind which thoughts begin, and their ends.
const THINKING: [(&str, &str); 2] = [("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷")];

/// Sentences that begin thoughts where a message begins, and what begins the answer.
const SPOKEN: [(&str, &str); 2] = [
    ("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),
    ("Here is my thought process:", "Here is my response:"),
];

/// Lines that begin what the user says, or so a model makes believe.
const USERS: [&str; 2] = ["User:", "Human:"];

/// What is found at the beginning of `text`, which is at `place`.
pub(super) fn at(text: &str, place: Place) -> Found {
    let first = match text.chars().next() {
        None => return Found::No,
        Some(first) => first,
    };
    let found = match first {
        '`' => bare::fenced(text),
        '{' => bare::json(text),
        '[' => either(marked_at(text), || bare::list(text, place.line)),
        _ => marked_at(text),
    };
    match found {
        Found::No if place.line => line_at(text, place.first),
        found => found,
    }
}

/// The same, but only marks that surround something: no call is looked for that has none.
pub(super) fn marked_at(text: &str) -> Found {
    match text.chars().next() {
        Some('<') => tags::at(text),
        Some('[' | ']' | '◁') => plain_at(text),
        _ => Found::No,
    }
}

fn either(found: Found, other: impl FnOnce() -> Found) -> Found {
    match found {
        Found::No => other(),
        Found::More => match other() {
            Found::No | Found::More => Found::More,
            found => found,
        },
        found => found,
    }
}

fn plain_at(text: &str) -> Found {
    let thinks = |(mark, end): &(&'static str, &str)| {
        let thinks = Mark::Thinks {
            end: (*end).to_owned(),
            by_message: false,
        };
        (*mark, thinks)
    };
    let plain = PLAIN.iter().map(|(text, mark)| (*text, mark.clone()));
    let mut found = Found::No;
    for (written, mark) in plain.chain(THINKING.iter().map(thinks)) {
        match begins(text, written) {
            Some(true) => return Found::mark(written.len(), mark),
            Some(false) => found = Found::More,
            None => {}
        }
    }
    found
}

fn line_at(text: &str, first: bool) -> Found {
    let mut found = Found::No;
    for (written, end) in SPOKEN.iter().filter(|_| first) {
        match begins(text, written) {
            Some(true) => {
                let mark = Mark::Thinks {
                    end: (*end).to_owned(),
                    by_message: false,
                };
                return Found::mark(written.len(), mark);
            }
            Some(false) => found = Found::More,
            None => {}
        }
    }
    for written in USERS.iter().filter(|_| !first) {
        match begins(text, written) {
            Some(true) => return Found::mark(written.len(), Mark::Another),
            Some(false) => found = Found::More,
            None => {}
        }
    }
    match bare::named(text) {
        Found::No => found,
        named => named,
    }
}

/// Whether `text` begins with `wanted` (`Some(true)`), or may come to (`Some(false)`).
pub(super) fn begins(text: &str, wanted: &str) -> Option<bool> {
    if text.starts_with(wanted) {
        return Some(true);
    }
    wanted.starts_with(text).then_some(false)
}

/// Whether `text`, with which a message ended, is the beginning of a mark, and nothing to be spoken.
pub(super) fn is_broken(text: &str) -> bool {
    if bare::is_opening(text) {
        return true;
    }
    match text.chars().next() {
        Some('<') => tags::is_broken(text),
        Some('{' | '`') => bare::is_begun(text) || text.contains('"') || bare::is_block(text),
        Some('[' | '>') => text.len() >= 3,
        _ => text.len() >= 3 && (plain_at(text) == Found::More || bare::is_begun(text)),
    }
}
