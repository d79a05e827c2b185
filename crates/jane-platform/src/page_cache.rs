//! The system's cache of file contents, on Linux.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Has the system forget what it keeps of a file in memory, so that the next one who reads it waits for the disk. Pages that a
/// running process has mapped, or that were not written yet, stay.
///
/// Returns the share that is left, from 0 to 1: more than nothing where the system did not follow.
///
/// # Errors
/// Where the file cannot be opened or looked at.
pub fn drop_page_cache(path: &Path) -> std::io::Result<f64> {
    let (file, metadata) = super::open_regular(path)?;
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if length == 0 {
        return Ok(0.0);
    }
    // SAFETY: the descriptor is open; a length of 0 means the whole file.
    let error = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    if error != 0 {
        return Err(std::io::Error::from_raw_os_error(error));
    }
    resident(&file, length)
}

/// The share of a file's pages that lie in memory.
fn resident(file: &File, length: usize) -> std::io::Result<f64> {
    // SAFETY: asks for a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    let pages = length.div_ceil(page.max(1));
    let mut states = vec![0_u8; pages];
    // SAFETY: a new mapping at an address that the system chooses, of a file that is open; nothing reads through it.
    let mapping = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_NONE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if mapping == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the mapping has `length` bytes, and `states` a byte for each of its pages.
    let asked = unsafe { libc::mincore(mapping, length, states.as_mut_ptr()) };
    let failed = (asked != 0).then(std::io::Error::last_os_error);
    // SAFETY: the mapping is this function's own, and not used any more.
    unsafe { libc::munmap(mapping, length) };
    if let Some(error) = failed {
        return Err(error);
    }
    let there = states.iter().filter(|state| **state & 1 == 1).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of pages are small")]
    Ok(there as f64 / pages as f64)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_written_is_in_memory_until_it_is_dropped() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![7; 1 << 20]).unwrap();
        let left = resident(file.as_file(), 1 << 20).unwrap();
        assert!(left > 0.99, "{left}");
        // A file that lies in memory alone keeps its pages: what is told is true, whatever it is.
        file.as_file().sync_all().unwrap();
        let told = drop_page_cache(file.path()).unwrap();
        let left = resident(file.as_file(), 1 << 20).unwrap();
        assert!((told - left).abs() < 0.01, "{told} {left}");
    }
}
