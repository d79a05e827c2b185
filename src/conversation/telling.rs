//! Says what the model writes, as it is written, and notes when.

use super::Clock;
use super::reply::{At, Written};
use crate::backend::{BackendError, Generation};
use crate::event::{Event, Events, Waterfall};

/// Tells of one turn.
pub struct Telling {
    pub turn: u64,
    pub clock: Clock,
    pub events: Events,
}

/// What is left to be done about what was told.
#[derive(Debug)]
pub enum Told {
    Nothing,
    /// The model answers without so many of the oldest exchanges: the history is to lose them once there is an answer.
    Skipped(usize),
    /// The whole reply is there. It was not told yet.
    Ended {
        text: String,
        generation: Generation,
        /// The tools that were called for it.
        tools: Vec<String>,
    },
    Failed(BackendError),
}

impl Telling {
    pub fn tell(&self, written: At<Written>, waterfall: &mut Waterfall) -> Told {
        let turn = self.turn;
        let ms = self.clock.ms_at(written.at);
        match written.what {
            Written::Begun { skipped } => {
                waterfall.llm_first_token_ms.get_or_insert(ms);
                if skipped > 0 {
                    return Told::Skipped(skipped);
                }
            }
            Written::Text(text) => self.events.emit(Event::ReplyDelta { turn, text }),
            Written::Sentence(said) => {
                let text = said.text();
                waterfall.first_sentence_ms.get_or_insert(ms);
                let index = waterfall.sentences;
                waterfall.sentences += 1;
                self.events.emit(Event::Sentence { turn, index, text });
            }
            Written::Unsaid(_) => {}
            Written::Muted { skill, stopped } => self.events.emit(Event::SkillMuted {
                turn,
                skill,
                stopped,
            }),
            Written::Called {
                tool,
                skill,
                ok,
                took,
            } => self.events.emit(Event::ToolCalled {
                turn,
                tool,
                skill,
                ok,
                ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }),
            Written::Ended {
                text,
                generation,
                tools,
            } => {
                waterfall.generated(&generation);
                return Told::Ended {
                    text,
                    generation,
                    tools,
                };
            }
            Written::Failed(error) => return Told::Failed(error),
        }
        Told::Nothing
    }

    /// Says the whole reply.
    pub fn reply(&self, text: &str, generation: &Generation) {
        self.events.emit(Event::Reply {
            turn: self.turn,
            text: text.to_owned(),
            finish: generation.finish.word(),
        });
    }

    /// Says that the turn is over, in the log as well.
    pub fn ended(&self, outcome: &'static str, waterfall: &Waterfall) {
        log_turn(self.turn, outcome, waterfall);
        self.events.emit(Event::TurnEnded {
            turn: self.turn,
            outcome,
            waterfall: waterfall.clone(),
        });
    }
}

/// One line for each turn. What was said stays out of it: the log may be shown to others.
fn log_turn(turn: u64, outcome: &str, waterfall: &Waterfall) {
    tracing::info!(
        turn,
        outcome,
        end_of_turn_ms = waterfall.end_of_turn_ms,
        stt_ms = waterfall.stt_ms,
        llm_first_token_ms = waterfall.llm_first_token_ms,
        first_sentence_ms = waterfall.first_sentence_ms,
        first_speech_ms = waterfall.first_speech_ms,
        first_audio_ms = waterfall.first_audio_ms,
        total_ms = waterfall.total_ms,
        audio_seconds = waterfall.audio_seconds,
        prompt_tokens = waterfall.prompt_tokens,
        reused_tokens = waterfall.reused_tokens,
        reply_tokens = waterfall.reply_tokens,
        tokens_per_second = waterfall.tokens_per_second,
        "the turn ended"
    );
}
