//! Reads a WAV header without trusting it.
//!
//! Whatever the bytes are, at most [`CHUNK_LIMIT`] chunks are looked at, nothing is allocated by a
//! length that the file states, and what is returned agrees with the file's real size.
//!
//! Layout and format tags: RFC 2361 and Microsoft's `mmreg.h` (`WAVEFORMATEX`, `WAVEFORMATEXTENSIBLE`); files of more than 4 GiB: EBU
//! Tech 3306 (`RF64`) and ITU-R BS.2088 (`BW64`).
//!
//! A reader of its own, because libraries (hound, symphonia) know neither what is missing at the end nor what a pipe left open, read no
//! 12 or 20 bits and no `RF64`, and say of a file that they do not read little more than that.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::coding::Coding;
use super::name;
use crate::AudioError;

/// Real files have a handful of chunks before their samples.
const CHUNK_LIMIT: usize = 1_000;

/// Channels that are mixed down; the largest microphone arrays stay under it.
const CHANNEL_LIMIT: u16 = 32;

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
    let riff = riff(reader, path)?;
    let mut format = None;
    // What a file of more than 4 GiB states apart.
    let mut long_size = None;
    for _ in 0..CHUNK_LIMIT {
        let [kind, size] = words::<2>(reader, path)?;
        let size = u32::from_le_bytes(size);
        let start = position(reader, path)?;
        match &kind {
            b"ds64" if riff.is_long => long_size = Some(long_data_size(reader, size, path)?),
            b"fmt " => format = Some(format_chunk(reader, size, path)?),
            b"data" => {
                let (coding, channels, sample_rate) =
                    format.ok_or_else(|| damaged(path, "samples come before their format"))?;
                let data = Data {
                    size,
                    long_size,
                    present: length.saturating_sub(start),
                    // A writer that could not go back: its RIFF size does not reach the samples.
                    is_unfinished: u64::from(riff.size) + 8 <= start
                        || !begins_chunk(reader, start, length, path)?,
                };
                let frame = u64::from(coding.bytes()) * u64::from(channels);
                let frames = data.frames(frame, sample_rate);
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

/// What is known of where the samples end.
struct Data {
    /// As the chunk states it.
    size: u32,
    /// As a file of more than 4 GiB states it elsewhere.
    long_size: Option<u64>,
    /// Bytes from the first sample to the end of the file.
    present: u64,
    /// Whether a size of 0 is one that nobody filled in.
    is_unfinished: bool,
}

impl Data {
    /// Frames of `frame` bytes in the file, or `(promised, present)` where fewer are there than were promised. A millisecond that is
    /// missing, or a part of the last frame, is not missed.
    fn frames(&self, frame: u64, sample_rate: u32) -> Result<u64, (u64, u64)> {
        let present = self.present / frame;
        let size = match self.long_size {
            Some(size) if self.size == u32::MAX => size,
            _ => u64::from(self.size),
        };
        let promised = size / frame;
        // Writers into a pipe do not know the length: ffmpeg writes 0xFFFF_FFFF, others that less a header, some leave 0, sox and
        // espeak-ng write 0x7FFF_F000, arecord 0x8000_0000.
        let unknown = [0xFFFF_0000..=u64::from(u32::MAX), 0x7FFF_0000..=0x8000_0000]
            .iter()
            .any(|sizes| sizes.contains(&size));
        let open_ended = size == u64::MAX || (size == 0 && self.is_unfinished);
        let tolerated = u64::from(sample_rate / 1_000).max(1);
        if open_ended || (unknown && promised > present) {
            Ok(present)
        } else if promised <= present {
            Ok(promised)
        } else if present > 0 && promised - present <= tolerated {
            Ok(present)
        } else {
            Err((promised, present))
        }
    }
}

/// Whether what lies at `start` can be a chunk, or nothing; leaves `reader` there.
fn begins_chunk(
    reader: &mut (impl Read + Seek),
    start: u64,
    length: u64,
    path: &Path,
) -> Result<bool, AudioError> {
    let left = length.saturating_sub(start);
    let mut begins = left == 0;
    if left >= 8 {
        let [kind, size] = words::<2>(reader, path)?;
        let is_name = kind.iter().all(|byte| matches!(byte, b' '..=b'~'));
        begins = is_name && u64::from(u32::from_le_bytes(size)) <= left - 8;
    }
    let back = reader.seek(SeekFrom::Start(start));
    back.map_err(|source| AudioError::Read {
        path: path.into(),
        source,
    })?;
    Ok(begins)
}

/// Bytes of the samples, as the `ds64` chunk of `size` bytes has them: behind those of the whole file.
fn long_data_size(reader: &mut impl Read, size: u32, path: &Path) -> Result<u64, AudioError> {
    if size < 24 {
        return Err(damaged(path, "its description of sizes is too short"));
    }
    let [_, _, low, high] = words::<4>(reader, path)?;
    let [low, high] = [low, high].map(|word| u64::from(u32::from_le_bytes(word)));
    Ok((high << 32) | low)
}

/// What the first twelve bytes say.
struct Riff {
    /// Bytes of the file less 8, if it was filled in.
    size: u32,
    /// Whether it is made for more than 4 GiB.
    is_long: bool,
}

/// Checks the first twelve bytes.
fn riff(reader: &mut (impl Read + Seek), path: &Path) -> Result<Riff, AudioError> {
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
    let is_wave = head.get(8..12) == Some(b"WAVE");
    match (head.get(..4), head.get(4..8)) {
        (Some(name @ (b"RIFF" | b"RF64" | b"BW64")), Some(&[a, b, c, d])) if is_wave => Ok(Riff {
            size: u32::from_le_bytes([a, b, c, d]),
            is_long: name != b"RIFF",
        }),
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
    if channels == 0 || channels > CHANNEL_LIMIT {
        return Err(damaged(
            path,
            &format!("{channels} channels (1 to 32 are read)"),
        ));
    }
    if matches!(tag, 1 | 3) && bits == 0 {
        return Err(damaged(path, "0 bits a sample"));
    }
    let bytes = block_align / channels;
    if matches!(tag, 1 | 3 | 6 | 7)
        && (!block_align.is_multiple_of(channels) || u32::from(bytes) * 8 < u32::from(bits))
    {
        return Err(damaged(path, "its frame size contradicts its sample size"));
    }
    let coding = Coding::of(tag, bits, bytes).ok_or_else(|| AudioError::UnsupportedCoding {
        path: path.into(),
        coding: name::coding(tag, bits),
    })?;
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
