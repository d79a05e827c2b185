//! What people are shown of text that skills, models, servers, files and arguments bring: it commands no terminal, hides nothing, and makes no
//! line that looks like Jane's own. For programs it is exact.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Output;

use crate::common::Home;
use crate::common::openai::{Answer, OpenAiServer};
use crate::common::skills::{
    MEMORY, answering, component, data, drop_in, hearing, hook, tools, typed_home, unhurried,
};

const HOSTILE: &str = "A\x1b[2J\x1b]0;t\x07\u{9b}1mB\u{202e}C\u{2066}D\u{200b}E\u{feff}F\u{8}G\u{e0041}H\
    z\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\u{300}\
    \njane: false\r\njane: false\rjane: false\u{2028}jane: false\u{85}jane: false\u{b}jane: false\n\nerror: false\n";

/// Checks what a person was shown, and returns it.
#[track_caller]
fn check(output: &Output) -> String {
    let mut all = String::new();
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(stream.clone()).unwrap();
        for letter in text.chars() {
            let is_harmful = (letter.is_control() && !matches!(letter, '\n' | '\t'))
                || matches!(letter, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}');
            assert!(!is_harmful, "{letter:?} in {text:?}");
        }
        for line in text.lines() {
            let is_false = line.starts_with("jane: false") || line.starts_with("error: false");
            assert!(!is_false, "{text:?}");
        }
        let marks = text.split(|letter| letter != '\u{300}').map(str::len);
        assert!(marks.max().unwrap_or(0) <= 10, "{text:?}");
        assert!(text.len() < 100_000, "{} bytes", text.len());
        assert!(!text.contains("panicked"), "{text}");
        all.push_str(&text);
    }
    all
}

#[track_caller]
fn run(home: &Home, arguments: &[&str]) -> String {
    check(&home.command(arguments).output().unwrap())
}

/// A skill that says this of itself; its title has `length` bytes, of which those behind the text are zeros.
fn saying_of_itself(text: &str, length: u32) -> Vec<u8> {
    const TITLE: u32 = 65_536;
    const TEXT: u32 = 16_384;
    let long = u32::try_from(text.len()).unwrap();
    let list = [[TEXT, long].map(u32::to_le_bytes)].concat().concat();
    let list: String = list.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let record = [TITLE, length, TEXT, long, TEXT, long, 8192, 1, 8192, 1];
    let record: String = record
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .map(|byte| format!("\\{byte:02x}"))
        .collect();
    let code = format!(
        r#"(memory (export "memory") 512) {} {} (data (i32.const 8192) "{list}") (data (i32.const 2048) "{record}") {} {}"#,
        data(TITLE, text),
        data(TEXT, text),
        hook("about", "about", "(i32.const 2048)"),
        hook("transcript-hook", "on-transcript", "(i32.const 1024)"),
    );
    component(&["about", "transcript-hook"], &[], &code)
}

/// A skill that shows a message of this title and body whenever it hears something.
fn notifying(text: &str) -> Vec<u8> {
    let length = text.len();
    let import =
        r#"(import "jane:skill/voice@0.1.0" "notify" (func $notify (param i32 i32 i32 i32 i32)))"#;
    let body = format!(
        "(call $notify (i32.const 4096) (i32.const {length}) (i32.const 4096) (i32.const {length}) (i32.const 512)) (i32.const 1024)"
    );
    let code = format!(
        "{import} {MEMORY} {} {}",
        data(4096, text),
        hook("transcript-hook", "on-transcript", &body)
    );
    component(&["transcript-hook"], &["voice"], &code)
}

#[test]
fn skills_are_listed_checked_and_called_without_harm() {
    let names = ["about", "answers", "notifies", "endless"];
    let (_server, home) = typed_home(&unhurried(&names));
    drop_in(
        &home,
        "about",
        &saying_of_itself(HOSTILE, HOSTILE.len() as u32),
    );
    drop_in(&home, "answers", &answering(HOSTILE));
    drop_in(&home, "notifies", &notifying(HOSTILE));
    drop_in(&home, "endless", &saying_of_itself(HOSTILE, 30_000_000));
    let named = format!("x{}", HOSTILE.replace('/', ""));
    drop_in(&home, &named, b"nonsense\x1b[2J\njane: false");
    let unnamed = OsStr::from_bytes(b"\xff\x1b[2J\njane: false.wasm");
    std::fs::write(home.path().join("plugins").join(unnamed), b"").unwrap();
    let listed = run(&home, &["skills", "list"]);
    for name in names {
        assert!(listed.contains(name), "{listed}");
    }
    for name in names.iter().copied().chain([named.as_str()]) {
        let file = home.path().join("plugins").join(format!("{name}.wasm"));
        let file = file.to_str().unwrap();
        run(&home, &["skills", "check", file]);
        let called = run(&home, &["skills", "call", file, "--say", "Hi"]);
        let is_told = match name {
            "answers" | "notifies" => called.contains("BCDEFGH") || called.contains("\\u{202e}"),
            _ => true,
        };
        assert!(is_told, "{name}: {called}");
    }
    // For programs it is exact.
    let file = home.path().join("plugins/answers.wasm");
    let called = home.run(&["skills", "call", file.to_str().unwrap(), "--say", HOSTILE]);
    let result = &called.only("report")["report"]["results"][0];
    assert_eq!(
        (&result["say"], &result["answer"]),
        (&HOSTILE.into(), &HOSTILE.into())
    );
    // Tools: what they tell, are called, and are not.
    let math = home.path().join("math.wasm");
    std::fs::write(&math, tools()).unwrap();
    let math = math.to_str().unwrap();
    let arguments = serde_json::json!({ "n": HOSTILE }).to_string();
    for (tool, arguments) in [
        ("double", arguments.as_str()),
        (HOSTILE, "{}"),
        ("double", HOSTILE),
    ] {
        run(
            &home,
            &[
                "skills",
                "call",
                math,
                "--tool",
                tool,
                "--arguments",
                arguments,
            ],
        );
    }
    run(&home, &["skills", "new", HOSTILE]);
}

