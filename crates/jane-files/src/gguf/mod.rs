//! Reads the head of a GGUF file: the numbers among its metadata, and the place and size of each tensor. Nothing of the weights is read.
//!
//! A head that was read belongs to a whole model: every tensor lies within its file, and every part of a model in several files is there.
//!
//! llama-cpp-2's `GgufContext` gives no tensors, and llama.cpp's own reader aborts on some files; a measurement must not. Files are
//! hostile: what is read, kept and looped over is bounded, and every length is checked by reading it. The format:
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod input;
mod parts;
#[cfg(any(test, feature = "testing"))]
mod sample;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;
use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek};
use std::path::Path;

pub use parts::{Part, first_part, part_name, parts_of};
#[cfg(any(test, feature = "testing"))]
pub use sample::{model as sample, parts as sample_parts};
pub use types::bytes_of;

use crate::not_a_model;
use input::{Input, wrong};

/// Bytes of the longest head. Vocabularies of 256,000 tokens make heads of 30 MB.
const LONGEST: u64 = 256 << 20;

/// The most entries and the most tensors.
const MOST: u64 = 1 << 17;

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

/// The head of a model.
#[derive(Debug, Default)]
pub struct Head {
    /// Of the first file, where there are several.
    pub metadata: HashMap<String, Value>,
    /// Name and bytes of each tensor, padding included.
    pub tensors: Vec<(String, u64)>,
}

/// A tensor as the head has it.
struct Tensor {
    name: String,
    /// Where it begins, from the first one on.
    place: u64,
    /// What it takes without padding; `None` where its type is not known.
    bytes: Option<u64>,
}

impl Head {
    /// The head of the model in the file at `path`, and in those that go on from it.
    ///
    /// # Errors
    /// Where a file cannot be read, is no GGUF file of version 2 or 3, lacks the end of a tensor, or is missing. They name the file
    /// where it is not the one at `path`.
    pub fn of(path: &Path) -> Result<Self> {
        let mut head = Self::of_file(path)?;
        let number = |head: &Self, name| head.number(name).unwrap_or_default();
        let count = number(&head, "split.count");
        if count < 2 {
            return Ok(head);
        }
        let expected = number(&head, "split.tensors.count");
        for (place, part) in parts::all(path, number(&head, "split.no"), count)?
            .iter()
            .enumerate()
            .skip(1)
        {
            let of_part = |error: Error| {
                let reason = match error.kind() {
                    ErrorKind::NotFound => "it is missing".to_owned(),
                    _ => error.to_string(),
                };
                let message = format!(
                    "part {} of {count}, `{}`: {reason}",
                    place + 1,
                    part.display()
                );
                Error::new(error.kind(), message)
            };
            let other = Self::of_file(part).map_err(of_part)?;
            if number(&other, "split.no") != place as u64 || number(&other, "split.count") != count
            {
                return Err(of_part(wrong("it is a part of another model")));
            }
            head.tensors.extend(other.tensors);
        }
        if expected > 0 && head.tensors.len() as u64 != expected {
            let found = head.tensors.len();
            let reason = format!("its parts hold {found} tensors in place of {expected}");
            return Err(wrong(reason));
        }
        Ok(head)
    }

    /// The head of one file.
    fn of_file(path: &Path) -> Result<Self> {
        let (file, metadata) = jane_platform::open_regular(path)?;
        Self::read(file, metadata.len())
    }

    fn read(file: impl Read + Seek, bytes: u64) -> Result<Self> {
        let mut input = Input {
            file: BufReader::with_capacity(1 << 16, file),
            left: LONGEST.min(bytes),
        };
        if bytes == 0 {
            return Err(wrong("it is empty"));
        }
        if input.bytes::<4>()? != *b"GGUF" {
            return Err(wrong("it does not begin as a GGUF file does"));
        }
        match input.u32()? {
            2 | 3 => {}
            version if version.swap_bytes() <= 3 => {
                return Err(wrong("it is for processors of the other byte order"));
            }
            version => return Err(wrong(format!("its version is {version}, not 2 or 3"))),
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
        let tensors: Vec<Tensor> = (0..tensors)
            .map(|_| tensor(&mut input))
            .collect::<Result<_>>()?;
        let alignment = match metadata.get("general.alignment") {
            Some(Value::Number(alignment)) => (*alignment).clamp(1, 1 << 20),
            _ => ALIGNMENT,
        };
        let head = LONGEST.min(bytes).saturating_sub(input.left);
        let begin = head.next_multiple_of(alignment);
        check(&tensors, begin, bytes)?;
        Ok(Self {
            metadata,
            tensors: sizes(tensors, bytes.saturating_sub(begin)),
        })
    }

    /// `None` where it is missing or no number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.metadata.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// `None` where it is missing or no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number for each of `layers`: some models give one for all, others a list.
    #[must_use]
    pub fn for_layers(&self, name: &str, layers: usize) -> Option<Vec<u64>> {
        match self.metadata.get(name)? {
            Value::Number(number) => Some(vec![*number; layers]),
            Value::Numbers(numbers) => Some(numbers.clone()),
            _ => None,
        }
    }

    /// Elements of an array; 0 where it is missing.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        match self.metadata.get(name) {
            Some(Value::Many(count)) => *count,
            Some(Value::Numbers(numbers)) => numbers.len() as u64,
            _ => 0,
        }
    }
}

fn tensor(input: &mut Input<impl Read + Seek>) -> Result<Tensor> {
    let name = input.text()?;
    let rank = input.u32()?;
    if rank > 8 {
        return Err(wrong("a tensor has too many dimensions"));
    }
    let shape = (0..rank)
        .map(|_| input.u64())
        .collect::<Result<Vec<u64>>>()?;
    let kind = input.u32()?;
    let bytes = bytes_of(kind, &shape).map_err(|reason| {
        wrong(format!(
            "its tensor `{}` is not right: {reason}",
            not_a_model::shortened(&name)
        ))
    })?;
    Ok(Tensor {
        place: input.u64()?,
        name,
        bytes,
    })
}

/// Whether the tensors, of which the first may begin at `begin`, lie within a file of `bytes`.
fn check(tensors: &[Tensor], begin: u64, bytes: u64) -> Result<()> {
    let end = |tensor: &Tensor| {
        let end = begin.checked_add(tensor.place);
        end.and_then(|end| end.checked_add(tensor.bytes.unwrap_or_default()))
    };
    let mut last = begin;
    for tensor in tensors {
        let end = end(tensor).ok_or_else(|| wrong("a tensor lies beyond any file"))?;
        last = last.max(end);
    }
    if last > bytes && !tensors.is_empty() {
        return Err(wrong(format!(
            "it is cut off: it has {bytes} bytes, and its weights go up to {last}"
        )));
    }
    Ok(())
}

/// Tensors lie one behind the other, so each ends where the next one begins; the last one ends with the file.
fn sizes(tensors: Vec<Tensor>, data: u64) -> Vec<(String, u64)> {
    let mut places: Vec<(String, u64)> = tensors
        .into_iter()
        .map(|tensor| (tensor.name, tensor.place))
        .collect();
    places.sort_by_key(|(_, place)| *place);
    let mut end = data;
    for (_, place) in places.iter_mut().rev() {
        let begin = (*place).min(end);
        *place = end - begin;
        end = begin;
    }
    places
}
