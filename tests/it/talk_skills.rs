//! Skills in a spoken conversation: a request that is answered by one, and a timer that rings into it.

use crate::common::skills::copy_shipped;
use crate::common::{Home, read_wav, write_wav};

#[test]
fn a_timer_that_was_asked_for_rings_in_the_conversation() {
    let _alone = crate::common::alone();
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("plugins")).unwrap();
    for skill in ["clock", "timer", "redact"] {
        copy_shipped(&home, skill);
    }
    // Her voice differs from time to time, and the smallest recogniser mishears some of it.
    let spoken = |_| {
        let file = home.say("Set a timer for three seconds.", "request.wav");
        let heard = home.run(&["transcribe", file.to_str().unwrap()]);
        let text = heard.only("transcript")["text"]
            .as_str()
            .unwrap()
            .to_owned();
        text.starts_with("Set a timer for").then_some(file)
    };
    let request = (0..5).find_map(spoken).expect("it is understood");
    let (rate, request) = read_wav(&request);
    let silence = |seconds: u32| std::iter::repeat_n(0, (seconds * rate) as usize);
    let input = home.path().join("input.wav");
    let output = home.path().join("output.wav");
    write_wav(&input, rate, silence(1).chain(request).chain(silence(12)));
    let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
    let run = home.run(&["talk", "--input", input, "--output", output]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    assert_eq!(run.only("skill.answered")["skill"], "timer");
    let rang = run.only("announcement");
    println!("{} {rang}", run.only("transcript")["text"]);
    assert!(
        rang["text"].as_str().unwrap().contains("timer is done"),
        "{rang}"
    );
    let outcomes: Vec<&str> = run
        .all("turn.ended")
        .iter()
        .map(|turn| turn["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["answered", "announced"]);
    // Both were heard.
    let (rate, samples) = read_wav(std::path::Path::new(output));
    let loud = |second: usize| {
        samples
            .iter()
            .skip(second * rate as usize)
            .take(rate as usize)
            .any(|sample| sample.unsigned_abs() > 3_000)
    };
    let seconds: Vec<usize> = (0..samples.len() / rate as usize)
        .filter(|second| loud(*second))
        .collect();
    println!("she is heard in the seconds {seconds:?}");
    assert!(seconds.len() >= 2);
}
