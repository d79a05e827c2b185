//! Reads what browsers and telephones record (WebM, Ogg, MP3, FLAC, M4A; Opus, Vorbis, AAC, ALAC), and any WAV, as blocks of 16 kHz mono
//! speech.
//!
//! Invariants: memory is bounded by one block and one packet, however long the recording; samples are finite and within -1..=1; a
//! decoder that fails or panics over hostile bytes is an error. A packet that cannot be decoded is left out, as players do.

use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia_adapter_libopus::OpusDecoder;

use super::output::clean;
use super::{AudioError, Resampler, SPEECH_RATE, WavSource};

/// Packets in a row that cannot be decoded, after which a recording counts as damaged.
const MOST_BROKEN: usize = 200;

/// How WAV files begin.
const WAVS: [&[u8]; 3] = [b"RIFF", b"RF64", b"BW64"];

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<OpusDecoder>();
    registry
});

/// A recording of any usual kind.
pub enum Recording {
    Wav(Box<WavSource>),
    Other(Box<Container>),
}

impl Recording {
    /// Opens `path`, whose kind its first bytes tell.
    ///
    /// # Errors
    /// Where it cannot be read, or is no recording of a kind that is known.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let (mut file, metadata) = open(path)?;
        if metadata.len() == 0 {
            return Err(AudioError::EmptyFile { path: path.into() });
        }
        let mut beginning = [0; 4];
        let read = std::io::Read::read(&mut file, &mut beginning);
        let beginning = beginning.get(..read.unwrap_or(0)).unwrap_or_default();
        if WAVS.contains(&beginning) {
            return Ok(Self::Wav(Box::new(WavSource::open(path)?)));
        }
        Ok(Self::Other(Box::new(Container::open(path)?)))
    }

    /// The next second or so at 16 kHz; `None` at the end.
    ///
    /// # Errors
    /// Where it cannot be read any further.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        match self {
            Self::Wav(source) => source.next_block(),
            Self::Other(container) => container.next_block(),
        }
    }
}

fn open(path: &Path) -> Result<(File, std::fs::Metadata), AudioError> {
    jane_platform::open_regular(path).map_err(|source| AudioError::Read {
        path: path.into(),
        source,
    })
}

/// A container with at least one track of sound; the first that can be decoded is read.
pub struct Container {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// For the rate that the decoder gives, once that is known.
    resampler: Option<(u32, Resampler)>,
    interleaved: Vec<f32>,
    /// Resampled, and not yet handed out.
    ready: Vec<f32>,
    broken: usize,
    has_sound: bool,
    is_over: bool,
}

impl Container {
    fn open(path: &Path) -> Result<Self, AudioError> {
        let (file, _) = open(path)?;
        let opened = guarded(path, || Self::probe(path, file));
        opened.and_then(|opened| opened)
    }

    fn probe(path: &Path, file: File) -> Result<Self, AudioError> {
        let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| not_sound(path, &error.to_string()))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| not_sound(path, "it has no track of sound"))?;
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let parameters =
            parameters.ok_or_else(|| not_sound(path, "it does not say how its sound is coded"))?;
        let decoder = CODECS
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| not_sound(path, &error.to_string()))?;
        Ok(Self {
            path: path.into(),
            track: track.id,
            format,
            decoder,
            resampler: None,
            interleaved: Vec::new(),
            ready: Vec::new(),
            broken: 0,
            has_sound: false,
            is_over: false,
        })
    }

    fn next_block(&mut self) -> Result<Option<Vec<f32>>, AudioError> {
        let path = self.path.clone();
        while !self.is_over && self.ready.len() < SPEECH_RATE as usize {
            guarded(&path, || self.read_packet())??;
        }
        if self.is_over && !self.has_sound {
            return Err(AudioError::NoSamples { path });
        }
        let mut block = std::mem::take(&mut self.ready);
        block.iter_mut().for_each(|sample| *sample = clean(*sample));
        Ok((!block.is_empty()).then_some(block))
    }

    fn read_packet(&mut self) -> Result<(), AudioError> {
        let packet = match self.format.next_packet() {
            Ok(Some(packet)) => packet,
            // Streams that a browser writes end where the recording was stopped, without their end.
            Ok(None) | Err(Error::ResetRequired) => return self.finish(),
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return self.finish();
            }
            Err(error) if self.has_sound => {
                tracing::debug!(%error, "the recording ends in what cannot be read");
                return self.finish();
            }
            Err(error) => return Err(self.damaged(&error.to_string())),
        };
        if packet.track_id != self.track {
            return Ok(());
        }
        let (rate, channels) = match self.decoder.decode(&packet) {
            Ok(decoded) => {
                self.interleaved.clear();
                decoded.copy_to_vec_interleaved(&mut self.interleaved);
                (decoded.spec().rate(), decoded.spec().channels().count())
            }
            Err(Error::DecodeError(_) | Error::IoError(_)) if self.broken < MOST_BROKEN => {
                self.broken += 1;
                return Ok(());
            }
            Err(error) => return Err(self.damaged(&error.to_string())),
        };
        if channels == 0 || self.interleaved.is_empty() {
            return Ok(());
        }
        self.broken = 0;
        self.has_sound = true;
        let mixed: Vec<f32> = self
            .interleaved
            .chunks_exact(channels)
            .map(|frame| frame.iter().sum::<f32>() / channels as f32)
            .collect();
        let resampler = match &mut self.resampler {
            Some((of, resampler)) if *of == rate => resampler,
            _ => {
                if let Some((_, mut before)) = self.resampler.take() {
                    self.ready.extend(before.finish());
                }
                let made = Resampler::new(rate, SPEECH_RATE)?;
                &mut self.resampler.insert((rate, made)).1
            }
        };
        self.ready.extend(resampler.push(&mixed));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), AudioError> {
        self.is_over = true;
        if let Some((_, mut resampler)) = self.resampler.take() {
            self.ready.extend(resampler.finish());
        }
        Ok(())
    }

    fn damaged(&self, problem: &str) -> AudioError {
        AudioError::DamagedSound {
            path: self.path.clone(),
            problem: problem.to_owned(),
        }
    }
}

fn not_sound(path: &Path, problem: &str) -> AudioError {
    AudioError::NotSound {
        path: path.into(),
        problem: problem.to_owned(),
    }
}

/// What `work` comes to; a panic in it is an error of the recording.
fn guarded<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, AudioError> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| AudioError::DamagedSound {
        path: path.into(),
        problem: "its decoder failed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        for bytes in [&b"hello, this is no sound at all"[..], &[0; 5000], b"OggS"] {
            let error = Recording::open(file(bytes).path());
            assert!(error.is_err());
        }
        let error = Recording::open(file(b"").path()).err().unwrap();
        assert!(matches!(error, AudioError::EmptyFile { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_hang_or_panic(
            beginning in prop::sample::select(vec![&b"OggS\0"[..], b"fLaC\0\0\0\x22", b"\x1A\x45\xDF\xA3", b"\0\0\0\x18ftypM4A ", b"\xFF\xFB\x90\x00", b"ID3\x03"]),
            rest in proptest::collection::vec(any::<u8>(), 0..2000),
        ) {
            let file = file(&[beginning, &rest].concat());
            if let Ok(mut recording) = Recording::open(file.path()) {
                for _ in 0..100 {
                    match recording.next_block() {
                        Ok(Some(block)) => prop_assert!(block.iter().all(|sample| sample.abs() <= 1.0)),
                        Ok(None) | Err(_) => break,
                    }
                }
            }
        }
    }
}
