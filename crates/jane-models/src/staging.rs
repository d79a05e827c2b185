//! Where a model is put together before it appears under its name.
//!
//! - `<models>/.NAME.lock` is held by the one process that changes NAME; `<models>/.staging-NAME/`
//!   belongs to whoever holds it. A staging directory whose lock is free was left behind by a
//!   process that died.
//! - What is in `parts/` of a staging directory are downloads that can go on later; everything else
//!   goes when it is dropped.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fetch::Progress;
use super::installed::Receipt;
use super::{ModelError, names};

const STAGING_PREFIX: &str = ".staging-";
/// How often a process that waits for another looks whether it is done. Polling can be cancelled, a
/// blocking lock cannot.
const LOCK_POLL: Duration = Duration::from_millis(200);

/// The right to change one model, until it is dropped or the process ends.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until no other process changes `name`.
    pub async fn acquire(
        models: &Path,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Self, ModelError> {
        let mut told = false;
        loop {
            if let Some(lock) = Self::try_acquire(models, name)? {
                return Ok(lock);
            }
            if !told {
                progress.step(&format!(
                    "waiting for another process that is busy with `{name}`"
                ));
                told = true;
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    /// Waits until no other process changes `name`, blocking the thread.
    pub fn acquire_blocking(models: &Path, name: &str) -> Result<Self, ModelError> {
        let path = lock_path(models, name);
        let file = open_lock(models, &path)?;
        file.lock()
            .map_err(|error| ModelError::io("lock", &path, error))?;
        Ok(Self { _file: file })
    }

    fn try_acquire(models: &Path, name: &str) -> Result<Option<Self>, ModelError> {
        let path = lock_path(models, name);
        let file = open_lock(models, &path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(ModelError::io("lock", &path, error)),
        }
    }
}

fn lock_path(models: &Path, name: &str) -> PathBuf {
    models.join(format!(".{name}.lock"))
}

fn open_lock(models: &Path, path: &Path) -> Result<File, ModelError> {
    fs::create_dir_all(models).map_err(|error| ModelError::io("create", models, error))?;
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| ModelError::io("create", path, error))
}

/// Removes what processes that died left behind, except downloads that can go on.
pub fn remove_leftovers(models: &Path) {
    let Ok(found) = fs::read_dir(models) else {
        return;
    };
    for entry in found.flatten() {
        let file_name = entry.file_name();
        let name = file_name
            .to_str()
            .and_then(|name| name.strip_prefix(STAGING_PREFIX));
        if let Some(name) = name.filter(|name| names::is_plain(name))
            && let Ok(Some(_lock)) = Lock::try_acquire(models, name)
        {
            remove_all_but_parts(&entry.path());
        }
    }
}

/// A directory in which a model is put together. The caller holds the [`Lock`] of the name.
pub struct Staging {
    models: PathBuf,
    name: String,
    directory: PathBuf,
}

impl Staging {
    /// Makes the staging directory of `name`, empty but for downloads that can go on.
    pub fn create(models: &Path, name: &str) -> Result<Self, ModelError> {
        let directory = models.join(format!("{STAGING_PREFIX}{name}"));
        remove_all_but_parts(&directory);
        let staging = Self {
            models: models.to_path_buf(),
            name: name.to_owned(),
            directory,
        };
        for path in [
            staging.model(),
            staging.parts(),
            staging.fetched(),
            staging.temporary(),
        ] {
            fs::create_dir_all(&path).map_err(|error| ModelError::io("create", &path, error))?;
        }
        Ok(staging)
    }

    /// What becomes the directory of the model.
    pub fn model(&self) -> PathBuf {
        self.directory.join("model")
    }

    /// Downloads that can go on in another process.
    pub fn parts(&self) -> PathBuf {
        self.directory.join("parts")
    }

    /// What was fetched and is not installed as it is.
    pub fn fetched(&self) -> PathBuf {
        self.directory.join("fetched")
    }

    /// Temporary files of a client; nothing else is in it.
    pub fn temporary(&self) -> PathBuf {
        self.directory.join("temporary")
    }

    /// Writes the receipt and gives the model its name, in place of what had it.
    pub fn place(&self, receipt: &Receipt) -> Result<(), ModelError> {
        let model = self.model();
        receipt.write(&model)?;
        let target = self.models.join(&self.name);
        let old = self.directory.join("old");
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| ModelError::io("rename", from, error))
        };
        let had_old = target.symlink_metadata().is_ok();
        if had_old {
            rename(&target, &old)?;
        }
        rename(&model, &target).inspect_err(|_| {
            if had_old {
                let _ = fs::rename(&old, &target);
            }
        })
    }

    /// Takes the model away from under its name; it is deleted when this is dropped.
    pub fn take_away(&self) -> Result<(), ModelError> {
        let target = self.models.join(&self.name);
        fs::rename(&target, self.directory.join("old")).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ModelError::NotInstalled {
                name: self.name.clone(),
            },
            _ => ModelError::io("remove", &target, error),
        })
    }

    /// Removes downloads that could go on, because what they hold is of no use.
    pub fn discard_parts(&self) {
        let _ = jane_files::remove_all(&self.parts());
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        remove_all_but_parts(&self.directory);
    }
}

/// Failures are of no consequence: what is left is removed the next time.
fn remove_all_but_parts(directory: &Path) {
    let Ok(found) = fs::read_dir(directory) else {
        return;
    };
    for entry in found.flatten() {
        if entry.file_name() == "parts" {
            let _ = fs::remove_dir(entry.path()); // only if it is empty
        } else {
            let _ = jane_files::remove_all(&entry.path());
        }
    }
    let _ = fs::remove_dir(directory);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_goes_but_not_a_download_that_can_go_on_or_what_is_in_use() {
        let models = tempfile::tempdir().unwrap();
        let models = models.path();
        for name in ["dead", "resumable", "busy"] {
            fs::create_dir_all(models.join(format!(".staging-{name}/model"))).unwrap();
            fs::create_dir_all(models.join(format!(".staging-{name}/parts"))).unwrap();
        }
        fs::write(models.join(".staging-resumable/parts/a.part"), "half").unwrap();
        let _lock = Lock::acquire_blocking(models, "busy").unwrap();
        remove_leftovers(models);
        assert!(!models.join(".staging-dead").exists());
        assert!(models.join(".staging-resumable/parts/a.part").exists());
        assert!(!models.join(".staging-resumable/model").exists());
        assert!(models.join(".staging-busy/model").exists());
    }

    #[test]
    fn a_model_takes_the_place_of_the_old_one_and_nothing_else_stays() {
        let models = tempfile::tempdir().unwrap();
        let models = models.path();
        fs::create_dir(models.join("m")).unwrap();
        fs::write(models.join("m/old.gguf"), "GGUF").unwrap();
        let staging = Staging::create(models, "m").unwrap();
        fs::write(staging.model().join("new.gguf"), "GGUF").unwrap();
        let receipt = Receipt {
            kind: crate::ModelKind::Llm,
            licence: None,
            source: None,
            imported_from: None,
            files: Vec::new(),
        };
        staging.place(&receipt).unwrap();
        drop(staging);
        assert!(models.join("m/new.gguf").exists() && models.join("m/model.toml").exists());
        assert!(!models.join("m/old.gguf").exists());
        assert_eq!(fs::read_dir(models).unwrap().count(), 1);
    }
}
