//! Several requests in one breath: "set a timer for 5 minutes and another for 10", "wake me at 7 and 7:30".

use std::time::Duration;

use phrase::Word;

use crate::{
    command::{Command, New, one},
    heard::Heard,
    reader::Reader,
    ring::Kind,
    setting, spoken_when,
    when::When,
};

/// The most requests in one breath.
const MOST: usize = 6;

fn part(heard: &Heard, words: &[Word]) -> Option<Heard> {
    let range = words.first()?.place.start..words.last()?.place.end;
    Heard::new(heard.text().get(range)?)
}

/// Where one may end and the next begin: the words of the first, and of the second.
fn splits(words: &[Word]) -> impl Iterator<Item = (&[Word], &[Word])> {
    (1..words.len()).filter_map(|at| {
        let (first, second) = words.split_at_checked(at)?;
        let mut rest = Reader::new(second);
        let joined = rest.eat(&["and then", "and also", "and", "then", "also", "plus", "as well as"]);
        let pause = first.last().is_some_and(|word| word.pause);
        (joined || pause).then(|| (first, rest.rest())).filter(|(_, rest)| !rest.is_empty())
    })
}

/// Both are whole requests, each with its own verb.
pub fn pairs(heard: &Heard) -> Option<Vec<Command>> {
    const TAILS: &[&str] = &["tell me when", "let me know when", "notify me when", "alert me when", "start it", "ring when", "wake me when"];
    for (first, second) in splits(heard.words()).take(12) {
        let (Some(one_part), Some(rest)) = (part(heard, first), part(heard, second)) else { continue };
        let Some(command) = one(&one_part) else { continue };
        if Reader::new(second).eat(TAILS) {
            return Some(vec![command]);
        }
        let verb = Reader::new(second).eat(&[
            "set", "start", "make", "create", "remind", "wake", "cancel", "stop", "delete", "pause", "resume", "remove", "add", "turn", "clear", "an", "a",
        ]);
        let Some(mut more) = (verb && rest.words().len() > 1).then(|| pairs(&rest).or_else(|| one(&rest).map(|command| vec![command]))).flatten() else { continue };
        more.insert(0, command);
        return (more.len() <= MOST).then_some(more);
    }
    None
}

/// "remind me to call mum at 5 and to buy milk at 6": each has a time of its own.
pub fn reminders(heard: &Heard) -> Option<Vec<Command>> {
    let found = elliptic(heard)?;
    let whole = |command: &Command| matches!(command, Command::Set(new) if new.kind == Kind::Reminder && new.is_whole());
    found.iter().all(whole).then_some(found)
}

/// The second leaves out what the first said: "and another for 10", "and to buy milk at 6".
pub fn elliptic(heard: &Heard) -> Option<Vec<Command>> {
    for (first, second) in splits(heard.words()).take(12) {
        let Some(Command::Set(new)) = part(heard, first).as_ref().and_then(one) else { continue };
        if new.kind != Kind::Timer && !new.is_whole() {
            continue;
        }
        if let Some(more) = part(heard, second).and_then(|rest| next(&rest, &new)) {
            let mut all = vec![new];
            all.extend(more);
            // `at 8 and at 9 to take my pills` is the same twice.
            let label = all.iter().map(|new| new.label.clone()).find(|label| !label.is_empty()).unwrap_or_default();
            for new in all.iter_mut().filter(|new| new.kind == Kind::Reminder && new.label.is_empty()) {
                new.label = label.clone();
            }
            return Some(all.into_iter().map(Command::Set).collect());
        }
    }
    None
}

fn next(rest: &Heard, before: &New) -> Option<Vec<New>> {
    if let Some((first, second)) = splits(rest.words()).next()
        && let Some(found) = part(rest, first).and_then(|first| next(&first, before))
        && let Some(more) = part(rest, second).and_then(|second| next(&second, before))
    {
        return Some(found.into_iter().chain(more).collect());
    }
    let mut reader = Reader::new(rest.words());
    reader.eat(&["set", "start", "make", "add", "set me", "do"]);
    reader.eat(&["another one", "another", "one more", "one", "a second one", "a second", "a third one", "a third", "the other", "the other one"]);
    reader.eat(&["timer", "alarm", "reminder"]);
    match before.kind {
        Kind::Reminder => {
            let again = format!("remind me {}", rest.text().get(reader.rest().first()?.place.start..)?);
            let heard = Heard::new(&again)?;
            setting::set(heard.words(), heard.text()).filter(New::is_whole).map(|new| vec![new])
        }
        Kind::Alarm => {
            reader.eat(&["for"]);
            let when = spoken_when::whole(reader.rest(), true)?;
            let when = if when.day.is_none() && when.every.is_none() { When { day: before.when.day, every: before.when.every, ..when } } else { when };
            Some(vec![New { when, ..before.clone() }])
        }
        Kind::Timer => {
            reader.eat(&["for", "of", "at", "in"]);
            let time = match reader.duration() {
                Some(time) => time,
                None => Duration::try_from_secs_f64(reader.number()? * unit(before.when.after?)).ok()?,
            };
            let label = if reader.eat(&["for the", "for my", "for", "called", "named"]) {
                crate::names::name(reader.rest(), rest.text())?
            } else {
                reader.is_over().then(String::new)?
            };
            Some(vec![New::timer(label, time)])
        }
    }
}

