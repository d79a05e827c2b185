//! The models directory: what is there, and what of it an engine may open.
//!
//! Reading never changes it and never needs a lock, because models appear and disappear whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::catalogue::{self, Catalogue};
use super::fetch::Clients;
use super::installed::{FILE_NAME, Receipt};
use super::staging::{Lock, Staging};
use super::{ModelError, ModelKind, names};

/// The models directory and the catalogue that goes with it.
#[derive(Debug, Clone)]
pub struct ModelStore {
    pub(super) models: PathBuf,
    pub(super) catalogue: Catalogue,
    pub(super) clients: Clients,
}

/// One line of the list of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    /// Name of the model.
    pub name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Whether it is installed.
    pub state: ModelState,
    /// Size in bytes, of what is installed or else of what would be, where that is known.
    pub size: Option<u64>,
    /// Licence of the weights, where it is known.
    pub licence: Option<String>,
    /// Languages, where they are known: codes, or `multilingual`.
    pub languages: Vec<String>,
    /// The longest window that a language model was made for, in tokens, where that is known.
    pub context: Option<u32>,
    /// A sentence on it; empty for a model that was imported.
    pub description: String,
    /// The file or directory that it was imported from, if it was.
    pub imported_from: Option<String>,
}

/// Whether a model is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState {
    /// It can be pulled.
    Available,
    /// All its files are there with the right sizes.
    Installed,
    /// As [`Self::Installed`], but the catalogue states something else by now: it works, and a pull renews it.
    Outdated,
    /// Something is missing or broken.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
}

impl ModelStore {
    /// The models directory `models_directory`, which need not exist.
    ///
    /// Errors: [`ModelError::Catalogue`] where its `catalog.toml` is not valid.
    pub fn open(models_directory: &Path) -> Result<Self, ModelError> {
        let models = std::path::absolute(models_directory)
            .map_err(|error| ModelError::io("find", models_directory, error))?;
        Ok(Self {
            catalogue: Catalogue::open(&models)?,
            models,
            clients: Clients::from_environment(),
        })
    }

    /// All models of the catalogue and all that are installed, sorted by kind and name.
    pub fn list(&self) -> Vec<ModelStatus> {
        let mut list: Vec<ModelStatus> = self
            .names()
            .iter()
            .filter_map(|name| self.status(name))
            .collect();
        list.sort_by(|left, right| (left.kind, &left.name).cmp(&(right.kind, &right.name)));
        list
    }

    /// The model `name`, if it is known.
    pub(super) fn status(&self, name: &str) -> Option<ModelStatus> {
        let entry = self.catalogue.get(name);
        let (state, receipt) = match Receipt::read(name, &self.directory(name)) {
            Ok(None) => (ModelState::Available, None),
            Ok(Some(receipt)) => (self.state(name, &receipt), Some(receipt)),
            Err(error) => (
                ModelState::Damaged {
                    reason: error.to_string(),
                },
                None,
            ),
        };
        let receipt = receipt.as_ref();
        Some(ModelStatus {
            name: name.to_owned(),
            kind: receipt
                .map(|receipt| receipt.kind)
                .or(entry.map(|entry| entry.kind))?,
            state,
            size: receipt
                .map(Receipt::size)
                .or(entry.and_then(|entry| entry.size())),
            licence: receipt
                .and_then(|receipt| receipt.licence.clone())
                .or(entry.map(|entry| entry.licence.clone())),
            languages: entry
                .map(|entry| entry.languages.clone())
                .unwrap_or_default(),
            context: entry.and_then(|entry| entry.context),
            description: entry
                .map(|entry| entry.description.clone())
                .unwrap_or_default(),
            imported_from: receipt.and_then(|receipt| receipt.imported_from.clone()),
        })
    }

    /// Whether the files that `receipt` lists are there; their content is not read.
    fn state(&self, name: &str, receipt: &Receipt) -> ModelState {
        for file in &receipt.files {
            let reason = match fs::metadata(self.directory(name).join(&file.name)) {
                Ok(found) if found.len() == file.size => continue,
                Ok(found) => format!(
                    "`{}` has {} bytes instead of {}",
                    file.name,
                    found.len(),
                    file.size
                ),
                Err(error) => format!("`{}`: {error}", file.name),
            };
            return ModelState::Damaged { reason };
        }
        match self.is_outdated(name, receipt) {
            true => ModelState::Outdated,
            false => ModelState::Installed,
        }
    }

    /// Removes the installed model `name`, also a damaged one. Blocking; waits for another process
    /// that is busy with it.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        if !self.is_installed(name) {
            return Err(self.not_installed(name));
        }
        let _lock = Lock::acquire_blocking(&self.models, name)?;
        Staging::create(&self.models, name)?.take_away()
    }

    /// Where `name`, which must be [plain](names::is_plain), is or would be installed.
    pub(super) fn directory(&self, name: &str) -> PathBuf {
        self.models.join(name)
    }

    /// Whether something with a receipt, readable or not, has this name.
    pub(super) fn is_installed(&self, name: &str) -> bool {
        names::is_plain(name) && self.directory(name).join(FILE_NAME).exists()
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.catalogue.get(name).is_some() || self.is_installed(name)
    }

    /// Names of all models that are known or installed.
    fn names(&self) -> BTreeSet<String> {
        let installed = fs::read_dir(&self.models)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| self.is_installed(name));
        let known = self.catalogue.entries().map(|(name, _)| name.to_owned());
        known.chain(installed).collect()
    }

    /// The receipt of the installed model `name`.
    pub(super) fn receipt(&self, name: &str) -> Result<Receipt, ModelError> {
        if !self.is_installed(name) {
            return Err(self.not_installed(name));
        }
        Receipt::read(name, &self.directory(name))?.ok_or_else(|| self.not_installed(name))
    }

    /// The error for a model that is not installed, or of which nothing is known.
    pub(super) fn not_installed(&self, name: &str) -> ModelError {
        if self.is_known(name) {
            return ModelError::NotInstalled {
                name: name.to_owned(),
            };
        }
        catalogue::unknown(name, self.names().iter().map(String::as_str))
    }
}
