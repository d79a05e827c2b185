//! The speech front end: where an utterance begins and ends in what the microphone takes, without Jane's own voice in it.
//!
//! No I/O and no wall clock: everything counts samples of the capture side, 16 kHz mono, from the first frame on. The same frames
//! give the same events, live or from a file. Memory is bounded by [`endpointer::LONGEST`] and the lead, however long Jane listens.
//!
//! | module | holds |
//! |---|---|
//! | `frontend` | [`SpeechFrontend`]: frames in, [`SpeechEvent`] out |
//! | `settings` | [`FrontendSettings`]: every threshold and time, and why |
//! | `endpointer` | from probabilities of speech to the beginning and the pauses of an utterance |
//! | `echo_canceller` | takes Jane's own voice out of what was captured |
//! | `acoustics` | whether Jane comes back through the microphone at all |
//! | `echo_return_loss` | how loud Jane comes back through the microphone |
//! | `ring_buffer` | the last 30 s of it |
//! | `quiet_gate` | when a room is so quiet that the detector need not look |
//! | `silero` | [`Silero`], the voice detector; needs ONNX Runtime |
//! | `smart_turn` | [`SmartTurn`], which hears whether a turn is complete; needs ONNX Runtime and its model |
//! | `energy` | [`EnergyDetector`], which stands in where that is absent |
//! | `turn_completion` | [`sounds_complete`]: whether a transcript sounds like the end of a turn |
//! | `signs` | what the words say: a request, a statement, something that leads on |
//! | `endpointing` | [`Paused`]: how long a silence ends a turn, by words and sound together |
//! | `dictation` | [`dictates`]: whether somebody dictates, who pauses in the middle |
//! | `commands` | [`command`], [`is_dismissal`] and [`is_backchannel`]: what short utterances mean while she speaks |
//! | `wake_phrase` | [`Wake`]: the phrase that she is called with |

mod acoustics;
mod commands;
mod dictation;
mod echo_canceller;
mod echo_return_loss;
mod endpointer;
mod endpointing;
mod energy;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod frontend;
mod quiet_gate;
mod ring_buffer;
mod settings;
mod signs;
mod silero;
mod smart_turn;
#[cfg(test)]
mod tests;
mod turn_completion;
#[cfg(test)]
mod turn_completion_tests;
mod wake_phrase;
mod words;

pub use commands::{Command, command, is_backchannel, is_dismissal};
pub use dictation::{Dictated, dictates};
pub use echo_canceller::{AecOutput, EchoCanceller};
pub use endpointing::Paused;
pub use energy::EnergyDetector;
pub use frontend::{SpeechEvent, SpeechFrontend};
pub use settings::FrontendSettings;
pub use silero::{Silero, SileroError};
pub use smart_turn::{SmartTurn, SmartTurnError};
pub use turn_completion::sounds_complete;
pub use wake_phrase::Wake;

/// Tells speech from everything else.
pub trait VoiceDetector: Send {
    /// How probable it is that the next `window` samples (16 kHz) hold speech, 0..=1. It remembers the windows before; one
    /// that fails answers 0.
    fn probability(&mut self, window: &[f32]) -> f32;

    /// Samples that [`Self::probability`] takes at a time; at least 1, and always the same.
    fn window(&self) -> usize;

    /// Forgets what it has heard.
    fn reset(&mut self);
}

/// The level of `samples` in dB below full scale (a full square wave is 0), at least -100.
fn level_db(samples: &[f32]) -> f32 {
    (10.0 * power(samples).log10()).max(-100.0)
}

/// The mean square of `samples`, 0 of none.
fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}
