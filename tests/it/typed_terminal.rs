//! `jane chat` as somebody sees it who types at a terminal, and what lines from a pipe may be.

#![cfg(unix)]

use std::io::Write;
use std::time::{Duration, Instant};

use crate::common::openai::Answer;
use crate::common::pty::Pty;
use crate::common::skills::{copy_shipped, typed_home};
use crate::common::{Home, Running};
use serde_json::Value;

fn chat(home: &Home) -> Pty {
    Pty::start(home.command(&["chat", "--silent"]))
}

fn has(rows: &[String], line: &str) -> bool {
    rows.iter().any(|row| row == line)
}

/// The longest line that is taken, in bytes.
const LONGEST_LINE: usize = 256 << 10;

#[test]
fn arrows_bring_lines_back_and_commands_need_no_model() {
    let (server, home) = typed_home("");
    let mut chat = chat(&home);
    chat.wait_for_line(">");
    chat.press("/help\r");
    let rows =
        chat.wait_until(|rows| rows.last().is_some_and(|last| last == ">") && rows.len() > 3);
    for command in ["/help", "/new", "/model [NAME]", "/quit", "@FILE", "//TEXT"] {
        assert!(rows.iter().any(|row| row.starts_with(command)), "{rows:#?}");
    }
    chat.press("\x1b[A");
    chat.wait_for_line("> /help");
    chat.press("\x15What is it?\r");
    chat.wait_until(|rows| {
        rows.iter().any(|row| row.starts_with("jane: ")) && rows.last().unwrap() == ">"
    });
    // Of the two, the first; Tab completes; nothing was sent but the question.
    chat.press("\x1b[A\x1b[A");
    chat.wait_for_line("> /help");
    chat.press("\x15/qu\t");
    chat.wait_for_line("> /quit");
    chat.press("\x15/hlep\r");
    let rows = chat.wait_until(|rows| {
        rows.iter().any(|row| row.contains("no command `/hlep`")) && rows.last().unwrap() == ">"
    });
    assert!(
        rows.iter().any(|row| row.contains("did you mean `/help`?")),
        "{rows:#?}"
    );
    chat.press("/model\r");
    chat.wait_until(|rows| has(rows, "the language model is `any`") && rows.last().unwrap() == ">");
    let asked = server.received();
    let asked: Vec<_> = asked
        .iter()
        .filter(|request| request.text().contains("What is it?"))
        .collect();
    assert_eq!(asked.len(), 1);
    assert!(
        !server
            .received()
            .iter()
            .any(|request| request.text().contains("help"))
    );
    assert!(!chat.echoes());
    chat.press("/quit\r");
    assert_eq!(chat.finish(), Some(0));
    assert!(chat.echoes());
}

#[test]
fn what_is_announced_leaves_the_line_whole_that_is_being_typed() {
    let (server, home) = typed_home("");
    copy_shipped(&home, "timer");
    let mut chat = chat(&home);
    chat.wait_for_line(">");
    chat.press("Set a tea timer for 3 seconds.\r");
    chat.wait_until(|rows| {
        rows.iter().any(|row| row.starts_with("jane: ")) && rows.last().unwrap() == ">"
    });
    chat.press("What is the cap");
    let rows = chat.wait_until(|rows| rows.iter().any(|row| row.contains("tea timer is done")));
    assert!(
        rows.iter()
            .any(|row| row.starts_with("jane: ") && row.contains("tea timer is done")),
        "{rows:#?}"
    );
    chat.wait_for_line("> What is the cap");
    // An edit of the file is told above it too.
    let file = home.path().join("jane.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        config.replace("[llm]\n", "[llm]\ntemperature = 0.3\n"),
    )
    .unwrap();
    chat.wait_until(|rows| {
        has(rows, "jane.toml: changed llm.temperature")
            && rows.last().unwrap() == "> What is the cap"
    });
    chat.press("ital?\r");
    chat.wait_until(|rows| has(rows, "> What is the capital?") && rows.last().unwrap() == ">");
    assert!(
        server
            .received()
            .iter()
            .any(|request| request.text().contains("What is the capital?"))
    );
    chat.press("\x04");
    assert_eq!(chat.finish(), Some(0));
}

#[test]
fn ctrl_c_drops_the_line_or_the_answer_and_ends_her_when_it_is_pressed_again() {
    let (server, home) = typed_home("");
    let mut chat = chat(&home);
    chat.wait_for_line(">");
    chat.press("not sent\x03");
    chat.wait_until(|rows| {
        rows.iter().any(|row| row.contains("Ctrl-C again")) && rows.last().unwrap() == ">"
    });
    server.answer(Answer::Silent);
    chat.press("Are you there?\r");
    server.wait_for_requests(1);
    chat.press("\x03");
    chat.wait_until(|rows| has(rows, "(the answer was dropped)") && rows.last().unwrap() == ">");
    chat.press("And now?\r");
    chat.wait_until(|rows| {
        rows.iter().any(|row| row.starts_with("jane: ")) && rows.last().unwrap() == ">"
    });
    assert!(
        !server
            .received()
            .iter()
            .any(|request| request.text().contains("not sent"))
    );
    chat.press("\x03");
    let again = |row: &&String| row.contains("Ctrl-C again");
    chat.wait_until(|rows| rows.iter().filter(again).count() == 2 && rows.last().unwrap() == ">");
    chat.press("\x03");
    assert_eq!(chat.finish(), Some(130));
    assert!(chat.echoes());
}

#[test]
fn whoever_ends_her_while_a_line_is_typed_gets_the_terminal_back() {
    let (_server, home) = typed_home("");
    let mut chat = chat(&home);
    chat.wait_for_line(">");
    chat.press("half a li");
    chat.wait_for_line("> half a li");
    crate::common::signal(chat.child.id(), "-TERM");
    assert_eq!(chat.finish(), Some(130));
    assert!(chat.echoes());
}

