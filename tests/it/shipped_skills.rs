//! The skills that ship, as they are built: what people say to them, spoken requests, and a timer that survives the host's end.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use crate::common::skills::{
    MEMORY, component, copy_shipped, drop_in, hook, shipped, typed_home, unhurried,
};
use crate::common::{Home, Running, root};
use jane::word_errors::normalise;
use serde_json::Value;

const SKILLS: [&str; 7] = [
    "calculator",
    "clock",
    "notes",
    "redact",
    "timer",
    "weather",
    "yourself",
];

/// A conversation by typing with all skills that ship.
fn chat(home: &Home) -> Running {
    for skill in SKILLS {
        copy_shipped(home, skill);
    }
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    chat
}

/// Asks; the skill that answered, if one did, and the answer.
fn ask(chat: &mut Running, question: &str) -> (Option<String>, String) {
    chat.write_line(question);
    let (mut skill, mut reply) = (None, String::new());
    loop {
        let event = chat.wait_for_any(&["skill.answered", "reply", "turn.ended"]);
        match event["event"].as_str().unwrap() {
            "skill.answered" => skill = Some(event["skill"].as_str().unwrap().to_owned()),
            "reply" => reply = event["text"].as_str().unwrap().to_owned(),
            _ => return (skill, reply),
        }
    }
}

