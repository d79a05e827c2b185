//! Requests that do something with what there is: "cancel the pasta timer", "remove 5 minutes from the pizza timer", "pause it", "don't stop it".

use std::time::Duration;

use phrase::Word;

use crate::{
    changes,
    command::{Command, What},
    names,
    reader::Reader,
    ring::Kind,
    setting, spoken_when,
    target::{Query, Which, noun, perhaps, target},
};

const CANCEL: &[&str] = &[
    "cancel", "delete", "remove", "clear", "end", "kill", "quit", "disable", "forget", "forget about", "never mind", "nevermind", "get rid of", "drop", "abort",
    "discard", "erase", "scrap", "wipe", "call off", "canceling", "cancelling", "deleting", "unset", "take away", "clear out", "close", "terminate", "remove all",
    "trash", "ditch", "deactivate",
];
/// The same, of which one is also said to what has just rung.
const STOP: &[&str] = &[
    "stop", "turn off", "switch off", "shut off", "shut up", "dismiss", "silence", "stopping", "mute", "turn it off", "shut down", "hush", "quiet", "turning off",
];
const PAUSE: &[&str] = &["pause", "hold", "freeze", "suspend", "halt", "pausing", "put a pause on", "interrupt"];
const RESUME: &[&str] = &["resume", "unpause", "un-pause", "continue", "carry on with", "unfreeze", "go on with", "proceed with", "resuming", "keep running"];
const RESTART: &[&str] = &["restart", "reset", "rerun", "re-start", "begin again", "start over", "restarting", "renew"];
const OFF: &[&str] = &["turn", "switch", "shut", "call"];

/// What is to be done; `corrects`: what was said before is put right.
pub fn act(words: &[Word], corrects: bool) -> Option<Command> {
    negated(words)
        .or_else(|| not_needed(words))
        .or_else(|| changes::by(words))
        .or_else(|| changes::rename(words))
        .or_else(|| changes::to(words, corrects))
        .or_else(|| plain(words))
        .or_else(|| rung(words))
        .or_else(|| undo(words))
}

fn on(query: Option<Query>, what: What) -> Option<Command> {
    query.map(|query| Command::Act(query, what))
}

/// A verb and what it is done to.
fn plain(words: &[Word]) -> Option<Command> {
    let from = Reader::new(words);
    let verb = |verbs: &[&str]| {
        let mut reader = from;
        reader.eat(verbs).then_some(reader)
    };
    let behind = |reader: Reader| {
        // `the timer again`, `the timer now`, `the timer for a moment`
        let words = reader.rest();
        let cut = |count: usize| words.len().checked_sub(count).and_then(|end| words.get(..end));
        let ends = |phrase: &[&str]| {
            let tail = words.len().checked_sub(phrase.len()).and_then(|at| words.get(at..))?;
            tail.iter().map(|word| word.form.as_str()).eq(phrase.iter().copied()).then(|| cut(phrase.len())).flatten()
        };
        let tails: [&[&str]; 15] = [
            &["this", "time"],
            &["this", "once"],
            &["just", "this", "once"],
            &["for", "once"],
            &["just", "once"],
            &["again"],
            &["for", "a", "moment"],
            &["for", "a", "minute"],
            &["for", "a", "second"],
            &["for", "now"],
            &["please"],
            &["any", "more"],
            &["anymore"],
            &["from", "the", "beginning"],
            &["from", "the", "start"],
        ];
        tails.iter().find_map(|tail| ends(tail)).and_then(target).or_else(|| target(words)).or_else(|| perhaps(words))
    };
    // `pause`, of what was spoken of last
    let alone = |reader: Reader, which: Which| {
        if reader.is_over() { Some(Query::of(Some(Kind::Timer), which)) } else { behind(reader) }
    };
    if let Some(reader) = verb(STOP)
        && let Some(query) = behind(reader)
    {
        return on(Some(query), What::Stop);
    }
    // `forget it` and `drop it` are said of much else.
    let loose = !Reader::new(words).eat(&["cancel", "delete", "remove", "canceling", "cancelling", "deleting", "abort"]);
    if let Some(reader) = verb(CANCEL)
        && let Some(query) = behind(reader).filter(|query| !query.which.is_spoken_of() || !loose)
    {
        return on(Some(query), What::Cancel);
    }
    if let Some(query) = verb(&["skip", "skipping", "leave out"]).and_then(behind) {
        return on(Some(query).filter(|query| query.kind != Some(Kind::Timer)), What::Skip(None));
    }
    if let Some(reader) = verb(OFF)
        && let Some((last, rest)) = reader.rest().split_last()
        && last.form == "off"
    {
        return on(target(rest), What::Stop);
    }
    if let Some(reader) = verb(PAUSE) {
        return on(alone(reader, Which::It), What::Pause);
    }
    if let Some(reader) = verb(&["put"])
        && let Some(rest) = without_end(reader.rest(), &["on hold"]).or_else(|| without_end(reader.rest(), &["on pause"]))
    {
        return on(target(rest), What::Pause);
    }
    if let Some(reader) = verb(RESUME) {
        return on(alone(reader, Which::Paused), What::Resume);
    }
    if let Some(reader) = verb(RESTART) {
        return on(behind(reader), What::Restart);
    }
    if let Some(query) = verb(&["repeat"]).and_then(behind).filter(|query| query.kind == Some(Kind::Timer)) {
        return on(Some(query), What::Restart);
    }
    if let Some(reader) = verb(&["start", "run", "begin", "set"]) {
        if let Some(rest) = without_end(reader.rest(), &["over"])
            .or_else(|| without_end(reader.rest(), &["from the beginning"]))
            .or_else(|| without_end(reader.rest(), &["over again"]))
            .or_else(|| without_end(reader.rest(), &["from scratch"]))
        {
            return on(target(rest), What::Restart);
        }
        if let Some(rest) = without_end(reader.rest(), &["again"]) {
            return on(target(rest), What::Again);
        }
        let definite = matches!(reader.word(0), "the" | "my" | "that") && words.first().is_some_and(|word| word.form != "set");
        let query = target(reader.rest()).filter(|query| definite && matches!(query.which, Which::Only | Which::Named(_)) && query.kind == Some(Kind::Timer));
        return on(query, What::Start);
    }
    None
}

