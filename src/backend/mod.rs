//! The three engines behind three small traits: what the conversation knows of them.
//!
//! Invariants: dropping a future or stream that a backend returned cancels its work; a backend loads what it needs on first use
//! and again after a failure; no error of a backend ends the program.

mod engines;
mod error;
mod fallback;
mod openai;
mod secret;
pub mod worker;
mod wyoming;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future;
use futures::stream::{BoxStream, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::spoken::Language;

pub use engines::{Builder, Engines, MEMORY, ONNX_RUNTIME, wanted_models};
pub use error::BackendError;

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    System,
    User,
    Assistant,
    /// The result of a tool.
    Tool,
}

/// One message of a conversation, as language models take them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "role")]
    pub speaker: Speaker,
    pub content: String,
    /// What the assistant called, in its messages.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message is the result of.
    pub tool_call_id: Option<String>,
}

impl Message {
    fn new(speaker: Speaker, content: impl Into<String>) -> Self {
        Self {
            speaker,
            content: content.into(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Speaker::System, content)
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Speaker::User, content)
    }

    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new(Speaker::Assistant, content)
    }

    /// What came of `call`.
    pub fn tool(call: &ToolCall, content: String) -> Self {
        Self {
            tool_call_id: Some(call.id.clone()),
            ..Self::new(Speaker::Tool, content)
        }
    }
}

/// Something that the model may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments, as text.
    pub parameters: String,
    /// What people say for it. No model is told.
    #[serde(skip)]
    pub examples: Vec<String>,
}

/// How a language model comes to call tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolUse {
    /// All of them are told to it in every prompt, and it calls what it likes.
    InPrompt,
    /// A router looks for those that may be meant, and the model writes the call on the side, by [`LanguageModel::call`].
    Routed,
    /// It calls none.
    None,
}

/// A call that the model wrote. Nothing about it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call to the model that wrote it.
    pub id: String,
    pub name: String,
    /// JSON, as text.
    pub arguments: String,
}

/// What a language model is to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    pub messages: Vec<Message>,
    /// Bytes at the end of the first message that tell what was said before; the rest of it are instructions.
    pub summary: usize,
    pub tools: Vec<Tool>,
    /// The beginning of the reply, where another model was cut off: the reply goes on from its end.
    pub reply_so_far: String,
}

impl From<Vec<Message>> for Prompt {
    fn from(messages: Vec<Message>) -> Self {
        Self {
            messages,
            ..Self::default()
        }
    }
}

/// What a recogniser heard in one utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// Empty where nothing was said.
    pub text: String,
    pub language: Option<String>,
    /// 0..=1, as the model sees it.
    pub no_speech_probability: f32,
    /// Mean natural logarithm of the probabilities of the text's tokens.
    pub mean_log_probability: f32,
}

/// Speech in, text out.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// Loads the model, so that the first utterance does not wait for it.
    async fn prepare(&self) -> Result<(), BackendError>;

    /// Recognises one utterance: mono, 16 kHz, at most 30 s.
    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError>;
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its message.
    Stop,
    /// One of the stop sequences came up.
    StopSequence,
    /// `max_tokens` were written, or the context window was full.
    Length,
    /// The model waits for the results of its tool calls.
    ToolCalls,
}

impl Finish {
    /// For events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop | Self::StopSequence => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
        }
    }
}

/// A piece of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Generated {
    Text(String),
    /// A whole call of a tool.
    ToolCall(ToolCall),
    /// The last item of a complete stream.
    Ended(Generation),
}

/// The figures of a finished reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    pub finish: Finish,
    pub prompt_tokens: u32,
    /// Prompt tokens that the KV cache held already.
    pub reused_tokens: u32,
    pub reply_tokens: u32,
    /// Time spent decoding, without the prompt.
    pub decode_seconds: f32,
}

/// The room of a language model, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Prompt and reply together.
    pub tokens: u32,
    /// What of it is kept for the reply.
    pub reply: u32,
}

pub type ReplyStream = BoxStream<'static, Result<Generated, BackendError>>;

