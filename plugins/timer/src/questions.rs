//! Questions about what there is: "how long is left", "what timers do I have", "what's my next alarm".

use phrase::Said;

use crate::{
    command::{Command, What},
    heard::Heard,
    names::said_label,
    ring::Kind,
    spoken_when,
    target::{Query, Which},
};


/// What is asked.
pub fn ask(heard: &Heard) -> Option<Command> {
    let said = Said::new(heard.text());
    if said.words().len() > 20 || crate::target::is_elsewhere(said.words()) {
        return None;
    }
    next(&said).or_else(|| on_a_day(&said)).or_else(|| left(&said)).or_else(|| list(&said))
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

/// "what's my next alarm"
fn next(said: &Said) -> Option<Command> {
    const NOUN: &str = "(timer|alarm|reminder)";
    let is = |template: String| said.matches(&template).is_some();
    let next = is(format!("what [time] is [my|the] (next|first) {NOUN} [set] [for|at]"))
        || is(format!("(when|what time) (is|does|will) [my|the] (next|first) {NOUN} [go off|ring|due|going off|set for|for|be done|end]"))
        || is(format!("which {NOUN} is (next|first)"))
        || is(format!("(my|the) next {NOUN}"));
    next.then(|| Command::List(Query::of(kind(said), Which::Nth(1))))
}

/// "do I have an alarm tomorrow", "is there an alarm at 7"
fn on_a_day(said: &Said) -> Option<Command> {
    let slots = said.first(&[
        "(do i have|is there|are there|have i got|have i set|did i set) [any|some|a|an|my|the] (alarm|alarms|reminder|reminders) [set] [for|at|on] {when}",
        "(what|which) (alarms|reminders) (do i have|are there|have i got|did i set|are set) [set] [for|at|on] {when}",
    ])?;
    let words = slots.words("when")?;
    spoken_when::whole(words, true)?;
    Some(Command::List(Query::of(kind(said), Which::EachNamed(said_label(words)?))))
}

const DONE: &str = "(end|ring|go off|be done|finish|be over|be up|done|finished|over|up|due|going off|going to ring|going to go off)";

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
        return Some(Command::LeftWhatever);
    }
    if !said.has(&["timer", "timers", "countdown", "left", "longer", "remaining", "alarm", "reminder"]) {
        return None;
    }
    const NONE: &str = "[my|the|that|this] [next] (timer|timers|countdown|alarm|reminder)";
    const NAMED: &str = "[my|the|that|this] {label} (timer|countdown|alarm|reminder)";
    let on = |timer: &str| {
        [
            format!("how (long|much time|much longer|many minutes|many seconds|much) [is|are] [there] [left|remaining] {ON} {timer}"),
            format!("how (long|much time|many minutes|many seconds) (do i have|have i got) [left|remaining] {ON} {timer}"),
            format!("how (long|much longer) [is it] (until|till|before|to) {timer} [goes off|rings|ends|is (done|up|over|finished)]"),
            format!("how (long|much longer|much time) (does|has|will|is) {timer} [have|got|take|run] [left|remaining|go]"),
            format!("(when|what time) (does|will|is) {timer} {DONE} in"),
            format!("how far (along|is) [is] {timer} [along]"),
            format!("how (long|much) (left|remaining) {ON} {timer}"),
            format!("how is {timer} [doing|going|looking|coming along]"),
            format!("check [on] {timer}"),
            format!("(is|are) {timer} [still] (done|finished|over|up|running|going) [yet]"),
            format!("what is (left|the status|the time left|the time) {ON} {timer}"),
            format!("[the] time (left|remaining) {ON} {timer}"),
            format!("(where|what) is {timer} at"),
        ]
    };
    if on(NONE).iter().any(|template| is(template)) {
        return Some(Command::Act(Query::of(kind(said), Which::Only), What::Left));
    }
    if let Some(label) = on(NAMED).iter().find_map(|template| said_label(said.matches(template)?.words("label")?)) {
        return Some(Command::Act(Query::of(kind(said), Which::Named(label)), What::Left));
    }
    let slots = said
        .matches("how (long|much time|much longer|many minutes) [is|are] [there] [left|remaining] (on|for|until|till) [my|the] {label}")?;
    let words = slots.words("label")?;
    (words.len() <= 3).then(|| said_label(words)).flatten().map(Command::LeftPerhaps)
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
        format!("(is|are) my {THEM} (set|on)"),
        format!("[any] {THEM} [set]"),
        format!("(are|is) [there] [any|my|the] [of my] {THEM} (running|active|set|on|going)"),
        "what (are|is) [all] [of] my (timer|alarm|reminder)".into(),
        "(when|what time) (does|will|is) [my|the] [next|first] (timer|alarm|reminder) [set|going] (go off|ring|due|end|be done|done|off|to go off|to ring) [next]".into(),
        "what do i have to remember [today|tomorrow]".into(),
    ];
    templates.iter().any(|template| said.matches(template).is_some()).then(|| Command::List(Query::of(kind(said), Which::All)))
}

