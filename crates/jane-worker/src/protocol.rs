//! What host and worker say to each other: length-delimited postcard frames on the worker's stdin and stdout.
//!
//! Invariants: the host numbers its requests and the worker answers each with any number of `Reply` and then exactly one
//! `Finished` or `Failed`; audio follows its request in frames of at most a second; a frame never exceeds [`MAX_FRAME`].
//! Both sides are built from this file, and `Hello` carries [`VERSION`] so that a stale worker is noticed at once.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::codec::LengthDelimitedCodec;

use jane_core::{
    Dialogue, Failure, Finish, Footprint, Message, Placement, Tool, ToolCall, WordTiming,
};

/// Raised whenever a type in this file changes.
pub const VERSION: u32 = 10;

/// Bytes of the largest frame: a second of 192 kHz audio as 32-bit floats fits four times.
pub const MAX_FRAME: usize = 4 << 20;

/// Samples of the longest utterance that one request may carry: a minute at 16 kHz.
pub const MAX_AUDIO: usize = 60 * 16_000;

/// The framing that both sides use.
#[must_use]
pub fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(MAX_FRAME)
        .new_codec()
}

/// From host to worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromHost<Request> {
    /// Do `request`; `audio_samples` mono samples follow in `Audio` frames of the same id.
    Request {
        id: u64,
        request: Request,
        audio_samples: u64,
    },
    Audio {
        id: u64,
        samples: Vec<f32>,
    },
    /// Stop working on `id` as soon as possible; it still ends with `Finished` or `Failed`.
    Cancel {
        id: u64,
    },
    /// From now on compute with at most so many threads; with none, wait.
    Threads {
        threads: u32,
    },
}

/// From worker to host.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromWorker<Reply> {
    /// The first frame.
    Hello {
        protocol: u32,
        engine: String,
    },
    /// A sign of life between replies that are far apart.
    Working {
        id: u64,
    },
    Reply {
        id: u64,
        /// Microseconds since the worker took the request up.
        after_us: u64,
        reply: Reply,
    },
    Finished {
        id: u64,
    },
    Failed {
        id: u64,
        failure: Failure,
    },
}

/// What a frame may carry.
pub trait Payload: Serialize + DeserializeOwned + std::fmt::Debug + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + std::fmt::Debug + Send + Sync + 'static> Payload for T {}

/// One engine's side of the protocol: what it is loaded with, which jobs it takes and what comes of them.
pub trait Protocol: std::fmt::Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The name of the worker's executable.
    const WORKER: &'static str;
    /// A model, and how it is to be loaded.
    type Load: Payload + Clone + PartialEq;
    /// What is known of a model once it is loaded.
    type Loaded: Payload;
    type Job: Payload;
    /// A part of what comes of a job.
    type Output: Payload;

    /// `load`, for a model that is placed so.
    fn placed(load: &Self::Load, placement: Placement) -> Self::Load;
}

/// What the host asks of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Request<P: Protocol> {
    /// State what loading this model would take.
    Measure(P::Load),
    Load(P::Load),
    Do(P::Job),
}

/// What a worker answers: one of the first two to a model, any number of the third to a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Reply<P: Protocol> {
    Measured(Footprint),
    Loaded(P::Loaded),
    Output(P::Output),
}

/// Encodes one frame's content.
///
/// # Errors
/// Only where a value cannot be represented, which the types of this file rule out.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, postcard::Error> {
    postcard::to_stdvec(message).map(Bytes::from)
}

/// Decodes one frame's content.
///
/// # Errors
/// Where the bytes are not a `T`: the other side is broken or of another version.
pub fn decode<T: DeserializeOwned>(frame: &BytesMut) -> Result<T, postcard::Error> {
    postcard::from_bytes(frame)
}

/// Speech recognition by whisper.cpp.
#[derive(Debug, Clone, PartialEq)]
pub struct Whisper;

impl Protocol for Whisper {
    const WORKER: &'static str = "jane-whisper";
    type Load = WhisperLoad;
    type Loaded = WhisperLoaded;
    type Job = WhisperOptions;
    type Output = WhisperTranscript;

