//! Does what is wanted, and says so.

use std::time::Duration;

use jane_skill::{TurnId, prelude::*};
use phrase::{say_duration, say_list};
use serde::{Deserialize, Serialize};

use crate::{
    act_on::{choose, described},
    command::{Command, New, What},
    heard::Heard,
    ring::{self, Kind, Recurs, Ring, sentence},
    several,
    store::{self, RUNG, Rung, Set, Store},
    target::{Query, Which},
    unclear,
    wall::{local, utc_ms},
    when::{Moment, Never, When},
};

/// The longest timer.
pub const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// What "snooze" gives.
const SNOOZE: Duration = Duration::from_secs(600);

/// How long ago what is snoozed or repeated may have rung, and what is told to be quiet.
const RUNG_WITHIN_MS: u64 = 30 * 60_000;
pub const HUSHED_WITHIN_MS: u64 = 60_000;

/// What is said, and what is asked back with it.
#[derive(Debug, PartialEq)]
pub enum Reply {
    Said(String),
    Asked(String, Option<Question>),
    /// It was about something else.
    Pass,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// What is missing of it.
    New(New),
    /// Which of these.
    Which(Vec<String>, What),
    /// What a reminder for then is about.
    Remind(When),
}

pub fn run_all(commands: Vec<Command>, turn: TurnId) -> Result<Reply, Failure> {
    let mut store = Store::open(turn)?;
    let (mut said, mut asked, mut which) = (Vec::new(), None, None);
    for command in commands {
        // Nothing of it was for this skill.
        if command == Command::Rest && said.is_empty() && which.is_none() {
            return Ok(Reply::Pass);
        }
        match run(&mut store, command)? {
            Reply::Said(text) => said.push(text),
            // The others are dealt with before it is asked; one thing is asked at a time.
            Reply::Asked(text, Some(Question::Which(ids, what))) if which.is_none() => which = Some((text, Question::Which(ids, what))),
            Reply::Asked(text, question) => {
                if which.is_some() {
                    said.push(REST.into());
                    break;
                }
                said.push(text);
                asked = Some(question);
                break;
            }
            // What of it is another's is not done.
            Reply::Pass if !said.is_empty() => said.push(REST.into()),
            Reply::Pass => {}
        }
    }
    store.close()?;
    if let Some((text, question)) = which {
        said.push(text);
        asked = Some(Some(question));
    }
    let text = said.join(" ");
    Ok(match asked {
        Some(question) => Reply::Asked(text, question),
        None if text.is_empty() => Reply::Pass,
        None => Reply::Said(text),
    })
}

const REST: &str = "Please ask for the rest by itself.";

fn run(store: &mut Store, command: Command) -> Result<Reply, Failure> {
    match command {
        Command::Set(new) => set(store, new),
        Command::List(query) => Ok(Reply::Said(list(store, &query)?)),
        Command::LeftWhatever if store.all(Some(Kind::Timer)).is_empty() => Ok(Reply::Pass),
        Command::LeftWhatever => choose(store, &Query::of(Some(Kind::Timer), Which::Only), What::Left),
        Command::LeftPerhaps(label) => {
            let query = Query::of(Some(Kind::Timer), Which::Named(label.clone()));
            let is_there = store.all(query.kind).iter().any(|set| set.ring.is_called(&label, set.due(), store.now));
            if is_there { choose(store, &query, What::Left) } else { Ok(Reply::Pass) }
        }
        Command::Act(query, what) => choose(store, &query, what),
        Command::Snooze { time, sure } => snooze(store, time, sure),
        Command::Later(when) => later(store, &when),
        Command::Another(text) => another(store, &text),
        Command::Hush => match store::rung(HUSHED_WITHIN_MS)? {
            Some(rung) if !rung.heard => Ok(Reply::Said("All right.".into())),
            _ => Ok(Reply::Pass),
        },
        Command::Repeat { sure } => match store::rung(RUNG_WITHIN_MS)? {
            Some(rung) if sure || !rung.heard => Ok(Reply::Said(rung.ring.rings(local(rung.at_ms), store.now_ms.saturating_sub(rung.at_ms)))),
            _ if sure => Ok(Reply::Said(NOTHING_RANG.into())),
            _ => Ok(Reply::Pass),
        },
        Command::Undo { sure } => undo(store, sure),
        Command::Leave(query) => {
            let there = store.all(query.kind);
            // It stays the one that is spoken of.
            if let ([one], None) = (there.as_slice(), store.last()?.filter(|last| !last.is_empty())) {
                store.touch(&one.id);
            }
            for set in store.last()?.unwrap_or_default() {
                store.touch(&set.id);
            }
            Ok(match there.as_slice() {
                _ if query.which.is_spoken_of() && store.last()?.is_none_or(|last| last.is_empty()) => Reply::Pass,
                [] => Reply::Said("All right. There is nothing set.".into()),
                _ => Reply::Said("All right, I leave it as it is.".into()),
            })
        }
        Command::Remind(when) => Ok(Reply::Asked(unclear::remind(&when).into(), Some(Question::Remind(when)))),
        Command::Unclear(kind, query) => unclear_what(store, kind, query),
        Command::Never(new) => {
            let no = if new.kind == Kind::Timer { "That is no length." } else { "There is no such time." };
            Ok(match set(store, new)? {
                Reply::Asked(text, question) => Reply::Asked(format!("{no} {text}"), question),
                other => other,
            })
        }
        Command::Rest => Ok(Reply::Said(REST.into())),
    }
}

