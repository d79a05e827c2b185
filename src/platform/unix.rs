//! File descriptors, process ends and signals on Unix.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

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

/// What tells a file from one that took its place under the same name.
#[must_use]
pub fn file_number(metadata: &std::fs::Metadata) -> u64 {
    metadata.ino()
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
