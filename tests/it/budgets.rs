//! The memory budgets, with the real engines on system memory, and with a graphics processor that does not exist.

use crate::common::nvml::Devices;
use crate::common::{Home, Running, data};
use serde_json::Value;

const MEGABYTE: u64 = 1_000_000;

/// Megabytes by which the estimates of two runs may differ: a part of them is what the program took just then.
const PROGRAM: u64 = 2;

fn planned(events: &[Value], role: &str) -> Value {
    let plan = events
        .iter()
        .find(|event| event["event"] == "memory.planned" && event["role"] == role);
    plan.unwrap_or_else(|| panic!("no plan for {role} in {events:#?}"))
        .clone()
}

fn ask(home: &Home, config: &str) -> crate::common::Run {
    home.write_config(config);
    home.run(&["ask", "--silent", "What is the capital of France?"])
}

/// Bytes that the language model is estimated to take with this configuration.
fn estimated(home: &Home, config: &str) -> u64 {
    let run = ask(home, config);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let plan = planned(&run.events, "llm");
    assert_eq!(plan["steps"], serde_json::json!([]), "{plan}");
    plan["estimated"]["system"].as_u64().unwrap()
}

#[test]
fn a_language_model_goes_down_the_ladder_as_its_budget_shrinks() {
    let home = Home::new();
    // What each rung takes, as the manager itself says.
    let whole = estimated(&home, "");
    let eight_bit = estimated(&home, "[llm]\nkv_cache = \"q8_0\"\n");
    let four_bit = estimated(&home, "[llm]\nkv_cache = \"q4_0\"\n");
    let half = estimated(&home, "[llm]\nkv_cache = \"q4_0\"\ncontext_window = 2048\n");
    println!(
        "estimated bytes: f16 {whole}, q8_0 {eight_bit}, q4_0 {four_bit}, half the window {half}"
    );
    assert!(whole > eight_bit && eight_bit > four_bit && four_bit > half);
    for (budget, kv_cache, window) in [
        (whole, "f16", 4096),
        (eight_bit, "q8_0", 4096),
        (four_bit, "q4_0", 4096),
        (half, "q4_0", 2048),
    ] {
        let budget = budget.div_ceil(MEGABYTE) + PROGRAM;
        let run = ask(&home, &format!("[memory]\nllm_mb = {budget}\n"));
        assert_eq!(run.code(), Some(0), "{run:#?}");
        let plan = planned(&run.events, "llm");
        println!("budget {budget} MB: {}", plan["steps"]);
        assert_eq!(plan["placement"]["kv_cache"], kv_cache, "{plan}");
        assert_eq!(plan["placement"]["context_window"], window, "{plan}");
        let reply = run.only("reply")["text"].as_str().unwrap();
        assert!(reply.contains("Paris"), "{reply}");
    }

    // Smaller than its smallest: refused, with the numbers.
    let budget = half / MEGABYTE - 20;
    let run = ask(&home, &format!("[memory]\nllm_mb = {budget}\n"));
    assert_eq!(run.code(), Some(1));
    let error = run.only("error");
    let message = error["message"].as_str().unwrap();
    println!("refused: {message}");
    let need = message
        .split_once("needs at least ")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok())
        .unwrap_or_else(|| panic!("{message}"));
    assert!(
        need.abs_diff(half.div_ceil(MEGABYTE)) <= PROGRAM,
        "{message}"
    );
    assert!(message.contains(&format!("{budget} MB")), "{message}");
    assert!(message.contains("free"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("memory.llm_mb"));
}

#[test]
fn an_idle_engine_makes_room_and_the_answer_is_spoken_all_the_same() {
    let home = Home::new();
    let question = data("capital_of_france.wav");
    let answer = home.path().join("answer.wav");
    let arguments = [
        "ask",
        "--wav",
        question.to_str().unwrap(),
        "--out",
        answer.to_str().unwrap(),
    ];
    let run = home.run(&arguments);
    let takes = |role: &str| {
        let plan = planned(&run.events, role);
        plan["estimated"]["system"].as_u64().unwrap()
    };
    let (stt, llm, tts) = (takes("stt"), takes("llm"), takes("tts"));
    // Room for any two of the three.
    let budget = (stt + llm + tts - stt.min(llm).min(tts) / 2) / MEGABYTE;
    home.write_config(&format!("[memory]\nengines_mb = {budget}\n"));
    let run = home.run(&arguments);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert!(!run.all("memory.evicted").is_empty(), "{run:#?}");
    let evicted = run.all("memory.evicted")[0];
    println!("with {budget} MB for all engines: {evicted}");
    assert_eq!(evicted["reason"], "makes_room");
    let (rate, samples) = crate::common::read_wav(&answer);
    assert!(samples.len() > usize::try_from(rate).unwrap() / 2);
}

