//! Making a model that an older catalogue described into what the catalogue states now, without fetching it again.
//!
//! - That is possible where only the format of the weights changed, and the result is taken only where it has the SHA-256 that
//!   the catalogue states: it is then what a download would have given.
//! - Whatever does not work out leaves what is installed as it is.

use super::catalogue::Entry;
use super::fetch::{self, Progress, blocking};
use super::import::{self, WeightFormat};
use super::installed::{Receipt, RecordedFile};
use super::staging::Staging;
use super::{ModelError, ModelStore, Pulled};

impl ModelStore {
    /// Whether what `receipt` lists is whole and something else than the catalogue states: it came with an older one. What was
    /// imported is the user's own and never outdated.
    pub(super) fn is_outdated(&self, name: &str, receipt: &Receipt) -> bool {
        let entry = self
            .catalogue
            .get(name)
            .filter(|_| receipt.imported_from.is_none());
        let differs = |known: &super::catalogue::KnownFile| {
            let installed = receipt.files.iter().find(|file| file.name == known.name);
            installed
                .is_none_or(|file| !entry.is_some_and(|entry| entry.accepts(known, &file.sha256)))
        };
        entry.is_some_and(|entry| entry.files.iter().any(differs))
    }

    /// Stores the weights of `name`, which is installed, whole and outdated, in the format that the catalogue states now; `None`
    /// where that does not give what the catalogue states, and it has to be fetched.
    pub(super) async fn renew(
        &self,
        name: &str,
        entry: &Entry,
        staging: &Staging,
        progress: &dyn Progress,
    ) -> Result<Option<Pulled>, ModelError> {
        let receipt = self.receipt(name)?;
        let ([installed], [known]) = (receipt.files.as_slice(), entry.files.as_slice()) else {
            return Ok(None);
        };
        if !entry.converts() || entry.format == WeightFormat::F16 || known.sha256.is_none() {
            return Ok(None);
        }
        progress.step(&format!(
            "storing the weights that are installed as `{}`",
            entry.format
        ));
        let from = self.directory(name).join(&installed.name);
        let to = staging.model().join(&known.name);
        let (target, format) = (to.clone(), entry.format);
        let content = match blocking(move || import::requantise(&from, &target, format)).await {
            Ok(content) => content,
            Err(ModelError::Conversion { .. }) => return discard(&to),
            Err(error) => return Err(error),
        };
        let expected = known.sha256.as_deref();
        if fetch::check(name, &known.name, known.size, expected, &content).is_err() {
            return discard(&to);
        }
        let receipt = Receipt {
            kind: entry.kind,
            licence: Some(entry.licence.clone()),
            source: receipt.source,
            imported_from: None,
            files: vec![RecordedFile::new(&known.name, content)],
        };
        staging.place(&receipt)?;
        Ok(Some(Pulled::Renewed {
            size: receipt.size(),
        }))
    }
}

/// Lets go of a file that is not what it should be.
fn discard(file: &std::path::Path) -> Result<Option<Pulled>, ModelError> {
    jane_files::remove_all(file).map_err(|error| ModelError::io("remove", file, error))?;
    Ok(None)
}
