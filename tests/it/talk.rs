//! The live conversation, with recordings in place of microphone and loudspeaker, at real speed.

use std::path::Path;

use crate::common::stories::{STORIES, story_home};
use crate::common::{Home, Run, alone, data, percentile, questions, write_wav};
use crate::hearing::noise::{MADE, make};
use jane::word_errors::WordErrors;
use jane_audio::{SPEECH_RATE, read_speech};
use serde_json::Value;

/// Samples per second of what she plays into a file.
const OUTPUT_RATE: usize = 48_000;

/// A recording for the microphone, built from clips.
struct Tape {
    samples: Vec<f32>,
}

impl Tape {
    fn new() -> Self {
        Self {
            samples: Vec::new(),
        }
    }

    fn silence(&mut self, seconds: f64) {
        // Not digital silence: a quiet room.
        let count = (seconds * f64::from(SPEECH_RATE)) as usize;
        let mut state = 1_u32;
        self.samples.extend((0..count).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state >> 8) / f64::from(1 << 24) - 0.5) as f32 * 0.001
        }));
    }

    /// Seconds so far.
    fn now(&self) -> f64 {
        self.samples.len() as f64 / f64::from(SPEECH_RATE)
    }

    /// Adds a clip; returns where its speech begins and ends, in seconds.
    fn clip(&mut self, path: &Path) -> (f64, f64) {
        let start = self.samples.len();
        let clip = read_speech(path, 60.0).unwrap();
        let loud = |sample: &f32| sample.abs() > 0.02;
        let first = clip.iter().position(loud).unwrap();
        let last = clip.iter().rposition(loud).unwrap();
        self.samples.extend(clip);
        let at = |sample: usize| (start + sample) as f64 / f64::from(SPEECH_RATE);
        (at(first), at(last))
    }

    fn write(&self, path: &Path) {
        let samples = self.samples.iter().map(|sample| (sample * 32_767.0) as i16);
        write_wav(path, SPEECH_RATE, samples);
    }
}

