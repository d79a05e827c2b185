//! `jane bench`: what it measures, what it writes, and what it says where something cannot be measured.

use crate::common::{Home, alone};
use serde_json::Value;

fn figure<'a>(report: &'a Value, key: &str) -> &'a Value {
    report["figures"]["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|figure| figure["key"] == key)
        .unwrap_or_else(|| panic!("no figure `{key}`"))
}

#[test]
fn a_part_is_measured_written_and_compared_with_the_last_time() {
    let _alone = alone();
    let home = Home::new();
    let out = home.path().join("report.md");
    let arguments = [
        "bench",
        "--quick",
        "--only",
        "tts,memory",
        "--out",
        out.to_str().unwrap(),
    ];
    let run = home.run(&arguments);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let report = &run.only("report")["report"];
    let runs = &figure(report, "tts.sentence")["measured"]["runs"];
    assert!(runs["runs"].as_u64().unwrap() >= 8, "{runs}");
    let (least, median) = (
        runs["least"].as_f64().unwrap(),
        runs["median"].as_f64().unwrap(),
    );
    assert!(0.0 < least && least <= median && median <= runs["p95"].as_f64().unwrap());
    // All three engines and the host were seen, and what is together is no less than its parts.
    let most = |key: &str| {
        figure(report, key)["measured"]["runs"]["most"]
            .as_f64()
            .unwrap()
    };
    let engines = [
        "memory.jane-whisper",
        "memory.jane-llama",
        "memory.jane-piper",
    ]
    .map(most);
    assert!(engines.iter().all(|engine| *engine > 10.0), "{engines:?}");
    assert!(most("memory.all") >= most("memory.engines"));
    // What cannot be measured says why, and what was left out is neither met nor missed.
    let goals = report["figures"]["goals"].as_array().unwrap();
    let standing =
        |figure: &str| &goals.iter().find(|goal| goal["figure"] == figure).unwrap()["standing"];
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("There is none."), "{text}");
    let devices = report["figures"]["machine"]["devices"].as_array().unwrap();
    if devices.is_empty() {
        assert_eq!(*standing("memory.video"), "not_measurable");
        assert!(text.contains("no graphics processor"), "{text}");
    } else {
        assert_ne!(*standing("memory.video"), "left_out");
        assert!(!text.contains("no graphics processor"), "{text}");
    }
    assert_eq!(*standing("stt.latency"), "left_out");

    let run = home.run(&arguments);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(
        text.contains("| a typical sentence, until all of it is there |"),
        "{text}"
    );
    assert!(!text.contains("There is none."), "{text}");
}

#[test]
fn live_turns_are_measured_from_the_question_to_the_answer() {
    let _alone = alone();
    let home = Home::new();
    let out = home.path().join("report.md");
    let out = out.to_str().unwrap();
    let run = home.run(&["bench", "--quick", "--only", "e2e", "--out", out]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let report = &run.only("report")["report"];
    for key in ["turn.first_sound", "live.voice_to_voice"] {
        let runs = &figure(report, key)["measured"]["runs"];
        assert!(runs["runs"].as_u64().unwrap() >= 1, "{key}: {runs}");
        assert!(runs["median"].as_f64().unwrap() > 0.0, "{key}: {runs}");
    }
}

#[test]
fn recordings_that_are_none_are_refused_before_anything_is_measured() {
    let home = Home::new();
    let directory = home.path().to_str().unwrap();
    let run = home.run(&["bench", "--recordings", directory]);
    assert_eq!(run.code(), Some(2), "{run:#?}");
    let error = run.only("error");
    assert!(
        error["message"].as_str().unwrap().contains("manifest.tsv"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("columns"),
        "{error}"
    );
}

#[test]
fn hearing_all_day_costs_little_of_a_core_and_least_of_all_in_a_quiet_room() {
    let _alone = alone();
    let home = Home::new();
    let out = home.path().join("report.md");
    let only = ["bench", "--quick", "--only", "all-day", "--out"];
    let run = home.run(&[&only[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let report = &run.only("report")["report"];
    let [quiet, wake, television] = ["quiet", "wake", "television"].map(|what| {
        let figure = figure(report, &format!("all_day.{what}"));
        figure["measured"]["runs"]["median"].as_f64().unwrap()
    });
    println!(
        "of one core: in a quiet room {quiet:.3}, with a television {television:.3}, called by a wake phrase {wake:.3}"
    );
    assert!(0.0 < quiet && quiet < wake && wake < television);
    // Processors' time hardly depends on what else runs.
    assert!(quiet < 0.06, "{quiet}");
}

#[test]
fn a_report_that_could_not_be_written_is_refused_before_anything_is_measured() {
    let home = Home::new();
    for out in [
        home.path().to_path_buf(),
        home.path().join("none/report.md"),
    ] {
        let run = home.run(&["bench", "--quick", "--out", out.to_str().unwrap()]);
        assert_eq!(run.code(), Some(2), "{run:#?}");
        let error = run.only("error");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(out.to_str().unwrap()), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--out"), "{error}");
        assert!(run.all("bench.progress").is_empty(), "{run:#?}");
    }
}

#[test]
fn a_model_that_is_not_there_costs_its_part_and_no_other() {
    let _alone = alone();
    let home = Home::new();
    let out = home.path().join("report.md");
    let run = home.run(&[
        "--set",
        "tts.model=none.onnx",
        "bench",
        "--quick",
        "--only",
        "tts,llm",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(run.code(), Some(1), "{run:#?}");
    let report = &run.only("report")["report"];
    assert!(
        figure(report, "llm.rate")["measured"]["runs"]["median"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("`Tts` failed"), "{text}");
}
