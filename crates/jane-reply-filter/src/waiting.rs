//! Thoughts of which only the end is marked, because the prompt began them and nobody here wrote it: servers that run a model without a
//! parser send them as text.
//!
//! A reply whose first words are those of somebody who thinks is held until its thoughts end, or it does. Nothing else is: few answers begin so.

use super::marks::{Found, Mark, Place, marked_at};
use super::places::{INSIDE, Next, next};

/// Bytes in which the first sentence shows what it is.
const FIRST: usize = 200;

/// Bytes that are held. An answer that is longer is given out.
const LONGEST: usize = 64 << 10;

/// How thoughts begin.
const OPENINGS: [&str; 16] = [
    "okay",
    "ok,",
    "alright",
    "all right",
    "hmm",
    "let me",
    "let's",
    "we need",
    "we have",
    "we are",
    "the user",
    "so the user",
    "so, the user",
    "first,",
    "i need to",
    "thinking process",
];

/// Openings that no answer has.
const CERTAIN: [&str; 8] = [
    "hmm",
    "we need",
    "the user",
    "so the user",
    "so, the user",
    "i need to",
    "let me think",
    "thinking process",
];

/// What of a reply that begins like thoughts makes it some.
const ABOUT: [&str; 4] = ["the user", "user's", "the question", "they're asking"];

#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// The reply begins like thoughts, or the ones before did.
    thinks: bool,
    /// Bytes in which no mark begins.
    looked: usize,
}

#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// Not enough to tell.
    Nothing,
    /// It is a reply with marks or without thoughts.
    Text,
    /// Thoughts ended at this byte.
    End(usize),
}

impl Waiting {
    pub fn to_see() -> Self {
        Self {
            thinks: false,
            looked: 0,
        }
    }

    pub fn for_the_end() -> Self {
        Self {
            thinks: true,
            looked: 0,
        }
    }

    pub fn is_thinking(&self) -> bool {
        self.thinks
    }

    /// `text` is all that was written.
    pub fn look(&mut self, text: &str) -> Seen {
        let look = |text: &str, place: Place| match marked_at(text) {
            Found::Mark {
                mark: Mark::Nothing,
                ..
            } => Found::No,
            // Of calls one thinks too.
            Found::Mark {
                mark: Mark::Calls { .. },
                ..
            } if !place.line => Found::No,
            found => found,
        };
        if !self.thinks {
            match opens(text) {
                Some(true) => self.thinks = true,
                Some(false) => return Seen::Text,
                None => {}
            }
        }
        let rest = text.get(self.looked..).unwrap_or_default();
        let before = text.get(..self.looked).unwrap_or_default();
        let before = before.trim_end_matches([' ', '\t']);
        let place = Place {
            line: before.is_empty() || before.ends_with('\n'),
            ..INSIDE
        };
        let Next { at, found } = next(rest, 0, place, look);
        self.looked += at;
        let at = self.looked;
        match found {
            Found::Mark {
                length,
                mark: Mark::Answers,
            } => Seen::End(at + length),
            Found::Mark {
                mark: Mark::Calls { .. },
                ..
            } if self.thinks => Seen::End(at),
            // Its thoughts and calls are marked.
            Found::Mark { .. } => Seen::Text,
            _ if text.len() > LONGEST => Seen::Text,
            _ => Seen::Nothing,
        }
    }
}

/// Whether `text` opens as thoughts do; `None` while that cannot be told.
fn opens(text: &str) -> Option<bool> {
    let text = text.trim_start();
    let begun = text.get(..text.floor_char_boundary(FIRST)).unwrap_or(text);
    let lower = begun.to_lowercase();
    let openings = || OPENINGS.iter().chain(&CERTAIN);
    if CERTAIN.iter().any(|opening| lower.starts_with(opening)) {
        return Some(true);
    }
    if !openings().any(|opening| lower.starts_with(opening) || opening.starts_with(&lower)) {
        return Some(false);
    }
    if !openings().any(|opening| lower.starts_with(opening)) {
        return None;
    }
    let end = lower.find(['.', '?', '!', '\n']);
    let sentence = lower.get(..end.unwrap_or(lower.len())).unwrap_or(&lower);
    if ABOUT.iter().any(|about| sentence.contains(about)) {
        return Some(true);
    }
    let is_whole = end.is_some() || text.len() >= FIRST;
    is_whole.then_some(false)
}
