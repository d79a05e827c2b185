//! Downloads files of Hugging Face, and goes on with a download that was interrupted.
//!
//! - A part is continued only where the server says that the file is still the same (`If-Range`);
//!   otherwise it begins again.
//! - One that hardly brings anything is given up ([`Rate`]).
//! - What arrives is hashed as it is written, and never more is written than the size that the
//!   catalogue or the server states.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::io::{AsyncWriteExt, BufWriter};

use super::part::Part;
use super::rate::Rate;
use super::{Fetch, LARGEST_FILE};
use crate::ModelError;
use crate::catalogue::{HubSource, Piece};
use jane_files::Content;

const TRIES: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest silence of a server in the middle of a file.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: usize = 5;
/// Bytes that are written at once.
const BLOCK: usize = 1 << 20;

/// Why a try did not give the file.
enum Failure {
    /// Another try may give it.
    Again(String),
    /// It makes no sense to try again.
    Final(ModelError),
}

/// Downloads all pieces of `source` into the directory `into`.
pub async fn download(
    fetch: &Fetch<'_>,
    source: &HubSource,
    into: &Path,
) -> Result<Vec<Content>, ModelError> {
    let mut contents = Vec::new();
    let mut arrived = Vec::new();
    for piece in &source.pieces {
        let download = Download::new(fetch, source, piece)?;
        contents.push(download.run().await?);
        arrived.push((download.part, into.join(&piece.name)));
    }
    // only now, so that an interruption of a later piece does not cost an earlier one
    for (part, target) in arrived {
        std::fs::rename(part.path(), &target)
            .map_err(|error| ModelError::io("rename", part.path(), error))?;
    }
    fetch.staging.discard_parts();
    Ok(contents)
}

/// The download of one file.
struct Download<'a> {
    fetch: &'a Fetch<'a>,
    piece: &'a Piece,
    client: Client,
    url: String,
    /// What the file is called in messages.
    subject: String,
    part: Part,
}

impl<'a> Download<'a> {
    fn new(fetch: &'a Fetch<'a>, source: &HubSource, piece: &'a Piece) -> Result<Self, ModelError> {
        let hub = &fetch.clients.hub;
        let path = piece.parts.concat();
        let subject = format!("`{path}` of `{}` on Hugging Face", source.repository);
        let client = Client::builder()
            .user_agent(concat!("jane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(redirect::Policy::limited(MOST_REDIRECTS))
            .https_only(hub.starts_with("https://"))
            .build()
            .map_err(|error| ModelError::Unreachable {
                model: fetch.model.to_owned(),
                subject: subject.clone(),
                reason: with_causes(error),
            })?;
        Ok(Self {
            fetch,
            piece,
            client,
            url: fetch.clients.url(source, piece),
            subject,
            part: Part::new(&fetch.staging.parts(), &piece.name),
        })
    }

    /// Tries until the file is there; returns what it holds.
    async fn run(&self) -> Result<Content, ModelError> {
        let mut wait = self.fetch.clients.backoff;
        let mut tries = 1;
        loop {
            match self.attempt().await {
                Ok(content) => return Ok(content),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(reason)) if tries == TRIES => {
                    return Err(self.unreachable(format!("{reason} (tried {TRIES} times)")));
                }
                Err(Failure::Again(reason)) => {
                    self.fetch
                        .progress
                        .step(&format!("trying again, because {reason}"));
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(2);
                    tries += 1;
                }
            }
        }
    }

    async fn attempt(&self) -> Result<Content, Failure> {
        let length = self.part.length();
        let mut request = self.client.get(&self.url);
        if let Some(tag) = self.part.tag().filter(|_| length > 0) {
            request = request
                .header(RANGE, format!("bytes={length}-"))
                .header(IF_RANGE, tag);
        }
        let response = request
            .send()
            .await
            .map_err(|error| Failure::Again(with_causes(error)))?;
        match response.status() {
            StatusCode::OK => self.receive(response, 0).await,
            StatusCode::PARTIAL_CONTENT if continues_at(&response, length) => {
                self.receive(response, length).await
            }
            // the part is already the whole file
            StatusCode::RANGE_NOT_SATISFIABLE
                if content_range(&response) == Some(format!("bytes */{length}")) =>
            {
                let content = self.part.content().await;
                content.map_err(|error| self.failed(error))
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                self.part.remove().map_err(|error| self.failed(error))?;
                Err(Failure::Again(
                    "the server sent another part of the file than it was asked for".into(),
                ))
            }
            status @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) => {
                Err(Failure::Again(answered(status)))
            }
            status if status.is_server_error() => Err(Failure::Again(answered(status))),
            status => Err(Failure::Final(self.unreachable(answered(status)))),
        }
    }