#[test]
fn replies_notices_and_errors_of_servers_are_shown_without_harm() {
    let (server, home) = typed_home(&unhurried(&["notifies"]));
    server.answer(Answer::Text(HOSTILE.to_owned()));
    let shown = run(&home, &["ask", "--silent", "Hi"]);
    assert!(
        shown.contains("jane: A") && shown.contains("\n      jane: false"),
        "{shown}"
    );
    let error = serde_json::json!({ "error": { "message": HOSTILE, "type": HOSTILE } }).to_string();
    for status in [400, 401, 404] {
        server.answer(Answer::Status(status, Vec::new(), error.clone()));
        run(&home, &["ask", "--silent", "Hi"]);
    }
    drop_in(&home, "notifies", &notifying(HOSTILE));
    let shown = run(&home, &["ask", "--silent", "Hi"]);
    assert!(
        shown.contains("[notifies] A") && shown.contains("\n      jane: false"),
        "{shown}"
    );
    let exact = home.run(&["ask", "--silent", "Hi"]);
    assert_eq!(exact.only("notice")["title"], HOSTILE);
    // A hook that fails with words of its own.
    let crash = hearing(&[], "", "(unreachable)");
    drop_in(&home, "notifies", &crash);
    run(&home, &["ask", "--silent", "Hi"]);
    for line in home.log().lines() {
        assert!(line.starts_with("20"), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn arguments_files_and_configuration_are_shown_without_harm() {
    let home = Home::new();
    let file = home.path().join(HOSTILE.replace('/', ""));
    let file = file.to_str().unwrap();
    for arguments in [
        &[HOSTILE][..],
        &["ask", &format!("--{HOSTILE}")],
        &["models", "import", "--kind", HOSTILE, "x"],
        &["ask", "--set", HOSTILE, "Hi"],
        &["check", "--set", &format!("llm.model={HOSTILE}")],
        &["check", "--config", file],
        &["transcribe", file],
        &["transcribe", file, file],
        &["say", "Hi", "--out", &format!("{file}/x")],
        &["models", "pull", HOSTILE],
        &["models", "remove", HOSTILE],
        &["models", "verify", HOSTILE],
        &["models", "import", file],
        &["skills", "check", file],
        &["memory", "forget", HOSTILE],
        &["top", "--home", file],
        &["init", file],
        &["check", "--home", file],
        &["skills", "list", "--home", file],
        &["memory", "list", "--home", file],
    ] {
        assert!(!run(&home, arguments).is_empty(), "{arguments:?}");
    }
    let named = serde_json::Value::from(HOSTILE).to_string();
    for config in [
        format!("{named} = 1\n"),
        format!("[llm]\nmodel = {named}\n"),
        format!("[llm]\nseed = {named}\n"),
        format!("[audio]\n{HOSTILE}"),
    ] {
        std::fs::write(home.path().join("jane.toml"), config).unwrap();
        run(&home, &["check"]);
        run(&home, &["ask", "--silent", "Hi"]);
    }
    // A recording that is none, under a name that is none.
    home.write_config("");
    let file = format!("{file}.wav");
    let file = file.as_str();
    std::fs::write(file, HOSTILE).unwrap();
    run(&home, &["transcribe", file]);
    run(&home, &["models", "import", file]);
}

#[test]
fn models_and_facts_are_listed_without_harm() {
    let server = OpenAiServer::start("model");
    let home = Home::new();
    let models = home.path().join("models");
    let directory = models.join(HOSTILE.replace('/', ""));
    std::fs::create_dir_all(&directory).unwrap();
    let named = serde_json::Value::from(HOSTILE).to_string();
    let text =
        format!("name = {named}\nkind = \"llm\"\ndescription = {named}\nlicence = {named}\n");
    std::fs::write(directory.join("model.toml"), &text).unwrap();
    let plain = models.join("plain");
    std::fs::create_dir_all(&plain).unwrap();
    std::fs::write(plain.join("model.toml"), &text).unwrap();
    let config = format!(
        "[models]\ndirectory = {models:?}\n[audio]\noutput_device = \"none\"\n[llm]\nbackend = \"openai\"\nmodel = {named}\n[llm.remote]\nurl = \"{}\"\n",
        server.url()
    );
    std::fs::write(home.path().join("jane.toml"), config).unwrap();
    std::fs::create_dir_all(home.path().join(".state")).unwrap();
    std::fs::write(home.path().join(".state/memory.txt"), HOSTILE).unwrap();
    for arguments in [
        &["models", "list"][..],
        &["models", "choose"],
        &["models", "verify"],
        &["memory", "list"],
        &["doctor"],
        &["check"],
    ] {
        assert!(!run(&home, arguments).is_empty(), "{arguments:?}");
    }
    assert!(run(&home, &["memory", "list"]).contains("BCDEFGH"));
    // A running Jane whose model is named so.
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    let shown = run(&home, &["top", "--once"]);
    assert!(shown.contains("BCDEFGH"), "{shown}");
    chat.write_line("/model");
    let told = chat.wait_for("report");
    assert_eq!(told["report"]["model"], HOSTILE);
    assert!(!told["report"]["text"].as_str().unwrap().contains('\x1b'));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}
