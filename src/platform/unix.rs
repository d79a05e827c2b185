//! File descriptors and process ends on Unix.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

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