pub fn without_end<'a>(words: &'a [Word], ends: &[&str]) -> Option<&'a [Word]> {
    let end: Vec<&str> = ends.iter().flat_map(|end| end.split(' ')).collect();
    let at = words.len().checked_sub(end.len())?;
    let (rest, tail) = words.split_at_checked(at)?;
    tail.iter().map(|word| word.form.as_str()).eq(end).then_some(rest)
}

/// "don't cancel the timer", "leave the timer running", "don't wake me tomorrow"
fn negated(words: &[Word]) -> Option<Command> {
    let mut reader = Reader::new(words);
    if reader.eat(&["leave", "keep", "let"]) {
        let ends = [
            "run", "go on", "continue", "run on", "ring", "alone", "running", "going", "on", "as it is", "be", "the way it is",
            "as they are", "set", "active",
        ];
        let rest = ends.iter().find_map(|end| without_end(reader.rest(), &[end])).unwrap_or(reader.rest());
        return target(rest).map(Command::Leave);
    }
    let mut woken = reader;
    if woken.eat(&[
        "i do not need to be woken up",
        "i do not need to be woken",
        "i do not want to be woken up",
        "i do not want to be woken",
        "you do not need to wake me",
        "you do not have to wake me",
    ]) {
        return not_woken(woken.rest());
    }
    if !reader.eat(&[
        "do not", "never", "dont", "do not you dare", "do not ever", "please do not", "you should not", "not", "do not you",
        "you do not have to", "you do not need to", "there is no need to", "no need to", "you need not",
    ]) {
        return None;
    }
    if matches!(reader.word(0), "let" | "forget") {
        return None;
    }
    let mut wakes = reader;
    if wakes.eat(&["wake me up", "wake me", "wake us up", "wake us"]) {
        return not_woken(wakes.rest());
    }
    let mut reminds = reader;
    if reminds.eat(&["remind me to", "remind me about", "remind me of"]) {
        let label = names::said_label(reminds.rest())?;
        return Some(Command::Act(Query::of(Some(Kind::Reminder), Which::Named(label)), What::Cancel));
    }
    if reader.eat(&["remind me", "remind us"]) && reader.is_over() {
        return Some(Command::Unclear(Some(Kind::Reminder), None));
    }
    // `do not add time to the timer`: whatever else is not to be done with it
    let named = || {
        let words = reader.rest();
        let at = words.iter().position(|word| noun(&word.form).is_some()).filter(|at| (1..8).contains(at))?;
        let verb = words.first().filter(|verb| crate::unclear::VERBS.contains(&verb.form.as_str()));
        let query = Query::of(noun(&words.get(at)?.form).map(|(kind, _)| kind), Which::All);
        verb.filter(|_| !crate::target::is_elsewhere(words)).map(|_| Command::Leave(query))
    };
    match act(reader.rest(), false) {
        Some(Command::Act(query, What::Left | What::Start)) | Some(Command::Leave(query)) => Some(Command::Leave(query)),
        Some(Command::Act(query, _)) => Some(Command::Leave(query)),
        Some(_) => None,
        None => setting::set(reader.rest(), "").map(|new| Command::Leave(Query::of(Some(new.kind), Which::All))).or_else(named),
    }
}

