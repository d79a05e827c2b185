//! Files that one part writes and another trusts, with something else in their place; and who can read what she keeps.

#![cfg(unix)]

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::skills::{answering, drop_in, fresh, typed_home};
use crate::common::{Home, Run, Running};

/// What a command may take that does not wait for what never comes, on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

fn pipe(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a string that ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// A home whose models' directory is its own.
fn home_of_its_own() -> (crate::common::openai::OpenAiServer, Home, String) {
    let (server, home) = typed_home("");
    let models = format!("models.directory={}", home.path().join("models").display());
    (server, home, models)
}

/// All that lies below a directory, and itself.
fn below(directory: &Path) -> Vec<PathBuf> {
    let mut paths = vec![directory.to_path_buf()];
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => paths.extend(below(&entry.path())),
            false => paths.push(entry.path()),
        }
    }
    paths
}

fn failure(run: &Run) -> String {
    assert_eq!(run.code(), Some(1), "{run:#?}");
    run.only("error")["message"].as_str().unwrap().to_owned()
}

#[test]
fn code_that_was_put_in_the_place_of_a_skills_is_not_run() {
    let (_server, home, models) = home_of_its_own();
    let compiled = |home: &Home| -> Vec<PathBuf> {
        let paths = below(&home.path().join("models/.cache/skills"));
        let is_code = |path: &PathBuf| path.extension().is_some_and(|end| end == "cwasm");
        paths.into_iter().filter(is_code).collect()
    };
    let file = |name: &str, says: &str| {
        let path = home.path().join(format!("{name}.wasm"));
        std::fs::write(&path, answering(says)).unwrap();
        path
    };
    let answer = |file: &Path| {
        let file = file.to_str().unwrap();
        let run = home.run(&["--set", &models, "skills", "call", file, "--say", "Hi"]);
        assert_eq!(run.code(), Some(0), "{run:#?}");
        run.only("report")["report"]["results"][0]["answer"].clone()
    };
    let (good, bad) = (file("good", "Good."), file("bad", "Bad."));
    assert_eq!(answer(&good), "Good.");
    let [code] = compiled(&home).try_into().unwrap();
    assert_eq!(answer(&bad), "Bad.");
    let planted = compiled(&home)
        .into_iter()
        .find(|path| *path != code)
        .unwrap();
    // Whole, sealed, and of another skill.
    std::fs::copy(&planted, &code).unwrap();
    assert_eq!(answer(&good), "Good.");
    // As an earlier version kept it: without a seal.
    let sealed = std::fs::read(&planted).unwrap();
    std::fs::write(&code, &sealed[32..]).unwrap();
    assert_eq!(answer(&good), "Good.");
    std::fs::remove_file(&code).unwrap();
    symlink(&planted, &code).unwrap();
    assert_eq!(answer(&good), "Good.");
    assert_eq!(home.log().matches("is not what was kept").count(), 3);
    assert_eq!(answer(&good), "Good.");
    assert_eq!(home.log().matches("is not what was kept").count(), 3);
}

#[test]
fn what_never_ends_in_the_place_of_a_skill_is_refused_at_once() {
    let (_server, home) = typed_home("");
    let at = |name: &str| home.path().join(name);
    pipe(&at("pipe.wasm"));
    symlink("/dev/zero", at("zero.wasm")).unwrap();
    symlink("pipe.wasm", at("link.wasm")).unwrap();
    for name in ["pipe.wasm", "zero.wasm", "link.wasm"] {
        let file = at(name);
        let file = file.to_str().unwrap();
        for arguments in [
            &["skills", "check", file][..],
            &["skills", "call", file, "--say", "Hi"],
        ] {
            let begin = Instant::now();
            let told = failure(&home.run(arguments));
            assert!(told.contains("it is not a file"), "{told}");
            assert!(begin.elapsed() < BOUND);
        }
    }
    // A link of the owner's to a skill is as good as the skill.
    std::fs::write(at("real"), answering("Hello.")).unwrap();
    symlink("real", at("linked.wasm")).unwrap();
    let linked = at("linked.wasm");
    let run = home.run(&["skills", "check", linked.to_str().unwrap()]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    // So is one to a configuration; what is none is said.
    std::fs::rename(at("jane.toml"), at("elsewhere.toml")).unwrap();
    symlink("elsewhere.toml", at("jane.toml")).unwrap();
    assert_eq!(home.run(&["skills", "list"]).code(), Some(0));
    std::fs::remove_file(at("jane.toml")).unwrap();
    pipe(&at("jane.toml"));
    let run = home.run(&["skills", "list"]);
    assert_ne!(run.code(), Some(0));
    assert!(
        format!("{:?}", run.events).contains("it is not a file"),
        "{run:#?}"
    );
}

/// A conversation whose skill's file becomes what never ends, over and over while it is read.
fn swapped(plant: impl Fn(&Path)) -> Running {
    let (server, home) = typed_home("");
    drop_in(&home, "greeter", &fresh(&answering("Hello.")));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    for _ in 0..20 {
        let place = home.path().join("plugins/greeter.wasm");
        let beside = home.path().join("beside");
        let _ = std::fs::remove_file(&beside);
        plant(&beside);
        std::fs::rename(&beside, &place).unwrap();
        drop_in(&home, "greeter", &fresh(&answering("Hello.")));
        let _ = std::fs::remove_file(&beside);
        plant(&beside);
        std::fs::rename(&beside, &place).unwrap();
    }
    chat.write_line("Hi");
    chat.wait_for("turn.ended");
    drop(server);
    chat
}

#[test]
fn a_skill_swapped_for_what_never_ends_leaves_the_program_its_ends() {
    let zero = |path: &Path| symlink("/dev/zero", path).unwrap();
    let plants: [&dyn Fn(&Path); 2] = [&pipe, &zero];
    for plant in plants {
        let mut chat = swapped(plant);
        let begin = Instant::now();
        drop(chat.stdin.take());
        assert_eq!(chat.finish().code(), Some(0));
        assert!(begin.elapsed() < BOUND);

        let chat = swapped(plant);
        let begin = Instant::now();
        let id = libc::pid_t::try_from(chat.child.id()).unwrap();
        // SAFETY: a signal to a child that was not waited for.
        assert_eq!(unsafe { libc::kill(id, libc::SIGTERM) }, 0);
        assert_eq!(chat.finish().code(), Some(130));
        assert!(begin.elapsed() < BOUND);
    }
}

/// Runs `jane` with a mask that leaves everything to everybody.
fn unmasked(home: &Home, arguments: &[&str]) -> Command {
    let inner = home.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\""]);
    command.arg(inner.get_program()).args(inner.get_args());
    command
        .env_remove("JANE_MODELS__DIRECTORY")
        .env_remove("JANE_HOME");
    command
}

