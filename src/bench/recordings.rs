//! Recordings with transcripts: a directory with a `manifest.tsv`, or the spoken questions that ship.
//!
//! The manifest has a header and, for each clip, tab-separated: path, seconds, language, kind, text, ref, …; `ref` says where the text
//! comes from, and only `given`, `test` and `known` texts are transcripts that readings are scored against.

use std::path::{Path, PathBuf};

use rust_embed::Embed;

/// The spoken questions that ship, in the program itself.
#[derive(Embed)]
#[folder = "tests/data"]
struct Shipped;

const MANIFEST: &str = "manifest.tsv";

/// The largest manifest that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// Kinds that hold requests and clear speech: what an assistant must get right.
pub const CLEAR: [&str; 2] = ["command", "vctk_clean"];

/// A clip in English, with speech that is scored or with noise.
#[derive(Debug, Clone)]
pub struct Clip {
    pub path: PathBuf,
    /// `command`, `noise`, `digits`, … Kinds of read speech differ too much to be added up unseen, so those of VCTK and LibriSpeech are
    /// named by their source.
    pub kind: String,
    /// What is said in it; nothing in noise.
    pub text: String,
    /// Whether `text` is a transcript.
    pub scored: bool,
}

impl Clip {
    /// Whether it is a request or clear speech.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.scored && CLEAR.contains(&self.kind.as_str())
    }
}

/// Clips, and where they come from.
#[derive(Debug)]
pub struct Recordings {
    pub clips: Vec<Clip>,
    /// In words.
    pub source: String,
    _unpacked: Option<tempfile::TempDir>,
}

/// Why there are no recordings.
#[derive(Debug, thiserror::Error)]
pub enum RecordingsError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("`{path}` names no clip in English that is scored")]
    Empty { path: PathBuf },
}

impl RecordingsError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        "a directory of recordings holds a `manifest.tsv` with a header and the columns path, seconds, language, kind, text, ref; \
         `tests/data` is one"
            .to_owned()
    }
}

impl Recordings {
    /// Those that benchmarks in the source tree `root` use: of the directory that `JANE_RECORDINGS` names, else of `../shared/speech`,
    /// else the questions that ship.
    ///
    /// # Errors
    /// As [`Recordings::open`].
    pub fn of_source_tree(root: &Path) -> Result<Self, RecordingsError> {
        let shared = root.join("../shared/speech");
        let named = std::env::var_os("JANE_RECORDINGS").map(PathBuf::from);
        let directory = named.or_else(|| shared.join(MANIFEST).is_file().then_some(shared));
        Self::open(directory.as_deref())
    }

    /// Those of `directory`, else those that ship.
    ///
    /// # Errors
    /// Where the manifest cannot be read or names nothing that can be scored.
    pub fn open(directory: Option<&Path>) -> Result<Self, RecordingsError> {
        match directory {
            Some(directory) => Ok(Self {
                clips: clips(directory)?,
                source: format!("`{}`", directory.display()),
                _unpacked: None,
            }),
            None => Self::shipped(),
        }
    }

    /// Those of `directory` in which somebody speaks English, whether they are scored or not; else those that ship.
    ///
    /// # Errors
    /// As [`Recordings::open`].
    pub fn with_speech(directory: Option<&Path>) -> Result<Self, RecordingsError> {
        let Some(directory) = directory else {
            return Self::shipped();
        };
        let clips = lines(directory, speech)?;
        if clips.is_empty() {
            let path = directory.join(MANIFEST);
            return Err(RecordingsError::Empty { path });
        }
        Ok(Self {
            clips,
            source: format!("`{}`", directory.display()),
            _unpacked: None,
        })
    }

    /// The spoken questions that ship.
    ///
    /// # Errors
    /// Where there is no room for them in the system's temporary directory.
    pub fn shipped() -> Result<Self, RecordingsError> {
        let unreadable = |error: std::io::Error| RecordingsError::Unreadable {
            path: std::env::temp_dir(),
            reason: error.to_string(),
        };
        let directory = tempfile::tempdir().map_err(unreadable)?;
        for name in Shipped::iter() {
            if let Some(file) = Shipped::get(&name) {
                std::fs::write(directory.path().join(name.as_ref()), file.data)
                    .map_err(unreadable)?;
            }
        }
        Ok(Self {
            clips: clips(directory.path())?,
            source: "the spoken questions that ship".to_owned(),
            _unpacked: Some(directory),
        })
    }
}

