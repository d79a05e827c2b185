//! Reads CTranslate2's `model.bin`, version 6.
//!
//! Layout, little-endian: u32 version; string specification; u32 revision; u32 count; then for each
//! variable its name, u8 rank, u32 dimensions, u8 type, u32 bytes, data; then aliases, which are
//! not needed here. A string is a u16 length, which includes a final NUL, and its bytes
//! (CTranslate2 4, `src/models/model.cc`).
//!
//! Only the index is kept in memory. Every variable in it has as many bytes as its shape says,
//! inside the file.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use half::f16;

use super::ConversionError;

const VERSION: u32 = 6;
/// Whisper large has about 1,300 variables.
const MOST_VARIABLES: u32 = 100_000;
/// A convolution's weights have three dimensions.
const HIGHEST_RANK: u8 = 8;
/// Values that are converted at once.
const BLOCK: usize = 64 * 1024;

/// The type of a variable's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    F32,
    I8,
    I16,
    I32,
    F16,
}

impl Type {
    fn from_code(code: u8) -> Result<Self, ConversionError> {
        match code {
            0 => Ok(Self::F32),
            1 => Ok(Self::I8),
            2 => Ok(Self::I16),
            3 => Ok(Self::I32),
            4 => Ok(Self::F16),
            _ => Err(ConversionError::Malformed(format!(
                "a variable has the unknown type {code}"
            ))),
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Self::I8 => 1,
            Self::I16 | Self::F16 => 2,
            Self::F32 | Self::I32 => 4,
        }
    }
}

/// Where a variable's values are.
#[derive(Debug, Clone)]
pub struct Variable {
    pub shape: Vec<u32>,
    kind: Type,
    offset: u64,
}

/// An indexed `model.bin`.
#[derive(Debug)]
pub struct Weights<R> {
    reader: R,
    variables: HashMap<String, Variable>,
}

impl<R: Read + Seek> Weights<R> {
    /// Reads the index of a `model.bin`.
    pub fn index(mut reader: R) -> Result<Self, ConversionError> {
        let length = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        let version = read_u32(&mut reader)?;
        if version != VERSION {
            return Err(ConversionError::Malformed(format!(
                "it is of version {version}, not {VERSION}"
            )));
        }
        let specification = read_string(&mut reader)?;
        if specification != "WhisperSpec" {
            return Err(ConversionError::Malformed(format!(
                "it holds a `{specification}`, not a Whisper model"
            )));
        }
        let _revision = read_u32(&mut reader)?;
        let count = read_u32(&mut reader)?;
        if count > MOST_VARIABLES {
            return Err(ConversionError::Malformed(format!(
                "it claims {count} variables"
            )));
        }
        let mut variables = HashMap::new();
        for _ in 0..count {
            let name = read_string(&mut reader)?;
            let variable = read_variable(&mut reader, &name, length)?;
            variables.insert(name, variable);
        }
        Ok(Self { reader, variables })
    }

    /// The variable `name`.
    pub fn variable(&self, name: &str) -> Result<&Variable, ConversionError> {
        self.variables
            .get(name)
            .ok_or_else(|| ConversionError::Malformed(format!("it has no variable `{name}`")))
    }

    /// Whether there is a variable `name`.
    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The value of the integer `name`, which has no dimensions.
    pub fn integer(&mut self, name: &str) -> Result<u32, ConversionError> {
        let variable = self.variable(name)?.clone();
        self.reader.seek(SeekFrom::Start(variable.offset))?;
        let value = match (variable.shape.as_slice(), variable.kind) {
            ([], Type::I8) => i32::from(i8::from_le_bytes(read_array(&mut self.reader)?)),
            ([], Type::I16) => i32::from(i16::from_le_bytes(read_array(&mut self.reader)?)),
            ([], Type::I32) => i32::from_le_bytes(read_array(&mut self.reader)?),
            _ => {
                return Err(ConversionError::Malformed(format!(
                    "`{name}` is not an integer"
                )));
            }
        };
        u32::try_from(value)
            .map_err(|_| ConversionError::Malformed(format!("`{name}` is negative")))
    }

