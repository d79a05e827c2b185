//! Tells of one turn: in events, and at its end in the log.

use std::time::Instant;

use jane_core::event::{Event, Events, TurnInput, TurnOutcome, Waterfall};
use jane_text::spoken::Said;

use super::reply::ReplyOutcome;
use crate::runtime::InForce;

/// Milliseconds since the question was there.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub start: Instant,
}

impl Clock {
    #[must_use]
    pub fn ms(self) -> u64 {
        self.ms_at(Instant::now())
    }

    #[must_use]
    pub fn ms_at(self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }
}

/// Tells of the turn with this number.
pub struct TurnReporter {
    pub turn: u64,
    pub clock: Clock,
    pub events: Events,
}

impl TurnReporter {
    pub fn started(&self, input: TurnInput, in_force: &InForce) {
        self.events.emit(Event::TurnStarted {
            turn: self.turn,
            input,
            generation: in_force.generation,
            models: in_force.config.models(),
        });
    }

    pub fn transcript(&self, text: &str, language: Option<String>, audio_seconds: f64) {
        self.events.emit(Event::Transcript {
            turn: Some(self.turn),
            file: None,
            text: text.to_owned(),
            language,
            audio_seconds,
        });
    }

    pub fn thinking(&self, tokens: u32) {
        self.events.emit(Event::ReplyThinking {
            turn: self.turn,
            tokens,
        });
    }

    pub fn answered_by(&self, skill: &str) {
        self.events.emit(Event::SkillAnswered {
            turn: self.turn,
            skill: skill.to_owned(),
        });
    }

    pub fn text(&self, text: String) {
        let turn = self.turn;
        self.events.emit(Event::ReplyDelta { turn, text });
    }

    pub fn sentence(&self, index: u32, said: &Said) {
        self.events.emit(Event::Sentence {
            turn: self.turn,
            index,
            text: said.text(),
        });
    }

    pub fn muted(&self, skill: String, stopped: bool) {
        self.events.emit(Event::SkillMuted {
            turn: self.turn,
            skill,
            stopped,
        });
    }

    pub fn reply(&self, reply: &ReplyOutcome) {
        self.events.emit(Event::Reply {
            turn: self.turn,
            text: reply.text.clone(),
            finish: reply.generation.finish.into(),
        });
    }

    pub fn cut(&self, heard: &str) {
        self.events.emit(Event::ReplyCut {
            turn: self.turn,
            heard: heard.to_owned(),
        });
    }

    /// The turn is over.
    pub fn ended(&self, outcome: TurnOutcome, waterfall: &Waterfall) {
        log_turn(self.turn, outcome, waterfall);
        self.events.emit(Event::TurnEnded {
            turn: self.turn,
            outcome,
            waterfall: waterfall.clone(),
        });
    }
}

/// One line for each turn. What was said stays out of it: the log may be shown to others.
fn log_turn(turn: u64, outcome: TurnOutcome, waterfall: &Waterfall) {
    tracing::info!(
        turn,
        outcome = outcome.word(),
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
