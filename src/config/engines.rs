//! The sections of the three engines: `[stt]`, `[llm]` and `[tts]`.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Speech to text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stt {
    /// What recognises speech.
    pub backend: SttBackend,
    /// A name in the catalogue of models, or the path of a file.
    #[schemars(length(min = 1))]
    pub model: String,
    /// The language that is spoken, as an ISO 639 code such as `en`; `auto` recognises it.
    #[schemars(regex(pattern = r"^(auto|[a-z]{2,3})$"))]
    pub language: String,
    /// Words to expect, such as names.
    pub prompt: String,
    /// Readings that are followed at once; 1 is greedy and fastest.
    #[schemars(range(min = 1, max = 8))]
    pub beam_size: u32,
    /// How much of Whisper's window of 30 seconds is encoded at least, 50 for each second of audio.
    /// More is more accurate and slower.
    #[schemars(range(min = 64, max = 1500))]
    pub audio_context_floor: u32,
    /// Probability of silence above which an unsure reading is dropped.
    #[schemars(range(min = 0, max = 1))]
    pub no_speech_threshold: f64,
    /// Mean log probability of its tokens below which a reading is unsure.
    #[schemars(range(min = -10, max = 0))]
    pub log_probability_threshold: f64,
    /// Threads; 0 uses all cores.
    #[schemars(range(min = 0, max = 256))]
    pub threads: u32,
    /// Whether to use a graphics processor, where there is one.
    pub gpu: bool,
}

impl Default for Stt {
    fn default() -> Self {
        Self {
            backend: SttBackend::Whisper,
            model: "whisper-tiny.en".into(),
            language: "en".into(),
            prompt: String::new(),
            beam_size: 1,
            audio_context_floor: 512,
            no_speech_threshold: 0.6,
            log_probability_threshold: -1.0,
            threads: 0,
            gpu: true,
        }
    }
}

/// What recognises speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SttBackend {
    Whisper,
}

/// The language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Llm {
    /// What runs the language model.
    pub backend: LlmBackend,
    /// A name in the catalogue of models, or the path of a file. The default is small and quick to
    /// fetch, and talks accordingly; `jane models list` names better ones.
    #[schemars(length(min = 1))]
    pub model: String,
    /// Tokens that the model can see at once: prompt, conversation and reply.
    #[schemars(range(min = 512, max = 1_048_576))]
    pub context_window: u32,
    /// Tokens after which a reply is cut off. The context window must hold 128 more.
    #[schemars(range(min = 1, max = 32_768))]
    pub max_reply_tokens: u32,
    /// How freely words are chosen; 0 always takes the likeliest.
    #[schemars(range(min = 0, max = 5))]
    pub temperature: f64,
    /// Likeliest tokens that are chosen from; 0 is all of them.
    #[schemars(range(min = 0, max = 1000))]
    pub top_k: u32,
    /// Share of the probability that is chosen from; 1 is all of it.
    #[schemars(range(min = 0, max = 1))]
    pub top_p: f64,
    /// Least probability of a token, as a share of the likeliest one's; 0 is no limit.
    #[schemars(range(min = 0, max = 1))]
    pub min_p: f64,
    /// How strongly words that were just said are avoided; 1 is not at all.
    #[schemars(range(min = 1, max = 3))]
    pub repeat_penalty: f64,
    /// Where the random choices start; 0 is somewhere else for each reply.
    #[schemars(range(min = 0, max = u32::MAX))]
    pub seed: u32,
    /// Texts at which a reply ends, at most 16.
    #[schemars(length(max = 16), inner(length(min = 1)))]
    pub stop: Vec<String>,
    /// Threads; 0 uses all cores.
    #[schemars(range(min = 0, max = 256))]
    pub threads: u32,
    /// Layers of the model that are put on a graphics processor, where there is one; 999 is all.
    #[schemars(range(min = 0, max = 999))]
    pub gpu_layers: u32,
}

impl Default for Llm {
    fn default() -> Self {
        Self {
            backend: LlmBackend::Llama,
            model: "smollm2-135m-instruct".into(),
            context_window: 4096,
            max_reply_tokens: 256,
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.1,
            seed: 0,
            stop: Vec::new(),
            threads: 0,
            gpu_layers: 999,
        }
    }
}

/// What runs the language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LlmBackend {
    Llama,
}

/// Text to speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tts {
    /// What speaks.
    pub backend: TtsBackend,
    /// A name in the catalogue of models, or the path of a file.
    #[schemars(length(min = 1))]
    pub model: String,
    /// The name or number of a speaker, for voices that have several.
    pub speaker: String,
    /// How fast she speaks; 1 is the voice's own pace, 2 is twice as fast.
    #[schemars(range(min = 0.25, max = 4))]
    pub speed: f64,
    /// How much her intonation varies.
    #[schemars(range(min = 0, max = 2))]
    pub noise_scale: f64,
    /// How much the length of her sounds varies.
    #[schemars(range(min = 0, max = 2))]
    pub noise_w: f64,
    /// Threads; 0 uses all cores.
    #[schemars(range(min = 0, max = 256))]
    pub threads: u32,
    /// Whether to use a graphics processor, where there is one.
    pub gpu: bool,
}

impl Default for Tts {
    fn default() -> Self {
        Self {
            backend: TtsBackend::Piper,
            model: "piper-en_US-joe-medium".into(),
            speaker: String::new(),
            speed: 1.0,
            noise_scale: 0.667,
            noise_w: 0.8,
            threads: 0,
            gpu: false,
        }
    }
}

/// What speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TtsBackend {
    Piper,
}
