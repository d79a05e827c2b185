//! The trace of a turn, as far as whoever measures sees it: what was written, and what the engines computed for it by their own clocks.
//!
//! Invariant: which reply of the model completed the first stretch of text is told by the order of what happened and not by times. Where
//! the host stalls, everything that waited is taken at one and the same time, and none of that is an engine's.

use std::time::{Duration, Instant};

use jane_core::event::{EngineKind, Event, Events};
use tokio_util::task::AbortOnDropHandle;

use crate::conversation::SentenceCutter;
use crate::telemetry::{EngineReplies, ReplyTrace};

/// Tells of each reply of an engine in events, to whoever measures another process, until what is returned is dropped: the output of a
/// program lasts as long as somebody may tell something.
pub fn tell_marks(replies: &EngineReplies, events: &Events) -> AbortOnDropHandle<()> {
    let (mut marks, events, begun) = (replies.listen(), events.clone(), Instant::now());
    let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    AbortOnDropHandle::new(tokio::spawn(async move {
        while let Some(mark) = marks.recv().await {
            events.emit(Event::EngineReplied {
                role: mark.role,
                request: mark.request,
                at_us: microseconds(mark.at.duration_since(begun)),
                after_us: microseconds(mark.after),
            });
        }
    }))
}

/// Where the first stretch of text was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Complete {
    /// With this piece of text, counted from 1.
    WithPiece(usize),
    /// With the end of the reply that this piece belongs to: what follows decides where a sentence ends, and nothing followed.
    WithEndAfter(usize),
}

/// What is known of a turn so far.
#[derive(Default)]
pub struct TurnTrace {
    /// Cuts as the turn does.
    cutter: SentenceCutter,
    pieces: usize,
    /// Whether a stretch was complete with the last piece.
    is_complete: bool,
    first: Option<Complete>,
    /// How often the model called tools, and whether it does now: it is asked once more each time.
    rounds: usize,
    is_calling: bool,
    is_by_skill: bool,
    /// Replies of engines in the order in which the host took them.
    marks: Vec<ReplyTrace>,
}

/// What the engines computed, in seconds by their own clocks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Computing {
    pub recognition: f64,
    /// The model, until its first token, until the first stretch of text is complete, and to its end.
    pub reading: f64,
    pub clause: f64,
    pub model: f64,
    /// The voice, until its first sound.
    pub synthesis: f64,
}

impl Computing {
    /// On the way to the first sound.
    pub fn to_first_sound(self) -> f64 {
        self.recognition + self.clause + self.synthesis
    }
}

