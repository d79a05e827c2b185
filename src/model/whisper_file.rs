//! Whether a ggml file of whisper.cpp is whole, from the heads of its tensors: the layout is that of `import::ggml`. Nothing is believed of
//! a length that the file states.

use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek};
use std::path::Path;

use super::gguf::bytes_of;
use crate::platform;

/// Bytes of the longest name of a tensor or token.
const LONGEST_NAME: u32 = 4096;
/// Tokens of the largest vocabulary; Whisper's has 51,866.
const MOST_TOKENS: u32 = 1 << 20;
/// Layers of the deepest encoder or decoder; Whisper's have 32.
const MOST_LAYERS: u32 = 1 << 10;

/// # Errors
/// Where the file at `path` cannot be read, or does not hold all that its head announces.
pub fn check(path: &Path) -> Result<()> {
    let (file, metadata) = platform::open_regular(path)?;
    check_in(file, metadata.len())
}

fn check_in(file: impl Read + Seek, bytes: u64) -> Result<()> {
    let mut input = Input {
        file: BufReader::new(file),
        left: bytes,
        bytes,
    };
    // The magic, and eleven numbers of which these are the layers.
    let numbers = input.numbers::<12>()?;
    let [_, _, _, _, _, encoders, _, _, _, decoders, _, _] = numbers;
    if encoders > MOST_LAYERS || decoders > MOST_LAYERS {
        return Err(wrong("it announces more layers than any model has"));
    }
    let [bands, bins] = input.numbers()?;
    input.skip((u64::from(bands) * u64::from(bins)).saturating_mul(4))?;
    let [tokens] = input.numbers()?;
    if tokens > MOST_TOKENS {
        return Err(wrong("it announces more tokens than any model has"));
    }
    for _ in 0..tokens {
        let [length] = input.numbers()?;
        input.skip(length.into())?;
    }
    let mut found = 0_u64;
    while input.left > 0 {
        input.tensor()?;
        found += 1;
    }
    // Positions, convolutions and norms, and then those of each layer (`whisper_model_load`).
    let expected = 11 + 15 * u64::from(encoders) + 24 * u64::from(decoders);
    if found < expected {
        return Err(wrong(format!(
            "it is cut off: it holds {found} of its {expected} tensors"
        )));
    }
    Ok(())
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, reason.into())
}

struct Input<R> {
    file: BufReader<R>,
    left: u64,
    bytes: u64,
}

impl<R: Read + Seek> Input<R> {
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

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N]> {
        self.take(4 * N as u64)?;
        let mut bytes = [[0; 4]; N];
        self.file.read_exact(bytes.as_flattened_mut())?;
        Ok(bytes.map(u32::from_le_bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        self.take(bytes)?;
        self.file
            .seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    fn tensor(&mut self) -> Result<()> {
        let [rank, length, kind] = self.numbers()?;
        if rank > 4 || length > LONGEST_NAME {
            return Err(wrong("a tensor in it has no head that can be right"));
        }
        let mut shape = Vec::new();
        for _ in 0..rank {
            let [dimension] = self.numbers()?;
            shape.push(u64::from(dimension));
        }
        self.skip(length.into())?;
        let bytes = bytes_of(kind, &shape).map_err(wrong)?;
        let bytes =
            bytes.ok_or_else(|| wrong(format!("a tensor in it is of the unknown type {kind}")))?;
        self.skip(bytes)
    }
}

#[cfg(test)]
pub mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A file with as many tensors as a model with one layer on each side has, of four numbers each.
    pub fn sample() -> Vec<u8> {
        let numbers = |numbers: &[u32]| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect()
        };
        let mut file = numbers(&[0x6767_6d6c, 3, 1500, 4, 1, 1, 448, 4, 1, 1, 2, 1, 2, 3]);
        file.extend([0; 24]);
        file.extend(numbers(&[2, 1]));
        file.extend(b"a");
        file.extend(numbers(&[0]));
        for _ in 0..50 {
            file.extend(numbers(&[1, 3, 0, 4]));
            file.extend(b"one");
            file.extend([0; 16]);
        }
        file
    }

    fn refusal(file: &[u8]) -> String {
        let checked = check_in(Cursor::new(file), file.len() as u64);
        checked.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_file_that_lacks_its_end_is_refused_wherever_it_ends() {
        let whole = sample();
        assert_eq!(refusal(&whole), "");
        for end in 0..whole.len() {
            let reason = refusal(&whole[..end]);
            assert!(reason.contains("cut off"), "{end}: {reason}");
        }
        let one_less = refusal(&whole[..whole.len() - 35]);
        assert!(one_less.contains("49 of its 50 tensors"), "{one_less}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn no_bytes_make_it_panic_or_run_on(
            damage in proptest::collection::vec((0_usize..400, any::<u8>()), 0..8),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut file = sample();
            for (place, byte) in damage {
                file[place] = byte;
            }
            let _ = refusal(&file);
            let _ = refusal(&bytes);
        }
    }
}
