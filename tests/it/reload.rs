//! Editing jane.toml while she talks: what is right takes effect, what is wrong changes nothing, and no turn is lost.

use std::collections::HashSet;
use std::path::Path;

use crate::common::models::model_that_is_asked;
use crate::common::openai::OpenAiServer;
use crate::common::wyoming::Wyoming;
use crate::common::{Home, Running, data, questions};
use jane::word_errors::WordErrors;
use jane_platform::resident_memory;
use serde_json::Value;

const TURNS: usize = 200;
const EDITS: usize = 100;

/// What the default model answers rightly, with "Pacific" and "blue".
const OCEAN: &str = "What is the largest ocean on earth?";
const SKY: &str = "What color is the sky?";

/// A configuration, and what its language model answers to everything.
struct Edit {
    text: String,
    /// `None` where it is wrong.
    answer: Option<&'static str>,
}

fn llm(model: &Path, more: &str) -> String {
    format!("[llm]\nmodel = {model:?}\nmax_reply_tokens = 24\n{more}")
}

/// The workers that are alive, by what was said of them.
fn alive(events: &[Value]) -> HashSet<u32> {
    let pids = events
        .iter()
        .filter(|event| event["event"] == "worker.started")
        .map(|event| event["pid"].as_u64().unwrap())
        .filter(|pid| crate::common::is_running(*pid));
    pids.map(|pid| u32::try_from(pid).unwrap()).collect()
}

/// Bytes of the host and its workers, once no more than `workers` are alive: the resident ones, which do not depend on who else runs.
fn memory(chat: &Running, workers: usize) -> u64 {
    let deadline = std::time::Instant::now() + crate::common::PATIENCE;
    loop {
        let pids = alive(chat.seen());
        if pids.len() <= workers {
            let host = resident_memory(chat.child.id()).unwrap();
            return host + pids.into_iter().filter_map(resident_memory).sum::<u64>();
        }
        // Processes of another process tell nobody here that they end.
        assert!(std::time::Instant::now() < deadline, "{pids:?} do not end");
        std::thread::yield_now();
    }
}

#[test]
fn two_hundred_turns_and_a_hundred_edits_of_which_half_are_wrong() {
    let home = Home::new();
    let ocean = model_that_is_asked(home.path(), "ocean", OCEAN);
    let sky = model_that_is_asked(home.path(), "sky", SKY);
    let server = OpenAiServer::start("alpha");
    let remote = format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"alpha\"\n[llm.remote]\nurl = \"{}\"\n",
        server.url()
    );
    let voice = crate::common::models().join("piper-en_US-joe-medium/en_US-joe-medium.onnx");
    let right = |number: usize| match number % 5 {
        0 => (llm(&sky, ""), "blue"),
        1 => (llm(&ocean, ""), "Pacific"),
        2 => (remote.clone(), "alpha"),
        3 => (llm(&ocean, "top_k = 20\n"), "Pacific"),
        _ => (llm(&ocean, "[context]\nlow_water = 0.4\n"), "Pacific"),
    };
    let wrong = |number: usize| match number % 6 {
        0 => llm(&sky, "temperature = \"warm\"\n"),
        1 => llm(&sky, "contxt_window = 4096\n"),
        2 => format!("{}[tts]\nvoi", llm(&sky, "")),
        3 => llm(&home.path().join("missing.gguf"), ""),
        // A voice is no language model.
        4 => llm(&voice, ""),
        _ => format!("{}[stt]\nmodel = \"whisper-nothing\"\n", llm(&sky, "")),
    };
    let edits = (0..EDITS).map(|number| match number % 2 {
        0 => {
            let (text, answer) = right(number / 2);
            let answer = Some(answer);
            Edit { text, answer }
        }
        _ => Edit {
            // A wrong edit differs from every other: it is reported once, not once a kind.
            text: format!("# edit {number}\n{}", wrong(number / 2)),
            answer: None,
        },
    });

    home.write_config(&llm(&ocean, ""));
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    let mut names = vec!["Pacific"];
    let (mut asked, mut swaps, mut after_ten) = (0, 0, 0);
    for edit in edits {
        // Two questions and an edit at once: the edit falls into whatever is going on.
        chat.write_line(&format!("Question {asked}: what do you say?"));
        home.write_config(&edit.text);
        chat.write_line(&format!("Question {}: and now?", asked + 1));
        asked += 2;
        let outcome = match edit.answer {
            Some(_) => "config.reloaded",
            None => "config.rejected",
        };
        chat.wait_for_all(&[(outcome, 1), ("turn.ended", 2)]);
        if let Some(answer) = edit.answer {
            names.push(answer);
            swaps += 1;
        }
        if swaps == 10 && after_ten == 0 {
            after_ten = memory(&chat, 1);
        }
    }
    home.write_config(&llm(&ocean, ""));
    chat.wait_for("config.reloaded");
    names.push("Pacific");
    let at_the_end = memory(&chat, 1);
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0), "{run:#?}");

    // No turn is lost, and each is answered by the model of the generation that it began with.
    assert_eq!(asked, TURNS);
    let started = run.all("turn.started");
    let replies = run.all("reply");
    assert_eq!((started.len(), replies.len()), (TURNS, TURNS));
    for (turn, reply) in started.iter().zip(&replies) {
        let generation = usize::try_from(turn["generation"].as_u64().unwrap()).unwrap();
        let text = reply["text"].as_str().unwrap();
        assert!(
            text.contains(names[generation]),
            "generation {generation} answered: {text}"
        );
    }
    // Every edit is told once, as what it is.
    assert_eq!(run.all("config.rejected").len(), EDITS / 2);
    assert_eq!(run.all("config.reloaded").len(), EDITS / 2 + 1);
    assert!(run.all("worker.exited").is_empty());
    let gaps: Vec<u64> = run
        .all("config.reloaded")
        .iter()
        .map(|event| event["gap_ms"].as_u64().unwrap())
        .collect();
    let ratio = at_the_end as f64 / after_ten as f64;
    println!(
        "{TURNS} turns, {EDITS} edits; longest gap in which no turn could start: {} ms; memory {} MB after ten swaps, {} MB at the end",
        gaps.iter().max().unwrap(),
        after_ten / 1_000_000,
        at_the_end / 1_000_000
    );
    assert!(ratio < 1.05, "memory grew to {ratio:.3} of what it was");
}

