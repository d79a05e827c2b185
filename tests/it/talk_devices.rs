//! The live conversation through a real sound server: microphone and loudspeaker are devices, and may go away.

use std::path::Path;

use crate::common::sound::SoundServer;
use crate::common::stories::story_home;
use crate::common::{Home, Running, alone, data, percentile, questions, signal};
use jane::word_errors::WordErrors;
use jane_platform::process_memory;
use serde_json::Value;

const MEGABYTE: f64 = 1e6;

/// From Ctrl-C to the end of the last process it takes a tenth of this.
const LONGEST_END: std::time::Duration = std::time::Duration::from_secs(5);

/// Starts `jane talk` with the devices of `server`.
fn talk(home: &Home, server: &SoundServer) -> Running {
    let mut command = home.command(&["talk", "--json"]);
    command.args(["--set", "audio.output_device=default"]);
    server.apply(&mut command);
    let mut talking = Running::spawn(&mut command);
    talking.wait_for("listening");
    talking
}

/// Asks with a recording, and waits until the answer was heard.
fn ask(talking: &mut Running, server: &SoundServer, file: &Path) -> (String, Value) {
    server.say_into_microphone(file);
    let transcript = talking.wait_for("transcript");
    let ended = talking.wait_for("turn.ended");
    (transcript["text"].as_str().unwrap().to_owned(), ended)
}

