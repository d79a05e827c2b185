//! Sound in and out: files, loudspeakers, sample rates, and where speech is.
//!
//! Samples are mono `f32` in -1..=1 everywhere inside Jane; other shapes exist only at the edges.
//!
//! | module | holds |
//! |---|---|
//! | `container` | [`Recording`] reads any usual container and codec |
//! | `error` | [`AudioError`], the one error of this module |
//! | `output` | [`AudioOutput`], the seam that the conversation plays into; [`Silent`], [`Outputs`] |
//! | `wav` | [`WavSource`] reads, [`WavFile`] writes; [`speech_to_wav`] and [`wav_to_speech`] do it in memory |
//! | `resample` | [`Resampler`]: from one sample rate to another |
//! | `segment` | [`Segmenter`]: cuts a long recording at its pauses |
//! | `playback` | [`Loudspeaker`], and which devices there are |
//! | `duplex` | [`DuplexStream`]: microphone and loudspeaker of a live conversation, as frames on one clock |

mod container;
pub mod duplex;
mod error;
mod output;
mod playback;
mod resample;
mod segment;
mod wav;

pub use container::Recording;
pub use duplex::{DuplexOutput, DuplexStream, FRAME, Frame, StreamEvent};
pub use error::{AudioError, Direction};
pub use output::{AudioOutput, Outputs, Silent};
pub use playback::{DeviceInfo, Loudspeaker, PlaybackHandle, input_devices, output_devices};
pub use resample::Resampler;
pub use segment::{Segment, Segmenter};
pub use wav::{WavFile, WavSource, read_speech, speech_to_wav, wav_to_speech};

/// The sample rate that speech recognisers take, in Hz.
pub const SPEECH_RATE: u32 = 16_000;
