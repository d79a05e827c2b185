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

/// The same, of which a frame is `align` bytes for each channel.
fn wav_in(tag: u16, channels: u16, bits: u16, align: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = wav(tag, channels, 16_000, bits, data);
    bytes[32..34].copy_from_slice(&(channels * align).to_le_bytes());
    bytes
}

/// The same with an extensible header, `valid` bits of `bits` and the GUID of `tag`.
fn extensible(tag: u16, channels: u16, bits: u16, valid: u16, data: &[u8]) -> Vec<u8> {
    let plain = wav(0xFFFE, channels, 16_000, bits, data);
    let mut bytes = plain[..16].to_vec();
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend(&plain[20..36]);
    bytes.extend(22_u16.to_le_bytes());
    bytes.extend(valid.to_le_bytes());
    bytes.extend(4_u32.to_le_bytes());
    bytes.extend(tag.to_le_bytes());
    bytes.extend(b"\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71");
    bytes.extend(&plain[36..]);
    bytes
}

/// A half and its negative, in the upper bits of `bytes` bytes.
fn halves_in(bytes: usize) -> Vec<u8> {
    let half = |upper: u8| {
        let mut sample = vec![0; bytes];
        sample[bytes - 1] = upper;
        sample
    };
    [half(0x40), half(0xC0)].concat()
}

#[test]
fn every_coding_gives_the_same_samples() {
    let floats = |value: f64| (value as f32).to_le_bytes();
    let mut files = vec![
        (1, 8, 1, vec![192, 64]),
        (1, 4, 1, vec![192, 64]),
        (3, 32, 4, [0.5, -0.5].map(floats).concat()),
        (3, 64, 8, [0.5_f64, -0.5].map(f64::to_le_bytes).concat()),
    ];
    for bits in 9..=64_u16 {
        let bytes = bits.div_ceil(8);
        files.push((1, bits, bytes, halves_in(bytes.into())));
    }
    // In more bytes than it needs.
    for (bits, bytes) in [(12, 3), (12, 4), (16, 4), (20, 4), (24, 4), (8, 2)] {
        files.push((1, bits, bytes, halves_in(bytes.into())));
    }
    for (tag, bits, align, data) in files {
        for (channels, expected) in [(1, [0.5, -0.5].as_slice()), (2, &[0.0])] {
            let file = wav_in(tag, channels, bits, align, &data);
            assert_eq!(read(&file).unwrap(), expected, "{tag} {bits} {align}");
            // As it comes from a server.
            let (samples, rate) = crate::wav_to_speech(&file).unwrap();
            assert_eq!((samples.as_slice(), rate), (expected, 16_000));
        }
        if bits.is_multiple_of(8) && align * 8 == bits {
            for valid in [bits, bits - 4, 0] {
                let file = extensible(tag, 1, bits, valid, &data);
                assert_eq!(read(&file).unwrap(), [0.5, -0.5], "{tag} {bits} {valid}");
            }
        }
    }
    // 5,504 of 32,768 and its negative, and a loud sample.
    let law = |tag, data: &[u8]| read(&wav(tag, 1, 16_000, 8, data)).unwrap();
    assert_eq!(
        law(6, &[0x80, 0x00]),
        [5_504.0 / 32_768.0, -5_504.0 / 32_768.0]
    );
    assert_eq!(
        law(7, &[0x80, 0x00]),
        [32_124.0 / 32_768.0, -32_124.0 / 32_768.0]
    );
}

#[test]
fn a_little_that_is_missing_at_the_end_is_not_missed() {
    for (bits, channels, align) in [(16, 1, 2), (16, 2, 2), (24, 1, 3), (24, 2, 3), (20, 6, 3)] {
        let frame = usize::from(channels * align);
        let whole = wav_in(1, channels, bits, align, &vec![0; 100 * frame]);
        for missing in 1..=frame * 16 {
            let read = read(&whole[..whole.len() - missing]).unwrap();
            assert_eq!(
                read.len(),
                100 - missing.div_ceil(frame),
                "{bits} {missing}"
            );
        }
        let cut_off = refusal(&whole[..whole.len() - frame * 17]);
        assert!(cut_off.contains("cut off"), "{cut_off}");
    }
    // One byte that belongs to no frame is none, and is followed by nothing or by a chunk.
    let mut odd = wav(1, 1, 16_000, 16, &[0, 0x40, 7]);
    assert_eq!(read(&odd).unwrap(), [0.5]);
    odd.extend(b"\0LIST\x02\0\0\0ab");
    assert_eq!(read(&odd).unwrap(), [0.5]);
}

