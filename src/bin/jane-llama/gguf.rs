//! Reads the head of a GGUF file: the numbers among its metadata, and the size of each tensor. Nothing of the weights is read.
//!
//! llama-cpp-2's `GgufContext` gives no tensors, and llama.cpp's own reader aborts on some files; a measurement must not. Files are
//! hostile: what is read, kept and looped over is bounded, and every length is checked by reading it. The format:
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

/// Bytes of the longest head. Vocabularies of 256,000 tokens make heads of 30 MB.
const LONGEST: u64 = 256 << 20;

/// The most entries and the most tensors.
const MOST: u64 = 1 << 17;

/// Bytes of the longest name or text that is kept.
const LONGEST_TEXT: u64 = 1 << 16;

/// Elements of the longest array of numbers that is kept: one for each layer.
const LONGEST_ARRAY: u64 = 1 << 12;

/// What llama.cpp aligns tensors to where the file does not say.
const ALIGNMENT: u64 = 32;

/// A value of the metadata, as far as it is of use here.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(u64),
    Numbers(Vec<u64>),
    Text(String),
    /// How many elements an array has that is not kept.
    Many(u64),
    Other,
}

/// The head of a file.
#[derive(Debug, Default)]
pub struct Head {
    pub metadata: HashMap<String, Value>,
    /// Name and bytes of each tensor, padding included.
    pub tensors: Vec<(String, u64)>,
}

impl Head {
    /// # Errors
    /// Where the file cannot be read, or is no GGUF file of version 2 or 3.
    pub fn of(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Self::read(BufReader::with_capacity(1 << 16, file), bytes)
    }

    fn read(file: impl Read + Seek, bytes: u64) -> Result<Self> {
        let mut input = Input {
            file,
            left: LONGEST.min(bytes),
        };
        if input.bytes::<4>()? != *b"GGUF" {
            return Err(wrong("it does not begin with `GGUF`"));
        }
        if !matches!(input.u32()?, 2 | 3) {
            return Err(wrong("its version is not 2 or 3"));
        }
        let (tensors, entries) = (input.u64()?, input.u64()?);
        if tensors > MOST || entries > MOST {
            return Err(wrong("it announces more than it can hold"));
        }
        let mut metadata = HashMap::new();
        for _ in 0..entries {
            let name = input.text()?;
            let kind = input.u32()?;
            metadata.insert(name, input.value(kind)?);
        }
        let mut places = Vec::new();
        for _ in 0..tensors {
            let name = input.text()?;
            let dimensions = input.u32()?;
            if dimensions > 8 {
                return Err(wrong("a tensor has too many dimensions"));
            }
            input.skip(u64::from(dimensions) * 8 + 4)?;
            places.push((name, input.u64()?));
        }
        let alignment = match metadata.get("general.alignment") {
            Some(Value::Number(alignment)) => (*alignment).clamp(1, 1 << 20),
            _ => ALIGNMENT,
        };
        let head = LONGEST.min(bytes).saturating_sub(input.left);
        let data = bytes.saturating_sub(head.next_multiple_of(alignment));
        Ok(Self {
            metadata,
            tensors: sizes(places, data),
        })
    }

    /// `None` where it is missing or no number.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.metadata.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A number for each of `layers`: some models give one for all, others a list.
    pub fn for_layers(&self, name: &str, layers: usize) -> Option<Vec<u64>> {
        match self.metadata.get(name)? {
            Value::Number(number) => Some(vec![*number; layers]),
            Value::Numbers(numbers) => Some(numbers.clone()),
            _ => None,
        }
    }

    /// Elements of an array; 0 where it is missing.
    pub fn count(&self, name: &str) -> u64 {
        match self.metadata.get(name) {
            Some(Value::Many(count)) => *count,
            Some(Value::Numbers(numbers)) => numbers.len() as u64,
            _ => 0,
        }
    }
}

/// Tensors lie one behind the other, so each ends where the next one begins; the last one ends with the file.
fn sizes(mut places: Vec<(String, u64)>, data: u64) -> Vec<(String, u64)> {
    places.sort_by_key(|(_, place)| *place);
    let mut end = data;
    for (_, place) in places.iter_mut().rev() {
        let begin = (*place).min(end);
        *place = end - begin;
        end = begin;
    }
    places
}

