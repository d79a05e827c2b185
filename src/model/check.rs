//! Cheap checks that a file is what an engine expects, from its first bytes.
//!
//! They catch what would make an engine abort without a word: an empty file, a web page, a model of
//! another kind.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{ModelError, ModelKind, files};

/// The settings of a Piper voice are a few thousand bytes.
const LARGEST_SETTINGS: u64 = 4 << 20;
/// `0x67676d6c`, whisper.cpp's `GGML_FILE_MAGIC`, in the order of bytes in the file.
const GGML: &[u8] = b"lmgg";
const GGUF: &[u8] = b"GGUF";
/// The first bytes of a native library on Linux, macOS and Windows.
const LIBRARIES: [&[u8]; 3] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ"];

/// The settings of the Piper voice at `main`: the same path with `.json` after it.
pub fn voice_settings(main: &Path) -> PathBuf {
    let mut path = main.as_os_str().to_owned();
    path.push(".json");
    path.into()
}

/// Checks that `main` can be a model of `kind`; `model` is the installed model that it belongs to,
/// if any.
///
/// Errors: [`ModelError::Damaged`], [`ModelError::WrongKind`] where it is a model of another kind.
pub fn main_file(kind: ModelKind, main: &Path, model: Option<&str>) -> Result<(), ModelError> {
    let damaged = |path: &Path, reason: String| ModelError::Damaged {
        path: path.to_path_buf(),
        reason,
        model: model.map(str::to_owned),
    };
    let first = first_bytes(main).map_err(|error| damaged(main, error.to_string()))?;
    if first.is_empty() {
        return Err(damaged(main, "it is empty".into()));
    }
    if let Some(actual) = kind_of_magic(&first).filter(|actual| *actual != kind) {
        return Err(ModelError::WrongKind {
            subject: main.display().to_string(),
            expected: kind,
            actual,
        });
    }
    match kind {
        ModelKind::Tts => {
            let settings = voice_settings(main);
            let text = files::read_text(&settings, LARGEST_SETTINGS)
                .map_err(|error| damaged(&settings, error.to_string()))?;
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
                .map_err(|error| damaged(&settings, error.to_string()))?;
            // ONNX is protobuf and has no magic; its first field, `ir_version`, is a varint: tag 0x08
            first
                .starts_with(b"\x08")
                .then_some(())
                .ok_or_else(|| damaged(main, "it does not begin as an ONNX file does".into()))
        }
        _ if kind_of_magic(&first) == Some(kind) => Ok(()),
        ModelKind::Stt => Err(damaged(
            main,
            "it does not begin as a ggml file of whisper.cpp does".into(),
        )),
        ModelKind::Llm => Err(damaged(
            main,
            "it does not begin as a GGUF file does".into(),
        )),
        // The length of the header in eight bytes, which is far below 2^32, and behind it JSON.
        ModelKind::Embedding if first.len() == 4 => Ok(()),
        ModelKind::Embedding => Err(damaged(
            main,
            "it does not begin as a safetensors file does".into(),
        )),
        ModelKind::Runtime => Err(damaged(
            main,
            "it does not begin as a native library does".into(),
        )),
    }
}

/// The kind of the model in the file at `path`, from its content (for a voice also its name).
///
/// Errors: [`ModelError::Unrecognised`] where it is none of the known formats.
pub fn kind_of_file(path: &Path) -> Result<ModelKind, ModelError> {
    let first = first_bytes(path).map_err(|error| ModelError::io("read", path, error))?;
    let is_voice = path
        .extension()
        .is_some_and(|extension| extension == "onnx");
    let is_safetensors = path
        .extension()
        .is_some_and(|extension| extension == "safetensors");
    kind_of_magic(&first)
        .or(is_voice.then_some(ModelKind::Tts))
        .or(is_safetensors.then_some(ModelKind::Embedding))
        .ok_or_else(|| ModelError::Unrecognised {
            path: path.to_path_buf(),
        })
}

fn kind_of_magic(first: &[u8]) -> Option<ModelKind> {
    if first.starts_with(GGML) {
        Some(ModelKind::Stt)
    } else if first.starts_with(GGUF) {
        Some(ModelKind::Llm)
    } else if LIBRARIES.iter().any(|magic| first.starts_with(magic)) {
        Some(ModelKind::Runtime)
    } else {
        None
    }
}

/// Up to four bytes.
fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (file, _) = crate::platform::open_regular(path)?;
    file.take(4).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        (directory, path)
    }

    #[test]
    fn each_kind_is_known_by_its_first_bytes() {
        for (kind, content) in [
            (ModelKind::Stt, b"lmgg\0\0" as &[u8]),
            (ModelKind::Llm, b"GGUF\x03"),
            (ModelKind::Runtime, b"\x7fELF\x02"),
        ] {
            let (_directory, path) = file("any", content);
            assert_eq!(kind_of_file(&path).unwrap(), kind);
            main_file(kind, &path, None).unwrap();
        }
    }

    #[test]
    fn an_empty_file_a_web_page_and_another_kind_are_told_apart() {
        let (_directory, empty) = file("m.gguf", b"");
        let error = main_file(ModelKind::Llm, &empty, Some("m")).unwrap_err();
        assert!(error.to_string().contains("m.gguf") && error.to_string().contains("empty"));
        assert_eq!(
            error.hint().unwrap(),
            "run `jane models pull m` to fetch it again"
        );
        let (_directory, page) = file("m.bin", b"<html>");
        assert!(matches!(
            main_file(ModelKind::Stt, &page, None),
            Err(ModelError::Damaged { .. })
        ));
        let (_directory, other) = file("m.bin", b"GGUF");
        assert!(matches!(
            main_file(ModelKind::Stt, &other, None),
            Err(ModelError::WrongKind {
                actual: ModelKind::Llm,
                ..
            })
        ));
    }

    #[test]
    fn a_voice_needs_its_settings() {
        let (_directory, voice) = file("v.onnx", b"\x08\x08");
        let error = main_file(ModelKind::Tts, &voice, None).unwrap_err();
        assert!(error.to_string().contains("v.onnx.json"));
        std::fs::write(voice_settings(&voice), "{}").unwrap();
        main_file(ModelKind::Tts, &voice, None).unwrap();
        std::fs::write(voice_settings(&voice), "[").unwrap();
        assert!(main_file(ModelKind::Tts, &voice, None).is_err());
    }
}
