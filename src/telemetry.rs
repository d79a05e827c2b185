//! The log: one file a day in the log directory, `jane.log` pointing at the newest, written by a thread of its own.
//!
//! Invariants: logging never waits for the disk (lines are dropped before a turn is held up);
//! files beyond `log.keep_files` are removed; secrets and what was said are not logged.

use std::fs;
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogLevel};

/// The log cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write logs to `{}`: {reason}", directory.display())]
pub struct TelemetryError {
    directory: PathBuf,
    reason: String,
}

impl TelemetryError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(
            "make the directory writable, or name another one with `log.directory` in `jane.toml`"
                .to_owned(),
        )
    }
}

/// Starts logging into `directory`. The log is flushed when the guard is dropped.
///
/// # Errors
/// Where the directory cannot be made or written to.
pub fn start(directory: &Path, log: &Log) -> Result<WorkerGuard, TelemetryError> {
    let error = |reason: &dyn std::fmt::Display| TelemetryError {
        directory: directory.to_path_buf(),
        reason: reason.to_string(),
    };
    fs::create_dir_all(directory).map_err(|problem| error(&problem))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("jane")
        .filename_suffix("log")
        .latest_symlink("jane.log")
        .max_log_files(usize::try_from(log.keep_files).unwrap_or(usize::MAX))
        .build(directory)
        .map_err(|problem| error(&problem))?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let filter = EnvFilter::new(format!("warn,jane={level}"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .try_init();
    if let Err(problem) = started {
        return Err(error(&problem));
    }
    Ok(guard)
}

/// Sends a worker's own warnings, and those of its engine, to its standard error, which the host writes into the log.
pub fn start_in_worker() {
    let filter = EnvFilter::new("warn");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .try_init();
}
