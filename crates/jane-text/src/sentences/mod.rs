//! Cuts the model's text into sentences while it is written.
//!
//! Sentences end where Unicode's do (UAX #29, and for its full stops the words of `abbreviations.txt`, as CLDR has them), at line
//! ends, and nowhere within a link, a code span or an address. The very first piece is cut at a clause, so that the answer is heard
//! sooner. Lines of a fenced code block are pieces of their own.
//! Invariants: the pieces, joined, are the text, save for white space at their ends; they are the same however the text arrives, and each
//! comes as soon as no further text can change it; all of it takes time in proportion to the text.

mod ends;
mod scan;

pub use ends::ends_a_sentence;

use crate::spoken::{Piece, Place};
use scan::{Found, Scan};

/// Bytes after which a sentence without an end is cut at a word: a voice takes only so much in one breath.
const LONGEST: usize = 400;

/// Bytes after which one is cut that has no place to cut at: what is written without spaces has marks before.
const UNBROKEN: usize = 4 * LONGEST;

/// The marks that open a fenced code block, and close it.
const FENCES: [&str; 2] = ["```", "~~~"];

#[derive(Default)]
pub struct SentenceCutter {
    pending: String,
    /// Bytes of `pending` in which no piece ends.
    passed: usize,
    started: bool,
    /// Whether `pending` begins within a line.
    is_inside: bool,
    /// What closes the code block that `pending` begins in.
    fence: Option<&'static str>,
}

impl SentenceCutter {
    /// Takes more text; returns the pieces that are complete.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        self.pending.push_str(text);
        self.cut(false)
    }

    /// The rest, which no further text follows.
    pub fn finish(mut self) -> Vec<Piece> {
        self.cut(true)
    }

    fn cut(&mut self, is_over: bool) -> Vec<Piece> {
        let pending = std::mem::take(&mut self.pending);
        let mut complete = Vec::new();
        let mut rest = pending.as_str();
        while !rest.is_empty() {
            let scan = Scan {
                text: rest,
                is_over,
                is_line: !self.is_inside,
                wants_clause: !self.started,
            };
            let found = match self.fence {
                Some(_) => scan.line(self.passed),
                None => scan.piece(self.passed),
            };
            match found {
                Found::Until(passed) => {
                    self.passed = passed;
                    break;
                }
                Found::End(end) => {
                    let (piece, behind) = rest.split_at(end);
                    rest = behind;
                    self.passed = 0;
                    complete.extend(self.piece(piece));
                }
            }
        }
        rest.clone_into(&mut self.pending);
        complete
    }

    /// What `text` is as a piece, unless it is blank.
    fn piece(&mut self, text: &str) -> Option<Piece> {
        let is_line = !std::mem::replace(&mut self.is_inside, !text.ends_with('\n'));
        let trimmed = text.trim();
        if trimmed.is_empty() {
            // White space within a line leaves what follows where it was.
            self.is_inside = self.is_inside && !is_line;
            return None;
        }
        let opened = FENCES.into_iter().find(|mark| trimmed.starts_with(mark));
        let place = match (self.fence, opened) {
            (Some(fence), _) => {
                let closes =
                    is_line && trimmed.trim_matches(|mark| fence.contains(mark)).is_empty();
                if closes && trimmed.starts_with(fence) {
                    self.fence = None;
                }
                Place::Code
            }
            (None, Some(fence)) if is_line && text.ends_with('\n') && opens(trimmed, fence) => {
                self.fence = Some(fence);
                Place::Line
            }
            (None, _) if is_line => Place::Line,
            (None, _) => Place::Inside,
        };
        self.started = true;
        Some(Piece {
            text: trimmed.to_owned(),
            place,
        })
    }
}

/// Whether a line that begins with `fence` opens a code block, and is no code span.
fn opens(line: &str, fence: &str) -> bool {
    !line
        .trim_start_matches(|mark| fence.contains(mark))
        .contains('`')
}

#[cfg(test)]
mod tests;
