//! What a language model writes, told apart while it writes: what is for the user, what it thinks, and what it calls.
//!
//! | module | holds |
//! |---|---|
//! | `marks` | the marks around thoughts, calls and messages; `tags` those in angle brackets |
//! | `bare` | calls that nothing marks |
//! | `heads` | who a message is from, and to whom |
//! | `steps`, `places` | the way through a reply, from mark to mark |
//! | `waiting` | thoughts of which only the end is marked |
//! | `calls` | a reader for each form of calls |
//!
//! Every reply passes through it, of the model on this machine and of a server's, whether or not tools are offered. It asks for no family:
//! whatever has the shape of a mark is one, so that a model that nobody knew is not read aloud either.
//!
//! **Why not llama.cpp's `common/chat`**, which has parsers for some twenty families. Servers' replies need the same in the host, where no engine is
//! linked. A parser is chosen and made by the template at hand, with llama.cpp's own Jinja: a model that imitates another family, as small ones do,
//! writes text to it, and a reply that does not match is an exception; here every form is known in every reply, and what is broken is left out.
//! A parser reads the whole reply again for each piece. And the parts that are needed (chat, parsers, Jinja, JSON) are 21,000 lines of C++
//! beside the 59,000 of llama.cpp's own, behind an interface that throws. What it has for grammars is not needed: calls are written under those
//! of llguidance. Its list of families and marks was read for what is here.
//!
//! Invariants: what was given out is never taken back; what comes out does not depend on where the text is cut into pieces; of a mark nothing comes
//! out, also where it is cut off; after a call has begun nothing is text; thoughts are kept nowhere.

mod bare;
mod calls;
mod heads;
mod marks;
mod places;
mod steps;
mod tags;
#[cfg(test)]
mod tests;
mod waiting;

use jane_core::{Tool, ToolCall};
use marks::{Found, Place};
use places::START;
use waiting::Waiting;

/// What a reply begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// An answer, or thoughts that a mark begins.
    Marked,
    /// It goes on from text that was given out.
    Continued,
    /// Perhaps with thoughts of which only the end is marked.
    Unknown,
    /// With such thoughts, as the model's replies before.
    Thinking,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct ReplyFilter {
    state: State,
    /// What is not decided yet.
    held: String,
    /// Whether text was given out.
    spoken: bool,
    place: Place,
    /// Bytes of thoughts.
    thought: usize,
    /// Whether thoughts ended that no mark began.
    is_unopened: bool,
    /// Whether thoughts ended.
    has_thought: bool,
}

#[derive(Debug, Clone)]
enum State {
    Text,
    /// Thoughts may have begun without a mark.
    Waiting(Waiting),
    Thinking {
        end: String,
        by_message: bool,
    },
    /// The head of a message, which the mark `opening` began.
    Head {
        opening: String,
        closes: bool,
        words: String,
    },
    /// A call has begun: what was written since, and the tool where that was told before.
    Calls {
        opening: String,
        written: String,
        tool: Option<String>,
    },
    /// What follows is somebody else's.
    Over,
}

/// A call that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun<'a> {
    /// The mark before it; empty where there is none.
    pub opening: &'a str,
    /// All that was written of it.
    pub written: &'a str,
}

/// What a reply came to.
#[derive(Debug, Default, PartialEq)]
pub struct Ended {
    /// The end of the text.
    pub text: String,
    pub calls: Vec<ToolCall>,
    /// Whether a call, or a further one, is not whole.
    pub cut_off: bool,
}

impl ReplyFilter {
    #[must_use]
    pub fn new(start: Start) -> Self {
        Self {
            state: match start {
                Start::Marked | Start::Continued => State::Text,
                Start::Unknown => State::Waiting(Waiting::to_see()),
                Start::Thinking => State::Waiting(Waiting::for_the_end()),
            },
            held: String::new(),
            spoken: start == Start::Continued,
            place: Place {
                first: start != Start::Continued,
                line: start != Start::Continued,
            },
            thought: 0,
            is_unopened: false,
            has_thought: false,
        }
    }

