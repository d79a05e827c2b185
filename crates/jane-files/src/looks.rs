//! What a file is that was dropped in as a skill and is no component, in words for whoever dropped it.

/// Where every WebAssembly binary begins.
const MAGIC: &[u8] = b"\0asm";

/// Bytes at the beginning that are looked at.
const LOOKED_AT: usize = 512;

/// Characters of a text that are shown.
const SHOWN: usize = 40;

/// Why `bytes` are no WebAssembly component, as far as their beginning shows; `None` where they may be one.
pub fn no_component(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("it is empty".to_owned());
    }
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        let what = kind(bytes.get(..LOOKED_AT).unwrap_or(bytes));
        return Some(format!("it is no WebAssembly component: {what}"));
    };
    // Two bytes of version, and two of what it is: 0 a module, 1 a component.
    match rest {
        [_, _, 1, 0, ..] => None,
        [_, _, 0, 0, ..] => Some(
            "it is a WebAssembly module and no component (build it for `wasm32-wasip2`)".to_owned(),
        ),
        [_, _, _, _, ..] => Some("it is no WebAssembly component that is known here".to_owned()),
        _ => {
            Some("it is no WebAssembly component: it is cut off behind its first bytes".to_owned())
        }
    }
}

/// What a file looks like that begins with `head`, as the end of a sentence.
pub fn kind(head: &[u8]) -> String {
    let known = infer::get(head).map(|known| known.mime_type());
    if known == Some("text/html") {
        return "it looks like a web page (HTML), as it is saved where a link leads to a page about a file".to_owned();
    }
    if let Some(text) = text(head) {
        let text = text.trim_start_matches('\u{feff}').trim();
        let begins = |beginning: &str| {
            let start = text.get(..beginning.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
        };
        if ["<!doctype html", "<html", "<head", "<body", "<script"]
            .iter()
            .any(|tag| begins(tag))
        {
            return "it looks like a web page (HTML), as it is saved where a link leads to a page about a file".to_owned();
        }
        if begins("(component") || begins("(module") {
            return "it is WebAssembly as text, which has to be translated first".to_owned();
        }
        if begins("version https://git-lfs") {
            return "it is a pointer of Git LFS, and the file itself was not fetched".to_owned();
        }
        if text.is_empty() {
            return "there is nothing in it".to_owned();
        }
        let shown: String = text.chars().take(SHOWN).flat_map(shown).collect();
        return format!("it looks like text, and begins with `{shown}`");
    }
    match known {
        Some(known) => format!("it looks like `{known}`"),
        None => "it is of no kind that is known here".to_owned(),
    }
}

/// The text that `head` is the beginning of; `None` where it is none.
fn text(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last letter may be cut off.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_written = |letter: char| !letter.is_control() || letter.is_whitespace();
    text.chars().all(is_written).then_some(text)
}

/// A letter as it may be shown: of others than these it is not known what they do to a terminal.
fn shown(letter: char) -> Vec<char> {
    if letter.is_alphanumeric() || letter == ' ' || letter.is_ascii_graphic() {
        vec![letter]
    } else {
        letter.escape_default().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_in_is_named() {
        let cases: [(&[u8], &str); 22] = [
            (b"", "it is empty"),
            (b"\n \n", "nothing in it"),
            (b"<!DOCTYPE html><html><head>", "web page"),
            (b"\n\n<!doctype HTML>\n", "web page"),
            (b"\xef\xbb\xbf<html lang=\"en\">", "web page"),
            (b"  <HEAD><title>404", "web page"),
            (b"Not Found", "begins with `Not Found`"),
            (b"404: Not Found\r\n", "begins with `404: Not Found`"),
            (b"{\"message\": \"Not Found\"}", "looks like text"),
            (
                b"<?xml version=\"1.0\"?><Error/>",
                "no WebAssembly component",
            ),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
            (b"(component (core module))", "as text"),
            (b"(module)", "as text"),
            ("Привет".as_bytes(), "begins with `Привет`"),
            (
                "cut off: Привет".as_bytes().split_last().unwrap().1,
                "looks like text",
            ),
            (b"\x1b[2Jboo", "no kind that is known"),
            (b"PK\x03\x04\x14\0\0\0", "application/zip"),
            (b"\x1f\x8b\x08\0\0\0", "application/gzip"),
            (b"\x7fELF\x02\x01\x01\0", "no WebAssembly component"),
            (b"\0asm", "cut off"),
            (b"\0asm\x01\0\0\0", "module and no component"),
            (b"\0asm\x0d\0\x07\0", "known here"),
        ];
        for (bytes, expected) in cases {
            let told = no_component(bytes).unwrap();
            assert!(told.contains(expected), "{told}");
        }
        assert_eq!(no_component(b"\0asm\x0d\0\x01\0"), None);
    }

    #[test]
    fn what_is_told_is_short_and_commands_no_terminal() {
        for text in [
            "\u{202e}evil",
            "\u{200b}hidden",
            "a\u{2028}b",
            "a\tb\nc",
            "😀",
        ] {
            let told = no_component(text.repeat(1000).as_bytes()).unwrap();
            assert!(told.chars().count() < 600, "{told}");
            assert!(told.is_ascii(), "{told:?}");
        }
    }
}
