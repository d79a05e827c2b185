//! What the language model may call. When something is to ring is in the words of who wants it: no model needs to reckon.

use std::time::Duration;

use jane_skill::{Kind as Argument, prelude::*};
use serde::Deserialize;

use crate::{
    book::{self, Reply},
    changes,
    command::{Command, New, What},
    examples,
    heard::Heard,
    ring::Kind,
    setting, spoken_when,
    target::{Query, Which, target},
    unclear,
    when::When,
};

const KINDS: &[&str] = &["timer", "alarm", "reminder"];

#[derive(Deserialize)]
struct SetTimer {
    #[serde(default)]
    when: String,
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct CancelTimer {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct ChangeTimer {
    action: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
}

pub fn tools() -> Vec<Tool> {
    examples::with(vec![
        Tool::new("set_timer", "Sets a timer, an alarm or a reminder. Give `when` in the user's words.")
            .takes("when", Argument::Text, "In the user's own words, such as `10 minutes`, `half past six tomorrow`, `every weekday at 7`.")
            .takes("kind", Argument::OneOf(KINDS), "`timer` where this is left out.")
            .takes("name", Argument::Text, "What for, such as `pasta` or `call mum`."),
        Tool::new("list_timers", "Lists timers, alarms and reminders, and how long is left."),
        Tool::new("cancel_timer", "Cancels a timer, alarm or reminder.").takes("name", Argument::Text, "Which one, or `all`."),
        Tool::new("change_timer", "Changes a timer, alarm or reminder, or snoozes what has just rung.")
            .needs("action", Argument::OneOf(&["pause", "resume", "restart", "add", "remove", "move", "rename", "snooze"]), "What to do.")
            .takes("name", Argument::Text, "Which one, such as `pasta timer`.")
            .takes("value", Argument::Text, "A time such as `5 minutes` or `8 am`, or the new name."),
    ])
}

/// What could not be done, as it is said: an error is read aloud as well, and its words are for developers.
type Refused = &'static str;

pub fn call(call: &ToolCall) -> Result<ToolOutput, Failure> {
    let command = match call.name.as_str() {
        "set_timer" => set(call.parse()?).map(Command::Set),
        "list_timers" => Ok(Command::List(Query::of(None, Which::All))),
        "cancel_timer" => {
            let CancelTimer { name } = call.parse()?;
            Ok(Command::Act(named(&name), What::Cancel))
        }
        "change_timer" => change(call.parse()?),
        other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
    };
    let command = match command {
        Ok(command) => command,
        Err(refused) => return Ok(ToolOutput::say(refused)),
    };
    match book::run_all(vec![command], call.turn)? {
        Reply::Said(text) => Ok(ToolOutput::say(text)),
        // The answer is heard in the next turn, as it is after what the hook asks.
        Reply::Asked(text, question) => crate::keep(question, call.turn).map(|()| ToolOutput::say(text)),
        Reply::Pass => Ok(ToolOutput::say("I do not know which one you mean.")),
    }
}

/// What is to be set. What is not understood of when is left out: it is asked for.
fn set(SetTimer { when, seconds, kind, name }: SetTimer) -> Result<New, Refused> {
    let name = label(&name);
    if name.chars().count() > 100 || when.len() > 200 {
        return Err("That is too long for a name or a time.");
    }
    let when = spaced(&when);
    let seconds = seconds.filter(|_| when.is_empty()).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let said = seconds.map(When::after).or_else(|| heard(&when)).unwrap_or_default();
    let kind = match kind.as_str() {
        "alarm" => Kind::Alarm,
        "reminder" => Kind::Reminder,
        // A timer has a length: what has a time of day is an alarm.
        _ if said.after.is_none() && !said.is_empty() => Kind::Alarm,
        _ => Kind::Timer,
    };
    Ok(New::of(kind, name, false, said))
}

/// When that is: "10 minutes", "for 10 minutes, please", "set a timer for 10 minutes".
fn heard(when: &str) -> Option<When> {
    let heard = Heard::new(when)?;
    let words = heard.words();
    let length = phrase::duration(heard.text().trim_start_matches("for ").trim_start_matches("in "));
    let whole = || spoken_when::whole(words, true);
    length.map(When::after).or_else(whole).or_else(|| setting::set(words, heard.text()).map(|new| new.when))
}

/// The words of an argument: models write underscores between them.
fn spaced(text: &str) -> String {
    text.replace('_', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What it is called, without "timer". What is only a length or a time is no name.
fn label(name: &str) -> String {
    let name = spaced(name);
    let mut words: Vec<&str> = name.split(' ').collect();
    while words.last().is_some_and(|last| KINDS.iter().any(|noun| noun.eq_ignore_ascii_case(last))) {
        words.pop();
    }
    let name = words.join(" ");
    let is_when = phrase::duration(&name).is_some() || spoken_when::whole(&phrase::split(&name), true).is_some();
    if is_when { String::new() } else { name }
}

fn named(name: &str) -> Query {
    let name = spaced(name).to_lowercase();
    let name = ["the ", "my "].iter().find_map(|article| name.strip_prefix(article)).unwrap_or(&name).to_owned();
    match name.as_str() {
        "" => Query::of(None, Which::Only),
        "all" | "everything" | "all of them" => Query::of(None, Which::All),
        name => target(&phrase::split(name)).unwrap_or_else(|| Query::of(None, Which::Named(name.to_owned()))),
    }
}

fn change(ChangeTimer { action, name, value }: ChangeTimer) -> Result<Command, Refused> {
    let value = spaced(&value);
    let length = || {
        let time = phrase::duration(&value).ok_or("For that I need a length, such as five minutes.")?;
        i64::try_from(time.as_millis()).map_err(|_| "That is too long for me: a year is the most.")
    };
    let what = match action.as_str() {
        "pause" => What::Pause,
        "resume" => What::Resume,
        "restart" => What::Restart,
        "add" => What::By(length()?),
        "remove" => What::By(-length()?),
        "rename" if !value.is_empty() && value.len() <= 100 => What::Rename(value),
        "rename" => return Err("For that I need a name, and a short one."),
        "move" if changes::is_when(&phrase::split(&value)) => What::To(value),
        "move" => return Err("For that I need a time, such as eight in the morning."),
        "snooze" if value.is_empty() => return Ok(Command::Snooze { time: None, sure: true }),
        "snooze" => return Ok(Command::Snooze { time: phrase::duration(&value), sure: true }),
        _ => return Err(unclear::can(None)),
    };
    Ok(Command::Act(named(&name), what))
}
