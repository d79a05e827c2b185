//! A skill's table of phrasings, for its tests: what is said, and what is answered.
//!
//! A table has phrases, `[[phrase]]`, each with what is said (`say`), what is said before (`after`), who answers (`skill`, nobody where it is
//! left to the language model) and what the answer must match (`answer`). It may have `dialogues` with the skill that it is named after: lists
//! of what is said and what the answer must match, in turns, `""` where nothing is answered. What is listed under `left` is left to the
//! model by that skill, and by all others that have such a table.

#![allow(dead_code, reason = "each skill's test uses a part of it")]

use std::{path::Path, time::Duration};

use jane_skill::{Skill, Transcript, TranscriptAction, fake};
use regex::RegexBuilder;
use toml::{Table, Value};

/// What is said to the weather before, so that it may ask a server.
const GRANTED: &str = "(granted)";

/// Something that is said.
struct Phrase {
    say: String,
    /// What is said before, one turn each.
    after: Vec<String>,
    /// Who answers it; nobody where it is left to the language model.
    skill: Option<String>,
    /// What the answer must match, whatever its case.
    answer: Option<String>,
}

fn table(file: &Path) -> Table {
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match value {
        None => Vec::new(),
        Some(Value::Array(texts)) => texts.iter().map(text).collect(),
        Some(one) => vec![text(one)],
    }
}

fn phrases(table: &Table) -> Vec<Phrase> {
    let phrase = |phrase: &Value| {
        let text = |key: &str| phrase.get(key).map(|value| value.as_str().unwrap().to_owned());
        Phrase { say: text("say").unwrap(), after: texts(phrase.get("after")), skill: text("skill"), answer: text("answer") }
    };
    table.get("phrase").map(|value| value.as_array().unwrap().iter().map(phrase).collect()).unwrap_or_default()
}

fn fits(heard: Option<&str>, answer: &str) -> bool {
    heard.is_some_and(|heard| RegexBuilder::new(answer).case_insensitive(true).build().unwrap().is_match(heard))
}

/// A conversation with a skill: each call is a turn, and `+5 minutes` lets time pass, with what is spoken then.
pub fn talk(mut skill: impl Skill) -> impl FnMut(&str) -> Option<String> {
    fake::reset();
    let mut turn = 0;
    move |text: &str| {
        if let Some(minutes) = text.strip_prefix('+') {
            let minutes: u64 = minutes.strip_suffix(" minutes").unwrap().parse().unwrap();
            fake::advance(&mut skill, Duration::from_secs(minutes * 60)).unwrap();
            return Some(fake::said().join(" ")).filter(|said| !said.is_empty());
        }
        turn += 1;
        match skill.on_transcript(&Transcript { turn, ..Transcript::typed(text) }) {
            Ok(TranscriptAction::Answer(answer)) => Some(answer.speech),
            _ => None,
        }
    }
}

/// Has a skill answer the phrases of `phrasings/NAME.toml`, the dialogues of that and of `NAME_….toml`, and those of `phrasings.toml`, where it must leave the other skills theirs, and leave
/// what all skills leave. `begin` begins a conversation, which returns the answer to what is said in it.
pub fn check<T: FnMut(&str) -> Option<String>>(name: &str, begin: impl Fn() -> T) {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own = table(&plugins.join(format!("phrasings/{name}.toml")));
    let own_phrases = phrases(&own);
    let shared = phrases(&table(&plugins.join("phrasings.toml")));
    let (mut wrong, mut all, mut left_alone) = (Vec::new(), 0, 0);
    for Phrase { say, after, skill, answer } in own_phrases.iter().chain(&shared) {
        let mut talk = begin();
        for before in after {
            talk(before);
        }
        let heard = talk(say);
        let is_own = skill.as_deref() == Some(name);
        let right =
            if is_own { heard.is_some() && answer.as_ref().is_none_or(|answer| fits(heard.as_deref(), answer)) } else { heard.is_none() };
        all += 1;
        left_alone += usize::from(!is_own);
        if !right {
            wrong.push(format!("{say}\n  is answered  {heard:?}\n  should be    {answer:?}"));
        }
    }
    let mut of_its_own = own_phrases.len();
    for file in std::fs::read_dir(plugins.join("phrasings")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let listed = table(&path);
        let dialogues = listed.get("dialogues").map(|value| value.as_array().unwrap().as_slice()).unwrap_or_default();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if stem == name || stem.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')) {
            of_its_own += dialogues.len();
            for dialogue in dialogues {
                let mut talk = begin();
                for turn in texts(Some(dialogue)).chunks(2) {
                    let [say, answer] = turn else { panic!("{dialogue}: what is said last has no answer") };
                    let heard = talk(say);
                    let right = if answer.is_empty() { heard.is_none() } else { fits(heard.as_deref(), answer) };
                    all += 1;
                    left_alone += usize::from(answer.is_empty());
                    if !right {
                        wrong.push(format!("{say}\n  is answered  {heard:?}\n  should be    {answer:?}\n  in           {dialogue}"));
                    }
                }
            }
        } else {
            // What is another skill's is left to it, where it is said first.
            for dialogue in dialogues {
                let turns = texts(Some(dialogue));
                let first = turns.chunks(2).find(|turn| turn.first().is_some_and(|say| say != GRANTED));
                let Some([say, answer]) = first else { continue };
                let heard = begin()(say);
                if heard.is_some() && !answer.is_empty() {
                    wrong.push(format!("{say}\n  is answered  {heard:?}\n  should be left to another ({})", path.display()));
                }
            }
        }
        for say in texts(listed.get("left")) {
            let heard = begin()(&say);
            all += 1;
            left_alone += 1;
            if heard.is_some() {
                wrong.push(format!("{say}\n  is answered  {heard:?}\n  should be left ({})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(of_its_own >= 35 && left_alone * 3 >= all, "{all} phrases, of which {left_alone} are not for the skill");
    println!("{name}: {all} phrases, of which {left_alone} are left alone");
}
