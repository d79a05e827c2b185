//! Converts a Whisper model of CTranslate2 to the ggml file of whisper.cpp.
//!
//! The dimensions of the model come from the shapes of its variables, and every variable must then
//! have the shape that they ask for.

use std::io::{Read, Seek, Write};

use super::ConversionError;
use super::ctranslate2::{Weights, values_in};
use super::format::WeightFormat;
use super::ggml::{self, Hyperparameters, Precision};
use super::mel;
use super::tensors::{Tensor, tensors};

/// More layers or bands than any Whisper model has; the largest has 32 and 128.
const MOST_LAYERS: u32 = 256;
const MOST_BANDS: u32 = 512;

/// Writes the ggml file of the model in `weights`, its matrices in `format`.
pub fn convert<R: Read + Seek>(
    weights: &mut Weights<R>,
    tokens: &[Vec<u8>],
    format: WeightFormat,
    output: &mut impl Write,
) -> Result<(), ConversionError> {
    let model = hyperparameters(weights)?;
    if (model.vocabulary as usize) < tokens.len() {
        return Err(ConversionError::Malformed(format!(
            "it knows {} tokens, fewer than its tokenizer",
            model.vocabulary
        )));
    }
    let filters = mel::filters(model.mel_bands);
    let tensors = tensors(&model, format);
    for tensor in &tensors {
        check_rows(&tensor.shape, tensor.precision)?;
    }
    ggml::write_head(output, &model, format, mel::BINS as u32, &filters, tokens)?;
    for tensor in &tensors {
        write(weights, tensor, output)?;
    }
    Ok(())
}

/// Refuses rows that are not full of blocks. whisper.cpp knows one format for all matrices of a file, so that such a model can be
/// stored in 16-bit floats alone; those that are published have rows of 384 and more, all multiples of 64.
pub fn check_rows(shape: &[u32], precision: Precision) -> Result<(), ConversionError> {
    let row = shape.last().copied().unwrap_or_default();
    if (row as usize).is_multiple_of(precision.together()) {
        return Ok(());
    }
    Err(ConversionError::Malformed(format!(
        "its rows of {row} weights do not fill blocks of {}: it can be stored as `{}` only",
        precision.together(),
        WeightFormat::F16
    )))
}

/// The dimensions of the model, from the shapes of its variables.
fn hyperparameters<R: Read + Seek>(
    weights: &mut Weights<R>,
) -> Result<Hyperparameters, ConversionError> {
    let matrix = |weights: &Weights<R>, name: &str| match weights.variable(name)?.shape.as_slice() {
        &[rows, columns, ..] => Ok((rows, columns)),
        _ => Err(ConversionError::Malformed(format!(
            "`{name}` is not a matrix"
        ))),
    };
    let layers = |weights: &Weights<R>, side: &str| {
        (0..MOST_LAYERS)
            .take_while(|layer| {
                weights.has(&format!(
                    "{side}/layer_{layer}/self_attention/linear_0/weight"
                ))
            })
            .count() as u32
    };
    let (audio_context, audio_state) = matrix(weights, "encoder/position_encodings/encodings")?;
    let (text_context, text_state) = matrix(weights, "decoder/position_encodings/encodings")?;
    let (_, mel_bands) = matrix(weights, "encoder/conv1/weight")?;
    if mel_bands > MOST_BANDS {
        return Err(ConversionError::Malformed(format!(
            "it claims {mel_bands} mel bands"
        )));
    }
    Ok(Hyperparameters {
        vocabulary: matrix(weights, "decoder/embeddings/weight")?.0,
        audio_context,
        audio_state,
        audio_heads: weights.integer("encoder/num_heads")?,
        audio_layers: layers(weights, "encoder"),
        text_context,
        text_state,
        text_heads: weights.integer("decoder/num_heads")?,
        text_layers: layers(weights, "decoder"),
        mel_bands,
    })
}

/// Writes one tensor, if its source has the shape that the model's dimensions ask for.
fn write<R: Read + Seek>(
    weights: &mut Weights<R>,
    tensor: &Tensor,
    output: &mut impl Write,
) -> Result<(), ConversionError> {
    let (parts, place) = tensor.stack;
    let mut expected: Vec<u32> = tensor.shape.clone();
    if let [rows, ..] = expected.as_mut_slice() {
        *rows = rows.saturating_mul(parts);
    }
    if let [_, 1] = tensor.shape.as_slice() {
        expected.pop(); // the bias of a convolution is a vector there
    }
    let actual = &weights.variable(&tensor.source)?.shape;
    if *actual != expected {
        return Err(ConversionError::Malformed(format!(
            "`{}` has the shape {actual:?} instead of {expected:?}",
            tensor.source
        )));
    }
    let count = values_in(&tensor.shape).unwrap_or(u64::MAX);
    let first = count.saturating_mul(u64::from(place));
    ggml::write_tensor_head(output, &tensor.target, tensor.precision, &tensor.shape)?;
    weights.values(&tensor.source, first, count, |values| {
        ggml::write_values(output, tensor.precision, values)
    })
}
