//! Keeps lists and notes: "add milk and eggs to the shopping list", "take a note: the key is under the mat".

mod examples;
mod book;
mod command;
mod groceries;
mod pattern;
mod recent;
mod tools;
mod words;

use book::{Question, Recorder, Reply, Store};
use command::Command;
use jane_skill::prelude::*;
use recent::Recent;

/// What was asked back, and in which turn.
const ASKED: &str = "asked";

#[derive(Default)]
pub struct Notes;

impl Skill for Notes {
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let question = take_question(transcript.turn)?;
        let text = phrase::plain(&transcript.text).replace("shoppinglist", "shopping list").replace("Shoppinglist", "Shopping list");
        let recent = Recent::take(transcript.turn)?.filter(|_| question.is_none());
        let goes_on = recent.and_then(|recent| recent.goes_on(&text, &transcript.text));
        let commands = goes_on.clone().map_or_else(|| command::understand(&text), |command| vec![command]);
        let reply = match goes_on {
            Some(command) => put_right(command),
            None => reply(&text, &transcript.text, question.as_ref(), &commands),
        };
        if let Ok(Some(Reply::Said(_))) = &reply {
            Recent::keep(&commands, kv::get_bytes(book::LAST)?, transcript.turn)?;
        }
        match reply {
            Ok(Some(Reply::Said(speech))) => Ok(TranscriptAction::say(speech)),
            Ok(Some(Reply::Asked(speech, question))) => {
                kv::set(ASKED, &(transcript.turn, question))?;
                Ok(TranscriptAction::ask(speech))
            }
            Ok(None) => Ok(TranscriptAction::Pass),
            // The model would say that it has done it.
            Err(why) => Ok(TranscriptAction::say(format!("That did not work: {why}."))),
        }
    }

    fn tools() -> Vec<Tool> {
        tools::list()
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        tools::call(&mut Kept, call)
    }
}

jane_skill::export!(Notes: transcript_hook, tools);

/// What comes of `text`; `said` is the same with all that surrounds it.
fn reply(text: &str, said: &str, question: Option<&Question>, commands: &[Command]) -> Result<Option<Reply>, String> {
    if commands == [Command::Undo] {
        return book::run(&mut Kept, Command::Undo);
    }
    // What is dictated is the answer, even where it could be a request.
    let dictated = matches!(question, Some(Question::Note)) && !matches!(commands, [Command::TakeWhat | Command::Undo]);
    let mut kept = Kept;
    let mut store = Recorder::new(&mut kept);
    let mut reply = match question {
        Some(question) if commands.is_empty() || dictated => book::answered(&mut store, question, text)?,
        _ => None,
    };
    if reply.is_none() && !commands.is_empty() {
        reply = book::run_all(&mut store, commands.to_vec())?;
    }
    store.keep()?;
    if reply.is_none() {
        reply = command::doubt(text, &book::names(&Kept)?).map(book::doubted);
    }
    if reply.is_none() && is_for_another(said) {
        book::supersede(&mut Kept)?;
    }
    Ok(reply)
}

/// What a command comes to that goes on from what was done last.
fn put_right(command: command::Command) -> Result<Option<Reply>, String> {
    let mut kept = Kept;
    let mut store = Recorder::new(&mut kept);
    let reply = book::run(&mut store, command)?;
    store.keep()?;
    Ok(reply)
}

/// Whether the skill of timers is told to change something.
fn is_for_another(said: &str) -> bool {
    let lower = said.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let asks = matches!(words.clone().next(), Some("what" | "how" | "when" | "which" | "is" | "do" | "why" | "who" | "list" | "are"));
    !asks
        && words.any(|word| {
            matches!(word, "timer" | "timers" | "alarm" | "alarms" | "remind" | "reminder" | "reminders" | "wake" | "countdown" | "snooze")
        })
}

/// What these words may answer: the question of the turn before.
fn take_question(turn: jane_skill::TurnId) -> Result<Option<Question>, Failure> {
    let Some(asked) = kv::get_bytes(ASKED)? else {
        return Ok(None);
    };
    kv::delete(ASKED)?;
    // What an older version kept is no question any more.
    let Ok(Some((asked_in, question))) = serde_json::from_slice::<Option<(jane_skill::TurnId, Question)>>(&asked) else {
        return Ok(None);
    };
    // What rang may have been said in between; a yes that deletes is for the question right before it.
    let within = if question.deletes() { 1 } else { 2 };
    Ok((asked_in < turn && turn <= asked_in + within).then_some(question))
}