fn unclear_what(store: &mut Store, kind: Option<Kind>, query: Option<Query>) -> Result<Reply, Failure> {
    let can = unclear::can(kind);
    let there = store.all(kind);
    let named = match query.as_ref().map(|query| &query.which) {
        Some(Which::Named(label)) => there.iter().find(|set| set.ring.is_called(label, set.due(), store.now)),
        _ if there.len() == 1 => there.first(),
        _ => None,
    };
    Ok(match named {
        Some(set) => {
            store.touch(&set.id);
            Reply::Asked(format!("{can} What should I do with the {}?", set.ring.name()), None)
        }
        None => Reply::Asked(format!("{can} What shall it be?"), None),
    })
}

/// What was due: it is said, and remembered for who snoozes. What comes again, and cron cannot say so, is set anew.
pub fn rings(event: &Event) -> Result<(), Failure> {
    let Some(mut ring) = Ring::kept(&event.payload) else {
        log::warn(&format!("`{}` was kept by another version", event.id));
        return voice::say("Something that you set is due.");
    };
    let now_ms = clock::now_ms();
    let from = local(now_ms.max(event.due_ms));
    if ring.cron().is_none()
        && let Some(next) = ring.next(from)
    {
        // What was left out is over, and cron may say it again.
        ring.skipped.retain(|day| *day > from.div_euclid(crate::wall::DAY_S));
        let when = ring.cron().map_or(schedule::When::AtMs(utc_ms(next, now_ms)), schedule::When::Cron);
        schedule::set(&event.id, when, ring.kind.word(), &serde_json::to_string(&ring)?)?;
    }
    voice::say(&ring.rings(local(event.due_ms), event.late_ms))?;
    // It was said: a failure here would have it said again.
    if let Err(failure) = kv::set(RUNG, &Rung { ring, at_ms: now_ms, heard: false }) {
        log::warn(&format!("what rang is not kept: {}", failure.message()));
    }
    Ok(())
}