/// Edits, waits, and returns the gap in which no turn could start, in milliseconds.
fn swap(home: &Home, chat: &mut Running, what: &str, text: &str) -> u64 {
    home.write_config(text);
    let event = chat.wait_for_any(&["config.reloaded", "config.rejected"]);
    assert_eq!(event["event"], "config.reloaded", "{what}: {event}");
    let gap = event["gap_ms"].as_u64().unwrap();
    println!("{what}: gap {gap} ms");
    gap
}

fn ask(chat: &mut Running, question: &str) -> String {
    chat.write_line(question);
    let reply = chat.wait_for("reply");
    chat.wait_for("turn.ended");
    reply["text"].as_str().unwrap().to_owned()
}

#[test]
fn language_models_are_swapped_by_name_by_path_and_for_a_server_and_back() {
    let home = Home::new();
    model_that_is_asked(home.path(), "sky", SKY);
    let server = OpenAiServer::start("alpha");
    let remote = format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"alpha\"\n[llm.remote]\nurl = \"{}\"\n",
        server.url()
    );
    let mut chat = home.start(&["chat", "--silent"]);
    assert!(ask(&mut chat, OCEAN).contains("Pacific"));
    // A path may be relative to the home.
    let text = "[llm]\nmodel = \"sky.gguf\"\n";
    for (what, text, answer) in [
        ("name → path", text, "blue"),
        ("path → name", "", "Pacific"),
        ("name → server", &remote, "alpha"),
        ("server → path", text, "blue"),
    ] {
        assert_eq!(swap(&home, &mut chat, what, text), 0);
        let reply = ask(&mut chat, OCEAN);
        assert!(reply.contains(answer), "{what}: {reply}");
    }
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn where_two_models_do_not_fit_the_old_one_goes_first() {
    let home = Home::new();
    let sky = model_that_is_asked(home.path(), "sky", SKY);
    // Room for one of them, not for two.
    let narrow = "[memory]\nllm_mb = 300\n";
    home.write_config(narrow);
    let mut chat = home.start(&["chat", "--silent"]);
    assert!(ask(&mut chat, OCEAN).contains("Pacific"));
    let text = format!("{}{narrow}", llm(&sky, ""));
    assert!(swap(&home, &mut chat, "with room for one", &text) > 0);
    assert!(ask(&mut chat, OCEAN).contains("blue"));

    // One that cannot be loaded then leaves the old one in force.
    let broken = home.path().join("broken.gguf");
    let mut bytes = std::fs::read(&sky).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&broken, bytes).unwrap();
    home.write_config(&format!("{}{narrow}", llm(&broken, "")));
    let event = chat.wait_for_any(&["config.reloaded", "config.rejected"]);
    assert_eq!(event["event"], "config.rejected", "{event}");
    assert!(ask(&mut chat, OCEAN).contains("blue"));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn recognisers_and_voices_are_swapped_by_name_by_path_and_for_servers_and_back() {
    let home = Home::new();
    let by_path = crate::common::models().join("whisper-base/ggml-model.bin");
    let openai = OpenAiServer::start("What is the capital of Spain?");
    let (wyoming, wyoming_voice) = (Wyoming::recogniser(), Wyoming::voice());
    let (recording, spoken) = questions().swap_remove(0);
    let line = format!("@{}", recording.display());
    let mut chat = home.start(&["chat", "--silent"]);
    let heard = |chat: &mut Running| {
        chat.write_line(&line);
        let text = chat.wait_for("transcript")["text"].clone();
        chat.wait_for("turn.ended");
        text.as_str().unwrap().to_owned()
    };
    let is_right = |text: &str| WordErrors::between(&spoken, text).errors <= 1;
    let first = heard(&mut chat);
    assert!(is_right(&first), "{first}");
    let steps = [
        (
            "recogniser: name → name",
            "[stt]\nmodel = \"whisper-base\"\n".to_owned(),
            true,
        ),
        (
            "recogniser: name → path",
            format!("[stt]\nmodel = {by_path:?}\n"),
            true,
        ),
        (
            "recogniser: path → openai",
            format!(
                "[stt]\nbackend = \"openai\"\n[stt.remote]\nurl = \"{}\"\n",
                openai.url()
            ),
            false,
        ),
        (
            "recogniser: openai → wyoming",
            format!(
                "[stt]\nbackend = \"wyoming\"\n[stt.remote]\nurl = \"{}\"\n",
                wyoming.url()
            ),
            true,
        ),
        ("recogniser: wyoming → name", String::new(), true),
    ];
    for (what, text, hears) in steps {
        assert_eq!(swap(&home, &mut chat, what, &text), 0);
        let heard = heard(&mut chat);
        assert_eq!(is_right(&heard), hears, "{what}: {heard}");
    }
    // A swap of voices is checked by having the new one speak.
    for (what, text) in [
        (
            "voice: piper → wyoming",
            format!(
                "[tts]\nbackend = \"wyoming\"\n[tts.remote]\nurl = \"{}\"\n",
                wyoming_voice.url()
            ),
        ),
        (
            "voice: wyoming → openai",
            format!(
                "[tts]\nbackend = \"openai\"\n[tts.remote]\nurl = \"{}\"\n",
                openai.url()
            ),
        ),
        ("voice: openai → piper", String::new()),
    ] {
        assert_eq!(swap(&home, &mut chat, what, &text), 0);
    }
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn a_server_that_is_down_is_stood_in_for() {
    let home = Home::new();
    let sky = model_that_is_asked(home.path(), "sky", SKY);
    let server = OpenAiServer::start("alpha");
    let config = format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"alpha\"\nfallback = [\"local\"]\nfallback_model = {sky:?}\n\
         [llm.remote]\nurl = \"{}\"\n",
        server.url()
    );
    home.write_config(&config);
    let mut chat = home.start(&["chat", "--silent"]);
    assert!(ask(&mut chat, OCEAN).contains("alpha"));
    drop(server);
    chat.write_line(OCEAN);
    let switched = chat.wait_for("backend.switched");
    assert_eq!(switched["from"], "alpha");
    assert_eq!(switched["to"], sky.to_str().unwrap());
    let reply = chat.wait_for("reply");
    assert!(reply["text"].as_str().unwrap().contains("blue"), "{reply}");
    // What stands in also answers for the server where an edit is checked.
    home.write_config(&config.replace("[llm]", "[llm]\ntemperature = 0.5"));
    let edited = chat.wait_for_any(&["config.reloaded", "config.rejected"]);
    assert_eq!(edited["changed"], serde_json::json!(["llm.temperature"]));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn the_signal_reads_the_file_anew_and_a_key_that_needs_a_restart_is_named() {
    let home = Home::new();
    let mut chat = home.start(&["chat", "--silent"]);
    chat.wait_for("listening");
    home.write_config("[log]\nkeep_files = 3\nlevel = \"debug\"\n");
    let reloaded = chat.wait_for("config.reloaded");
    assert_eq!(reloaded["restart"], serde_json::json!(["log.keep_files"]));
    let signal = ["-HUP", &chat.child.id().to_string()];
    assert!(
        std::process::Command::new("kill")
            .args(signal)
            .status()
            .unwrap()
            .success()
    );
    let again = chat.wait_for("config.reloaded");
    assert_eq!(again["changed"], serde_json::json!([]));
    let recording = format!("@{}", data("largest_ocean.wav").display());
    assert!(ask(&mut chat, &recording).contains("Pacific"));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}