/// Ends her politely, and sees that nothing is left.
fn end(talking: Running) {
    let workers: Vec<u64> = talking
        .seen()
        .iter()
        .filter(|event| event["event"] == "worker.started")
        .map(|event| event["pid"].as_u64().unwrap())
        .collect();
    signal(talking.child.id(), "-INT");
    let begun = std::time::Instant::now();
    let run = talking.finish();
    assert_eq!(run.code(), Some(130), "{run:#?}");
    // Orphans are nobody's children: there is no event to wait for.
    while workers
        .iter()
        .any(|worker| crate::common::is_running(*worker))
    {
        assert!(
            begun.elapsed() < LONGEST_END,
            "a worker is left: {workers:?}"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    println!("ended after {} ms", begun.elapsed().as_millis());
}

/// Bytes of the program and its workers.
fn memory(talking: &Running) -> u64 {
    let workers = talking
        .seen()
        .iter()
        .filter(|event| event["event"] == "worker.started")
        .map(|event| u32::try_from(event["pid"].as_u64().unwrap()).unwrap());
    let all = workers.chain([talking.child.id()]);
    all.filter_map(process_memory).sum()
}

fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// `JANE_TEST_MINUTES` makes it last longer than two minutes.
#[test]
fn a_long_conversation_takes_no_memory_drops_no_frame_and_does_not_drift() {
    let _alone = alone();
    let server = SoundServer::start();
    let minutes: f64 =
        std::env::var("JANE_TEST_MINUTES").map_or(2.0, |minutes| minutes.parse().unwrap());
    let home = Home::new();
    home.write_config("[llm]\nmax_reply_tokens = 24\n");
    let mut talking = talk(&home, &server);
    let (mut used, mut first_audio, mut lag) = (Vec::new(), Vec::new(), Vec::new());
    let questions = questions();
    let begun = std::time::Instant::now();
    while begun.elapsed().as_secs_f64() < minutes * 60.0 {
        let (file, text) = &questions[used.len() % questions.len()];
        let (heard, ended) = ask(&mut talking, &server, file);
        let errors = WordErrors::between(text, &heard).errors;
        assert!(errors <= 1, "`{text}` was heard as `{heard}`");
        assert_eq!(ended["outcome"], "answered", "{ended}");
        first_audio.push(ended["first_audio_ms"].as_f64().unwrap() / 1000.0);
        used.push(memory(&talking) as f64 / MEGABYTE);
        // What the frames count against the clock on the wall: how late an event comes that says when it was.
        let started = talking
            .seen()
            .iter()
            .rfind(|event| event["event"] == "speech.started")
            .unwrap();
        lag.push(
            started["at_ms"].as_f64().unwrap() / 1000.0 - started["at_seconds"].as_f64().unwrap(),
        );
    }
    let third = used.len() / 3;
    // What is taken once, such as the recogniser's room for a whole window when a reading is doubtful, is taken in the first third.
    let before = median(&used[third..2 * third]);
    let after = median(&used[used.len() - third..]);
    // A busy machine makes events late and none early, so the least late ones tell.
    let least = |lag: &[f64]| lag.iter().copied().fold(f64::INFINITY, f64::min);
    let drift = least(&lag[lag.len() - third..]) - least(&lag[..third]);
    println!(
        "{} turns in {:.0} s: memory {before:.0} MB in the second third, {after:.0} MB in the last; frames against the wall's clock \
         {:+.0} ms; voice to voice median {:.2} s, 95th percentile {:.2} s",
        used.len(),
        begun.elapsed().as_secs_f64(),
        drift * 1000.0,
        median(&first_audio),
        percentile(&first_audio, 0.95),
    );
    let unwanted = |event: &&Value| {
        ["audio.dropped", "audio.lost", "worker.restarted"]
            .iter()
            .any(|name| event["event"] == *name)
    };
    let failed: Vec<&Value> = talking.seen().iter().filter(unwanted).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(after < before * 1.05 && drift.abs() < 0.05);
    end(talking);
}

#[test]
fn she_hears_herself_and_neither_answers_nor_interrupts_herself_but_a_person_gets_through() {
    let _alone = alone();
    let server = SoundServer::start();
    let (_model, home, long) = story_home();
    let mut talking = talk(&home, &server);
    server.let_microphone_hear_loudspeaker(100, 0.5);
    for _ in 0..3 {
        let (_, ended) = ask(&mut talking, &server, &long);
        assert_eq!(ended["outcome"], "answered", "{ended}");
        println!(
            "spoke for {:.1} s and heard herself",
            ended["audio_seconds"].as_f64().unwrap()
        );
    }
    let of = |name: &str| {
        let events = talking.seen().iter().filter(|event| event["event"] == name);
        events.cloned().collect::<Vec<_>>()
    };
    let (yields, cuts, dropped) = (of("barge_in"), of("reply.cut"), of("speech.dropped"));
    println!("silent for a moment: {yields:?}; what she dropped: {dropped:?}");
    // She may fall silent for a moment, and goes on; she never answers herself.
    assert!(yields.len() <= 1 && cuts.is_empty());
    server.say_into_microphone(&long);
    talking.wait_for("sentence");
    server.wait_for_sound();
    server.say_into_microphone(&data("largest_ocean.wav"));
    assert_eq!(talking.wait_for("turn.ended")["outcome"], "interrupted");
    let heard = talking.wait_for("transcript")["text"]
        .as_str()
        .unwrap()
        .to_owned();
    let errors = WordErrors::between("What is the largest ocean on Earth?", &heard).errors;
    assert!(errors <= 1, "{heard}");
    assert_eq!(talking.wait_for("turn.ended")["outcome"], "answered");
    end(talking);
}

#[test]
fn a_sound_server_that_ends_in_the_middle_of_a_sentence_and_comes_back_costs_no_conversation() {
    let _alone = alone();
    let mut server = SoundServer::start();
    let (_model, home, long) = story_home();
    let mut talking = talk(&home, &server);
    server.say_into_microphone(&long);
    let story = talking.wait_for("reply")["text"]
        .as_str()
        .unwrap()
        .to_owned();
    server.wait_for_sound_of(1.5);
    server.kill();
    talking.wait_for("audio.lost");
    server.restart();
    let recording = server.record();
    let ended = talking.wait_for("turn.ended");
    assert_eq!(ended["outcome"], "answered", "{ended}");
    let back = talking
        .seen()
        .iter()
        .filter(|event| event["event"] == "audio.back")
        .count();
    // Each device is told of once, however often it fails while the server starts.
    assert!((1..=2).contains(&back), "{back} in {:#?}", talking.seen());
    // The rest of the answer came through the new server, from where she was: not its beginning once more, and its end.
    let rest = home.path().join("rest.wav");
    crate::common::write_wav(&rest, crate::common::sound::RATE, recording.stop());
    let run = home.run(&["transcribe", rest.to_str().unwrap()]);
    let rest: String = run
        .all("transcript")
        .iter()
        .map(|event| event["text"].as_str().unwrap().to_lowercase() + " ")
        .collect();
    println!("of `{story}` she said after the server was back: {rest}");
    let words: Vec<&str> = story.split_whitespace().collect();
    let is_in = |words: &[&str]| {
        let said = words.iter().filter(|word| rest.contains(**word)).count();
        said * 2 > words.len()
    };
    let (first, last) = (words[..6].join(" "), &words[words.len() - 8..]);
    assert!(is_in(last) && !rest.contains(&first), "{rest}");
    let (heard, ended) = ask(&mut talking, &server, &data("largest_ocean.wav"));
    assert!(heard.to_lowercase().contains("ocean"), "{heard}");
    assert_eq!(ended["outcome"], "answered", "{ended}");
    end(talking);
}

/// As with Ctrl-Z and `fg`.
#[test]
fn a_program_that_was_stopped_for_a_while_keeps_its_devices() {
    let _alone = alone();
    let server = SoundServer::start();
    let home = Home::new();
    let mut talking = talk(&home, &server);
    let question = data("largest_ocean.wav");
    for seconds in [0.3, 1.0, 5.0] {
        signal(talking.child.id(), "-STOP");
        server.let_pass(seconds);
        signal(talking.child.id(), "-CONT");
        let (heard, ended) = ask(&mut talking, &server, &question);
        assert!(heard.to_lowercase().contains("ocean"), "{heard}");
        assert_eq!(ended["outcome"], "answered", "{ended}");
    }
    let lost = |event: &&Value| event["event"] == "audio.lost";
    let lost: Vec<&Value> = talking.seen().iter().filter(lost).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    end(talking);
}
