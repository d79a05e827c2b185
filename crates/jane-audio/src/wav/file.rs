//! Writes what is played as a 16-bit mono WAV.
//!
//! The target appears whole at [`AudioOutput::finish`] or not at all: until then the samples lie in a
//! temporary file beside it, which goes with the [`WavFile`].

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::NamedTempFile;

use crate::output::clean;
use crate::{AudioError, AudioOutput, Resampler, SPEECH_RATE};

/// The most samples that a WAV with 16 bits can state, less its header.
pub(crate) const SAMPLE_LIMIT: u64 = (u32::MAX as u64 - 1_024) / 2;

/// A WAV file in the making.
pub struct WavFile {
    path: PathBuf,
    /// Given away by `finish`.
    temporary: Option<NamedTempFile>,
    recording: Option<Recording>,
}

/// The part that exists once the sample rate is known.
struct Recording {
    writer: WavWriter<BufWriter<File>>,
    sample_rate: u32,
    /// From the rate of the last call to the file's.
    resampler: Resampler,
    input_rate: u32,
    samples: u64,
}

impl WavFile {
    /// Prepares a file at `path`; one that is there already is replaced at the end.
    ///
    /// An error where its folder is missing or read-only, or where `path` is a folder, a pipe or a device.
    pub fn create(path: &Path) -> Result<Self, AudioError> {
        check_target(path)?;
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".jane-").suffix(".wav.part");
        // For its owner alone, as files of this kind are: somebody's voice or answer is in it.
        let temporary = builder
            .tempfile_in(folder)
            .map_err(|source| AudioError::Write {
                path: path.into(),
                source,
            })?;
        Ok(Self {
            path: path.into(),
            temporary: Some(temporary),
            recording: None,
        })
    }

    /// The recording, begun at `sample_rate` if there is none.
    fn recording(&mut self, sample_rate: u32) -> Result<&mut Recording, AudioError> {
        let write_error = |error| write_error(&self.path, error);
        let Some(temporary) = &self.temporary else {
            return Err(AudioError::Finished {
                path: self.path.clone(),
            });
        };
        if self.recording.is_none() {
            let resampler = Resampler::new(sample_rate, sample_rate)?;
            let file = temporary
                .as_file()
                .try_clone()
                .map_err(hound::Error::IoError);
            let spec = WavSpec {
                channels: 1,
                sample_rate,
                bits_per_sample: 16,
                sample_format: SampleFormat::Int,
            };
            let writer = file
                .and_then(|file| WavWriter::new(BufWriter::new(file), spec))
                .map_err(write_error)?;
            self.recording = Some(Recording {
                writer,
                sample_rate,
                resampler,
                input_rate: sample_rate,
                samples: 0,
            });
        }
        self.recording.as_mut().ok_or_else(|| AudioError::Finished {
            path: self.path.clone(),
        })
    }

    fn write(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let path = self.path.clone();
        let recording = self.recording(sample_rate)?;
        if recording.input_rate != sample_rate {
            let next = Resampler::new(sample_rate, recording.sample_rate)?;
            let tail = std::mem::replace(&mut recording.resampler, next).finish();
            recording.input_rate = sample_rate;
            recording.write(&path, &tail)?;
        }
        let samples: Vec<f32> = samples.iter().copied().map(clean).collect();
        let samples = recording.resampler.push(&samples);
        recording.write(&path, &samples)
    }

    fn complete(&mut self) -> Result<(), AudioError> {
        if self.temporary.is_none() {
            return Ok(());
        }
        // Nothing was said: a WAV without samples, at the rate of speech.
        self.recording(SPEECH_RATE)?;
        if let Some(mut recording) = self.recording.take() {
            let tail = recording.resampler.finish();
            recording.write(&self.path, &tail)?;
            let finalised = recording.writer.finalize();
            finalised.map_err(|error| write_error(&self.path, error))?;
        }
        if let Some(temporary) = self.temporary.take() {
            temporary
                .persist(&self.path)
                .map_err(|error| AudioError::Write {
                    path: self.path.clone(),
                    source: error.error,
                })?;
        }
        Ok(())
    }
}

impl Recording {
    fn write(&mut self, path: &Path, samples: &[f32]) -> Result<(), AudioError> {
        self.samples += samples.len() as u64;
        if self.samples > SAMPLE_LIMIT {
            return Err(AudioError::WavFull { path: path.into() });
        }
        for &sample in samples {
            let sample = (clean(sample) * f32::from(i16::MAX)).round() as i16;
            let written = self.writer.write_sample(sample);
            written.map_err(|error| write_error(path, error))?;
        }
        Ok(())
    }
}

/// An error where `path` is there and no file: `/dev/null` would be replaced by one.
pub(crate) fn check_target(path: &Path) -> Result<(), AudioError> {
    let what = match std::fs::metadata(path) {
        Ok(there) if there.is_dir() => "a folder",
        Ok(there) if !there.is_file() => "a pipe or a device",
        _ => return Ok(()),
    };
    Err(AudioError::NotAFile {
        path: path.into(),
        what,
    })
}

pub(crate) fn write_error(path: &Path, error: hound::Error) -> AudioError {
    let source = match error {
        hound::Error::IoError(source) => source,
        other => io::Error::other(other),
    };
    AudioError::Write {
        path: path.into(),
        source,
    }
}

#[async_trait]
impl AudioOutput for WavFile {
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        self.write(samples, sample_rate)
    }

    /// Moves the file into place; whatever is played afterwards is an error.
    async fn finish(&mut self) -> Result<(), AudioError> {
        self.complete()
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
