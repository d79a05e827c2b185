//! File descriptors, process ends and signals on Unix.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ends the process without running destructors: native engines may be at work in other threads.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
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

/// The signals that ask for the configuration to be read anew: SIGHUP.
pub struct ReloadSignals(Option<Signal>);

impl ReloadSignals {
    /// From now on the signal does not end the process.
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

impl Default for ReloadSignals {
    fn default() -> Self {
        Self::new()
    }
}