/// The alarm of then is not wanted; without a time, the only one.
fn not_woken(when: &[Word]) -> Option<Command> {
    let alarm = |which| Some(Command::Act(Query::of(Some(Kind::Alarm), which), What::Cancel));
    if when.is_empty() {
        return alarm(Which::Only);
    }
    spoken_when::whole(when, true)?;
    let label = names::said_label(when)?;
    alarm(Which::Named(label.strip_prefix("at ").unwrap_or(&label).to_owned()))
}

/// "I don't need the pasta timer any more"
fn not_needed(words: &[Word]) -> Option<Command> {
    let mut reader = Reader::new(words);
    let said = reader.eat(&[
        "i do not need", "i no longer need", "i am done with", "we do not need", "i do not want", "i no longer want", "no more", "no need for", "there is no need for",
        "i am finished with", "enough with",
    ]);
    if said {
        let ends = ["any more", "anymore", "any longer", "to ring", "to go off"];
        let rest = ends.iter().find_map(|end| without_end(reader.rest(), &[end])).unwrap_or(reader.rest());
        let query = target(rest).filter(|query| !query.which.is_spoken_of())?;
        // `I don't need a timer` wants nothing.
        let vague = matches!(rest.first().map(|word| word.form.as_str()), Some("a" | "an" | "any"));
        return Some(if vague { Command::Leave(query) } else { Command::Act(query, What::Cancel) });
    }
    // `no alarm tomorrow`
    let mut none = reader;
    if none.eat(&["no"])
        && let Some(query) = target(none.rest()).filter(|query| query.kind != Some(Kind::Timer))
        && matches!(&query.which, Which::Named(label) | Which::EachNamed(label) if spoken_when::whole(&phrase::split(label), true).is_some())
    {
        return Some(Command::Act(query, What::Cancel));
    }
    if !reader.eat(&["i want", "i would like", "i need"]) {
        return None;
    }
    let states = [
        ("cancelled", What::Cancel),
        ("canceled", What::Cancel),
        ("deleted", What::Cancel),
        ("removed", What::Cancel),
        ("gone", What::Cancel),
        ("off", What::Cancel),
        ("stopped", What::Stop),
        ("paused", What::Pause),
        ("restarted", What::Restart),
    ];
    let (end, what) = states.into_iter().find(|(end, _)| without_end(reader.rest(), &[end]).is_some())?;
    on(without_end(reader.rest(), &[end]).and_then(target), what)
}

/// "snooze for 10 minutes", "5 more minutes", "what rang", "stop"
fn rung(words: &[Word]) -> Option<Command> {
    let is = |phrases: &[&str]| {
        let mut whole = Reader::new(words);
        whole.eat(phrases) && whole.is_over()
    };
    if is(&[
        "stop", "stop it", "stop that", "turn it off", "shut up", "be quiet", "quiet", "enough", "dismiss", "dismiss it", "i am up", "i am awake", "silence",
        "that is enough", "stop ringing", "stop beeping", "i heard you", "i heard it", "got it", "turn that off", "hush", "shush", "shut it off", "off", "i got it",
    ]) {
        return Some(Command::Hush);
    }
    if is(&["repeat that", "say that again", "what was that", "repeat", "again", "pardon", "come again", "what did you say", "say again", "what", "repeat it", "say it again"]) {
        return Some(Command::Repeat { sure: false });
    }
    if is(&[
        "what rang", "what just rang", "what was that for", "which timer was that", "which alarm was that", "which one was that", "what was the reminder", "what was that reminder",
        "what was the alarm for", "what was that alarm", "what was that timer", "which timer rang", "which timer is done", "what went off", "what just went off",
        "repeat the reminder", "repeat that reminder", "read the reminder again", "say the reminder again", "what did you remind me of", "what did you just remind me of",
        "which timer went off", "which alarm went off", "what was that reminder about", "what was the timer for", "which timer just went off", "what is ringing",
        "which one rang", "which one went off", "what was that alarm for", "what was that timer for",
    ]) {
        return Some(Command::Repeat { sure: true });
    }
    let mut reader = Reader::new(words);
    if reader.eat(&["snooze", "snoozing", "hit snooze", "press snooze"]) {
        reader.eat(&["it", "that", "this", "the alarm", "my alarm", "the timer", "this alarm", "that alarm", "the reminder", "that reminder", "alarm", "for me", "all alarms", "the alarms"]);
        reader.eat(&["for", "by"]);
        reader.eat(spoken_when::ABOUT);
        if reader.is_over() {
            return Some(Command::Snooze { time: None, sure: true });
        }
        if reader.eat(&["until", "till", "to"]) {
            return later(reader);
        }
        let time = snooze_time(&mut reader)?;
        return reader.is_over().then_some(Command::Snooze { time: Some(time), sure: true });
    }
    if is(&["remind me later", "remind me again later", "remind me again", "wake me later", "ask me again later"]) {
        return Some(Command::Snooze { time: None, sure: true });
    }
    let mut again = reader;
    if again.eat(&[
        "remind me again", "wake me again", "wake me up again", "ring again", "tell me again", "remind me about it",
        "remind me about that", "remind me of it", "remind me of that",
    ]) && let Some(when) = later(again)
    {
        return Some(when);
    }
    let sure = reader.eat(&[
        "remind me again in", "remind me again", "wake me again in", "wake me up again in", "ring again in", "again in", "remind me later in", "tell me again in", "let me sleep",
        "let me sleep for", "remind me again after",
    ]);
    let _ = sure || reader.eat(&["give me", "i need", "just", "only", "can i have", "can i get", "let me have", "i want", "let me lie for"]);
    let (time, more) = more_time(&mut reader)?;
    reader.eat(&["to sleep", "of sleep", "in bed"]);
    if !reader.is_over() || !(sure || more) {
        return None;
    }
    Some(Command::Snooze { time: Some(time), sure })
}

