//! Why a section could not be measured.

use jane_audio::AudioError;
use jane_engines::BackendError;

use super::recordings::RecordingsError;
use crate::conversation::TurnError;

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Recordings(#[from] RecordingsError),
    #[error("no place for temporary files: {0}")]
    RunDirectory(std::io::Error),
    /// Why pauses cannot be found, in words.
    #[error("there is no voice detector: {0}")]
    Detector(String),
    /// `jane talk` did not do what it should, in words.
    #[error("`jane talk` {0}")]
    Talk(String),
}

impl BenchError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(error) => error.hint(),
            Self::Turn(error) => error.hint(),
            Self::Audio(error) => error.hint(),
            Self::Recordings(error) => Some(error.hint()),
            Self::RunDirectory(_) => None,
            Self::Detector(_) => Some("`jane models pull onnxruntime`".to_owned()),
            Self::Talk(_) => Some("`jane doctor` looks at everything".to_owned()),
        }
    }
}
