//! What a file is that is no model of the expected format, in words for whoever put it there, and what to do about it.

use crate::looks::kind as looks_like;

/// Bytes at the beginning that are looked at.
pub const LOOKED_AT: usize = 512;

/// Bytes of the longest head of safetensors that is believed.
const LONGEST_HEAD: u64 = 100 << 20;

/// Characters of a name from a file that are shown.
const SHOWN: usize = 60;

/// What was found in the place of a model.
pub struct Found {
    pub reason: String,
    pub hint: Option<&'static str>,
}

/// What the file is that begins with `head`, which is no model of the expected format.
pub fn found(head: &[u8]) -> Found {
    let told = |reason: &str, hint| Found {
        reason: reason.to_owned(),
        hint,
    };
    let fetch = Some("fetch it again");
    if head.is_empty() {
        return told("it is empty", fetch);
    }
    if head.iter().all(|byte| *byte == 0) {
        return told(
            "it begins with nothing but zeros, as a file does whose download did not end",
            fetch,
        );
    }
    if is_safetensors(head) {
        return told(
            "it is in the safetensors format",
            Some(
                "take the model as a `.gguf` file, or make one of it with llama.cpp's `convert_hf_to_gguf.py`",
            ),
        );
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\x80\x02") {
        return told(
            "it looks like weights of PyTorch, or an archive",
            Some("take the model in the engine's own format: `.gguf`, ggml `.bin` or `.onnx`"),
        );
    }
    let reason = looks_like(head);
    let hint = if reason.contains("Git LFS") {
        Some("`git lfs pull` in its repository fetches the file itself")
    } else if reason.contains("web page") {
        Some(
            "fetch the file itself: on Hugging Face its address has `/resolve/` where that of the page has `/blob/`",
        )
    } else {
        None
    };
    Found { reason, hint }
}

/// Whether a file that begins with `head` is in the format of safetensors: the length of a head, and JSON.
pub fn is_safetensors(head: &[u8]) -> bool {
    let length = head.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| (2..=LONGEST_HEAD).contains(&length)) && head.get(8) == Some(&b'{')
}

/// A name from a file as it may be shown.
pub fn shortened(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_in_place_of_a_model_is_named_with_what_to_do() {
        let cases: [(&[u8], &str, &str); 9] = [
            (b"", "empty", "fetch it again"),
            (&[0; 512], "zeros", "fetch it again"),
            (b"<!doctype html><html>", "web page", "/resolve/"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:",
                "Git LFS",
                "git lfs pull",
            ),
            (
                b"\x40\0\0\0\0\0\0\0{\"__metadata__\":",
                "safetensors",
                ".gguf",
            ),
            (b"PK\x03\x04archive/data.pkl", "PyTorch", ".gguf"),
            (b"Entry not found", "begins with `Entry not found`", ""),
            (
                b"{\"error\":\"Repository not found\"}",
                "looks like text",
                "",
            ),
            (b"\x07\xff\x13\x37", "no kind that is known", ""),
        ];
        for (head, reason, hint) in cases {
            let found = found(head);
            assert!(found.reason.contains(reason), "{}", found.reason);
            assert_eq!(found.hint.is_some(), !hint.is_empty(), "{reason}");
            assert!(found.hint.unwrap_or_default().contains(hint));
        }
    }

    #[test]
    fn a_name_cannot_drive_a_terminal() {
        assert_eq!(shortened("a\u{1b}[2J"), "a\\u{1b}[2J");
        assert_eq!(shortened(&"x".repeat(100)).chars().count(), SHOWN + 1);
    }
}
