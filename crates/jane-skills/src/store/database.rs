//! Where the database lies: opened when it is first needed, tried again where that failed, and its owner's alone.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use super::{Store, StoreError};

/// How long a database that could not be opened is left alone.
const AGAIN: Duration = Duration::from_secs(5);

/// Where the database is. One that cannot be opened is tried again.
pub struct Database {
    /// Without one, it is forgotten with this.
    path: Option<PathBuf>,
    store: OnceLock<Store>,
    /// When it could not be opened for the last time, and why.
    pub(super) failed: Mutex<Option<(Instant, StoreError)>>,
}

impl Database {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            store: OnceLock::new(),
            failed: Mutex::default(),
        }
    }

    /// What it holds. Opened where it is not yet, which is not tried again for a few seconds after it failed.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn store(&self) -> Result<&Store, StoreError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let mut failed = self.failed.lock();
        if let Some((at, error)) = &*failed
            && at.elapsed() < AGAIN
        {
            return Err(error.clone());
        }
        let opened = match &self.path {
            Some(path) => Store::open(path),
            None => Store::in_memory(),
        };
        match opened {
            Ok(store) => Ok(self.store.get_or_init(|| store)),
            Err(error) => {
                *failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

/// Moves the damaged database at `path` to a name beside it that says when, so that nothing is lost, and begins a new one.
pub(super) fn begin_anew(path: &Path) -> Result<Store, StoreError> {
    let told = |error: std::io::Error| {
        StoreError::new(format!(
            "`{}` is damaged, and cannot be put aside: {error}",
            path.display()
        ))
    };
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    // Of two Janes that find it damaged at once, the second finds a new one.
    let lock = named(".lock");
    let held = match jane_platform::create_private_new(&lock) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            jane_platform::open_regular(&lock).map(|(file, _)| file)
        }
        made => made,
    }
    .map_err(told)?;
    held.lock().map_err(told)?;
    let reason = match Store::open_whole(path) {
        Err(error) if error.is_damaged => error,
        opened => return opened,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let aside = format!(".damaged-{}", now.map_or(0, |now| now.as_secs()));
    for ending in ["", "-wal", "-shm"] {
        let moved = std::fs::rename(named(ending), named(&format!("{aside}{ending}")));
        if let Err(error) = moved
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(told(error));
        }
    }
    tracing::error!(
        path = %path.display(),
        aside = %named(&aside).display(),
        "what skills keep was damaged and is put aside; they begin anew: {reason}"
    );
    Store::open_whole(path)
}

/// Makes the database's directory and file for their owner alone, and those that are there already. What SQLite puts beside it has the
/// same mode.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        jane_platform::create_private_directory(directory)?;
        tighten(directory);
    }
    match jane_platform::open_regular(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = jane_platform::create_private_new(path);
            // Another Jane made it meanwhile.
            if let Err(error) = made
                && error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(error);
            }
        }
        Err(error) => return Err(error),
    }
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        tighten(Path::new(&name));
    }
    Ok(())
}

fn tighten(path: &Path) {
    match jane_platform::tighten(path) {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(path = %path.display(), "others could reach what skills keep: it is its owner's alone now");
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "others may reach what skills keep");
        }
    }
}
