//! The store as a whole, with a pip and a Hugging Face of its own in place of the real ones.

mod formats;
mod hub;
mod installed;
mod python;
mod reach;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;

use super::{ModelStore, Progress};
use jane_files::hexadecimal;

/// Remembers the steps that it is told of.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn contains(&self, text: &str) -> bool {
        self.0.lock().iter().any(|step| step.contains(text))
    }
}

impl Progress for Recorder {
    fn started(&self, name: &str, total_bytes: Option<u64>) {
        self.0
            .lock()
            .push(format!("started {name} {total_bytes:?}"));
    }
    fn advanced(&self, bytes_so_far: u64) {
        self.0.lock().push(format!("advanced {bytes_so_far}"));
    }
    fn step(&self, text: &str) {
        self.0.lock().push(text.to_owned());
    }
    fn finished(&self) {
        self.0.lock().push("finished".into());
    }
}

/// A models directory with a catalogue of its own, and clients that reach nothing.
struct Home {
    directory: tempfile::TempDir,
    python: OsString,
    hub: String,
    /// In which a download has to bring something.
    window: Duration,
}

impl Home {
    fn new(catalogue: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("models")).unwrap();
        std::fs::write(directory.path().join("models/catalog.toml"), catalogue).unwrap();
        Self {
            directory,
            python: "no-such-python".into(),
            hub: "http://127.0.0.1:9".into(),
            window: Duration::from_secs(60),
        }
    }

    fn models(&self) -> PathBuf {
        self.directory.path().join("models")
    }

    fn store(&self) -> ModelStore {
        let mut store = ModelStore::open(&self.models()).unwrap();
        store.clients.python.clone_from(&self.python);
        store.clients.hub.clone_from(&self.hub);
        store.clients.backoff = Duration::ZERO;
        store.clients.window = self.window;
        store
    }

    /// Writes a file beside the models directory.
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Everything in the models directory but the catalogue and locks, sorted.
    fn left(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.models())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "catalog.toml" && !name.ends_with(".lock"))
            .collect();
        names.sort();
        names
    }
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    hexadecimal(&sha2::Sha256::digest(content))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
