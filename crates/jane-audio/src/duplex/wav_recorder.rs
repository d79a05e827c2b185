//! The WAV that grows as time goes by: 16-bit mono, good at any moment.
//!
//! Its header is brought up to date every 100 ms, so that a process that is killed leaves a file that
//! lacks no more than that.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hound::{SampleFormat, WavSpec, WavWriter};
use parking_lot::Mutex;

use crate::AudioError;
use crate::output::clean;
use crate::wav::{SAMPLE_LIMIT, check_target, write_error};

/// Writes between two updates of the header.
const WRITES: u32 = 10;

/// A clone writes to the same file.
#[derive(Clone)]
pub(super) struct WavRecorder {
    path: Arc<PathBuf>,
    /// Absent when it is complete or has failed.
    open: Arc<Mutex<Option<Open>>>,
}

struct Open {
    writer: WavWriter<BufWriter<File>>,
    samples: u64,
    /// Since the header was brought up to date.
    writes: u32,
}

impl WavRecorder {
    /// Begins a file at `path`, in place of what is there; `input` is the file that is being read.
    pub fn create(path: &Path, sample_rate: u32, input: &Path) -> Result<Self, AudioError> {
        check_target(path)?;
        let failed = |error| write_error(path, error);
        let same = path.canonicalize().ok();
        if same.is_some() && same == input.canonicalize().ok() {
            let problem = io::Error::other("it is the recording that is being heard");
            return Err(failed(hound::Error::IoError(problem)));
        }
        let spec = WavSpec {
            channels: 1,
            sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let file = jane_platform::create_private(path).map_err(hound::Error::IoError);
        let writer = file.and_then(|file| WavWriter::new(BufWriter::new(file), spec));
        let mut writer = writer.map_err(failed)?;
        writer.flush().map_err(failed)?;
        Ok(Self {
            path: Arc::new(path.into()),
            open: Arc::new(Mutex::new(Some(Open {
                writer,
                samples: 0,
                writes: 0,
            }))),
        })
    }

    /// Appends samples. After an error nothing is written any more, and no further error comes.
    pub fn write(&self, samples: &[f32]) -> Result<(), AudioError> {
        let mut guard = self.open.lock();
        let Some(open) = guard.as_mut() else {
            return Ok(());
        };
        let written = if open.samples + samples.len() as u64 > SAMPLE_LIMIT {
            let path = self.path.to_path_buf();
            Err(AudioError::WavFull { path })
        } else {
            let written = open.write(samples);
            written.map_err(|error| write_error(&self.path, error))
        };
        if written.is_err() {
            *guard = None;
        }
        written
    }

    /// Nothing is written any more; what was written is in the file.
    pub fn complete(&self) {
        let open = self.open.lock().take();
        if let Some(Err(error)) = open.map(|open| open.writer.finalize()) {
            tracing::warn!(
                "the end of `{}` is not written: {error}",
                self.path.display()
            );
        }
    }
}

impl Open {
    fn write(&mut self, samples: &[f32]) -> Result<(), hound::Error> {
        for &sample in samples {
            let sample = (clean(sample) * f32::from(i16::MAX)).round() as i16;
            self.writer.write_sample(sample)?;
        }
        self.samples += samples.len() as u64;
        self.writes += 1;
        if self.writes == WRITES {
            self.writes = 0;
            self.writer.flush()?;
        }
        Ok(())
    }
}
