//! The running Janes of a home, found by their status sockets: the side of `jane top`.
//!
//! Invariants: what comes from a socket is bounded in length and time; a socket whose Jane is gone is passed over.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use serde::Deserialize;
use tokio::net::UnixStream;
use tokio_util::codec::{FramedRead, LinesCodec};

use super::Snapshot;
use super::status_socket::SOCKET;
use crate::runtime::runs_directory;

/// Bytes of the longest snapshot that is taken. One with all there can be has some ten thousand.
const LONGEST_LINE: usize = 1 << 20;

/// How long a Jane may take to tell something.
const PATIENCE: Duration = Duration::from_secs(10);

/// No more directories of runs are looked at.
const MOST_RUNS: usize = 256;

/// No running Jane can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error("no Jane is running in `{home}`")]
    None { home: String },
    #[error("no Jane with process {pid} is running in `{home}`")]
    NotThis { pid: u32, home: String },
    #[error(
        "the Jane with process {pid} is of version {version}, and tells what this one does not understand"
    )]
    Version { pid: u32, version: String },
    #[error("no Jane in `{home}` answers, and one that runs does not say whose she is")]
    Silent { home: String },
}

impl NotFound {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::None { .. } => {
                "start one with `jane talk` or `jane chat`; name its home with `--home`, and its models with `--set \
                 models.directory=…` where it was started so"
            }
            Self::NotThis { .. } => "`jane top` without `--pid` shows the newest",
            Self::Version { .. } => "use the `jane` that it was started with, or start it anew",
            Self::Silent { .. } => "try again: too many may look at her, or the machine is busy",
        };
        Some(hint.to_owned())
    }
}

/// A running Jane, and what she told first.
pub struct Found {
    pub first: Snapshot,
    lines: Lines,
}

type Lines = FramedRead<UnixStream, LinesCodec>;

/// What every version tells.
#[derive(Deserialize)]
struct Who {
    version: String,
    pid: u32,
    home: String,
}

enum Answer {
    Told(Box<Found>),
    Other(Who),
    Silent,
    Gone,
}

impl Found {
    /// What she tells next; `None` once she has ended.
    pub async fn next(&mut self) -> Option<Snapshot> {
        let line = self.lines.next().await?.ok()?;
        serde_json::from_str(&line).ok()
    }
}

/// The newest Jane of `home`, whose models lie in `models`, or the one with process `pid`.
///
/// # Errors
/// Where there is none, or none that can be understood.
pub async fn running(models: &Path, home: &Path, pid: Option<u32>) -> Result<Found, NotFound> {
    let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    let home = home.to_string_lossy().into_owned();
    let mut newest: Option<Box<Found>> = None;
    let mut failure = match pid {
        Some(pid) => NotFound::NotThis {
            pid,
            home: home.clone(),
        },
        None => NotFound::None { home: home.clone() },
    };
    let is_meant = |at: &str, process| at == home && pid.is_none_or(|pid| pid == process);
    for answer in join_all(directories(models).iter().map(|run| ask(run))).await {
        match answer {
            Answer::Told(found) if is_meant(&found.first.home, found.first.pid) => {
                let started = |found: &Found| (found.first.started_at_ms, found.first.pid);
                if newest
                    .as_deref()
                    .is_none_or(|newest| started(&found) > started(newest))
                {
                    newest = Some(found);
                }
            }
            Answer::Other(Who { version, pid, home }) if is_meant(&home, pid) => {
                failure = NotFound::Version { pid, version };
            }
            // Which home it has is not known: it is named where nothing better is.
            Answer::Silent if matches!(failure, NotFound::None { .. }) => {
                failure = NotFound::Silent { home: home.clone() };
            }
            _ => {}
        }
    }
    newest.map(|found| *found).ok_or(failure)
}

fn directories(models: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(runs_directory(models));
    let entries = entries.into_iter().flatten().flatten().take(MOST_RUNS);
    entries.map(|entry| entry.path()).collect()
}

async fn ask(run: &Path) -> Answer {
    let Ok(stream) = jane_platform::connect_in(run, SOCKET).await else {
        return Answer::Gone;
    };
    let mut lines = FramedRead::new(stream, LinesCodec::new_with_max_length(LONGEST_LINE));
    let line = match tokio::time::timeout(PATIENCE, lines.next()).await {
        Ok(Some(Ok(line))) => line,
        Ok(Some(Err(_)) | None) | Err(_) => return Answer::Silent,
    };
    match serde_json::from_str(&line) {
        Ok(first) => Answer::Told(Box::new(Found { first, lines })),
        Err(_) => serde_json::from_str(&line).map_or(Answer::Silent, Answer::Other),
    }
}