/// What Jane keeps for the skill.
struct Kept;

impl Store for Kept {
    fn get(&self, key: &str) -> Result<Option<String>, String> {
        let value = kv::get_bytes(key).map_err(why)?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        kv::set_bytes(key, value.as_bytes()).map_err(why)
    }

    fn delete(&mut self, key: &str) -> Result<(), String> {
        kv::delete(key).map_err(why)
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, String> {
        kv::keys(prefix).map_err(why)
    }

    fn now_ms(&self) -> u64 {
        let now_ms = clock::now_ms();
        now_ms.saturating_add_signed(i64::from(clock::local_offset_s(now_ms)) * 1000)
    }
}

fn why(failure: Failure) -> String {
    failure.message().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use jane_skill::fake;

    use super::*;

    #[test]
    fn what_is_asked_back_is_answered_in_the_next_turn_alone() {
        let mut notes = Notes;
        let mut turn = 0;
        let mut say = |text: &str| {
            turn += 1;
            match notes.on_transcript(&Transcript { turn, ..Transcript::typed(text) }) {
                Ok(TranscriptAction::Answer(answer)) => (answer.speech, answer.expect_reply),
                _ => ("(pass)".into(), false),
            }
        };
        assert_eq!(say("Take a note."), ("What shall I write down?".into(), true));
        assert_eq!(say("The bins go out on Monday."), ("Noted: The bins go out on Monday.".into(), false));
        assert_eq!(say("The bins go out on Monday."), ("(pass)".into(), false));
        assert!(say("Add something to my shopping list.").1);
        assert_eq!(say("Milk and eggs.").0, "I started a shopping list with milk and eggs.");
        fake::reset();
    }

    #[test]
    fn a_yes_to_something_else_deletes_nothing() {
        let mut notes = Notes;
        let mut say = |turn: u64, text: &str| match notes.on_transcript(&Transcript { turn, ..Transcript::typed(text) }) {
            Ok(TranscriptAction::Answer(answer)) => answer.speech,
            _ => "(pass)".into(),
        };
        say(1, "Add milk to the shopping list.");
        assert!(say(2, "Delete all my lists.").starts_with("Shall I delete"));
        // In the third turn, another skill was asked.
        assert_eq!(say(4, "Yes."), "(pass)");
        assert_eq!(say(5, "What's on the shopping list?"), "The shopping list has one thing on it: milk.");
        fake::reset();
    }

    #[test]
    fn the_model_keeps_lists_and_notes_too() {
        let mut notes = Notes;
        let mut call =
            |name: &str, arguments: &str| match notes.call_tool(&ToolCall { turn: 1, name: name.into(), arguments: arguments.into() }) {
                Ok(ToolOutput::Text(text) | ToolOutput::FinalAnswer(text) | ToolOutput::Json(text)) => text,
                Err(failure) => format!("{failure:?}"),
            };
        assert_eq!(call("read_list", "{}"), "You have no lists yet.");
        assert_eq!(
            call("add_to_list", r#"{"items": ["flour", "2 eggs"], "list": "shopping list"}"#),
            "I started a shopping list with flour and 2 eggs."
        );
        assert_eq!(call("read_list", r#"{"list": "shopping"}"#), "The shopping list has 2 things on it: flour and 2 eggs.");
        assert_eq!(call("remove_from_list", r#"{"items": ["flour"], "list": "shopping"}"#), "I took flour off the shopping list.");
        assert_eq!(call("take_note", r#"{"text": "The key is under the mat"}"#), "Noted: The key is under the mat.");
        assert_eq!(call("read_notes", r#"{"about": "key"}"#), "You noted: The key is under the mat.");
        assert!(call("add_to_list", "{}").starts_with("Failure::InvalidInput"));
        assert!(call("add_to_list", r#"{"items": [], "list": "x"}"#).starts_with("Failure::InvalidInput"));
        assert!(call("dance", "{}").starts_with("Failure::InvalidInput"));
    }
}
