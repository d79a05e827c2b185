//! A conversation: the history, and the life of one turn from the question to the last sample of the answer.
//!
//! Invariants: a turn uses the engines that it took at its start; the history grows only by whole exchanges, and a turn that
//! fails leaves it as it was; a voice that fails costs the sound, never the text.

mod history;
pub mod live;
mod pipeline;
mod prune;
pub mod recognise;
mod reply;
mod sentences;
mod skills;
mod summary;
mod telling;
#[cfg(test)]
mod tests;
mod text;
mod upkeep;
mod writing;

use std::sync::{Arc, Weak};
use std::time::Instant;

use crate::audio::{AudioError, AudioOutput, WavSource};
use crate::backend::{BackendError, LanguageModel, Prompt, Tool, ToolUse};
use crate::event::{Event, Events, Models, Waterfall};
use crate::runtime::InForce;
use crate::skill::{Announcement, Heard, Verdict};

pub use history::{History, Part};
pub use prune::Marks;
pub use sentences::{SentenceCutter, ends_a_sentence};

use skills::TurnSkills;
use telling::Telling;
use upkeep::Upkeep;

/// What a turn starts from.
pub enum Question {
    /// Typed.
    Text(String),
    /// Spoken into a file, of any length.
    Recording(Box<WavSource>),
}

/// How a turn ended.
#[derive(Debug)]
pub struct Answer {
    /// What was asked. Empty where nothing was heard, or a skill dropped it; there is no reply then.
    pub question: String,
    /// Whether a skill dropped what was asked.
    pub dropped: bool,
    /// The skill that answered, if one did.
    pub by_skill: Option<String>,
    pub reply: String,
    pub waterfall: Waterfall,
    /// Why the answer could not be heard in full, where that is so.
    pub speech: Result<(), TurnError>,
}

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

/// One conversation with one history. Engines and settings are those in force, which each call is given anew.
pub struct Conversation {
    history: History,
    /// What counted the history's tokens.
    counted_by: Option<Weak<dyn LanguageModel>>,
    events: Events,
    turns: u64,
}

