//! What is seen of sessions from outside, and which of them hears what a skill says unasked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::{SERVE, echoing, raw, request};
use crate::common::clients::{Serving, client};
use crate::common::openai::Answer;
use crate::common::skills::{copy_shipped, typed_home, unhurried};
use crate::common::{Home, PATIENCE, alone};

/// The events of a server, as they come.
struct Watching(BufReader<TcpStream>);

impl Watching {
    fn start(address: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut watching = Self(BufReader::new(stream));
        assert!(watching.line().starts_with("HTTP/1.1 200"));
        let mut is_stream = false;
        loop {
            let line = watching.line().to_lowercase();
            is_stream |= line.trim() == "content-type: text/event-stream";
            if line.trim().is_empty() {
                assert!(is_stream);
                return watching;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).unwrap() > 0, "it ended");
        line
    }

    /// All until the event of this name.
    fn until(&mut self, name: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            if let Some(data) = self.line().strip_prefix("data: ") {
                events.push(serde_json::from_str(data).unwrap());
                if events.last().unwrap()["event"] == name {
                    return events;
                }
            }
        }
    }
}

/// Asks, and returns what is answered.
fn ask(address: &str, question: &str) -> String {
    let body = serde_json::json!({
        "model": "jane",
        "messages": [{"role": "user", "content": question}],
    });
    let head = format!("Host: {address}\r\n");
    let body = body.to_string();
    raw(
        address,
        &request("POST /v1/chat/completions", &head, body.as_bytes()),
    )
}

#[test]
fn events_are_told_with_their_session_and_without_a_word() {
    let _alone = alone();
    let (_server, home) = echoing();
    let serving = Serving::start(&home);
    let mut watching = Watching::start(&serving.address);
    let mut sessions = Vec::new();
    for question in ["Person A says badger.", "Person B says heron."] {
        let answer = ask(&serving.address, question);
        assert!(answer.contains(question), "{answer}");
        let events = watching.until("session.ended");
        let number = |name: &str| {
            let event = events.iter().find(|event| event["event"] == name);
            event.unwrap_or_else(|| panic!("no {name} in {events:?}"))["session"]
                .as_u64()
                .unwrap()
        };
        let session = number("session.started");
        for name in ["turn.started", "turn.ended", "session.ended"] {
            assert_eq!(number(name), session, "{name}");
        }
        let told = format!("{events:?}");
        assert!(
            !told.contains("badger") && !told.contains("heron"),
            "{told}"
        );
        sessions.push(session);
    }
    assert_ne!(sessions[0], sessions[1]);
    let run = serving.end();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let turns = run.all("turn.ended");
    let of: Vec<u64> = turns
        .iter()
        .map(|turn| turn["session"].as_u64().unwrap())
        .collect();
    assert_eq!(of, sessions);
}

#[test]
fn open_sessions_are_seen_from_outside() {
    let _alone = alone();
    let (server, home) = echoing();
    let serving = Serving::start(&home);
    let late = Answer::Text("At last.".to_owned());
    let asked = server.received().len() + 1;
    server.answer(Answer::After(Duration::from_secs(5), Box::new(late)));
    let address = serving.address.clone();
    let asking = std::thread::spawn(move || ask(&address, "Are you there?"));
    server.wait_for_requests(asked);
    let look = || {
        let run = home.run(&["top", "--once"]);
        assert_eq!(run.code(), Some(0), "{run:#?}");
        run.only("report")["report"].clone()
    };
    let seen = look();
    let open = seen["sessions"].as_array().unwrap();
    assert_eq!(open.len(), 1, "{seen:#}");
    assert_eq!(open[0]["interface"], "chat");
    let answer = asking.join().unwrap();
    assert!(answer.contains("At last."), "{answer}");
    let seen = look();
    assert_eq!(seen["sessions"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["counters"]["sessions"]["chat"], 1);
    assert_eq!(seen["turns"][0]["session"], open[0]["session"]);
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn a_timer_rings_for_who_set_it_and_for_all_where_they_are_gone() {
    let _alone = alone();
    let (_server, home): (_, Home) = typed_home(&format!("{}\n{SERVE}", unhurried(&["timer"])));
    copy_shipped(&home, "timer");
    let serving = Serving::start(&home);
    client("timers.py", &[&format!("http://{}/v1", serving.address)]);
    assert_eq!(serving.end().code(), Some(0));
}