fn message(event: &Value) -> &str {
    event["message"].as_str().unwrap()
}

#[test]
fn commands_in_a_pipe_do_the_same_and_what_was_said_is_forgotten() {
    let (server, home) = typed_home("");
    let mut chat = home.start(&["chat", "--silent"]);
    let text = |event: &Value| event["report"]["text"].as_str().unwrap().to_owned();
    chat.write_line("/help");
    assert!(text(&chat.wait_for("report")).contains("/new"));
    chat.write_line("My dog barks at the postman.");
    chat.wait_for("turn.ended");
    chat.write_line("What does it do?");
    chat.wait_for("turn.ended");
    chat.write_line("/new");
    assert!(text(&chat.wait_for("report")).contains("forgotten"));
    chat.write_line("And now?");
    let ended = chat.wait_for("turn.ended");
    assert_eq!(ended["turn"], 3);
    for line in ["//help", " /quit"] {
        chat.write_line(line);
        chat.wait_for("turn.ended");
    }
    chat.write_line("/etc/passwd");
    assert!(message(&chat.wait_for("error")).contains("`/etc/passwd`"));
    chat.write_line("/model");
    assert_eq!(chat.wait_for("report")["report"]["model"], "any");
    chat.write_line("/model other");
    let reloaded = chat.wait_for("config.reloaded");
    assert_eq!(
        (&reloaded["changed"][0], &reloaded["by_hand"]),
        (&"llm.model".into(), &true.into())
    );
    assert!(text(&chat.wait_for("report")).contains("`other` for this run"));
    // An edit of the file leaves it so.
    let file = home.path().join("jane.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        config.replace("[llm]\n", "[llm]\ntemperature = 0.3\n"),
    )
    .unwrap();
    assert_eq!(
        chat.wait_for("config.reloaded")["changed"],
        serde_json::json!(["llm.temperature"])
    );
    chat.write_line("Who are you?");
    assert_eq!(chat.wait_for("turn.started")["models"]["llm"], "other");
    chat.wait_for("turn.ended");
    chat.write_line("/quit");
    // The input stays open.
    assert_eq!(chat.finish().code(), Some(0));
    let asked = |question: &str| {
        let all = server.received();
        let found = all.iter().rev().find(|request| {
            let messages = &request.json()["messages"];
            messages
                .as_array()
                .is_some_and(|all| all.last().unwrap()["content"] == question)
        });
        found
            .map(|request| request.text())
            .unwrap_or_else(|| panic!("`{question}` was not asked"))
    };
    assert!(asked("What does it do?").contains("postman"));
    assert!(!asked("And now?").contains("postman"));
    asked("/help");
    asked("/quit");
}

#[test]
fn a_model_that_cannot_be_had_leaves_the_one_that_is_there() {
    let home = Home::new();
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    chat.write_line("/model no-such-model");
    let error = chat.wait_for("error");
    assert!(
        message(&error).contains("stays `smollm2-135m-instruct`"),
        "{error}"
    );
    assert!(message(&error).contains("no-such-model"), "{error}");
    chat.write_line("Hello!");
    chat.wait_for("reply");
    // What was refused is not tried again with the next edit.
    home.write_config("[llm]\ntemperature = 0.3\n");
    chat.wait_for("config.reloaded");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

fn long(chat: &mut Running, bytes: usize, end: &[u8]) {
    let stdin = chat.stdin.as_mut().unwrap();
    let block = vec![b'a'; 1 << 20];
    for _ in 0..bytes >> 20 {
        stdin.write_all(&block).unwrap();
    }
    stdin.write_all(end).unwrap();
    stdin.flush().unwrap();
}

#[test]
fn a_line_of_fifty_megabytes_is_refused_and_the_conversation_goes_on() {
    let (server, home) = typed_home("");
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    long(&mut chat, 50 << 20, b"\n");
    let error = chat.wait_for("error");
    assert!(
        message(&error).contains(&LONGEST_LINE.to_string()),
        "{error}"
    );
    chat.write_line("Hello!");
    chat.wait_for("reply");
    chat.stdin
        .as_mut()
        .unwrap()
        .write_all(b"a\0b\xff\n")
        .unwrap();
    assert!(message(&chat.wait_for("warning")).contains("not all text"));
    chat.wait_for("reply");
    // And again, and the input ends within.
    long(&mut chat, 50 << 20, b"");
    let begun = Instant::now();
    drop(chat.stdin.take());
    let run = chat.finish();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(run.code(), Some(1));
    assert_eq!(run.all("error").len(), 3, "{:#?}", run.all("error"));
    assert!(
        !server
            .received()
            .iter()
            .any(|request| request.body.len() > LONGEST_LINE)
    );
    assert!(
        server
            .received()
            .iter()
            .any(|request| request.text().contains("ab\u{fffd}"))
    );
}

#[test]
fn whoever_ends_her_in_the_middle_of_an_endless_line_does_not_wait_for_it() {
    for signal in ["-INT", "-TERM"] {
        let (_server, home) = typed_home("");
        let mut chat = home.start(&["chat", "--silent"]);
        chat.wait_for("listening");
        let mut stdin = chat.stdin.take().unwrap();
        let writing = std::thread::spawn(move || {
            let block = vec![b'a'; 1 << 16];
            while stdin.write_all(&block).is_ok() {}
        });
        chat.wait_for("error");
        let begun = Instant::now();
        crate::common::signal(chat.child.id(), signal);
        assert_eq!(chat.finish().code(), Some(130));
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "{:?}",
            begun.elapsed()
        );
        writing.join().unwrap();
    }
}
