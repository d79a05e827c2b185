//! A turn, whatever it starts from: a typed question, a recording, speech, or what a skill wants said.
//!
//! Whoever runs a turn (`run` for a question with an output, `crate::conversation::live` for speech) feeds it what happens. What a turn tells,
//! when what skills did for it takes effect, and what of it joins the history stands here alone.
//!
//! Invariants: a turn that began ends once; one that is dropped before its end was cancelled, and changes nothing. The history grows by
//! whole exchanges: the question, and what was heard or read of the reply.
//!
//! | module | holds |
//! |---|---|
//! | `run` | a turn from its question to the last sample, into an output |
//! | `transcribe` | recordings of any length, recognised |
//! | `skills` | the skills as a turn has them |
//! | `requests` | what skills want said and done |
//! | `reply` | the reply on its way: model and voice |
//! | `generate`, `text` | the reply while it is written: tools, sentences, what is not so |
//! | `report` | the events of a turn |

mod generate;
pub(crate) mod reply;
mod report;
mod requests;
pub(crate) mod run;
pub(crate) mod skills;
mod text;
pub mod transcribe;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use jane_audio::AudioError;
use jane_core::event::{Event, Events, TurnInput, TurnOutcome, Waterfall};
use jane_engines::BackendError;
use jane_skills::{Announcement, TurnId};
use tracing::Span;

use crate::context::{History, maintenance};
use crate::runtime::InForce;
use reply::{ReplyEvent, ReplyOutcome, ReplyRequest, Timed};
use report::TurnReporter;
use skills::{Asked, TurnSkills};

pub use report::Clock;
pub use requests::{Request, SkillRequests};

/// Why there is no answer, or no sound of it.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl TurnError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Audio(error) => error.hint(),
            Self::Backend(error) => error.hint(),
        }
    }
}

/// What came of a turn.
#[derive(Debug)]
pub struct TurnReport {
    pub outcome: TurnOutcome,
    /// The question as it was answered. Empty where nothing was heard or a skill dropped it, and for an announcement.
    pub question: String,
    /// The skill that answered, if one did.
    pub by_skill: Option<String>,
    /// The reply as it is written, as far as it was heard or read.
    pub reply: String,
    pub waterfall: Waterfall,
    /// Why the reply could not be heard in full, where that is so.
    pub speech: Result<(), TurnError>,
}

/// Begins the turns of one conversation and counts them, from 1. Clones count on together.
#[derive(Clone)]
pub struct Turns {
    events: Events,
    begun: Arc<AtomicU64>,
}

/// What a turn begins with.
pub struct TurnStart<'a> {
    pub input: TurnInput,
    pub in_force: &'a InForce,
    /// Begins where the question was there.
    pub clock: Clock,
    pub skills: TurnSkills,
}

impl Turns {
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self {
            events,
            begun: Arc::default(),
        }
    }

    /// The number that the next turn will have.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.begun.load(Relaxed) + 1
    }

    /// The number that skills know the next turn by, among those of all conversations.
    #[must_use]
    pub fn next_for_skills(&self) -> u64 {
        let session = self.events.session().unwrap_or_default();
        let turn = self.next();
        TurnId { session, turn }.number()
    }

    /// The span of the next turn, within which the log says what happens for it.
    #[must_use]
    pub fn next_span(&self) -> Span {
        tracing::info_span!(
            "turn",
            session = self.events.session(),
            number = self.next()
        )
    }

    /// Begins the next turn.
    pub fn begin(&self, start: TurnStart<'_>) -> Turn {
        let reporter = TurnReporter {
            turn: self.begun.fetch_add(1, Relaxed) + 1,
            clock: start.clock,
            events: self.events.clone(),
        };
        reporter.started(start.input, start.in_force);
        Turn {
            reporter,
            input: start.input,
            question: String::new(),
            by_skill: None,
            expects_reply: false,
            waterfall: Waterfall::default(),
            is_settled: start.skills.is_certain(),
            skills: start.skills,
            skipped: 0,
            reply: None,
            has_ended: false,
        }
    }
}

/// What came of a step of the reply.
#[derive(Debug)]
pub enum Step {
    /// The reply goes on.
    GoesOn,
    /// The reply is whole.
    Whole,
    Failed(BackendError),
}

/// A turn under way.
pub struct Turn {
    reporter: TurnReporter,
    input: TurnInput,
    question: String,
    by_skill: Option<String>,
    /// Whether the reply asks something back.
    expects_reply: bool,
    pub waterfall: Waterfall,
    skills: TurnSkills,
    /// Whether what skills did for the turn takes effect.
    is_settled: bool,
    /// The number of oldest exchanges that were left out of the prompt.
    skipped: usize,
    reply: Option<ReplyOutcome>,
    has_ended: bool,
}

impl Turn {
    #[must_use]
    pub fn number(&self) -> u64 {
        self.reporter.turn
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        self.reporter.clock
    }

    /// Empty until it is known, and for an announcement.
    #[must_use]
    pub fn question(&self) -> &str {
        &self.question
    }

    #[must_use]
    pub fn expects_reply(&self) -> bool {
        self.expects_reply
    }

