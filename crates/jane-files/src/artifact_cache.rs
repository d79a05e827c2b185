//! What a worker makes of a model and keeps in a cache directory, so that the next run reads it back.
//!
//! A file holds for one model and one state of everything else that it depends on: its name changes with each of them, and a new one
//! takes the place of older ones of the same model. It is written under another name until it is whole. Each worker has a directory
//! of its own ([`own_directory`]): what a hostile model makes its engine write is read by no other.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{HashingWriter, copy, hash, hexadecimal};

/// Hexadecimal digits in a name.
const DIGITS: usize = 16;

/// Bytes of a seal: a SHA-256 in hexadecimal digits.
const SEAL: u64 = 64;

/// Where something derived from a model is kept.
#[derive(Debug)]
pub struct Artifact {
    path: PathBuf,
    /// What the names of all that is derived from the model begin with.
    beginning: String,
    ending: &'static str,
}

impl Artifact {
    /// What is made of the file `model` and holds for `holds_for` is kept in `cache`, in a file whose name ends with `ending` (such
    /// as `.optimised.onnx`). `None` where the model cannot be told from others.
    #[must_use]
    pub fn of(
        model: &Path,
        cache: &Path,
        holds_for: &[&[u8]],
        ending: &'static str,
    ) -> Option<Self> {
        let mut digest = Sha256::new();
        digest.update(file_state(model)?);
        for part in holds_for {
            digest.update(b"\n");
            digest.update(part);
        }
        let key = hexadecimal(digest.finalize().get(..DIGITS / 2)?);
        let beginning = format!("{}-", model.file_stem()?.to_str()?);
        Some(Self {
            path: cache.join(format!("{beginning}{key}{ending}")),
            beginning,
            ending,
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is written until it is whole. What a crash left behind there is written over.
    #[must_use]
    pub fn unfinished(&self) -> PathBuf {
        self.path.with_extension("part")
    }

    /// Puts what was written to [`Artifact::unfinished`] in its place, and removes what was kept of the same model for another state
    /// of things or left unfinished.
    ///
    /// # Errors
    /// Where the file cannot be moved.
    pub fn finish(&self) -> std::io::Result<()> {
        let unfinished = self.unfinished();
        // On the disk before it has its name, so that no loss of power leaves half a file behind.
        File::open(&unfinished)?.sync_all()?;
        std::fs::rename(unfinished, &self.path)?;
        let entries = self.path.parent().and_then(|cache| cache.read_dir().ok());
        for entry in entries.into_iter().flatten().flatten() {
            let path = entry.path();
            if path != self.path && self.is_of_the_model(&entry.file_name().to_string_lossy()) {
                // It may be gone already: another Jane does the same.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Writes the hash of what is in [`Artifact::unfinished`] behind it, for readers that believe what they read.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn seal(&self) -> std::io::Result<()> {
        let unfinished = self.unfinished();
        let seal = hash(&unfinished)?.sha256;
        let mut file = File::options().append(true).open(unfinished)?;
        file.write_all(seal.as_bytes())
    }

    /// Whether the file is there, and is what was sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        let check = || -> std::io::Result<bool> {
            let mut file = File::open(&self.path)?;
            let length = file.metadata()?.len();
            let mut writer = HashingWriter::new(std::io::sink());
            copy(&mut (&file).take(length.saturating_sub(SEAL)), &mut writer)?;
            let mut seal = String::new();
            file.seek(SeekFrom::Start(length.saturating_sub(SEAL)))?;
            file.take(SEAL).read_to_string(&mut seal)?;
            Ok(writer.finish().1.sha256 == seal)
        };
        check().unwrap_or(false)
    }

    fn is_of_the_model(&self, name: &str) -> bool {
        let unfinished = Path::new(self.ending).with_extension("part");
        let rest = name.strip_prefix(&self.beginning);
        let key = rest.and_then(|rest| {
            rest.strip_suffix(self.ending)
                .or_else(|| rest.strip_suffix(unfinished.to_str()?))
        });
        key.is_some_and(|key| {
            key.len() == DIGITS && key.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    }
}

/// The directory below `directory` where the worker of `engine` with the file `model` keeps what is its own, made where it is not there.
///
/// # Errors
/// Where it cannot be made, or what lies there is not this user's.
pub fn own_directory(directory: &Path, engine: &str, model: &Path) -> std::io::Result<PathBuf> {
    let model = model.canonicalize().unwrap_or_else(|_| model.to_path_buf());
    let digest = Sha256::digest(model.as_os_str().as_encoded_bytes());
    let key = hexadecimal(digest.get(..DIGITS / 2).unwrap_or_default());
    let of_engine = directory.join(engine);
    jane_platform::private_directory(&of_engine)?;
    let own = of_engine.join(key);
    jane_platform::private_directory(&own)?;
    Ok(own)
}

/// Which file it is, and what state it is in; `None` where it is not there. A file that a link led to before has another state, also
/// where it has the same size and time, which all files of some package managers have.
#[must_use]
pub fn file_state(file: &Path) -> Option<String> {
    let metadata = file.metadata().ok()?;
    Some(jane_platform::FileState::of(&metadata).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDING: &str = ".optimised.onnx";

    #[test]
    fn the_name_changes_with_the_model_and_with_what_it_holds_for() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("voice.onnx");
        let of = |holds_for: &[&[u8]]| {
            Artifact::of(&model, Path::new("cache"), holds_for, ENDING).map(|derived| derived.path)
        };
        assert_eq!(of(&[]), None);
        std::fs::write(&model, "one").unwrap();
        let one = of(&[b"this"]).unwrap();
        assert!(one.to_str().unwrap().starts_with("cache/voice-"));
        assert_eq!(of(&[b"this"]).unwrap(), one);
        assert_ne!(of(&[b"that"]).unwrap(), one);
        std::fs::write(&model, "another").unwrap();
        assert_ne!(of(&[b"this"]).unwrap(), one);
    }

    #[test]
    fn a_link_that_is_moved_to_a_file_of_the_same_size_and_time_is_another_model() {
        let directory = tempfile::tempdir().unwrap();
        let (link, cache) = (directory.path().join("m.gguf"), Path::new("cache"));
        let made = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
            path
        };
        let names = [made("one", "aaaa"), made("other", "bbbb")].map(|file| {
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(file, &link).unwrap();
            Artifact::of(&link, cache, &[], ENDING).unwrap().path
        });
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn each_engine_and_model_has_a_directory_of_its_own_and_never_a_link() {
        let cache = tempfile::tempdir().unwrap();
        let own = |engine, model| own_directory(cache.path(), engine, Path::new(model));
        let one = own("jane-piper", "/models/a/voice.onnx").unwrap();
        assert_eq!(own("jane-piper", "/models/a/voice.onnx").unwrap(), one);
        let others = [
            own("jane-piper", "/models/b/voice.onnx").unwrap(),
            own("jane-llama", "/models/a/voice.onnx").unwrap(),
        ];
        for other in &others {
            assert!(!other.starts_with(&one) && !one.starts_with(other));
        }
        // What a worker of an earlier version put there leads nowhere.
        std::fs::remove_dir(&one).unwrap();
        std::os::unix::fs::symlink(cache.path(), &one).unwrap();
        assert!(own("jane-piper", "/models/a/voice.onnx").is_err());
        std::os::unix::fs::symlink("/tmp", cache.path().join("jane-other")).unwrap();
        assert!(own("jane-other", "/models/a/voice.onnx").is_err());
    }

    #[test]
    fn only_what_was_kept_of_the_same_model_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("voice.onnx");
        std::fs::write(&model, "one").unwrap();
        let derived = Artifact::of(&model, directory.path(), &[], ENDING).unwrap();
        let stale = [
            "voice-0123456789abcdef.optimised.onnx",
            "voice-0123456789abcdef.optimised.part",
        ];
        let others = [
            "voice-2-0123456789abcdef.optimised.onnx",
            "voice-notes.optimised.onnx",
        ];
        for name in stale.iter().chain(&others) {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        std::fs::write(derived.unfinished(), "whole").unwrap();
        derived.finish().unwrap();
        let exists = |name: &&str| directory.path().join(name).exists();
        assert!(!stale.iter().any(exists));
        assert!(others.iter().all(exists));
        assert_eq!(std::fs::read_to_string(derived.path()).unwrap(), "whole");
        assert!(model.exists() && !derived.unfinished().exists());
    }

    #[test]
    fn a_seal_is_broken_by_any_change() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("model.gguf");
        std::fs::write(&model, "one").unwrap();
        let derived = Artifact::of(&model, directory.path(), &[], ".prefix.kv").unwrap();
        assert!(!derived.is_sealed());
        std::fs::write(derived.unfinished(), "what was computed").unwrap();
        derived.seal().unwrap();
        derived.finish().unwrap();
        assert!(derived.is_sealed());
        let whole = std::fs::read(derived.path()).unwrap();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(derived.path(), changed).unwrap();
            assert!(!derived.is_sealed(), "{place}");
            std::fs::write(derived.path(), &whole[..place]).unwrap();
            assert!(!derived.is_sealed(), "{place}");
        }
    }
}
