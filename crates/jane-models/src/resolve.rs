//! From what `jane.toml` says of a model to the files that an engine opens.
//!
//! A file that is handed out has been looked at: it is there and begins as its kind does.

use std::path::{Path, PathBuf};

use super::{ModelError, ModelKind, ModelStore, check};
use jane_files::gguf;

/// How a file that is named by path is told from the name of a model: by its ending, or a separator
/// in it.
const PATH_ENDINGS: [&str; 3] = [".bin", ".gguf", ".onnx"];

/// The files of a model that an engine can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// Name of the installed model, or the path that was given.
    pub name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// The file that the engine opens.
    pub main: PathBuf,
    /// Files that belong to it, such as the settings of a voice.
    pub extra: Vec<PathBuf>,
}

impl ModelStore {
    /// The files of the model of `kind` that is installed as `name_or_path`, or that is the file at
    /// that path. Paths are relative to `home` or, where it holds no such file, to the working
    /// directory; those that are returned are absolute.
    ///
    /// A path is what contains a separator, ends in `.bin`, `.gguf` or `.onnx`, or exists while no
    /// model has that name; of a model in several files it may name any. The head of the file is checked, its hash is not.
    ///
    /// Errors: [`ModelError::NotInstalled`], [`ModelError::Unknown`], [`ModelError::WrongKind`],
    /// [`ModelError::Foreign`], [`ModelError::Damaged`].
    pub fn resolve(
        &self,
        kind: ModelKind,
        name_or_path: &str,
        home: &Path,
    ) -> Result<ModelFiles, ModelError> {
        let looks_like_path = name_or_path.contains(std::path::is_separator)
            || PATH_ENDINGS
                .iter()
                .any(|ending| name_or_path.ends_with(ending));
        let path = locate(name_or_path, home);
        if looks_like_path || (!self.is_known(name_or_path) && path.is_file()) {
            return resolve_path(kind, name_or_path, path);
        }
        let (name, receipt) = (name_or_path, self.receipt(name_or_path)?);
        if receipt.kind != kind {
            return Err(ModelError::WrongKind {
                subject: name.to_owned(),
                expected: kind,
                actual: receipt.kind,
            });
        }
        let mut paths = receipt
            .files
            .iter()
            .map(|file| self.directory(name).join(&file.name));
        let main = paths.next().ok_or_else(|| self.not_installed(name))?;
        check::main_file(kind, &main, Some(name))?;
        Ok(ModelFiles {
            name: name.to_owned(),
            kind,
            main,
            extra: paths.collect(),
        })
    }
}

/// Where the file that is called `path` lies.
fn locate(path: &str, home: &Path) -> PathBuf {
    let in_home = home.join(path);
    match std::path::absolute(path) {
        Ok(elsewhere) if !in_home.exists() && elsewhere.is_file() => elsewhere,
        _ => in_home,
    }
}

/// The model in the file `main`, which the user calls `path`.
fn resolve_path(kind: ModelKind, path: &str, main: PathBuf) -> Result<ModelFiles, ModelError> {
    let main = match kind {
        ModelKind::Llm => gguf::first_part(main),
        _ => main,
    };
    check::main_file(kind, &main, None)?;
    let extra = match kind {
        ModelKind::Tts => vec![check::voice_settings(&main)],
        ModelKind::Llm => gguf::parts_of(&main).split_off(1),
        ModelKind::Stt | ModelKind::Embedding | ModelKind::Turn | ModelKind::Runtime => Vec::new(),
    };
    Ok(ModelFiles {
        name: path.to_owned(),
        kind,
        main,
        extra,
    })
}
