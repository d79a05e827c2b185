//! What host and worker say to each other: length-delimited postcard frames on the worker's stdin and stdout.
//!
//! Invariants: the host numbers its requests and the worker answers each with any number of `Reply` and then exactly one
//! `Finished` or `Failed`; audio follows its request in frames of at most a second; a frame never exceeds [`MAX_FRAME`].
//! Both sides are built from this file, and `Hello` carries [`VERSION`] so that a stale worker is noticed at once.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::codec::LengthDelimitedCodec;

use crate::backend::{Finish, Message, Place, Tool, ToolCall};
use crate::memory::{Footprint, Placement};

/// Raised whenever a type in this file changes.
pub const VERSION: u32 = 7;

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

/// Why a worker did not do what it was asked. The worker itself lives on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The model file cannot be used; another file may be.
    #[error("{message}")]
    Model { message: String },
    /// The request makes no sense to this engine.
    #[error("{message}")]
    Invalid { message: String },
    /// The prompt leaves no room for a reply in the context window (all in tokens).
    #[error(
        "the prompt has {prompt} tokens and the context window {window}, of which {reply} are kept for the reply"
    )]
    PromptTooLong {
        prompt: u32,
        window: u32,
        reply: u32,
    },
    /// The engine failed at its work.
    #[error("{message}")]
    Engine { message: String },
    #[error("cancelled")]
    Cancelled,
}

/// One engine's side of the protocol: which requests it takes and what it replies.
pub trait Protocol: std::fmt::Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The name of the worker's executable.
    const WORKER: &'static str;
    type Request: Serialize
        + DeserializeOwned
        + std::fmt::Debug
        + Send
        + Sync
        + Clone
        + PartialEq
        + 'static;
    type Reply: Serialize + DeserializeOwned + Send + 'static;

    /// What `reply` says of the memory that a model would take, where it is such a reply.
    fn measured(reply: &Self::Reply) -> Option<&Footprint>;

    /// The request `load`, for a model that is placed so.
    fn placed(load: &Self::Request, placement: Placement) -> Self::Request;
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
    type Request = WhisperRequest;
    type Reply = WhisperReply;

    fn measured(reply: &WhisperReply) -> Option<&Footprint> {
        match reply {
            WhisperReply::Measured(footprint) => Some(footprint),
            _ => None,
        }
    }

    fn placed(load: &WhisperRequest, placement: Placement) -> WhisperRequest {
        match load.clone() {
            WhisperRequest::Load { model, gpu } => WhisperRequest::Load {
                model,
                gpu: gpu && placement.gpu_layers > 0,
            },
            other => other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WhisperRequest {
    /// State what loading this model would take.
    Measure {
        model: String,
    },
    Load {
        model: String,
        gpu: bool,
    },
    /// Recognise the audio that follows: 16 kHz, at most [`MAX_AUDIO`] samples.
    Transcribe(WhisperOptions),
}

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
}

#[derive(Debug, Serialize, Deserialize)]
pub enum WhisperReply {
    Measured(Footprint),
    Loaded {
        multilingual: bool,
    },
    Transcript {
        text: String,
        language: Option<String>,
        no_speech_probability: f32,
        mean_log_probability: f32,
    },
}

/// A language model by llama.cpp.
#[derive(Debug, Clone, PartialEq)]
pub struct Llama;

impl Protocol for Llama {
    const WORKER: &'static str = "jane-llama";
    type Request = LlamaRequest;
    type Reply = LlamaReply;

    fn measured(reply: &LlamaReply) -> Option<&Footprint> {
        match reply {
            LlamaReply::Measured(footprint) => Some(footprint),
            _ => None,
        }
    }

    fn placed(load: &LlamaRequest, placement: Placement) -> LlamaRequest {
        match load.clone() {
            LlamaRequest::Load {
                model,
                cache,
                threads,
                ..
            } => LlamaRequest::Load {
                model,
                cache,
                placement,
                threads,
            },
            other => other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LlamaRequest {
    /// State what loading this model would take, with a context window of so many tokens.
    Measure { model: String, context_window: u32 },
    Load {
        model: String,
        /// Where what was computed of the instructions is kept between runs; empty for nowhere.
        cache: String,
        /// The worker lowers its context window to what the model was trained for.
        placement: Placement,
        /// The most threads that it will ever be given.
        threads: u32,
    },
    /// Write the next message. The worker reuses what its KV cache holds of the prompt.
    Generate(LlamaOptions),
    /// How many tokens each of these prompts makes through the chat template.
    Count { prompts: Vec<Vec<Message>> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LlamaOptions {
    pub messages: Vec<Message>,
    /// Bytes at the end of the first message that tell what was said before; the rest of it are instructions.
    pub summary: usize,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// The beginning of the reply, where an earlier attempt was cut off: the model goes on from its end.
    pub reply_so_far: String,
    /// The reply is a call of one of the tools, which the messages tell of: the template is not shown them.
    pub must_call: bool,
    /// In a sequence of its own, which leaves the cache of the conversation alone and is forgotten at the end.
    pub aside: bool,
    /// 0 only pre-fills the KV cache.
    pub max_tokens: u32,
    pub temperature: f32,
    pub top_k: u32,
    pub top_p: f32,
    pub min_p: f32,
    pub repeat_penalty: f32,
    pub seed: u32,
    pub stop: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum LlamaReply {
    Measured(Footprint),
    Loaded {
        context_window: u32,
        /// Whether the model's own chat template knows tools.
        tools: bool,
    },
    Text(String),
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
    type Request = PiperRequest;
    type Reply = PiperReply;

    fn measured(reply: &PiperReply) -> Option<&Footprint> {
        match reply {
            PiperReply::Measured(footprint) => Some(footprint),
            _ => None,
        }
    }

    fn placed(load: &PiperRequest, placement: Placement) -> PiperRequest {
        match load.clone() {
            PiperRequest::Load {
                model,
                cache,
                threads,
                gpu,
            } => PiperRequest::Load {
                model,
                cache,
                threads,
                gpu: gpu && placement.gpu_layers > 0,
            },
            other => other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PiperRequest {
    /// State what loading this voice would take.
    Measure {
        model: String,
    },
    Load {
        /// The `.onnx` file; its `.onnx.json` lies beside it.
        model: String,
        /// Where the optimised graph is kept between runs; empty for nowhere.
        cache: String,
        threads: u32,
        gpu: bool,
    },
    Synthesise(PiperOptions),
}

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
pub enum PiperReply {
    Measured(Footprint),
    Loaded {
        sample_rate: u32,
    },
    /// At most a second of mono audio.
    Audio(Vec<f32>),
    /// When what of the sentence is said; samples count from its beginning.
    SentenceEnd {
        places: Vec<Place>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_round_trip() {
        let request = FromHost::Request {
            id: 7,
            request: LlamaRequest::Count {
                prompts: vec![vec![Message::user("hé — 日本")]],
            },
            audio_samples: 0,
        };
        let bytes = BytesMut::from(encode(&request).unwrap());
        let FromHost::Request {
            id,
            request: LlamaRequest::Count { prompts },
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
            let _ = decode::<FromHost<LlamaRequest>>(&frame);
            let _ = decode::<FromWorker<PiperReply>>(&frame);
        }
    }
}
