//! Whether a file of safetensors is whole, from its head: the length of the head in eight bytes, JSON with the place of each tensor, and
//! then the tensors.

use std::io::{Read, Result};
use std::path::Path;

use serde::Deserialize;

use crate::bounded::wrong;

/// Bytes of the longest head that is read.
const LONGEST_HEAD: u64 = 16 << 20;

/// What the head says of a tensor.
#[derive(Deserialize)]
struct Tensor {
    /// Where it begins and ends behind the head.
    data_offsets: [u64; 2],
}

/// # Errors
/// Where the file at `path` cannot be read, is not in this format, or lacks its end.
pub fn check(path: &Path) -> Result<()> {
    let (file, metadata) = jane_platform::open_regular(path)?;
    check_in(file, metadata.len())
}

fn check_in(mut file: impl Read, bytes: u64) -> Result<()> {
    let mut length = [0; 8];
    let read = file.read_exact(&mut length);
    read.map_err(|_| wrong("it is cut off: it ends within its head"))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEAD {
        return Err(wrong("it does not begin as a safetensors file does"));
    }
    let mut head = Vec::new();
    file.take(length).read_to_end(&mut head)?;
    if (head.len() as u64) < length {
        return Err(wrong("it is cut off: it ends within its head"));
    }
    let head: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&head)
        .map_err(|error| wrong(format!("its head is not right: {error}")))?;
    let mut last = 0;
    for (_, tensor) in head.into_iter().filter(|(name, _)| name != "__metadata__") {
        let tensor: Tensor = serde_json::from_value(tensor)
            .map_err(|error| wrong(format!("its head is not right: {error}")))?;
        let [_, end] = tensor.data_offsets;
        last = last.max(end);
    }
    let end = last.saturating_add(8).saturating_add(length);
    if end > bytes {
        return Err(wrong(format!(
            "it is cut off: it has {bytes} bytes, and its weights go up to {end}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        let head = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let length = (head.len() as u64).to_le_bytes();
        [&length, head.as_bytes(), &[0; 8]].concat()
    }

    fn refusal(file: &[u8]) -> String {
        let checked = check_in(file, file.len() as u64);
        checked.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_file_that_lacks_its_end_is_refused_wherever_it_ends() {
        let whole = sample();
        assert_eq!(refusal(&whole), "");
        for end in 0..whole.len() {
            assert!(refusal(&whole[..end]).contains("cut off"), "{end}");
        }
        assert!(refusal(b"<html><body>").contains("does not begin"));
        assert!(refusal(b"\x02\0\0\0\0\0\0\0[]").contains("head is not right"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(place in 0_usize..90, byte in any::<u8>(), bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut file = sample();
            file[place] = byte;
            let _ = refusal(&file);
            let _ = refusal(&bytes);
        }
    }
}
