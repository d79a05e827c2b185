//! Reads a WAV header without trusting it.
//!
//! Whatever the bytes are, at most [`CHUNK_LIMIT`] chunks are looked at, nothing is allocated by a
//! length that the file states, and what is returned agrees with the file's real size.
//!
//! Layout and format tags: RFC 2361 and Microsoft's `mmreg.h` (`WAVEFORMATEX`, `WAVEFORMATEXTENSIBLE`).

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::name;
use crate::audio::AudioError;

/// Real files have a handful of chunks before their samples.
const CHUNK_LIMIT: usize = 1_000;

/// Channels that are mixed down; the largest microphone arrays stay under it.
const CHANNEL_LIMIT: u16 = 32;

/// How one sample is stored, always little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
}

impl Coding {
    pub(super) fn bytes(self) -> u16 {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
        }
    }
}

/// What the reader of the samples needs to know.
#[derive(Debug)]
pub(super) struct Header {
    pub coding: Coding,
    /// 1 to 32.
    pub channels: u16,
    /// In Hz, as stated: the resampler judges it.
    pub sample_rate: u32,
    /// Samples in each channel that are really in the file; at least 1.
    pub frames: u64,
}

/// Reads up to the first sample and leaves `reader` there. `length` is the file's size in bytes.
pub(super) fn read(
    reader: &mut (impl Read + Seek),
    length: u64,
    path: &Path,
) -> Result<Header, AudioError> {
    let riff_size = riff(reader, path)?;
    let mut format = None;
    for _ in 0..CHUNK_LIMIT {
        let [kind, size] = words::<2>(reader, path)?;
        let size = u32::from_le_bytes(size);
        let start = position(reader, path)?;
        match &kind {
            b"fmt " => format = Some(format_chunk(reader, size, path)?),
            b"data" => {
                let (coding, channels, sample_rate) =
                    format.ok_or_else(|| damaged(path, "samples come before their format"))?;
                let frames = frames(
                    size,
                    length.saturating_sub(start),
                    // A writer that could not go back: its RIFF size does not reach the samples.
                    u64::from(riff_size) + 8 <= start,
                    u64::from(coding.bytes()) * u64::from(channels),
                );
                let seconds = |frames: u64| frames as f64 / f64::from(sample_rate.max(1));
                return match frames {
                    Ok(0) => Err(AudioError::NoSamples { path: path.into() }),
                    Ok(frames) => Ok(Header {
                        coding,
                        channels,
                        sample_rate,
                        frames,
                    }),
                    Err((promised, present)) => Err(AudioError::CutOff {
                        path: path.into(),
                        promised_seconds: seconds(promised),
                        present_seconds: seconds(present),
                    }),
                };
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        let next = start + u64::from(size) + u64::from(size % 2);
        reader
            .seek(SeekFrom::Start(next))
            .map_err(|source| AudioError::Read {
                path: path.into(),
                source,
            })?;
    }
    Err(damaged(path, "no samples within its first 1,000 chunks"))
}

/// Frames in the file, or `(promised, present)` where fewer are there than were promised.
fn frames(size: u32, present: u64, unfinished: bool, frame: u64) -> Result<u64, (u64, u64)> {
    let (promised, present) = (u64::from(size) / frame, present / frame);
    // Writers into a pipe do not know the length: ffmpeg writes 0xFFFF_FFFF, others leave 0, sox and
    // espeak-ng write 0x7FFF_F000, arecord 0x8000_0000.
    let open_ended = size == u32::MAX || (size == 0 && unfinished);
    let placeholder = (0x7FFF_0000..=0x8000_0000).contains(&size);
    if open_ended || (placeholder && promised > present) {
        Ok(present)
    } else if promised <= present {
        Ok(promised)
    } else {
        Err((promised, present))
    }
}

/// Checks the first twelve bytes and returns the size that they state.
fn riff(reader: &mut (impl Read + Seek), path: &Path) -> Result<u32, AudioError> {
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(512)
        .read_to_end(&mut head)
        .and_then(|_| reader.seek(SeekFrom::Start(12)))
        .map_err(|source| AudioError::Read {
            path: path.into(),
            source,
        })?;
    match head.as_slice() {
        [
            b'R',
            b'I',
            b'F',
            b'F',
            a,
            b,
            c,
            d,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => Ok(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => Err(AudioError::NotWav {
            path: path.into(),
            found: name::file(&head),
        }),
    }
}

/// `(coding, channels, sample rate)` from the `fmt ` chunk of `size` bytes.
fn format_chunk(
    reader: &mut impl Read,
    size: u32,
    path: &Path,
) -> Result<(Coding, u16, u32), AudioError> {
    if size < 16 {
        return Err(damaged(path, "its format description is too short"));
    }
    let [tag_channels, sample_rate, _bytes_per_second, align_bits] = words::<4>(reader, path)?;
    let [tag, channels] = halves(tag_channels);
    let [block_align, bits] = halves(align_bits);

    let tag = match tag {
        0xFFFE if size < 40 => return Err(damaged(path, "its format description is too short")),
        0xFFFE => {
            let [_, _, guid_a, guid_b, guid_c, guid_d] = words::<6>(reader, path)?;
            // KSDATAFORMAT_SUBTYPE_…: a format tag and this constant rest.
            let rest = [guid_b, guid_c, guid_d].concat();
            let [tag, zero] = halves(guid_a);
            let standard = b"\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";
            if zero == 0 && rest == standard {
                tag
            } else {
                0xFFFE
            }
        }
        tag => tag,
    };
    let coding = match (tag, bits) {
        (1, 8) => Coding::Unsigned8,
        (1, 16) => Coding::Signed16,
        (1, 24) => Coding::Signed24,
        (1, 32) => Coding::Signed32,
        (3, 32) => Coding::Float32,
        (1 | 3, 0) => return Err(damaged(path, "0 bits a sample")),
        _ => {
            let coding = name::coding(tag, bits);
            return Err(AudioError::UnsupportedCoding {
                path: path.into(),
                coding,
            });
        }
    };
    if channels == 0 || channels > CHANNEL_LIMIT {
        return Err(damaged(
            path,
            &format!("{channels} channels (1 to 32 are read)"),
        ));
    }
    if block_align != channels * coding.bytes() {
        return Err(damaged(path, "its frame size contradicts its sample size"));
    }
    Ok((coding, channels, u32::from_le_bytes(sample_rate)))
}

fn damaged(path: &Path, problem: &str) -> AudioError {
    AudioError::DamagedWav {
        path: path.into(),
        problem: problem.to_owned(),
    }
}

fn position(reader: &mut impl Seek, path: &Path) -> Result<u64, AudioError> {
    reader.stream_position().map_err(|source| AudioError::Read {
        path: path.into(),
        source,
    })
}

/// `N` four-byte words.
fn words<const N: usize>(reader: &mut impl Read, path: &Path) -> Result<[[u8; 4]; N], AudioError> {
    let mut words = [[0; 4]; N];
    match reader.read_exact(words.as_flattened_mut()) {
        Ok(()) => Ok(words),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(damaged(path, "it ends before its first sample"))
        }
        Err(source) => Err(AudioError::Read {
            path: path.into(),
            source,
        }),
    }
}

/// The two little-endian 16-bit numbers in a word.
fn halves([a, b, c, d]: [u8; 4]) -> [u16; 2] {
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}
