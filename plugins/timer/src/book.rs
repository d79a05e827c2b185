//! What is to ring: kept where Jane keeps what is scheduled, so that a restart loses none.

use std::time::Duration;

use jane_skill::{prelude::*, schedule::Entry};
use phrase::{say_duration, say_list};
use serde::{Deserialize, Serialize};

use crate::{
    command::{Command, Left, New, Unfinished, Which},
    ring::{self, Kind, Ring, sentence},
    when::{Moment, Never, When},
};

/// The longest timer.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// What "snooze" gives.
const SNOOZE: Duration = Duration::from_secs(600);

/// How long ago what is snoozed may have rung.
const SNOOZED_WITHIN_MS: u64 = 30 * 60_000;

/// The key of what rang last.
const RUNG: &str = "rung";

/// The key of the number that comes next.
const NEXT: &str = "next";

/// What is said, and what is asked back with it.
#[derive(Debug, PartialEq)]
pub enum Reply {
    Said(String),
    Asked(String, Question),
    /// It was about something else.
    Pass,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    When(Unfinished),
    Which(Option<Kind>, What),
}

/// What is to be done with the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum What {
    Cancel,
    Left,
    ChangeByMs(i64),
}

/// Something that is to ring.
struct Set {
    entry: Entry,
    ring: Ring,
    /// When, as the clock on the wall shows it.
    due: i64,
    left: Duration,
}

#[derive(Serialize, Deserialize)]
struct Rung {
    ring: Ring,
    at_ms: u64,
}

pub fn run(command: Command) -> Result<Reply, Failure> {
    match command {
        Command::Set(all) => set_all(all),
        Command::SetWhen(what) => {
            let question = match what.kind {
                Kind::Timer => "For how long?",
                Kind::Alarm => "For when?",
                Kind::Reminder => "When shall I remind you?",
            };
            Ok(Reply::Asked(question.into(), Question::When(what)))
        }
        Command::List(kind) => list(kind).map(Reply::Said),
        Command::Left(Left::Whatever) if all(Some(Kind::Timer))?.is_empty() => Ok(Reply::Pass),
        Command::Left(Left::Whatever) => choose(Some(Kind::Timer), What::Left, &Which::Only),
        Command::Left(Left::Timer(which)) => choose(Some(Kind::Timer), What::Left, &which),
        Command::Left(Left::Perhaps(label)) => {
            if is_there(Some(Kind::Timer), &label)? {
                choose(Some(Kind::Timer), What::Left, &Which::Named(label))
            } else {
                Ok(Reply::Pass)
            }
        }
        Command::Cancel { kind, which } => choose(kind, What::Cancel, &which),
        Command::Change { which, by_ms } => choose(Some(Kind::Timer), What::ChangeByMs(by_ms), &which),
        Command::Snooze(time) => snooze(time.unwrap_or(SNOOZE)),
    }
}

/// What was due: it is said, and remembered for who snoozes.
pub fn rings(event: &Event) -> Result<(), Failure> {
    let Ok(ring) = event.parse::<Ring>() else {
        log::warn(&format!("`{}` was kept by another version", event.id));
        return voice::say("Something that you set is due.");
    };
    voice::say(&ring.rings(local(event.due_ms), event.late_ms))?;
    // It was said: a failure here would have it said again.
    if let Err(failure) = kv::set(RUNG, &Rung { ring, at_ms: clock::now_ms() }) {
        log::warn(&format!("what rang is not kept: {}", failure.message()));
    }
    Ok(())
}

// Setting ---------------------------------------------------------------------------------------------------------------------

fn set_all(all: Vec<New>) -> Result<Reply, Failure> {
    let mut said = Vec::new();
    for New { what, when } in all {
        match set(what, &when)? {
            Reply::Said(text) => said.push(text),
            other => return Ok(other),
        }
    }
    Ok(Reply::Said(said.join(" ")))
}