impl TurnTrace {
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::ReplyDelta { text, .. } => self.text(text),
            Event::Sentence { .. } => self.sentence(),
            Event::ToolCalled { .. } => self.called(),
            Event::SkillAnswered { .. } => self.is_by_skill = true,
            _ => {}
        }
    }

    /// The model wrote a piece of text.
    pub fn text(&mut self, piece: &str) {
        self.is_calling = false;
        self.pieces += 1;
        self.is_complete = !self.cutter.push(piece).is_empty();
    }

    /// A stretch of text went to the voice.
    pub fn sentence(&mut self) {
        let pieces = self.pieces;
        self.first.get_or_insert(if self.is_complete {
            Complete::WithPiece(pieces)
        } else {
            Complete::WithEndAfter(pieces)
        });
    }

    /// A tool was called.
    pub fn called(&mut self) {
        self.rounds += usize::from(!self.is_calling);
        self.is_calling = true;
    }

    /// An engine replied. What was made of an attempt before is not the turn's where the recogniser reads once more.
    pub fn mark(&mut self, mark: ReplyTrace) {
        let is_read_again = mark.role == EngineKind::Stt
            && self.marks.iter().any(|mark| mark.role != EngineKind::Stt);
        if is_read_again {
            self.marks.clear();
        }
        self.marks.push(mark);
    }

    /// Whether a skill answered, or dropped what was said, and no model was asked.
    pub fn is_by_skill(&self) -> bool {
        self.is_by_skill
    }

    /// Seconds from when the recogniser began at the last of what was said until the voice's first sound was there, without what
    /// the engines computed on the way.
    pub fn between_engines(&self) -> Option<f64> {
        let computing = self.computing()?;
        let heard = self.of(EngineKind::Stt).next_back()?;
        let spoken = self.of(EngineKind::Tts).next()?;
        let way = spoken.at.duration_since(heard.at);
        // What was read before the last of it was said is on no way.
        Some(way.as_secs_f64() - (computing.to_first_sound() - computing.recognition))
    }

    fn of(&self, role: EngineKind) -> impl DoubleEndedIterator<Item = &ReplyTrace> {
        self.marks.iter().filter(move |mark| mark.role == role)
    }

    /// When the host had the first token.
    pub fn first_token(&self) -> Option<Instant> {
        Some(self.of(EngineKind::Llm).next()?.at)
    }

    /// `None` where an engine left no mark, or nothing went to the voice.
    pub fn computing(&self) -> Option<Computing> {
        let heard: Duration = self.of(EngineKind::Stt).map(|mark| mark.after).sum();
        self.of(EngineKind::Stt).next()?;
        let replies = self.replies();
        let seconds = |duration: Duration| duration.as_secs_f64();
        Some(Computing {
            recognition: seconds(heard),
            reading: seconds(self.of(EngineKind::Llm).next()?.after),
            clause: seconds(self.clause(&replies)?),
            model: seconds(together(&replies)),
            synthesis: seconds(self.of(EngineKind::Tts).next()?.after),
        })
    }

    /// The marks of each of the model's replies that make up the answer. Counting and what is done aside come later.
    fn replies(&self) -> Vec<Vec<&ReplyTrace>> {
        let mut replies: Vec<Vec<&ReplyTrace>> = Vec::new();
        for mark in self.of(EngineKind::Llm) {
            let last = replies.last().and_then(|reply| reply.last());
            if last.is_none_or(|last| last.request != mark.request) {
                if replies.len() > self.rounds {
                    break;
                }
                replies.push(Vec::new());
            }
            if let Some(reply) = replies.last_mut() {
                reply.push(mark);
            }
        }
        replies
    }

    /// What the model computed until the first stretch of text was complete. The last mark of a reply is its end, the others are its
    /// pieces.
    fn clause(&self, replies: &[Vec<&ReplyTrace>]) -> Option<Duration> {
        let (mut pieces, with_end) = match self.first? {
            Complete::WithPiece(pieces) => (pieces, false),
            Complete::WithEndAfter(pieces) => (pieces, true),
        };
        let mut before = Duration::ZERO;
        for reply in replies {
            let (end, texts) = reply.split_last()?;
            match pieces.checked_sub(1).and_then(|place| texts.get(place)) {
                Some(text) => return Some(before + if with_end { end.after } else { text.after }),
                None => pieces = pieces.saturating_sub(texts.len()),
            }
            before += end.after;
        }
        // What was said is not the model's: a tool's answer, behind all that the model wrote.
        (!replies.is_empty()).then_some(before)
    }
}

