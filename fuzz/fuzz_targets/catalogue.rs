//! A catalogue of models and the receipt of an installed one: a list, or an error; and nothing is read outside of the directory.

#![no_main]

use jane_models::{ModelKind, ModelStore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&[u8], &[u8])| {
    let (catalogue, receipt) = texts;
    let home = tempfile::tempdir().expect("a place for files");
    let models = home.path().join("models");
    std::fs::create_dir_all(models.join("m")).expect("room for a directory");
    std::fs::write(models.join("m/model.toml"), receipt).expect("room for a file");
    let store = ModelStore::open(&models).expect("the catalogue that is built in");
    let _ = store.list();
    let _ = store.verify("m");
    if let Ok(files) = store.resolve(ModelKind::Tts, "m", home.path()) {
        assert!(files.main.starts_with(&models));
        assert!(files.extra.iter().all(|file| file.starts_with(&models)));
    }
    std::fs::write(models.join("catalog.toml"), catalogue).expect("room for a file");
    if let Ok(store) = ModelStore::open(&models) {
        let _ = store.list();
    }
});
