//! A spoken question, answered aloud by the real engines.

use crate::common::{Home, data, questions};
use jane::word_errors::WordErrors;

/// Asks the question in `file`; checks everything that holds for any answer, and returns the reply and how well it is read back.
fn ask(home: &Home, file: &std::path::Path, question: &str) -> (String, WordErrors) {
    let answer = home.path().join("answer.wav");
    let run = home.run(&[
        "ask",
        "--wav",
        file.to_str().unwrap(),
        "--out",
        answer.to_str().unwrap(),
    ]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let heard = run.only("transcript")["text"].as_str().unwrap().to_owned();
    let errors = WordErrors::between(question, &heard);
    assert_eq!(errors.errors, 0, "`{question}` was heard as `{heard}`");

    let ended = run.events.last().unwrap();
    assert_eq!(
        (&ended["event"], &ended["outcome"]),
        (&"turn.ended".into(), &"answered".into())
    );
    let times: Vec<u64> = ["stt_ms", "llm_first_token_ms", "first_audio_ms", "total_ms"]
        .map(|name| {
            ended[name]
                .as_u64()
                .unwrap_or_else(|| panic!("no `{name}` in {ended}"))
        })
        .to_vec();
    assert!(times.is_sorted(), "{times:?}");

    let reply = run.only("reply")["text"].as_str().unwrap().to_owned();
    let deltas: String = run
        .all("reply.delta")
        .iter()
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    assert_eq!(deltas.trim(), reply);

    // What she says can be understood: the recogniser reads the answer back.
    let back = home.run(&["transcribe", answer.to_str().unwrap()]);
    let back = back.only("transcript")["text"].as_str().unwrap().to_owned();
    let spoken: Vec<&str> = run
        .all("sentence")
        .iter()
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    println!("`{heard}`: `{reply}`, heard back `{back}`");
    (reply, WordErrors::between(&spoken.join(" "), &back))
}

#[test]
fn recorded_questions_are_answered_on_the_subject_in_speech_that_can_be_understood() {
    let home = Home::new();
    home.write_config("[llm]\ntemperature = 0\n");
    let mut errors = WordErrors::default();
    for (file, question, subject) in [
        ("days_in_a_week.wav", "How many days are in a week?", "7"),
        (
            "largest_ocean.wav",
            "What is the largest ocean on Earth?",
            "Pacific",
        ),
        (
            "colour_of_the_sky.wav",
            "What colour is the sky on a clear day?",
            "blue",
        ),
    ] {
        let (reply, read_back) = ask(&home, &data(file), question);
        assert!(
            reply.contains(subject),
            "`{question}` was answered `{reply}`"
        );
        errors += read_back;
    }
    assert!(errors.rate() <= 0.15, "{errors:?}");
}

#[test]
fn every_question_that_ships_is_heard_right() {
    let home = Home::new();
    let questions = questions();
    let files: Vec<&str> = questions
        .iter()
        .map(|(file, _)| file.to_str().unwrap())
        .collect();
    let run = home.run(&[&["transcribe"], files.as_slice()].concat());
    assert_eq!(run.code(), Some(0), "{run:#?}");
    for (event, (_, text)) in run.all("transcript").iter().zip(&questions) {
        let heard = event["text"].as_str().unwrap();
        assert_eq!(
            WordErrors::between(text, heard).errors,
            0,
            "`{text}` was heard as `{heard}`"
        );
    }
}

#[test]
fn the_first_sentence_is_spoken_while_the_model_still_writes() {
    let home = Home::new();
    home.write_config("[llm]\nseed = 3\nmax_reply_tokens = 120\n");
    let answer = home.path().join("answer.wav");
    let question = "Tell me about the Moon, the Sun and the stars, in several sentences.";
    let run = home.run(&["ask", question, "--out", answer.to_str().unwrap()]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let place = |name: &str| {
        run.events
            .iter()
            .position(|event| event["event"] == name)
            .unwrap()
    };
    let last_delta = run
        .events
        .iter()
        .rposition(|event| event["event"] == "reply.delta")
        .unwrap();
    assert!(run.all("sentence").len() > 1, "{run:#?}");
    assert!(place("sentence") < last_delta);
    let ended = run.events.last().unwrap();
    assert!(ended["first_audio_ms"].as_u64() < ended["total_ms"].as_u64());
}

#[test]
fn a_typed_question_needs_no_sound_and_no_voice() {
    let home = Home::new();
    home.write_config("[tts]\nmodel = \"no-such-voice.onnx\"\n[llm]\nseed = 7\n");
    // The voice is not there: an answer in text does not need it.
    let run = home.run(&["ask", "--silent", "What is the capital of France?"]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert!(
        run.only("reply")["text"]
            .as_str()
            .unwrap()
            .contains("Paris")
    );
    assert!(
        run.all("worker.started")
            .iter()
            .all(|event| event["worker"] == "jane-llama")
    );
}

#[test]
fn the_log_tells_the_times_of_a_turn_and_keeps_what_was_said_to_itself() {
    let home = Home::new();
    let debug = ["--set", "log.level=debug"];
    home.run(&[&debug[..], &["ask", "--silent", "Why is the sky blue?"]].concat());
    let log = home.log();
    // What an engine did is told within the turn that it was for.
    let engine = "turn{number=1}:engine{role=\"llm\" request=";
    let computed = log
        .lines()
        .find(|line| line.contains(engine) && line.contains("computed_us="));
    assert!(computed.is_some(), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains("the turn ended"))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(
        line.contains("llm_first_token_ms=") && line.contains("total_ms="),
        "{line}"
    );
    assert!(!log.contains("sky"), "{log}");
    // The worker gave up what it does not need.
    assert!(log.contains("network closed"), "{log}");
}
