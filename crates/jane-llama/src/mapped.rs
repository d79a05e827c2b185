//! The memory of a model's file that is mapped: most weights are laid out anew for the processor when they are loaded, and what they were read
//! from would stay in memory beside them.

use std::path::Path;

/// Gives back the memory of all that is mapped of the file at `path`. What is used of it is read again, out of the system's cache of files. Where
/// that cannot be, it stays.
pub fn give_back(path: &Path) {
    #[cfg(target_os = "linux")]
    for (begin, length) in mappings(path) {
        // SAFETY: the range is one that the kernel lists as a mapping of this file. It is only read, and the file holds what lies in it: what is
        // given back is read from there when it is touched again.
        let result =
            unsafe { libc::madvise(begin as *mut libc::c_void, length, libc::MADV_DONTNEED) };
        if result != 0 {
            tracing::debug!("what is mapped of the model stays in memory");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = path;
}

/// The addresses and lengths, in bytes, of what is mapped of a file and cannot be written.
#[cfg(target_os = "linux")]
fn mappings(path: &Path) -> Vec<(usize, usize)> {
    let Ok(path) = path.canonicalize() else {
        return Vec::new();
    };
    let listed = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let of_it = listed
        .lines()
        .filter_map(|line| mapping(line, &path.to_string_lossy()));
    of_it.collect()
}

/// Of a line such as `7f00-7fff r--s 00000000 fe:00 1234   /a/model.gguf`.
#[cfg(target_os = "linux")]
fn mapping(line: &str, path: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let is_read_only = rest.starts_with("r--");
    if !is_read_only || rest.splitn(5, ' ').nth(4)?.trim_start() != path {
        return None;
    }
    let (begin, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let (begin, end) = (address(begin)?, address(end)?);
    Some((begin, end.checked_sub(begin)?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::mapping;

    #[test]
    fn only_what_is_mapped_of_the_file_and_cannot_be_written_is_found() {
        let path = "/models/a b/model.gguf";
        let line =
            "7f00-7f80 r--s 00000000 fe:00 1234                       /models/a b/model.gguf";
        assert_eq!(mapping(line, path), Some((0x7f00, 0x80)));
        for line in [
            "7f00-7f80 rw-p 00000000 fe:00 1234                       /models/a b/model.gguf",
            "7f00-7f80 r--s 00000000 fe:00 1234                       /models/a b/other.gguf",
            "7f00-7f80 r--p 00000000 00:00 0",
            "",
        ] {
            assert_eq!(mapping(line, path), None, "{line}");
        }
    }
}
