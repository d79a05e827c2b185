//! Reading and writing files of models: bounded, hashed on the way, and on the disk before anyone
//! relies on them.
//!
//! Nothing here trusts a length that a file states about itself.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes that are moved at once.
const BLOCK: usize = 256 * 1024;

/// Size and SHA-256 of what was read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// Counts and hashes what passes through to `inner`.
pub struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> HashingWriter<W> {
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            size: 0,
        }
    }

    /// The inner writer, and what passed through to it.
    pub fn finish(self) -> (W, Content) {
        let content = Content {
            size: self.size,
            sha256: hexadecimal(&self.hasher.finalize()),
        };
        (self.inner, content)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        if let Some(bytes) = bytes.get(..written) {
            self.hasher.update(bytes);
        }
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Digits of a hash.
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Size and SHA-256 of the file at `path`.
pub fn hash(path: &Path) -> io::Result<Content> {
    let mut writer = HashingWriter::new(io::sink());
    copy(&mut jane_platform::open_regular(path)?.0, &mut writer)?;
    Ok(writer.finish().1)
}

/// Copies all of `from` to the new file `to` and makes sure that it is on the disk.
pub fn store(from: &mut impl Read, to: &Path) -> io::Result<Content> {
    let mut writer = HashingWriter::new(File::create(to)?);
    copy(from, &mut writer)?;
    let (file, content) = writer.finish();
    file.sync_all()?;
    Ok(content)
}

/// [`io::copy`] with a block that suits files of this size.
pub fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<u64> {
    io::copy(&mut BufReader::with_capacity(BLOCK, from), to)
}

/// The text at `path`; an error where it is no regular file, longer than `limit` bytes or not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = jane_platform::read_regular(path, limit)?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let message = format!("the text is not UTF-8 from byte {offset} on");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

/// Removes the file or directory tree at `path`, if it is there; a symbolic link itself is removed,
/// not what it names.
pub fn remove_all(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_file_has_the_hash_that_was_computed_on_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("abc");
        let stored = store(&mut "abc".as_bytes(), &path).unwrap();
        // the example of FIPS 180-4
        assert_eq!(
            stored.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(stored.size, 3);
        assert_eq!(hash(&path).unwrap(), stored);
    }

    #[test]
    fn a_text_beyond_its_limit_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("text");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        assert_eq!(
            read_text(&path, 4).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
    }
}
