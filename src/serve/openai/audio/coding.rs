//! How speech is sent: as WAV, as plain samples, or as Ogg/Opus; piece by piece, as it is made.
//!
//! MP3 and AAC are not written: what encodes them may not be part of a program under Jane's licences.

use jane_audio::{AudioError, Resampler};
use jane_engines::Speech;
use ogg::PacketWriteEndInfo;
use ogg::writing::PacketWriter;
use opusic_c::{Application, Channels, Encoder, SampleRate};

/// The rate at which speech is sent, in Hz, as OpenAI's is.
const RATE: u32 = 24_000;

/// Samples of an Opus packet: 20 ms.
const PACKET: usize = RATE as usize / 50;

/// Opus counts at 48 kHz, whatever the rate.
const CLOCK: u64 = 48_000 / RATE as u64;

/// Packets in a page: 100 ms.
const PAGE: u32 = 5;

/// Bytes of an Opus packet at most.
const LONGEST_PACKET: usize = 4_000;

/// The number of the stream in its pages; there is only one.
const SERIAL: u32 = 1;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Wav,
    Pcm,
    Opus,
}

impl Coding {
    /// The kind that OpenAI's name means; `None` for one that is not written.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "wav" => Some(Self::Wav),
            "pcm" => Some(Self::Pcm),
            "opus" => Some(Self::Opus),
            _ => None,
        }
    }

    /// The media type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm;rate=24000;channels=1",
            Self::Opus => "audio/ogg; codecs=opus",
        }
    }
}

/// Why speech cannot be coded.
#[derive(Debug, thiserror::Error)]
pub enum CodingError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error("the Opus encoder failed ({0:?})")]
    Opus(opusic_c::ErrorCode),
    #[error("the Ogg file cannot be written: {0}")]
    Ogg(#[from] std::io::Error),
}

/// Speech on its way into one kind of file.
pub struct Coder {
    coding: Coding,
    resampler: Option<(u32, Resampler)>,
    opus: Option<Opus>,
    has_begun: bool,
}

impl Coder {
    /// # Errors
    /// Where the encoder cannot be made.
    pub fn new(coding: Coding) -> Result<Self, CodingError> {
        Ok(Self {
            coding,
            resampler: None,
            opus: match coding {
                Coding::Opus => Some(Opus::new()?),
                _ => None,
            },
            has_begun: false,
        })
    }

    /// The bytes of a stretch of speech, with what the file begins with before the first.
    ///
    /// # Errors
    /// Where it cannot be coded.
    pub fn push(&mut self, speech: &Speech) -> Result<Vec<u8>, CodingError> {
        let mut samples = Vec::new();
        let resampler = match &mut self.resampler {
            Some((rate, resampler)) if *rate == speech.sample_rate => resampler,
            _ => {
                if let Some((_, mut before)) = self.resampler.take() {
                    samples.extend(before.finish());
                }
                let made = Resampler::new(speech.sample_rate, RATE)?;
                &mut self.resampler.insert((speech.sample_rate, made)).1
            }
        };
        samples.extend(resampler.push(&speech.samples));
        self.coded(&samples)
    }

    /// What is left at the end.
    ///
    /// # Errors
    /// Where it cannot be coded.
    pub fn finish(mut self) -> Result<Vec<u8>, CodingError> {
        let rest = self.resampler.take();
        let rest = rest.map(|(_, mut resampler)| resampler.finish());
        let mut bytes = self.coded(&rest.unwrap_or_default())?;
        if let Some(opus) = &mut self.opus {
            bytes.extend(opus.finish()?);
        }
        Ok(bytes)
    }

    fn coded(&mut self, samples: &[f32]) -> Result<Vec<u8>, CodingError> {
        let mut bytes = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) && self.coding == Coding::Wav {
            bytes.extend(header());
        }
        match &mut self.opus {
            Some(opus) => bytes.extend(opus.push(samples)?),
            None => bytes.extend(samples.iter().flat_map(|sample| pcm(*sample).to_le_bytes())),
        }
        Ok(bytes)
    }
}

/// A sample as 16-bit.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to full scale before"
)]
pub fn pcm(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16
}

