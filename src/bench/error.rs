//! Why a section could not be measured.

use super::recordings::RecordingsError;
use crate::audio::AudioError;
use crate::backend::BackendError;
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
    Temporary(std::io::Error),
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
            Self::Temporary(_) => None,
            Self::Talk(_) => Some("`jane doctor` looks at everything".to_owned()),
        }
    }
}
