//! Files that this program wrote and believes when it reads them again: code, which runs in this process.
//!
//! Invariants: a file is what it was when it was kept, and under the name that it was kept under, or it is not there; what shows that is a
//! hash with a key, made at random, that lies beside the files, where only their owner reaches it; what is believed is read first, whole,
//! and is not looked at on the disk again.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The name of the key.
pub const KEY: &str = "key";

/// Bytes of a key, and of a seal.
const BYTES: usize = 32;

/// How often a key is looked for: another Jane may make one, or remove a bad one, at the same time.
const TRIES: usize = 4;

/// The files of one directory. A clone is the same.
#[derive(Clone)]
pub struct Sealed {
    key: Arc<[u8; BYTES]>,
}

impl Sealed {
    /// Those in `directory`, which is private to this user.
    ///
    /// # Errors
    /// Where there is no key and none can be made.
    pub fn in_directory(directory: &Path) -> std::io::Result<Self> {
        let place = directory.join(KEY);
        for _ in 0..TRIES {
            match read_key(&place) {
                Ok(key) => return Ok(Self { key: Arc::new(key) }),
                Err(error) if error.kind() == ErrorKind::NotFound => make_key(directory)?,
                Err(error) => {
                    tracing::warn!(%error, "the key of compiled skills cannot be trusted: they are compiled anew");
                    jane_files::remove_all(&place)?;
                }
            }
        }
        Err(std::io::Error::other("its key is replaced again and again"))
    }

    /// Keeps `content` at `place`, whatever lies there. It is written beside its place first, so that nobody sees half of it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(&self, place: &Path, content: &[u8]) -> std::io::Result<()> {
        let directory = place.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&self.over(place, content)?.finalize().into_bytes())?;
        file.write_all(content)?;
        if place.is_dir() {
            jane_files::remove_all(place)?;
        }
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }

    /// What was kept at `place`, of at most `most` bytes; it counts as used now. `None` where nothing is there, and where it is anything but
    /// what was kept, which is removed then.
    pub fn open(&self, place: &Path, most: u64) -> Option<Vec<u8>> {
        match self.read(place, most) {
            Ok(content) => Some(content),
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(%error, "the code that was kept of a skill is not what was kept: it is compiled anew");
                    let _ = jane_files::remove_all(place);
                }
                None
            }
        }
    }

    fn read(&self, place: &Path, most: u64) -> std::io::Result<Vec<u8>> {
        let (file, metadata) = jane_platform::open_private(place)?;
        let mut bytes =
            jane_platform::read_open(&file, &metadata, most.saturating_add(BYTES as u64))?;
        let content = bytes.split_off(BYTES.min(bytes.len()));
        self.over(place, &content)?
            .verify_slice(&bytes)
            .map_err(|_| std::io::Error::other("its seal is broken"))?;
        // Where that cannot be noted, it may go before its time.
        let _ = file.set_modified(SystemTime::now());
        Ok(content)
    }

    /// The name is under the seal too: what was kept under another one is not what was kept here.
    fn over(&self, place: &Path, content: &[u8]) -> std::io::Result<Hmac<Sha256>> {
        let mut seal = Hmac::<Sha256>::new_from_slice(self.key.as_slice())
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        let name = place.file_name().unwrap_or_default().as_encoded_bytes();
        seal.update(&(name.len() as u64).to_le_bytes());
        seal.update(name);
        seal.update(content);
        Ok(seal)
    }
}

fn read_key(place: &Path) -> std::io::Result<[u8; BYTES]> {
    let (file, metadata) = jane_platform::open_private(place)?;
    let bytes = jane_platform::read_open(&file, &metadata, BYTES as u64)?;
    bytes
        .try_into()
        .map_err(|_| std::io::Error::other("it is too short"))
}

/// Makes a key, or leaves one that another Jane made meanwhile.
fn make_key(directory: &Path) -> std::io::Result<()> {
    let mut key = [0; BYTES];
    getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(directory.join(KEY)) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_open_a_directory_at_once_have_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let open = || Sealed::in_directory(directory.path()).unwrap().key;
            let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            opening.into_iter().map(|key| key.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_ne!(*keys[0], [0; BYTES]);
    }

    #[test]
    fn a_key_that_is_none_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join(KEY);
        let key = || Sealed::in_directory(directory.path()).unwrap().key;
        for plant in [&b""[..], &[7; BYTES - 1], &[7; BYTES + 1], &[7; BYTES]] {
            jane_files::remove_all(&place).unwrap();
            // Made by others, as these are, it is readable to them.
            std::fs::write(&place, plant).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            std::fs::set_permissions(&place, mode).unwrap();
            assert_ne!(*key(), [7; BYTES]);
        }
        jane_files::remove_all(&place).unwrap();
        std::fs::create_dir(&place).unwrap();
        let made = key();
        assert_eq!(key(), made);
        std::fs::rename(&place, directory.path().join("other")).unwrap();
        std::os::unix::fs::symlink("other", &place).unwrap();
        assert_ne!(key(), made);
    }
}