/// Sets one, or asks for what is missing.
pub fn set(store: &mut Store, new: New) -> Result<Reply, Failure> {
    let ask = |text: &str, new: New| Ok(Reply::Asked(text.into(), Some(Question::New(new))));
    if let Some(number) = new.number {
        let text = format!("{} minutes?", phrase::say_number(number));
        return ask(&text, new);
    }
    if new.when.is_empty() {
        return ask(if new.kind == Kind::Timer { "For how long?" } else if new.kind == Kind::Alarm { "For when?" } else { "When shall I remind you?" }, new);
    }
    if new.recurs && new.when.every.is_none() && new.when.has_time() {
        return ask("On which days?", new);
    }
    let (now_ms, now) = (store.now_ms, store.now);
    let moment = match new.when.moment(new.kind, new.wakes, now) {
        Ok(moment) => moment,
        Err(Never::NoTime) => return ask("At what time?", new),
        Err(Never::NoDays) => return ask("On which day?", New { recurs: true, ..new }),
        Err(Never::Over) => return Ok(Reply::Said("That time is already over.".into())),
        Err(Never::NoDay) => return Ok(Reply::Said("There is no such day.".into())),
    };
    let New { kind, label, wakes, .. } = new;
    let mut ring = Ring::new(kind, label, wakes);
    let (due_ms, said) = match moment {
        Moment::After(time) if time.is_zero() => return Ok(Reply::Said("It has to be a second at least.".into())),
        Moment::After(time) if time > LONGEST => return Ok(Reply::Said("That is too long for me: a year is the most.".into())),
        Moment::After(time) => {
            ring.seconds = time.as_secs();
            let takes = say_duration(time);
            let said = match kind {
                Kind::Timer => format!("set for {takes}"),
                Kind::Alarm => format!("set for {takes} from now"),
                Kind::Reminder => format!("in {takes}"),
            };
            // Days are those of the calendar: one of them may have 23 or 25 hours.
            let days = kind != Kind::Timer && time.as_secs().is_multiple_of(86_400);
            let local_due = now.saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
            let due_ms = now_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            (if days { utc_ms(local_due, now_ms) } else { due_ms }, said)
        }
        Moment::At(at) => {
            let due_ms = utc_ms(at, now_ms);
            let skipped = if local(due_ms) == at { "" } else { ", since the clocks go forward then" };
            let said = format!("{}{skipped}", ring::at(local(due_ms), now));
            (due_ms, if kind == Kind::Reminder { said } else { format!("set {said}") })
        }
        Moment::Every { hour, minute, again } => {
            let Some(next) = again.next(hour, minute, now, None) else { return Ok(Reply::Said("There is no such day.".into())) };
            let recurs = Recurs { again, hour, minute, first: next.div_euclid(crate::wall::DAY_S) };
            let said = recurs.said();
            ring.recurs = Some(recurs);
            (utc_ms(next, now_ms), if kind == Kind::Reminder { said } else { format!("set {said}") })
        }
    };
    // A second pasta timer takes the first one's place.
    let before = match (kind, ring.label.is_empty()) {
        (Kind::Timer, false) => store.all(Some(kind)).into_iter().find(|set| set.ring.label.eq_ignore_ascii_case(&ring.label)),
        _ => None,
    };
    let id = match &before {
        Some(before) => before.id.clone(),
        None => store.next_id()?,
    };
    let in_place = before.map(|before| format!(", in place of the one with {} left", say_duration(before.left(now_ms)))).unwrap_or_default();
    let text = match (kind, ring.label.as_str()) {
        (Kind::Reminder, "") => format!("I will remind you {said}."),
        (Kind::Reminder, label) => format!("I will remind you {said}: {label}."),
        (_, "") => sentence(&format!("{} {said}.", kind.word())),
        (Kind::Alarm, label) if wakes || label.contains(' ') => format!("Alarm {said}: {label}."),
        (_, label) => sentence(&format!("{label} {} {said}{in_place}.", kind.word())),
    };
    store.put(Set { id, ring, due_ms, paused_ms: None })?;
    Ok(Reply::Said(text))
}

/// Said where nothing rang that could be put off or said again.
const NOTHING_RANG: &str = "Nothing has rung in the last half hour.";

fn snooze(store: &mut Store, time: Option<Duration>, sure: bool) -> Result<Reply, Failure> {
    let rung = store::rung(RUNG_WITHIN_MS)?;
    let Some(Rung { mut ring, .. }) = rung else {
        // `5 more minutes`, of the timer that was spoken of
        if let (false, Some(time)) = (sure, time)
            && store.last()?.is_some_and(|last| matches!(last.as_slice(), [set] if set.ring.kind == Kind::Timer))
        {
            return choose(store, &Query::of(None, Which::It), What::By(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)));
        }
        return Ok(if sure { Reply::Said(NOTHING_RANG.into()) } else { Reply::Pass });
    };
    let time = time.unwrap_or(SNOOZE);
    if time.is_zero() || time > LONGEST {
        return Ok(Reply::Said("I cannot snooze for that long.".into()));
    }
    let due_ms = store.now_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    (ring.recurs, ring.seconds) = (None, time.as_secs());
    let id = store.next_id()?;
    store.put(Set { id, ring, due_ms, paused_ms: None })?;
    kv::delete(RUNG)?;
    Ok(Reply::Said(format!("Once more in {}.", say_duration(time))))
}

