//! Turning foreign weights into what the engines read.
//!
//! The result depends on the input alone, so that its SHA-256 can be recorded in the catalogue.

mod blocks;
#[cfg(test)]
mod blocks_tests;
mod ctranslate2;
mod format;
mod ggml;
mod install;
mod mel;
mod requantise;
#[cfg(test)]
mod requantise_tests;
mod tensors;
mod vocabulary;
mod whisper;
#[cfg(test)]
mod whisper_tests;

pub use format::WeightFormat;
#[cfg(test)]
pub use vocabulary::tests::whole as whole_tokenizer;
#[cfg(test)]
pub use whisper_tests::model_of;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use super::ModelError;
use super::catalogue::CTRANSLATE2_FILES;
use jane_files::{Content, HashingWriter};

/// A vocabulary of 50,257 tokens and its merges are about 2 MB of JSON.
const LARGEST_TOKENIZER: u64 = 64 << 20;

/// Why weights cannot be converted.
#[derive(Debug, thiserror::Error)]
enum ConversionError {
    /// The input breaks its format, or is not a Whisper model.
    #[error("{0}")]
    Malformed(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ConversionError {
    fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }
}

/// Whether `directory` holds Whisper weights of CTranslate2.
pub fn is_ctranslate2(directory: &Path) -> bool {
    CTRANSLATE2_FILES
        .iter()
        .all(|name| directory.join(name).is_file())
}

/// Converts `model.bin` and `tokenizer.json` in `from` to the ggml file `to` for whisper.cpp, its matrices in `format`.
/// Blocking: about a second.
///
/// Errors: [`ModelError::Conversion`] where the weights are not those of a Whisper model in 16 or
/// 32-bit floats.
pub fn convert_ctranslate2(
    from: &Path,
    to: &Path,
    format: WeightFormat,
) -> Result<Content, ModelError> {
    let [model_name, tokenizer_name] = CTRANSLATE2_FILES;
    let model_path = from.join(model_name);
    let tokenizer_path = from.join(tokenizer_name);
    let tokenizer = jane_files::read_text(&tokenizer_path, LARGEST_TOKENIZER)
        .map_err(|error| ModelError::io("read", &tokenizer_path, error))?;
    let vocabulary =
        vocabulary::tokens(&tokenizer).map_err(|error| refused(&tokenizer_path, error))?;
    let mut weights = ctranslate2::Weights::index(open(&model_path)?)
        .map_err(|error| refused(&model_path, error))?;
    write(&model_path, to, |output| {
        whisper::convert(&mut weights, &vocabulary, format, output)
    })
}

/// Writes the ggml file `from`, which is in 16-bit floats, to `to` with its matrices in `format`. Blocking: about a second.
///
/// Errors: [`ModelError::Conversion`] where it is not a Whisper model in 16-bit floats.
pub fn requantise(from: &Path, to: &Path, format: WeightFormat) -> Result<Content, ModelError> {
    let mut input = open(from)?;
    write(from, to, |output| {
        requantise::requantise(&mut input, format, output)
    })
}

fn open(path: &Path) -> Result<BufReader<File>, ModelError> {
    let (file, _) =
        jane_platform::open_regular(path).map_err(|error| ModelError::io("read", path, error))?;
    Ok(BufReader::new(file))
}

/// The error of a conversion of `path`.
fn refused(path: &Path, error: ConversionError) -> ModelError {
    match error {
        ConversionError::Malformed(reason) => ModelError::Conversion {
            path: path.to_path_buf(),
            reason,
        },
        ConversionError::Io(error) => ModelError::io("convert", path, error),
    }
}

/// Writes what `convert` makes of `from` to the new file `to`, and makes sure that it is on the disk.
fn write(
    from: &Path,
    to: &Path,
    convert: impl FnOnce(&mut HashingWriter<BufWriter<File>>) -> Result<(), ConversionError>,
) -> Result<Content, ModelError> {
    let failed = |error| ModelError::io("write", to, error);
    let mut output = HashingWriter::new(BufWriter::new(File::create(to).map_err(failed)?));
    convert(&mut output).map_err(|error| refused(from, error))?;
    let (mut output, content) = output.finish();
    output.flush().map_err(failed)?;
    output.get_ref().sync_all().map_err(failed)?;
    Ok(content)
}
