//! Listing, resolving, verifying, importing and removing what is on the disk.

use std::path::Path;

use super::Home;
use crate::{ModelError, ModelKind, ModelState};
use jane_files::gguf::{self, part_name};

const CATALOGUE: &str = r#"
[big]
kind = "llm"
licence = "MIT"
description = "A model that is not installed."
files = [{ name = "big.gguf", size = 5 }]
[[big.sources]]
type = "hugging-face"
repository = "a/b"
revision = "main"
pieces = [{ name = "big.gguf", parts = ["big.gguf"] }]
"#;

#[test]
fn an_imported_model_is_listed_resolved_verified_and_removed() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let status = store
        .import(&home.file("mine.gguf", &gguf::sample()), None, None, None)
        .unwrap();
    assert_eq!(
        (status.name.as_str(), status.kind),
        ("mine", ModelKind::Llm)
    );
    assert_eq!(status.state, ModelState::Installed);
    assert!(status.imported_from.unwrap().ends_with("mine.gguf"));

    let list: Vec<(String, ModelState)> = store
        .list()
        .into_iter()
        .map(|model| (model.name, model.state))
        .collect();
    let expected = [
        ("big".into(), ModelState::Available),
        ("mine".into(), ModelState::Installed),
    ];
    assert_eq!(list, expected);
    let files = store
        .resolve(ModelKind::Llm, "mine", Path::new("/"))
        .unwrap();
    assert_eq!(files.main, home.models().join("mine/mine.gguf"));
    assert_eq!(
        store.verify("mine").unwrap().size,
        gguf::sample().len() as u64
    );
    store.remove("mine").unwrap();
    assert!(home.left().is_empty());
    assert!(matches!(
        store.remove("mine"),
        Err(ModelError::Unknown { .. })
    ));
}

#[test]
fn a_model_that_is_not_there_says_how_to_get_it() {
    let store = Home::new(CATALOGUE).store();
    let error = store
        .resolve(ModelKind::Llm, "big", Path::new("/"))
        .unwrap_err();
    assert_eq!(error.to_string(), "the model `big` is not installed");
    assert_eq!(error.hint().unwrap(), "run `jane models pull big`");
    let error = store
        .resolve(ModelKind::Llm, "bigg", Path::new("/"))
        .unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean `big`?");
    for name in ["..", "", ".staging-x", "catalog.toml"] {
        assert!(
            store.remove(name).is_err() && store.verify(name).is_err(),
            "{name:?}"
        );
    }
}