    /// For a reply that goes on from `prompt`, the end of a prompt from where the model's message begins: thoughts may have begun there.
    #[must_use]
    pub fn behind(prompt: &str) -> Self {
        let mut filter = Self::new(Start::Marked);
        filter.push(prompt);
        if matches!(filter.state, State::Text) && filter.held.trim().is_empty() {
            filter.held.clear();
        }
        filter.spoken = false;
        filter.is_unopened = false;
        filter.thought = 0;
        filter.place = START;
        filter
    }

    /// For a reply that goes on behind `opening`, which begins a call.
    #[must_use]
    pub fn in_a_call(opening: &str) -> Self {
        Self {
            state: State::Calls {
                opening: opening.to_owned(),
                written: String::new(),
                tool: None,
            },
            ..Self::new(Start::Marked)
        }
    }

    /// Takes what the model wrote; returns what of it is for the user.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        self.run(false)
    }

    /// The model thinks, as far as can be told.
    #[must_use]
    pub fn is_thinking(&self) -> bool {
        matches!(&self.state, State::Thinking { .. })
            || matches!(&self.state, State::Waiting(waiting) if waiting.is_thinking())
    }

    /// What the model would write to end its thoughts, or the head of its message, and begin its answer; `None` where that has begun.
    #[must_use]
    pub fn end_of_thoughts(&self) -> Option<&str> {
        match &self.state {
            State::Thinking { end, .. } => Some(end),
            State::Head { opening, .. } => match opening.as_str() {
                "<|start|>" => Some("<|channel|>final<|message|>"),
                "<|begin|>" => Some("<|content|>"),
                _ => None,
            },
            _ => None,
        }
    }

    /// Bytes of thoughts so far.
    #[must_use]
    pub fn thought(&self) -> usize {
        let held = if self.is_thinking() {
            self.held.len()
        } else {
            0
        };
        self.thought + held
    }

    /// Whether thoughts came to an end that no mark had begun.
    #[must_use]
    pub fn is_unopened(&self) -> bool {
        self.is_unopened
    }

    /// Whether thoughts came to an end, of no words too, also in the prompt.
    #[must_use]
    pub fn has_thought(&self) -> bool {
        self.has_thought
    }

    /// Whether nothing that follows is the model's own message.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Whether text was given out.
    #[must_use]
    pub fn is_spoken(&self) -> bool {
        self.spoken
    }

    /// The call that has begun, if one has; also one that no mark begins and that may still turn out to be text.
    #[must_use]
    pub fn begun(&self) -> Option<Begun<'_>> {
        match &self.state {
            State::Calls {
                opening, written, ..
            } => Some(Begun { opening, written }),
            State::Text if bare::is_object_begun(self.held.trim_start()) => Some(Begun {
                opening: "",
                written: self.held.trim_start(),
            }),
            _ => None,
        }
    }

    /// The reply ended: by itself, or because it has no more room. `tools` are those that the model was offered.
    #[must_use]
    pub fn finish(mut self, no_room: bool, tools: &[Tool]) -> Ended {
        let mut text = self.run(true);
        if let State::Waiting(waiting) = &self.state
            && !(no_room && waiting.is_thinking())
        {
            // It was an answer.
            self.state = State::Text;
            text.push_str(&self.run(true));
        }
        match self.state {
            State::Calls { written, tool, .. } => {
                let (calls, cut_off) = calls::read(&written, tool.as_deref(), tools);
                if cut_off {
                    tracing::warn!(
                        bytes = written.len(),
                        "the model wrote a call that is not whole"
                    );
                }
                Ended {
                    text,
                    calls,
                    cut_off,
                }
            }
            State::Text => {
                text.push_str(self.rest(no_room));
                Ended {
                    text,
                    ..Ended::default()
                }
            }
            State::Waiting(_) | State::Thinking { .. } | State::Head { .. } | State::Over => {
                Ended {
                    text,
                    ..Ended::default()
                }
            }
        }
    }

    /// What is held at the end of a message that is text.
    fn rest(&self, no_room: bool) -> &str {
        let held = match self.spoken {
            true => self.held.as_str(),
            false => self.held.trim_start(),
        };
        match no_room {
            // It ends in the middle of something.
            true => held.trim_end(),
            false => held,
        }
    }
}

/// Whether `text` is a mark, and nothing to be spoken: the text of a control token, for one.
#[must_use]
pub fn is_mark(text: &str) -> bool {
    let found = marks::marked_at(text);
    matches!(found, Found::Mark { length, .. } if length == text.len())
}
