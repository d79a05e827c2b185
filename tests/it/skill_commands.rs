//! What the authors of skills have: `jane skills new`, `check`, `call` and `list`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::skills::{answering, copy_shipped, drop_in, hearing, tools, typed_home};
use crate::common::{Home, Run, root};
use serde_json::{Value, json};

/// Where skills are built for.
const TARGET: &str = "wasm32-wasip2";

fn report(run: &Run) -> &Value {
    assert_eq!(run.code(), Some(0), "{run:#?}");
    &run.only("report")["report"]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_file_is_looked_at_and_called_by_itself() {
    let (_server, home) = typed_home("");
    let file = |name: &str, component: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, component).unwrap();
        path
    };
    let greeter = file("greeter.wasm", &answering("Hello."));
    let run = home.run(&["skills", "check", text(&greeter)]);
    let skill = &report(&run)["skill"];
    assert_eq!(
        (&skill["skill"], &skill["does"]),
        (&json!("greeter"), &json!(["transcript-hook"]))
    );
    let run = home.run(&[
        "skills",
        "call",
        text(&greeter),
        "--say",
        "Hi",
        "--say",
        "Ho",
    ]);
    let answers = json!([{ "say": "Hi", "answer": "Hello." }, { "say": "Ho", "answer": "Hello." }]);
    assert_eq!(report(&run)["results"], answers);
    let passes = file("passes.wasm", &hearing(&[], "", "(i32.const 1024)"));
    let run = home.run(&["skills", "call", text(&passes), "--say", "Hi"]);
    assert_eq!(
        report(&run)["results"],
        json!([{ "say": "Hi", "answer": null }])
    );

    let math = file("math.wasm", &tools());
    let call = |tool: &str, arguments: &str| {
        home.run(&[
            "skills",
            "call",
            text(&math),
            "--tool",
            tool,
            "--arguments",
            arguments,
        ])
    };
    let run = call("double", r#"{"n": 1}"#);
    assert_eq!(
        report(&run)["results"],
        json!([{ "tool": "double", "result": r#"{"n":1}"# }])
    );
    for (tool, arguments, reason) in [
        ("double", r#"{"n": "one"}"#, "the arguments are wrong"),
        ("halve", "{}", "there is no tool"),
        ("broken", r#"{"n": 1}"#, "it broke"),
    ] {
        let run = call(tool, arguments);
        assert_eq!(run.code(), Some(1), "{run:#?}");
        let error = run.only("error")["message"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }

    let nonsense = file("nonsense.wasm", b"nonsense");
    let missing = home.path().join("missing.wasm");
    for file in [&nonsense, &missing] {
        let run = home.run(&["skills", "check", text(file)]);
        assert_eq!(run.code(), Some(1), "{run:#?}");
        let error = run.only("error")["message"].as_str().unwrap();
        assert!(error.contains("not a skill that can be used"), "{error}");
    }
}

#[test]
fn what_lies_in_the_directory_is_listed_with_what_it_lacks() {
    let (_server, home) = typed_home("[skills.off]\nenabled = false\n");
    copy_shipped(&home, "weather");
    drop_in(&home, "greeter", &answering("Hello."));
    drop_in(&home, "off", &answering("Off."));
    let run = home.run(&["skills", "list"]);
    let report = report(&run).clone();
    let names: Vec<&Value> = report["skills"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skill| &skill["skill"])
        .collect();
    assert_eq!(names, ["greeter", "off", "weather"]);
    let shown = report["text"].as_str().unwrap();
    for part in [
        "not used",
        "[skills.weather]",
        "allow_http = [",
        "transcripts",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    // One that is none is told, and the rest is listed.
    drop_in(&home, "bad", b"nonsense");
    let run = home.run(&["skills", "list"]);
    assert_eq!(run.code(), Some(1), "{run:#?}");
    let listed = run.only("report")["report"]["skills"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed[0]["problem"].as_str().is_some());
}

/// What cargo says in the directory of a new skill.
fn in_new_skill(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    // The versions that the shipped skills are built with, which are fetched already where those were.
    let lock = root().join("plugins/Cargo.lock");
    std::fs::copy(lock, directory.join("Cargo.lock")).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .current_dir(directory)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    let run = command.output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    run.stdout
}

/// Begins a skill in the home; where it is.
fn new_skill(home: &Home) -> PathBuf {
    let run = home.run(&[
        "skills",
        "new",
        "tea-time",
        "--directory",
        text(home.path()),
    ]);
    let directory = home.path().join("tea-time");
    assert_eq!(report(&run)["directory"], text(&directory));
    directory
}

#[test]
fn a_new_skill_is_complete_and_answers() {
    let (_server, home) = typed_home("");
    let directory = new_skill(&home);
    for file in [
        "README.md",
        "Cargo.toml",
        ".gitignore",
        "src/lib.rs",
        "wit/skill.wit",
        "vendor/jane-skill/src/lib.rs",
    ] {
        let written = std::fs::read_to_string(directory.join(file)).unwrap();
        let left = ["SKILL", "CRATE", "PLUGINS"]
            .into_iter()
            .find(|left| written.contains(left));
        assert!(
            !written.is_empty() && (left.is_none() || file.starts_with("vendor")),
            "{file}: {left:?}"
        );
    }
    let metadata = in_new_skill(
        &directory,
        &[
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ],
    );
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let packages: Vec<&Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| &package["name"])
        .collect();
    assert!(packages.contains(&&json!("tea-time")) && packages.contains(&&json!("jane-skill")));
    // The name is one of a skill, and nothing is overwritten.
    for (name, code) in [("tea-time", 1), ("Tea", 2), ("../tea", 2)] {
        let run = home.run(&["skills", "new", name, "--directory", text(home.path())]);
        assert_eq!(run.code(), Some(code), "{run:#?}");
    }
}

#[test]
#[ignore = "needs the target wasm32-wasip2"]
fn a_new_skill_builds_and_answers() {
    let home = Home::new();
    let directory = new_skill(&home);
    in_new_skill(&directory, &["build", "--release", "--target", TARGET]);
    let built = directory.join(format!("target/{TARGET}/release/tea_time.wasm"));
    let run = home.run(&["skills", "call", text(&built), "--say", "Say hello to Ada."]);
    let answer = &report(&run)["results"][0]["answer"];
    assert_eq!(answer, "Hello, ada! I am the skill tea-time.");
    let run = home.run(&[
        "skills",
        "call",
        text(&built),
        "--tool",
        "greet",
        "--arguments",
        r#"{"name": "Ada"}"#,
    ]);
    assert_eq!(report(&run)["results"][0]["result"], "Hello, Ada!");
}

#[test]
fn a_new_home_has_the_skills_that_ship_and_one_that_is_there_keeps_its_own() {
    let home = Home::new();
    let made = home.path().join("made");
    let init = || {
        let run = home.run(&["init", text(&made)]);
        assert_eq!(run.code(), Some(0), "{run:#?}");
    };
    init();
    let shipped = |name: &str| std::fs::read(root().join("plugins").join(name)).unwrap();
    let files = || {
        let entries = std::fs::read_dir(made.join("plugins")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let built = std::fs::read_dir(root().join("plugins")).unwrap();
    let built = built.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut built: Vec<String> = built.filter(|name| name.ends_with(".wasm")).collect();
    built.sort();
    assert_eq!(files(), built);
    for name in files() {
        let installed = std::fs::read(made.join("plugins").join(&name)).unwrap();
        assert!(installed == shipped(&name), "{name}");
    }
    std::fs::remove_file(made.join("plugins/timer.wasm")).unwrap();
    init();
    assert!(!files().contains(&"timer.wasm".to_owned()));
}