/// Messages in, text out, piece by piece.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Loads the model and reads `prompt` into its cache, so that the first reply starts at once.
    async fn prepare(&self, prompt: &Prompt) -> Result<(), BackendError>;

    /// Writes the next message of the conversation. Tools of the prompt that the model does not take are left out.
    fn reply(&self, prompt: Prompt) -> ReplyStream;

    /// Writes at most `max_tokens` of an answer on the side, without disturbing what is cached of the conversation. It gives
    /// way: dropped, it leaves no trace.
    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream;

    /// How it is to be offered tools. A model that takes none leaves out those that it is offered in a prompt.
    fn tool_use(&self) -> ToolUse {
        ToolUse::InPrompt
    }

    /// Writes a call of one of `tools`, and nothing else, without disturbing what is cached of the conversation. `messages` tell
    /// of the tools.
    fn call(&self, messages: Vec<Message>, tools: Vec<Tool>) -> ReplyStream {
        self.reply(Prompt {
            messages,
            tools,
            ..Prompt::default()
        })
    }

    /// Tokens that each of `prompts` makes, as the model counts them.
    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError>;

    /// Tokens that prompt and reply may have together, and tokens that are kept for the reply.
    async fn window(&self) -> Result<Window, BackendError>;

    /// Whether tools are worth offering: `llm.tools`, and where that is `auto`, what the model was made for.
    async fn takes_tools(&self) -> Result<bool, BackendError> {
        Ok(false)
    }
}

/// A stretch of speech, mono.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate: u32,
    /// When what was said, in ascending order; empty where the voice does not say.
    pub places: Vec<Place>,
}

/// Where a voice is in the text that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Letters and digits of the whole text that are over.
    pub letters: u32,
    /// Samples of this stretch until then.
    pub samples: u32,
}

/// Full scale is 1: 60 dB below it a voice has not begun. Piper's are at -90 dB until then.
const SILENCE: f32 = 0.001;

/// What stays of the silence before a voice: a two-hundredth of a second.
const LEADS_PER_SECOND: u32 = 200;

impl Speech {
    /// Of a voice that does not say when it says what.
    #[must_use]
    pub fn new(samples: Vec<f32>, sample_rate: u32) -> Self {
        Self {
            samples,
            sample_rate,
            places: Vec::new(),
        }
    }

    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "sample counts are far below 2^52"
    )]
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Leaves out the silence that it begins with, but for a moment. Returns whether it is not all silence.
    pub fn skip_silence(&mut self) -> bool {
        let first = self
            .samples
            .iter()
            .position(|sample| sample.abs() > SILENCE);
        let lead = usize::try_from(self.sample_rate / LEADS_PER_SECOND).unwrap_or(0);
        let skipped = first.unwrap_or(self.samples.len()).saturating_sub(lead);
        self.samples.drain(..skipped);
        let skipped = u32::try_from(skipped).unwrap_or(u32::MAX);
        for place in &mut self.places {
            place.samples = place.samples.saturating_sub(skipped);
        }
        first.is_some()
    }
}

pub type SpeechStream = BoxStream<'static, Result<Speech, BackendError>>;

/// Text in, speech out, sentence by sentence.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// Loads the voice.
    async fn prepare(&self) -> Result<(), BackendError>;

    /// Speaks `text`, one item a sentence.
    fn speak(&self, text: String) -> SpeechStream;

    /// What the voice speaks; without a table where that is not known.
    fn language(&self) -> &'static Language {
        Language::of("")
    }
}

/// Runs a request to its end and drops what it yields.
///
/// # Errors
/// What ended it early.
pub async fn finished<T>(
    stream: BoxStream<'static, Result<T, BackendError>>,
) -> Result<(), BackendError> {
    stream.try_for_each(|_| future::ready(Ok(()))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_silence_before_a_voice_is_skipped_and_its_words_come_sooner() {
        let mut speech = Speech::new(vec![0.0; 1000], 1000);
        speech.samples[100] = -0.5;
        let place = |samples| Place {
            letters: 3,
            samples,
        };
        speech.places = vec![place(10), place(500)];
        assert!(speech.skip_silence());
        assert_eq!(speech.samples.len(), 905);
        assert_eq!(speech.samples[5], -0.5);
        assert_eq!(speech.places, [place(0), place(405)]);
        assert!(speech.skip_silence());
        assert_eq!(speech.samples.len(), 905);
        let mut silence = Speech::new(vec![0.0001; 1000], 1000);
        assert!(!silence.skip_silence());
        assert_eq!(silence.samples.len(), 5);
    }
}
