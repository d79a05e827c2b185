//! What browsers and telephones record, in any container: blocks of samples within -1 to 1, or an error.

#![no_main]

use std::io::Write;

use jane_audio::Recording;
use libfuzzer_sys::fuzz_target;

/// Blocks of a recording of any length that are read.
const BLOCKS: usize = 200;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a place for files");
    file.write_all(bytes).expect("room for a file");
    if let Ok(mut recording) = Recording::open(file.path()) {
        for _ in 0..BLOCKS {
            let Ok(Some(block)) = recording.next_block() else {
                break;
            };
            assert!(block.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
});
