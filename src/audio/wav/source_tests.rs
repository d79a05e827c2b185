//! Scenarios of reading: every shape that is read, every thing that is refused, and hostile bytes.

use super::*;
use proptest::prelude::*;

/// A WAV with this format and these data bytes.
fn wav(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let align = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(align)).to_le_bytes());
    bytes.extend(align.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

fn set_data_length(bytes: &mut [u8], length: u32) {
    bytes[40..44].copy_from_slice(&length.to_le_bytes());
}

/// What reading a file with these bytes gives.
fn read(bytes: &[u8]) -> Result<Vec<f32>, AudioError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    read_speech(file.path(), 3_600.0)
}

fn refusal(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err();
    assert!(
        error.to_string().contains("/"),
        "does not name the file: {error}"
    );
    error.to_string()
}

#[test]
fn every_coding_gives_the_same_samples() {
    let half_and_minus_half: [(u16, u16, Vec<u8>); 5] = [
        (1, 8, vec![192, 64]),
        (
            1,
            16,
            [16_384i16, -16_384]
                .iter()
                .flat_map(|s| s.to_le_bytes())
                .collect(),
        ),
        (1, 24, vec![0, 0, 0x40, 0, 0, 0xC0]),
        (
            1,
            32,
            [1i32 << 30, -(1 << 30)]
                .iter()
                .flat_map(|s| s.to_le_bytes())
                .collect(),
        ),
        (
            3,
            32,
            [0.5f32, -0.5]
                .iter()
                .flat_map(|s| s.to_le_bytes())
                .collect(),
        ),
    ];
    for (tag, bits, data) in half_and_minus_half {
        assert_eq!(
            read(&wav(tag, 1, 16_000, bits, &data)).unwrap(),
            [0.5, -0.5]
        );
        // As two channels they cancel out.
        assert_eq!(read(&wav(tag, 2, 16_000, bits, &data)).unwrap(), [0.0]);
    }
}

#[test]
fn extensible_headers_and_odd_chunks_are_read() {
    let plain = wav(1, 1, 16_000, 16, &[0, 0x40]);
    let mut bytes = plain[..12].to_vec();
    bytes.extend(b"LIST\x03\0\0\0abc\0fmt \x28\0\0\0\xFE\xFF");
    bytes.extend(&plain[22..36]);
    bytes.extend(b"\x16\0\x10\0\x04\0\0\0\x01\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71");
    bytes.extend(&plain[36..]);
    assert_eq!(read(&bytes).unwrap(), [0.5]);
}

#[test]
fn floats_that_are_no_sound_become_sound() {
    let samples = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 9.0, -9.0];
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(
        read(&wav(3, 1, 16_000, 32, &data)).unwrap(),
        [0.0, 0.0, 0.0, 1.0, -1.0]
    );
}

#[test]
fn long_files_come_in_blocks_of_a_second() {
    for rate in [1_000, 44_100, 44_101, 383_999] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            wav(1, 1, rate, 8, &vec![160; rate as usize * 5 / 2]),
        )
        .unwrap();
        let mut source = WavSource::open(file.path()).unwrap();
        assert!((source.duration_seconds() - 2.5).abs() < 0.001);
        let mut lengths = Vec::new();
        while let Some(block) = source.next_block().unwrap() {
            lengths.push(block.len());
        }
        assert!((source.position_seconds() - 2.5).abs() < 0.001);
        assert_eq!(lengths[..2], [16_000, 16_000], "{rate}");
        assert!(
            lengths.len() == 3 && lengths[2].abs_diff(8_000) <= 16,
            "{rate}: {lengths:?}"
        );
    }
}

#[test]
fn a_length_that_a_pipe_left_open_means_the_rest_of_the_file() {
    let whole = wav(1, 1, 16_000, 16, &[0; 3_200]);
    for length in [u32::MAX, 0x7FFF_F000, 0x8000_0000] {
        let mut bytes = whole.clone();
        set_data_length(&mut bytes, length);
        assert_eq!(read(&bytes).unwrap().len(), 1_600);
    }
    let mut bytes = whole;
    bytes[4..8].fill(0);
    set_data_length(&mut bytes, 0);
    assert_eq!(read(&bytes).unwrap().len(), 1_600);
}

