//! A file that somebody takes for a model: GGUF, ggml of whisper.cpp, ONNX with its settings, safetensors. The first byte chooses.

#![no_main]

use jane_files::gguf;
use jane_models::{ModelKind, ModelStore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let home = tempfile::tempdir().expect("a place for files");
    let at = |name: &str| home.path().join(name);
    let (kind, name, magic): (_, _, &[u8]) = match choice % 5 {
        0 => (ModelKind::Llm, "m-00001-of-00002.gguf", b"GGUF\x03\0\0\0"),
        1 => (ModelKind::Stt, "m.bin", b"lmgg"),
        2 => (ModelKind::Tts, "m.onnx", b"\x08"),
        3 => (ModelKind::Embedding, "m.safetensors", b""),
        _ => (ModelKind::Llm, "m.gguf", b""),
    };
    let content = [magic, bytes].concat();
    std::fs::write(at(name), &content).expect("room for a file");
    std::fs::write(at("m.onnx.json"), bytes).expect("room for a file");
    if let Ok(head) = gguf::Head::of(&at(name)) {
        let weights: u64 = head.tensors.iter().map(|(_, bytes)| bytes).sum();
        assert!(weights <= content.len() as u64);
    }
    let store = ModelStore::open(&at("models")).expect("the catalogue that is built in");
    let path = at(name);
    if let Err(error) = store.resolve(kind, &path.to_string_lossy(), home.path()) {
        assert!(!error.to_string().is_empty());
    }
    let _ = store.import(&path, None, Some("m"), None);
});
