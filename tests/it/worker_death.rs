//! An engine's process that dies costs a retry, and none outlives the host.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::{Home, PATIENCE, data, is_running, kill};

/// Pids of all workers that were started.
fn pids(run: &[serde_json::Value]) -> Vec<u64> {
    let started = run
        .iter()
        .filter(|event| event["event"] == "worker.started");
    started
        .map(|event| event["pid"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_model_killed_in_the_middle_of_its_reply_goes_on_where_it_was() {
    let home = Home::new();
    home.write_config("[llm]\ntemperature = 0\nmax_reply_tokens = 80\n");
    let question = "Tell me about the Moon, in several sentences.";
    let whole = home.run(&["ask", "--silent", question]).only("reply")["text"]
        .as_str()
        .unwrap()
        .to_owned();

    let mut asking = home.start(&["ask", "--silent", question]);
    let worker = asking.wait_for("worker.started");
    let mut delivered = String::new();
    // What is written comes sentence by sentence, the first in two pieces.
    for _ in 0..2 {
        delivered += asking.wait_for("reply.delta")["text"].as_str().unwrap();
    }
    kill(worker["pid"].as_u64().unwrap());
    let run = asking.finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert_eq!(run.only("worker.restarted")["worker"], "jane-llama");
    let reply = run.only("reply")["text"].as_str().unwrap();
    // What was delivered before the death is the beginning of the reply, which goes on from there and is not begun again.
    let delivered = delivered.trim_start();
    assert!(whole.starts_with(delivered), "`{delivered}` of `{whole}`");
    assert!(
        reply.starts_with(delivered),
        "`{reply}` after `{delivered}`"
    );
    assert!(
        reply.len() > delivered.len() + 20,
        "`{reply}` after `{delivered}`"
    );
    assert_eq!(reply.matches(delivered).count(), 1, "`{reply}`");
}

#[test]
fn a_recogniser_and_a_voice_that_are_killed_are_started_again() {
    let home = Home::new();
    home.write_config("[llm]\nseed = 7\n");
    let answer = home.path().join("answer.wav");
    let question = data("capital_of_france.wav");
    let mut asking = home.ask_aloud(&question, &answer);
    let mut killed = Vec::new();
    let mut workers = std::collections::HashMap::new();
    while let Some(event) = asking.next() {
        match event["event"].as_str().unwrap() {
            "worker.started" => {
                workers.insert(
                    event["worker"].as_str().unwrap().to_owned(),
                    event["pid"].as_u64().unwrap(),
                );
            }
            // All are loaded: the recogniser dies at its work, the voice before it.
            "turn.started" if killed.is_empty() => {
                for worker in ["jane-whisper", "jane-piper"] {
                    kill(workers[worker]);
                    killed.push(worker);
                }
            }
            _ => {}
        }
    }
    let run = asking.finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert!(
        run.only("reply")["text"]
            .as_str()
            .unwrap()
            .contains("Paris")
    );
    assert!(crate::common::read_wav(&answer).1.len() > 8_000);
    assert_eq!(killed.len(), 2);
    assert_eq!(run.all("worker.restarted").len(), 2, "{run:#?}");
}

#[test]
fn a_model_that_is_killed_again_and_again_is_an_error_and_the_host_lives() {
    let home = Home::new();
    home.write_config("[llm]\nmax_reply_tokens = 30\n");
    let mut chat = home.start(&["chat", "--silent"]);
    let mut kills = 0;
    chat.write_line("Hello?");
    let error = loop {
        let event = chat.next().expect("the host lives");
        match event["event"].as_str().unwrap() {
            "worker.started" => {
                kill(event["pid"].as_u64().unwrap());
                kills += 1;
            }
            "error" => break event,
            _ => {}
        }
    };
    assert!(kills >= 2);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("language model") && message.contains("jane-llama"),
        "{message}"
    );
    // Left alone, she answers the next question.
    chat.write_line("Hello again!");
    chat.wait_for("reply");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn no_worker_outlives_a_host_that_was_killed() {
    let home = Home::new();
    let question = data("capital_of_france.wav");
    let answer = home.path().join("answer.wav");
    let mut asking = home.ask_aloud(&question, &answer);
    let mut seen = Vec::new();
    loop {
        let event = asking.next().unwrap();
        let enough = event["event"] == "reply.delta";
        seen.push(event);
        if enough {
            break;
        }
    }
    let workers = pids(&seen);
    assert_eq!(workers.len(), 3);
    assert!(workers.iter().all(|pid| is_running(*pid)));
    asking.child.kill().unwrap();
    asking.child.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while workers.iter().any(|pid| is_running(*pid)) {
        assert!(Instant::now() < deadline, "workers outlived their host");
        // There is no event to wait for: these processes are nobody's children any more.
        sleep(Duration::from_millis(10));
    }
    assert!(!answer.exists(), "a half-written answer was left");
}

#[test]
fn an_end_in_order_leaves_no_worker_either() {
    let home = Home::new();
    let run = home.run(&["ask", "--silent", "Hello!"]);
    assert_eq!(run.code(), Some(0));
    assert!(pids(&run.events).iter().all(|pid| !is_running(*pid)));
}

#[test]
fn what_a_killed_host_left_behind_is_removed_by_the_next_run() {
    let home = Home::new();
    let directory = crate::common::models().join(".cache/temporary");
    let runs = || -> std::collections::HashSet<std::path::PathBuf> {
        let entries = std::fs::read_dir(&directory).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let before = runs();
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    let left: Vec<_> = runs().difference(&before).cloned().collect();
    assert!(!left.is_empty());
    kill(u64::from(chat.child.id()));
    chat.finish();
    assert_eq!(home.run(&["ask", "--silent", "Hello."]).code(), Some(0));
    assert!(left.iter().all(|run| !run.exists()), "{left:?}");
}
