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
        || is(format!("which {NOUN} (is|comes) (next|first)"))
        || is(format!(
            "which {NOUN} (ends|rings|finishes|stops|is done|is up|is over|goes off|is due|will ring|will end|will be done) (first|next|soonest|earliest)"
        ))
        || is(format!("(my|the) next {NOUN}"));
    next.then(|| Command::List(Query::of(kind(said), Which::Nth(1))))
}

/// "do I have an alarm tomorrow", "is there an alarm at 7"
fn on_a_day(said: &Said) -> Option<Command> {
    let slots = said.first(&[
        "(do i have|is there|are there|have i got|have i set|did i set) [any|some|a|an|my|the] (alarm|alarms|reminder|reminders) [set] [for|at|on] {when}",
        "(what|which) (alarms|reminders) (do i have|are there|have i got|did i set|are set) [set] [for|at|on] {when}",
        "(is|are) [there] (my|the|an|any) (alarm|alarms|reminder|reminders) (set|on) [for|at|on] {when}",
        "what (is|are) (my|the) (alarm|alarms|reminder|reminders) [set] (for|on|at) {when}",
        "[any|my] (alarms|reminders) [set] [for|on|at] {when}",
        "what do i have to remember [on|for] {when}",
        "(when|what time) (am i getting up|do i get up|do i have to get up|do i need to get up|am i waking up|do i wake up|will you wake (me|us)|are you (waking|getting) (me|us) [out of bed]|will you get (me|us)|are you going to (wake|get) (me|us)|do you (wake|get) (me|us)|have i got you waking me|am i being woken) [up] {when}",
    ])?;
    let words = slots.words("when")?;
    spoken_when::whole(words, true)?;
    let kind = kind(said).or(if said.has(&["remember"]) { Some(Kind::Reminder) } else { Some(Kind::Alarm) });
    Some(Command::List(Query::of(kind, Which::EachNamed(said_label(words)?))))
}

const WAKING: &str = "(when|what time) (will you wake (me|us) [up]|are you waking (me|us) [up]|am i getting up|are you going to wake (me|us) [up]|are you getting (me|us) (up|out of bed)|have i got you waking (me|us) [up]|will you get (me|us) up|are you going to get (me|us) up|do you (wake|get) (me|us) up|am i being woken [up]) [at]";

const DONE: &str = "(end|ring|go off|be done|finish|be over|be up|done|finished|over|up|due|going off|going to ring|going to go off)";

