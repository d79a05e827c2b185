//! The steps of the filter: from each state to the next, as far as what is held is decided.

use super::heads::{self, Head};
use super::marks::{self, Found, Mark, Place};
use super::places::{INSIDE, Next, next, thought_at};
use super::waiting::Seen;
use super::{ReplyFilter, State, bare};

/// Bytes of the head of a message. What is longer is none.
const LONGEST_HEAD: usize = 160;

impl ReplyFilter {
    /// Goes through what is held, as far as it is decided; at the `end` nothing follows that could decide more.
    pub(super) fn run(&mut self, end: bool) -> String {
        let mut text = String::new();
        loop {
            let goes_on = match &mut self.state {
                State::Text => self.text(end, &mut text),
                State::Waiting(_) => self.waiting(),
                State::Thinking { .. } => self.thinking(end),
                State::Head { .. } => self.head(end),
                State::Calls { written, .. } => {
                    written.push_str(&self.held);
                    self.held.clear();
                    false
                }
                State::Over => {
                    self.held.clear();
                    false
                }
            };
            if !goes_on {
                return text;
            }
        }
    }

    /// Gives out text up to the next mark. Whether another state goes on.
    fn text(&mut self, end: bool, text: &mut String) -> bool {
        let mut from = 0;
        loop {
            let Next { at, found } = next(&self.held, from, self.place, marks::at);
            match found {
                Found::Mark { length, mark } => {
                    let opening = self
                        .held
                        .get(at..at + length)
                        .unwrap_or_default()
                        .to_owned();
                    let before = self.take(at);
                    self.give(before, matches!(mark, Mark::Calls { .. }), text);
                    self.take(length);
                    self.begin_line();
                    return self.enter(mark, opening);
                }
                Found::More if !end => {
                    let decided = self.held.get(..at).unwrap_or_default().trim_end().len();
                    let before = self.take(decided);
                    self.give(before, false, text);
                    return false;
                }
                Found::More if marks::is_broken(self.held.get(at..).unwrap_or_default()) => {
                    let rest = self.held.split_off(at);
                    if bare::is_begun(&rest) {
                        let before = self.take(at);
                        self.give(before, true, text);
                        self.state = State::Calls {
                            opening: String::new(),
                            written: rest,
                            tool: None,
                        };
                    }
                    return false;
                }
                // Nothing follows that could make it one.
                Found::More => from = at + 1,
                Found::No => {
                    let decided = self.held.trim_end().len();
                    let before = self.take(decided);
                    self.give(before, false, text);
                    return false;
                }
            }
        }
    }

    /// Hands out `piece`, without the spaces before the first word.
    fn give(&mut self, piece: String, before_a_call: bool, text: &mut String) {
        let piece = match before_a_call {
            true => piece.trim_end(),
            false => &piece,
        };
        let piece = match self.spoken {
            true => piece,
            false => piece.trim_start(),
        };
        self.spoken |= !piece.is_empty();
        text.push_str(piece);
    }

    /// Goes on with what `mark` begins. Whether there may be more to decide.
    fn enter(&mut self, mark: Mark, opening: String) -> bool {
        self.state = match mark {
            Mark::Thinks { end, by_message } => State::Thinking { end, by_message },
            Mark::Answers => {
                self.is_unopened = true;
                self.has_thought = true;
                State::Text
            }
            Mark::Calls { kept } => State::Calls {
                written: if kept { opening.clone() } else { String::new() },
                opening: if kept { String::new() } else { opening },
                tool: None,
            },
            Mark::Head { closes } => State::Head {
                opening,
                closes,
                words: String::new(),
            },
            Mark::Another => State::Over,
            Mark::Body | Mark::Ends | Mark::Nothing => State::Text,
        };
        true
    }

    fn waiting(&mut self) -> bool {
        let State::Waiting(waiting) = &mut self.state else {
            return true;
        };
        match waiting.look(&self.held) {
            Seen::Nothing => false,
            Seen::Text => {
                self.state = State::Text;
                true
            }
            Seen::End(end) => {
                self.thought += self.take(end).len();
                self.is_unopened = true;
                self.has_thought = true;
                self.state = State::Text;
                true
            }
        }
    }

