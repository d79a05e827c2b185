//! The sections `[hearing]` and `[wake]`: when she takes somebody to speak, to have finished, and to mean her.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How she listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hearing {
    /// Probability from which a sound is taken for speech. Higher in a noisy room.
    #[schemars(range(min = 0.1, max = 0.95))]
    pub threshold: f64,
    /// Milliseconds of silence after which she begins to recognise what was said so far.
    #[schemars(range(min = 50, max = 1000))]
    pub pause_ms: u32,
    /// Milliseconds of silence that end a turn which sounds complete.
    #[schemars(range(min = 100, max = 5000))]
    pub complete_ms: u32,
    /// Milliseconds of silence that end a turn which does not sound complete.
    #[schemars(range(min = 100, max = 10_000))]
    pub incomplete_ms: u32,
    /// How she weighs a quick answer against speaking into a pause, between those two.
    pub patience: Patience,
    /// Milliseconds of speech over her voice that cut her off.
    #[schemars(range(min = 0, max = 5000))]
    pub interrupt_ms: u32,
    /// Whether her own voice is taken out of what the microphone hears. Not needed with headphones.
    pub echo_cancellation: bool,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            pause_ms: 150,
            complete_ms: 250,
            incomplete_ms: 1000,
            patience: Patience::Balanced,
            interrupt_ms: 250,
            echo_cancellation: true,
        }
    }
}

/// How long she lets somebody pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Patience {
    Eager,
    Balanced,
    Patient,
}

/// What she is called with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Wake {
    /// Words that a request begins with, such as "hey Jane"; empty means that she answers everything.
    #[schemars(length(max = 64))]
    pub phrase: String,
    /// Seconds after her answer in which the words are not needed.
    #[schemars(range(min = 0, max = 600))]
    pub follow_up_seconds: u32,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            phrase: String::new(),
            follow_up_seconds: 8,
        }
    }
}
