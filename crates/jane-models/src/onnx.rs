//! Whether an ONNX file is whole, from the fields of its outermost message: `ModelProto` of `onnx.proto`. ONNX has no magic, and its weights
//! are within one field, the graph, whose length is stated before it.

use std::io::{Read, Result, Seek};
use std::path::Path;

use crate::bounded::{Input, wrong};

/// Fields of the outermost message that are looked at; real models have about ten.
const MOST_FIELDS: usize = 10_000;

/// The numbers of the fields `ir_version` and `graph`.
const VERSION: u64 = 1;
const GRAPH: u64 = 7;

/// # Errors
/// Where the file at `path` cannot be read, is no ONNX file, or lacks its end.
pub fn check(path: &Path) -> Result<()> {
    let (file, metadata) = jane_platform::open_regular(path)?;
    check_in(file, metadata.len())
}

fn check_in(file: impl Read + Seek, bytes: u64) -> Result<()> {
    let mut input = Input::new(file, bytes);
    let mut has_graph = false;
    for number in 0..MOST_FIELDS {
        if input.is_over() {
            break;
        }
        let tag = varint(&mut input)?;
        if number == 0 && tag != VERSION << 3 {
            return Err(wrong("it does not begin as an ONNX file does"));
        }
        match tag & 7 {
            0 => drop(varint(&mut input)?),
            1 => input.skip(8)?,
            2 => {
                let length = varint(&mut input)?;
                input.skip(length)?;
                has_graph |= tag >> 3 == GRAPH;
            }
            5 => input.skip(4)?,
            _ => return Err(wrong("it holds something that is no field of an ONNX file")),
        }
    }
    match has_graph {
        true => Ok(()),
        false => Err(wrong("it is cut off, or no ONNX file: it holds no graph")),
    }
}

/// A number of up to ten bytes, of which seven bits count each.
fn varint(input: &mut Input<impl Read + Seek>) -> Result<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let [byte] = input.bytes()?;
        number |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(wrong("it holds a number that is longer than any"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A version, a producer, a graph of 300 bytes and the set of operators.
    fn sample() -> Vec<u8> {
        let mut file = b"\x08\x08\x12\x07pytorch\x3a\xac\x02".to_vec();
        file.extend([7; 300]);
        file.extend(b"\x42\x02\x10\x0f");
        file
    }

    fn refusal(file: &[u8]) -> String {
        let checked = check_in(Cursor::new(file), file.len() as u64);
        checked.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_file_that_lacks_its_end_is_refused() {
        let whole = sample();
        assert_eq!(refusal(&whole), "");
        for end in 0..whole.len() - 4 {
            assert!(refusal(&whole[..end]).contains("cut off"), "{end}");
        }
        assert!(refusal(b"<html>").contains("does not begin as an ONNX file"));
        assert!(refusal(b"\x08\x08\x0b").contains("no field"));
        assert!(refusal(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").contains("longer"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = refusal(&bytes);
            let _ = refusal(&[b"\x08\x08", bytes.as_slice()].concat());
        }
    }
}
