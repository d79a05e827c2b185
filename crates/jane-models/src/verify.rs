//! Whether an installed model still is what was installed.
//!
//! A model that is as its receipt says, but not as the catalogue says, came with an older catalogue, unless it was imported.

use super::{ModelError, ModelStore, check, fetch};

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
    /// Hashes all files of `name` and compares them with its receipt, and the receipt with the catalogue unless it was imported.
    /// Blocking: about a second for each gigabyte.
    ///
    /// Errors: [`ModelError::Damaged`] where what was installed was no whole model; [`ModelError::Checksum`], [`ModelError::Size`] for the first file that differs; [`ModelError::Outdated`] where all
    /// is as it was installed, and the catalogue states something else by now.
    pub fn verify(&self, name: &str) -> Result<Verified, ModelError> {
        let receipt = self.receipt(name)?;
        for file in &receipt.files {
            let path = self.directory(name).join(&file.name);
            let content = jane_files::hash(&path).map_err(|error| ModelError::Damaged {
                path,
                reason: error.to_string(),
                model: Some(name.to_owned()),
            })?;
            fetch::check(
                name,
                &file.name,
                Some(file.size),
                Some(&file.sha256),
                &content,
            )?;
        }
        // What the catalogue pins was whole there.
        let imported = receipt
            .files
            .first()
            .filter(|_| receipt.imported_from.is_some());
        if let Some(main) = imported {
            check::main_file(
                receipt.kind,
                &self.directory(name).join(&main.name),
                Some(name),
            )?;
        }
        if self.is_outdated(name, &receipt) {
            return Err(ModelError::Outdated {
                name: name.to_owned(),
            });
        }
        Ok(Verified {
            name: name.to_owned(),
            files: receipt.files.len(),
            size: receipt.size(),
        })
    }
}
