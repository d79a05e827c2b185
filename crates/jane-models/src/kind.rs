//! What a model is for.
//!
//! The word in the catalogue, in receipts and on the command line is the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a model is for, which is also the section of `jane.toml` that may name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Speech to text: a ggml file for whisper.cpp.
    Stt,
    /// A language model: a GGUF file for llama.cpp.
    Llm,
    /// Text to speech: an ONNX file for Piper, with its settings in `.onnx.json` beside it.
    Tts,
    /// What tells how near texts are in meaning: a BERT in safetensors, with its vocabulary in `vocab.txt` beside it.
    Embedding,
    /// What hears whether a turn is complete: an ONNX file.
    Turn,
    /// A native library that an engine loads.
    Runtime,
}

impl ModelKind {
    /// All kinds, in the order of a turn.
    pub const ALL: [Self; 6] = [
        Self::Stt,
        Self::Llm,
        Self::Tts,
        Self::Embedding,
        Self::Turn,
        Self::Runtime,
    ];

    /// The word for it: `stt`, `llm`, `tts`, `embedding`, `turn` or `runtime`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
            Self::Embedding => "embedding",
            Self::Turn => "turn",
            Self::Runtime => "runtime",
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl std::str::FromStr for ModelKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| {
                format!("`{word}` is not one of stt, llm, tts, embedding, turn, runtime")
            })
    }
}
