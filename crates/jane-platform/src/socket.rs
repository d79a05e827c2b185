//! Sockets that are files, in directories whose path may be longer than the address of a socket (108 bytes on Linux).

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// Listens at a new socket `name` in `directory`, which only this user can connect to.
///
/// # Errors
/// Where it cannot be made, or is there already.
pub fn listen_in(directory: &Path, name: &str) -> io::Result<UnixListener> {
    let place = Place::open(directory)?;
    let path = place.path(name);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the socket `name` in `directory`.
///
/// # Errors
/// Where there is none, or nobody listens.
pub async fn connect_in(directory: &Path, name: &str) -> io::Result<UnixStream> {
    let place = Place::open(directory)?;
    UnixStream::connect(place.path(name)).await
}

/// A directory, with a short path as long as this lives.
struct Place {
    short: PathBuf,
    #[cfg(target_os = "linux")]
    _open: std::fs::File,
}

impl Place {
    #[cfg(target_os = "linux")]
    fn open(directory: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::OpenOptionsExt;
        let open = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
            .open(directory)?;
        Ok(Self {
            short: PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())),
            _open: open,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            short: directory.to_owned(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.short.join(name)
    }
}
