//! What somebody wants of timers, alarms and reminders.

use std::time::Duration;

use phrase::Said;
use serde::{Deserialize, Serialize};

use crate::{names::said_label, ring::Kind, setting, when::When};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Set(Vec<New>),
    /// When is asked for.
    SetWhen(Unfinished),
    /// All, or those of one kind.
    List(Option<Kind>),
    Left(Left),
    Cancel {
        kind: Option<Kind>,
        which: Which,
    },
    /// Milliseconds that a timer gets, or loses.
    Change {
        which: Which,
        by_ms: i64,
    },
    /// What rang last is to ring again.
    Snooze(Option<Duration>),
}

/// Something to be set.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    pub what: Unfinished,
    pub when: When,
}

/// The same, before it is known when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    pub kind: Kind,
    pub label: String,
    /// Whether it ends somebody's sleep.
    pub wakes: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// "How long is left?", which may be about something else.
    Whatever,
    Timer(Which),
    /// "How long is left on the pasta?": of a timer, if there is one of that name.
    Perhaps(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Which {
    All,
    /// The only one that there is.
    Only,
    /// The one that is due first.
    Next,
    /// The one that was set last.
    Last,
    Named(String),
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &[
    "timer",
    "timers",
    "alarm",
    "alarms",
    "reminder",
    "reminders",
    "remind",
    "wake",
    "get",
    "left",
    "longer",
    "countdown",
    "count",
    "snooze",
    "forget",
    "notify",
    "alert",
    "ping",
    "know",
    "remaining",
];

const VERB: &str = "(cancel|stop|delete|remove|clear|end|kill|turn off|switch off|shut off|shut up|dismiss|quit|disable|forget|silence|never mind|get rid of|drop)";
const DONE: &str = "(end|ring|go off|be done|finish|be over|be up|done|finished|over|up|due|going off|going to ring|going to go off)";

/// What is wanted, where it is for this skill.
pub fn understand(text: &str) -> Option<Command> {
    let said = Said::new(text);
    if !said.has(WORDS) || said.words().len() > 40 {
        return None;
    }
    cancel(&said)
        .or_else(|| left(&said))
        .or_else(|| list(&said))
        .or_else(|| change(&said))
        .or_else(|| snooze(&said))
        .or_else(|| setting::set(&said, text))
}

fn kind(said: &Said) -> Option<Kind> {
    let kinds = [
        (Kind::Timer, &["timer", "timers", "countdown", "countdowns"]),
        (Kind::Alarm, &["alarm", "alarms", "alarm", "alarms"]),
        (Kind::Reminder, &["reminder", "reminders", "reminder", "reminders"]),
    ];
    let mut named = kinds.into_iter().filter(|(_, words)| said.has(*words)).map(|(kind, _)| kind);
    let first = named.next();
    if named.next().is_some() { None } else { first }
}

fn cancel(said: &Said) -> Option<Command> {
    const ONE: &str = "(timer|alarm|reminder|countdown)";
    const MANY: &str = "(timers|alarms|reminders|countdowns)";
    const EACH: &str = "(timer|timers|alarm|alarms|reminder|reminders|countdown|countdowns)";
    let kind = || kind(said);
    if !said.has(&[
        "cancel", "stop", "delete", "remove", "clear", "end", "kill", "off", "shut", "dismiss", "quit", "disable", "forget", "silence",
        "mind", "rid", "drop",
    ]) {
        return None;
    }
    let is = |template: String| said.matches(&template).is_some();
    let all = is(format!(
        "{VERB} (all|every|each|both|everything) [of] [my|the|these|those|three|two|four] {EACH} [[and|or] [all] [of] [my|the] {MANY} [[and|or] [my|the] {MANY}]]"
    )) || is(format!("{VERB} [my|the|these|those] {MANY} [[and|or] [my|the] {MANY} [[and|or] [my|the] {MANY}]]"))
        || is(format!("(turn|switch) (all|every|each|both) [of] [my|the] {EACH} off"));
    if all {
        return Some(Command::Cancel { kind: kind(), which: Which::All });
    }
    if is(format!("{VERB} [about] [my|the|that|this] [current|running|ringing] {ONE} [clock]"))
        || is(format!("(turn|switch|shut) [my|the|that|this] {ONE} [clock] off"))
    {
        return Some(Command::Cancel { kind: kind(), which: Which::Only });
    }
    if is(format!("{VERB} [my|the] (next|first) {ONE}")) {
        return Some(Command::Cancel { kind: kind(), which: Which::Next });
    }
    if is(format!("{VERB} [my|the] (last|latest|newest) {ONE}")) || is(format!("{VERB} the {ONE} (that i|i) just (set|made|started)")) {
        return Some(Command::Cancel { kind: kind(), which: Which::Last });
    }
    let named = [
        format!("{VERB} [my|the|that|this] {{label}} {ONE}"),
        format!("(turn|switch|shut) [my|the|that] {{label}} {ONE} off"),
        format!("{VERB} [my|the|that] {ONE} (for|called|named|about|to|at|of) [the|my] {{label}}"),
    ];
    let words = named.iter().find_map(|template| said.matches(template)?.words("label"))?;
    let label = said_label(words)?;
    Some(Command::Cancel { kind: kind(), which: Which::Named(label) })
}

fn left(said: &Said) -> Option<Command> {
    const WHATEVER: &[&str] = &[
        "how (long|much time|much longer|many minutes|many seconds|much) [is|are] [there] left",
        "how (long|much time|many minutes|many seconds) (do i have|have i got|do we have|have we got) [left]",
        "how much longer [is (there|left|it)] [do i have]",
        "[the] time (left|remaining)",
        "what is the (time left|remaining time|time remaining)",
        "how much time (is remaining|remains)",
    ];
    const ON: &str = "(on|for|of|in|with)";
    let is = |template: &str| said.matches(template).is_some();
    if WHATEVER.iter().any(|template| is(template)) {
        return Some(Command::Left(Left::Whatever));
    }
    if !said.has(&["timer", "timers", "countdown", "left", "longer", "remaining"]) {
        return None;
    }
    const NONE: &str = "[my|the|that|this] (timer|timers|countdown)";
    const NAMED: &str = "[my|the|that|this] {label} (timer|countdown)";
    let on = |timer: &str| {
        [
            format!("how (long|much time|much longer|many minutes|many seconds|much) [is|are] [there] [left|remaining] {ON} {timer}"),
            format!("how (long|much time|many minutes|many seconds) (do i have|have i got) [left|remaining] {ON} {timer}"),
            format!("how (long|much longer) [is it] (until|till|before|to) {timer} [goes off|rings|ends|is (done|up|over|finished)]"),
            format!("how (long|much longer|much time) (does|has|will|is) {timer} [have|got|take|run] [left|remaining|go]"),
            format!("(when|what time) (does|will|is) {timer} {DONE}"),
            format!("how is {timer} [doing|going|looking|coming along]"),
            format!("check [on] {timer}"),
            format!("(is|are) {timer} [still] (done|finished|over|up|running|going) [yet]"),
            format!("what is (left|the status|the time left|the time) {ON} {timer}"),
            format!("[the] time (left|remaining) {ON} {timer}"),
            format!("(where|what) is {timer} at"),
        ]
    };
    if on(NONE).iter().any(|template| is(template)) {
        return Some(Command::Left(Left::Timer(Which::Only)));
    }
    if let Some(label) = on(NAMED).iter().find_map(|template| said_label(said.matches(template)?.words("label")?)) {
        return Some(Command::Left(Left::Timer(Which::Named(label))));
    }
    let slots = said
        .matches("how (long|much time|much longer|many minutes) [is|are] [there] [left|remaining] (on|for|until|till) [my|the] {label}")?;
    let words = slots.words("label")?;
    (words.len() <= 3).then(|| said_label(words)).flatten().map(|label| Command::Left(Left::Perhaps(label)))
}

fn list(said: &Said) -> Option<Command> {
    const THEM: &str = "(timers|alarms|reminders) [[and|or] (timers|alarms|reminders) [[and|or] (timers|alarms|reminders)]]";
    const ON: &str = "[set|running|there|on|active|pending|going|coming up]";
    if !said.has(&["timer", "timers", "alarm", "alarms", "reminder", "reminders"]) {
        return None;
    }
    let templates = [
        format!("(what|which) {THEM} (do i have|have i got|do we have|did i set|have i set|are there|are) {ON} [for (today|tomorrow)]"),
        format!("what are [all] [of] [my|the] [current|active|running|next] {THEM}"),
        format!("(list|show|read|give|tell) [me] [out] [all] [of] [my|the] [current|active|running] {THEM} [to me]"),
        format!("(do i|do we) have [any|some|a|an] ({THEM}|timer|alarm|reminder) {ON} [for (today|tomorrow)]"),
        format!("have i (got|set) [any|some|a|an] ({THEM}|timer|alarm|reminder) {ON}"),
        format!("(is|are) there [any|some|a|an] ({THEM}|timer|alarm|reminder) {ON}"),
        format!("how many {THEM} (do i have|have i got|did i set|are there|are) {ON}"),
        "(when|what time) is [my|the] [next|first] (alarm|reminder) [set|going off|due|set for|for]".into(),
        "(when|what time) (does|will) [my|the] [next|first] (alarm|reminder) (go off|ring)".into(),
        "what is my (next|first) (alarm|reminder)".into(),
        "what time (have i|did i) set [my|the] alarm [for]".into(),
        "is (my|the) alarm (set|on)".into(),
    ];
    templates.iter().any(|template| said.matches(template).is_some()).then(|| Command::List(kind(said)))
}

/// "Add five minutes to the pasta timer."
fn change(said: &Said) -> Option<Command> {
    if !said.has(&["timer", "countdown"]) {
        return None;
    }
    const TIMER: &str = "[my|the|that|this] (timer|countdown)";
    const NAMED: &str = "[my|the|that|this] {label} (timer|countdown)";
    let templates = |timer: &str| {
        [
            (1, format!("(add|put) [another|an extra|an additional] {{time:duration}} [more] (to|on|onto|on to) {timer}")),
            (1, format!("add [another] {{count:number}} more minutes (to|on) {timer}")),
            (1, format!("(extend|lengthen|prolong|increase) {timer} (by|for) [another] {{time:duration}}")),
            (-1, format!("(take|subtract|remove|knock) {{time:duration}} (off|from|off of|away from) {timer}")),
            (-1, format!("(shorten|reduce|decrease) {timer} by {{time:duration}}")),
        ]
    };
    let found = |timer: &str| {
        templates(timer).iter().find_map(|(sign, template)| {
            let slots = said.matches(template)?;
            let by = slots.duration("time").or_else(|| Duration::try_from_secs_f64(slots.number("count")? * 60.0).ok())?;
            let by_ms = i64::try_from(by.as_millis()).ok()? * sign;
            Some((by_ms, slots.words("label").map(said_label)))
        })
    };
    let (by_ms, label) = found(TIMER).or_else(|| found(NAMED))?;
    let which = match label {
        None => Which::Only,
        Some(label) => Which::Named(label?),
    };
    Some(Command::Change { which, by_ms })
}

fn snooze(said: &Said) -> Option<Command> {
    let slots = said.first(&[
        "snooze [it|that|this|[the|my|this|that] (alarm|timer|reminder)] [for] {time:duration}",
        "snooze [it|that|this|[the|my|this|that] (alarm|timer|reminder)]",
        "remind me again in {time:duration}",
    ])?;
    Some(Command::Snooze(slots.duration("time")))
}
