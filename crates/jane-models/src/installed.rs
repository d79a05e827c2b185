//! The receipt `model.toml` in the directory of an installed model: what it is, and the hashes of
//! its files.
//!
//! A receipt that was read names only files inside its own directory.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ModelError, ModelKind, names};
use jane_files::Content;

/// The name of the receipt in the model's directory.
pub const FILE_NAME: &str = "model.toml";
const LARGEST_RECEIPT: u64 = 1 << 20;

/// What is installed under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub kind: ModelKind,
    /// Licence of the weights, where it is known.
    pub licence: Option<String>,
    /// Where it was fetched from, in words.
    pub source: Option<String>,
    /// The file or directory that it was imported from.
    pub imported_from: Option<String>,
    /// The first is the one that the engine opens.
    pub files: Vec<RecordedFile>,
}

/// A file of an installed model, and its size in bytes and SHA-256 when it was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    pub name: String,
    pub size: u64,
    pub sha256: String,
}

impl RecordedFile {
    pub fn new(name: &str, content: Content) -> Self {
        Self {
            name: name.to_owned(),
            size: content.size,
            sha256: content.sha256,
        }
    }
}

impl Receipt {
    /// The receipt of the model `name` in `directory`; `None` where there is none.
    ///
    /// Errors: [`ModelError::Damaged`] where it cannot be read or names what it must not.
    pub fn read(name: &str, directory: &Path) -> Result<Option<Self>, ModelError> {
        let path = directory.join(FILE_NAME);
        let damaged = |reason: String| ModelError::Damaged {
            path: path.clone(),
            reason,
            model: Some(name.to_owned()),
        };
        let text = match jane_files::read_text(&path, LARGEST_RECEIPT) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error.to_string())),
        };
        let receipt: Self = toml::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if receipt.files.is_empty() {
            return Err(damaged("it lists no files".into()));
        }
        match receipt
            .files
            .iter()
            .find(|file| !names::is_plain(&file.name))
        {
            Some(file) => Err(damaged(format!(
                "the file name `{}` is not allowed",
                file.name
            ))),
            None => Ok(Some(receipt)),
        }
    }

    /// Writes the receipt into `directory`.
    pub fn write(&self, directory: &Path) -> Result<(), ModelError> {
        let path = directory.join(FILE_NAME);
        let text = toml::to_string(self).map_err(|error| ModelError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
            model: None,
        })?;
        jane_files::store(&mut text.as_bytes(), &path)
            .map_err(|error| ModelError::io("write", &path, error))?;
        Ok(())
    }

    /// Size of all files in bytes.
    pub fn size(&self) -> u64 {
        self.files
            .iter()
            .fold(0, |sum, file| sum.saturating_add(file.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Receipt::read("m", directory.path()).unwrap(), None);
        let receipt = Receipt {
            kind: ModelKind::Llm,
            licence: Some("MIT".into()),
            source: None,
            imported_from: Some("somewhere".into()),
            files: vec![RecordedFile {
                name: "m.gguf".into(),
                size: 4,
                sha256: "00".repeat(32),
            }],
        };
        receipt.write(directory.path()).unwrap();
        assert_eq!(Receipt::read("m", directory.path()).unwrap(), Some(receipt));
    }

    #[test]
    fn a_receipt_cannot_name_a_file_outside_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let text = "kind = \"llm\"\n[[files]]\nname = \"../other\"\nsize = 1\nsha256 = \"00\"\n";
        std::fs::write(directory.path().join(FILE_NAME), text).unwrap();
        assert!(matches!(
            Receipt::read("m", directory.path()),
            Err(ModelError::Damaged { .. })
        ));
    }
}