    /// Calls `each` with blocks of the `count` values of `name` from the one at `first` on, in
    /// order.
    pub fn values(
        &mut self,
        name: &str,
        first: u64,
        count: u64,
        mut each: impl FnMut(&[f32]) -> io::Result<()>,
    ) -> Result<(), ConversionError> {
        let variable = self.variable(name)?.clone();
        if !matches!(variable.kind, Type::F16 | Type::F32) {
            return Err(ConversionError::Malformed(format!(
                "`{name}` is quantised, not in 16 or 32-bit floats"
            )));
        }
        let beyond = || ConversionError::Malformed(format!("`{name}` is too short"));
        let end = first.checked_add(count).ok_or_else(beyond)?;
        if end > values_in(&variable.shape).ok_or_else(beyond)? {
            return Err(beyond());
        }
        let start = variable.offset + first * variable.kind.bytes();
        self.reader.seek(SeekFrom::Start(start))?;
        let mut block = Vec::with_capacity(BLOCK);
        for index in 0..count {
            block.push(match variable.kind {
                Type::F16 => f16::from_le_bytes(read_array(&mut self.reader)?).to_f32(),
                _ => f32::from_le_bytes(read_array(&mut self.reader)?),
            });
            if block.len() == BLOCK || index + 1 == count {
                each(&block)?;
                block.clear();
            }
        }
        Ok(())
    }
}

/// How many values a variable of this shape has.
pub fn values_in(shape: &[u32]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, &dimension| {
        product.checked_mul(u64::from(dimension))
    })
}

/// Reads the head of a variable and passes over its values; `length` is that of the file in bytes.
fn read_variable(
    reader: &mut (impl Read + Seek),
    name: &str,
    length: u64,
) -> Result<Variable, ConversionError> {
    let [rank] = read_array(reader)?;
    if rank > HIGHEST_RANK {
        return Err(ConversionError::Malformed(format!(
            "`{name}` has {rank} dimensions"
        )));
    }
    let shape = (0..rank)
        .map(|_| read_u32(reader))
        .collect::<Result<Vec<u32>, _>>()?;
    let [code] = read_array(reader)?;
    let kind = Type::from_code(code)?;
    let bytes = read_u32(reader)?;
    if values_in(&shape).and_then(|count| count.checked_mul(kind.bytes())) != Some(bytes.into()) {
        return Err(ConversionError::Malformed(format!(
            "`{name}` has {bytes} bytes, which is not what its shape {shape:?} takes"
        )));
    }
    let offset = reader.stream_position()?;
    if offset
        .checked_add(bytes.into())
        .is_none_or(|end| end > length)
    {
        return Err(ConversionError::Malformed(format!(
            "it ends in the middle of `{name}`"
        )));
    }
    reader.seek_relative(bytes.into())?;
    Ok(Variable {
        shape,
        kind,
        offset,
    })
}

fn read_array<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], ConversionError> {
    let mut bytes = [0; N];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ConversionError::malformed("it ends too early"),
            _ => error.into(),
        })?;
    Ok(bytes)
}

fn read_u32(reader: &mut impl Read) -> Result<u32, ConversionError> {
    Ok(u32::from_le_bytes(read_array(reader)?))
}

fn read_string(reader: &mut impl Read) -> Result<String, ConversionError> {
    let length = u16::from_le_bytes(read_array(reader)?);
    let mut bytes = Vec::new();
    reader.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() != usize::from(length) || bytes.pop() != Some(0) {
        return Err(ConversionError::malformed("a string in it does not end"));
    }
    String::from_utf8(bytes).map_err(|_| ConversionError::malformed("a string in it is not UTF-8"))
}