/// Sets one.
pub fn set(what: Unfinished, when: &When) -> Result<Reply, Failure> {
    let now_ms = clock::now_ms();
    let now = local(now_ms);
    let moment = match when.moment(what.kind, what.wakes, now) {
        Ok(moment) => moment,
        Err(Never::NoTime) => return Ok(Reply::Asked("At what time?".into(), Question::When(what))),
        Err(Never::Over) => return Ok(Reply::Said("That time is already over.".into())),
        Err(Never::NoDay) => return Ok(Reply::Said("There is no such day.".into())),
    };
    let Unfinished { kind, label, wakes } = what;
    let mut ring = Ring { kind, label, seconds: 0, every: None, wakes };
    let (when, said) = match &moment {
        Moment::After(time) if time.is_zero() => return Ok(Reply::Said("It has to be a second at least.".into())),
        Moment::After(time) if *time > LONGEST => return Ok(Reply::Said("That is too long for me: a year is the most.".into())),
        Moment::After(time) => {
            ring.seconds = time.as_secs();
            let takes = say_duration(*time);
            let said = match kind {
                Kind::Timer => format!("set for {takes}"),
                Kind::Alarm => format!("set for {takes} from now"),
                Kind::Reminder => format!("in {takes}"),
            };
            (schedule::When::AfterMs(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)), said)
        }
        Moment::At(at) => {
            let said = ring::at(*at, now);
            (schedule::When::AtMs(utc_ms(*at, now_ms)), if kind == Kind::Reminder { said } else { format!("set {said}") })
        }
        Moment::Every { hour, minute, days } => {
            ring.every = Some((*hour, *minute, days.clone()));
            let said = ring::every(*hour, *minute, days);
            (schedule::When::Cron(format!("{minute} {hour} * * {days}")), if kind == Kind::Reminder { said } else { format!("set {said}") })
        }
    };
    // A second pasta timer takes the first one's place.
    let before = match (kind, ring.label.is_empty()) {
        (Kind::Timer, false) => all(Some(kind))?.into_iter().find(|set| set.ring.label.eq_ignore_ascii_case(&ring.label)),
        _ => None,
    };
    let id = match &before {
        Some(before) => before.entry.id.clone(),
        None => next_id()?,
    };
    schedule::set(&id, when, kind.word(), &serde_json::to_string(&ring)?)?;
    let in_place = before.map(|before| format!(", in place of the one with {} left", say_duration(before.left))).unwrap_or_default();
    Ok(Reply::Said(match (kind, ring.label.as_str()) {
        (Kind::Reminder, "") => format!("I will remind you {said}."),
        (Kind::Reminder, label) => format!("I will remind you {said}: {label}."),
        (_, "") => sentence(&format!("{} {said}.", kind.word())),
        (Kind::Alarm, label) if wakes || label.contains(' ') => format!("Alarm {said}: {label}."),
        (_, label) => sentence(&format!("{label} {} {said}{in_place}.", kind.word())),
    }))
}

/// A number that no other has.
fn next_id() -> Result<String, Failure> {
    let number = kv::get::<u64>(NEXT)?.unwrap_or(1);
    kv::set(NEXT, &(number + 1))?;
    Ok(number.to_string())
}

fn snooze(time: Duration) -> Result<Reply, Failure> {
    let now_ms = clock::now_ms();
    let rung = kv::get::<Rung>(RUNG).unwrap_or_default().filter(|rung| now_ms.saturating_sub(rung.at_ms) <= SNOOZED_WITHIN_MS);
    let Some(Rung { ring, .. }) = rung else { return Ok(Reply::Pass) };
    let ring = Ring { every: None, seconds: time.as_secs(), ..ring };
    schedule::after(&next_id()?, time, ring.kind.word(), &serde_json::to_string(&ring)?)?;
    kv::delete(RUNG)?;
    Ok(Reply::Said(format!("Once more in {}.", say_duration(time))))
}

// What there is ---------------------------------------------------------------------------------------------------------------

/// All, or those of one kind, the soonest first.
fn all(kind: Option<Kind>) -> Result<Vec<Set>, Failure> {
    let now_ms = clock::now_ms();
    let set = |entry: Entry| {
        let ring: Ring = serde_json::from_str(&entry.payload).ok()?;
        let left = Duration::from_secs(entry.due_ms.saturating_sub(now_ms).div_ceil(1000));
        kind.is_none_or(|kind| kind == ring.kind).then(|| Set { due: local(entry.due_ms), left, ring, entry })
    };
    Ok(schedule::pending()?.into_iter().filter_map(set).collect())
}

/// Whether there is one of this name.
pub fn is_there(kind: Option<Kind>, label: &str) -> Result<bool, Failure> {
    Ok(all(kind)?.iter().any(|set| set.ring.is_called(label, set.due)))
}

/// What is to come, as a sentence.
pub fn list(kind: Option<Kind>) -> Result<String, Failure> {
    let there_are = all(kind)?;
    let noun = kind.map_or("timers, alarms or reminders".into(), |kind| format!("{}s", kind.word()));
    Ok(match there_are.as_slice() {
        [] => format!("You have no {noun}."),
        [one] => format!("You have {}.", described(one)),
        several => {
            let said: Vec<String> = several.iter().map(described).collect();
            let noun = if kind.is_some() { format!(" {noun}") } else { String::new() };
            format!("You have {}{noun}: {}.", several.len(), say_list(&said))
        }
    })
}

fn described(set: &Set) -> String {
    set.ring.described(set.left, set.due, local(clock::now_ms()))
}

