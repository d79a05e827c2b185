//! Short ways to write what a skill takes and returns.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Answer, Event, Failure, Sentence, SentenceAction, ToolCall, ToolOutput, Transcript, TranscriptAction};

impl Transcript {
    /// What somebody typed, for tests.
    pub fn typed(text: &str) -> Transcript {
        Transcript { turn: 1, text: text.into(), confidence: None, attrs: vec![("input".into(), "text".into())] }
    }

    /// One of the attributes, such as `language`.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Sentence {
    /// A sentence about to be spoken, for tests.
    pub fn new(text: &str) -> Sentence {
        Sentence { turn: 1, index: 0, text: text.into() }
    }
}

impl TranscriptAction {
    /// This is the answer.
    pub fn say(speech: impl Into<String>) -> TranscriptAction {
        TranscriptAction::Answer(Answer { speech: speech.into(), expect_reply: false })
    }

    /// This is the answer, and it asks something back.
    pub fn ask(speech: impl Into<String>) -> TranscriptAction {
        TranscriptAction::Answer(Answer { speech: speech.into(), expect_reply: true })
    }

    /// The answer, where there is one; otherwise it is left to the next skill and the language model.
    pub fn say_or_pass(speech: Option<String>) -> TranscriptAction {
        speech.map_or(TranscriptAction::Pass, TranscriptAction::say)
    }
}

impl SentenceAction {
    /// Another sentence is spoken in its place.
    pub fn rewrite(text: impl Into<String>) -> SentenceAction {
        SentenceAction::Rewrite(text.into())
    }
}

impl ToolCall {
    /// The arguments as a type of the skill's.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        Ok(serde_json::from_str(&self.arguments)?)
    }
}

impl ToolOutput {
    /// For the language model, which words the answer.
    pub fn text(text: impl Into<String>) -> ToolOutput {
        ToolOutput::Text(text.into())
    }

    /// The same, as JSON.
    pub fn json(value: &impl Serialize) -> Result<ToolOutput, Failure> {
        Ok(ToolOutput::Json(serde_json::to_string(value)?))
    }

    /// This is spoken, and the model is not asked again.
    pub fn say(speech: impl Into<String>) -> ToolOutput {
        ToolOutput::FinalAnswer(speech.into())
    }
}

impl Event {
    /// The payload as a type of the skill's.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        Ok(serde_json::from_str(&self.payload)?)
    }
}

impl Failure {
    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::InvalidInput(message.into())
    }

    pub fn unavailable(message: impl Into<String>) -> Failure {
        Failure::Unavailable(message.into())
    }

    pub fn internal(message: impl Into<String>) -> Failure {
        Failure::Internal(message.into())
    }

    /// What the failure says.
    pub fn message(&self) -> &str {
        match self {
            Failure::InvalidInput(message) | Failure::Denied(message) | Failure::Unavailable(message) | Failure::Internal(message) => message,
        }
    }
}

/// JSON that is not as expected came from outside, as a rule: the fault is the caller's.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::InvalidInput(error.to_string())
    }
}
