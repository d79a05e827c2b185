//! What is about timers, alarms and reminders, and is not understood: it is asked back, and never left to a model that would say that it is done.

use crate::{
    command::Command,
    heard::Heard,
    names::OTHER_ALARMS,
    reader::Reader,
    ring::Kind,
    spoken_when,
    target::{is_elsewhere, noun, target},
    when::When,
};

/// What one tells a timer to do.
pub const VERBS: &[&str] = &[
    "set", "start", "stop", "cancel", "pause", "resume", "restart", "reset", "delete", "remove", "add", "change", "move", "rename",
    "extend", "shorten", "turn", "switch", "snooze", "silence", "edit", "modify", "update", "adjust", "reschedule", "postpone", "delay",
    "skip", "disable", "enable", "push", "increase", "decrease", "reduce", "double", "halve", "clear", "dismiss", "continue", "repeat",
    "undo", "restore", "put", "end", "kill", "activate", "deactivate", "mute", "unmute", "begin", "make", "cut", "shave", "split", "share",
    "send", "rewind", "save", "swap", "merge", "list",
];

/// Words of a time that is said before what somebody is to be reminded of.
const TIMED: &[&str] = &[
    "every", "each", "once", "twice", "times", "daily", "weekly", "monthly", "yearly", "hourly", "birthday", "anniversary", "on", "in",
    "at", "next", "before", "after", "until", "tomorrow", "tonight", "today", "yesterday", "ago", "last",
];

/// Words between which and a noun another thing is spoken of.
const JOINS: &[&str] = &["of", "about", "in", "who", "that", "with", "which", "when", "and", "as", "than", "like", "is", "are", "was", "because", "if", "off"];

pub fn unclear(heard: &Heard) -> Option<Command> {
    let words = heard.words();
    if words.len() > 30 || is_elsewhere(words) {
        return None;
    }
    let mut reader = Reader::new(words);
    if reader.eat(&["remind me", "remind us", "set a reminder", "create a reminder", "add a reminder", "make a reminder", "new reminder", "i need a reminder"]) {
        let when = spoken_when::whole(reader.rest(), false);
        if reader.is_over() || when.is_some() {
            return Some(Command::Remind(when.unwrap_or_default()));
        }
        let place = Reader::new(reader.rest()).eat(&["when i", "if i", "once i", "next time i", "as soon as i", "before i", "after i", "when we"]);
        // `remind me twice a day to stretch`
        let to = reader.rest().iter().position(|word| word.form == "to").unwrap_or(0);
        let timed = reader.rest().iter().take(to).any(|word| TIMED.contains(&word.form.as_str()));
        if let Some(what) = reader.rest().get(to + 1..).filter(|what| timed && !what.is_empty()) {
            let label = crate::names::label(what, heard.text());
            return Some(Command::Set(crate::command::New::of(Kind::Reminder, label, false, When::default())));
        }
        return place.then_some(Command::Unclear(Some(Kind::Reminder), None));
    }
    // `remind Anna to call me at 5`: nobody else can be reminded.
    if reader.word(0) == "remind" && (1..4).any(|at| reader.word(at) == "to") {
        let timed = (3..words.len()).any(|at| words.get(at..).is_some_and(|later| spoken_when::whole(later, false).is_some()));
        return timed.then_some(Command::Unclear(Some(Kind::Reminder), None));
    }
    let mut reader = Reader::new(words);
    if reader.eat(&["wake me up", "wake me", "wake us up"]) {
        reader.eat(&["early", "bright and early", "a bit later", "a little later", "later", "earlier", "gently", "really early", "very early"]);
        let when = spoken_when::whole(reader.rest(), true);
        let timed = reader.rest().iter().any(|word| matches!(word.form.as_str(), "tomorrow" | "early" | "morning" | "dawn" | "sunrise" | "minutes" | "hours"));
        return (reader.is_over() || when.is_some() || timed)
            .then(|| Command::Set(crate::command::New::of(Kind::Alarm, String::new(), true, when.unwrap_or_default())));
    }
    if words.iter().any(|word| OTHER_ALARMS.contains(&word.form.as_str())) {
        return None;
    }
    let verb = words.first()?;
    let at = words.iter().take(9).position(|word| noun(&word.form).is_some())?;
    let between = words.get(1..at)?;
    // `make a timer app` is for a programmer, and `the alarm clock` stands on a table.
    let clock = words.get(at + 1).is_some_and(|word| matches!(word.form.as_str(), "clock" | "clocks" | "list" | "lists" | "bells" | "call"));
    if !VERBS.contains(&verb.form.as_str()) || clock || between.iter().any(|word| JOINS.contains(&word.form.as_str()) && word.form != "of" && word.form != "off") {
        return None;
    }
    let (kind, _) = noun(&words.get(at)?.form)?;
    let query = words.get(1..=at).and_then(target);
    Some(Command::Unclear(Some(kind), query))
}

/// What can be done with these.
pub fn can(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Timer) => "I can set, change, pause, restart or cancel timers.",
        Some(Kind::Alarm) => "I can set, change, snooze or cancel alarms.",
        Some(Kind::Reminder) => "I can set, change or cancel reminders, each for a time.",
        None => "I can set, change and cancel timers, alarms and reminders.",
    }
}

/// A question about a reminder of which nothing is known but this.
pub fn remind(when: &When) -> &'static str {
    if when.is_empty() { "Of what, and when?" } else { "Of what?" }
}
