//! Whether a ggml file of whisper.cpp is whole, from the heads of its tensors: the layout is that of `import::ggml`. Nothing is believed of
//! a length that the file states.

use std::io::{Read, Result, Seek};
use std::path::Path;

use jane_files::gguf::bytes_of;

use crate::bounded::{Input, wrong};

/// Bytes of the longest name of a tensor or token.
const LONGEST_NAME: u32 = 4096;
/// Tokens of the largest vocabulary; Whisper's has 51,866.
const MOST_TOKENS: u32 = 1 << 20;
/// Layers of the deepest encoder or decoder; Whisper's have 32.
const MOST_LAYERS: u32 = 1 << 10;

/// # Errors
/// Where the file at `path` cannot be read, or does not hold all that its head announces.
pub fn check(path: &Path) -> Result<()> {
    let (file, metadata) = jane_platform::open_regular(path)?;
    check_in(file, metadata.len())
}

fn check_in(file: impl Read + Seek, bytes: u64) -> Result<()> {
    let mut input = Input::new(file, bytes);
    // The magic, and eleven numbers of which these are the layers.
    let [_, _, _, _, _, encoders, _, _, _, decoders, _, _] = numbers(&mut input)?;
    if encoders > MOST_LAYERS || decoders > MOST_LAYERS {
        return Err(wrong("it announces more layers than any model has"));
    }
    let [bands, bins] = numbers(&mut input)?;
    input.skip((u64::from(bands) * u64::from(bins)).saturating_mul(4))?;
    let [tokens] = numbers(&mut input)?;
    if tokens > MOST_TOKENS {
        return Err(wrong("it announces more tokens than any model has"));
    }
    for _ in 0..tokens {
        let [length] = numbers(&mut input)?;
        input.skip(length.into())?;
    }
    let mut found = 0_u64;
    while !input.is_over() {
        tensor(&mut input)?;
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

fn numbers<const N: usize>(input: &mut Input<impl Read + Seek>) -> Result<[u32; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = u32::from_le_bytes(input.bytes()?);
    }
    Ok(numbers)
}

fn tensor(input: &mut Input<impl Read + Seek>) -> Result<()> {
    let [rank, length, kind] = numbers(input)?;
    if rank > 4 || length > LONGEST_NAME {
        return Err(wrong("a tensor in it has no head that can be right"));
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        let [dimension] = numbers(input)?;
        shape.push(u64::from(dimension));
    }
    input.skip(length.into())?;
    let bytes = bytes_of(kind, &shape).map_err(wrong)?;
    let bytes =
        bytes.ok_or_else(|| wrong(format!("a tensor in it is of the unknown type {kind}")))?;
    input.skip(bytes)
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