/// What `of_line` makes of the manifest's lines.
fn lines(
    directory: &Path,
    of_line: fn(&Path, &str) -> Option<Clip>,
) -> Result<Vec<Clip>, RecordingsError> {
    let path = directory.join(MANIFEST);
    let manifest =
        jane_files::read_text(&path, LARGEST).map_err(|error| RecordingsError::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
    let lines = manifest.lines().skip(1);
    Ok(lines.filter_map(|line| of_line(directory, line)).collect())
}

fn clips(directory: &Path) -> Result<Vec<Clip>, RecordingsError> {
    let clips = lines(directory, clip)?;
    let path = directory.join(MANIFEST);
    if clips.iter().any(|clip| clip.scored) {
        Ok(clips)
    } else {
        Err(RecordingsError::Empty { path })
    }
}

/// The clip that a line names, where somebody speaks English in it. Its text is one that the clip was recorded for or none: what is no
/// transcript tells nothing of where sentences end.
fn speech(directory: &Path, line: &str) -> Option<Clip> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [path, _, language, kind, text, reference, ..] = columns.as_slice() else {
        return None;
    };
    if *language != "en" || matches!(*kind, "noise" | "rir") {
        return None;
    }
    let is_transcript = *reference != "slots";
    Some(Clip {
        path: directory.join(path),
        kind: (*kind).to_owned(),
        text: if is_transcript { *text } else { "" }.to_owned(),
        scored: false,
    })
}

/// The clip that a line names, where it is of use.
fn clip(directory: &Path, line: &str) -> Option<Clip> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [path, _, language, kind, text, reference, ..] = columns.as_slice() else {
        return None;
    };
    let spoken = *language == "en" && *kind != "noise" && *kind != "rir";
    let scored = spoken && matches!(*reference, "given" | "test" | "known");
    if !scored && *kind != "noise" {
        return None;
    }
    let source = path.split('/').next().unwrap_or_default();
    let kind = match (*kind, source) {
        ("speech", "vctk_clean" | "vctk_noisy" | "librispeech_test_other") => source,
        (kind, _) => kind,
    };
    Some(Clip {
        path: directory.join(path),
        kind: kind.to_owned(),
        text: if scored {
            (*text).to_owned()
        } else {
            String::new()
        },
        scored,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_that_ship_are_requests_with_their_files() {
        let recordings = Recordings::open(None).unwrap();
        assert_eq!(recordings.clips.len(), 10);
        assert!(
            recordings
                .clips
                .iter()
                .all(|clip| clip.is_clear() && clip.path.is_file())
        );
    }

    #[test]
    fn what_is_no_transcript_is_not_scored_and_what_is_no_line_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let line = |path, language, kind, reference| {
            format!("{path}\t1.0\t{language}\t{kind}\thello\t{reference}\tx\n")
        };
        let manifest = ["path\tseconds\tlang\tkind\ttext\tref\n".to_owned()]
            .into_iter()
            .chain([
                line("a.wav", "en", "command", "given"),
                line("b.wav", "en", "intent", "slots"),
                line("c.wav", "de", "command", "given"),
                line("d.wav", "", "noise", ""),
                line("vctk_noisy/e.wav", "en", "speech", "known"),
                "\t\n\u{0}broken".to_owned(),
            ])
            .collect::<String>();
        std::fs::write(directory.path().join(MANIFEST), manifest).unwrap();
        let clips = clips(directory.path()).unwrap();
        let kinds: Vec<_> = clips
            .iter()
            .map(|clip| (clip.kind.as_str(), clip.scored))
            .collect();
        assert_eq!(
            kinds,
            [("command", true), ("noise", false), ("vctk_noisy", true)]
        );
    }

    #[test]
    fn a_directory_without_a_manifest_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let error = Recordings::open(Some(directory.path())).unwrap_err();
        assert!(error.to_string().contains(MANIFEST), "{error}");
        std::fs::write(directory.path().join(MANIFEST), "path\n").unwrap();
        let error = Recordings::open(Some(directory.path())).unwrap_err();
        assert!(matches!(error, RecordingsError::Empty { .. }), "{error}");
    }
}
