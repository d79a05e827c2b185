//! What can go wrong with models, in the words that the user sees.
//!
//! Each error names the thing that it is about; `hint` says what the user can do.

use std::io;
use std::path::{Path, PathBuf};

use super::ModelKind;

/// An error of the model store.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The catalogue cannot be read or is wrong.
    #[error("the model catalogue `{catalogue}` is not valid:\n{}", problems.join("\n"))]
    Catalogue {
        /// Path of the file.
        catalogue: String,
        /// Everything that is wrong with it.
        problems: Vec<String>,
    },
    /// No model of this name is in the catalogue or installed.
    #[error("there is no model named `{name}`")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The known name that is most like it.
        suggestion: Option<String>,
    },
    /// A name that cannot become a directory.
    #[error("`{name}` cannot be the name of a model")]
    UnsafeName {
        /// The name that was asked for.
        name: String,
    },
    /// The model is known but not installed.
    #[error("the model `{name}` is not installed")]
    NotInstalled {
        /// Name of the model.
        name: String,
    },
    /// A model of another kind was named.
    #[error("`{subject}` is a model for `{actual}`, but one for `{expected}` is needed")]
    WrongKind {
        /// Name or path of the model.
        subject: String,
        /// The kind that is needed.
        expected: ModelKind,
        /// The kind that it is.
        actual: ModelKind,
    },
    /// A file of the model cannot be what it should be.
    #[error("the file `{}` is damaged or not of the right format: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// Name of the installed model that it belongs to, if any.
        model: Option<String>,
    },
    /// A file that is something else than the model that it should be.
    #[error("`{}` is not a model for `{kind}`: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it should be for.
        kind: ModelKind,
        /// What it is.
        reason: String,
        /// What to do about it.
        advice: Option<&'static str>,
        /// Name of the installed model that it belongs to, if any.
        model: Option<String>,
    },
    /// The content of a file differs from what was recorded.
    #[error("`{file}` of `{model}` has the wrong SHA-256: expected {expected}, got {actual}")]
    Checksum {
        /// Name of the model.
        model: String,
        /// Name of the file.
        file: String,
        /// Expected SHA-256, hexadecimal.
        expected: String,
        /// SHA-256 of what is there or arrived, hexadecimal.
        actual: String,
    },
    /// The size of a file differs from what was recorded or declared.
    #[error("`{file}` of `{model}` has the wrong size: expected {expected} bytes, got {actual}")]
    Size {
        /// Name of the model.
        model: String,
        /// Name of the file.
        file: String,
        /// Expected size in bytes.
        expected: u64,
        /// Size of what is there or arrived, in bytes; where reading stopped at the limit, one more
        /// than expected.
        actual: u64,
    },
    /// The model is whole, and the catalogue states something else by now.
    #[error("the model `{name}` is intact, but came with an older catalogue")]
    Outdated {
        /// Name of the model.
        name: String,
    },
    /// Nothing could be fetched from a source.
    #[error("could not fetch {subject} for `{model}`: {reason}")]
    Unreachable {
        /// Name of the model.
        model: String,
        /// The package or file, with its own backticks.
        subject: String,
        /// What the client said.
        reason: String,
    },
    /// What was fetched does not hold what the catalogue promises.
    #[error("{subject} is not what the catalogue says of `{model}`: {reason}")]
    Unexpected {
        /// Name of the model.
        model: String,
        /// The package or file, with its own backticks.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no room for the model.
    #[error("the disk that holds `{}` is full{}", path.display(), figures(*needed, *available))]
    DiskFull {
        /// Where the model was to be stored.
        path: PathBuf,
        /// Bytes that are needed, where that is known.
        needed: Option<u64>,
        /// Bytes that are free, where that is known.
        available: Option<u64>,
    },
    /// Weights that cannot be converted.
    #[error("cannot convert `{}` to a ggml file: {reason}", path.display())]
    Conversion {
        /// The file that is wrong.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file whose content is none of the known formats.
    #[error("`{}` is not a model that can be imported{}", path.display(), reason(found))]
    Unrecognised {
        /// The file or directory.
        path: PathBuf,
        /// What it is instead, and what to do about it, where it is a file.
        found: Option<(String, Option<&'static str>)>,
    },
    /// An import would replace an installed model.
    #[error("a model named `{name}` is already installed")]
    AlreadyInstalled {
        /// Name of the model.
        name: String,
    },
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl ModelError {
    /// The error for a failed operation on a file; a full disk is told apart.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull {
                path: path.to_path_buf(),
                needed: None,
                available: None,
            },
            _ => Self::Io {
                action,
                path: path.to_path_buf(),
                source,
            },
        }
    }

    /// The catalogue's SHA-256 or size did not hold, or a conversion or the disk failed: what was
    /// fetched is of no use.
    pub(super) fn spoils_download(&self) -> bool {
        !matches!(self, Self::Unreachable { .. })
    }

    /// Whether another model may be had all the same.
    pub fn is_of_one_model(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Size { .. }
                | Self::Checksum { .. }
                | Self::Foreign { .. }
                | Self::DiskFull { .. }
        )
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Catalogue { .. } => Some("mend the file, or delete it to use the catalogue that is built in".into()),
            Self::Unknown { suggestion, .. } => Some(match suggestion {
                Some(name) => format!("did you mean `{name}`?"),
                None => "`jane models list` shows the models that there are".into(),
            }),
            Self::UnsafeName { .. } => {
                Some("use letters, digits, `.`, `_`, `-`, and begin with a letter or digit (`--name NAME`)".into())
            }
            Self::Outdated { name } => Some(format!("it works; `jane models pull {name}` renews it")),
            Self::NotInstalled { name } => Some(format!("run `jane models pull {name}`")),
            Self::WrongKind { expected, .. } => {
                Some(format!("`jane models list` shows which models are for `{expected}`"))
            }
            Self::Damaged { model: Some(model), .. } => Some(format!("run `jane models pull {model}` to fetch it again")),
            Self::Damaged { model: None, .. } => Some("check the path, or fetch or copy the file again".into()),
            Self::Foreign { model: Some(model), .. } => Some(format!("run `jane models pull {model}` to fetch it again")),
            Self::Foreign { advice, .. } => advice.map(str::to_owned),
            Self::Checksum { model, .. } | Self::Size { model, .. } => {
                Some(format!("run `jane models pull {model}` to fetch it again"))
            }
            Self::Unreachable { model, .. } => Some(format!(
                "check the network, or place a file that you have with `jane models import FILE --name {model}`"
            )),
            Self::Unexpected { .. } => Some("the source or the catalogue has changed; try a newer catalogue".into()),
            Self::DiskFull { .. } => {
                Some("make room, or remove a model that is not used with `jane models remove NAME`".into())
            }
            Self::Conversion { .. } => {
                Some("only Whisper weights in floats can be converted: a `model.bin` of version 6, or a ggml file in 16 bits".into())
            }
            Self::Unrecognised { found: Some((_, Some(advice))), .. } => Some((*advice).into()),
            Self::Unrecognised { .. } => Some(
                "a model is a `.gguf` file, a ggml `.bin` file, an `.onnx` file with its `.onnx.json` beside it, or a \
                 directory with `model.bin` and `tokenizer.json` of CTranslate2"
                    .into(),
            ),
            Self::AlreadyInstalled { name } => {
                Some(format!("choose another with `--name`, or run `jane models remove {name}` first"))
            }
            Self::Io { .. } => None,
        }
    }
}

/// What a file is that is no model, as the end of a sentence.
fn reason(found: &Option<(String, Option<&'static str>)>) -> String {
    let found = found.as_ref();
    found.map_or_else(String::new, |(reason, _)| format!(": {reason}"))
}

/// The figures of a full disk, as the end of a sentence.
fn figures(needed: Option<u64>, available: Option<u64>) -> String {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    match (needed, available) {
        (Some(needed), Some(available)) => {
            format!(
                ": {} MB are needed, {} MB are free",
                megabytes(needed),
                megabytes(available)
            )
        }
        _ => String::new(),
    }
}