/// "half past ten", "tomorrow at nine"
fn later(reader: Reader) -> Option<Command> {
    let when = spoken_when::whole(reader.rest(), true).filter(|when| when.after.is_none() && when.every.is_none())?;
    Some(Command::Later(when))
}

fn snooze_time(reader: &mut Reader) -> Option<Duration> {
    if let Some(time) = reader.duration() {
        reader.eat(&["more", "longer"]);
        return Some(time);
    }
    // `snooze for 10` is of minutes.
    let minutes = reader.number()?;
    Duration::try_from_secs_f64(minutes * 60.0).ok()
}

/// "another 5 minutes", "5 more minutes", "five minutes more": the time, and whether it is said to be more.
pub fn more_time(reader: &mut Reader) -> Option<(Duration, bool)> {
    reader.eat(spoken_when::ABOUT);
    let mut more = reader.eat(&["another", "an extra", "an additional", "extra", "additional"]);
    let from = *reader;
    if let Some(count) = reader.number()
        && reader.eat(&["more", "extra", "additional"])
        && let Some(unit) = unit(reader.word(0))
    {
        reader.skip(1);
        return Some((Duration::try_from_secs_f64(count * unit).ok()?, true));
    }
    *reader = from;
    // `another minute`
    if let Some(one) = unit(reader.word(0)).filter(|_| more) {
        reader.skip(1);
        return Some((Duration::try_from_secs_f64(one).ok()?, true));
    }
    let time = reader.length()?;
    more |= reader.eat(&["more", "longer", "extra", "additional"]);
    Some((time, more))
}

fn unit(word: &str) -> Option<f64> {
    match word {
        "second" | "seconds" | "secs" | "sec" => Some(1.0),
        "minute" | "minutes" | "mins" | "min" => Some(60.0),
        "hour" | "hours" => Some(3600.0),
        _ => None,
    }
}

/// "undo", "bring the timer back"
fn undo(words: &[Word]) -> Option<Command> {
    let mut reader = Reader::new(words);
    if reader.eat(&["undo", "take back", "revert", "reverse"]) {
        reader.eat(&["it", "that", "this", "the last thing", "what you did", "what you just did", "the last change", "my last request", "last"]);
        if reader.is_over() {
            return Some(Command::Undo { sure: false });
        }
        let mut rest = reader;
        rest.eat(&["cancelling", "canceling", "setting", "the cancellation of", "pausing", "deleting", "the last"]);
        let about = target(rest.rest()).is_some() || (rest.rest().len() == 1 && noun(rest.word(0)).is_some());
        return about.then_some(Command::Undo { sure: true });
    }
    let is = |phrases: &[&str]| {
        let mut whole = Reader::new(words);
        whole.eat(phrases) && whole.is_over()
    };
    if is(&["take that back", "put it back", "bring it back", "take it back", "restore it", "i did not mean that", "i did not mean to do that", "change it back", "set it back", "that was wrong"]) {
        return Some(Command::Undo { sure: false });
    }
    let mut reader = Reader::new(words);
    if reader.eat(&["bring", "put", "get"])
        && let Some(rest) = without_end(reader.rest(), &["back"])
    {
        return target(rest).map(|_| Command::Undo { sure: true });
    }
    let mut reader = Reader::new(words);
    let said = reader.eat(&["restore", "bring back", "i did not mean to cancel", "i did not mean to stop", "i did not mean to delete", "i did not want to cancel", "un-cancel", "uncancel"]);
    (said && target(reader.rest()).is_some()).then_some(Command::Undo { sure: true })
}
