//! What the language model may call. When something is to ring is in the words of who wants it: no model needs to reckon.

use std::time::Duration;

use jane_skill::{Kind as Argument, prelude::*};
use serde::Deserialize;

use crate::{
    book::{self, Reply},
    changes,
    command::{Command, New, What},
    examples,
    ring::Kind,
    spoken_when,
    target::{Query, Which, target},
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
            .needs("when", Argument::Text, "In the user's own words, such as `10 minutes`, `half past six tomorrow`, `every weekday at 7`.")
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

pub fn call(call: &ToolCall) -> Result<ToolOutput, Failure> {
    let commands = match call.name.as_str() {
        "set_timer" => vec![Command::Set(set(call.parse()?)?)],
        "list_timers" => vec![Command::List(Query::of(None, Which::All))],
        "cancel_timer" => {
            let CancelTimer { name } = call.parse()?;
            vec![Command::Act(named(&name), What::Cancel)]
        }
        "change_timer" => vec![change(call.parse()?)?],
        other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
    };
    match book::run_all(commands, call.turn)? {
        Reply::Said(text) | Reply::Asked(text, _) => Ok(ToolOutput::say(text)),
        Reply::Pass => Err(Failure::unavailable("nothing was done: there is nothing that this could mean")),
    }
}

fn set(SetTimer { when, seconds, kind, name }: SetTimer) -> Result<New, Failure> {
    let mut name = name.trim().to_owned();
    if name.chars().count() > 100 || when.len() > 200 {
        return Err(Failure::invalid("`name` may have 100 letters, and `when` 200"));
    }
    let words = phrase::split(&when);
    let strip = |text: &str| text.trim_start_matches("for ").trim_start_matches("in ").to_owned();
    let length = phrase::duration(&strip(when.trim()));
    let said = match (length, seconds) {
        (Some(length), _) => When::after(length),
        (None, _) if !words.is_empty() => {
            let said = spoken_when::whole(&words, true);
            said.ok_or_else(|| Failure::invalid(format!("`when` is not understood: `{when}`. Give a length such as `10 minutes` or a time such as `6:30 tomorrow`")))?
        }
        (None, Some(seconds)) => {
            When::after(Duration::try_from_secs_f64(seconds).map_err(|_| Failure::invalid("`seconds` must be a positive number"))?)
        }
        (None, None) => return Err(Failure::invalid("`when` is missing: ask the user for how long, or for when")),
    };
    let kind = match kind.as_str() {
        "alarm" => Kind::Alarm,
        "reminder" => Kind::Reminder,
        // A timer has a length: what has a time of day is an alarm.
        _ if said.after.is_none() => Kind::Alarm,
        _ => Kind::Timer,
    };
    for noun in KINDS {
        if let Some(stem) = name.strip_suffix(noun).map(str::trim_end).map(str::to_owned) {
            name = stem;
        }
    }
    Ok(New::of(kind, name, false, said))
}

fn named(name: &str) -> Query {
    let name = name.trim().to_lowercase();
    match name.as_str() {
        "" => Query::of(None, Which::Only),
        "all" | "everything" | "all of them" => Query::of(None, Which::All),
        name => target(&phrase::split(name)).unwrap_or_else(|| Query::of(None, Which::Named(name.to_owned()))),
    }
}

fn change(ChangeTimer { action, name, value }: ChangeTimer) -> Result<Command, Failure> {
    let length = || {
        let time = phrase::duration(&value).ok_or_else(|| Failure::invalid(format!("`value` must be a length such as `5 minutes`, not `{value}`")))?;
        i64::try_from(time.as_millis()).map_err(|_| Failure::invalid("`value` is too long"))
    };
    let what = match action.as_str() {
        "pause" => What::Pause,
        "resume" => What::Resume,
        "restart" => What::Restart,
        "add" => What::By(length()?),
        "remove" => What::By(-length()?),
        "rename" if !value.trim().is_empty() && value.len() <= 100 => What::Rename(value.trim().to_owned()),
        "move" if changes::is_when(&phrase::split(&value)) => What::To(value),
        "snooze" if value.is_empty() => return Ok(Command::Snooze { time: None, sure: true }),
        "snooze" => return Ok(Command::Snooze { time: phrase::duration(&value), sure: true }),
        "rename" | "move" => return Err(Failure::invalid(format!("`value` does not fit `{action}`: `{value}`"))),
        other => return Err(Failure::invalid(format!("there is no action `{other}`"))),
    };
    Ok(Command::Act(named(&name), what))
}