    fn thinking(&mut self, end: bool) -> bool {
        let State::Thinking {
            end: ending,
            by_message,
        } = &self.state
        else {
            return true;
        };
        let (ending, by_message) = (ending.clone(), *by_message);
        let look = |text: &str, place: Place| thought_at(text, place, ending.trim());
        let mut from = 0;
        loop {
            let Next { at, found } = next(&self.held, from, self.place, look);
            let Found::Mark { length, mark } = found else {
                let dropped = match found {
                    Found::More if !end => at,
                    _ => self.held.len(),
                };
                self.thought += self.take(dropped).len();
                return false;
            };
            let state = match mark {
                Mark::Answers => State::Text,
                Mark::Ends if by_message => State::Text,
                Mark::Another => State::Over,
                Mark::Head { closes } => State::Head {
                    opening: self
                        .held
                        .get(at..at + length)
                        .unwrap_or_default()
                        .to_owned(),
                    closes,
                    words: String::new(),
                },
                Mark::Calls { kept } => {
                    let opening = self
                        .held
                        .get(at..at + length)
                        .unwrap_or_default()
                        .to_owned();
                    State::Calls {
                        written: if kept { opening.clone() } else { String::new() },
                        opening: if kept { String::new() } else { opening },
                        tool: None,
                    }
                }
                _ => {
                    from = at + length.max(1);
                    continue;
                }
            };
            self.thought += self.take(at).len();
            self.take(length);
            self.begin_line();
            self.has_thought = true;
            self.state = state;
            return true;
        }
    }

    fn head(&mut self, end: bool) -> bool {
        let State::Head {
            opening,
            closes,
            words,
        } = &mut self.state
        else {
            return true;
        };
        let most = LONGEST_HEAD.saturating_sub(words.len());
        // The first line that says something ends it, or another mark.
        let blank = match words.trim().is_empty() {
            true => self.held.len() - self.held.trim_start().len(),
            false => 0,
        };
        let line = self.held.get(blank..).and_then(|rest| rest.find('\n'));
        let line = line.map(|line| line + blank).filter(|line| *line < most);
        let Next { at, found } = next(&self.held, 0, INSIDE, |text, _| marks::marked_at(text));
        if let Some(line) = line.filter(|line| *line < at) {
            words.push_str(self.held.get(..line).unwrap_or_default());
            self.take(line + 1);
            return self.headed();
        }
        match found {
            Found::Mark { length, mark } if at < most => {
                words.push_str(self.held.get(..at).unwrap_or_default());
                words.push(' ');
                match mark {
                    Mark::Head { closes: also } => {
                        *opening = self
                            .held
                            .get(at..at + length)
                            .unwrap_or_default()
                            .to_owned();
                        *closes = also;
                        self.take(at + length);
                        true
                    }
                    Mark::Nothing => {
                        self.take(at + length);
                        true
                    }
                    Mark::Body => {
                        self.take(at + length);
                        self.headed()
                    }
                    // It is broken, and what comes is looked at by itself.
                    _ => {
                        self.take(at);
                        self.headed()
                    }
                }
            }
            Found::More if at < most && !end => false,
            _ if self.held.len() > most => {
                let most = self.held.floor_char_boundary(most);
                words.push_str(self.held.get(..most).unwrap_or_default());
                self.take(most);
                self.headed()
            }
            _ => {
                if end {
                    self.held.clear();
                }
                false
            }
        }
    }

    /// The head is whole: what it says decides what follows.
    fn headed(&mut self) -> bool {
        let State::Head {
            opening,
            closes,
            words,
        } = &self.state
        else {
            return true;
        };
        let head = heads::read(words, opening);
        self.state = match (closes, head) {
            (true, _) | (_, Head::Text) => State::Text,
            (_, Head::Thoughts { end }) => State::Thinking {
                end,
                by_message: true,
            },
            (_, Head::Call { tool }) => State::Calls {
                opening: opening.clone(),
                written: String::new(),
                tool,
            },
            (_, Head::Another) => State::Over,
        };
        self.begin_line();
        true
    }

    /// What follows stands by itself.
    fn begin_line(&mut self) {
        self.place = Place {
            first: !self.spoken,
            line: true,
        };
    }

    /// Takes the first `length` bytes of what is held.
    fn take(&mut self, length: usize) -> String {
        let length = self.held.floor_char_boundary(length);
        let rest = self.held.split_off(length);
        let taken = std::mem::replace(&mut self.held, rest);
        self.place = taken.chars().fold(self.place, Place::behind);
        taken
    }
}
