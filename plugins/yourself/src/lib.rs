//! What the assistant says of herself: who she is, what she can do, and once more what she said last.
//!
//! What she said is kept in memory alone: it is gone with the program, and is written nowhere.

mod asked;

use asked::Asked;
use jane_skill::{TurnId, prelude::*};
use serde::Deserialize;

/// Characters of what was said last that are kept.
const LONGEST: usize = 4000;

/// What each skill that ships does, by its name.
const ABILITIES: &[(&str, &str)] = &[
    ("clock", "tell the time and the date, here and elsewhere"),
    ("timer", "set timers, alarms and reminders"),
    ("notes", "keep lists and notes"),
    ("calculator", "calculate and convert units"),
    ("weather", "tell the weather"),
];

#[derive(Default)]
pub struct Yourself {
    name: String,
    /// What was said in the turn that is under way, or in the last one.
    now: Option<Said>,
    before: Option<Said>,
}

struct Said {
    turn: TurnId,
    text: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Settings {
    /// What she is called, where she is to say that.
    name: String,
}

impl Skill for Yourself {
    fn start(&mut self, config_json: &str) -> Result<(), Failure> {
        let Settings { name } =
            serde_json::from_str(config_json).map_err(|error| Failure::invalid(format!("`[skills.yourself.config]`: {error}")))?;
        self.name = name.trim().to_owned();
        Ok(())
    }

    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let answer = match asked::understand(&transcript.text) {
            None => None,
            Some(Asked::Who) => Some(match self.name.as_str() {
                "" => "I am your voice assistant. Ask me what I can do.".into(),
                name => format!("I am {name}, your voice assistant. Ask me what I can do."),
            }),
            Some(Asked::Abilities) => Some(abilities(transcript.attr("skills"))),
            Some(Asked::Again) => Some(match self.last(transcript.turn) {
                Some(said) => said.text.clone(),
                None => "I have not said anything yet.".into(),
            }),
            Some(Asked::Undo) => Some("There is nothing that I could take back.".into()),
            Some(Asked::Name) => Some(format!("My name is {}.", self.called())),
            Some(Asked::Maker) => Some(format!("I am {}, a free program. The language model in me was made by others.", self.called())),
            Some(Asked::Other) => Some(format!("No, I am {}. The language model in me was made by others.", self.called())),
            Some(Asked::Same(text)) => Some(text.into()),
        };
        Ok(TranscriptAction::say_or_pass(answer))
    }

    fn on_sentence(&mut self, sentence: &Sentence) -> Result<SentenceAction, Failure> {
        let goes_on = self.now.as_ref().is_some_and(|said| said.turn == sentence.turn);
        if !goes_on {
            self.before = self.now.take();
        }
        // An answer that is begun anew within a turn takes the place of the one that was dropped.
        if !goes_on || sentence.index == 0 {
            self.now = Some(Said { turn: sentence.turn, text: String::new() });
        }
        if let Some(said) = &mut self.now
            && said.text.len() + sentence.text.len() <= LONGEST
        {
            if !said.text.is_empty() {
                said.text.push(' ');
            }
            said.text.push_str(sentence.text.trim());
        }
        Ok(SentenceAction::Pass)
    }
}

jane_skill::export!(Yourself: lifecycle, transcript_hook, sentence_hook);

impl Yourself {
    fn called(&self) -> &str {
        if self.name.is_empty() { "Jane" } else { &self.name }
    }

    /// What was said in the last turn before this one.
    fn last(&self, turn: TurnId) -> Option<&Said> {
        let before = |said: &&Said| said.turn != turn && !said.text.is_empty();
        self.now.as_ref().filter(before).or_else(|| self.before.as_ref().filter(before))
    }
}

/// What can be done, by the names of the skills that are there, separated by commas.
fn abilities(skills: Option<&str>) -> String {
    let names: Vec<&str> = skills.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut can: Vec<String> =
        ABILITIES.iter().filter(|(name, _)| names.contains(name)).map(|(_, ability)| (*ability).to_owned()).collect();
    let is_known = |name: &str| ABILITIES.iter().any(|(known, _)| *known == name) || matches!(name, "redact" | "yourself");
    // Names of files may be anything.
    let others: Vec<String> = names
        .iter()
        .filter(|name| !is_known(name))
        .take(5)
        .map(|name| name.chars().take(40).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>().trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if can.is_empty() && others.is_empty() {
        return "You can talk with me about anything. What I do beyond that is listed by the command jane skills list.".into();
    }
    if !others.is_empty() {
        can.push(format!("use {}", phrase::say_list(&others)));
    }
    format!("I can {}. Apart from that, just talk with me.", phrase::say_list(&can))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn hear(yourself: &mut Yourself, turn: TurnId, text: &str, skills: &str) -> Option<String> {
        let mut transcript = Transcript { turn, ..Transcript::typed(text) };
        transcript.attrs.push(("skills".into(), skills.into()));
        match yourself.on_transcript(&transcript).unwrap() {
            TranscriptAction::Answer(answer) => Some(answer.speech),
            _ => None,
        }
    }

    fn speak(yourself: &mut Yourself, turn: TurnId, index: u32, text: &str) {
        yourself.on_sentence(&Sentence { turn, index, text: text.into() }).unwrap();
    }

    #[test]
    fn what_was_said_is_said_again() {
        let mut yourself = Yourself::default();
        assert_eq!(hear(&mut yourself, 1, "Repeat that.", "").unwrap(), "I have not said anything yet.");
        speak(&mut yourself, 1, 0, "The capital is Paris.");
        speak(&mut yourself, 1, 1, "It is large.");
        assert_eq!(hear(&mut yourself, 2, "Say that again, please.", "").unwrap(), "The capital is Paris. It is large.");
        speak(&mut yourself, 2, 0, "The capital is Paris. It is large.");
        assert_eq!(hear(&mut yourself, 3, "Pardon?", "").unwrap(), "The capital is Paris. It is large.");
        // An answer to the beginning of the request was dropped.
        speak(&mut yourself, 4, 0, "One.");
        speak(&mut yourself, 5, 0, "Say what?");
        assert_eq!(hear(&mut yourself, 5, "Say that again.", "").unwrap(), "One.");
    }

    #[test]
    fn what_can_be_done_is_what_there_are_skills_for() {
        let mut yourself = Yourself::default();
        assert_eq!(
            hear(&mut yourself, 1, "What can you do?", "clock,notes,redact,my_lamp").unwrap(),
            "I can tell the time and the date, here and elsewhere, keep lists and notes and use my lamp. Apart from that, just talk with me."
        );
        assert!(hear(&mut yourself, 1, "What can you do?", "").unwrap().contains("jane skills list"));
        yourself.start(r#"{"name": "Ada"}"#).unwrap();
        assert_eq!(hear(&mut yourself, 1, "Who are you?", "").unwrap(), "I am Ada, your voice assistant. Ask me what I can do.");
    }
}