fn end(mut chat: Running) {
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn each_phrase_is_answered_by_its_skill_or_left_to_the_model() {
    let text = std::fs::read_to_string(root().join("plugins/phrasings.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let phrases = table["phrase"].as_array().unwrap();
    let (mut wrong, mut passed) = (Vec::new(), 0);
    // Those that go on from others have conversations of their own; the rest share one that keeps nothing between them.
    let (_server, home) = typed_home(&unhurried(&SKILLS));
    let mut shared = chat(&home);
    let forget = |chat: &mut Running| {
        for phrase in [
            "Cancel all timers.",
            "Cancel all alarms.",
            "Cancel all reminders.",
            "Clear the shopping list.",
            "Delete all notes.",
        ] {
            ask(chat, phrase);
        }
    };
    for phrase in phrases {
        let get = |key: &str| phrase.get(key).and_then(toml::Value::as_str);
        let say = get("say").unwrap();
        if let Some(after) = get("after") {
            ask(&mut shared, after);
        }
        let (skill, reply) = ask(&mut shared, say);
        let expected = get("skill");
        let fits = match get("answer") {
            Some(answer) => regex::Regex::new(answer).unwrap().is_match(&reply),
            None => true,
        };
        passed += usize::from(expected.is_none());
        if skill.as_deref() != expected || !fits {
            wrong.push(format!(
                "{say:?}: {skill:?} said {reply:?}, not {expected:?} {:?}",
                get("answer")
            ));
        }
        if expected.is_some() {
            forget(&mut shared);
        }
    }
    end(shared);
    println!(
        "{} phrases, {passed} of them for the model; wrong: {wrong:#?}",
        phrases.len()
    );
    assert!(phrases.len() >= 150 && passed * 3 >= phrases.len());
    assert!(wrong.is_empty());
}

#[test]
fn requests_of_several_skills_in_one_breath_are_all_done_and_all_said() {
    let (_server, home) = typed_home(&unhurried(&SKILLS));
    let mut chat = chat(&home);
    let breaths: [(&str, &str, &[&str]); 5] = [
        (
            "Set a timer for five minutes and add milk to the shopping list.",
            "timer, notes",
            &["Timer set for 5 minutes", "milk"],
        ),
        (
            "Add eggs to the shopping list, then remind me to call mum at five",
            "notes, timer",
            &["eggs", "call mum"],
        ),
        (
            "What's 5 plus 5? And set a timer for ten minutes.",
            "calculator, timer",
            &["10", "Timer set for 10 minutes"],
        ),
        (
            "Cancel the 5 minute timer and add bread to my shopping list",
            "timer, notes",
            &["cancelled", "bread"],
        ),
        (
            "Okay, set a timer for 40 minutes, add butter to the shopping list, and tell me the time in Tokyo.",
            "timer, notes, clock",
            &["Timer set for 40 minutes", "butter", "Tokyo"],
        ),
    ];
    for (said, skills, answers) in breaths {
        let (skill, reply) = ask(&mut chat, said);
        assert_eq!(skill.as_deref(), Some(skills), "{said}: {reply}");
        for answer in answers {
            assert!(reply.contains(answer), "{said}: {reply}");
        }
    }
    let (_, list) = ask(&mut chat, "What's on my shopping list?");
    assert!(list.contains("milk, eggs, bread and butter"), "{list}");
    let (_, timers) = ask(&mut chat, "What timers do I have?");
    assert!(
        timers.contains("10 minutes left") && timers.contains("40 minutes left"),
        "{timers}"
    );
    // What no skill does is said to be left.
    let (skill, reply) = ask(&mut chat, "Play some music and set a timer for 20 minutes.");
    assert_eq!(skill.as_deref(), Some("timer"), "{reply}");
    assert!(
        reply.contains("Timer set for 20 minutes") && reply.contains("I left the rest"),
        "{reply}"
    );
    // One skill understands these better than their parts.
    let (skill, reply) = ask(
        &mut chat,
        "Set a tea timer for 3 minutes and set another for 4.",
    );
    assert_eq!(skill.as_deref(), Some("timer"), "{reply}");
    assert!(
        reply.contains("3 minutes") && reply.contains("4 minutes"),
        "{reply}"
    );
    end(chat);
}

#[test]
fn spoken_requests_are_answered_by_skills() {
    let home = Home::new();
    home.write_config(&unhurried(&SKILLS));
    std::fs::create_dir_all(home.path().join("plugins")).unwrap();
    for skill in SKILLS {
        copy_shipped(&home, skill);
    }
    // The request, the words of it that the answer rests on, the skill, and its answer.
    for (request, words, skill, answer) in [
        ("What time is it?", "time", "clock", "it is"),
        (
            "Set a timer for ten minutes.",
            "minutes",
            "timer",
            "timer set for 10 minutes",
        ),
        ("What is twelve times seven?", "times", "calculator", "84"),
        (
            "Please add bread and butter to the shopping list.",
            "bread and butter",
            "notes",
            "bread and butter",
        ),
    ] {
        let out = home.path().join("answer.wav");
        // Her voice differs from time to time, and the smallest recogniser mishears some of it: what is misheard is said again.
        let ask = |_| {
            let question = home.say(request, "question.wav");
            let (question, out) = (question.to_str().unwrap(), out.to_str().unwrap());
            let run = home.run(&["ask", "--wav", question, "--out", out]);
            assert_eq!(run.code(), Some(0), "{run:#?}");
            println!(
                "heard {}, said {}",
                run.only("transcript")["text"],
                run.only("reply")["text"]
            );
            run
        };
        let understood = |run: &crate::common::Run| {
            let heard = run.only("transcript")["text"]
                .as_str()
                .unwrap()
                .to_lowercase();
            heard.contains(words) && !run.all("skill.answered").is_empty()
        };
        let run = (0..5).map(ask).find(understood).expect("it is understood");
        assert_eq!(run.only("skill.answered")["skill"], skill);
        let reply = run.only("reply")["text"].as_str().unwrap().to_lowercase();
        assert!(reply.contains(answer), "{reply}");
        // It is heard, too.
        let heard = transcript(&home, &out);
        let spoken = normalise(&heard);
        assert!(spoken.len() >= 2, "{heard}");
    }
    // What was said in one run is known in the next.
    let run = home.run(&["ask", "--silent", "What is on my shopping list?"]);
    assert!(
        run.only("reply")["text"]
            .as_str()
            .unwrap()
            .contains("bread and butter"),
        "{run:#?}"
    );
}

fn transcript(home: &Home, file: &Path) -> String {
    let run = home.run(&["transcribe", file.to_str().unwrap()]);
    run.only("transcript")["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_timer_rings_also_after_the_host_was_killed_and_says_when_it_is_late() {
    let (_server, home) = typed_home(&unhurried(&SKILLS));
    let mut first = chat(&home);
    assert!(
        ask(&mut first, "Set a tea timer for 1 hour.")
            .1
            .contains("1 hour")
    );
    assert!(
        ask(&mut first, "Set a timer for 2 hours.")
            .1
            .contains("2 hours")
    );
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let database = home.path().join("plugins/.state/skills.db");
    make_due(&database, "tea", 0);

    let mut second = home.start(&["chat", "--silent"]);
    let rang = second.wait_for("announcement");
    second.wait_for("turn.ended");
    println!("{rang}");
    assert_eq!(
        (
            &rang["skill"],
            rang["text"].as_str().unwrap().contains("tea timer")
        ),
        (&Value::from("timer"), true)
    );
    let left = ask(&mut second, "How long is left?").1;
    assert!(
        left.contains("1 hour and 59 minutes") || left.contains("2 hours"),
        "{left}"
    );
    assert!(
        ask(&mut second, "Set a soup timer for 1 hour.")
            .1
            .contains("1 hour")
    );
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    // Late by more than a skill says nothing about.
    make_due(&database, "soup", 180_000);

    let mut third = home.start(&["chat", "--silent"]);
    let rang = third.wait_for("announcement");
    println!("{rang}");
    assert!(
        rang["text"].as_str().unwrap().contains("soup timer rang")
            && rang["text"].as_str().unwrap().ends_with("ago."),
        "{rang}"
    );
    end(third);
}

/// The database of a home whose skills were used before.
fn database(home: &Home) -> rusqlite::Connection {
    let mut chat = chat(home);
    ask(&mut chat, "Set a timer for 2 hours.");
    ask(&mut chat, "Cancel all timers.");
    end(chat);
    rusqlite::Connection::open(home.path().join("plugins/.state/skills.db")).unwrap()
}

#[test]
fn fifteen_reminders_that_are_due_at_once_all_ring() {
    let (_server, home) = typed_home(&unhurried(&SKILLS));
    let database = database(&home);
    for number in 0..15 {
        let ring = serde_json::json!({ "kind": "reminder", "label": format!("number {number}"), "seconds": 0, "every": null });
        database
            .execute(
                "INSERT INTO events (skill, id, name, payload, due_ms) VALUES ('timer', ?1, 'ring', ?2, 1000)",
                (format!("reminder {number}"), ring.to_string()),
            )
            .unwrap();
    }
    let mut chat = home.start(&["chat", "--silent"]);
    // Ten at once, which is what a skill may say in a minute, and the rest as soon as it may.
    let rang: std::collections::BTreeSet<String> = (0..15)
        .map(|_| {
            let rang = chat.wait_for("announcement");
            rang["text"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(rang.len(), 15, "{rang:?}");
    end(chat);
    let left: u32 = database
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_skill_that_takes_long_holds_up_no_other_ones_timers() {
    let endless = format!(
        "{MEMORY} {}",
        hook("events", "on-event", "(loop (br 0)) (unreachable)")
    );
    let endless = component(&["events"], &[], &endless);
    let (_server, home) = typed_home(&format!(
        "{}[skills.endless]\ntool_seconds = 600\n",
        unhurried(&SKILLS)
    ));
    let database = database(&home);
    drop_in(&home, "endless", &endless);
    let ring = r#"{"kind": "timer", "label": "tea", "seconds": 60, "every": null}"#;
    // The endless one's comes first.
    for (skill, due_ms) in [("endless", 1_000), ("timer", 2_000)] {
        database
            .execute(
                "INSERT INTO events (skill, id, name, payload, due_ms) VALUES (?1, 'tea', 'ring', ?2, ?3)",
                (skill, ring, due_ms),
            )
            .unwrap();
    }
    let mut chat = home.start(&["chat", "--silent"]);
    let rang = chat.wait_for("announcement");
    assert_eq!(rang["skill"], "timer");
    let is_over = |name: &str| chat.seen().iter().any(|event| event["event"] == name);
    assert!(!is_over("skill.faulted") && !is_over("skill.quarantined"));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

/// Has what is called `label` have been due so many milliseconds ago: a test does not wait.
fn make_due(database: &Path, label: &str, ago_ms: i64) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let now = i64::try_from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap();
    let moved = connection
        .execute(
            "UPDATE events SET due_ms = ?1, taken_until = 0 WHERE payload LIKE ?2",
            (now - ago_ms, format!("%{label}%")),
        )
        .unwrap();
    assert_eq!(moved, 1);
}

#[test]
fn nothing_secret_is_spoken() {
    let (server, home) = typed_home(&unhurried(&SKILLS));
    let mut chat = chat(&home);
    server.answer(crate::common::openai::Answer::Text(
        "Your key is sk-proj-abcdEFGH1234567890abcdEFGH12. See https://example.org/x for more."
            .to_owned(),
    ));
    ask(&mut chat, "What is my key?");
    drop(chat.stdin.take());
    let run = chat.finish();
    let spoken: Vec<&str> = run
        .all("sentence")
        .iter()
        .map(|sentence| sentence["text"].as_str().unwrap())
        .collect();
    println!("{spoken:?}");
    assert!(!spoken.is_empty());
    assert!(
        spoken
            .iter()
            .all(|text| !text.contains("abcdEFGH") && !text.contains("example.org")),
        "{spoken:?}"
    );
}

#[test]
fn every_skill_that_ships_is_there() {
    for skill in SKILLS {
        assert!(shipped(skill).exists(), "{skill}: make skills");
    }
}

/// Servers of places and forecasts that take longer than a turn waits for a skill.
fn slow_weather() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            lines
                .map_while(Result::ok)
                .find(|line| line.is_empty())
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(400));
            let body = if request.contains("/v1/search?name=Berlin") {
                r#"{"results": [{"name": "Berlin", "latitude": 52.5, "longitude": 13.4}]}"#
            } else {
                r#"{"current": {"temperature_2m": 8.2, "weather_code": 3, "wind_speed_10m": 11.6}, "daily": {"time": ["2026-03-04"],
                    "weather_code": [3], "temperature_2m_max": [9], "temperature_2m_min": [3], "precipitation_probability_max": [5]}}"#
            };
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + body).as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn what_takes_a_skill_long_is_said_behind_the_answer_also_where_there_is_one_question() {
    let url = slow_weather();
    let (_server, home) = typed_home(&format!(
        "[skills.weather]\nallow = [\"transcripts\", \"private_network\"]\nallow_http = [\"{url}\"]\n\
         [skills.weather.config]\ngeocoding_url = \"{url}\"\nforecast_url = \"{url}\"\n"
    ));
    copy_shipped(&home, "weather");
    let file = home.path().join("answer.wav");
    let question = "What's the weather in Berlin?";
    let run = home.run(&["ask", question, "--out", file.to_str().unwrap()]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert_eq!(run.only("skill.answered")["skill"], "weather");
    let said = run.only("announcement")["text"].as_str().unwrap();
    assert!(said.contains("Berlin it is 8 degrees"), "{said}");
    let heard = home.run(&["transcribe", file.to_str().unwrap()]);
    let heard = heard.only("transcript")["text"].as_str().unwrap();
    println!("heard: {heard}");
    assert!(heard.contains("Berlin"), "{heard}");
}