/// What the model computed for all of its replies.
fn together(replies: &[Vec<&ReplyTrace>]) -> Duration {
    let ends = replies.iter().filter_map(|reply| reply.last());
    ends.map(|end| end.after).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trace that took the replies of engines at these milliseconds, with the worker's own beside them.
    fn trace(pieces: &[&str], marks: &[(EngineKind, u64, u64, u64)]) -> TurnTrace {
        let begun = Instant::now();
        let mut trace = TurnTrace::default();
        for (role, request, at, after) in marks {
            trace.mark(ReplyTrace {
                role: *role,
                request: *request,
                at: begun + Duration::from_millis(*at),
                after: Duration::from_millis(*after),
            });
        }
        for piece in pieces {
            trace.text(piece);
            if trace.is_complete {
                trace.sentence();
            }
        }
        if trace.first.is_none() {
            trace.sentence();
        }
        trace
    }

    const TEXT: [&str; 4] = ["Well, it is", " so.", " And", " more."];

    #[test]
    fn a_host_that_stalls_counts_no_more_of_the_model_as_computing() {
        let marks = |at: [u64; 5]| {
            let [first, second, third, fourth, end] = at;
            [
                (EngineKind::Stt, 1, 100, 100),
                (EngineKind::Llm, 4, first, 20),
                (EngineKind::Llm, 4, second, 30),
                (EngineKind::Llm, 4, third, 40),
                (EngineKind::Llm, 4, fourth, 50),
                (EngineKind::Llm, 4, end, 60),
                (EngineKind::Tts, 2, 300, 100),
            ]
        };
        let prompt = trace(&TEXT, &marks([120, 130, 140, 150, 160])).computing();
        // The same work; what was written meanwhile is taken at one time.
        let stalled = trace(&TEXT, &marks([199, 199, 199, 199, 199])).computing();
        // The sentence is complete once it is seen that another one begins.
        assert!((prompt.unwrap().clause - 0.040).abs() < 1e-9, "{prompt:?}");
        assert_eq!(prompt, stalled);
    }

    #[test]
    fn of_a_live_turn_the_host_has_what_lies_between_the_engines() {
        let marks = [
            (EngineKind::Stt, 7, 1100, 80),
            (EngineKind::Llm, 4, 1125, 20),
            (EngineKind::Llm, 4, 1133, 28),
            (EngineKind::Llm, 4, 1140, 35),
            (EngineKind::Llm, 4, 1150, 40),
            (EngineKind::Llm, 4, 1160, 45),
            (EngineKind::Tts, 2, 1243, 100),
        ];
        let between = trace(&TEXT, &marks).between_engines().unwrap();
        // From 1,020 to 1,243, without 80 + 35 + 100.
        assert!((between - 0.008).abs() < 1e-9, "{between}");
        // An attempt that was given up, and words that were read while they grew, change nothing.
        let before = [
            (EngineKind::Stt, 3, 500, 70),
            (EngineKind::Llm, 2, 520, 15),
            (EngineKind::Tts, 1, 600, 70),
            (EngineKind::Stt, 5, 800, 90),
            (EngineKind::Stt, 6, 950, 90),
        ];
        let all: Vec<_> = before.into_iter().chain(marks).collect();
        let again = trace(&TEXT, &all).between_engines().unwrap();
        assert!((again - 0.008).abs() < 1e-9, "{again}");
    }

    #[test]
    fn a_stretch_that_ends_with_the_reply_takes_all_of_it() {
        let marks = [
            (EngineKind::Stt, 1, 100, 100),
            (EngineKind::Llm, 4, 120, 20),
            (EngineKind::Llm, 4, 130, 30),
            (EngineKind::Llm, 4, 140, 41),
            (EngineKind::Tts, 2, 250, 100),
        ];
        let computing = trace(&["Yes", "."], &marks).computing().unwrap();
        assert!((computing.clause - 0.041).abs() < 1e-9, "{computing:?}");
    }

    #[test]
    fn what_is_written_behind_a_tool_is_computed_twice() {
        let marks = [
            (EngineKind::Stt, 1, 100, 100),
            // A call, and no text.
            (EngineKind::Llm, 4, 140, 40),
            (EngineKind::Llm, 5, 160, 20),
            (EngineKind::Llm, 5, 170, 30),
            (EngineKind::Llm, 5, 180, 41),
            (EngineKind::Tts, 2, 290, 100),
            // Counting.
            (EngineKind::Llm, 6, 400, 1),
        ];
        let mut trace = trace(&["It is", " four."], &marks);
        trace.called();
        let computing = trace.computing().unwrap();
        assert!((computing.clause - 0.081).abs() < 1e-9, "{computing:?}");
        assert!((computing.model - 0.081).abs() < 1e-9, "{computing:?}");
        assert!((computing.reading - 0.040).abs() < 1e-9, "{computing:?}");
    }

    #[test]
    fn what_a_server_does_leaves_no_mark() {
        let marks = [
            (EngineKind::Stt, 1, 100, 100),
            (EngineKind::Llm, 4, 120, 20),
        ];
        assert_eq!(trace(&TEXT, &marks).computing(), None);
    }
}
