//! Why a command failed: a message, what to do about it, and the exit code.

use std::io::Write;

use jane_audio::AudioError;
use jane_config::ConfigError;
use jane_core::event::Event;
use jane_engines::BackendError;
use jane_models::ModelError;

use super::shown;
use crate::conversation::TurnError;
use crate::metrics::NotFound;
use crate::telemetry::TelemetryError;

/// Wrong usage or configuration.
const USAGE: u8 = 2;

/// The work itself failed.
const FAILED: u8 = 1;

#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            code: FAILED,
        }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            code: USAGE,
        }
    }

    /// Ctrl-C: the code that shells expect, 128 + SIGINT.
    pub fn interrupted() -> Self {
        Self {
            message: "interrupted".to_owned(),
            hint: None,
            code: 130,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn code(&self) -> u8 {
        self.code
    }

    /// Says it on standard error, where nothing that prints is left.
    pub fn tell(&self) {
        // Nobody misses what standard error does not take.
        let _ = writeln!(std::io::stderr(), "error: {}", shown::text(&self.message));
    }

    pub fn into_event(self) -> Event {
        Event::Error {
            message: self.message,
            hint: self.hint,
            code: self.code,
        }
    }
}

/// An error with a `hint()` of its own becomes a failure with this exit code.
macro_rules! failure_from {
    ($($error:ty => $code:expr),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { message: error.to_string(), hint: error.hint(), code: $code }
            }
        })*
    };
}

failure_from! {
    AudioError => FAILED,
    BackendError => FAILED,
    ModelError => FAILED,
    NotFound => FAILED,
    TurnError => FAILED,
    ConfigError => USAGE,
    TelemetryError => USAGE,
}
