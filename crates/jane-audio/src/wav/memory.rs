//! WAVs that never are files: what is sent to a server, and what one answers.

use std::io::Cursor;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::header::{self, Header};
use crate::output::clean;
use crate::{AudioError, Resampler, SPEECH_RATE};

/// What errors call a WAV that a server sent.
const NAME: &str = "answer.wav";

/// `samples`, mono at 16 kHz, as a 16-bit WAV.
///
/// # Errors
/// [`AudioError::WavFull`] where they are more than a WAV holds.
pub fn speech_to_wav(samples: &[f32]) -> Result<Vec<u8>, AudioError> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: SPEECH_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut wav = Cursor::new(Vec::new());
    let written = WavWriter::new(&mut wav, spec).and_then(|mut writer| {
        for sample in samples {
            writer.write_sample((clean(*sample) * f32::from(i16::MAX)).round() as i16)?;
        }
        writer.finalize()
    });
    match written {
        Ok(()) => Ok(wav.into_inner()),
        Err(_) => Err(AudioError::WavFull {
            path: "speech.wav".into(),
        }),
    }
}

/// The samples of `wav`, mixed to mono, and their rate in Hz; at most four times the bytes of `wav` are allocated.
///
/// # Errors
/// As [`super::WavSource::open`] has them for a file, under the name `answer.wav`.
pub fn wav_to_speech(wav: &[u8]) -> Result<(Vec<f32>, u32), AudioError> {
    let path = Path::new(NAME);
    if wav.is_empty() {
        return Err(AudioError::EmptyFile { path: path.into() });
    }
    let mut reader = Cursor::new(wav);
    let Header {
        coding,
        channels,
        sample_rate,
        frames,
    } = header::read(&mut reader, wav.len() as u64, path)?;
    // It knows which rates can be played, and says so.
    Resampler::new(sample_rate, sample_rate)?;
    let sample_bytes = usize::from(coding.bytes());
    let frame_bytes = sample_bytes * usize::from(channels);
    let bytes = wav.get(reader.position() as usize..).unwrap_or_default();
    let frames = bytes.chunks_exact(frame_bytes).take(frames as usize);
    let samples = frames.map(|frame| {
        let samples = frame.chunks_exact(sample_bytes);
        samples.map(|bytes| coding.decode(bytes)).sum::<f32>() / f32::from(channels)
    });
    Ok((samples.collect(), sample_rate))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let samples = [0.0, 0.5, -0.5, 1.0, -1.0, 7.0, f32::NAN];
        let wav = speech_to_wav(&samples).unwrap();
        assert_eq!(wav.len(), 44 + 2 * samples.len());
        let (read, sample_rate) = wav_to_speech(&wav).unwrap();
        assert_eq!(sample_rate, 16_000);
        for (read, written) in read.iter().zip([0.0, 0.5, -0.5, 1.0, -1.0, 1.0, 0.0]) {
            assert!((read - written).abs() < 1e-4, "{read} {written}");
        }
    }

    #[test]
    fn a_header_that_was_written_before_the_length_was_known_is_read() {
        let mut wav = speech_to_wav(&[0.25; 100]).unwrap();
        wav[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        wav[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(wav_to_speech(&wav).unwrap().0.len(), 100);
        wav[4..8].copy_from_slice(&0_u32.to_le_bytes());
        wav[40..44].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(wav_to_speech(&wav).unwrap().0.len(), 100);
    }

    #[test]
    fn a_rate_that_cannot_be_played_is_refused() {
        let mut wav = speech_to_wav(&[0.0; 100]).unwrap();
        wav[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
        let error = wav_to_speech(&wav).unwrap_err();
        assert!(
            matches!(error, AudioError::UnsupportedRate { .. }),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_otherwise_than_with_an_error(
            place in 0..60_usize,
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut wav = speech_to_wav(&[0.25; 100]).unwrap();
            wav.splice(place..(place + bytes.len()).min(wav.len()), bytes);
            if let Ok((samples, _)) = wav_to_speech(&wav) {
                prop_assert!(samples.len() <= wav.len());
                prop_assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
            }
        }
    }
}