    /// Whether the answer is a skill's in part or in whole, so that the model does not take it for words of its own.
    #[must_use]
    pub fn is_by_skills(&self) -> bool {
        let used = |reply: &ReplyOutcome| !reply.tools.is_empty();
        self.by_skill.is_some() || self.reply.as_ref().is_some_and(used)
    }

    /// The whole reply, once it is written.
    #[must_use]
    pub fn reply(&self) -> Option<&str> {
        self.reply.as_ref().map(|reply| reply.text.as_str())
    }

    /// What was recognised, in so many seconds of sound.
    pub fn transcribed(&self, text: &str, language: Option<String>, audio_seconds: f64) {
        self.reporter.transcript(text, language, audio_seconds);
    }

    /// The skills heard the question, and this is left to answer.
    pub fn asked(&mut self, asked: &Asked) {
        self.question.clone_from(&asked.question);
        if let Some(answer) = &asked.answer {
            self.reporter.answered_by(&answer.skill);
            self.by_skill = Some(answer.skill.clone());
            self.expects_reply = answer.expects_reply;
        }
    }

    /// A skill wants the question left unanswered.
    pub fn dropped(&self, skill: &str) {
        self.reporter.answered_by(skill);
    }

    /// This is to be said. Returns the reply that says it.
    #[must_use]
    pub fn announces(
        &mut self,
        announcement: &Announcement,
        in_force: &InForce,
        speaks: bool,
    ) -> ReplyRequest {
        self.expects_reply = announcement.expect_reply;
        self.reporter.events.emit(Event::Announcement {
            skill: announcement.skill.clone(),
            text: announcement.text.clone(),
        });
        ReplyRequest {
            answer: Some(announcement.text.clone()),
            ..ReplyRequest::new("", in_force, &self.skills, History::new("", &[]), speaks)
        }
    }

    /// Takes a step of the reply: tells it, and notes when it was there.
    pub fn tell(&mut self, event: Timed<ReplyEvent>) -> Step {
        let ms = self.reporter.clock.ms_at(event.at);
        let waterfall = &mut self.waterfall;
        match event.what {
            ReplyEvent::Begun { skipped } => {
                waterfall.llm_first_token_ms.get_or_insert(ms);
                self.skipped = skipped;
            }
            ReplyEvent::Text(text) => self.reporter.text(text),
            ReplyEvent::Thinking { tokens } => self.reporter.thinking(tokens),
            ReplyEvent::Sentence(said) => {
                waterfall.first_sentence_ms.get_or_insert(ms);
                self.reporter.sentence(waterfall.sentences, &said);
                waterfall.sentences += 1;
            }
            ReplyEvent::Unsaid(_) => {}
            ReplyEvent::Muted { skill, stopped } => self.reporter.muted(skill, stopped),
            ReplyEvent::Called {
                tool,
                skill,
                ok,
                took,
            } => self.reporter.events.emit(Event::ToolCalled {
                turn: self.reporter.turn,
                tool,
                skill,
                ok,
                ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }),
            ReplyEvent::Ended(reply) => {
                waterfall.generated(&reply.generation);
                self.reporter.reply(&reply);
                self.reply = Some(reply);
                return Step::Whole;
            }
            ReplyEvent::Failed(error) => return Step::Failed(error),
        }
        Step::GoesOn
    }

    /// The reply was cut off after these words.
    pub fn cut(&self, heard: &str) {
        self.reporter.cut(heard);
    }

    /// What skills did for the turn takes effect, once.
    pub fn settle(&mut self) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.skills.settle();
        }
    }

    /// How the turn ends where the reply came to its end.
    #[must_use]
    pub fn whole(&self) -> TurnOutcome {
        match self.input {
            TurnInput::Announcement => TurnOutcome::Announced,
            TurnInput::Text | TurnInput::Recording | TurnInput::Voice => TurnOutcome::Answered,
        }
    }

    /// The turn is over. `said` is what was heard or read of the reply; with the question it joins the history, unless it is empty.
    pub fn end(mut self, outcome: TurnOutcome, said: &str, history: &mut History) -> TurnReport {
        self.waterfall.total_ms = self.reporter.clock.ms();
        // A question that goes on before anything of its answer was heard is asked again as a whole: skills act on that alone.
        if outcome != TurnOutcome::Interrupted || !said.is_empty() {
            self.settle();
        }
        if !said.is_empty() && !self.question.is_empty() {
            self.join(said, history);
        }
        self.has_ended = true;
        self.reporter.ended(outcome, &self.waterfall);
        TurnReport {
            outcome,
            question: std::mem::take(&mut self.question),
            by_skill: self.by_skill.take(),
            reply: said.to_owned(),
            waterfall: std::mem::take(&mut self.waterfall),
            speech: Ok(()),
        }
    }

    fn join(&self, said: &str, history: &mut History) {
        let tools = self.reply.as_ref().map(|reply| reply.tools.as_slice());
        self.skills
            .replied(&self.question, said, tools.unwrap_or_default());
        if self.skipped > 0 {
            maintenance::cut(history, self.skipped, &self.reporter.events);
        }
        history.push(&self.question, said, self.waterfall.prompt_tokens);
        if self.is_by_skills() {
            history.mark_as_skills();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.has_ended {
            self.waterfall.total_ms = self.reporter.clock.ms();
            self.reporter.ended(TurnOutcome::Cancelled, &self.waterfall);
        }
    }
}
