//! What somebody wants of timers, alarms and reminders.

use std::time::Duration;

use phrase::calendar::Date;
use phrase::{Day, Said, Slots, TimeOfDay};

/// What rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Timer,
    Alarm,
    Reminder,
}

/// When it rings.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    In(Duration),
    At { time: TimeOfDay, day: Option<Day> },
    /// Again and again; days of the week as cron counts them, `*` for all.
    Every { time: TimeOfDay, days: &'static str },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Set { kind: Kind, when: When, label: String },
    List,
    /// Of one with this label, or of any.
    Left(Option<String>),
    Cancel { kind: Option<Kind>, which: Which },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Which {
    All,
    Only,
    Named(String),
}

/// Words of which one is in everything that is meant here.
const WORDS: &[&str] = &["timer", "timers", "alarm", "alarms", "reminder", "reminders", "remind", "wake", "left", "longer", "countdown"];

const TIMERS: &[&str] = &[
    "(set|start|make|create|begin|run|put) [on] [me] [a|an|another|the|my] (timer|countdown) [for|of|to] {time:duration}",
    "(set|start|make|create|begin|run|put) [on] [me] [a|an|another|the|my] {time:duration} (timer|countdown)",
    "[a|another] (timer|countdown) [for|of] {time:duration}",
    "[a|another] {time:duration} (timer|countdown)",
    "(set|start) [a|another] (timer|countdown) (for|of) {time:duration} (called|named|for) [the|my] {label}",
    "(set|start) [me] [a|an|another] {time:duration} timer (called|named|for) [the|my] {label}",
    "(set|start) [a|another] timer (called|named) {label} (for|of) {time:duration}",
    "(set|start|make|create) [me] [a|an|another|the|my] {label} timer (for|of|to) {time:duration}",
    "[a|an|another] {label} timer (for|of) {time:duration}",
];

const ALARMS_IN: &[&str] = &[
    "(wake me [up]|get me up) in {time:duration}",
    "(set|make) [me] [a|an|another] alarm (in|for) {time:duration} [from now]",
];

const ALARMS_EVERY: &[&str] = &[
    "(wake me [up]|get me up) {every} at {at:time}",
    "(wake me [up]|get me up) at {at:time} {every}",
    "(set|make) [me] [a|an|another] alarm (for|at) {at:time} {every}",
    "(set|make) [me] [a|an|another] alarm {every} (for|at) {at:time}",
];

const ALARMS_AT: &[&str] = &[
    "(wake me [up]|get me up) at {at:time}",
    "(wake me [up]|get me up) at {at:time} [on] {day:day} [morning]",
    "(wake me [up]|get me up) [on] {day:day} [morning] at {at:time}",
    "(set|make) [me] [a|an|another|my|the] alarm (for|at|to) {at:time}",
    "(set|make) [me] [a|an|another|my|the] alarm (for|at) {at:time} [on] {day:day} [morning]",
    "(set|make) [me] [a|an|another|my|the] alarm (for|on) {day:day} [morning] at {at:time}",
    "[an] alarm (for|at) {at:time}",
];

const REMINDERS: &[&str] = &[
    "remind me in {time:duration} (to|about|that|of) {label}",
    "remind me (to|about|that|of) {label} in {time:duration}",
    "remind me [on] {day:day} at {at:time} (to|about|that|of) {label}",
    "remind me at {at:time} [on] {day:day} (to|about|that|of) {label}",
    "remind me (to|about|that|of) {label} [on] {day:day} at {at:time}",
    "remind me (to|about|that|of) {label} at {at:time} [on] {day:day}",
    "remind me at {at:time} (to|about|that|of) {label}",
    "remind me (to|about|that|of) {label} at {at:time}",
    "(set|make) [me] a reminder (for|in) {time:duration} (to|about) {label}",
    "(set|make) [me] a reminder (to|about) {label} in {time:duration}",
    "(set|make) [me] a reminder (for|at) {at:time} (to|about) {label}",
    "(set|make) [me] a reminder (to|about) {label} at {at:time}",
    "remind me in {time:duration}",
];

const LIST: &[&str] = &[
    "what (timers|alarms|reminders) (do i have [set|running]|are (set|running|there|on)|have i [got|set])",
    "what are my (timers|alarms|reminders)",
    "(list|show|read) [me] [all] [of] [my|the] (timers|alarms|reminders)",
    "do i have any (timers|alarms|reminders) [set|running]",
    "(are there|have i got) any (timers|alarms|reminders) [set|running]",
    "(is there|do i have) [a|an] (timer|alarm|reminder) [set|running]",
    "how many (timers|alarms|reminders) (do i have [set|running]|are (there|set|running))",
    "when is my [next] alarm",
    "what time is my [next] alarm [set for]",
];

const LEFT: &[&str] = &[
    "how (long|much time|much) [is] left (on|for|of) [the|my] {label} timer",
    "how (long|much time|much) [is] left (on|for|of) [the|my] timer",
    "how (long|much time|much) [is] left",
    "how much longer [is left] [on [the|my] timer]",
    "how much (time|longer) (does the|is on the|has the) [timer] [have] [left]",
    "when (does|will) [the|my] timer (end|ring|go off|be done|finish)",
    "when (does|will) [the|my] {label} timer (end|ring|go off|be done|finish)",
    "[the] time left on [the|my] timer",
];

const CANCEL_ALL: &[&str] = &[
    "(cancel|stop|delete|remove|clear|end|kill|turn off) (all|every) [of] [my|the] [timer|timers]",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] timers",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [all] [of] [my|the] alarms",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [all] [of] [my|the] reminders",
];

