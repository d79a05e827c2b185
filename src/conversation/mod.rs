//! A conversation: the history, and turn after turn.
//!
//! Invariants: a turn uses the engines that it took at its start; the history grows only by whole exchanges, and a turn that
//! fails leaves it as it was; a voice that fails costs the sound, never the text.

mod client_tools;
pub mod live;
#[cfg(test)]
mod tests;
pub mod turn;

use std::sync::{Arc, Weak};
use std::time::Instant;

use jane_audio::AudioOutput;
use jane_core::event::{Events, TurnInput, TurnOutcome};
use jane_engines::{BackendError, LanguageModel, Prompt, Tool, ToolUse};
use jane_skills::Announcement;
use tracing::Instrument;

use crate::runtime::InForce;

pub use crate::context::{History, Part, Watermarks};
pub use client_tools::ClientTools;
pub use jane_text::{SentenceCutter, ends_a_sentence};
pub use turn::run::Question;
pub use turn::transcribe;
pub use turn::{SkillRequests, TurnError, TurnReport};

use crate::context::maintenance::ContextMaintenance;
use turn::run::{self, Ended};
use turn::skills::TurnSkills;
use turn::{Clock, Turn, TurnStart, Turns};

/// One conversation with one history. Engines and settings are those in force, which each call is given anew.
pub struct Conversation {
    history: History,
    /// What counted the history's tokens.
    counted_by: Option<Weak<dyn LanguageModel>>,
    events: Events,
    turns: Turns,
    /// What whoever talks to her adds to her instructions.
    told: Vec<String>,
    /// Tools that they bring along.
    client: Option<Arc<dyn ClientTools>>,
}

impl Conversation {
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self {
            history: History::new("", &[]),
            counted_by: None,
            turns: Turns::new(events.clone()),
            events,
            told: Vec::new(),
            client: None,
        }
    }

    /// A conversation that goes on behind `exchanges`, questions and answers; `told` is added to her instructions, and the tools of
    /// `client` to those of skills.
    #[must_use]
    pub fn continued(
        events: Events,
        told: Vec<String>,
        exchanges: &[(String, String)],
        client: Option<Arc<dyn ClientTools>>,
    ) -> Self {
        let mut conversation = Self::new(events);
        conversation.told = told;
        conversation.client = client;
        for (question, answer) in exchanges {
            conversation.history.push(question, answer, 0);
        }
        conversation
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
            dialogue: self.history.dialogue(0),
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
    pub async fn maintain(&mut self, in_force: &InForce) {
        self.follow(in_force);
        let maintenance = ContextMaintenance {
            llm: in_force.engines.llm.as_ref(),
            context: &in_force.config.context,
            events: &self.events,
            tools: prompt_tools(in_force),
            call_instructions: call_instructions(in_force),
        };
        maintenance.run(&mut self.history).await;
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
        facts.extend(self.told.iter().cloned());
        self.history.set_prompt(&config.instructions(), &facts);
        let llm = Arc::downgrade(&in_force.engines.llm);
        if !self.counted_by.as_ref().is_some_and(|by| by.ptr_eq(&llm)) {
            self.history.forget_counts();
            self.counted_by = Some(llm);
        }
    }

    /// The number that the next turn will have.
    #[must_use]
    pub fn next_turn(&self) -> u64 {
        self.turns.next()
    }

    /// Forgets what was said; turns are counted on.
    pub fn begin_anew(&mut self) {
        self.history = History::new("", &[]);
        self.counted_by = None;
    }

    /// Answers one question into `output`, or in text alone. Dropped, the turn is cancelled.
    ///
    /// # Errors
    /// Where the recording cannot be read, or the recogniser or the language model fails for good.
    pub async fn turn(
        &mut self,
        in_force: &InForce,
        question: Question,
        output: Option<&mut (dyn AudioOutput + 'static)>,
    ) -> Result<TurnReport, TurnError> {
        self.follow(in_force);
        let span = self.turns.next_span();
        let mut turn = self.begin(question.input(), in_force);
        let answered = run::answer(&mut turn, in_force, &self.history, question, output)
            .instrument(span)
            .await;
        let outcome = answered.as_ref().map(|ended| ended.outcome);
        let report = self.end(turn, outcome.unwrap_or(TurnOutcome::Failed));
        let Ended { speech, .. } = answered?;
        Ok(TurnReport { speech, ..report })
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
        let span = self.turns.next_span();
        let mut turn = self.begin(TurnInput::Announcement, in_force);
        let request = turn.announces(announcement, in_force, output.is_some());
        let said = run::reply(&mut turn, request, output)
            .instrument(span)
            .await;
        let said = said.map_err(TurnError::from).flatten();
        let outcome = match &said {
            Ok(()) => turn.whole(),
            Err(_) => TurnOutcome::Failed,
        };
        self.end(turn, outcome);
        said
    }

    fn begin(&self, input: TurnInput, in_force: &InForce) -> Turn {
        self.turns.begin(TurnStart {
            input,
            in_force,
            clock: Clock {
                start: Instant::now(),
            },
            skills: TurnSkills::new(in_force, self.turns.next_for_skills(), true)
                .with_client(self.client.clone()),
        })
    }

    /// What failed changes nothing.
    fn end(&mut self, turn: Turn, outcome: TurnOutcome) -> TurnReport {
        let said = match outcome {
            TurnOutcome::Failed => String::new(),
            _ => turn.reply().unwrap_or_default().to_owned(),
        };
        turn.end(outcome, &said, &mut self.history)
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

/// What calls of tools begin with, where the model is routed to them.
fn call_instructions(in_force: &InForce) -> Option<String> {
    let is_routed = in_force.engines.llm.tool_use() == ToolUse::Routed;
    let tools = is_routed.then(|| in_force.skills.current().tools())?;
    jane_mind::call_instructions(&tools)
}
