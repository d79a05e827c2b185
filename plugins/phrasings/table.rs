//! A skill's table of phrasings, for its tests: what is said, and what is answered.

use std::path::Path;

use regex::RegexBuilder;
use toml::{Table, Value};

/// Something that is said.
pub struct Phrase {
    pub say: String,
    /// What is said before, one turn each.
    pub after: Vec<String>,
    /// Who answers it; nobody where it is left to the language model.
    pub skill: Option<String>,
    /// What the answer must match, whatever its case.
    pub answer: Option<String>,
}

/// The phrases of a file in `plugins`.
fn phrases(file: &str) -> Vec<Phrase> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let table: Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let text = |phrase: &Table, key: &str| phrase.get(key).map(|value| value.as_str().unwrap().to_owned());
    let phrase = |value: &Value| {
        let phrase = value.as_table().unwrap();
        let after = phrase.get("after").map(|value| match value {
            Value::Array(turns) => turns.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
            turn => vec![turn.as_str().unwrap().to_owned()],
        });
        Phrase {
            say: text(phrase, "say").unwrap(),
            after: after.unwrap_or_default(),
            skill: text(phrase, "skill"),
            answer: text(phrase, "answer"),
        }
    };
    table["phrase"].as_array().unwrap().iter().map(phrase).collect()
}

/// Has a skill answer those of `phrasings/NAME.toml`, and those of `phrasings.toml`, where it must leave the other skills theirs. `ask` is told
/// what is said before and what is said, and returns the last answer.
pub fn check(name: &str, mut ask: impl FnMut(&[String], &str) -> Option<String>) {
    let own = phrases(&format!("phrasings/{name}.toml"));
    let shared = phrases("phrasings.toml");
    let mut wrong = Vec::new();
    for Phrase { say, after, skill, answer } in own.iter().chain(&shared) {
        let heard = ask(after, say);
        let fits = match (skill.as_deref() == Some(name), &heard, answer) {
            (true, Some(heard), Some(answer)) => RegexBuilder::new(answer).case_insensitive(true).build().unwrap().is_match(heard),
            (true, Some(_), None) | (false, None, _) => true,
            _ => false,
        };
        if !fits {
            wrong.push(format!("{say}\n  is answered  {heard:?}\n  should be    {answer:?}"));
        }
    }
    let others = own.iter().filter(|phrase| phrase.skill.as_deref() != Some(name)).count();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), own.len() + shared.len(), wrong.join("\n"));
    assert!(own.len() >= 35 && others * 3 >= own.len(), "{} phrases, of which {others} are not for the skill", own.len());
}
