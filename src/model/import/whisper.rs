//! Converts a Whisper model of CTranslate2 to the ggml file of whisper.cpp.
//!
//! The dimensions of the model come from the shapes of its variables, and every variable must then
//! have the shape that they ask for.

use std::io::{Read, Seek, Write};

use super::ConversionError;
use super::ctranslate2::{Weights, values_in};
use super::ggml::{self, Hyperparameters};
use super::mel;
use super::tensors::{Tensor, tensors};

/// More layers or bands than any Whisper model has; the largest has 32 and 128.
const MOST_LAYERS: u32 = 256;
const MOST_BANDS: u32 = 512;

/// Writes the ggml file of the model in `weights`.
pub fn convert<R: Read + Seek>(
    weights: &mut Weights<R>,
    tokens: &[Vec<u8>],
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
    ggml::write_head(output, &model, mel::BINS as u32, &filters, tokens)?;
    for tensor in tensors(&model) {
        write(weights, &tensor, output)?;
    }
    Ok(())
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