    /// Writes the body of `response` to the part, behind its first `offset` bytes.
    async fn receive(&self, response: Response, offset: u64) -> Result<Content, Failure> {
        let total = response
            .content_length()
            .and_then(|rest| offset.checked_add(rest));
        let limit = self.piece.size.or(total).unwrap_or(LARGEST_FILE);
        if let Some(total) = total.filter(|total| *total != limit) {
            return Err(self.wrong_size(limit, total));
        }
        let progress = self.fetch.progress;
        progress.started(&self.piece.name, total.or(self.piece.size));
        let outcome = self.write(response, offset, total, limit).await;
        progress.finished();
        outcome
    }

    async fn write(
        &self,
        mut response: Response,
        offset: u64,
        total: Option<u64>,
        limit: u64,
    ) -> Result<Content, Failure> {
        let failed = |error| self.failed(error);
        let (file, mut hasher) = match offset {
            0 => {
                let etag = response.headers().get(ETAG);
                let etag = etag.and_then(|etag| etag.to_str().ok());
                (self.part.begin(etag).await.map_err(failed)?, Part::hasher())
            }
            _ => self.part.go_on().await.map_err(failed)?,
        };
        let mut file = BufWriter::with_capacity(BLOCK, file);
        let mut size = offset;
        let mut rate = Rate::new(self.fetch.clients.window, offset);
        let interrupted = loop {
            let arrived = tokio::time::timeout_at(rate.end(), response.chunk()).await;
            if rate.is_too_slow(size) {
                break Some(rate.reason());
            }
            let Ok(arrived) = arrived else {
                continue;
            };
            match arrived {
                Ok(Some(bytes)) => {
                    size += bytes.len() as u64;
                    if size > limit {
                        return Err(self.wrong_size(limit, size));
                    }
                    file.write_all(&bytes).await.map_err(failed)?;
                    hasher.write_all(&bytes).map_err(failed)?;
                    self.fetch.progress.advanced(size);
                }
                Ok(None) => break None,
                Err(error) => break Some(with_causes(error)),
            }
        };
        // also after an interruption, so that the next try can go on from here
        file.flush().await.map_err(failed)?;
        file.get_ref().sync_all().await.map_err(failed)?;
        match interrupted {
            None if total.is_none_or(|total| total == size) => Ok(hasher.finish().1),
            None => Err(Failure::Again("the connection ended too early".into())),
            Some(reason) => Err(Failure::Again(reason)),
        }
    }

    fn wrong_size(&self, expected: u64, actual: u64) -> Failure {
        Failure::Final(ModelError::Size {
            model: self.fetch.model.to_owned(),
            file: self.piece.name.clone(),
            expected,
            actual,
        })
    }

    fn failed(&self, error: io::Error) -> Failure {
        Failure::Final(ModelError::io("write", self.part.path(), error))
    }

    fn unreachable(&self, reason: String) -> ModelError {
        ModelError::Unreachable {
            model: self.fetch.model.to_owned(),
            subject: self.subject.clone(),
            reason,
        }
    }
}

fn content_range(response: &Response) -> Option<String> {
    Some(
        response
            .headers()
            .get(CONTENT_RANGE)?
            .to_str()
            .ok()?
            .to_owned(),
    )
}

fn continues_at(response: &Response, offset: u64) -> bool {
    content_range(response).is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

fn answered(status: StatusCode) -> String {
    format!("the server answered {status}")
}

/// The message of an error and those of its causes, of which the innermost says what is the matter;
/// without the URL, since every message names the file.
pub(super) fn with_causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