fn wrong(reason: &str) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

struct Input<R> {
    file: R,
    /// Bytes that may still be read.
    left: u64,
}

impl<R: Read + Seek> Input<R> {
    fn take(&mut self, bytes: u64) -> Result<()> {
        let left = self.left.checked_sub(bytes);
        self.left =
            left.ok_or_else(|| wrong("its head is longer than the file, or than any known"))?;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        self.take(bytes)?;
        // Short ways within the buffer are taken without asking the system.
        let mut left = bytes;
        if left < 4096 {
            return std::io::copy(&mut self.file.by_ref().take(left), &mut std::io::sink())
                .map(drop);
        }
        while left > 0 {
            let step = left.min(1 << 30);
            self.file
                .seek(SeekFrom::Current(i64::try_from(step).unwrap_or(0)))?;
            left -= step;
        }
        Ok(())
    }

    fn text(&mut self) -> Result<String> {
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

    fn value(&mut self, kind: u32) -> Result<Value> {
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

#[cfg(test)]
pub mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
    }

    fn number(name: &str, value: u32) -> Vec<u8> {
        [
            text(name),
            4_u32.to_le_bytes().to_vec(),
            value.to_le_bytes().to_vec(),
        ]
        .concat()
    }

    /// A small model: two layers, 96 bytes of weights in all.
    pub fn model() -> Vec<u8> {
        let mut file = b"GGUF\x03\0\0\0".to_vec();
        file.extend(3_u64.to_le_bytes());
        file.extend(7_u64.to_le_bytes());
        file.extend(text("general.architecture"));
        file.extend(STRING.to_le_bytes());
        file.extend(text("llama"));
        for (name, value) in [
            ("llama.block_count", 2),
            ("llama.context_length", 2048),
            ("llama.embedding_length", 64),
            ("llama.attention.head_count", 4),
            ("llama.attention.head_count_kv", 2),
        ] {
            file.extend(number(name, value));
        }
        file.extend(text("tokenizer.ggml.tokens"));
        file.extend(ARRAY.to_le_bytes());
        file.extend(STRING.to_le_bytes());
        file.extend(2_u64.to_le_bytes());
        file.extend([text("a"), text("b")].concat());
        for (name, place) in [
            ("token_embd.weight", 0_u64),
            ("blk.0.w", 32),
            ("blk.1.w", 64),
        ] {
            file.extend(text(name));
            file.extend(1_u32.to_le_bytes());
            file.extend(8_u64.to_le_bytes());
            file.extend(0_u32.to_le_bytes());
            file.extend(place.to_le_bytes());
        }
        file.resize(file.len().next_multiple_of(32) + 96, 0);
        file
    }

    fn read(file: &[u8]) -> Result<Head> {
        Head::read(Cursor::new(file), file.len() as u64)
    }

    #[test]
    fn numbers_arrays_and_tensors_are_found() {
        let head = read(&model()).unwrap();
        assert_eq!(head.number("llama.block_count"), Some(2));
        assert_eq!(head.count("tokenizer.ggml.tokens"), 2);
        assert_eq!(
            head.metadata["general.architecture"],
            Value::Text("llama".to_owned())
        );
        let sizes: Vec<u64> = head.tensors.iter().map(|(_, bytes)| *bytes).collect();
        assert_eq!(sizes, [32, 32, 32]);
    }

    #[test]
    fn a_head_that_announces_too_much_is_refused() {
        let mut file = model();
        file[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(read(&file).is_err());
        assert!(read(&model()[..60]).is_err());
        assert!(read(b"GGML").is_err());
    }

    proptest! {
        #[test]
        fn a_damaged_file_never_panics_and_never_has_more_weights_than_bytes(
            damage in proptest::collection::vec((0_usize..700, any::<u8>()), 1..8),
            length in 0_usize..700,
        ) {
            let mut file = model();
            for (place, byte) in damage {
                if let Some(old) = file.get_mut(place) {
                    *old = byte;
                }
            }
            file.truncate(length.max(8));
            if let Ok(head) = read(&file) {
                let bytes: u64 = head.tensors.iter().map(|(_, bytes)| bytes).sum();
                prop_assert!(bytes <= file.len() as u64);
            }
        }
    }
}
