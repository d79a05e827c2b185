//! Timers, alarms and reminders: they speak when they are due, and are kept where Jane keeps what is scheduled, so that a restart loses none.

mod examples;
mod act_on;
mod acts;
mod again;
mod answer;
mod book;
mod changes;
mod command;
mod heard;
mod names;
mod never;
mod questions;
mod reader;
mod reasons;
mod ring;
mod setting;
mod several;
mod skips;
mod spoken_every;
mod spoken_when;
mod store;
mod target;
mod tools;
mod unclear;
mod wall;
mod when;

use answer::{answered_which, completed, reminded, waved_away};
use book::{Question, Reply};
use heard::Heard;
use jane_skill::{TurnId, prelude::*};
use serde::{Deserialize, Serialize};
use store::Store;
use target::Which;

/// The key of what was asked back.
const ASKED: &str = "asked";

/// For how long an answer is waited for.
const ANSWERED_WITHIN_MS: u64 = 120_000;

/// Words of the longest answer to a question.
const LONGEST_ANSWER: usize = 12;

#[derive(Default)]
pub struct Timers;

#[derive(Serialize, Deserialize)]
struct Asked {
    question: Question,
    turn: TurnId,
    at_ms: u64,
}

impl Skill for Timers {
    fn on_transcript(&mut self, transcript: &Transcript) -> Result<TranscriptAction, Failure> {
        let reply = Heard::new(&transcript.text).map_or(Ok(Reply::Pass), |heard| answer(&heard, transcript.turn));
        store::rung_is_heard()?;
        match reply {
            Ok(Reply::Said(speech)) => Ok(TranscriptAction::say(speech)),
            Ok(Reply::Asked(speech, question)) => {
                keep(question, transcript.turn)?;
                Ok(TranscriptAction::ask(speech))
            }
            Ok(Reply::Pass) => Ok(TranscriptAction::Pass),
            // The model would say that it has done it.
            Err(failure) => Ok(TranscriptAction::say(format!("That did not work: {}.", failure.message().trim_end_matches('.')))),
        }
    }

    fn tools() -> Vec<Tool> {
        tools::tools()
    }

    fn call_tool(&mut self, call: &ToolCall) -> Result<ToolOutput, Failure> {
        tools::call(call)
    }

    fn on_event(&mut self, event: &Event) -> Result<(), Failure> {
        book::rings(event)
    }
}

jane_skill::export!(Timers: transcript_hook, tools, events);

/// Keeps what was asked back, for the answer in the next turn.
fn keep(question: Option<Question>, turn: TurnId) -> Result<(), Failure> {
    match question {
        Some(question) => kv::set(ASKED, &Asked { question, turn, at_ms: clock::now_ms() }),
        None => kv::delete(ASKED),
    }
}

/// What somebody said is done: where it answers a question, then that comes first.
fn answer(heard: &Heard, turn: TurnId) -> Result<Reply, Failure> {
    if let Some(reply) = answered(heard, turn)? {
        return Ok(reply);
    }
    command::understand(heard).map_or(Ok(Reply::Pass), |commands| book::run_all(commands, turn))
}

/// What these words do where they answer the question of the turn before.
fn answered(heard: &Heard, turn: TurnId) -> Result<Option<Reply>, Failure> {
    // What another version kept is no question any more.
    let Some(asked) = kv::get_bytes(ASKED)?.and_then(|bytes| serde_json::from_slice::<Asked>(&bytes).ok()) else { return Ok(None) };
    if heard.words().len() > LONGEST_ANSWER {
        return Ok(None);
    }
    let is_now = asked.turn < turn && turn <= asked.turn + 2 && clock::now_ms().saturating_sub(asked.at_ms) <= ANSWERED_WITHIN_MS;
    if !is_now {
        kv::delete(ASKED)?;
        return Ok(None);
    }
    let mut store = Store::open(turn)?;
    let reply = if waved_away(heard) {
        Some(match asked.question {
            Question::New(new) if new.number.is_some() => Reply::Asked("For how long?".into(), Some(Question::New(command::New { number: None, ..new }))),
            _ => Reply::Said("All right.".into()),
        })
    } else {
        match asked.question {
            Question::New(new) => completed(new, heard).map(|new| book::set(&mut store, new)).transpose()?,
            Question::Remind(when) => reminded(&when, heard).map(|new| book::set(&mut store, new)).transpose()?,
            Question::Which(ids, what) => which(&mut store, heard, &ids, what)?,
        }
    };
    if reply.is_some() {
        kv::delete(ASKED)?;
        store.close()?;
    }
    Ok(reply)
}

/// What is done with those of these that are meant.
fn which(store: &mut Store, heard: &Heard, ids: &[String], what: command::What) -> Result<Option<Reply>, Failure> {
    let Some(query) = answered_which(heard) else { return Ok(None) };
    let asked: Vec<_> = store.all(None).into_iter().filter(|set| ids.contains(&set.id)).collect();
    let at = |nth: usize| asked.get(nth).cloned().into_iter().collect::<Vec<_>>();
    let chosen = match &query.which {
        Which::All => asked,
        Which::Nth(nth) => at(usize::from(nth.saturating_sub(1))),
        Which::Last | Which::Longest => at(asked.len().saturating_sub(1)),
        // Any words may be a name: only those of one that there is are an answer.
        Which::Named(label) | Which::EachNamed(label) => {
            let now = store.now;
            asked.into_iter().filter(|set| set.ring.is_called(label, set.due(), now)).collect()
        }
        _ => Vec::new(),
    };
    if chosen.is_empty() {
        return Ok(None);
    }
    act_on::act(store, &chosen, what, chosen.first().map(|set| set.ring.kind)).map(Some)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests;