/// The seconds of the unit that a length is said in.
fn unit(time: Duration) -> f64 {
    match time.as_secs() {
        seconds if seconds >= 3600 && seconds.is_multiple_of(3600) => 3600.0,
        seconds if seconds >= 60 => 60.0,
        _ => 1.0,
    }
}

/// One verb and several times: "set three timers for 5, 10 and 15 minutes", "wake me at 7 and 7:30", "set alarms for 7, 8 and 9"
pub fn times(heard: &Heard) -> Option<Vec<Command>> {
    let mut reader = Reader::new(heard.words());
    let sets = reader.eat(&["set", "start", "make", "create", "give me", "i need", "set me", "set up", "put on", "i want"]);
    let wakes = !sets && reader.eat(&["wake me up at", "wake me at", "wake me up", "wake me"]);
    reader.eat(&["a", "two", "three", "four", "five", "2", "3", "4", "5", "a couple of", "several", "some", "my", "me"]);
    let kind = if wakes {
        Kind::Alarm
    } else if reader.eat(&["timers", "timer"]) {
        Kind::Timer
    } else if reader.eat(&["alarms", "alarm"]) {
        Kind::Alarm
    } else {
        // `three 5 minute timers`
        let (count, _) = phrase::read::number(heard.words().get(1..)?)?;
        let time = reader.duration()?;
        let same = sets && reader.eat(&["timers"]) && reader.is_over() && (2.0..=6.0).contains(&count);
        return same.then(|| (0..count as usize).map(|_| Command::Set(New::timer(String::new(), time))).collect());
    };
    reader.eat(&["for", "of", "at", "one for", "with"]);
    let mut all: Vec<New> = Vec::new();
    let mut numbers = Vec::new();
    while !reader.is_over() && all.len() + numbers.len() <= MOST {
        if !all.is_empty() || !numbers.is_empty() {
            reader.eat(&["and one for", "and for", "and at", "and one at", "and", "one for", "for", "at"]);
        }
        if kind == Kind::Alarm {
            let (when, taken) = spoken_when::read(reader.rest(), true)?;
            reader.skip(taken);
            all.push(New::of(kind, String::new(), wakes, when));
        } else if let Some(time) = reader.duration() {
            let unit = unit(time);
            for number in numbers.drain(..) {
                all.push(New::timer(String::new(), Duration::try_from_secs_f64(number * unit).ok()?));
            }
            all.push(New::timer(String::new(), time));
        } else {
            numbers.push(reader.number()?);
        }
    }
    if all.len() < 2 || !numbers.is_empty() || !reader.is_over() {
        return None;
    }
    // A day or a recurrence that is said of one is of all.
    let shared = all.iter().find(|new| new.when.day.is_some() || new.when.every.is_some()).map(|new| new.when.clone());
    if let Some(shared) = shared {
        for new in all.iter_mut().filter(|new| new.when.day.is_none() && new.when.every.is_none()) {
            (new.when.day, new.when.every, new.when.part) = (shared.day, shared.every, new.when.part.or(shared.part));
        }
    }
    Some(all.into_iter().map(Command::Set).collect())
}

/// What is whole is done; of the rest it is said that it is not.
pub fn with_rest(heard: &Heard) -> Option<Vec<Command>> {
    let (first, _) = splits(heard.words()).find(|(first, second)| {
        let whole = part(heard, first).as_ref().and_then(one).is_some_and(|command| match command {
            Command::Set(new) => new.is_whole(),
            Command::Act(..) => true,
            _ => false,
        });
        whole && second.len() > 1
    })?;
    part(heard, first).as_ref().and_then(one).map(|command| vec![command, Command::Rest])
}
