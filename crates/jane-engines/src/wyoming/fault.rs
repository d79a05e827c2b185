//! What can go wrong with a server, in words that follow on its name.

use std::time::Duration;

use serde::Deserialize;

use super::codec::{CodecError, Event};
use super::shown;

/// What kept a server from answering.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    #[error("closed the connection and said nothing")]
    Closed,
    #[error("closed the connection in the middle of its answer")]
    CutOff,
    #[error("was silent for {} s", .0.as_secs_f64())]
    Silent(Duration),
    #[error("did not finish within {} s", .0.as_secs_f64())]
    Endless(Duration),
    #[error("answered with more than {0} bytes")]
    TooLarge(usize),
    #[error("failed: {0}")]
    Failed(String),
    #[error("does not keep to the Wyoming protocol: {0}")]
    Malformed(String),
    #[error("offers no {0}")]
    NotOffered(String),
    /// Nothing is to be heard of a text that has words.
    #[error("offers no sound")]
    Soundless,
}

impl Fault {
    /// What the codec cannot read.
    pub fn malformed(error: &CodecError) -> Self {
        Self::Malformed(shown(&error.to_string()))
    }

    /// What an `error` event says.
    pub fn reported(event: &Event) -> Self {
        #[derive(Deserialize)]
        struct Reason {
            text: String,
        }
        Self::Failed(match event.read() {
            Ok(Reason { text }) => shown(&text),
            Err(_) => "it does not say why".to_owned(),
        })
    }

    /// Whether nothing of the request was answered, so that it can be sent again.
    pub fn is_before_anything(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Closed)
    }

    /// Whether it lies with the server and not with the request.
    pub fn is_down(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Closed
            | Self::CutOff
            | Self::Silent(_)
            | Self::Endless(_)
            | Self::Soundless => true,
            Self::TooLarge(_) | Self::Failed(_) | Self::Malformed(_) | Self::NotOffered(_) => false,
        }
    }

    /// What the user can do; `section` is that of `jane.toml`.
    pub fn hint(&self, section: &str) -> String {
        match self {
            Self::Unreachable(_) | Self::Closed | Self::CutOff => {
                format!("start the server, or correct `{section}.remote.url` in `jane.toml`")
            }
            Self::Silent(_) => {
                format!("a slow server needs a larger `{section}.remote.silent_seconds`")
            }
            Self::Endless(_) => {
                format!("a slow server needs a larger `{section}.remote.whole_seconds`")
            }
            Self::TooLarge(_) => {
                format!("`{section}.remote.whole_mb` is how much an answer may have")
            }
            Self::Failed(_) => "the log of the server may say more".to_owned(),
            Self::Soundless => {
                format!(
                    "what it sent is empty or silent; its log may say why, or `{section}.model` has no voice for such a text"
                )
            }
            Self::Malformed(_) => {
                format!("is it another kind of server? `{section}.backend` names the kind")
            }
            Self::NotOffered(_) => {
                format!(
                    "`{section}.model` and `{section}.remote.url` in `jane.toml` belong together"
                )
            }
        }
    }
}
