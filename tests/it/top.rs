//! Looking at a running Jane from outside: with `jane top`, and as Prometheus does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::common::{Home, data, is_running};
use serde_json::Value;

const LISTENING: &str = "[metrics]\nlisten = \"127.0.0.1:0\"\n[llm]\nmax_reply_tokens = 24\n";

/// What is answered to a request that names `host`.
fn get(address: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The value of a sample.
fn sample(answer: &str, name: &str) -> f64 {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = line.unwrap_or_else(|| panic!("no `{name}` in {answer}"));
    value.parse().unwrap()
}

fn message(event: &Value) -> &str {
    event["message"].as_str().unwrap()
}

#[test]
fn a_running_jane_is_seen_until_she_ends() {
    let home = Home::new();
    home.write_config(LISTENING);
    let none = home.run(&["top", "--once"]);
    assert_eq!(none.code(), Some(1));
    assert!(message(none.only("error")).contains("no Jane is running"));

    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for_all(&[("metrics.listening", 1), ("listening", 1)]);
    let listening = |event: &&Value| event["event"] == "metrics.listening";
    let listening = chat.seen().iter().find(listening).unwrap();
    let address = listening["address"].as_str().unwrap().to_owned();
    // One who looks from now on, to the end.
    let mut watching = home.start(&["top"]);
    assert_eq!(
        watching.wait_for("report")["report"]["turns"],
        serde_json::json!([])
    );
    chat.write_line("What is the largest ocean on earth?");
    chat.write_line(&format!("@{}", data("largest_ocean.wav").display()));
    chat.wait_for_all(&[("turn.ended", 2)]);
    // Memory is measured now and then, and of an engine that was just loaded nothing is known yet.
    let measured = |report: &Value| {
        let engines = report["memory"]["engines"].as_array().unwrap();
        let mut systems = engines.iter().map(|engine| &engine["measured"]["system"]);
        engines.len() == 2 && systems.all(Value::is_u64)
    };
    let mut reports = (0..100).map(|_| watching.wait_for("report"));
    assert!(reports.any(|report| measured(&report["report"])));

    let run = home.run(&["top", "--once"]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let seen = &run.only("report")["report"];
    assert_eq!(seen["pid"], chat.child.id());
    let turns = seen["turns"].as_array().unwrap();
    let ended: Vec<&Value> = chat
        .seen()
        .iter()
        .filter(|event| event["event"] == "turn.ended")
        .collect();
    assert_eq!((turns.len(), ended.len()), (2, 2), "{seen:#}");
    for (turn, ended) in turns.iter().zip(ended) {
        for key in [
            "turn",
            "outcome",
            "stt_ms",
            "llm_first_token_ms",
            "total_ms",
            "reply_tokens",
        ] {
            assert_eq!(turn[key], ended[key], "{key}");
        }
    }
    let engines = seen["memory"]["engines"].as_array().unwrap();
    let mut roles: Vec<&str> = engines
        .iter()
        .map(|engine| engine["role"].as_str().unwrap())
        .collect();
    roles.sort_unstable();
    assert_eq!(roles, ["llm", "stt"], "{seen:#}");
    for engine in engines {
        assert!(is_running(engine["pid"].as_u64().unwrap()), "{engine}");
        assert!(
            engine["measured"]["system"].as_u64().unwrap() > 10_000_000,
            "{engine}"
        );
    }
    assert!(seen["memory"]["host"]["used"].as_u64().unwrap() > 10_000_000);

    // The same for people: here the output is no terminal.
    let shown = home.command(&["top"]).output().unwrap();
    assert!(shown.status.success());
    let shown = String::from_utf8(shown.stdout).unwrap();
    for text in [
        "speech recogniser",
        "language model",
        "Jane herself",
        "turns: 2 (2 answered)",
        "2 answered",
    ] {
        assert!(shown.contains(text), "`{text}` is not in:\n{shown}");
    }
    println!("{shown}");

    // It ends where nobody reads it any more.
    let mut read = home.command(&["top", "--json"]);
    let mut read = read.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut begin = [0];
    read.stdout.take().unwrap().read_exact(&mut begin).unwrap();
    assert!(read.wait().unwrap().success());

    // And for Prometheus.
    let told = get(&address, &address);
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert_eq!(sample(&told, "jane_turns_total{outcome=\"answered\"}"), 2.0);
    assert_eq!(
        sample(&told, "jane_turn_stage_seconds_count{stage=\"total\"}"),
        2.0
    );
    assert_eq!(
        sample(&told, "jane_turn_stage_seconds_count{stage=\"heard\"}"),
        1.0
    );
    for (name, key) in [
        ("jane_reply_tokens_total", "reply_tokens"),
        ("jane_prompt_tokens_total", "prompt_tokens"),
        ("jane_prompt_reused_tokens_total", "reused_tokens"),
    ] {
        assert_eq!(
            sample(&told, name),
            seen["counters"][key].as_f64().unwrap(),
            "{name}"
        );
    }
    assert_eq!(sample(&told, "jane_engines_loaded{process=\"llm\"}"), 1.0);
    let foreign = get(&address, "example.org");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");

    // The key is emptied, names an address that is taken, and is wrong.
    home.write_config("");
    let stopped = chat.wait_for("metrics.stopped");
    assert_eq!(stopped["address"], address.as_str());
    assert!(TcpStream::connect(&address).is_err());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // `localhost` may be this one too; where there is none, she cannot take it either.
    let _taken = TcpListener::bind(("::1", port));
    home.write_config(&format!("[metrics]\nlisten = \"localhost:{port}\"\n"));
    let warning = chat.wait_for("warning");
    assert!(message(&warning).contains("cannot listen"), "{warning}");
    home.write_config("[metrics]\nlisten = \"9464\"\n");
    let rejected = chat.wait_for("config.rejected");
    assert!(
        rejected.to_string().contains("metrics.listen"),
        "{rejected}"
    );
    home.write_config("");
    chat.wait_for("config.reloaded");

    let pid = chat.child.id();
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
    let watched = watching.finish();
    assert_eq!(watched.code(), Some(0), "{watched:#?}");
    assert_eq!(
        watched.all("report").last().unwrap()["report"]["ended"],
        pid
    );
    assert_eq!(home.run(&["top"]).code(), Some(1));
}

#[test]
fn of_several_the_newest_is_shown_or_the_one_that_is_named() {
    let home = Home::new();
    let mut older = home.start(&["chat", "--silent"]);
    older.wait_for("listening");
    let mut newer = home.start(&["chat", "--silent"]);
    newer.wait_for("listening");
    let shown = |arguments: &[&str]| {
        let run = home.run(&[&["top", "--once"], arguments].concat());
        assert_eq!(run.code(), Some(0), "{run:#?}");
        run.only("report")["report"]["pid"].clone()
    };
    assert_eq!(shown(&[]), newer.child.id());
    let pid = older.child.id().to_string();
    assert_eq!(shown(&["--pid", &pid]), older.child.id());
    // What is killed is seen no more, and what it leaves behind disturbs nobody.
    newer.child.kill().unwrap();
    newer.child.wait().unwrap();
    assert_eq!(shown(&[]), older.child.id());
    let another = home.run(&["top", "--once", "--pid", "1"]);
    assert_eq!(another.code(), Some(1));
    assert!(message(another.only("error")).contains("process 1"));
    drop(older.stdin.take());
    assert_eq!(older.finish().code(), Some(0));
}
