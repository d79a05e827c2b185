//! What is read of a head, and which files are no whole models.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn read(file: &[u8]) -> Result<Head> {
    Head::read(Cursor::new(file), file.len() as u64)
}

fn refusal(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

#[test]
fn numbers_arrays_and_tensors_are_found() {
    let head = read(&sample()).unwrap();
    assert_eq!(head.number("llama.block_count"), Some(2));
    assert_eq!(head.count("tokenizer.ggml.tokens"), 2);
    assert_eq!(head.text("general.architecture"), Some("llama"));
    let sizes: Vec<u64> = head.tensors.iter().map(|(_, bytes)| *bytes).collect();
    assert_eq!(sizes, [32, 32, 32]);
}

#[test]
fn a_head_that_announces_too_much_is_refused() {
    let mut file = sample();
    file[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(read(&file).is_err());
    assert!(refusal(&sample()[..60]).contains("cut off"));
    assert!(refusal(b"GGML").contains("GGUF"));
    assert!(refusal(b"").contains("empty"));
    assert!(refusal(b"GGUF\x01\0\0\0").contains("version is 1"));
    assert!(refusal(b"GGUF\0\0\0\x03").contains("byte order"));
}

#[test]
fn a_file_is_whole_where_every_tensor_ends_within_it() {
    let whole = sample();
    for missing in 1..=96 {
        let reason = refusal(&whole[..whole.len() - missing]);
        let bytes = format!("has {} bytes", whole.len() - missing);
        assert!(
            reason.contains("cut off") && reason.contains(&bytes),
            "{reason}"
        );
    }
    let longer = [whole.as_slice(), b"and more"].concat();
    assert!(read(&longer).is_ok());
    // The last tensor is said to be longer, to lie further behind, and to have rows of no size.
    let kind = whole.len().next_multiple_of(32) - 96;
    let end = whole[..kind].iter().rposition(|byte| *byte == 64).unwrap();
    for (place, byte, reason) in [
        (end - 12, 9, "cut off"),
        (end, 96, "cut off"),
        (end + 7, 255, "cut off"),
        (end - 4, 2, "do not fill blocks"),
    ] {
        let mut file = whole.clone();
        file[place] = byte;
        assert!(
            refusal(&file).contains(reason),
            "{} {reason}",
            refusal(&file)
        );
    }
    // One of a type that came later cannot be measured, and is left to the engine.
    let mut file = whole;
    file[end - 4] = 99;
    assert!(read(&file).is_ok());
}

#[test]
fn a_model_in_parts_is_whole_where_all_are_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = |number: u64| directory.path().join(part_name("m", number, 2));
    let [one, other] = sample_parts();
    std::fs::write(path(1), &one).unwrap();
    let reason = |path: &Path| Head::of(path).unwrap_err().to_string();
    let missing = reason(&path(1));
    assert!(missing.contains("part 2 of 2") && missing.contains("m-00002-of-00002.gguf"));
    assert!(missing.contains("missing"), "{missing}");
    std::fs::write(path(2), &other[..other.len() - 1]).unwrap();
    assert!(reason(&path(1)).contains("00002-of-00002.gguf`: it is cut off"));
    std::fs::write(path(2), &one).unwrap();
    assert!(reason(&path(1)).contains("another model"));
    std::fs::write(path(2), sample()).unwrap();
    assert!(reason(&path(1)).contains("another model"));

    std::fs::write(path(2), &other).unwrap();
    let head = Head::of(&path(1)).unwrap();
    assert_eq!(head.tensors.len(), 3);
    assert_eq!(parts_of(&path(1)), [path(1), path(2)]);
    assert!(reason(&path(2)).contains("part 2 of 2: name the first part"));
    // Under a name that leads to no other part.
    let renamed = directory.path().join("mine.gguf");
    std::fs::write(&renamed, &one).unwrap();
    assert!(reason(&renamed).contains("NAME-00001-of-00002.gguf"));
    assert_eq!(parts_of(&renamed), [renamed]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_damaged_file_never_panics_and_never_has_more_weights_than_bytes(
        damage in proptest::collection::vec((0_usize..700, any::<u8>()), 1..8),
        length in 0_usize..700,
    ) {
        let mut file = sample();
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

    #[test]
    fn no_bytes_behind_the_magic_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = read(&[b"GGUF\x03\0\0\0", bytes.as_slice()].concat());
    }
}
