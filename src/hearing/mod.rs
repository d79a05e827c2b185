//! The ears: where an utterance begins and ends in what the microphone takes, without Jane's own voice in it.
//!
//! No I/O and no wall clock: everything counts samples of the capture side, 16 kHz mono, from the first frame on. The same frames
//! give the same events, live or from a file. Memory is bounded by [`endpoint::LONGEST`] and the lead, however long Jane listens.
//!
//! | module | holds |
//! |---|---|
//! | `ears` | [`Ears`]: frames in, [`Heard`] out |
//! | `settings` | [`EarsSettings`]: every threshold and time, and why |
//! | `endpoint` | from probabilities of speech to the beginning and the pauses of an utterance |
//! | `echo` | takes Jane's own voice out of what was captured |
//! | `acoustics` | whether Jane comes back through the microphone at all |
//! | `coupling` | how loud Jane comes back through the microphone |
//! | `recent` | the last 30 s of it |
//! | `silero` | [`Silero`], the voice detector; needs ONNX Runtime |
//! | `energy` | [`EnergyDetector`], which stands in where that is absent |
//! | `complete` | [`sounds_complete`]: whether a transcript sounds like the end of a turn |
//! | `dictation` | [`dictates`]: whether somebody dictates, who pauses in the middle |
//! | `commands` | [`command`], [`is_dismissal`] and [`is_backchannel`]: what short utterances mean while she speaks |
//! | `wake` | [`Wake`]: the phrase that she is called with |

mod acoustics;
mod commands;
mod complete;
mod coupling;
mod dictation;
mod ears;
mod echo;
mod endpoint;
mod energy;
#[cfg(test)]
mod phrasings;
mod recent;
mod settings;
mod silero;
#[cfg(test)]
pub mod tests;
mod wake;
mod words;

pub use commands::{Command, command, is_backchannel, is_dismissal};
pub use complete::sounds_complete;
pub use dictation::{Dictated, dictates};
pub use ears::{Ears, Heard};
pub use echo::{Cleaned, Echo};
pub use energy::EnergyDetector;
pub use settings::EarsSettings;
pub use silero::{Silero, SileroError};
pub use wake::Wake;

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
