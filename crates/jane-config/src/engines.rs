//! The sections of the three engines: `[stt]`, `[llm]` and `[tts]`, and of the servers that may stand in for them.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use jane_core::KvCache;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Speech to text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stt {
    /// What recognises speech: `whisper` on this machine, or a server that `[stt.remote]` names.
    pub backend: SttBackend,
    /// A name in the catalogue of models, or the path of a file; with a server, its own name of the
    /// model.
    #[schemars(length(min = 1))]
    pub model: String,
    /// What recognises speech while the server cannot: `local` is `whisper` on this machine.
    #[schemars(length(max = 1))]
    pub fallback: Vec<Fallback>,
    /// The model of the fallback: a name in the catalogue, or the path of a file.
    #[schemars(length(min = 1))]
    pub fallback_model: String,
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
    /// The server, where `stt.backend` is one.
    pub remote: Remote,
}

impl Default for Stt {
    fn default() -> Self {
        Self {
            backend: SttBackend::Whisper,
            model: "whisper-tiny.en".into(),
            fallback: Vec::new(),
            fallback_model: "whisper-tiny.en".into(),
            language: "en".into(),
            prompt: String::new(),
            beam_size: 1,
            audio_context_floor: 512,
            no_speech_threshold: 0.6,
            log_probability_threshold: -1.0,
            threads: 0,
            gpu: true,
            remote: Remote::default(),
        }
    }
}

/// What recognises speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SttBackend {
    Whisper,
    OpenAi,
    Wyoming,
}

/// The language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Llm {
    /// What runs the language model: `llama` on this machine, or a server that `[llm.remote]` names.
    pub backend: LlmBackend,
    /// `auto`: the best of the catalogue that this machine has the memory and the speed for (`jane models choose`
    /// shows which, and why). Else a name in the catalogue of models, or the path of a file; with a server, its own name of the
    /// model.
    #[schemars(length(min = 1))]
    pub model: String,
    /// What answers while the server cannot: `local` is `llama` on this machine.
    #[schemars(length(max = 1))]
    pub fallback: Vec<Fallback>,
    /// The model of the fallback: a name in the catalogue, or the path of a file.
    #[schemars(length(min = 1))]
    pub fallback_model: String,
    /// Tokens that the model can see at once: prompt, conversation and reply.
    #[schemars(range(min = 512, max = 1_048_576))]
    pub context_window: u32,
    /// Tokens after which a reply is cut off. The context window must hold 128 more.
    #[schemars(range(min = 1, max = 32_768))]
    pub max_reply_tokens: u32,
    /// Tokens that the model may think before it answers. Thinking is switched off where the model lets it be, and what is
    /// thought is never said nor kept; where it takes longer than this, it is ended.
    #[schemars(range(min = 0, max = 32_768))]
    pub max_thinking_tokens: u32,
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
    /// Whether the model may call the tools of skills. `auto`: a server is told of all tools in every prompt and calls what it
    /// likes; for a model of this machine those that may be meant are found first, by their examples, and it is told of
    /// these alone, where there are any. `on`: all tools in every prompt for it too. `off`: no tools.
    pub tools: Tools,
    /// Texts at which a reply ends, at most 16.
    #[schemars(length(max = 16), inner(length(min = 1)))]
    pub stop: Vec<String>,
    /// Threads; 0 uses all cores.
    #[schemars(range(min = 0, max = 256))]
    pub threads: u32,
    /// Layers of the model that are put on a graphics processor, where there is one; 999 is all.
    #[schemars(range(min = 0, max = 999))]
    pub gpu_layers: u32,
    /// How the cache of what was read is kept: less exact is smaller.
    pub kv_cache: KvCache,
    /// The server, where `llm.backend` is one.
    pub remote: Remote,
}

impl Default for Llm {
    fn default() -> Self {
        Self {
            backend: LlmBackend::Llama,
            model: "auto".into(),
            fallback: Vec::new(),
            fallback_model: "smollm2-135m-instruct".into(),
            context_window: 4096,
            max_reply_tokens: 256,
            max_thinking_tokens: 256,
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.1,
            seed: 0,
            tools: Tools::Auto,
            stop: Vec::new(),
            threads: 0,
            gpu_layers: 999,
            kv_cache: KvCache::F16,
            remote: Remote::default(),
        }
    }
}

/// What runs the language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LlmBackend {
    Llama,
    OpenAi,
}

/// Which models may call tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tools {
    Auto,
    On,
    Off,
}

/// Text to speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tts {
    /// What speaks: `piper` on this machine, or a server that `[tts.remote]` names.
    pub backend: TtsBackend,
    /// A name in the catalogue of models, or the path of a file; with a server, its own name of the
    /// model.
    #[schemars(length(min = 1))]
    pub model: String,
    /// What speaks while the server cannot: `local` is `piper` on this machine.
    #[schemars(length(max = 1))]
    pub fallback: Vec<Fallback>,
    /// The voice of the fallback: a name in the catalogue, or the path of a file.
    #[schemars(length(min = 1))]
    pub fallback_model: String,
    /// The name or number of a speaker, for voices that have several; with `openai`, the name of the
    /// voice.
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
    /// The server, where `tts.backend` is one.
    pub remote: Remote,
}

impl Default for Tts {
    fn default() -> Self {
        Self {
            backend: TtsBackend::Piper,
            model: "piper-en_US-joe-medium".into(),
            fallback: Vec::new(),
            fallback_model: "piper-en_US-joe-medium".into(),
            speaker: String::new(),
            speed: 1.0,
            noise_scale: 0.667,
            noise_w: 0.8,
            threads: 0,
            gpu: false,
            remote: Remote::default(),
        }
    }
}

/// What speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TtsBackend {
    Piper,
    OpenAi,
    Wyoming,
}

/// What stands in for a server that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    Local,
}

/// A server that does an engine's work. What is asked of it leaves this machine, unless it runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Remote {
    /// Its address: `http://127.0.0.1:8080/v1` for `openai`, `tcp://127.0.0.1:10300` for `wyoming`.
    pub url: String,
    /// The environment variable that holds the key of the server; empty for none.
    #[schemars(regex(pattern = r"^([A-Za-z_][A-Za-z0-9_]*)?$"))]
    pub api_key_env: String,
    /// The file that holds the key, relative to Jane's home; empty for none.
    pub api_key_file: String,
    /// Seconds in which it must take up a connection.
    #[schemars(range(min = 1, max = 600))]
    pub connect_seconds: u32,
    /// Seconds that it may be silent while it works.
    #[schemars(range(min = 1, max = 3600))]
    pub silent_seconds: u32,
    /// Seconds that a request may keep her waiting as a whole, with all tries, however regularly something comes; what stands in for
    /// the server begins anew. The time in which she speaks what has come does not count.
    #[schemars(range(min = 1, max = 7200))]
    pub whole_seconds: u32,
    /// Megabytes that an answer may have as a whole.
    #[schemars(range(min = 1, max = 1024))]
    pub whole_mb: u32,
    /// How often a request that failed before anything came is sent again, with growing pauses.
    #[schemars(range(min = 0, max = 10))]
    pub retries: u32,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            url: String::new(),
            api_key_env: String::new(),
            api_key_file: String::new(),
            connect_seconds: 5,
            silent_seconds: 60,
            whole_seconds: 120,
            whole_mb: 64,
            retries: 2,
        }
    }
}