impl Conversation {
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self {
            history: History::new("", &[]),
            counted_by: None,
            events,
            turns: 0,
        }
    }

    /// Loads the engines side by side: the language model always, the others as they are needed. What fails here is tried
    /// again by the first turn.
    ///
    /// # Errors
    /// The first failure, once all are done.
    pub async fn prepare(
        &mut self,
        in_force: &InForce,
        listens: bool,
        speaks: bool,
    ) -> Result<(), BackendError> {
        self.follow(in_force);
        let engines = &in_force.engines;
        let prompt = Prompt {
            messages: self.history.messages(),
            summary: self.history.summary_bytes(),
            tools: prompt_tools(in_force),
            ..Prompt::default()
        };
        let (stt, llm, tts) = tokio::join!(
            async {
                if listens {
                    engines.stt.prepare().await
                } else {
                    Ok(())
                }
            },
            engines.llm.prepare(&prompt),
            async {
                if speaks {
                    engines.tts.prepare().await
                } else {
                    Ok(())
                }
            },
        );
        llm.and(stt).and(tts)
    }

    /// What is to be done while nobody waits: counts, prunes, folds, and reads what remains into the model's cache. It ends when
    /// nothing is left to do; dropped before, it keeps what it did.
    pub async fn upkeep(&mut self, in_force: &InForce) {
        self.follow(in_force);
        let upkeep = Upkeep {
            llm: in_force.engines.llm.as_ref(),
            context: &in_force.config.context,
            events: &self.events,
            tools: prompt_tools(in_force),
        };
        upkeep.run(&mut self.history).await;
    }

    /// Takes over the instructions that are in force. Another language model counts tokens otherwise.
    fn follow(&mut self, in_force: &InForce) {
        let config = &in_force.config;
        let mut facts = config.context.pinned.clone();
        if config.assistant.remembers
            && let Some(memory) = &in_force.engines.mind.memory
        {
            facts.extend(memory.told());
        }
        self.history.set_prompt(&config.instructions(), &facts);
        let llm = Arc::downgrade(&in_force.engines.llm);
        if !self.counted_by.as_ref().is_some_and(|by| by.ptr_eq(&llm)) {
            self.history.forget_counts();
            self.counted_by = Some(llm);
        }
    }

    /// What the next turn will count.
    #[must_use]
    pub fn next_turn(&self) -> u64 {
        self.turns + 1
    }

    /// A turn was dropped because a skill cancelled it.
    pub fn cancelled(&self, turn: u64) {
        let telling = Telling {
            turn,
            clock: Clock {
                start: Instant::now(),
            },
            events: self.events.clone(),
        };
        telling.ended("cancelled", &Waterfall::default());
    }

    /// Answers one question into `output`, or in text alone.
    ///
    /// # Errors
    /// Where the recording cannot be read, or the recogniser or the language model fails for good.
    pub async fn turn(
        &mut self,
        in_force: &InForce,
        question: Question,
        output: Option<&mut (dyn AudioOutput + 'static)>,
    ) -> Result<Answer, TurnError> {
        self.turns += 1;
        let turn = self.turns;
        let input = match question {
            Question::Text(_) => "text",
            Question::Recording(_) => "recording",
        };
        let config = &in_force.config;
        self.events.emit(Event::TurnStarted {
            turn,
            input,
            generation: in_force.generation,
            models: Models::of(config),
        });
        self.follow(in_force);
        let clock = Clock {
            start: Instant::now(),
        };
        let mut waterfall = Waterfall::default();
        let result = self
            .answer(turn, in_force, question, output, clock, &mut waterfall)
            .await;
        waterfall.total_ms = clock.ms();
        let outcome = match &result {
            Ok(answer) if answer.dropped => "dropped",
            Ok(answer) if answer.question.is_empty() => "nothing_heard",
            Ok(_) => "answered",
            Err(_) => "failed",
        };
        let telling = Telling {
            turn,
            clock,
            events: self.events.clone(),
        };
        telling.ended(outcome, &waterfall);
        result.map(|answer| Answer {
            waterfall,
            ..answer
        })
    }

    async fn answer(
        &mut self,
        turn: u64,
        in_force: &InForce,
        question: Question,
        output: Option<&mut (dyn AudioOutput + 'static)>,
        clock: Clock,
        waterfall: &mut Waterfall,
    ) -> Result<Answer, TurnError> {
        let InForce {
            config, engines, ..
        } = in_force;
        let heard = match question {
            Question::Text(text) => Heard {
                text: text.trim().to_owned(),
                confidence: None,
                input: "text",
                language: None,
            },
            Question::Recording(source) => {
                let heard = recognise::recording(engines.stt.as_ref(), *source, |_| ()).await?;
                waterfall.stt_ms = Some(clock.ms());
                self.events.emit(Event::Transcript {
                    turn: Some(turn),
                    file: None,
                    text: heard.text.clone(),
                    language: heard.language.clone(),
                    audio_seconds: heard.audio_seconds,
                });
                Heard {
                    text: heard.text,
                    confidence: None,
                    input: "recording",
                    language: heard.language,
                }
            }
        };
        let nothing = |dropped| Answer {
            question: String::new(),
            dropped,
            by_skill: None,
            reply: String::new(),
            waterfall: Waterfall::default(),
            speech: Ok(()),
        };
        if heard.text.is_empty() {
            return Ok(nothing(false));
        }
        let skills = TurnSkills::new(in_force, turn, true);
        let said = heard.text.clone();
        let (question, answer, by_skill) = match skills.hear(heard).await {
            Verdict::Ask(question) => (question, None, None),
            Verdict::Answer { skill, speech, .. } => {
                self.events.emit(Event::SkillAnswered {
                    turn,
                    skill: skill.clone(),
                });
                (said, Some(speech), Some(skill))
            }
            Verdict::Drop { skill } => {
                self.events.emit(Event::SkillAnswered { turn, skill });
                return Ok(nothing(true));
            }
        };
        let replying = pipeline::Pipeline {
            engines,
            context: &config.context,
            telling: Telling {
                turn,
                clock,
                events: self.events.clone(),
            },
            skills,
            answer,
        };
        let reply = replying
            .run(&self.history, &question, output, waterfall)
            .await?;
        // Where the model said nothing there is nothing to remember.
        if !reply.text.is_empty() {
            if reply.skipped > 0 {
                upkeep::cut(&mut self.history, reply.skipped, &self.events);
            }
            self.history
                .push(&question, &reply.text, waterfall.prompt_tokens);
            if by_skill.is_some() || !reply.tools.is_empty() {
                self.history.mark_as_skills();
            }
            replying
                .skills
                .replied(&question, &reply.text, &reply.tools);
        }
        Ok(Answer {
            question,
            dropped: false,
            by_skill,
            reply: reply.text,
            waterfall: Waterfall::default(),
            speech: reply.speech,
        })
    }

    /// Says what a skill wants said, into `output` or in text alone. It is no part of the conversation that the model sees.
    ///
    /// # Errors
    /// Where it cannot be spoken.
    pub async fn announce(
        &mut self,
        in_force: &InForce,
        announcement: &Announcement,
        output: Option<&mut (dyn AudioOutput + 'static)>,
    ) -> Result<(), TurnError> {
        self.turns += 1;
        let turn = self.turns;
        self.events.emit(Event::TurnStarted {
            turn,
            input: "announcement",
            generation: in_force.generation,
            models: Models::of(&in_force.config),
        });
        self.events.emit(Event::Announcement {
            skill: announcement.skill.clone(),
            text: announcement.text.clone(),
        });
        let clock = Clock {
            start: Instant::now(),
        };
        let announcing = pipeline::Pipeline {
            engines: &in_force.engines,
            context: &in_force.config.context,
            telling: Telling {
                turn,
                clock,
                events: self.events.clone(),
            },
            skills: TurnSkills::new(in_force, turn, true),
            answer: Some(announcement.text.clone()),
        };
        let mut waterfall = Waterfall::default();
        let said = announcing
            .run(&self.history, "", output, &mut waterfall)
            .await;
        waterfall.total_ms = clock.ms();
        let speech = match said {
            Ok(said) => said.speech,
            Err(error) => Err(error),
        };
        let outcome = if speech.is_ok() {
            "announced"
        } else {
            "failed"
        };
        announcing.telling.ended(outcome, &waterfall);
        speech
    }
}

/// The tools that the model is told of in every prompt. Those of a router are learned while nobody waits.
fn prompt_tools(in_force: &InForce) -> Vec<Tool> {
    let tools = in_force.skills.current().tools();
    match in_force.engines.llm.tool_use() {
        ToolUse::InPrompt => tools,
        ToolUse::Routed => {
            in_force.engines.mind.learn(tools);
            Vec::new()
        }
        ToolUse::None => Vec::new(),
    }
}

/// Milliseconds since the question was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    fn ms(self) -> u64 {
        self.ms_at(Instant::now())
    }

    fn ms_at(self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }
}