const CANCEL_ONE: &[&str] = &[
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the|that|this] timer",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the|that|this] alarm",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the|that|this] reminder",
];

const CANCEL_NAMED: &[&str] = &[
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] {label} timer",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] {label} alarm",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] timer for [the] {label}",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] alarm for {label}",
    "(cancel|stop|delete|remove|clear|end|kill|turn off) [my|the] reminder (to|about|for) {label}",
];

/// What is wanted, where it is for this skill.
pub fn understand(text: &str) -> Option<Command> {
    let said = Said::new(text);
    if !said.has(WORDS) {
        return None;
    }
    list_left_or_cancel(&said).or_else(|| set(&said))
}

fn set(said: &Said<'_>) -> Option<Command> {
    let set = |kind, when, slots: &Slots<'_, '_>| Command::Set {
        kind,
        when,
        label: label(slots).unwrap_or_default(),
    };
    if let Some(slots) = said.first(TIMERS) {
        return Some(set(Kind::Timer, When::In(slots.duration("time")?), &slots));
    }
    if let Some(slots) = said.first(ALARMS_IN) {
        return Some(set(Kind::Alarm, When::In(slots.duration("time")?), &slots));
    }
    if let Some(slots) = said.first(ALARMS_EVERY)
        && let Some(days) = slots.form("every").and_then(|words| days(&words))
    {
        let time = slots.time("at")?.morning();
        return Some(set(Kind::Alarm, When::Every { time, days }, &slots));
    }
    if let Some(slots) = said.first(ALARMS_AT) {
        let time = slots.time("at")?;
        let wakes = said.has(&["wake", "up"]);
        let time = if wakes || slots.day("day").is_some() { time.morning() } else { time };
        return Some(set(Kind::Alarm, When::At { time, day: slots.day("day") }, &slots));
    }
    let slots = said.first(REMINDERS)?;
    let when = match slots.duration("time") {
        Some(time) => When::In(time),
        None => {
            let (time, day) = (slots.time("at")?, slots.day("day"));
            // Nobody is reminded in the small hours.
            let time = if day.is_some() && !time.certain && time.hour < 8 { time.evening() } else { time };
            let time = if day.is_some() { time.morning() } else { time };
            When::At { time, day }
        }
    };
    Some(set(Kind::Reminder, when, &slots))
}

fn list_left_or_cancel(said: &Said<'_>) -> Option<Command> {
    if said.is(LIST) {
        return Some(Command::List);
    }
    if let Some(slots) = said.first(LEFT) {
        return Some(Command::Left(label(&slots)));
    }
    if !said.has(&["cancel", "stop", "delete", "remove", "clear", "end", "kill", "turn"]) {
        return None;
    }
    let kind = if said.has(&["timer", "timers"]) {
        Some(Kind::Timer)
    } else if said.has(&["alarm", "alarms"]) {
        Some(Kind::Alarm)
    } else if said.has(&["reminder", "reminders"]) {
        Some(Kind::Reminder)
    } else {
        return None;
    };
    let which = if said.is(CANCEL_ALL) {
        Which::All
    } else if said.is(CANCEL_ONE) {
        Which::Only
    } else {
        Which::Named(label(&said.first(CANCEL_NAMED)?)?)
    };
    Some(Command::Cancel { kind, which })
}

/// What it is for, said to somebody else: `my` becomes `your`.
fn label(slots: &Slots<'_, '_>) -> Option<String> {
    let text = slots.text("label")?;
    let turned = text.split(' ').map(|word| match word {
        "my" | "My" => "your",
        "me" => "you",
        "I" => "you",
        "I'm" => "you're",
        "am" => "are",
        "mine" => "yours",
        "myself" => "yourself",
        word => word,
    });
    Some(turned.collect::<Vec<_>>().join(" "))
}

fn days(words: &str) -> Option<&'static str> {
    Some(match words.trim_start_matches("on ") {
        "every day" | "daily" | "every morning" | "each day" => "*",
        "every weekday" | "weekdays" | "on weekdays" | "each weekday" | "every working day" => "1-5",
        "every weekend" | "weekends" | "at weekends" => "6,0",
        "every monday" | "mondays" => "1",
        "every tuesday" | "tuesdays" => "2",
        "every wednesday" | "wednesdays" => "3",
        "every thursday" | "thursdays" => "4",
        "every friday" | "fridays" => "5",
        "every saturday" | "saturdays" => "6",
        "every sunday" | "sundays" => "0",
        _ => return None,
    })
}

/// When a time of day comes, in seconds since 1970 as the clock on the wall shows them, where it shows `now` now.
pub fn comes(time: TimeOfDay, day: Option<Day>, now: i64) -> Option<i64> {
    let today = now.div_euclid(86_400);
    let minute = u32::try_from(now.rem_euclid(86_400) / 60).ok()?;
    match day {
        None => Some(today * 86_400 + i64::from(time.after(minute)) * 60),
        Some(day) => {
            let date = day.from(Date::from_days(today))?;
            let at = date.days() * 86_400 + (i64::from(time.hour % 24) * 60 + i64::from(time.minute)) * 60;
            (at > now).then_some(at)
        }
    }
}
