//! Reads a head piece by piece, and never more than there is.

use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek};

use super::Value;

/// Bytes of the longest name or text that is kept.
const LONGEST_TEXT: u64 = 1 << 16;

/// Elements of the longest array of numbers that is kept: one for each layer.
const LONGEST_ARRAY: u64 = 1 << 12;

pub fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, reason.into())
}

/// A file of which no more is read than is there.
pub struct Input<R> {
    pub file: BufReader<R>,
    /// Bytes that may still be read.
    pub left: u64,
}

impl<R: Read + Seek> Input<R> {
    fn take(&mut self, bytes: u64) -> Result<()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| wrong("it is cut off: it ends within its head"))?;
        Ok(())
    }

    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    pub fn skip(&mut self, bytes: u64) -> Result<()> {
        self.take(bytes)?;
        let mut left = bytes;
        while left > 0 {
            let step = left.min(1 << 30);
            // Short ways within the buffer are taken without asking the system.
            self.file.seek_relative(i64::try_from(step).unwrap_or(0))?;
            left -= step;
        }
        Ok(())
    }

    pub fn text(&mut self) -> Result<String> {
        let length = self.u64()?;
        if length > LONGEST_TEXT {
            return Err(wrong("a name is too long"));
        }
        self.text_of(length)
    }

    fn text_of(&mut self, length: u64) -> Result<String> {
        self.take(length)?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(length).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub fn value(&mut self, kind: u32) -> Result<Value> {
        Ok(match kind {
            STRING => match self.u64()? {
                length @ 0..=LONGEST_TEXT => Value::Text(self.text_of(length)?),
                length => {
                    self.skip(length)?;
                    Value::Other
                }
            },
            ARRAY => {
                let (kind, count) = (self.u32()?, self.u64()?);
                self.array(kind, count)?
            }
            kind => self.scalar(kind)?,
        })
    }

    fn array(&mut self, kind: u32, count: u64) -> Result<Value> {
        if kind == STRING {
            // Each text has at least its length, so the bytes left bound the loop.
            for _ in 0..count {
                let length = self.u64()?;
                self.skip(length)?;
            }
            return Ok(Value::Many(count));
        }
        if count > LONGEST_ARRAY {
            let bytes = width(kind)?.checked_mul(count);
            self.skip(bytes.ok_or_else(|| wrong("an array is too long"))?)?;
            return Ok(Value::Many(count));
        }
        let mut numbers = Vec::new();
        for _ in 0..count {
            match self.scalar(kind)? {
                Value::Number(number) => numbers.push(number),
                _ => numbers.push(0),
            }
        }
        Ok(Value::Numbers(numbers))
    }

    fn scalar(&mut self, kind: u32) -> Result<Value> {
        let number = match (kind, width(kind)?) {
            (FLOAT32 | FLOAT64, width) => {
                self.skip(width)?;
                return Ok(Value::Other);
            }
            (_, 1) => u64::from(u8::from_le_bytes(self.bytes()?)),
            (_, 2) => u64::from(u16::from_le_bytes(self.bytes()?)),
            (_, 4) => u64::from(self.u32()?),
            _ => self.u64()?,
        };
        Ok(Value::Number(number))
    }
}

// The kinds of values that are treated apart; the format numbers them.
const FLOAT32: u32 = 6;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
const FLOAT64: u32 = 12;

/// Bytes of a single value.
fn width(kind: u32) -> Result<u64> {
    match kind {
        0 | 1 | 7 => Ok(1),
        2 | 3 => Ok(2),
        4 | 5 | FLOAT32 => Ok(4),
        10 | 11 | FLOAT64 => Ok(8),
        _ => Err(wrong("a value is of no known kind")),
    }
}
