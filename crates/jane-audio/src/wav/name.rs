//! Names what is not read, so that the user knows what to convert.
//!
//! Format tags: RFC 2361 and Microsoft's `mmreg.h`.

/// Names a file by its first bytes.
pub(super) fn file(head: &[u8]) -> String {
    let known = infer::get(head).map(|found| match found.mime_type() {
        "audio/x-flac" => "FLAC".to_owned(),
        "audio/ogg" => "Ogg".to_owned(),
        "audio/opus" => "Ogg Opus".to_owned(),
        "audio/mpeg" => "MP3".to_owned(),
        "audio/m4a" | "video/mp4" | "video/x-m4v" => "MP4/M4A".to_owned(),
        "audio/aac" => "AAC".to_owned(),
        "audio/x-aiff" => "AIFF".to_owned(),
        "video/webm" => "WebM".to_owned(),
        "video/x-matroska" => "Matroska".to_owned(),
        other => other.to_owned(),
    });
    // The end may cut a character in two.
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => head
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok()),
        Err(_) => None,
    };
    let readable = |text: &str| text.chars().all(|c| !c.is_control() || c.is_whitespace());
    match (head, known) {
        ([b'R', b'I', b'F', b'X', ..], _) => "RIFX, a variant of WAV".to_owned(),
        ([b'r', b'i', b'f', b'f', ..], _) => "Wave64, a variant of WAV".to_owned(),
        (_, Some(known)) => known,
        _ if text.is_some_and(readable) => "text".to_owned(),
        _ => "something unknown".to_owned(),
    }
}

/// The name of a coding that is not decoded.
pub(super) fn coding(tag: u16, bits: u16) -> String {
    match tag {
        0x0001 => format!("{bits}-bit PCM"),
        0x0003 => format!("{bits}-bit float"),
        0x0002 => "Microsoft ADPCM".to_owned(),
        0x0006 => format!("{bits}-bit A-law"),
        0x0007 => format!("{bits}-bit mu-law"),
        0x0011 => "IMA ADPCM".to_owned(),
        0x0031 => "GSM 6.10".to_owned(),
        0x0050 | 0x0055 => "MP3".to_owned(),
        0x00FF | 0x1600 | 0x1610 => "AAC".to_owned(),
        0x674F..=0x6771 => "Ogg Vorbis".to_owned(),
        _ => format!("format 0x{tag:04X}"),
    }
}