/// Talks with a tape; returns the events and what she played.
fn talk(home: &Home, tape: &Tape) -> (Run, Vec<i16>) {
    let (input, output) = (home.path().join("in.wav"), home.path().join("out.wav"));
    tape.write(&input);
    let run = home.run(&[
        "talk",
        "--input",
        input.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
    ]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let (rate, played) = crate::common::read_wav(&output);
    assert_eq!(rate as usize, OUTPUT_RATE);
    (run, played)
}

/// The first moment from `from` on at which she is heard, in seconds.
fn heard_from(played: &[i16], from: f64) -> Option<f64> {
    let skip = (from * OUTPUT_RATE as f64) as usize;
    let place = played
        .iter()
        .skip(skip)
        .position(|sample| sample.abs() > 100)?;
    Some((skip + place) as f64 / OUTPUT_RATE as f64)
}

/// The last moment before `until` at which she is heard, in seconds.
fn heard_until(played: &[i16], until: f64) -> Option<f64> {
    let end = ((until * OUTPUT_RATE as f64) as usize).min(played.len());
    let place = played[..end]
        .iter()
        .rposition(|sample| sample.abs() > 100)?;
    Some(place as f64 / OUTPUT_RATE as f64)
}

#[test]
fn ten_recorded_questions_are_answered_in_their_order() {
    let _alone = alone();
    let home = Home::new();
    home.write_config("[llm]\nmax_reply_tokens = 30\n");
    let mut tape = Tape::new();
    tape.silence(1.5);
    let mut ends = Vec::new();
    let questions = questions();
    for (file, _) in &questions {
        ends.push(tape.clip(file).1);
        tape.silence(7.0);
    }
    let (run, played) = talk(&home, &tape);
    let turns = run.all("turn.ended");
    let transcripts = run.all("transcript");
    assert_eq!(
        (turns.len(), transcripts.len()),
        (questions.len(), questions.len()),
        "{run:#?}"
    );
    println!(
        "question                                   turn over  transcript  first token  first sentence  first sound  as played"
    );
    let mut voice_to_voice = Vec::new();
    for (index, (_, text)) in questions.iter().enumerate() {
        let heard = transcripts[index]["text"].as_str().unwrap();
        assert!(
            WordErrors::between(text, heard).errors <= 1,
            "`{text}` was heard as `{heard}`"
        );
        let turn = turns[index];
        assert_eq!(turn["outcome"], "answered", "{turn}");
        let measured = heard_from(&played, ends[index]).unwrap() - ends[index];
        println!(
            "{text:<42} {:>6} ms  {:>7} ms  {:>8} ms  {:>11} ms  {:>8} ms  {:>6.0} ms",
            turn["end_of_turn_ms"],
            turn["stt_ms"],
            turn["llm_first_token_ms"],
            turn["first_sentence_ms"],
            turn["first_audio_ms"],
            measured * 1000.0
        );
        voice_to_voice.push(measured);
    }
    println!(
        "voice to voice: median {:.2} s, 95th percentile {:.2} s",
        percentile(&voice_to_voice, 0.5),
        percentile(&voice_to_voice, 0.95)
    );
}

fn words(text: &str) -> Vec<String> {
    let clean = |word: &str| {
        word.trim_matches(|letter: char| !letter.is_alphanumeric())
            .to_lowercase()
    };
    text.split_whitespace()
        .map(clean)
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words of a stretch of what she played, as her own recogniser understands them.
fn transcribe(home: &Home, played: &[i16]) -> Vec<String> {
    let file = home.path().join("stretch.wav");
    write_wav(&file, OUTPUT_RATE as u32, played.iter().copied());
    let run = home.run(&["transcribe", file.to_str().unwrap()]);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let texts = run
        .all("transcript")
        .into_iter()
        .map(|event| event["text"].as_str().unwrap().to_owned());
    words(&texts.collect::<Vec<_>>().join(" "))
}

/// How many words of `story` are over where `spoken` ends: the beginning that `spoken` has the fewest word errors against; of several
/// the one nearest to `about`. The recogniser joins, drops and mistakes words, so that neither counting them nor looking for the last
/// one would do.
fn position(story: &[String], spoken: &[String], about: usize) -> usize {
    let spoken = spoken.join(" ");
    let apart = |end: &usize| {
        let errors = WordErrors::between(&story[..*end].join(" "), &spoken).errors;
        (errors, end.abs_diff(about))
    };
    (0..=story.len()).min_by_key(apart).unwrap()
}

#[test]
fn she_falls_silent_when_she_is_interrupted_and_answers_that() {
    let _alone = alone();
    let (server, home, long) = story_home();
    let interrupter = data("largest_ocean.wav");
    let mut tape = Tape::new();
    tape.silence(1.5);
    let mut interruptions = Vec::new();
    // Ten points that differ, spread over the answer.
    for point in 0..10 {
        tape.clip(&long);
        tape.silence(2.4 + 0.37 * f64::from(point * 7 % 10));
        interruptions.push(tape.clip(&interrupter).0);
        tape.silence(3.5);
    }
    let (run, played) = talk(&home, &tape);
    let (cuts, yields) = (run.all("reply.cut"), run.all("barge_in"));
    assert_eq!((cuts.len(), yields.len()), (10, 10), "{run:#?}");
    let mut apart = Vec::new();
    println!("said at    silent after   after detection  words in the history and played");
    for ((start, cut), yielded) in interruptions.iter().zip(&cuts).zip(&yields) {
        let silent = heard_until(&played, start + 1.2).unwrap();
        let detected = yielded["at_seconds"].as_f64().unwrap();
        let begun = heard_from(&played, start - 6.0).unwrap();
        let stretch = [begun - 0.2, silent + 0.1].map(|at| (at * OUTPUT_RATE as f64) as usize);
        let mut spoken = transcribe(&home, &played[stretch[0]..stretch[1]]);
        let heard = words(cut["heard"].as_str().unwrap());
        let story = STORIES
            .iter()
            .map(|story| words(story))
            .find(|story| story.starts_with(&heard))
            .unwrap();
        // The recogniser hears a word in the beginning of another.
        if !story.contains(spoken.last().unwrap()) {
            spoken.pop();
        }
        let played_words = position(&story, &spoken, heard.len());
        println!(
            "{start:>6.2} s   {:>6.0} ms      {:>6.0} ms      {} and {}",
            (silent - start) * 1000.0,
            (silent - detected) * 1000.0,
            heard.len(),
            played_words,
        );
        assert!(silent - start <= 0.5 && silent - detected <= 0.15);
        apart.push(heard.len().abs_diff(played_words));
    }
    // The recogniser completes a word that was cut off, so some of what is apart is its own.
    let within_one = apart.iter().filter(|words| **words <= 1).count();
    println!("history and sound are within one word of each other in {within_one} of 10");
    assert!(
        within_one >= 8 && apart.iter().all(|words| *words <= 5),
        "{apart:?}"
    );
    let outcomes: Vec<_> = run
        .all("turn.ended")
        .iter()
        .map(|turn| turn["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["interrupted", "answered"].repeat(10));
    // The model was told what was heard, and the interruption is what it was asked next.
    for cut in &cuts {
        let heard = cut["heard"].as_str().unwrap();
        let told = server.received().iter().any(|request| {
            let messages = request.json()["messages"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            messages.windows(2).any(|pair| {
                pair[0]["content"] == heard
                    && pair[1]["content"].as_str().unwrap().contains("ocean")
            })
        });
        assert!(told, "{heard}");
    }
}

#[test]
fn noise_starts_no_turn() {
    let _alone = alone();
    let (_server, home, long) = story_home();
    let mut tape = Tape::new();
    tape.silence(1.0);
    for name in MADE.iter().take(6) {
        let clip = home.path().join(format!("{name}.wav"));
        let sound = make(name, 3 * 16_000);
        let samples = sound.iter().map(|sample| (sample * 32_767.0) as i16);
        crate::common::write_wav(&clip, 16_000, samples);
        tape.clip(&clip);
        tape.silence(2.0);
    }
    let asked = tape.now();
    tape.clip(&long);
    tape.silence(3.5);
    let (run, played) = talk(&home, &tape);
    assert_eq!(run.all("turn.started").len(), 1, "{run:#?}");
    assert!(heard_from(&played, 0.0).unwrap() > asked);
}

#[test]
fn stop_needs_no_model() {
    let _alone = alone();
    let (_server, home, long) = story_home();
    let attempt = |_| {
        let stop = home.say("Stop!", "stop.wav");
        let mut tape = Tape::new();
        tape.silence(1.0);
        tape.clip(&long);
        tape.silence(3.5);
        let (stopped, _) = tape.clip(&stop);
        tape.silence(5.0);
        let (run, played) = talk(&home, &tape);
        (run, played, stopped)
    };
    // The smallest recogniser mishears a word in a while; one that was misheard is a question, and is said again as people do.
    let misheard = |run: &crate::common::Run| {
        let second = run.all("transcript").get(1).copied().cloned();
        second.is_some_and(|event| !event["text"].as_str().unwrap().contains("top"))
    };
    let (run, played, stopped) = (0..3)
        .map(attempt)
        .find(|(run, ..)| !misheard(run))
        .expect("it is understood");
    assert_eq!(run.all("turn.started").len(), 1, "{run:#?}");
    let ended = run.only("turn.ended");
    assert_eq!(ended["outcome"], "stop", "{ended}");
    let until = heard_until(&played, 1e6).unwrap();
    println!("said stop at {stopped:.2} s, silent from {until:.2} s on");
    assert!(until < stopped + 0.5);
}

/// The quietest 20 ms in the middle third of a recording, where a speaker would pause.
fn middle(clip: &[f32]) -> usize {
    const WINDOW: usize = SPEECH_RATE as usize / 50;
    let third = clip.len() / 3;
    let power = |at: &usize| {
        clip[*at..*at + WINDOW]
            .iter()
            .map(|sample| sample * sample)
            .sum::<f32>()
    };
    let places = (third..2 * third).step_by(WINDOW / 4);
    places
        .min_by(|one, other| power(one).total_cmp(&power(other)))
        .unwrap()
}

#[test]
fn a_pause_in_the_middle_of_a_question_does_not_cut_it_in_two() {
    let _alone = alone();
    let home = Home::new();
    home.write_config("[llm]\nmax_reply_tokens = 12\n");
    let mut tape = Tape::new();
    tape.silence(1.0);
    let questions = questions();
    for (index, (file, _)) in questions.iter().enumerate() {
        let clip = read_speech(file, 60.0).unwrap();
        let (one, other) = clip.split_at(middle(&clip));
        tape.samples.extend(one);
        tape.silence(0.3 + 0.1 * (index % 4) as f64);
        tape.samples.extend(other);
        tape.silence(5.0);
    }
    let (run, _) = talk(&home, &tape);
    let answered = run
        .all("turn.ended")
        .iter()
        .filter(|turn| turn["outcome"] == "answered")
        .count();
    let cuts = run.all("reply.cut");
    let spoken_over = cuts.iter().filter(|cut| cut["heard"] != "").count();
    let texts: Vec<_> = run
        .all("transcript")
        .iter()
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    println!(
        "{} questions with pauses of 0.3 to 0.6 s: {answered} answered, {} taken for over too soon, {spoken_over} of them answered aloud; \
         {texts:#?}",
        questions.len(),
        cuts.len(),
    );
    assert_eq!(answered, questions.len());
    assert!(spoken_over * 3 <= questions.len());
}

impl Tape {
    /// Adds a recording with a hesitation of `pause` seconds behind its first `until` samples.
    fn hesitating(&mut self, path: &Path, until: usize, pause: f64) {
        let clip = read_speech(path, 60.0).unwrap();
        let (one, other) = clip.split_at(until);
        self.samples.extend(one);
        self.silence(pause);
        self.samples.extend(other);
    }
}

#[test]
fn two_people_who_hesitate_are_understood_whole() {
    let _alone = alone();
    let home = Home::new();
    // The smaller recogniser hears other words of a synthetic voice in each run.
    home.write_config("[stt]\nmodel = \"whisper-base\"\n[llm]\nmax_reply_tokens = 12\n");
    let say = |text: &str| home.say(text, &format!("{}.wav", text.replace(' ', "_")));
    let mut tape = Tape::new();
    tape.silence(1.5);
    // One of them asks what is recorded, with a pause where such words lead on; the other one has her own voice.
    tape.hesitating(&data("capital_of_france.wav"), 25_600, 0.7);
    tape.silence(6.0);
    tape.clip(&say("Set a timer for"));
    tape.silence(0.5);
    tape.clip(&say("ten minutes."));
    tape.silence(6.0);
    tape.hesitating(&data("days_in_a_week.wav"), 21_760, 0.6);
    tape.silence(6.0);
    tape.clip(&say("My number is four,"));
    for digit in ["seven,", "two."] {
        tape.silence(0.4);
        tape.clip(&say(digit));
    }
    tape.silence(6.0);
    tape.hesitating(&data("opposite_of_big.wav"), 23_520, 0.5);
    tape.silence(6.0);
    let (run, _) = talk(&home, &tape);
    let heard: Vec<&str> = run
        .all("transcript")
        .iter()
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    println!("{heard:#?}");
    let said = [
        "What is the capital of France?",
        "Set a timer for ten minutes.",
        "How many days are in a week?",
        "My number is 472.",
        "What is the opposite of big?",
    ];
    // What was begun to be answered and went on before anything of it was heard is told again, whole.
    let whole: Vec<&str> = said
        .iter()
        .filter_map(|said| {
            let is_whole = |heard: &&&str| {
                let digits = |text: &str| -> String {
                    let words = words(text).into_iter().map(|word| match word.as_str() {
                        "four" => "4".to_owned(),
                        "seven" => "7".to_owned(),
                        "two" => "2".to_owned(),
                        "ten" => "10".to_owned(),
                        _ => word,
                    });
                    words
                        .filter(|word| word.chars().all(|c| c.is_ascii_digit()))
                        .collect()
                };
                let errors = WordErrors::between(said, heard).errors;
                errors <= 1 || (!digits(said).is_empty() && digits(said) == digits(heard))
            };
            heard.iter().find(is_whole).copied()
        })
        .collect();
    assert_eq!(whole.len(), said.len(), "{whole:#?} of {heard:#?}");
    let spoken_into = run
        .all("reply.cut")
        .into_iter()
        .filter(|cut| cut["heard"] != "");
    assert_eq!(spoken_into.count(), 0, "{run:#?}");
    // Words are shown before they are all said.
    let partials = run.all("transcript.partial");
    let is_a_beginning = |event: &&Value| !heard.contains(&event["text"].as_str().unwrap());
    assert!(partials.iter().any(is_a_beginning), "{partials:#?}");
}
