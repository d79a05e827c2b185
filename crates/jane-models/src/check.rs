//! Cheap checks that a file is what an engine expects, from its head.
//!
//! They catch what would make an engine abort without a word: an empty file, a web page, a model of
//! another kind, one that was cut off.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{ModelError, ModelKind, onnx, safetensors_file, whisper_file};
use jane_files::{gguf, not_a_model};

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

/// Checks that `main` and what belongs to it are a whole model of `kind`, as far as their heads show; `model` is the installed model that
/// it belongs to, if any.
///
/// Errors: as [`beginning`]; [`ModelError::Damaged`] also where the end of a file is missing, or a file of several.
pub fn main_file(kind: ModelKind, main: &Path, model: Option<&str>) -> Result<(), ModelError> {
    beginning(kind, main, model)?;
    let whole = match kind {
        ModelKind::Stt => whisper_file::check(main),
        ModelKind::Llm => gguf::Head::of(main).map(drop),
        ModelKind::Tts | ModelKind::Turn => onnx::check(main),
        ModelKind::Embedding => safetensors_file::check(main),
        ModelKind::Runtime => Ok(()),
    };
    whole.map_err(|error| damaged(main, error.to_string(), model))
}

/// Checks that `main` begins as a model of `kind` does, and that a voice has its settings.
///
/// Errors: [`ModelError::Damaged`]; [`ModelError::Foreign`] where it is no model, [`ModelError::WrongKind`] where it is one of another kind.
pub fn beginning(kind: ModelKind, main: &Path, model: Option<&str>) -> Result<(), ModelError> {
    let first = first_bytes(main).map_err(|error| damaged(main, error.to_string(), model))?;
    if let Some(actual) = kind_of_magic(&first).filter(|actual| *actual != kind) {
        return Err(ModelError::WrongKind {
            subject: main.display().to_string(),
            expected: kind,
            actual,
        });
    }
    let is_right = match kind {
        // ONNX is protobuf and has no magic; its first field, `ir_version`, is a varint: tag 0x08
        ModelKind::Tts | ModelKind::Turn => first.starts_with(b"\x08"),
        ModelKind::Embedding => not_a_model::is_safetensors(&first),
        ModelKind::Stt | ModelKind::Llm | ModelKind::Runtime => kind_of_magic(&first) == Some(kind),
    };
    if !is_right {
        return Err(foreign(kind, main, &first, model));
    }
    match kind {
        ModelKind::Tts => settings_of(main, model),
        _ => Ok(()),
    }
}

/// Checks the settings of the voice at `main`.
fn settings_of(main: &Path, model: Option<&str>) -> Result<(), ModelError> {
    let path = voice_settings(main);
    let text = jane_files::read_text(&path, LARGEST_SETTINGS)
        .map_err(|error| damaged(&path, error.to_string(), model))?;
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(_) => Ok(()),
        Err(error) if text.trim_start().starts_with('{') => {
            Err(damaged(&path, error.to_string(), model))
        }
        Err(_) => {
            let head = text.as_bytes().get(..not_a_model::LOOKED_AT);
            let head = head.unwrap_or(text.as_bytes());
            Err(foreign(ModelKind::Tts, &path, head, model))
        }
    }
}

fn damaged(path: &Path, reason: String, model: Option<&str>) -> ModelError {
    ModelError::Damaged {
        path: path.to_path_buf(),
        reason,
        model: model.map(str::to_owned),
    }
}

fn foreign(kind: ModelKind, path: &Path, head: &[u8], model: Option<&str>) -> ModelError {
    let found = not_a_model::found(head);
    ModelError::Foreign {
        path: path.to_path_buf(),
        kind,
        reason: found.reason,
        advice: found.hint,
        model: model.map(str::to_owned),
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
        .ok_or_else(|| {
            let found = not_a_model::found(&first);
            ModelError::Unrecognised {
                path: path.to_path_buf(),
                found: Some((found.reason, found.hint)),
            }
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

/// As many as show what a file is.
fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (file, _) = jane_platform::open_regular(path)?;
    file.take(not_a_model::LOOKED_AT as u64)
        .read_to_end(&mut bytes)?;
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
            beginning(kind, &path, None).unwrap();
            let whole = main_file(kind, &path, None);
            assert_eq!(whole.is_ok(), kind == ModelKind::Runtime);
        }
    }

    #[test]
    fn a_model_that_lacks_its_end_is_damaged() {
        let onnx = b"\x08\x08\x3a\x04abcd";
        for (kind, name, whole) in [
            (ModelKind::Stt, "m.bin", whisper_file::tests::sample()),
            (ModelKind::Llm, "m.gguf", gguf::sample()),
            (ModelKind::Tts, "m.onnx", onnx.to_vec()),
        ] {
            let (_directory, path) = file(name, &whole);
            std::fs::write(voice_settings(&path), "{}").unwrap();
            main_file(kind, &path, None).unwrap();
            std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
            let error = main_file(kind, &path, Some("m")).unwrap_err();
            assert!(error.to_string().contains("cut off"), "{error}");
            assert!(error.hint().unwrap().contains("jane models pull m"));
            let hint = main_file(kind, &path, None).unwrap_err().hint();
            assert!(hint.unwrap().contains("fetch or copy"));
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
            Err(ModelError::Foreign { .. })
        ));
        for kind in [
            ModelKind::Stt,
            ModelKind::Llm,
            ModelKind::Tts,
            ModelKind::Embedding,
        ] {
            let error = main_file(kind, &page, None).unwrap_err();
            assert!(error.to_string().contains("web page"), "{error}");
            assert!(error.hint().unwrap().contains("/resolve/"));
        }
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
        let (_directory, voice) = file("v.onnx", b"\x08\x08\x3a\x00");
        let error = main_file(ModelKind::Tts, &voice, None).unwrap_err();
        assert!(error.to_string().contains("v.onnx.json"));
        std::fs::write(voice_settings(&voice), "{}").unwrap();
        main_file(ModelKind::Tts, &voice, None).unwrap();
        let pointer = "version https://git-lfs.github.com/spec/v1\n";
        std::fs::write(voice_settings(&voice), pointer).unwrap();
        let error = main_file(ModelKind::Tts, &voice, None).unwrap_err();
        assert!(error.to_string().contains("v.onnx.json"), "{error}");
        assert!(error.hint().unwrap().contains("git lfs pull"));
        std::fs::write(voice_settings(&voice), "[").unwrap();
        assert!(main_file(ModelKind::Tts, &voice, None).is_err());
    }
}