fn answers(chat: &mut Running) {
    chat.write_line("What is the capital of France?");
    let reply = chat.wait_for("reply");
    assert!(reply["text"].as_str().unwrap().contains("Paris"), "{reply}");
    chat.wait_for("turn.ended");
}

#[test]
fn a_budget_that_shrinks_while_she_runs_has_the_idle_engine_go_and_come_back_smaller() {
    let home = Home::new();
    let whole = estimated(&home, "");
    home.write_config("[memory]\nsample_seconds = 1\n");
    let mut chat = home.start(&["chat", "--silent"]);
    answers(&mut chat);
    let budget = (whole - 40 * MEGABYTE) / MEGABYTE;
    home.write_config(&format!(
        "[memory]\nsample_seconds = 1\nllm_mb = {budget}\n"
    ));
    let pressure = chat.wait_for("memory.pressure");
    println!("pressure: {pressure}");
    let evicted = chat.wait_for("memory.evicted");
    assert_eq!(evicted["reason"], "over_budget", "{evicted}");
    answers(&mut chat);
    let plan = chat
        .seen()
        .iter()
        .rev()
        .find(|event| event["event"] == "memory.planned");
    assert_ne!(plan.unwrap()["placement"]["kv_cache"], "f16", "{plan:?}");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn with_room_for_one_engine_they_take_turns() {
    let home = Home::new();
    home.write_config("[memory]\nengines_mb = 300\n");
    let mut chat = home.start(&["chat", "--silent"]);
    let recording = format!("@{}", data("largest_ocean.wav").display());
    for _ in 0..2 {
        chat.write_line(&recording);
        let reply = chat.wait_for("reply");
        assert!(
            reply["text"].as_str().unwrap().contains("Pacific"),
            "{reply}"
        );
        chat.wait_for("turn.ended");
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0));
    assert!(run.all("memory.evicted").len() >= 3, "{run:#?}");
}

#[test]
fn the_doctor_shows_the_ledger_with_and_without_a_graphics_processor() {
    let home = Home::new();
    let report = home.run(&["doctor"]).only("report")["report"].clone();
    let engines = report["memory"]["engines"].as_array().unwrap().clone();
    assert_eq!(engines.len(), 3, "{report}");
    for engine in &engines {
        let number = |key: &str| engine[key]["system"].as_u64().unwrap();
        let (estimated, measured) = (number("estimated"), number("measured"));
        println!(
            "{}: estimated {estimated}, measured {measured}",
            engine["model"]
        );
        // An estimate may be too careful, and hardly too small.
        assert!(measured * 10 < estimated * 12, "{engine}");
        assert!(number("budget") > measured);
    }
    assert_eq!(report["memory"]["video"], Value::Null);

    let devices = Devices::new(&["device Stand-In 12000000000 1000000000"]);
    let mut command = home.command(&["doctor", "--json"]);
    command.env("JANE_NVML_LIBRARY", devices.library());
    let run = Running::spawn(&mut command).finish();
    let report = run.only("report")["report"].clone();
    assert_eq!(
        report["memory"]["devices"][0]["name"], "Stand-In",
        "{report}"
    );
    let text = report["text"].as_str().unwrap();
    println!("{text}");
    assert!(text.contains("device 0 (Stand-In): 11000 MB of 12000 MB free"));
    let plan = planned(&run.events, "llm");
    assert_eq!(plan["placement"]["gpu_layers"], 999, "{plan}");
}

#[test]
fn an_engine_that_takes_more_than_it_was_given_is_ended_by_the_system_and_not_the_machine() {
    let home = Home::new();
    home.write_config("");
    let mut chat = home.start(&["chat", "--silent"]);
    let started = chat.wait_for("worker.started");
    chat.wait_for("listening");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", started["pid"])).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max data size"))
        .unwrap();
    println!("{line}");
    assert!(!line.contains("unlimited"), "{line}");
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}
