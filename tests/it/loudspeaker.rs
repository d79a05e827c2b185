//! An answer through a loudspeaker: a real sound server, recorded at its monitor.

use crate::common::sound::{RATE, SoundServer};
use crate::common::{Home, Running, data, write_wav};
use jane::word_errors::WordErrors;

#[test]
fn what_she_says_is_heard_through_the_loudspeaker() {
    let server = SoundServer::start();
    let home = Home::new();
    // Words that the recogniser knows from one another however the voice varies: the sound is on trial here.
    let text = "How are you today? The largest ocean on Earth is the Pacific Ocean. \
                The sky on a clear day is blue.";
    let recording = server.record();
    let mut command = home.command(&[
        "say",
        "--json",
        "--set",
        "audio.output_device=default",
        text,
    ]);
    server.apply(&mut command);
    let run = Running::spawn(&mut command).finish();
    let samples = recording.stop();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let rate = heard(&home, samples, text);
    assert!(rate <= 0.1, "{rate}");
}

#[test]
fn an_answer_is_played_while_it_is_written_to_a_file() {
    let server = SoundServer::start();
    let home = Home::new();
    home.write_config("[llm]\nseed = 7\n");
    let (question, file) = (data("largest_ocean.wav"), home.path().join("answer.wav"));
    let recording = server.record();
    let mut command = home.command(&["ask", "--json", "--set", "audio.output_device=default"]);
    server.apply(command.arg("--wav").arg(question).arg("--out").arg(&file));
    let run = Running::spawn(&mut command).finish();
    let samples = recording.stop();
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert!(run.all("warning").is_empty(), "{run:#?}");
    let back = home.run(&["transcribe", file.to_str().unwrap()]);
    let written = back.only("transcript")["text"].as_str().unwrap();
    let rate = heard(&home, samples, written);
    assert!(rate <= 0.2, "{rate}");
}

/// The word error rate of what was recorded, against what was said.
fn heard(home: &Home, samples: Vec<i16>, said: &str) -> f64 {
    let file = home.path().join("heard.wav");
    write_wav(&file, RATE, samples);
    let back = home.run(&["transcribe", file.to_str().unwrap()]);
    let heard = back.only("transcript")["text"].as_str().unwrap();
    println!("said `{said}`, heard `{heard}`");
    WordErrors::between(said, heard).rate()
}

#[test]
fn a_sound_server_that_dies_is_an_error_and_no_endless_wait() {
    let mut server = SoundServer::start();
    let home = Home::new();
    let text = "This is a long text that takes its time to be spoken. ".repeat(20);
    let mut command = home.command(&[
        "say",
        "--json",
        "--set",
        "audio.output_device=default",
        &text,
    ]);
    server.apply(&mut command);
    let recording = server.record();
    let mut saying = Running::spawn(&mut command);
    saying.wait_for("backend.ready");
    server.kill();
    let run = saying.finish();
    drop(recording);
    assert_eq!(run.code(), Some(1), "{run:#?}");
    let error = run.only("error");
    assert!(
        error["message"].as_str().unwrap().contains("output device"),
        "{error}"
    );
    assert!(error["hint"].is_string());
}

#[test]
fn a_device_that_does_not_exist_is_refused_with_those_that_do() {
    let server = SoundServer::start();
    let home = Home::new();
    let mut command = home.command(&[
        "say",
        "--json",
        "--set",
        "audio.output_device=Gramophone",
        "Hello.",
    ]);
    server.apply(&mut command);
    let run = Running::spawn(&mut command).finish();
    assert_eq!(run.code(), Some(1));
    assert!(
        run.only("error")["message"]
            .as_str()
            .unwrap()
            .contains("Gramophone"),
        "{run:#?}"
    );
    assert!(run.all("worker.started").is_empty());
}
