//! Many at once: each has their own, and those who only take up room take it from nobody.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{echoing, home, raw, request};
use crate::common::clients::{Serving, client};
use crate::common::{PATIENCE, SMALL_MODEL, alone};

/// Descriptors of a process, and the bytes of memory that it has for itself.
fn taken(pid: u32) -> (usize, u64) {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let own = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let own = own.unwrap().trim().trim_end_matches(" kB").parse::<u64>();
    (descriptors.count(), own.unwrap() * 1024)
}

/// Two hundred connect; they say nothing, send garbage, or stall, some of them gone at once. `meanwhile` is done while they are there.
fn two_hundred(serving: &Serving, meanwhile: impl Fn()) {
    let mut stalled = Vec::new();
    for number in 0..200 {
        let address = match number % 4 {
            3 => &serving.wyoming,
            _ => &serving.address,
        };
        // One too many is closed at once.
        let Ok(mut stream) = TcpStream::connect(address) else {
            continue;
        };
        let sent: &[u8] = match number % 4 {
            0 => b"",
            1 => b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
            2 => b"\x00\x01\x02\x03",
            _ => b"{\"type\": \"transcribe\"",
        };
        let _ = stream.write_all(sent);
        if number % 3 > 0 {
            stalled.push(stream);
        }
    }
    meanwhile();
}

#[test]
fn two_hundred_who_stall_and_vanish_keep_nobody_from_talking_and_leave_nothing() {
    let _alone = alone();
    let home = home("wyoming = \"127.0.0.1:0\"\n");
    let serving = Serving::start(&home);
    let pid = serving.running.as_ref().unwrap().child.id();
    let body = format!(
        "{{\"model\": \"{SMALL_MODEL}\", \"max_tokens\": 8, \"messages\": [{{\"role\": \"user\", \"content\": \"Hello.\"}}]}}"
    );
    let ask = || {
        let head = format!("Host: {}\r\n", serving.address);
        let answer = raw(
            &serving.address,
            &request("POST /v1/chat/completions", &head, body.as_bytes()),
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    };
    ask();
    let (descriptors, _) = taken(pid);
    // What they had is given back once their ends are seen.
    let settle = || {
        let begin = Instant::now();
        while taken(pid).0 > descriptors && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(100));
        }
        let (left, memory) = taken(pid);
        assert!(
            left <= descriptors,
            "{left} descriptors, {descriptors} before"
        );
        memory
    };
    // The first of them have the allocator take what it keeps.
    two_hundred(&serving, || (0..3).for_each(|_| ask()));
    let memory = settle();
    for _ in 0..5 {
        two_hundred(&serving, ask);
    }
    let grown = settle().saturating_sub(memory);
    // A thousand of them, and less than 4 KiB of each stays.
    assert!(grown < 4 << 20, "{grown} bytes more than before");
    ask();
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn turns_that_are_under_way_end_before_she_does() {
    let _alone = alone();
    let home = home("");
    let serving = Serving::start(&home);
    let address = serving.address.clone();
    let head = format!("Host: {address}\r\n");
    let body = br#"{"model": "jane", "stream": true, "messages": [{"role": "user", "content": "Tell me about the sea."}]}"#;
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .write_all(&request("POST /v1/chat/completions", &head, body))
        .unwrap();
    let mut begun = [0; 16];
    stream.read_exact(&mut begun).unwrap();
    let ending = std::thread::spawn(move || serving.end());
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("data: [DONE]"), "{rest}");
    let run = ending.join().unwrap();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn six_talk_at_once_and_none_hears_another() {
    let _alone = alone();
    let (server, home) = echoing();
    let serving = Serving::start(&home);
    client("six.py", &[&format!("http://{}/v1", serving.address)]);
    let mut longest = 0;
    for request in server.received() {
        let body = request.json();
        let messages = body["messages"].as_array().unwrap();
        let people: std::collections::BTreeSet<&str> = messages
            .iter()
            .filter_map(|message| {
                message["content"]
                    .as_str()?
                    .split("Person ")
                    .nth(1)?
                    .get(..1)
            })
            .collect();
        assert!(people.len() <= 1, "{body}");
        longest = longest.max(messages.len());
    }
    // Each with its own history: the instructions, nine exchanges and the tenth question.
    assert_eq!(longest, 20);
    let run = serving.end();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert_eq!(
        run.all("session.started").len(),
        run.all("session.ended").len()
    );
}

/// What the model has read of a conversation is there at its next turn, although others had theirs in between.
#[test]
fn each_conversation_keeps_what_was_read_of_it() {
    let _alone = alone();
    let home = home("");
    let serving = Serving::start(&home);
    let head = format!("Host: {}\r\n", serving.address);
    let people = ["The lighthouse at the cape", "A grey horse on the hill"];
    let mut dialogues = people.map(|_| Vec::<Value>::new());
    for turn in 0..3 {
        for (name, dialogue) in people.iter().zip(&mut dialogues) {
            let question =
                format!("{name} is what this story number {turn} is about. Go on with it.");
            dialogue.push(json!({"role": "user", "content": question}));
            let body = json!({"model": "jane", "messages": dialogue}).to_string();
            let answer = raw(
                &serving.address,
                &request("POST /v1/chat/completions", &head, body.as_bytes()),
            );
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            let body: Value = serde_json::from_str(body).unwrap();
            let said = body["choices"][0]["message"]["content"].as_str().unwrap();
            dialogue.push(json!({"role": "assistant", "content": said}));
        }
    }
    let run = serving.end();
    let ended = run.all("turn.ended");
    assert_eq!(ended.len(), 6, "{run:#?}");
    for turn in ended.iter().skip(2) {
        let tokens = |name: &str| turn[name].as_u64().unwrap();
        // All but the last question, and what surrounds it.
        assert!(
            tokens("reused_tokens") + 60 > tokens("prompt_tokens"),
            "{turn}"
        );
    }
}
