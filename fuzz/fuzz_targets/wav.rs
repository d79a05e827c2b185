//! A recording, from a file and from a server: samples within -1 to 1, no more of them than bytes, or an error.

#![no_main]

use jane_audio::{WavSource, wav_to_speech};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((samples, _)) = wav_to_speech(bytes) {
        assert!(samples.len() <= bytes.len());
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
    }
    let file = tempfile::NamedTempFile::new().expect("a place for files");
    std::fs::write(file.path(), bytes).expect("room for a file");
    if let Ok(mut source) = WavSource::open(file.path()) {
        while let Ok(Some(block)) = source.next_block() {
            assert!(block.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
});