#[test]
fn what_is_no_sound_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| WavSource::open(path).map(|_| ()).unwrap_err();
    let missing = open(&folder.path().join("missing.wav"));
    assert!(missing.to_string().contains("missing.wav") && missing.hint().is_some());
    assert!(matches!(open(folder.path()), AudioError::NotAFile { .. }));
    #[cfg(unix)]
    assert!(matches!(
        open(Path::new("/dev/zero")),
        AudioError::NotAFile { .. }
    ));

    assert!(refusal(b"").contains("empty"));
    let others: [(&[u8], &str); 9] = [
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0", "Ogg"),
        (b"ID3\x04\0\0\0\0\0\0", "MP3"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "MP4/M4A"),
        (b"FORM\0\0\0\x04AIFFCOMM", "AIFF"),
        (b"RF64\xFF\xFF\xFF\xFFWAVE", "RF64"),
        ("What time is it?\nÜber".as_bytes(), "text"),
        (b"\x00\x01\x02\x03", "something unknown"),
        (b"RIFF\x04\0\0\0AVI LIST", "video/x-msvideo"),
    ];
    for (bytes, name) in others {
        assert!(refusal(bytes).contains(name), "{}", refusal(bytes));
    }
}

#[test]
fn codings_that_are_not_read_are_named() {
    for (tag, bits, name) in [
        (6, 8, "A-law"),
        (7, 8, "mu-law"),
        (2, 4, "ADPCM"),
        (3, 64, "64-bit float"),
        (1, 12, "12-bit PCM"),
        (0x55, 0, "MP3"),
        (0x1234, 16, "0x1234"),
    ] {
        assert!(refusal(&wav(tag, 1, 16_000, bits, &[0; 64])).contains(name));
    }
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    let good = wav(1, 1, 16_000, 16, &[0; 320]);
    let cut_off = refusal(&good[..204]);
    assert!(
        cut_off.contains("0.01 s") && cut_off.contains("cut off"),
        "{cut_off}"
    );
    assert!(refusal(&good[..30]).contains("ends before its first sample"));
    assert!(refusal(&good[..44]).contains("cut off"));
    assert!(refusal(&wav(1, 1, 16_000, 16, &[])).contains("0 samples"));
    assert!(refusal(&wav(1, 0, 16_000, 16, &[0; 4])).contains("0 channels"));
    assert!(refusal(&wav(1, 65_535, 16_000, 16, &[0; 4])).contains("channels"));
    assert!(refusal(&wav(1, 1, 16_000, 0, &[0; 4])).contains("0 bits"));
    assert!(refusal(&wav(1, 1, 0, 16, &[0; 4])).contains("0 Hz"));
    assert!(refusal(&wav(1, 1, u32::MAX, 16, &[0; 4])).contains("Hz"));

    let mut no_format = good.clone();
    no_format[12..16].copy_from_slice(b"junk");
    assert!(refusal(&no_format).contains("format"));
    let mut many = good[..12].to_vec();
    many.extend(b"junk\0\0\0\0".repeat(5_000));
    assert!(refusal(&many).contains("1,000 chunks"));
}

#[test]
fn an_utterance_has_a_limit() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), wav(1, 1, 1_000, 8, &[128; 9_000])).unwrap();
    let error = read_speech(file.path(), 8.0).unwrap_err();
    assert!(error.to_string().contains("9.0 s"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn broken_bytes_never_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..400),
        changes in prop::collection::vec((0usize..48, any::<u8>()), 0..6),
        whole_header in any::<bool>(),
    ) {
        if whole_header {
            bytes = wav(1, 2, 8_000, 16, &bytes);
            for (place, byte) in changes {
                bytes[place % 44] = byte;
            }
        }
        if let Ok(samples) = read(&bytes) {
            prop_assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}
