//! File descriptors, process ends and signals on Unix.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ends the process without running destructors, neither Rust's nor those that C libraries leave for the end (`atexit`): native engines may
/// be at work in other threads. What is to be written or removed has to be before.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Whether a process of this number runs, whoever it belongs to. Numbers are given again to other processes.
#[must_use]
pub fn is_running(process: u32) -> bool {
    let Ok(process) = libc::pid_t::try_from(process) else {
        return false;
    };
    // SAFETY: signal 0 is sent to nobody; it is only looked whether it could be.
    let found = unsafe { libc::kill(process, 0) } == 0;
    let is_forbidden = || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
    process > 0 && (found || is_forbidden())
}

/// Moves standard output to a private descriptor and points fd 1 at standard error, so that a C library that prints cannot
/// write into the stream.
///
/// # Errors
/// Where the descriptors cannot be duplicated.
pub fn take_stdout() -> std::io::Result<File> {
    let private: OwnedFd = std::io::stdout().as_fd().try_clone_to_owned()?;
    // SAFETY: both descriptors are open for the whole of this call, and fd 1 is owned by the process.
    if unsafe { libc::dup2(std::io::stderr().as_raw_fd(), std::io::stdout().as_raw_fd()) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(File::from(private))
}

/// Makes `path` a directory that only its owner can enter.
///
/// # Errors
/// Where it cannot be made, or belongs to somebody else.
pub fn private_directory(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = path.symlink_metadata()?;
    // SAFETY: `geteuid` has no preconditions.
    let is_own = metadata.uid() == unsafe { libc::geteuid() };
    if !metadata.is_dir() || !is_own {
        return Err(std::io::Error::other(
            "it is not a directory of this user's",
        ));
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

/// What tells a file from one that took its place under the same name, and from what it was before it was written: also where a link
/// leads to another one of the same length and time, and where a program sets the time back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    device: u64,
    number: u64,
    bytes: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// The same of the last change of content or attributes, which no program can set.
    changed: (i64, i64),
}

impl FileState {
    #[must_use]
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            number: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The same, whatever happens to its mode, owner and number of links. A change of content with the time set back is not told by it.
    #[must_use]
    pub fn whatever_its_attributes(self) -> Self {
        Self {
            changed: (0, 0),
            ..self
        }
    }

    /// The time since its content or attributes changed; nothing where that is in the future.
    #[must_use]
    pub fn age(&self) -> std::time::Duration {
        let since = |(seconds, nanoseconds): (i64, i64)| {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            std::time::Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap_or_default().saturating_sub(since(self.changed))
    }
}

impl std::fmt::Display for FileState {
    /// What names something that was made of the file: another file's, or a changed one's, is named otherwise.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            device,
            number,
            bytes,
            modified,
            changed,
        } = self;
        write!(
            formatter,
            "{device} {number} {bytes} {modified:?} {changed:?}"
        )
    }
}

/// The time that the threads of this process spent computing, asked without a file: workers have given those up.
#[must_use]
pub fn computed() -> std::time::Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` has room for what is written there.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    let whole = std::time::Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    whole + std::time::Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// The terminal that this process was started from, which ends it when it is closed.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Not where there is none, and not where the process is to outlive it (`nohup`).
    ends_with_it: bool,
}

impl Terminal {
    /// Looks at it. To be done before [`Hangups`] are waited for, which nobody can tell from `nohup` afterwards.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            ends_with_it: File::open(TERMINAL).is_ok() && !ignores(libc::SIGHUP),
        }
    }

    /// Whether it was closed. The system takes a terminal that hangs up from its processes before it tells them by SIGHUP.
    #[must_use]
    pub fn is_closed(self) -> bool {
        let gone =
            |error: std::io::Error| matches!(error.raw_os_error(), Some(libc::ENXIO | libc::EIO));
        self.ends_with_it && File::open(TERMINAL).is_err_and(gone)
    }
}

/// Whoever opens it gets the terminal that controls the process.
const TERMINAL: &str = "/dev/tty";

/// Whether whoever started this process wants the signal to do nothing. To be asked before it is waited for.
fn ignores(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `action` has room for what is written there, and nothing is changed.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all bytes zero are a `sigaction` as well, where nothing was written.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Has the process end as by SIGTERM.
pub fn ask_to_end() {
    // SAFETY: `raise` has no preconditions.
    unsafe { libc::raise(libc::SIGTERM) };
}

/// How the process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndRequest {
    /// Ctrl-C (SIGINT).
    Interrupt,
    /// Anything else.
    End,
}

/// SIGINT, SIGTERM and SIGQUIT, and SIGHUP where it means nothing else. From the moment that this is made none of them is lost, and none ends
/// the process by itself.
pub struct EndRequests(Vec<(EndRequest, Signal)>);

impl EndRequests {
    /// `hangups` is whether SIGHUP asks to end. That and SIGQUIT do not where whoever started the process has it ignore them (`nohup`). To be
    /// made within a runtime of tokio. A signal that cannot be waited for does what the system does with it.
    #[must_use]
    pub fn listen(hangups: bool) -> Self {
        let mut wanted = vec![
            (EndRequest::Interrupt, SignalKind::interrupt()),
            (EndRequest::End, SignalKind::terminate()),
        ];
        if !ignores(libc::SIGQUIT) {
            wanted.push((EndRequest::End, SignalKind::quit()));
        }
        if hangups && !ignores(libc::SIGHUP) {
            wanted.push((EndRequest::End, SignalKind::hangup()));
        }
        let signals = wanted.into_iter();
        Self(
            signals
                .filter_map(|(request, kind)| Some((request, signal(kind).ok()?)))
                .collect(),
        )
    }

    /// Waits for the next one; for ever where there can be none.
    pub async fn next(&mut self) -> EndRequest {
        std::future::poll_fn(|context| {
            for (request, signal) in &mut self.0 {
                if let Poll::Ready(Some(())) = signal.poll_recv(context) {
                    return Poll::Ready(*request);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// SIGHUP: the configuration is to be read anew, or the [`Terminal`] was closed.
pub struct Hangups(Option<Signal>);

impl Hangups {
    /// From now on the signal does not end the process by itself.
    #[must_use]
    pub fn new() -> Self {
        Self(signal(SignalKind::hangup()).ok())
    }

    /// Waits for the next one. Returns whether there can be more.
    pub async fn next(&mut self) -> bool {
        match &mut self.0 {
            Some(signal) => signal.recv().await.is_some(),
            None => false,
        }
    }
}

impl Default for Hangups {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_to_end_is_not_lost_where_it_comes_before_it_is_waited_for() {
        let mut requests = EndRequests::listen(false);
        ask_to_end();
        tokio::task::yield_now().await;
        assert_eq!(requests.next().await, EndRequest::End);
    }
}
