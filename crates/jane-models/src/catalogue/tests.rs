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
        "smart-turn-v3.2",
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
fn everything_that_is_built_in_has_a_hash_and_what_auto_may_choose_a_window_and_a_rank_of_its_own()
{
    let catalogue = Catalogue::parse(BUILT_IN, "built in").unwrap();
    let mut ranks = std::collections::BTreeSet::new();
    for (name, entry) in catalogue.entries() {
        for file in &entry.files {
            assert!(file.sha256.is_some(), "{name}: {}", file.name);
        }
        if let Some(rank) = entry.rank {
            assert!(ranks.insert(rank), "{name} shares its rank");
            assert!(entry.context.is_some(), "{name} has no window");
        }
    }
    assert!(ranks.len() > 25);
}

#[test]
fn what_a_language_model_alone_has_is_checked() {
    let text = problems(
        r#"
        ["a"]
        kind = "stt"
        rank = 1
        licence = "MIT"
        description = ""
        files = [{ name = "a.bin", size = 1 }]
        [["a".sources]]
        type = "python"
        packages = ["a==1"]
        converted = { size = 1, sha256 = "ABC" }
        pieces = [{ name = "a.bin", parts = ["a"] }]
        ["b"]
        kind = "llm"
        context = 0
        active = 1.5
        licence = "MIT"
        description = ""
        import = "ctranslate2"
        files = [{ name = "b.gguf" }]
        [["b".sources]]
        type = "python"
        packages = ["b==1"]
        pieces = [{ name = "b.gguf", parts = ["b"] }]
        "#,
    );
    for problem in [
        "`a`: only a model for `llm` has",
        "`a`: a model with a `rank` needs the size and the SHA-256",
        "`a`: only a source with `import` has `converted`",
        "`a`: the SHA-256 of `converted`",
        "`b`: its `context` is 0",
        "`b`: `active` is a share",
        "`b`: only a model for `stt` is converted",
    ] {
        assert!(text.contains(problem), "{problem}: {text}");
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
