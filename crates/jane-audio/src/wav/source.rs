//! Reads a WAV of any usual shape as blocks of 16 kHz mono speech.
//!
//! Memory is bounded by one block, however long the file; samples are finite and within -1..=1.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::header::{self, Header};
use crate::output::clean;
use crate::{AudioError, Resampler, SPEECH_RATE};

/// Bytes of the file that are decoded at a time.
const READ_BYTES: u64 = 256 * 1024;

/// A WAV file that is read as a stream.
pub struct WavSource {
    path: PathBuf,
    reader: BufReader<File>,
    header: Header,
    frames_read: u64,
    resampler: Resampler,
    /// Resampled, and not yet handed out.
    ready: Vec<f32>,
}

impl WavSource {
    /// Opens `path` and checks it whole except for its samples.
    ///
    /// Read are 1 to 32 channels of PCM of up to 64 bits, float of 32 or 64 bits, A-law or µ-law at 1 kHz to 384 kHz, as `RIFF`, `RF64`
    /// or `BW64`. A millisecond that is missing at the end is not missed. Refused is what is missing, no regular file, empty, no WAV, coded otherwise, contradictory, cut
    /// off, or without a sample.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let read_error = |source| AudioError::Read {
            path: path.into(),
            source,
        };
        let looked_at = std::fs::metadata(path).map_err(read_error)?;
        if looked_at.is_dir() {
            return Err(AudioError::NotAFile {
                path: path.into(),
                what: "a folder",
            });
        }
        if !looked_at.is_file() {
            return Err(AudioError::NotAFile {
                path: path.into(),
                what: "a pipe or a device",
            });
        }
        // Something else may have taken its place meanwhile.
        let (file, metadata) = jane_platform::open_regular(path).map_err(read_error)?;
        if metadata.len() == 0 {
            return Err(AudioError::EmptyFile { path: path.into() });
        }
        let mut reader = BufReader::new(file);
        let header = header::read(&mut reader, metadata.len(), path)?;
        let resampler = Resampler::new(header.sample_rate, SPEECH_RATE).map_err(|_| {
            AudioError::DamagedWav {
                path: path.into(),
                problem: format!("a sample rate of {} Hz", header.sample_rate),
            }
        })?;
        Ok(Self {
            path: path.into(),
            reader,
            header,
            frames_read: 0,
            resampler,
            ready: Vec::new(),
        })
    }

    /// The whole file's length.
    pub fn duration_seconds(&self) -> f64 {
        self.header.frames as f64 / f64::from(self.header.sample_rate)
    }

    /// How much of the file was read.
    pub fn position_seconds(&self) -> f64 {
        self.frames_read as f64 / f64::from(self.header.sample_rate)
    }

    /// The next second at 16 kHz, the last block shorter; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        let second = SPEECH_RATE as usize;
        while self.ready.len() < second && self.frames_read < self.header.frames {
            let samples = self.read_frames()?;
            self.ready.extend(self.resampler.push(&samples));
            if self.frames_read == self.header.frames {
                self.ready.extend(self.resampler.finish());
            }
        }
        let rest = self.ready.split_off(second.min(self.ready.len()));
        let mut block = std::mem::replace(&mut self.ready, rest);
        // The filter overshoots a little at full scale.
        block.iter_mut().for_each(|sample| *sample = clean(*sample));
        Ok((!block.is_empty()).then_some(block))
    }

    /// Decodes some frames and mixes their channels to one.
    fn read_frames(&mut self) -> Result<Vec<f32>, AudioError> {
        let Header {
            coding,
            channels,
            frames,
            ..
        } = self.header;
        let sample_bytes = usize::from(coding.bytes());
        let frame_bytes = sample_bytes * usize::from(channels);
        // At most half a second, so that little more than a block is ever held.
        let count = (READ_BYTES / frame_bytes as u64)
            .min(u64::from(self.header.sample_rate / 2))
            .min(frames - self.frames_read);
        let mut bytes = vec![0; count as usize * frame_bytes];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|source| AudioError::Read {
                path: self.path.clone(),
                source,
            })?;
        self.frames_read += count;
        Ok(bytes
            .chunks_exact(frame_bytes)
            .map(|frame| {
                let samples = frame.chunks_exact(sample_bytes);
                samples.map(|bytes| coding.decode(bytes)).sum::<f32>() / f32::from(channels)
            })
            .collect())
    }
}

/// Reads one utterance whole, at 16 kHz; an error where it is longer than `max_seconds`.
pub fn read_speech(path: &Path, max_seconds: f64) -> Result<Vec<f32>, AudioError> {
    let mut source = WavSource::open(path)?;
    let seconds = source.duration_seconds();
    if seconds > max_seconds {
        return Err(AudioError::TooLong {
            path: path.into(),
            seconds,
            limit_seconds: max_seconds,
        });
    }
    let mut speech = Vec::new();
    while let Some(block) = source.next_block()? {
        speech.extend(block);
    }
    Ok(speech)
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
