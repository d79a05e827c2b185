//! Recordings into text: long ones, noisy ones, and those that hold no speech.

use std::path::PathBuf;

use crate::common::{Home, PATIENCE, data, questions, read_wav, recordings, write_wav};
use jane::word_errors::WordErrors;

#[test]
fn a_long_recording_is_recognised_in_parts_with_progress() {
    let home = Home::new();
    let questions = questions();
    let path = home.path().join("long.wav");
    let mut samples = Vec::new();
    let mut text = String::new();
    while samples.len() < 16_000 * 90 {
        for (file, question) in &questions {
            samples.extend(read_wav(file).1);
            samples.extend(std::iter::repeat_n(0, 16_000));
            text.push_str(question);
            text.push(' ');
        }
    }
    write_wav(&path, 16_000, samples.iter().copied());
    let run = home.run(&["transcribe", path.to_str().unwrap()]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let parts = run.all("transcript.part");
    assert!(parts.len() > 3, "{parts:#?}");
    let ends: Vec<f64> = parts
        .iter()
        .map(|part| part["end_seconds"].as_f64().unwrap())
        .collect();
    assert!(ends.is_sorted());
    let heard = run.only("transcript")["text"].as_str().unwrap().to_owned();
    let errors = WordErrors::between(&text, &heard);
    assert!(errors.rate() < 0.03, "{errors:?}: {heard}");
}

#[test]
fn noise_without_speech_gives_no_text() {
    let home = Home::new();
    // Ours: white noise, a hum, clicks. The real ones, where they are.
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(state >> 20).unwrap() - 2_048
    };
    let white = home.path().join("white.wav");
    write_wav(&white, 16_000, (0..16_000 * 5).map(|_| random()));
    let hum = home.path().join("hum.wav");
    let wave = |sample: i32| {
        (f64::from(sample) * 2.0 * std::f64::consts::PI * 100.0 / 16_000.0).sin() * 6_000.0
    };
    write_wav(
        &hum,
        16_000,
        (0..16_000 * 5).map(|sample| wave(sample) as i16),
    );
    let clicks = home.path().join("clicks.wav");
    write_wav(
        &clicks,
        16_000,
        (0..16_000 * 5).map(|sample| if sample % 8_000 < 40 { 20_000 } else { 0 }),
    );

    none_has_text(&home, &[white, hum, clicks]);
}

#[test]
#[ignore = "needs the recordings of JANE_RECORDINGS"]
fn recorded_noise_is_not_text() {
    let home = Home::new();
    let noises = recordings("noise").into_iter();
    let noises = noises.filter(|(_, reference, _)| reference != "asr");
    let files: Vec<_> = noises.map(|(file, ..)| file).collect();
    none_has_text(&home, &files);
}

fn none_has_text(home: &Home, files: &[PathBuf]) {
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let run = home.run(&[&["transcribe"], names.as_slice()].concat());
    assert_eq!(run.code(), Some(0), "{run:#?}");
    for transcript in run.all("transcript") {
        assert_eq!(transcript["text"], "", "{transcript}");
    }
}

#[test]
#[ignore = "needs the recordings of JANE_RECORDINGS"]
fn people_who_ask_for_things_are_understood() {
    let home = Home::new();
    let clips: Vec<_> = recordings("command")
        .into_iter()
        .filter(|(_, reference, _)| reference != "asr")
        .collect();
    let names: Vec<&str> = clips
        .iter()
        .map(|(file, ..)| file.to_str().unwrap())
        .collect();
    let run = home.run(&[&["transcribe"], names.as_slice()].concat());
    let mut errors = WordErrors::default();
    for (transcript, (_, _, said)) in run.all("transcript").iter().zip(&clips) {
        errors += WordErrors::between(said, transcript["text"].as_str().unwrap());
    }
    assert!(errors.errors <= 4, "{errors:?} in {run:#?}");
}

#[test]
fn a_language_that_the_model_does_not_know_is_refused() {
    let home = Home::new();
    let question = data("capital_of_france.wav");
    let run = home.run(&[
        "transcribe",
        "--set",
        "stt.language=de",
        question.to_str().unwrap(),
    ]);
    assert_eq!(run.code(), Some(1));
    assert!(
        run.only("error")["message"]
            .as_str()
            .unwrap()
            .contains("English only"),
        "{run:#?}"
    );
}

#[test]
fn an_interrupted_command_ends_with_its_workers() {
    let home = Home::new();
    let path = home.path().join("long.wav");
    let samples: Vec<i16> = questions()
        .iter()
        .flat_map(|(file, _)| read_wav(file).1)
        .collect();
    write_wav(
        &path,
        16_000,
        samples.iter().copied().cycle().take(16_000 * 600),
    );
    let mut running = home.start(&["transcribe", path.to_str().unwrap()]);
    let worker = running.wait_for("worker.started")["pid"].as_u64().unwrap();
    running.wait_for("transcript.part");
    let status = std::process::Command::new("kill")
        .args(["-INT", &running.child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    let run = running.finish();
    assert_eq!(run.code(), Some(130));
    let deadline = std::time::Instant::now() + PATIENCE;
    while crate::common::is_running(worker) {
        assert!(std::time::Instant::now() < deadline);
        std::thread::yield_now();
    }
}

#[test]
fn a_word_alone_is_spoken_whole() {
    // A voice that is not told where a word begins and ends swallows its edges: "Star" for "Stop" in every third recording.
    // It varies, and the smallest recogniser mishears one in 25 that is whole.
    let home = Home::new();
    let files: Vec<_> = (0..24)
        .map(|number| home.path().join(format!("stop{number}.wav")))
        .collect();
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    for name in &names {
        let run = home.run(&["say", "Stop!", "--out", name]);
        assert_eq!(run.code(), Some(0), "{run:#?}");
    }
    let run = home.run(&[&["transcribe"], names.as_slice()].concat());
    let heard = run.all("transcript");
    let right = heard
        .iter()
        .filter(|event| event["text"] == "Stop.")
        .count();
    assert_eq!(heard.len(), files.len());
    assert!(right + 4 >= files.len(), "{heard:#?}");
}

#[test]
fn clauses_are_spoken_apart_and_abbreviations_are_not() {
    let home = Home::new();
    let text = "Dr. Smith is late today, as always. Is he tired? No, he never is.";
    let file = home.say(text, "clauses.wav");
    let run = home.run(&["transcribe", file.to_str().unwrap()]);
    let heard = run.only("transcript")["text"].as_str().unwrap().to_owned();
    let errors = WordErrors::between(text, &heard);
    assert!(errors.rate() < 0.3, "{errors:?}: {heard}");
}
