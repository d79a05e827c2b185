//! From a ggml file of whisper.cpp in 16-bit floats to the same model in blocks, as whisper.cpp's own `quantize` does it.
//!
//! - The result is what the importer writes of the weights that the file was converted from.
//! - Nothing is believed of a length that the file states: what is read at once is bounded.

use std::io::{self, Read, Write};

use half::f16;

use super::ConversionError;
use super::ctranslate2::values_in;
use super::format::WeightFormat;
use super::ggml::{self, Precision};
use super::whisper::check_rows;

/// Numbers at the beginning of a file, `ftype` the last of them.
const NUMBERS: usize = 12;
/// No name of a tensor or token is longer than this many bytes.
const LONGEST_NAME: u32 = 4096;
const HIGHEST_RANK: u32 = 4;
/// Bytes that are copied or converted at once: whole blocks of 16-bit floats.
const STRETCH: usize = 128 * 1024;

/// Whether the file that begins with `head` holds a Whisper model in 16-bit floats, which is what can be requantised.
pub fn is_f16(head: &[u8; 4 * NUMBERS]) -> bool {
    let (words, _) = head.as_chunks::<4>();
    let first = words.first().map(|word| u32::from_le_bytes(*word));
    let last = words.last().map(|word| u32::from_le_bytes(*word));
    first == Some(ggml::MAGIC) && last == Some(WeightFormat::F16.file_type())
}

/// Writes the model in `input`, a ggml file in 16-bit floats, to `output` with its matrices in `format`.
pub fn requantise(
    input: &mut impl Read,
    format: WeightFormat,
    output: &mut impl Write,
) -> Result<(), ConversionError> {
    let mut head: [u8; 4 * NUMBERS] = read_array(input)?;
    if !is_f16(&head) {
        return Err(ConversionError::malformed(
            "it is not a Whisper model in 16-bit floats",
        ));
    }
    if let Some(file_type) = head.last_chunk_mut::<4>() {
        *file_type = format.file_type().to_le_bytes();
    }
    output.write_all(&head)?;
    copy_mel_filters(input, output)?;
    copy_vocabulary(input, output)?;
    while copy_tensor(input, format, output)? {}
    Ok(())
}

fn copy_mel_filters(input: &mut impl Read, output: &mut impl Write) -> Result<(), ConversionError> {
    let (bands, bins) = (copy_u32(input, output)?, copy_u32(input, output)?);
    copy(input, u64::from(bands) * u64::from(bins) * 4, output)
}

fn copy_vocabulary(input: &mut impl Read, output: &mut impl Write) -> Result<(), ConversionError> {
    for _ in 0..copy_u32(input, output)? {
        let length = copy_u32(input, output)?;
        copy(input, bounded(length)?.into(), output)?;
    }
    Ok(())
}

/// Copies or converts the next tensor; returns whether there was one.
fn copy_tensor(
    input: &mut impl Read,
    format: WeightFormat,
    output: &mut impl Write,
) -> Result<bool, ConversionError> {
    let mut first = Vec::new();
    input.take(4).read_to_end(&mut first)?;
    let Some(rank) = first.first_chunk().map(|word| u32::from_le_bytes(*word)) else {
        return match first.is_empty() {
            true => Ok(false),
            false => Err(ends_too_early()),
        };
    };
    let (length, kind) = (bounded(read_u32(input)?)?, read_u32(input)?);
    if rank > HIGHEST_RANK {
        return Err(ConversionError::Malformed(format!(
            "a tensor in it has {rank} dimensions"
        )));
    }
    let mut shape = (0..rank)
        .map(|_| read_u32(input))
        .collect::<Result<Vec<u32>, _>>()?;
    shape.reverse(); // the file has the innermost first
    let mut name = vec![0; length as usize];
    input.read_exact(&mut name).map_err(too_early)?;
    let name = String::from_utf8(name)
        .map_err(|_| ConversionError::malformed("the name of a tensor in it is not UTF-8"))?;
    let count = values_in(&shape);
    let too_large = || ConversionError::Malformed(format!("`{name}` in it is too large"));
    let bytes = |width: u64| {
        count
            .and_then(|count| count.checked_mul(width))
            .ok_or_else(too_large)
    };

    const F32: u32 = Precision::F32 as u32;
    const F16: u32 = Precision::F16 as u32;
    // Of those in 16-bit floats convolutions have three dimensions.
    match (kind, shape.len()) {
        (F16, 2) => {
            let precision = format.precision();
            check_rows(&shape, precision)?;
            ggml::write_tensor_head(output, &name, precision, &shape)?;
            convert(input, bytes(2)?, precision, output)?;
        }
        (F16, _) => {
            ggml::write_tensor_head(output, &name, Precision::F16, &shape)?;
            copy(input, bytes(2)?, output)?;
        }
        (F32, _) => {
            ggml::write_tensor_head(output, &name, Precision::F32, &shape)?;
            copy(input, bytes(4)?, output)?;
        }
        _ => {
            return Err(ConversionError::Malformed(format!(
                "`{name}` in it is not in floats"
            )));
        }
    }
    Ok(true)
}

/// Calls `each` with the next `length` bytes in stretches.
fn in_stretches(
    input: &mut impl Read,
    length: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), ConversionError> {
    let mut left = length;
    let mut stretch = Vec::with_capacity(STRETCH);
    while left > 0 {
        stretch.clear();
        let read = input
            .take(left.min(STRETCH as u64))
            .read_to_end(&mut stretch)?;
        if read == 0 {
            return Err(ends_too_early());
        }
        left -= read as u64;
        each(&stretch)?;
    }
    Ok(())
}

fn copy(
    input: &mut impl Read,
    length: u64,
    output: &mut impl Write,
) -> Result<(), ConversionError> {
    in_stretches(input, length, |bytes| output.write_all(bytes))
}

/// Reads `length` bytes of 16-bit floats, and writes them as `precision` says.
fn convert(
    input: &mut impl Read,
    length: u64,
    precision: Precision,
    output: &mut impl Write,
) -> Result<(), ConversionError> {
    in_stretches(input, length, |bytes| {
        let (words, _) = bytes.as_chunks::<2>();
        let values: Vec<f32> = words
            .iter()
            .map(|word| f16::from_le_bytes(*word).to_f32())
            .collect();
        ggml::write_values(output, precision, &values)
    })
}

fn bounded(length: u32) -> Result<u32, ConversionError> {
    match length <= LONGEST_NAME {
        true => Ok(length),
        false => Err(ConversionError::Malformed(format!(
            "a name in it claims {length} bytes"
        ))),
    }
}

fn copy_u32(input: &mut impl Read, output: &mut impl Write) -> Result<u32, ConversionError> {
    let number = read_u32(input)?;
    output.write_all(&number.to_le_bytes())?;
    Ok(number)
}

fn read_u32(input: &mut impl Read) -> Result<u32, ConversionError> {
    Ok(u32::from_le_bytes(read_array(input)?))
}

fn read_array<const N: usize>(input: &mut impl Read) -> Result<[u8; N], ConversionError> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).map_err(too_early)?;
    Ok(bytes)
}

fn too_early(error: io::Error) -> ConversionError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ends_too_early(),
        _ => error.into(),
    }
}

fn ends_too_early() -> ConversionError {
    ConversionError::malformed("it ends too early")
}
