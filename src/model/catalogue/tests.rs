//! Reading catalogues, good and hostile.

use super::*;

fn problems(text: &str) -> String {
    Catalogue::parse(text, "test").unwrap_err().to_string()
}

#[test]
fn the_catalogue_that_is_built_in_is_valid_and_has_the_defaults() {
    let catalogue = Catalogue::parse(BUILT_IN, "built in").unwrap();
    for name in [
        "whisper-tiny.en",
        "whisper-base",
        "smollm2-135m-instruct",
        "piper-en_US-joe-medium",
        "onnxruntime",
    ] {
        let entry = catalogue.get(name).unwrap();
        assert!(
            entry.files.iter().all(|file| file.sha256.is_some()),
            "{name} is pinned"
        );
        assert!(entry.size().is_some(), "{name} has a size");
    }
}

#[test]
fn a_catalogue_of_ones_own_takes_the_place_of_the_one_that_is_built_in() {
    let directory = tempfile::tempdir().unwrap();
    assert!(
        Catalogue::open(directory.path())
            .unwrap()
            .get("whisper-base")
            .is_some()
    );
    std::fs::write(directory.path().join("catalog.toml"), "").unwrap();
    assert!(
        Catalogue::open(directory.path())
            .unwrap()
            .get("whisper-base")
            .is_none()
    );
    std::fs::write(directory.path().join("catalog.toml"), "x").unwrap();
    let error = Catalogue::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("catalog.toml"), "{error}");
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let text = problems(
        r#"
        ["../evil"]
        kind = "llm"
        licence = "MIT"
        description = ""
        format = "q8_0"
        files = [{ name = "../m.gguf", sha256 = "ABC" }]
        [["../evil".sources]]
        type = "python"
        packages = ["--index-url=x"]
        platform = "-x"
        pieces = [{ name = "other", parts = ["/etc/passwd"] }]
        "#,
    );
    for problem in [
        "its name",
        "only what is converted has a `format`",
        "`../m.gguf` is not allowed",
        "SHA-256",
        "the pieces",
        "a part of",
        "NAME==VERSION",
        "tag",
    ] {
        assert!(text.contains(problem), "{problem}: {text}");
    }
}

#[test]
fn an_unknown_key_or_kind_is_an_error() {
    assert!(problems("[m]\nkind = \"video\"").contains("video"));
    assert!(problems("[m]\nkind = \"llm\"\nsize = 1").contains("size"));
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    let known = ["whisper-base", "whisper-tiny.en"];
    let hint = |name| unknown(name, known.into_iter()).hint().unwrap();
    assert_eq!(hint("whisper-tiny"), "did you mean `whisper-tiny.en`?");
    assert!(!hint("zzz").contains("did you mean"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = Catalogue::parse(&text, "test");
    }
}
