//! The recordings that both recognisers read: those of `JANE_RECORDINGS`, a directory with a `manifest.tsv` (path, seconds,
//! language, kind, text, ref, …), else of `../shared/speech`, else the questions that ship in `tests/data`. Only clips whose text is
//! a transcript count.

use std::path::{Path, PathBuf};

use crate::Result;

pub struct Clip {
    pub path: PathBuf,
    pub kind: String,
    /// What is said.
    pub text: String,
}

/// # Errors
/// Where there is no manifest.
pub fn clips(root: &Path) -> Result<Vec<Clip>> {
    let shared = root.join("../shared/speech");
    let directory = match std::env::var_os("JANE_RECORDINGS") {
        Some(directory) => PathBuf::from(directory),
        None if shared.join("manifest.tsv").is_file() => shared,
        None => root.join("tests/data"),
    };
    let manifest = std::fs::read_to_string(directory.join("manifest.tsv"))?;
    let mut clips = Vec::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [path, _, "en", kind, text, "given" | "test" | "known", ..] = columns.as_slice() else {
            continue;
        };
        if matches!(*kind, "noise" | "rir") {
            continue;
        }
        // Kinds of speech differ too much to be added up unseen: clean, noisy and read aloud are told apart by their source.
        let source = path.split('/').next().unwrap_or_default();
        let kind = match (*kind, source) {
            ("speech", "vctk_clean" | "vctk_noisy" | "librispeech_test_other") => source,
            (kind, _) => kind,
        };
        clips.push(Clip {
            path: directory.join(path),
            kind: kind.to_owned(),
            text: (*text).to_owned(),
        });
    }
    Ok(clips)
}