#[test]
fn what_she_keeps_is_her_owners_alone_whatever_the_mask() {
    let (_server, home, models) = home_of_its_own();
    drop_in(&home, "greeter", &answering("Hello."));
    let made = || -> Vec<PathBuf> {
        let places = ["logs", "models", "plugins/.state", "made"];
        places.map(|place| below(&home.path().join(place))).concat()
    };
    let reachable = || -> Vec<(PathBuf, u32)> {
        let modes = made().into_iter().filter_map(|path| {
            let metadata = path
                .symlink_metadata()
                .ok()
                .filter(|found| !found.is_symlink())?;
            Some((path, metadata.permissions().mode() & 0o777))
        });
        modes.filter(|(_, mode)| mode & 0o077 != 0).collect()
    };
    let init = unmasked(&home, &["init", home.path().join("made").to_str().unwrap()])
        .status()
        .unwrap();
    assert!(init.success());
    let arguments = ["--set", models.as_str(), "chat", "--silent", "--json"];
    let converse = || {
        let mut chat = Running::spawn(&mut unmasked(&home, &arguments));
        chat.wait_for("listening");
        chat.write_line("My secret is 4711.");
        chat.wait_for("turn.ended");
        // While she runs: the run's own directory and the status socket.
        assert_eq!(reachable(), []);
        drop(chat.stdin.take());
        assert_eq!(chat.finish().code(), Some(0));
        assert_eq!(reachable(), []);
    };
    converse();
    let there = made();
    for part in ["skills.db", "jane.log", "key", ".cwasm", "jane.toml"] {
        let is_there = there
            .iter()
            .any(|path| path.to_string_lossy().ends_with(part));
        assert!(is_there, "{part} in {there:#?}");
    }
    // As an earlier version left it.
    for path in ["logs", "plugins/.state"]
        .map(|place| below(&home.path().join(place)))
        .concat()
    {
        let is_link = path.symlink_metadata().unwrap().is_symlink();
        let mode = if path.is_dir() { 0o777 } else { 0o666 };
        if !is_link {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    converse();
    let log = home.log();
    assert!(log.contains("others could reach the log"), "{log}");
    assert!(log.contains("others could reach what skills keep"), "{log}");
    assert!(
        log.contains("others could reach the configuration"),
        "{log}"
    );
    // What was said, and answered, is in none of them.
    assert!(!log.contains("4711") && !log.contains("Hello."), "{log}");
}

#[test]
fn a_file_that_is_no_skill_is_named_in_a_few_words() {
    let (_server, home) = typed_home("");
    let page = format!(
        "<!DOCTYPE html>\n<html>{}\u{1b}[2J\u{202e}</html>",
        "x".repeat(5000)
    );
    std::fs::write(home.path().join("page.wasm"), &page).unwrap();
    let file = home.path().join("page.wasm");
    let told = failure(&home.run(&["skills", "check", file.to_str().unwrap()]));
    assert!(
        told.contains("no WebAssembly component") && told.contains("web page"),
        "{told}"
    );
    assert!(
        told.chars().count() < 400 && !told.chars().any(char::is_control),
        "{told}"
    );
    let name = OsStr::from_bytes(b"caf\xe9.wasm");
    std::fs::write(home.path().join("plugins").join(name), answering("Hello.")).unwrap();
    let run = home.run(&["skills", "list"]);
    let text = format!("{:?}", run.events);
    assert!(
        text.contains("xE9.wasm") && text.contains("no UTF-8"),
        "{text}"
    );
    let mut chat = home.start(&["chat", "--silent"]);
    let warned = chat.wait_for("warning");
    assert!(
        warned["message"].as_str().unwrap().contains("no UTF-8"),
        "{warned}"
    );
    drop(chat.stdin.take());
    chat.finish();
}
