//! How the matrices of a Whisper model are stored.
//!
//! The words are those of ggml, in the catalogue and on the command line alike.

use std::fmt;

use serde::Deserialize;

use super::ggml::Precision;

/// ggml's `GGML_QNT_VERSION`, the version of the block formats, times its `GGML_QNT_VERSION_FACTOR`.
const BLOCKS_VERSION: u32 = 2 * 1000;

/// The format of a Whisper model's matrices, from the most exact to the smallest. Vectors, positions and convolutions have one
/// format of their own in each of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightFormat {
    /// Floats of 16 bits, as Whisper is published.
    #[default]
    F16,
    /// Integers of 8 bits with a scale for every 32: 8.5 bits a weight.
    Q8_0,
    /// Integers of 5 bits with a scale and a least value for every 32: 6 bits a weight.
    Q5_1,
    /// Integers of 5 bits with a scale for every 32: 5.5 bits a weight.
    Q5_0,
    /// Integers of 4 bits with a scale for every 32: 4.5 bits a weight.
    Q4_0,
}

impl WeightFormat {
    /// All formats, from the most exact to the smallest.
    pub const ALL: [Self; 5] = [Self::F16, Self::Q8_0, Self::Q5_1, Self::Q5_0, Self::Q4_0];

    /// The word for it: `f16`, `q8_0`, `q5_1`, `q5_0` or `q4_0`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q5_1 => "q5_1",
            Self::Q5_0 => "q5_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// How a matrix is stored in it.
    pub(super) fn precision(self) -> Precision {
        match self {
            Self::F16 => Precision::F16,
            Self::Q8_0 => Precision::Q8_0,
            Self::Q5_1 => Precision::Q5_1,
            Self::Q5_0 => Precision::Q5_0,
            Self::Q4_0 => Precision::Q4_0,
        }
    }

    /// The `ftype` that a file of it states: one of ggml's `GGML_FTYPE_MOSTLY_…`, and for blocks their version.
    pub(super) fn file_type(self) -> u32 {
        match self {
            Self::F16 => 1,
            Self::Q4_0 => BLOCKS_VERSION + 2,
            Self::Q8_0 => BLOCKS_VERSION + 7,
            Self::Q5_0 => BLOCKS_VERSION + 8,
            Self::Q5_1 => BLOCKS_VERSION + 9,
        }
    }
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl std::str::FromStr for WeightFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == word)
            .ok_or_else(|| {
                let words = Self::ALL.map(Self::as_str).join(", ");
                format!("`{word}` is not one of {words}")
            })
    }
}
