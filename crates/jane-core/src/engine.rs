//! The three engines behind three small traits: what the conversation knows of them.
//!
//! Invariants: dropping a future or stream that a backend returned cancels its work; a backend loads what it needs on first use
//! and again after a failure; no error of a backend ends the program.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future;
use futures::stream::{BoxStream, TryStreamExt};
use serde::{Deserialize, Serialize};

use jane_text::spoken::Language;

use crate::{BackendError, Sampling};

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
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
    pub role: Role,
    pub content: String,
    /// What the assistant called, in its messages.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message is the result of.
    pub tool_call_id: Option<String>,
}

impl Message {
    fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// What came of `call`.
    pub fn tool(call: &ToolCall, content: String) -> Self {
        Self {
            tool_call_id: Some(call.id.clone()),
            ..Self::new(Role::Tool, content)
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

/// What was said so far, in the parts of which a prompt is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Dialogue {
    /// What the model is told before everything else; `None` for nothing, not even an empty message.
    pub instructions: Option<String>,
    /// What was said before the turns, in short; empty for nothing.
    pub summary: String,
    /// Messages behind that, oldest first.
    pub turns: Vec<Message>,
}

impl Dialogue {
    /// The messages as chat templates and servers take them: instructions and summary are one system message.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.system()
            .into_iter()
            .chain(self.turns.iter().cloned())
            .collect()
    }

    fn system(&self) -> Option<Message> {
        let instructions = self.instructions.as_deref();
        if self.summary.is_empty() {
            return instructions.map(Message::system);
        }
        let summary = format!("Earlier in this conversation: {}", self.summary);
        Some(Message::system(match instructions {
            None | Some("") => summary,
            Some(instructions) => format!("{instructions}\n\n{summary}"),
        }))
    }
}

impl From<Vec<Message>> for Dialogue {
    /// A system message at the beginning is the instructions.
    fn from(mut turns: Vec<Message>) -> Self {
        let is_system = |message: &Message| message.role == Role::System;
        let instructions = turns
            .first()
            .is_some_and(is_system)
            .then(|| turns.remove(0).content);
        Self {
            instructions,
            summary: String::new(),
            turns,
        }
    }
}

/// What a language model is to go on from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    pub dialogue: Dialogue,
    pub tools: Vec<Tool>,
    /// The beginning of the reply, where another model was cut off: the reply goes on from its end.
    pub reply_so_far: String,
    /// In what this reply differs from what `jane.toml` says.
    pub sampling: Sampling,
}

impl From<Vec<Message>> for Prompt {
    fn from(messages: Vec<Message>) -> Self {
        Self {
            dialogue: messages.into(),
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

    /// Recognises the first words of what an utterance begins with, so cheaply that it may be done all day: good enough to tell whether
    /// it may begin with `phrase`, and nothing more.
    async fn transcribe_beginning(
        &self,
        samples: Arc<[f32]>,
        phrase: &str,
    ) -> Result<Transcript, BackendError> {
        let _ = phrase;
        self.transcribe(samples).await
    }
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
    /// A server refused to answer, or withheld the rest of the answer.
    Refused,
}

/// A piece of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Generated {
    Text(String),
    /// The model thinks, or has thought before it answers: so many tokens so far. What it thinks is nobody's to hear.
    Thinking {
        tokens: u32,
    },
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
            tools,
            ..messages.into()
        })
    }

    /// Reads `instructions`, which tell of the tools and calls are going to begin with, so that they need not be read with each call. With
    /// `computes` that may take seconds, and is to be done while nobody waits. Returns whether they are there already.
    ///
    /// # Errors
    /// Where the model fails.
    async fn prepare_calls(
        &self,
        instructions: &str,
        computes: bool,
    ) -> Result<bool, BackendError> {
        let _ = (instructions, computes);
        Ok(false)
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
    pub places: Vec<WordTiming>,
}

/// Where a voice is in the text that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordTiming {
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
        let place = |samples| WordTiming {
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
