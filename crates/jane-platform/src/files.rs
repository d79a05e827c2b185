//! Files that may be other than their names say, and files that are for their owner alone, on Unix.
//!
//! Invariants: a file is looked at once it is open, so that nothing takes its place between the look and the reading; opening waits for
//! nobody, whatever lies there (a pipe without a writer, a device); what is read is bounded.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What others than the owner may do with a file.
const OTHERS: u32 = 0o077;

/// A file for its owner alone.
const PRIVATE_FILE: u32 = 0o600;

/// A directory for its owner alone.
const PRIVATE_DIRECTORY: u32 = 0o700;

/// From now on whatever this process and its children make is for its owner alone.
pub fn make_private_files() {
    // SAFETY: `umask` has no preconditions.
    unsafe { libc::umask(OTHERS) };
}

/// Opens the regular file at `path` for reading; links are followed.
///
/// # Errors
/// Where it cannot be opened, or is a directory, a pipe, a socket or a device.
pub fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    open_with(path, 0)
}

/// Opens a file of this user's that no other user can read or change, and that lies there itself: no link, and no second name.
///
/// # Errors
/// Where it cannot be opened, or is anything else.
pub fn open_private(path: &Path) -> io::Result<(File, Metadata)> {
    let (file, metadata) = open_with(path, libc::O_NOFOLLOW)?;
    if !is_own(&metadata) {
        return Err(io::Error::other("it belongs to another user"));
    }
    if metadata.mode() & OTHERS != 0 {
        return Err(io::Error::other("other users can read or change it"));
    }
    if metadata.nlink() != 1 {
        return Err(io::Error::other("it has a second name"));
    }
    Ok((file, metadata))
}

fn open_with(path: &Path, flags: i32) -> io::Result<(File, Metadata)> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | flags)
        .open(path);
    let file = match opened {
        // A socket, or a device without a driver.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => return Err(no_file()),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(no_file());
    }
    Ok((file, metadata))
}

fn no_file() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is not a file")
}

/// Reads the regular file at `path`, of at most `limit` bytes; links are followed.
///
/// # Errors
/// As [`open_regular`]; `FileTooLarge` where it is longer, or grows while it is read.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open_regular(path)?;
    read_open(&file, &metadata, limit)
}

/// Reads the rest of an open file, of at most `limit` bytes.
///
/// # Errors
/// Where it cannot be read; `FileTooLarge` where it is longer, or grows while it is read.
pub fn read_open(file: &File, metadata: &Metadata, limit: u64) -> io::Result<Vec<u8>> {
    let too_large = || {
        let message = format!("it is longer than {limit} bytes");
        io::Error::new(ErrorKind::FileTooLarge, message)
    };
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Makes a file at `path` that only its owner can read, for writing. One that is there is emptied and keeps its name: links are followed.
///
/// # Errors
/// Where it cannot be made, or something else than a file lies there.
pub fn create_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE_FILE)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(no_file());
    }
    tighten_open(&file, &metadata)?;
    Ok(file)
}

/// Makes a file at `path` that only its owner can read.
///
/// # Errors
/// Where it cannot be made, or something lies there: `AlreadyExists`.
pub fn create_private_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE_FILE)
        .open(path)
}

/// Makes the directory at `path`, and those above it that are missing, each for its owner alone. One that is there stays as it is.
///
/// # Errors
/// Where it cannot be made.
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_DIRECTORY)
        .create(path)
}

/// Takes from others what they may do with this user's file or directory at `path`. Whether there was anything to take: not where it is
/// another user's, not there, a link, or neither file nor directory.
///
/// # Errors
/// Where the system does not allow it.
pub fn tighten(path: &Path) -> io::Result<bool> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW)
        .open(path);
    match opened {
        Ok(file) => tighten_open(&file, &file.metadata()?),
        Err(error)
            if error.kind() == ErrorKind::NotFound
                || matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO)) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn tighten_open(file: &File, metadata: &Metadata) -> io::Result<bool> {
    let is_kept = metadata.is_file() || metadata.is_dir();
    if !is_kept || !is_own(metadata) || metadata.mode() & OTHERS == 0 {
        return Ok(false);
    }
    let mode = metadata.mode() & 0o777 & !OTHERS;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(true)
}

fn is_own(metadata: &Metadata) -> bool {
    // SAFETY: `geteuid` has no preconditions.
    metadata.uid() == unsafe { libc::geteuid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(path: &Path) {
        use std::os::unix::ffi::OsStrExt;
        let path = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: the path is a string that ends with a zero.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        pipe(&at("pipe"));
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (link, to) in [
            ("zero", "/dev/zero"),
            ("null", "/dev/null"),
            ("piped", "pipe"),
        ] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        for name in ["pipe", "socket", "zero", "null", "piped", "."] {
            let error = read_regular(&at(name), 10).unwrap_err();
            assert_eq!(error.to_string(), "it is not a file", "{name}");
        }
        assert_eq!(
            read_regular(&at("none"), 10).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn what_is_read_is_bounded_and_links_of_the_owner_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("file"), "12345").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        assert_eq!(read_regular(&at("link"), 5).unwrap(), b"12345");
        let error = read_regular(&at("link"), 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        // It grows after it was looked at.
        let (file, metadata) = open_regular(&at("file")).unwrap();
        std::fs::write(at("file"), "1234567890").unwrap();
        let error = read_open(&file, &metadata, 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        // A sparse file of a terabyte costs nothing.
        File::create(at("sparse"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        assert!(read_regular(&at("sparse"), 5).is_err());
    }

    #[test]
    fn a_private_file_is_its_owners_and_lies_there_itself() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        drop(create_private(&at("file")).unwrap());
        assert!(open_private(&at("file")).is_ok());
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        assert!(open_private(&at("link")).is_err());
        std::fs::hard_link(at("file"), at("second")).unwrap();
        assert!(open_private(&at("file")).is_err());
        std::fs::remove_file(at("second")).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o666] {
            std::fs::set_permissions(at("file"), Permissions::from_mode(mode)).unwrap();
            assert!(open_private(&at("file")).is_err(), "{mode:o}");
            assert!(tighten(&at("file")).unwrap());
            assert!(open_private(&at("file")).is_ok());
        }
        assert!(!tighten(&at("file")).unwrap() && !tighten(&at("none")).unwrap());
        // What a link names is not touched.
        std::fs::set_permissions(at("file"), Permissions::from_mode(0o644)).unwrap();
        assert!(!tighten(&at("link")).unwrap());
        drop(create_private(&at("link")).unwrap());
        assert!(open_private(&at("file")).is_ok());
    }
}