#[test]
fn files_for_more_than_four_gibibytes_are_read() {
    let plain = wav(1, 1, 16_000, 16, &[0, 0x40, 0, 0xC0]);
    for (name, size, expected) in [
        (b"RF64", 4_u64, 2),
        (b"BW64", 2, 1),
        (b"RF64", u64::MAX, 2),
        (b"BW64", 0, 2),
    ] {
        let mut bytes = name.to_vec();
        bytes.extend([0xFF; 4]);
        bytes.extend(b"WAVEds64\x1C\0\0\0");
        bytes.extend([72_u64, size, size / 2].map(u64::to_le_bytes).concat());
        bytes.extend([0; 4]);
        bytes.extend(&plain[12..40]);
        bytes.extend([0xFF; 4]);
        bytes.extend(&plain[44..]);
        assert_eq!(read(&bytes).unwrap().len(), expected, "{size}");
        // More is promised than is there.
        let place = 28;
        bytes[place..place + 8].copy_from_slice(&(1_u64 << 33).to_le_bytes());
        assert!(refusal(&bytes).contains("cut off"));
        assert!(refusal(&bytes[..40]).contains("ends before its first sample"));
    }
    assert!(refusal(b"RF64\xFF\xFF\xFF\xFFWAVEds64\x04\0\0\0\0\0\0\0").contains("sizes"));
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
    for length in [
        u32::MAX,
        u32::MAX - 36,
        u32::MAX - 44,
        0xFFFF_0000,
        0x7FFF_F000,
        0x7FFF_FFFF,
        0x8000_0000,
    ] {
        let mut bytes = whole.clone();
        set_data_length(&mut bytes, length);
        assert_eq!(read(&bytes).unwrap().len(), 1_600);
    }
    for riff_size in [0, 36, u32::MAX, 3_236] {
        let mut bytes = whole.clone();
        bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
        set_data_length(&mut bytes, 0);
        assert_eq!(read(&bytes).unwrap().len(), 1_600, "{riff_size}");
    }
    // One that has no samples, but a chunk behind them.
    let mut bytes = wav(1, 1, 16_000, 16, b"LIST\x04\0\0\0abcd");
    set_data_length(&mut bytes, 0);
    assert!(refusal(&bytes).contains("0 samples"));
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
    let others: [(&[u8], &str); 10] = [
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0", "Ogg"),
        (b"ID3\x04\0\0\0\0\0\0", "MP3"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "MP4/M4A"),
        (b"FORM\0\0\0\x04AIFFCOMM", "AIFF"),
        (b"RIFX\xFF\xFF\xFF\xFFWAVE", "RIFX"),
        (b"RF64\xFF\xFF\xFF\xFFAVI ", "something unknown"),
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
        (6, 16, "16-bit A-law"),
        (7, 16, "16-bit mu-law"),
        (2, 4, "ADPCM"),
        (3, 16, "16-bit float"),
        (1, 72, "72-bit PCM"),
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
    for align in [0, 1] {
        let wrong = wav_in(1, 1, 16, align, &[0; 4]);
        assert!(refusal(&wrong).contains("contradicts"));
    }
    let mut uneven = wav(1, 2, 16_000, 16, &[0; 4]);
    uneven[32..34].copy_from_slice(&5_u16.to_le_bytes());
    assert!(refusal(&uneven).contains("contradicts"));
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
        header in 0..4_u8,
    ) {
        bytes = match header {
            0 => bytes,
            1 => wav(1, 2, 8_000, 16, &bytes),
            2 => extensible(3, 1, 64, 64, &bytes),
            _ => {
                let mut long = b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0".to_vec();
                long.extend([0; 28]);
                long.extend(&wav(7, 1, 8_000, 8, &bytes)[12..]);
                long
            }
        };
        if header > 0 {
            for (place, byte) in changes {
                bytes[place % 44] = byte;
            }
        }
        if let Ok(samples) = read(&bytes) {
            prop_assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}
