//! What is wrong with an entry of a catalogue.
//!
//! Everything in an entry that becomes a path, a URL or an argument of a command is checked here.

use std::collections::BTreeSet;

use super::{CTRANSLATE2_FILES, Conversion, Entry, KnownFile, Source};
use crate::{ModelKind, WeightFormat, installed, names};

/// Everything that is wrong with the entry `name`.
pub fn of(name: &str, entry: &Entry) -> Vec<String> {
    let mut problems = Problems {
        name,
        found: Vec::new(),
    };
    problems.require(
        names::is_plain(name),
        "its name has characters that are not allowed",
    );
    let installed: BTreeSet<&str> = entry.files.iter().map(|file| file.name.as_str()).collect();
    problems.require(!installed.is_empty(), "it has no files");
    problems.require(
        installed.len() == entry.files.len(),
        "it names a file twice",
    );
    for file in &entry.files {
        let usable = names::is_plain(&file.name) && file.name != installed::FILE_NAME;
        problems.require(
            usable,
            &format!("the file name `{}` is not allowed", file.name),
        );
        problems.require_hash(&file.name, file.sha256.as_deref());
    }
    if entry.converts() {
        problems.require(
            entry.kind == ModelKind::Stt,
            "only a model for `stt` is converted",
        );
        problems.require(installed.len() == 1, "a conversion gives one file");
    } else {
        problems.require(
            entry.format == WeightFormat::default(),
            "only what is converted has a `format`",
        );
    }
    problems.of_language_models(entry);
    problems.require(!entry.sources.is_empty(), "it has no sources");
    for source in &entry.sources {
        let conversion = entry.conversion_of(source);
        let fetched = match conversion {
            Some(Conversion::Ctranslate2) => CTRANSLATE2_FILES.into(),
            None => installed.clone(),
        };
        problems.in_source(source, &fetched);
        if let Some(converted) = source.converted() {
            problems.require(
                conversion.is_some(),
                "only a source with `import` has `converted`",
            );
            problems.require_hash("converted", Some(&converted.sha256));
        }
    }
    problems.found
}

struct Problems<'a> {
    name: &'a str,
    found: Vec<String>,
}

impl Problems<'_> {
    fn require(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.found.push(format!("`{}`: {problem}", self.name));
        }
    }

    /// What only an entry of a language model has, and what one needs that is fetched because `auto` chose it.
    fn of_language_models(&mut self, entry: &Entry) {
        let is_llm = entry.kind == ModelKind::Llm;
        let has = entry.rank.is_some()
            || entry.context.is_some()
            || entry.active.is_some()
            || entry.thinks;
        self.require(
            is_llm || !has,
            "only a model for `llm` has `rank`, `context`, `active` or `thinks`",
        );
        let pinned = |file: &KnownFile| file.size.is_some() && file.sha256.is_some();
        self.require(
            entry.rank.is_none() || entry.files.iter().all(pinned),
            "a model with a `rank` needs the size and the SHA-256 of each file",
        );
        self.require(entry.context != Some(0), "its `context` is 0");
        let share = entry.active.unwrap_or(1.0);
        self.require(
            share > 0.0 && share <= 1.0,
            "`active` is a share of the weights, above 0 and up to 1",
        );
    }

    /// A hash that is stated is 64 lower-case hexadecimal digits.
    fn require_hash(&mut self, file: &str, hash: Option<&str>) {
        let digits = |hash: &str| {
            hash.bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        };
        let holds = hash.is_none_or(|hash| hash.len() == 64 && digits(hash));
        self.require(holds, &format!("the SHA-256 of `{file}` is not one"));
    }

    /// A source must give exactly the pieces `fetched`.
    fn in_source(&mut self, source: &Source, fetched: &BTreeSet<&str>) {
        let pieces = source.pieces();
        let given: BTreeSet<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
        self.require(
            given == *fetched && pieces.len() == fetched.len(),
            &format!("each source must have the pieces {fetched:?} and no others"),
        );
        for piece in pieces {
            let usable =
                !piece.parts.is_empty() && piece.parts.iter().all(|part| names::is_contained(part));
            self.require(
                usable,
                &format!("a part of `{}` has a path that is not allowed", piece.name),
            );
            self.require_hash(&piece.name, piece.sha256.as_deref());
        }
        match source {
            Source::Python(source) => {
                let pinned = source
                    .packages
                    .iter()
                    .all(|package| names::is_pinned_package(package));
                self.require(
                    pinned && !source.packages.is_empty(),
                    "packages must be given as `NAME==VERSION`",
                );
                for tag in [&source.python, &source.platform, &source.abi]
                    .into_iter()
                    .flatten()
                {
                    self.require(
                        names::is_plain(tag),
                        &format!("`{tag}` is not a tag of a wheel"),
                    );
                }
            }
            Source::HuggingFace(source) => {
                let usable =
                    names::is_contained(&source.repository) && names::is_plain(&source.revision);
                self.require(
                    usable,
                    &format!("`{}` is not a repository and revision", source.repository),
                );
                let whole = pieces.iter().all(|piece| piece.parts.len() == 1);
                self.require(whole, "pieces from Hugging Face have one part");
            }
        }
    }
}
