//! Whether an installed model still is what was installed.
//!
//! What the catalogue states counts more than the receipt, unless the model was imported.

use super::{ModelError, ModelStore, files};

/// A model whose files have just been hashed and are as they were installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Name of the model.
    pub name: String,
    /// How many files it has.
    pub files: usize,
    /// Size of all files in bytes.
    pub size: u64,
}

impl ModelStore {
    /// Hashes all files of `name` and compares them with its receipt, and with the catalogue unless
    /// it was imported. Blocking: about a second for each gigabyte.
    ///
    /// Errors: [`ModelError::Checksum`], [`ModelError::Size`] for the first file that differs.
    pub fn verify(&self, name: &str) -> Result<Verified, ModelError> {
        let receipt = self.receipt(name)?;
        let pinned = match &receipt.imported_from {
            Some(_) => None,
            None => self.catalogue.get(name),
        };
        for file in &receipt.files {
            let path = self.directory(name).join(&file.name);
            let content = files::hash(&path).map_err(|error| ModelError::Damaged {
                path,
                reason: error.to_string(),
                model: Some(name.to_owned()),
            })?;
            let known =
                pinned.and_then(|entry| entry.files.iter().find(|known| known.name == file.name));
            let expected = known
                .and_then(|known| known.sha256.as_ref())
                .unwrap_or(&file.sha256);
            if content.size != file.size {
                return Err(ModelError::Size {
                    model: name.to_owned(),
                    file: file.name.clone(),
                    expected: file.size,
                    actual: content.size,
                });
            }
            if content.sha256 != *expected {
                return Err(ModelError::Checksum {
                    model: name.to_owned(),
                    file: file.name.clone(),
                    expected: expected.clone(),
                    actual: content.sha256,
                });
            }
        }
        Ok(Verified {
            name: name.to_owned(),
            files: receipt.files.len(),
            size: receipt.size(),
        })
    }
}
