//! Installing a model from a file that the user has.
//!
//! What a file is for is decided by its content; what the user says about it must agree.

use std::path::{Path, PathBuf};

use super::{WeightFormat, convert_ctranslate2, is_ctranslate2, requantise};
use crate::installed::{Receipt, RecordedFile};
use crate::pull::room_for;
use crate::staging::{Lock, Staging};
use crate::{ModelError, ModelKind, ModelStatus, ModelStore, check, names};
use jane_files::Content;
use jane_files::gguf::{self, Part, part_name};

/// The name of a file that was converted.
const CONVERTED: &str = "ggml-model.bin";

impl ModelStore {
    /// Installs the model at `path` as `name`, by default the name of the file without its ending.
    /// `path` is a `.gguf` or a part of one, a ggml `.bin`, an `.onnx` with its `.onnx.json` beside it, a native
    /// library, or a directory with Whisper weights of CTranslate2, which are converted. Blocking.
    ///
    /// The weights of a Whisper model in 16-bit floats can be stored in another `format`; by default they stay as they are.
    ///
    /// Errors: [`ModelError::Conversion`] where the weights cannot be stored in that format, [`ModelError::AlreadyInstalled`], [`ModelError::Unrecognised`],
    /// [`ModelError::WrongKind`] where `kind` or the catalogue's entry of that name says otherwise.
    pub fn import(
        &self,
        path: &Path,
        kind: Option<ModelKind>,
        name: Option<&str>,
        format: Option<WeightFormat>,
    ) -> Result<ModelStatus, ModelError> {
        // Links are not followed here: what belongs to the file lies beside the link, as in the cache of Hugging Face.
        let path =
            std::path::absolute(path).map_err(|error| ModelError::io("read", path, error))?;
        let path = &gguf::first_part(path);
        let is_directory = path.is_dir();
        if is_directory && !is_ctranslate2(path) {
            return Err(ModelError::Unrecognised {
                path: path.clone(),
                found: None,
            });
        }
        let actual = match is_directory {
            true => ModelKind::Stt,
            false => check::kind_of_file(path)?,
        };
        let name = name.map_or_else(|| default_name(path), str::to_owned);
        if !names::is_plain(&name) {
            return Err(ModelError::UnsafeName { name });
        }
        let named = self.catalogue.get(&name).map(|entry| entry.kind);
        if let Some(expected) = kind.or(named).filter(|expected| *expected != actual) {
            return Err(ModelError::WrongKind {
                subject: path.display().to_string(),
                expected,
                actual,
            });
        }

        let _lock = Lock::acquire_blocking(&self.models, &name)?;
        if self.is_installed(&name) {
            return Err(ModelError::AlreadyInstalled { name });
        }
        let staging = Staging::create(&self.models, &name)?;
        let files = match format {
            _ if is_directory => vec![convert(path, format.unwrap_or_default(), &staging)?],
            Some(format) => vec![store_in(path, format, actual, &staging)?],
            None => copy(path, actual, &name, &staging)?,
        };
        staging.place(&Receipt {
            kind: actual,
            licence: None,
            source: None,
            imported_from: Some(path.display().to_string()),
            files,
        })?;
        self.status(&name).ok_or_else(|| self.not_installed(&name))
    }
}

/// The name of the file or directory, without the ending of a file and the number of a part.
fn default_name(path: &Path) -> String {
    if let Some(part) = Part::of(path) {
        return part.beginning;
    }
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

fn convert(
    from: &Path,
    format: WeightFormat,
    staging: &Staging,
) -> Result<RecordedFile, ModelError> {
    let content = convert_ctranslate2(from, &staging.model().join(CONVERTED), format)?;
    Ok(RecordedFile::new(CONVERTED, content))
}

/// Stores the ggml file at `path` in `format`.
fn store_in(
    path: &Path,
    format: WeightFormat,
    kind: ModelKind,
    staging: &Staging,
) -> Result<RecordedFile, ModelError> {
    if kind != ModelKind::Stt {
        return Err(ModelError::Conversion {
            path: path.to_path_buf(),
            reason: format!("only the weights of a Whisper model can be stored as `{format}`"),
        });
    }
    let content = requantise(path, &staging.model().join(CONVERTED), format)?;
    Ok(RecordedFile::new(CONVERTED, content))
}

/// Copies the file at `path` and what belongs to it; they are named after the model.
fn copy(
    path: &Path,
    kind: ModelKind,
    name: &str,
    staging: &Staging,
) -> Result<Vec<RecordedFile>, ModelError> {
    check::main_file(kind, path, None)?;
    let parts = match kind {
        ModelKind::Llm => gguf::parts_of(path),
        _ => vec![path.to_path_buf()],
    };
    let size = |part: &PathBuf| part.metadata().map_or(0, |found| found.len());
    let sizes = parts.iter().map(size);
    room_for(&staging.model(), sizes.fold(0, u64::saturating_add))?;
    let target = match kind {
        ModelKind::Stt => format!("{name}.bin"),
        ModelKind::Llm if parts.len() > 1 => part_name(name, 1, parts.len() as u64),
        ModelKind::Llm => format!("{name}.gguf"),
        ModelKind::Tts | ModelKind::Turn => format!("{name}.onnx"),
        ModelKind::Embedding => "model.safetensors".to_owned(),
        ModelKind::Runtime => format!("{name}{}", std::env::consts::DLL_SUFFIX),
    };
    let copy_one = |from: &Path, target: &str| -> Result<RecordedFile, ModelError> {
        let (mut input, _) = jane_platform::open_regular(from)
            .map_err(|error| ModelError::io("read", from, error))?;
        let to = staging.model().join(target);
        let content: Content = jane_files::store(&mut input, &to)
            .map_err(|error| ModelError::io("write", &to, error))?;
        Ok(RecordedFile::new(target, content))
    };
    let mut copied = vec![copy_one(path, &target)?];
    for (part, number) in parts.iter().zip(1..).skip(1) {
        let target = part_name(name, number, parts.len() as u64);
        copied.push(copy_one(part, &target)?);
    }
    if kind == ModelKind::Embedding {
        let vocabulary = path.with_file_name("vocab.txt");
        copied.push(copy_one(&vocabulary, "vocab.txt")?);
    }
    if kind == ModelKind::Tts {
        copied.push(copy_one(
            &check::voice_settings(path),
            &format!("{target}.json"),
        )?);
    }
    Ok(copied)
}