fn left(said: &Said) -> Option<Command> {
    const WHATEVER: &[&str] = &[
        "how (long|much time|much longer|many minutes|many seconds|much) [is|are] [there] left",
        "how (long|much time|many minutes|many seconds) (do i have|have i got|do we have|have we got) [left]",
        "how much longer [is (there|left|it)] [do i have]",
        "[the] time (left|remaining)",
        "what is the (time left|remaining time|time remaining)",
        "how much time (is remaining|remains)",
        "how (long|much longer|many minutes) [is it] (until|till|before) it (rings|goes off|ends|is done|is over|is up|is finished)",
        "when (does|will|is) it (ring|go off|end|be done|be over|done|due|going off)",
        "how (long|much time) is [there] left on (all|both|each|every) [of] [my|the] (timer|timers)",
    ];
    const ON: &str = "(on|for|of|in|with)";
    let is = |template: &str| said.matches(template).is_some();
    if WHATEVER.iter().any(|template| is(template)) {
        return Some(Command::LeftWhatever);
    }
    const NTH: &str = "(how (long|much time|much longer|much) [is] [there]|what is) [left] (on|for) [the] {which} (one|timer|alarm)";
    if let Some(query) = said.matches(NTH).and_then(|slots| slots.words("which")).and_then(nth) {
        return Some(Command::Act(Query::of(kind(said), query), What::Left));
    }
    // Of much else, unless there is a timer of that name.
    if let Some(slots) = said.matches("(is|are) (my|the) {label} (done|ready|finished) [yet]") {
        let label = slots.words("label").filter(|words| words.len() <= 3 && !said.has(&["timer", "timers", "alarm", "reminder"]));
        if let Some(label) = label.and_then(said_label) {
            return Some(Command::LeftPerhaps(label));
        }
    }
    if let Some(slots) = said.matches("(when|what time) (is|are|will) (my|the) {label} [be] (done|ready|finished) [at]") {
        let label = slots.words("label").filter(|words| words.len() <= 3 && !said.has(&["timer", "timers", "alarm", "reminder"]));
        if let Some(label) = label.and_then(said_label) {
            return Some(Command::LeftPerhaps(label));
        }
    }
    const SHOULD: &str = "(when|what time) (do i need to|do i have to|should i|am i supposed to|must i|do i want to|are you reminding me to|will you remind me to) {label}";
    if let Some(label) = said.matches(SHOULD).and_then(|slots| slots.words("label").and_then(said_label)) {
        return Some(Command::Act(Query::of(Some(Kind::Reminder), Which::Perhaps(label)), What::Left));
    }
    if said.is(&["(is|are) (it|they) (done|ready|finished|over|up) [yet|already]"]) {
        return Some(Command::Act(Query::of(None, Which::It), What::Left));
    }
    const ON_NAME: &str = "how (long|much time|much longer|many minutes) (on|for) [my|the] {label}";
    if let Some(label) = said.matches(ON_NAME).and_then(|slots| slots.words("label").filter(|words| words.len() <= 3).and_then(said_label))
    {
        return Some(Command::LeftPerhaps(label));
    }
    const GOT: &str = "how (long|much time|much longer|many minutes) (has|does|do i have|have i got|do we have|have we got) [left] [on|for] [my|the] {label} [got|have|need] [left]";
    if let Some(label) = said.matches(GOT).and_then(|slots| slots.words("label").filter(|words| words.len() <= 3).and_then(said_label)) {
        return Some(Command::LeftPerhaps(label));
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
            format!("(when|what time) (does|will|is) {timer} (end|be done|finish|be over|done|finished|over|up)"),
            format!("how far (along|is) [is] {timer} [along]"),
            format!("how (long|much) (left|remaining) {ON} {timer}"),
            format!("how is {timer} [doing|going|looking|coming along]"),
            format!("check [on] {timer}"),
            format!("(is|are) {timer} [still] (done|finished|over|up|running|going) [yet]"),
            format!("what is (left|the status|the time left|the time) {ON} {timer}"),
            format!("[the] time (left|remaining) {ON} {timer}"),
            format!("(where|what) is {timer} at"),
            format!("[what is] [the] status (of|on|for) {timer}"),
            format!("{timer} status"),
            format!("(what|how) about {timer}"),
            format!("what did i set {timer} (to|for)"),
            format!("what is {timer} for"),
            format!("(how long|for how long) (is|did i set) {timer} [for|set] [for|to]"),
            format!("where (are we|am i) (on|with) {timer}"),
        ]
    };
    const THAT: &str = "(when|what time) (is|was|does|will) (that|this) (timer|alarm|reminder) [set|due|ring|go off|going off|set for|for|again]";
    if is(THAT) {
        return Some(Command::Act(Query::of(kind(said), Which::It), What::Left));
    }
    if on(NONE).iter().any(|template| is(template)) {
        return Some(Command::Act(Query::of(kind(said), Which::Only), What::Left));
    }
    const DUE: &str = "(when|what time) (does|will|is) [my|the|that] {label} (timer|countdown) (go off|ring|due|going off|going to go off|going to ring|be ready|ready)";
    let due = said
        .matches(DUE)
        .and_then(|slots| slots.words("label"))
        .filter(|words| !words.iter().any(|word| matches!(word.form.as_str(), "next" | "first")));
    if let Some(label) = due.and_then(said_label) {
        return Some(Command::Act(Query::of(kind(said), Which::Named(label)), What::Left));
    }
    const SET_FOR: &str = "(when|what time) is [my|the] {label} (alarm|reminder) [set|due|set for|for|going off]";
    if let Some(label) = said.matches(SET_FOR).and_then(|slots| said_label(slots.words("label").filter(|words| words.len() <= 3)?))
        && !said.has(&["next", "first", "a", "an", "last", "that", "this"])
    {
        return Some(Command::Act(Query::of(kind(said), Which::Named(label)), What::Left));
    }
    let is_name = |words: &&[phrase::Word]| !words.iter().any(|word| matches!(word.form.as_str(), "there" | "a" | "an" | "any"));
    if let Some(label) = on(NAMED).iter().find_map(|template| said_label(said.matches(template)?.words("label").filter(is_name)?)) {
        return Some(Command::Act(Query::of(kind(said), Which::Named(label)), What::Left));
    }
    let slots = said
        .matches("how (long|much time|much longer|many minutes) [is|are] [there] [left|remaining] (on|for|until|till) [my|the] {label}")?;
    let words = slots.words("label")?;
    (words.len() <= 3).then(|| said_label(words)).flatten().map(Command::LeftPerhaps)
}

/// By its place: "second", "last".
fn nth(words: &[phrase::Word]) -> Option<Which> {
    match words {
        [one] if one.form == "last" => Some(Which::Last),
        [one] if one.form == "other" => Some(Which::Other),
        _ => {
            let (nth, taken) = phrase::read::ordinal(words)?;
            (taken == words.len()).then_some(())?;
            u8::try_from(nth).ok().filter(|nth| *nth > 0).map(Which::Nth)
        }
    }
}

fn list(said: &Said) -> Option<Command> {
    const THEM: &str = "(timers|alarms|reminders) [[and|or] (timers|alarms|reminders) [[and|or] (timers|alarms|reminders)]]";
    const ON: &str = "[set|running|there|on|active|pending|going|coming up|left]";
    if said.matches(WAKING).is_some() {
        return Some(Command::List(Query::of(Some(Kind::Alarm), Which::All)));
    }
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
        "(is|are) [there] any (timer|timers|alarm|alarms|reminder|reminders) (running|on|set|active|going|left)".into(),
        "(when|what time) (does|will|is) [my|the] [next|first] (timer|alarm|reminder) [set|going] (go off|ring|due|end|be done|done|off|to go off|to ring) [next]".into(),
        "what do i have to remember [today|tomorrow]".into(),
    ];
    templates.iter().any(|template| said.matches(template).is_some()).then(|| Command::List(Query::of(kind(said), Which::All)))
}

