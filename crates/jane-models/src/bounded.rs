//! Reads a file of a model piece by piece, and never more than there is: nothing is believed of a length that the file states.

use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek};

/// A file that is not what it should be.
pub fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, reason.into())
}

/// A file of which no more is read than is there.
pub struct Input<R> {
    file: BufReader<R>,
    /// Bytes that may still be read.
    left: u64,
    /// Bytes of the whole file.
    bytes: u64,
}

impl<R: Read + Seek> Input<R> {
    /// `file` is at its beginning, and has so many bytes.
    pub fn new(file: R, bytes: u64) -> Self {
        Self {
            file: BufReader::new(file),
            left: bytes,
            bytes,
        }
    }

    pub fn is_over(&self) -> bool {
        self.left == 0
    }

    fn take(&mut self, bytes: u64) -> Result<()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| {
            wrong(format!(
                "it is cut off: it has {} bytes, and what it announces goes beyond",
                self.bytes
            ))
        })?;
        Ok(())
    }

    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub fn skip(&mut self, bytes: u64) -> Result<()> {
        self.take(bytes)?;
        self.file
            .seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))
    }
}