/// The head of a WAV whose length is not known yet: players read to the end.
fn header() -> Vec<u8> {
    let mut header = Vec::with_capacity(44);
    header.extend(b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend(RATE.to_le_bytes());
    header.extend((RATE * 2).to_le_bytes());
    header.extend(b"\x02\0\x10\0data\xFF\xFF\xFF\xFF");
    header
}

/// Opus in Ogg (RFC 7845).
struct Opus {
    encoder: Encoder,
    writer: PacketWriter<'static, Vec<u8>>,
    waiting: Vec<f32>,
    packets: u32,
    /// Samples at 48 kHz until the end of the last packet, with what a decoder leaves out at the beginning.
    granule: u64,
    /// Samples that were spoken, at [`RATE`].
    spoken: u64,
    /// Samples at 48 kHz that a decoder leaves out at the beginning.
    skip: u16,
}

impl Opus {
    fn new() -> Result<Self, CodingError> {
        let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz24000, Application::Voip)
            .map_err(CodingError::Opus)?;
        let skip = encoder.get_look_ahead().map_err(CodingError::Opus)?;
        let skip = u16::try_from(u64::from(skip) * CLOCK).unwrap_or(0);
        let mut writer = PacketWriter::new(Vec::new());
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(skip.to_le_bytes());
        head.extend(RATE.to_le_bytes());
        head.extend([0, 0, 0]);
        writer.write_packet(head, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        let mut tags = b"OpusTags\x04\0\0\0jane".to_vec();
        tags.extend([0; 4]);
        writer.write_packet(tags, SERIAL, PacketWriteEndInfo::EndPage, 0)?;
        Ok(Self {
            encoder,
            writer,
            waiting: Vec::new(),
            packets: 0,
            granule: 0,
            spoken: 0,
            skip,
        })
    }

    fn push(&mut self, samples: &[f32]) -> Result<Vec<u8>, CodingError> {
        self.spoken += samples.len() as u64;
        self.waiting.extend_from_slice(samples);
        // The last one is kept, for it ends the stream.
        while self.waiting.len() > PACKET {
            let rest = self.waiting.split_off(PACKET);
            let packet = std::mem::replace(&mut self.waiting, rest);
            self.packets += 1;
            let end = match self.packets % PAGE {
                0 => PacketWriteEndInfo::EndPage,
                _ => PacketWriteEndInfo::NormalPacket,
            };
            self.packet(&packet, end)?;
        }
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    fn finish(&mut self) -> Result<Vec<u8>, CodingError> {
        let mut packet = std::mem::take(&mut self.waiting);
        packet.resize(PACKET, 0.0);
        self.packet(&packet, PacketWriteEndInfo::NormalPacket)?;
        // What the encoder holds back comes with one more; the end says how much of it was spoken.
        let end = self.spoken * CLOCK + u64::from(self.skip);
        self.granule = end.saturating_sub(PACKET as u64 * CLOCK);
        self.packet(&[0.0; PACKET], PacketWriteEndInfo::EndStream)?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    fn packet(&mut self, samples: &[f32], end: PacketWriteEndInfo) -> Result<(), CodingError> {
        let mut coded = vec![0; LONGEST_PACKET];
        let length = self
            .encoder
            .encode_float_to_slice(samples, &mut coded)
            .map_err(CodingError::Opus)?;
        coded.truncate(length);
        self.granule += PACKET as u64 * CLOCK;
        self.writer.write_packet(coded, SERIAL, end, self.granule)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use jane_audio::{Recording, wav_to_speech};

    /// A tone of 0.5 s at 22,050 Hz, in two stretches.
    fn coded(coding: Coding) -> Vec<u8> {
        let tone: Vec<f32> = (0..11_025)
            .map(|sample| (sample as f32 * 0.1).sin() * 0.5)
            .collect();
        let mut coder = Coder::new(coding).unwrap();
        let mut bytes = Vec::new();
        for half in tone.chunks(6_000) {
            bytes.extend(coder.push(&Speech::new(half.to_vec(), 22_050)).unwrap());
        }
        bytes.extend(coder.finish().unwrap());
        bytes
    }

    #[test]
    fn plain_samples_and_wav_are_as_long_as_what_was_spoken() {
        assert_eq!(coded(Coding::Pcm).len(), 2 * 12_000);
        let (samples, rate) = wav_to_speech(&coded(Coding::Wav)).unwrap();
        assert_eq!((samples.len(), rate), (12_000, RATE));
    }

    #[test]
    fn opus_is_read_again_with_its_length() {
        let bytes = coded(Coding::Opus);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let mut recording = Recording::open(file.path()).unwrap();
        let mut read = Vec::new();
        while let Some(block) = recording.next_block().unwrap() {
            read.extend(block);
        }
        // At 16 kHz; what a decoder may leave out at either end is a few packets at most.
        assert!(read.len().abs_diff(8_000) <= 700, "{}", read.len());
        let power: f32 = read.iter().map(|sample| sample * sample).sum();
        assert!(power / read.len() as f32 > 0.05);
    }
}