/// Does something with the ones that are meant, or asks which.
pub fn choose(kind: Option<Kind>, what: What, which: &Which) -> Result<Reply, Failure> {
    let mut there_are = all(kind)?;
    let noun = kind.map_or("timer, alarm or reminder", Kind::word);
    if there_are.is_empty() {
        return Ok(Reply::Said(match which {
            Which::Named(label) if kind == Some(Kind::Timer) => format!("There is no {label} timer."),
            _ => format!("There is no {noun}."),
        }));
    }
    let chosen: Vec<Set> = match which {
        Which::All => there_are,
        Which::Next => there_are.into_iter().take(1).collect(),
        Which::Last => {
            there_are.sort_by_key(|set| set.entry.id.parse::<u64>().unwrap_or(0));
            there_are.into_iter().next_back().into_iter().collect()
        }
        // Asked of several, how long is left is told of each.
        Which::Only if there_are.len() == 1 || what == What::Left => there_are,
        Which::Only => {
            let said: Vec<String> = there_are.iter().map(described).collect();
            return Ok(Reply::Asked(format!("Which one? You have {}.", say_list(&said)), Question::Which(kind, what)));
        }
        Which::Named(label) => {
            let (called, others): (Vec<Set>, Vec<Set>) = there_are.into_iter().partition(|set| set.ring.is_called(label, set.due));
            if called.is_empty() {
                let said: Vec<String> = others.iter().map(described).collect();
                let missing = match kind {
                    Some(kind @ (Kind::Timer | Kind::Alarm)) => format!("no {label} {}", kind.word()),
                    _ => "none of that name".into(),
                };
                return Ok(Reply::Said(format!("There is {missing}. You have {}.", say_list(&said))));
            }
            called
        }
    };
    match what {
        What::Cancel => cancel(&chosen, kind),
        What::Left => Ok(Reply::Said(left(&chosen))),
        What::ChangeByMs(by_ms) => change(&chosen, by_ms),
    }
}

fn cancel(chosen: &[Set], kind: Option<Kind>) -> Result<Reply, Failure> {
    for set in chosen {
        schedule::cancel(&set.entry.id)?;
    }
    let now = local(clock::now_ms());
    Ok(Reply::Said(match chosen {
        [Set { ring, due, .. }] => match (&ring.every, ring.kind, ring.label.as_str()) {
            (_, Kind::Reminder, label) if !label.is_empty() => format!("Reminder cancelled: {label}."),
            (Some((hour, minute, days)), Kind::Alarm, "") => format!("Alarm {} cancelled.", ring::every(*hour, *minute, days)),
            (None, Kind::Alarm, "") => format!("Alarm {} cancelled.", ring::at(*due, now)),
            _ => sentence(&format!("{} cancelled.", ring.name())),
        },
        several => match kind {
            Some(kind) => format!("{} {}s cancelled.", several.len(), kind.word()),
            None => format!("All {} cancelled.", several.len()),
        },
    }))
}

fn left(chosen: &[Set]) -> String {
    let said = |set: &Set| format!("{} left on the {}", say_duration(set.left), set.ring.name());
    match chosen {
        [set] if set.ring.label.is_empty() => format!("{} left.", say_duration(set.left)),
        several => format!("{}.", say_list(&several.iter().map(said).collect::<Vec<_>>())),
    }
}

fn change(chosen: &[Set], by_ms: i64) -> Result<Reply, Failure> {
    let [Set { entry, ring, .. }] = chosen else {
        return Ok(Reply::Said("I can change one timer at a time.".into()));
    };
    let now_ms = clock::now_ms();
    let due_ms = entry.due_ms.saturating_add_signed(by_ms);
    if due_ms <= now_ms {
        return Ok(Reply::Said("There is not that much left.".into()));
    }
    if due_ms - now_ms > u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX) {
        return Ok(Reply::Said("That is too long for me: a year is the most.".into()));
    }
    let ring = Ring { seconds: ring.seconds.saturating_add_signed(by_ms / 1000), ..ring.clone() };
    schedule::at(&entry.id, due_ms, ring.kind.word(), &serde_json::to_string(&ring)?)?;
    let left = Duration::from_secs((due_ms - now_ms).div_ceil(1000));
    Ok(Reply::Said(format!(
        "{} left now{}.",
        say_duration(left),
        if ring.label.is_empty() { String::new() } else { format!(" on the {}", ring.name()) }
    )))
}

// Time ------------------------------------------------------------------------------------------------------------------------

/// Seconds since 1970 as the clock on the wall shows them.
fn local(ms: u64) -> i64 {
    i64::try_from(ms / 1000).unwrap_or(0) + i64::from(clock::local_offset_s(ms))
}

/// The time, in milliseconds since 1970 (UTC), at which the clock on the wall shows `local`.
fn utc_ms(local: i64, now_ms: u64) -> u64 {
    let guess = u64::try_from(local - i64::from(clock::local_offset_s(now_ms))).unwrap_or(0) * 1000;
    // Another offset may be in force by then.
    u64::try_from(local - i64::from(clock::local_offset_s(guess))).unwrap_or(0) * 1000
}
