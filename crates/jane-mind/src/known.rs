//! Embeddings of examples, computed once and kept on disk.
//!
//! To embed all examples takes some ten seconds of one core, and to read them back a few milliseconds. The file holds the
//! fingerprint of the encoder, then for each text the first 16 bytes of its SHA-256 and its numbers, little-endian. One that is
//! damaged, or of another encoder, is left out and written anew.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::encoder::{Embedding, Encoder, WIDTH};

const FILE: &str = "examples.embeddings";

/// Bytes of the largest file: a few thousand texts.
const LARGEST: u64 = 16 << 20;

/// Texts that are known for a while and not kept; all of them go where there are more.
const PASSING: usize = 1024;

/// Bytes of a text's name.
const NAME: usize = 16;

type Name = [u8; NAME];

pub struct Known {
    file: Option<PathBuf>,
    fingerprint: [u8; 32],
    embeddings: HashMap<Name, Embedding>,
    /// Of texts that others bring along: kept nowhere.
    passing: HashMap<Name, Embedding>,
}

impl Known {
    /// Those of `encoder` that are kept in the directory.
    pub fn open(encoder: &Encoder, directory: Option<&Path>) -> Self {
        let file = directory.map(|directory| directory.join(FILE));
        let mut known = Self {
            fingerprint: encoder.fingerprint(),
            embeddings: HashMap::new(),
            passing: HashMap::new(),
            file,
        };
        if let Some(bytes) = known.file.as_deref().and_then(|file| read(file).ok()) {
            known.take(&bytes);
        }
        known
    }

    fn take(&mut self, bytes: &[u8]) {
        let Some(records) = bytes.strip_prefix(self.fingerprint.as_slice()) else {
            return;
        };
        let records = records.chunks_exact(NAME + 4 * WIDTH);
        for (name, numbers) in records.filter_map(|record| record.split_first_chunk::<NAME>()) {
            let numbers = numbers.as_chunks::<4>().0.iter();
            let embedding: Embedding = numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let length = embedding.dot(&embedding);
            if (0.99..1.01).contains(&length) {
                self.embeddings.insert(*name, embedding);
            }
        }
    }

    pub fn get(&self, text: &str) -> Option<&Embedding> {
        let name = name(text);
        let kept = self.embeddings.get(&name);
        kept.or_else(|| self.passing.get(&name))
    }

    /// Whether it is one of those that are kept.
    pub fn has(&self, text: &str) -> bool {
        self.embeddings.contains_key(&name(text))
    }

    pub fn add(&mut self, text: &str, embedding: Embedding) {
        self.embeddings.insert(name(text), embedding);
    }

    /// Knows it for a while.
    pub fn add_passing(&mut self, text: &str, embedding: Embedding) {
        if self.passing.len() >= PASSING {
            self.passing.clear();
        }
        self.passing.insert(name(text), embedding);
    }

    /// Keeps all. Where that fails they are computed again in the next run.
    pub fn save(&self) {
        let Some(file) = &self.file else { return };
        if let Err(error) = self.write(file) {
            tracing::warn!(%error, "the embeddings of examples are not kept");
        }
    }

    fn write(&self, file: &Path) -> std::io::Result<()> {
        let directory = file.parent().unwrap_or(Path::new("."));
        let mut beside = tempfile::NamedTempFile::new_in(directory)?;
        beside.write_all(&self.fingerprint)?;
        for (name, embedding) in &self.embeddings {
            beside.write_all(name)?;
            for number in embedding {
                beside.write_all(&number.to_le_bytes())?;
            }
        }
        beside.persist(file)?;
        Ok(())
    }
}

fn name(text: &str) -> Name {
    let hash = Sha256::digest(text.as_bytes());
    let mut name = Name::default();
    name.copy_from_slice(hash.get(..NAME).unwrap_or(&[0; NAME]));
    name
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (file, _) = jane_platform::open_regular(path)?;
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