#[test]
fn a_model_of_the_wrong_kind_is_refused_by_name_and_by_path() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let path = home.file("mine.gguf", &gguf::sample());
    store.import(&path, None, None, None).unwrap();
    for subject in ["mine", path.to_str().unwrap()] {
        let error = store
            .resolve(ModelKind::Stt, subject, Path::new("/"))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{subject}` is a model for `llm`, but one for `stt` is needed")
        );
    }
    let error = store
        .import(&path, Some(ModelKind::Stt), Some("other"), None)
        .unwrap_err();
    assert!(matches!(error, ModelError::WrongKind { .. }));
}

#[test]
fn a_voice_is_found_with_its_settings() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let path = home.file("voice.onnx", b"\x08\x08\x3a\x00");
    let settings = home.file("voice.onnx.json", b"{}");
    let files = store
        .resolve(ModelKind::Tts, path.to_str().unwrap(), Path::new("/"))
        .unwrap();
    assert_eq!((files.main, files.extra), (path.clone(), vec![settings]));
    store.import(&path, None, Some("joe"), None).unwrap();
    let files = store
        .resolve(ModelKind::Tts, "joe", Path::new("/"))
        .unwrap();
    assert_eq!(files.main, home.models().join("joe/joe.onnx"));
    assert_eq!(files.extra, [home.models().join("joe/joe.onnx.json")]);
}

#[test]
fn damage_is_found_by_size_and_by_hash() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    store
        .import(&home.file("mine.gguf", &gguf::sample()), None, None, None)
        .unwrap();
    let path = home.models().join("mine/mine.gguf");
    let mut changed = gguf::sample();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&path, changed).unwrap();
    assert!(matches!(
        store.verify("mine"),
        Err(ModelError::Checksum { .. })
    ));
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(store.verify("mine"), Err(ModelError::Size { .. })));
    assert!(matches!(store.list()[1].state, ModelState::Damaged { .. }));
    let error = store
        .resolve(ModelKind::Llm, "mine", Path::new("/"))
        .unwrap_err();
    assert!(error.to_string().contains("mine.gguf") && error.to_string().contains("empty"));
    std::fs::write(home.models().join("mine/model.toml"), "nonsense").unwrap();
    assert!(matches!(
        store.resolve(ModelKind::Llm, "mine", Path::new("/")),
        Err(ModelError::Damaged { .. })
    ));
    store.remove("mine").unwrap();
    assert!(home.left().is_empty());
}

#[test]
fn an_import_never_replaces_and_never_takes_what_is_no_model() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let path = home.file("mine.gguf", &gguf::sample());
    store.import(&path, None, None, None).unwrap();
    let error = store.import(&path, None, None, None).unwrap_err();
    assert!(matches!(error, ModelError::AlreadyInstalled { .. }));
    let error = store
        .import(&home.file("page.gguf", b"<html>"), None, None, None)
        .unwrap_err();
    assert!(matches!(error, ModelError::Unrecognised { .. }));
    assert!(error.to_string().contains("web page"), "{error}");
    assert!(error.hint().unwrap().contains("/resolve/"));
    let error = store
        .import(home.directory.path(), None, Some("x"), None)
        .unwrap_err();
    assert!(matches!(error, ModelError::Unrecognised { .. }));
    let error = store.import(&path, None, Some("../x"), None).unwrap_err();
    assert!(matches!(error, ModelError::UnsafeName { .. }));
    assert!(
        store
            .import(Path::new("/no/such/file"), None, None, None)
            .is_err()
    );
    assert_eq!(home.left(), ["mine"]);
}

#[test]
fn weights_that_cannot_be_converted_leave_nothing() {
    let home = Home::new(CATALOGUE);
    let weights = home.directory.path().join("weights");
    std::fs::create_dir(&weights).unwrap();
    std::fs::write(weights.join("model.bin"), b"nonsense").unwrap();
    std::fs::write(weights.join("tokenizer.json"), b"{}").unwrap();
    let error = home.store().import(&weights, None, None, None).unwrap_err();
    assert!(matches!(error, ModelError::Conversion { .. }), "{error}");
    assert!(home.left().is_empty());
}

#[test]
fn a_file_that_was_cut_off_is_not_imported_and_not_handed_out() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let whole = gguf::sample();
    let path = home.file("half.gguf", &whole[..whole.len() - 50]);
    let import = store.import(&path, None, None, None).unwrap_err();
    let resolved = store.resolve(ModelKind::Llm, path.to_str().unwrap(), Path::new("/"));
    for error in [import, resolved.unwrap_err()] {
        assert!(error.to_string().contains("half.gguf"), "{error}");
        assert!(error.to_string().contains("cut off"), "{error}");
        assert!(error.hint().is_some());
    }
    assert!(home.left().is_empty());
    // One that was imported before that was looked at.
    store
        .import(&home.file("mine.gguf", &whole), None, None, None)
        .unwrap();
    let half = &whole[..whole.len() - 50];
    std::fs::write(home.models().join("mine/mine.gguf"), half).unwrap();
    let receipt = home.models().join("mine/model.toml");
    let text = std::fs::read_to_string(&receipt).unwrap();
    let text = text
        .replace(
            &format!("size = {}", whole.len()),
            &format!("size = {}", half.len()),
        )
        .replace(&super::sha256(&whole), &super::sha256(half));
    std::fs::write(&receipt, text).unwrap();
    let error = store.verify("mine").unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
}

#[test]
fn a_model_in_parts_is_imported_resolved_and_verified_whole() {
    let home = Home::new(CATALOGUE);
    let store = home.store();
    let parts = gguf::sample_parts();
    let paths = [1, 2].map(|number| home.directory.path().join(part_name("big-one", number, 2)));
    std::fs::write(&paths[0], &parts[0]).unwrap();
    let error = store.import(&paths[0], None, None, None).unwrap_err();
    assert!(
        error.to_string().contains("big-one-00002-of-00002.gguf"),
        "{error}"
    );
    std::fs::write(&paths[1], &parts[1]).unwrap();
    // Whichever part is named.
    for path in &paths {
        let files = store
            .resolve(ModelKind::Llm, path.to_str().unwrap(), Path::new("/"))
            .unwrap();
        assert_eq!(
            (files.main, files.extra),
            (paths[0].clone(), vec![paths[1].clone()])
        );
        let status = store.import(path, None, None, None).unwrap();
        assert_eq!(status.name, "big-one");
        let bytes = parts[0].len() + parts[1].len();
        assert_eq!(status.size, Some(bytes as u64));
        store.remove("big-one").unwrap();
    }
    store.import(&paths[1], None, Some("mine"), None).unwrap();
    let files = store
        .resolve(ModelKind::Llm, "mine", Path::new("/"))
        .unwrap();
    let installed = |number| {
        home.models()
            .join("mine")
            .join(part_name("mine", number, 2))
    };
    assert_eq!(
        (files.main, files.extra),
        (installed(1), vec![installed(2)])
    );
    assert_eq!(store.verify("mine").unwrap().files, 2);
    std::fs::remove_file(installed(2)).unwrap();
    let error = store
        .resolve(ModelKind::Llm, "mine", Path::new("/"))
        .unwrap_err();
    assert!(
        error.to_string().contains("mine-00002-of-00002.gguf"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("jane models pull mine"));
}

#[cfg(unix)]
#[test]
fn what_belongs_to_a_file_lies_beside_the_link_to_it() {
    let home = Home::new(CATALOGUE);
    let blob = home.file("0123abcd", b"\x08\x08\x3a\x00");
    let snapshot = home.directory.path().join("snapshot");
    std::fs::create_dir(&snapshot).unwrap();
    let voice = snapshot.join("joe.onnx");
    std::os::unix::fs::symlink(blob, &voice).unwrap();
    std::fs::write(snapshot.join("joe.onnx.json"), "{}").unwrap();
    let status = home.store().import(&voice, None, None, None).unwrap();
    assert_eq!(status.name, "joe");
}
