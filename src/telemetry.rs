//! The log: one file a day in the log directory, `jane.log` pointing at the newest, written by a thread of its own.
//!
//! Invariants: logging never waits for the disk (lines are dropped before a turn is held up);
//! files beyond `log.keep_files` are removed; secrets and what was said are not logged; the files are for their owner alone; one record is one
//! line.

mod engine_replies;
mod record;

use std::path::{Path, PathBuf};

use jane_config::LogLevel;
use jane_engines::worker::REPLIED;
use parking_lot::Mutex;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

pub use engine_replies::{EngineReplies, ReplyTrace};

/// Points at the newest log.
const LATEST: &str = "jane.log";

/// How often a log with that pointer is tried: of two that start at once, one may find the other's where it is to make its own.
const TRIES: usize = 4;

/// Writes what was logged when it is dropped.
static UNWRITTEN: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// The directory of what `jane bench` measured.
const REPORTS: &str = "benchmarks";

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

/// The log of this process. [`flush`] writes what is left of it.
pub struct Log {
    level: reload::Handle<EnvFilter, Registry>,
    /// What others could reach when it was started, and cannot any more.
    pub tightened: Vec<PathBuf>,
    /// What engines reply, and how long they were at it.
    pub engine_replies: EngineReplies,
}

impl Log {
    /// From now on the least serious messages that are written are these.
    pub fn set_level(&self, level: LogLevel) {
        // It fails only where there is no log any more.
        let _ = self.level.reload(filter(level));
    }
}

/// Writes what was logged, in bounded time; what is logged from then on is lost. To be called at the end of the process, which may end without
/// running destructors.
pub fn flush() {
    let unwritten = UNWRITTEN.lock().take();
    drop(unwritten);
}

/// Starts logging into `directory`.
///
/// # Errors
/// Where the directory cannot be made or written to.
pub fn start(directory: &Path, log: &jane_config::Log) -> Result<Log, TelemetryError> {
    let error = |reason: &dyn std::fmt::Display| TelemetryError {
        directory: directory.to_path_buf(),
        reason: reason.to_string(),
    };
    jane_platform::create_private_directory(directory).map_err(|problem| error(&problem))?;
    let tightened = tighten(directory).map_err(|problem| error(&problem))?;
    let keep_files = usize::try_from(log.keep_files).unwrap_or(usize::MAX);
    let appender = appender(directory, keep_files).map_err(|problem| error(&problem))?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let (filter, level) = reload::Layer::new(filter(log.level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || record::OneLine(writer.clone()))
        .with_ansi(false)
        .with_filter(filter);
    let engine_replies = EngineReplies::default();
    tracing_subscriber::registry()
        .with(lines)
        .with(engine_replies.layer())
        .try_init()
        .map_err(|problem| error(&problem))?;
    *UNWRITTEN.lock() = Some(guard);
    Ok(Log {
        level,
        tightened,
        engine_replies,
    })
}

/// What writes into the files, without a pointer at the newest where it cannot be made.
fn appender(directory: &Path, keep_files: usize) -> Result<RollingFileAppender, InitError> {
    let builder = || {
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("jane")
            .filename_suffix("log")
            .max_log_files(keep_files)
    };
    let with_pointer = || builder().latest_symlink(LATEST).build(directory);
    std::iter::repeat_with(with_pointer)
        .take(TRIES)
        .find_map(Result::ok)
        .map_or_else(|| builder().build(directory), Ok)
}

/// Takes from others what they may do with the files of the log, and with the directory where nothing but Jane's lies in it.
///
/// # Errors
/// Where something lies in the place of a log that is no file, such as a pipe, which would be waited for.
fn tighten(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut is_janes = true;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("jane.") && name.ends_with(".log") {
            let kind = entry.file_type()?;
            let is_pointer = kind.is_symlink() && name == LATEST;
            if !(kind.is_file() || is_pointer) {
                let what = entry.path();
                let message = format!("`{}` is not a file", what.display());
                return Err(std::io::Error::other(message));
            }
            paths.push(entry.path());
        } else {
            is_janes &= name == REPORTS;
        }
    }
    if is_janes {
        paths.push(directory.to_path_buf());
    }
    // What cannot be taken back is another user's, or lies on a system of files that has no owners.
    paths.retain(|path| jane_platform::tighten(path).unwrap_or(false));
    Ok(paths)
}

fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Each reply of an engine would be a line for each token.
    EnvFilter::new(format!("warn,jane={level},{REPLIED}=off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_at_the_newest_log_that_cannot_be_made_keeps_nobody_from_logging() {
        let directory = tempfile::tempdir().unwrap();
        // It cannot be replaced by a link, as that of another start in the same moment.
        std::fs::create_dir(directory.path().join(LATEST)).unwrap();
        assert!(appender(directory.path(), 7).is_ok());
        assert!(directory.path().join(LATEST).is_dir());
        let directory = tempfile::tempdir().unwrap();
        assert!(appender(directory.path(), 7).is_ok());
        assert!(directory.path().join(LATEST).is_symlink());
    }

    #[test]
    fn those_that_start_at_once_all_log() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| appender(directory.path(), 7).is_ok()))
                .collect();
            for start in starts {
                assert!(start.join().unwrap());
            }
        });
    }
}
