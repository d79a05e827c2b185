//! Timers, alarms and reminders: they speak when they are due, and are kept where Jane keeps what is scheduled, so that a restart loses none.

mod answer;
mod book;
mod command;
mod names;
mod reader;
mod ring;
mod setting;
mod spoken_when;
mod when;

use std::time::Duration;

use answer::{answered_when, answered_which, waved_away};
use book::{Question, Reply, What};
use command::{Unfinished, Which};
use jane_skill::{Kind as Argument, TurnId, prelude::*};
use ring::Kind;
use serde::{Deserialize, Serialize};
use when::When;

/// The key of what was asked back.
const ASKED: &str = "asked";

/// For how long an answer is waited for.
const ANSWERED_WITHIN_MS: u64 = 120_000;

/// Words of the longest answer to a question.
const LONGEST_ANSWER: usize = 8;

#[derive(Default)]
pub struct Timers;

#[derive(Serialize, Deserialize)]
struct Asked {
    question: Question,
    turn: TurnId,
    at_ms: u64,
}

#[derive(Deserialize)]
struct SetTimer {
    seconds: f64,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct CancelTimer {
    #[serde(default)]
    name: String,
}

impl Skill for Timers {
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let reply = match command::understand(&transcript.text) {
            Some(command) => book::run(command),
            None => answered(transcript),
        };
        match reply {
            Ok(Reply::Said(speech)) => Ok(TranscriptAction::say(speech)),
            Ok(Reply::Asked(speech, question)) => {
                kv::set(ASKED, &Asked { question, turn: transcript.turn, at_ms: clock::now_ms() })?;
                Ok(TranscriptAction::ask(speech))
            }
            Ok(Reply::Pass) => Ok(TranscriptAction::Pass),
            // The model would say that it has done it.
            Err(failure) => Ok(TranscriptAction::say(format!("That did not work: {}.", failure.message().trim_end_matches('.')))),
        }
    }

    fn tools() -> Vec<Tool> {
        vec![
            Tool::new("set_timer", "Starts a timer that rings.").needs("seconds", Argument::Number, "How long, in seconds.").takes(
                "name",
                Argument::Text,
                "What for, such as `pasta`.",
            ),
            Tool::new("list_timers", "Lists timers, alarms and reminders."),
            Tool::new("cancel_timer", "Cancels a timer, alarm or reminder.").takes("name", Argument::Text, "Which one, or `all`."),
        ]
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        let reply = match call.name.as_str() {
            "set_timer" => {
                let SetTimer { seconds, name } = call.parse()?;
                let time = Duration::try_from_secs_f64(seconds).map_err(|_| Failure::invalid("`seconds` must be a positive number"))?;
                let label = name.trim().trim_end_matches(" timer").to_owned();
                book::set(Unfinished { kind: Kind::Timer, label, wakes: false }, &When::after(time))?
            }
            "list_timers" => Reply::Said(book::list(None)?),
            "cancel_timer" => {
                let CancelTimer { name } = call.parse()?;
                let name = name.trim().to_lowercase();
                let which = match name.trim_end_matches(" timer").trim_end_matches(" alarm") {
                    "" => Which::Only,
                    "all" => Which::All,
                    name => Which::Named(name.to_owned()),
                };
                book::choose(None, What::Cancel, &which)?
            }
            other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
        };
        match reply {
            Reply::Said(text) | Reply::Asked(text, _) => Ok(ToolOutput::say(text)),
            Reply::Pass => Err(Failure::unavailable("nothing was done")),
        }
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Failure> {
        book::rings(event)
    }
}

jane_skill::export!(Timers: transcript_hook, tools, events);

/// What these words do where they answer the question of the turn before.
fn answered(transcript: &Transcript) -> Result<Reply, Failure> {
    let Transcript { text, turn, .. } = transcript;
    if text.split_whitespace().count() > LONGEST_ANSWER {
        return Ok(Reply::Pass);
    }
    // What another version kept is no question any more.
    let Some(asked) = kv::get_bytes(ASKED)?.and_then(|bytes| serde_json::from_slice::<Asked>(&bytes).ok()) else {
        return Ok(Reply::Pass);
    };
    kv::delete(ASKED)?;
    let is_now = asked.turn < *turn && *turn <= asked.turn + 2 && clock::now_ms().saturating_sub(asked.at_ms) <= ANSWERED_WITHIN_MS;
    if !is_now {
        return Ok(Reply::Pass);
    }
    if waved_away(text) {
        return Ok(Reply::Said("All right.".into()));
    }
    match asked.question {
        Question::When(what) => match answered_when(text, what.kind) {
            Some(when) => book::set(what, &when),
            None => Ok(Reply::Pass),
        },
        Question::Which(kind, what) => match answered_which(text) {
            // Any words may be a name: only those of one that there is are an answer.
            Some(Which::Named(label)) if !book::is_there(kind, &label)? => Ok(Reply::Pass),
            Some(which) => book::choose(kind, what, &which),
            None => Ok(Reply::Pass),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests;
