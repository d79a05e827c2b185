//! What can go wrong with sound, in words for the person who has to mend it.
//!
//! Every variant names the file or the device; [`AudioError::hint`] says what to do about it.

use std::io;
use std::path::PathBuf;

/// An error of the `audio` module.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file cannot be opened or read (missing, not permitted, a failing disk).
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    /// A folder, a pipe or a device stands where a file is needed.
    #[error("`{}` is {what}, not a file", path.display())]
    NotAFile { path: PathBuf, what: &'static str },

    /// The file has no bytes at all.
    #[error("`{}` is empty (0 bytes)", path.display())]
    EmptyFile { path: PathBuf },

    /// The file is something else than a WAV.
    #[error("`{}` is not a WAV file; it looks like {found}", path.display())]
    NotWav { path: PathBuf, found: String },

    /// The file is no recording of a kind that is known.
    #[error("`{}` is no recording that can be read: {problem}", path.display())]
    NotSound { path: PathBuf, problem: String },

    /// The recording cannot be decoded.
    #[error("`{}` is a damaged recording: {problem}", path.display())]
    DamagedSound { path: PathBuf, problem: String },

    /// The file begins like a WAV but contradicts itself.
    #[error("`{}` is a damaged WAV file: {problem}", path.display())]
    DamagedWav { path: PathBuf, problem: String },

    /// A WAV whose samples are coded in a way that Jane does not decode.
    #[error("`{}` is a WAV file with {coding} samples, which are not supported", path.display())]
    UnsupportedCoding { path: PathBuf, coding: String },

    /// The header promises more samples than the file holds.
    #[error(
        "`{}` is cut off: its header promises {promised_seconds:.2} s of sound and {present_seconds:.2} s are there",
        path.display()
    )]
    CutOff {
        path: PathBuf,
        promised_seconds: f64,
        present_seconds: f64,
    },

    /// A valid WAV without a single sample.
    #[error("`{}` holds no sound (0 samples)", path.display())]
    NoSamples { path: PathBuf },

    /// More sound than one utterance may have.
    #[error("`{}` is {seconds:.1} s long, and one utterance may have {limit_seconds:.0} s", path.display())]
    TooLong {
        path: PathBuf,
        seconds: f64,
        limit_seconds: f64,
    },

    /// The file cannot be made or written (no such folder, not permitted, disk full).
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },

    /// A WAV cannot hold 4 GiB or more.
    #[error("`{}` would exceed the 4 GiB that a WAV file can hold", path.display())]
    WavFull { path: PathBuf },

    /// Sound came after the file was finished.
    #[error("`{}` is already finished", path.display())]
    Finished { path: PathBuf },

    /// A sample rate outside what Jane resamples.
    #[error("a sample rate of {sample_rate} Hz is not supported (1,000 to 384,000 Hz are)")]
    UnsupportedRate { sample_rate: u32 },

    /// The machine has no microphone or no loudspeaker that works.
    #[error("no {}: the default {direction} device does not open ({problem})", direction.thing())]
    NoDevice {
        direction: Direction,
        problem: String,
    },

    /// No device has this name.
    #[error("there is no {direction} device `{name}`")]
    UnknownDevice {
        direction: Direction,
        name: String,
        known: Vec<String>,
    },

    /// The device exists but does not open.
    #[error("cannot open the {direction} device `{name}`: {problem}")]
    CannotOpen {
        direction: Direction,
        name: String,
        problem: String,
    },

    /// The device broke while it was playing or recording.
    #[error("the {direction} device `{name}` failed: {problem}")]
    DeviceFailed {
        direction: Direction,
        name: String,
        problem: String,
    },
}

/// Which way the sound goes through a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

impl Direction {
    fn thing(self) -> &'static str {
        match self {
            Self::Input => "microphone",
            Self::Output => "loudspeaker",
        }
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

impl AudioError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path; it is taken from the working directory"
            }
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "make the folder first",
                io::ErrorKind::StorageFull => "free some space; nothing half-written was left",
                _ => return None,
            },
            Self::NotSound { .. } => "WAV, WebM, Ogg, MP3, FLAC and M4A can be read",
            Self::NotWav { .. } | Self::UnsupportedCoding { .. } => {
                "convert it first: ffmpeg -i INPUT -ar 16000 -ac 1 -c:a pcm_s16le OUTPUT.wav"
            }
            Self::CutOff { .. } => {
                "copy or download it again; to use what is there: ffmpeg -i INPUT -c copy OUTPUT.wav"
            }
            Self::TooLong { .. } => "use `jane transcribe` for long recordings",
            Self::NoDevice { .. } => {
                "connect a sound card or start a sound server, or use a file instead; \
                 `jane doctor` lists the devices"
            }
            Self::UnknownDevice { known, .. } if known.is_empty() => {
                "no such device was found at all; `jane doctor` says more"
            }
            Self::UnknownDevice { known, .. } => {
                return Some(format!("use `default` or one of: `{}`", known.join("`, `")));
            }
            Self::CannotOpen { .. } => "another program may hold it; or use the device `default`",
            Self::DeviceFailed { .. } => {
                "check that it is connected and that the sound server runs"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
