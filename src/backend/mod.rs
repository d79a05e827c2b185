//! The three engines behind three small traits: what the conversation knows of them.
//!
//! Invariants: dropping a future or stream that a backend returned cancels its work; a backend loads what it needs on first use
//! and again after a failure; no error of a backend ends the program.

mod engines;
mod error;
pub mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub use engines::{Builder, Engines, VOICE_RUNTIME};
pub use error::BackendError;

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    System,
    User,
    Assistant,
}

/// One message of a conversation, as language models take them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "role")]
    pub speaker: Speaker,
    pub content: String,
}

impl Message {
    pub fn system(content: impl Into<String>) -> Self {
        Self {
            speaker: Speaker::System,
            content: content.into(),
        }
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self {
            speaker: Speaker::User,
            content: content.into(),
        }
    }

    pub fn assistant(content: impl Into<String>) -> Self {
        Self {
            speaker: Speaker::Assistant,
            content: content.into(),
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
}

/// A piece of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Generated {
    Text(String),
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

pub type ReplyStream = BoxStream<'static, Result<Generated, BackendError>>;

/// Messages in, text out, piece by piece.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Loads the model and reads `messages` into its cache, so that the first reply starts at once.
    async fn prepare(&self, messages: &[Message]) -> Result<(), BackendError>;

    /// Writes the next message of the conversation.
    fn reply(&self, messages: Vec<Message>) -> ReplyStream;

    /// Tokens that `messages` make, as the model counts them.
    async fn count_tokens(&self, messages: Vec<Message>) -> Result<u32, BackendError>;
}

/// A stretch of speech, mono.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate: u32,
}

pub type SpeechStream = BoxStream<'static, Result<Speech, BackendError>>;

/// Text in, speech out, sentence by sentence.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// Loads the voice.
    async fn prepare(&self) -> Result<(), BackendError>;

    /// Speaks `text`, one item a sentence.
    fn speak(&self, text: String) -> SpeechStream;
}