/// What rang is to ring once more, then.
fn later(store: &mut Store, when: &When) -> Result<Reply, Failure> {
    let Some(Rung { ring, .. }) = store::rung(RUNG_WITHIN_MS)? else {
        return Ok(Reply::Said(NOTHING_RANG.into()));
    };
    let kind = if ring.kind == Kind::Timer { Kind::Alarm } else { ring.kind };
    let reply = set(store, New::of(kind, ring.label, ring.wakes, when.clone()))?;
    kv::delete(RUNG)?;
    Ok(reply)
}

/// One more of the kind that was spoken of last: "another one for 5 minutes".
fn another(store: &mut Store, text: &str) -> Result<Reply, Failure> {
    let last = store.last()?.unwrap_or_default();
    if let (true, Some(set)) = (text.is_empty(), last.last()) {
        let (kind, seconds) = (set.ring.kind, set.ring.seconds);
        return match (kind, seconds) {
            (Kind::Timer, 1..) => self::set(store, New::timer(String::new(), Duration::from_secs(seconds))),
            _ => Ok(Reply::Asked(
                format!("When shall the other {} ring?", kind.word()),
                Some(Question::New(New::of(kind, String::new(), set.ring.wakes, When::default()))),
            )),
        };
    }
    let (Some(set_last), Some(heard)) = (last.last().map(|set| set.ring.clone()), Heard::new(text)) else {
        return Ok(Reply::Pass);
    };
    let time = Duration::from_secs(if set_last.seconds == 0 { 60 } else { set_last.seconds });
    let like = New::of(set_last.kind, String::new(), set_last.wakes, When::after(time));
    let Some(mut new) = several::next(&heard, &like).and_then(|found| found.into_iter().next()) else {
        return Ok(Reply::Pass);
    };
    // `and another for 7` is of the same half of the day.
    if let (Kind::Alarm, Some(set), Some(time)) = (new.kind, last.last(), new.when.time.filter(|time| !time.certain)) {
        let (hour, _) = ring::hour_and_minute(set.due());
        new.when.time = Some(if hour < 12 { time.morning() } else { time.evening() });
    }
    set(store, new)
}

fn undo(store: &mut Store, sure: bool) -> Result<Reply, Failure> {
    let Some(undone) = store.undo(sure)? else {
        return Ok(if sure { Reply::Said("There is nothing to undo.".into()) } else { Reply::Pass });
    };
    let said = undone.iter().map(|(was, is)| match (was, is) {
        (Some(was), _) if was.paused_ms.is_none() && was.due_ms <= store.now_ms && was.ring.recurs.is_none() => {
            format!("the {} would be over by now", was.ring.name())
        }
        (Some(was), None) => format!("you have {} again", described(store, was)),
        (Some(was), Some(_)) => format!("you have {} as before", described(store, was)),
        (None, Some(is)) => format!("the {} is cancelled", is.ring.name()),
        (None, None) => "there is nothing left to undo".into(),
    });
    Ok(Reply::Said(sentence(&format!("{}.", say_list(&said.collect::<Vec<_>>())))))
}

/// What is to come, as a sentence.
pub fn list(store: &mut Store, query: &Query) -> Result<String, Failure> {
    let mut there_are = store.all(query.kind);
    let noun = query.kind.map_or("timers, alarms or reminders".into(), |kind| format!("{}s", kind.word()));
    match &query.which {
        Which::Nth(nth) => there_are = there_are.into_iter().skip(usize::from(nth.saturating_sub(1))).take(1).collect(),
        Which::EachNamed(label) | Which::Named(label) => {
            let (fit, others): (Vec<Set>, Vec<Set>) = there_are.into_iter().partition(|set| set.ring.is_called(label, set.due(), store.now));
            if fit.is_empty() && !others.is_empty() {
                let said: Vec<String> = others.iter().map(|set| described(store, set)).collect();
                return Ok(format!("None then. You have {}.", say_list(&said)));
            }
            there_are = fit;
        }
        _ => {}
    }
    for set in &there_are {
        store.touch(&set.id);
    }
    Ok(match there_are.as_slice() {
        [] => format!("You have no {noun}."),
        [one] => format!("You have {}.", described(store, one)),
        several => {
            let said: Vec<String> = several.iter().map(|set| described(store, set)).collect();
            let noun = if query.kind.is_some() { format!(" {noun}") } else { String::new() };
            format!("You have {}{noun}: {}.", several.len(), say_list(&said))
        }
    })
}
