//! Writes whisper.cpp's ggml format.
//!
//! Layout, little-endian, as `whisper_model_load` reads it: u32 magic, eleven u32 of
//! hyper-parameters, the mel filters (u32 bands, u32 bins, f32 weights), the vocabulary (u32 count;
//! each u32 length and bytes), then tensors to the end of the file: u32 rank, u32 length of the
//! name, u32 type, u32 dimensions from the innermost on, the name, the values.

use std::io::{self, Write};

use half::f16;

use super::blocks;
use super::format::WeightFormat;

pub const MAGIC: u32 = 0x6767_6d6c;

/// How a tensor's values are stored: a `ggml_type`. whisper.cpp expects a certain one of each tensor, which for matrices follows
/// from the `ftype` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
}

impl Precision {
    /// How many values are stored together; a row has a multiple of it.
    pub fn together(self) -> usize {
        match self {
            Self::F32 | Self::F16 => 1,
            Self::Q4_0 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => blocks::WEIGHTS,
        }
    }
}

/// The dimensions of a Whisper model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hyperparameters {
    pub vocabulary: u32,
    pub audio_context: u32,
    pub audio_state: u32,
    pub audio_heads: u32,
    pub audio_layers: u32,
    pub text_context: u32,
    pub text_state: u32,
    pub text_heads: u32,
    pub text_layers: u32,
    pub mel_bands: u32,
}

/// Writes everything before the tensors.
pub fn write_head(
    output: &mut impl Write,
    model: &Hyperparameters,
    format: WeightFormat,
    mel_bins: u32,
    mel_filters: &[f32],
    tokens: &[Vec<u8>],
) -> io::Result<()> {
    let numbers = [
        MAGIC,
        model.vocabulary,
        model.audio_context,
        model.audio_state,
        model.audio_heads,
        model.audio_layers,
        model.text_context,
        model.text_state,
        model.text_heads,
        model.text_layers,
        model.mel_bands,
        format.file_type(),
        model.mel_bands,
        mel_bins,
    ];
    for number in numbers {
        write_u32(output, number)?;
    }
    write_values(output, Precision::F32, mel_filters)?;
    write_length(output, tokens.len())?;
    for token in tokens {
        write_length(output, token.len())?;
        output.write_all(token)?;
    }
    Ok(())
}

/// Writes the head of a tensor; its values, the last dimension varying fastest, must follow.
pub fn write_tensor_head(
    output: &mut impl Write,
    name: &str,
    precision: Precision,
    shape: &[u32],
) -> io::Result<()> {
    write_length(output, shape.len())?;
    write_length(output, name.len())?;
    write_u32(output, precision as u32)?;
    for &dimension in shape.iter().rev() {
        write_u32(output, dimension)?;
    }
    output.write_all(name.as_bytes())
}

/// Writes values of a tensor, a multiple of [`Precision::together`].
pub fn write_values(
    output: &mut impl Write,
    precision: Precision,
    values: &[f32],
) -> io::Result<()> {
    let write_block = match precision {
        Precision::Q4_0 => blocks::q4_0,
        Precision::Q5_0 => blocks::q5_0,
        Precision::Q5_1 => blocks::q5_1,
        Precision::Q8_0 => blocks::q8_0,
        Precision::F32 | Precision::F16 => return write_floats(output, precision, values),
    };
    let (whole, rest) = values.as_chunks();
    if !rest.is_empty() {
        return Err(io::Error::other(
            "a row of weights does not end with a block",
        ));
    }
    let mut bytes = Vec::with_capacity(size_of_val(values));
    whole
        .iter()
        .for_each(|block| write_block(block, &mut bytes));
    output.write_all(&bytes)
}

fn write_floats(output: &mut impl Write, precision: Precision, values: &[f32]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for &value in values {
        match precision {
            Precision::F32 => bytes.extend(value.to_le_bytes()),
            _ => bytes.extend(f16::from_f32(value).to_le_bytes()),
        }
    }
    output.write_all(&bytes)
}

fn write_u32(output: &mut impl Write, number: u32) -> io::Result<()> {
    output.write_all(&number.to_le_bytes())
}

fn write_length(output: &mut impl Write, length: usize) -> io::Result<()> {
    write_u32(output, u32::try_from(length).map_err(io::Error::other)?)
}
