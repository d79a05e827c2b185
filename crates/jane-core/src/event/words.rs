//! The words that events use for what a turn starts from, how it ends, and why speech led to nothing.
//!
//! Invariant: the words are a part of the `--json` interface; a variant is renamed in code alone, its word stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::Finish;

impl Event {
    /// Whether it is told to those who look at a whole server: it holds no word that somebody said, wrote, or was told. What is not known
    /// here holds some.
    #[must_use]
    pub fn holds_no_word(&self) -> bool {
        matches!(
            self,
            Self::TurnStarted { .. }
                | Self::TurnEnded { .. }
                | Self::BargeIn { .. }
                | Self::ToolCalled { .. }
                | Self::SkillLoaded { .. }
                | Self::SkillUnloaded { .. }
                | Self::SkillFailed { .. }
                | Self::SkillQuarantined { .. }
                | Self::BackendLoading { .. }
                | Self::BackendReady { .. }
                | Self::BackendFailed { .. }
                | Self::BackendUnloaded { .. }
                | Self::BackendSwitched { .. }
                | Self::WorkerStarted { .. }
                | Self::WorkerExited { .. }
                | Self::WorkerRestarted { .. }
                | Self::ContextPruned { .. }
                | Self::ContextFolded { .. }
                | Self::ConfigReloaded { .. }
                | Self::ConfigRejected { .. }
                | Self::MemoryPlanned { .. }
                | Self::MemoryPressure { .. }
                | Self::MemoryEvicted { .. }
                | Self::MetricsListening { .. }
                | Self::MetricsStopped { .. }
                | Self::ServeListening { .. }
                | Self::SessionStarted { .. }
                | Self::SessionEnded { .. }
        )
    }
}

/// What a turn starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnInput {
    /// A typed question.
    Text,
    /// A question in a file.
    Recording,
    /// A question spoken into the microphone, or into the recording in its place.
    Voice,
    /// Something that a skill wants said.
    Announcement,
}

impl TurnInput {
    /// The word in events, which is also what skills are told.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Recording => "recording",
            Self::Voice => "voice",
            Self::Announcement => "announcement",
        }
    }
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnOutcome {
    /// The question was answered to the end. Only the times of these turns are counted in `jane_turn_stage_seconds`.
    Answered,
    /// What a skill wanted said was said to the end.
    Announced,
    /// The recording holds no word.
    NothingHeard,
    /// A skill dropped the question: nothing is answered.
    Dropped,
    /// A skill cancelled the turn, or whoever asked is gone.
    Cancelled,
    /// Somebody spoke over the reply with a question of their own. The history keeps what was heard.
    Interrupted,
    /// Somebody ended the reply, by word or by key.
    Stop,
    /// An urgent announcement cut the reply off.
    Announcement,
    /// An engine or the sound failed.
    Failed,
}

impl TurnOutcome {
    /// The word in events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Announced => "announced",
            Self::NothingHeard => "nothing_heard",
            Self::Dropped => "dropped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Stop => "stop",
            Self::Announcement => "announcement",
            Self::Failed => "failed",
        }
    }
}

/// Why something that was heard starts no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// It was no speech, or too little of it to interrupt a reply.
    Short,
    /// No word was recognised.
    NothingSaid,
    /// A sound such as "mm-hm", which tells Jane to go on.
    Backchannel,
    /// Jane's own words, which came back through the microphone.
    Echo,
    /// There is a wake phrase, and it was not said.
    NotAddressed,
    /// The wake phrase alone was said: the question may follow.
    Called,
    /// Jane was told to be quiet.
    Stop,
    /// A skill dropped it.
    Dropped,
    /// The speech recogniser failed.
    Failed,
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The reply is complete.
    Stop,
    /// The reply was cut off at `llm.max_reply_tokens` or at the end of the context window.
    Length,
    /// The model called tools and wrote no answer behind them.
    ToolCalls,
    /// The server of the model refused to answer, or withheld the rest of the answer.
    Refused,
}

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Stop | Finish::StopSequence => Self::Stop,
            Finish::Length => Self::Length,
            Finish::ToolCalls => Self::ToolCalls,
            Finish::Refused => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_code_is_the_word_in_events() {
        for (input, word) in [
            (TurnInput::Text, "text"),
            (TurnInput::Recording, "recording"),
            (TurnInput::Voice, "voice"),
            (TurnInput::Announcement, "announcement"),
        ] {
            assert_eq!(input.word(), word);
            assert_eq!(serde_json::to_value(input).unwrap(), word);
        }
        for (outcome, word) in [
            (TurnOutcome::Answered, "answered"),
            (TurnOutcome::Announced, "announced"),
            (TurnOutcome::NothingHeard, "nothing_heard"),
            (TurnOutcome::Dropped, "dropped"),
            (TurnOutcome::Cancelled, "cancelled"),
            (TurnOutcome::Interrupted, "interrupted"),
            (TurnOutcome::Stop, "stop"),
            (TurnOutcome::Announcement, "announcement"),
            (TurnOutcome::Failed, "failed"),
        ] {
            assert_eq!(outcome.word(), word);
            assert_eq!(serde_json::to_value(outcome).unwrap(), word);
        }
    }
}