    fn placed(load: &WhisperLoad, placement: Placement) -> WhisperLoad {
        WhisperLoad {
            gpu: load.gpu && placement.gpu_layers > 0,
            ..load.clone()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhisperLoad {
    /// Path of the ggml file.
    pub model: String,
    pub gpu: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WhisperLoaded {
    pub multilingual: bool,
}

/// How to recognise the audio that follows: 16 kHz, at most [`MAX_AUDIO`] samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhisperOptions {
    /// ISO 639-1 code, or `None` to detect.
    pub language: Option<String>,
    /// Text that primes the decoder: names and words to expect.
    pub prompt: String,
    /// 1 decodes greedily.
    pub beam_size: u32,
    /// Encoder positions (50 per second) that are encoded at least.
    pub audio_context_floor: u32,
    /// Above this probability of "no speech" a doubtful text is dropped.
    pub no_speech_threshold: f32,
    /// Below this mean log-probability a text counts as doubtful.
    pub log_probability_threshold: f32,
    /// The audio is what an utterance begins with, and its first words are read once, as cheaply as can be.
    pub is_beginning: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WhisperTranscript {
    pub text: String,
    pub language: Option<String>,
    pub no_speech_probability: f32,
    pub mean_log_probability: f32,
}

/// A language model by llama.cpp.
#[derive(Debug, Clone, PartialEq)]
pub struct Llama;

impl Protocol for Llama {
    const WORKER: &'static str = "jane-llama";
    type Load = LlamaLoad;
    type Loaded = LlamaLoaded;
    type Job = LlamaJob;
    type Output = LlamaOutput;

    fn placed(load: &LlamaLoad, placement: Placement) -> LlamaLoad {
        LlamaLoad {
            placement,
            ..load.clone()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LlamaLoad {
    /// Path of the GGUF file.
    pub model: String,
    /// Where what was computed of the instructions is kept between runs; empty for nowhere.
    pub cache: String,
    /// The worker lowers its context window to what the model was trained for.
    pub placement: Placement,
    /// The most threads that it will ever be given.
    pub threads: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct LlamaLoaded {
    /// Tokens.
    pub context_window: u32,
    /// Whether the model's own chat template knows tools.
    pub tools: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum LlamaJob {
    /// Write the next message. The worker reuses what its KV cache holds of the prompt.
    Generate(LlamaOptions),
    /// How many tokens each of these prompts makes through the chat template.
    Count { prompts: Vec<Vec<Message>> },
}

/// Where in the KV cache a prompt is read, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LlamaPlace {
    /// In the sequence of its conversation, which goes on.
    Conversation,
    /// In a sequence of its own, which leaves the conversations alone and is forgotten at the end.
    Aside,
    /// It is the beginning of what will be written aside, and stays where there is room beside the conversation. Without `computes` only what
    /// was kept on disk is taken. Nothing is written; how many of its tokens are there is told.
    Ahead { computes: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LlamaOptions {
    pub dialogue: Dialogue,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// The beginning of the reply, where an earlier attempt was cut off: the model goes on from its end.
    pub reply_so_far: String,
    /// The reply is a call of one of the tools, which the messages tell of: the template is not shown them.
    pub must_call: bool,
    pub place: LlamaPlace,
    /// 0 only pre-fills the KV cache.
    pub max_tokens: u32,
    /// Tokens that the model may think before its answer, beside those. Nothing of them comes out.
    pub max_thinking_tokens: u32,
    pub temperature: f32,
    pub top_k: u32,
    pub top_p: f32,
    pub min_p: f32,
    pub repeat_penalty: f32,
    pub seed: u32,
    pub stop: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum LlamaOutput {
    Text(String),
    /// The model thinks, or has thought: so many tokens so far.
    Thinking {
        tokens: u32,
    },
    /// The end of the reply, with what it calls: all of it or nothing, whenever the worker dies.
    Ended {
        finish: Finish,
        calls: Vec<ToolCall>,
        prompt_tokens: u32,
        reused_tokens: u32,
        reply_tokens: u32,
        decode_seconds: f32,
    },
    Counted {
        tokens: Vec<u32>,
    },
}

/// Speech synthesis by Piper.
#[derive(Debug, Clone, PartialEq)]
pub struct Piper;

impl Protocol for Piper {
    const WORKER: &'static str = "jane-piper";
    type Load = PiperLoad;
    type Loaded = PiperLoaded;
    type Job = PiperOptions;
    type Output = PiperOutput;

    fn placed(load: &PiperLoad, placement: Placement) -> PiperLoad {
        PiperLoad {
            gpu: load.gpu && placement.gpu_layers > 0,
            ..load.clone()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PiperLoad {
    /// Path of the `.onnx` file; its `.onnx.json` lies beside it.
    pub model: String,
    /// Where the optimised graph is kept between runs; empty for nowhere.
    pub cache: String,
    pub threads: u32,
    pub gpu: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct PiperLoaded {
    /// Hz.
    pub sample_rate: u32,
}

/// What to say, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PiperOptions {
    pub text: String,
    /// A speaker's name or number; empty for the first.
    pub speaker: String,
    /// 1 is the voice's own speed, 2 twice as fast.
    pub speed: f32,
    pub noise_scale: f32,
    pub noise_w: f32,
    /// Sentences at the beginning that were delivered by an earlier attempt.
    pub skip_sentences: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum PiperOutput {
    /// At most a second of mono audio.
    Audio(Vec<f32>),
    /// When what of the sentence is said; samples count from its beginning.
    SentenceEnd { places: Vec<WordTiming> },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_round_trip() {
        let request = FromHost::Request {
            id: 7,
            request: Request::<Llama>::Do(LlamaJob::Count {
                prompts: vec![vec![Message::user("hé — 日本")]],
            }),
            audio_samples: 0,
        };
        let bytes = BytesMut::from(encode(&request).unwrap());
        let FromHost::Request {
            id,
            request: Request::<Llama>::Do(LlamaJob::Count { prompts }),
            ..
        } = decode(&bytes).unwrap()
        else {
            panic!("another message came back");
        };
        assert_eq!((id, prompts), (7, vec![vec![Message::user("hé — 日本")]]));
    }

    #[test]
    fn random_bytes_never_panic_the_decoder() {
        // A linear congruential generator is enough here: the point is many different short inputs.
        let mut state = 1_u32;
        for length in 0..2_000 {
            let bytes: Vec<u8> = (0..length % 97)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect();
            let frame = BytesMut::from(bytes.as_slice());
            let _ = decode::<FromHost<Request<Llama>>>(&frame);
            let _ = decode::<FromWorker<Reply<Piper>>>(&frame);
        }
    }
}
