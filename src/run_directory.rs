//! A directory for what must not outlive this run.
//!
//! Invariants: it is gone when the value is dropped; what a run left behind that was killed is removed by the next one; what a run
//! still uses is never touched, because it holds a lock; nobody else can enter it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The lock within each directory.
const LOCK: &str = "lock";

/// Its name until it is held: another run that starts takes a lock that nobody holds for one of a killed run.
const NEW_LOCK: &str = "lock.new";

/// A directory of this run's own.
#[derive(Debug)]
pub struct RunDirectory {
    directory: tempfile::TempDir,
    _lock: File,
}

impl RunDirectory {
    /// A new directory in `parent`, which is made where it is missing, after those of earlier runs were removed.
    ///
    /// # Errors
    /// Where `parent` cannot be written to.
    pub fn new_in(parent: &Path) -> std::io::Result<Self> {
        jane_platform::private_directory(parent)?;
        remove_leftovers(parent)?;
        let directory = tempfile::Builder::new().prefix("run-").tempdir_in(parent)?;
        jane_platform::private_directory(directory.path())?;
        let new = directory.path().join(NEW_LOCK);
        let lock = jane_platform::create_private_new(&new)?;
        lock.lock()?;
        fs::rename(&new, directory.path().join(LOCK))?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn remove_leftovers(parent: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let directory: PathBuf = entry?.path();
        // Without a lock it is one that another run is just making, or not one of ours.
        let Ok((lock, _)) = jane_platform::open_regular(&directory.join(LOCK)) else {
            continue;
        };
        match lock.try_lock() {
            Ok(()) => drop(fs::remove_dir_all(&directory)),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parent: &Path) -> usize {
        fs::read_dir(parent).unwrap().count()
    }

    #[test]
    fn a_run_removes_what_is_its_own_and_what_a_killed_run_left() {
        let parent = tempfile::tempdir().unwrap();
        let running = RunDirectory::new_in(parent.path()).unwrap();
        fs::write(running.path().join("half"), "written").unwrap();
        // What kill -9 leaves: the directory, and nobody who holds its lock.
        let killed = parent.path().join("run-killed");
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        fs::write(killed.join("half"), "written").unwrap();
        let next = RunDirectory::new_in(parent.path()).unwrap();
        assert!(running.path().join("half").exists() && !killed.exists());
        assert_eq!(names(parent.path()), 2);
        drop(next);
        // Whoever could write there once left what waits for ever, and what leads elsewhere.
        let (hostile, elsewhere) = (
            parent.path().join("run-hostile"),
            tempfile::tempdir().unwrap(),
        );
        fs::create_dir(&hostile).unwrap();
        std::os::unix::fs::symlink("/dev/zero", hostile.join(LOCK)).unwrap();
        fs::write(elsewhere.path().join(LOCK), "").unwrap();
        fs::write(elsewhere.path().join("mine"), "").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), parent.path().join("run-link")).unwrap();
        drop(RunDirectory::new_in(parent.path()).unwrap());
        assert!(elsewhere.path().join("mine").exists());
        fs::remove_dir_all(&hostile).unwrap();
        drop(running);
        assert_eq!(names(parent.path()), 0);
    }
}
