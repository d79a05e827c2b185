//! Does something with the ones that are meant, or asks which.

use std::time::Duration;

use jane_skill::prelude::*;
use phrase::{read, say_duration, say_list};

use crate::{
    book::{HUSHED_WITHIN_MS, LONGEST, Question, Reply},
    command::What,
    ring::{self, Kind, sentence},
    skips, spoken_when,
    store::{self, Set, Store},
    target::{Query, Which},
    wall::utc_ms,
    when::{Moment, When},
};

/// In a list: "a pasta timer with 8 minutes left".
pub fn described(store: &Store, set: &Set) -> String {
    let text = set.ring.described(set.left(store.now_ms), set.due(), store.now);
    if set.paused_ms.is_some() { format!("{}, paused", text.trim_end_matches(" left")) + " with that left" } else { text }.replace(", paused with that left", " left, paused")
}

fn all_described(store: &Store, sets: &[Set]) -> String {
    say_list(&sets.iter().map(|set| described(store, set)).collect::<Vec<_>>())
}

/// Does it with those that are meant.
pub fn choose(store: &mut Store, query: &Query, what: What) -> Result<Reply, Failure> {
    let kind = query.kind;
    // `stop it`, while it rings
    if query.which == Which::It && what == What::Stop && store::rung(HUSHED_WITHIN_MS)?.is_some_and(|rung| !rung.heard) {
        return Ok(Reply::Said("All right.".into()));
    }
    if query.which == Which::It {
        let mut last = store.last()?.unwrap_or_default();
        // `that reminder` is none of the alarms that were spoken of.
        if what == What::Left
            && let Some(kind) = kind
        {
            last.retain(|set| set.ring.kind == kind);
            if last.is_empty() {
                return choose(store, &Query::of(Some(kind), Which::Only), what);
            }
        }
        return match last {
            // `it` is one of them.
            sets if sets.len() > 1 && !matches!(what, What::Left | What::Stop) => Ok(which_one(store, sets, what)),
            sets if !sets.is_empty() => act(store, &sets, what, kind),
            _ if matches!(what, What::Restart | What::Again) => Ok(rung_anew(store)?.unwrap_or(Reply::Pass)),
            _ => Ok(Reply::Pass),
        };
    }
    if let Which::Them(all) = query.which {
        let last = store.last()?.unwrap_or_default();
        // `both` of two that were set one after the other
        let kinds: Vec<Kind> = last.iter().map(|set| set.ring.kind).collect();
        let chosen =
            if last.len() > 1 && !all { last } else { store.all(None).into_iter().filter(|set| kinds.contains(&set.ring.kind)).collect() };
        return if chosen.is_empty() { Ok(Reply::Pass) } else { act(store, &chosen, what, kind) };
    }
    if let Which::Perhaps(label) = &query.which {
        let is = |set: &Set| set.ring.label.eq_ignore_ascii_case(label) || (kind.is_none() && set.ring.is_called(label, set.due(), store.now));
        let found: Vec<Set> = store.all(kind).into_iter().filter(is).collect();
        if kind.is_none() && found.len() > 1 {
            return Ok(which_one(store, found, what));
        }
        return if found.is_empty() { Ok(Reply::Pass) } else { act(store, &found, what, kind) };
    }
    if query.which == Which::Paused {
        let found: Vec<Set> = store.all(kind).into_iter().filter(|set| set.paused_ms.is_some()).collect();
        return if found.is_empty() { Ok(Reply::Pass) } else { act(store, &found, what, kind) };
    }
    // `the first one` is of what was spoken of here, if that was.
    let is_loose = kind.is_none() && matches!(query.which, Which::Nth(_) | Which::Named(_) | Which::Last | Which::Oldest | Which::Longest);
    if is_loose && store.last()?.is_none() {
        return Ok(Reply::Pass);
    }
    let there_are = store.all(kind);
    // What has just rung is not another one that runs.
    if what == What::Stop
        && query.which == Which::Only
        && let Some(rung) = store::rung(HUSHED_WITHIN_MS)?.filter(|rung| !rung.heard && kind.is_none_or(|kind| kind == rung.ring.kind))
    {
        let still = if there_are.is_empty() { String::new() } else { format!(" You still have {}.", all_described(store, &there_are)) };
        return Ok(Reply::Said(format!("The {} has rung, and is over.{still}", rung.ring.name())));
    }
    let noun = kind.map_or("timer, alarm or reminder", Kind::word);
    if there_are.is_empty()
        && query.which == Which::Only
        && matches!(what, What::Restart | What::Again)
        && let Some(reply) = rung_anew(store)?
    {
        return Ok(reply);
    }
    if there_are.is_empty() {
        let others = store.all(None);
        let have = if others.is_empty() { String::new() } else { format!(" You have {}.", all_described(store, &others)) };
        if let (What::Start, Which::Named(label)) = (&what, &query.which) {
            let new = crate::command::New::of(Kind::Timer, label.clone(), false, When::default());
            return crate::book::set(store, new);
        }
        if what == What::Start {
            return crate::book::set(store, crate::command::New::of(Kind::Timer, String::new(), false, When::default()));
        }
        return Ok(Reply::Said(match &query.which {
            Which::Named(label) if kind == Some(Kind::Timer) && !label.contains('\n') => format!("There is no {label} timer.{have}"),
            _ => format!("There is no {noun}.{have}"),
        }));
    }
    let now = store.now;
    let called = |set: &Set, label: &str| set.ring.is_called(label, set.due(), now);
    let chosen: Vec<Set> = match &query.which {
        Which::All => there_are,
        Which::Nth(nth) => {
            let found = there_are.get(usize::from(nth.saturating_sub(1))).cloned();
            match found {
                Some(set) => vec![set],
                None => {
                    let only = match there_are.len() {
                        1 => "is only one".to_owned(),
                        count => format!("are only {count}"),
                    };
                    return Ok(Reply::Said(format!("There {only}: {}.", all_described(store, &there_are))));
                }
            }
        }
        Which::Longest => there_are.last().cloned().into_iter().collect(),
        Which::Last => there_are.into_iter().max_by_key(|set| set.id.parse::<u64>().unwrap_or(0)).into_iter().collect(),
        Which::Other => {
            let last: Vec<String> = store.last()?.unwrap_or_default().into_iter().map(|set| set.id).collect();
            let others: Vec<Set> = there_are.iter().filter(|set| !last.contains(&set.id)).cloned().collect();
            if last.is_empty() || others.is_empty() { there_are } else { others }
        }
        // Asked of several, how long is left is told of each.
        Which::Oldest => there_are.into_iter().min_by_key(|set| set.id.parse::<u64>().unwrap_or(0)).into_iter().collect(),
        Which::Only | Which::It | Which::Them(_) | Which::Perhaps(_) | Which::Paused => there_are,
        Which::AllBut(label) => there_are.into_iter().filter(|set| !called(set, label)).collect(),
        Which::Named(label) | Which::EachNamed(label) => {
            let (fit, others): (Vec<Set>, Vec<Set>) = there_are.into_iter().partition(|set| called(set, label));
            if fit.is_empty() {
                if what == What::Start {
                    return crate::book::set(store, crate::command::New::of(Kind::Timer, label.clone(), false, When::default()));
                }
                let missing = match kind {
                    Some(kind @ (Kind::Timer | Kind::Alarm)) if !label.contains('\n') => format!("no {label} {}", kind.word()),
                    _ => "none of that name".into(),
                };
                return Ok(Reply::Said(format!("There is {missing}. You have {}.", all_described(store, &others))));
            }
            fit
        }
    };
    let what = match &query.which {
        Which::Named(label) | Which::EachNamed(label) => skips::of_one_day(&chosen, label, what, now),
        _ => what,
    };
    let several = matches!(query.which, Which::Only | Which::Named(_) | Which::Other) && chosen.len() > 1 && what != What::Left;
    // Of several, one that alone is paused is the one that goes on.
    let paused: Vec<Set> = chosen.iter().filter(|set| set.paused_ms.is_some()).cloned().collect();
    if several && what == What::Resume && paused.len() == 1 {
        return act(store, &paused, what, kind);
    }
    if several {
        return Ok(which_one(store, chosen, what));
    }
    act(store, &chosen, what, kind)
}

/// Asks which of these is meant.
fn which_one(store: &Store, sets: Vec<Set>, what: What) -> Reply {
    let text = format!("Which one? You have {}.", all_described(store, &sets));
    Reply::Asked(text, Some(Question::Which(sets.into_iter().map(|set| set.id).collect(), what)))
}

/// The timer that rang last, once more from the beginning.
fn rung_anew(store: &mut Store) -> Result<Option<Reply>, Failure> {
    const WITHIN_MS: u64 = 30 * 60_000;
    let rung = store::rung(WITHIN_MS)?.filter(|rung| rung.ring.kind == Kind::Timer && rung.ring.seconds > 0);
    let new = rung.map(|rung| crate::command::New::timer(rung.ring.label, Duration::from_secs(rung.ring.seconds)));
    new.map(|new| crate::book::set(store, new)).transpose()
}

/// Does it with these.
pub fn act(store: &mut Store, chosen: &[Set], what: What, kind: Option<Kind>) -> Result<Reply, Failure> {
    for set in chosen {
        store.touch(&set.id);
    }
    if chosen.is_empty() {
        return Ok(Reply::Said("There is none of these.".into()));
    }
    match what {
        What::Cancel | What::Stop => cancel(store, chosen, kind),
        What::Left => Ok(Reply::Said(left(store, chosen))),
        What::Pause => each(store, chosen, pause),
        What::Resume | What::Start => each(store, chosen, resume),
        What::Restart => each(store, chosen, restart),
        What::Again => each(store, chosen, |store, set| if set.paused_ms.is_some() { resume(store, set) } else { restart(store, set) }),
        What::Skip(day) => each(store, chosen, |store, set| skips::skip(store, set, day)),
        What::Rename(label) => each(store, chosen, |store, mut set| {
            let before = set.ring.name();
            set.ring.label = label.clone();
            let text = format!("The {before} is the {} now.", set.ring.name());
            store.put(set).map(|()| text)
        }),
        What::By(by_ms) => each(store, chosen, |store, set| by(store, set, by_ms)),
        What::To(words) => each(store, chosen, |store, set| to(store, set, &words)),
    }
}

fn each(store: &mut Store, chosen: &[Set], mut does: impl FnMut(&mut Store, Set) -> Result<String, Failure>) -> Result<Reply, Failure> {
    let said = chosen.iter().map(|set| does(store, set.clone())).collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::Said(said.join(" ")))
}

fn cancel(store: &mut Store, chosen: &[Set], kind: Option<Kind>) -> Result<Reply, Failure> {
    for set in chosen {
        store.remove(&set.id)?;
    }
    Ok(Reply::Said(match chosen {
        [set] => cancelled(set, store.now),
        several => match kind {
            Some(kind) => format!("{} {}s cancelled.", several.len(), kind.word()),
            None => format!("All {} cancelled.", several.len()),
        },
    }))
}

/// What is said of one that is cancelled.
pub fn cancelled(set: &Set, now: i64) -> String {
    match (&set.ring.recurs, set.ring.kind, set.ring.label.as_str()) {
        (_, Kind::Reminder, label) if !label.is_empty() => format!("Reminder cancelled: {label}."),
        (Some(recurs), Kind::Alarm, "") => format!("Alarm {} cancelled.", recurs.said()),
        (None, Kind::Alarm, "") => format!("Alarm {} cancelled.", ring::at(set.due(), now)),
        _ => sentence(&format!("{} cancelled.", set.ring.name())),
    }
}

fn left(store: &Store, chosen: &[Set]) -> String {
    let said = |set: &Set| {
        let left = say_duration(set.left(store.now_ms));
        let paused = if set.paused_ms.is_some() { ", which is paused" } else { "" };
        match set.ring.kind {
            Kind::Timer => format!("{left} left on the {}{paused}", set.ring.name()),
            _ => format!("{left} until the {} {}", set.ring.kind.word(), ring::at(set.due(), store.now)),
        }
    };
    match chosen {
        [set] if set.ring.kind == Kind::Timer && set.ring.label.is_empty() && set.paused_ms.is_none() => {
            format!("{} left.", say_duration(set.left(store.now_ms)))
        }
        several => sentence(&format!("{}.", say_list(&several.iter().map(said).collect::<Vec<_>>()))),
    }
}

fn pause(store: &mut Store, mut set: Set) -> Result<String, Failure> {
    if set.ring.kind != Kind::Timer {
        return Ok(format!("Only timers can be paused. I can change or cancel the {}.", set.ring.kind.word()));
    }
    let left = say_duration(set.left(store.now_ms));
    if set.paused_ms.is_some() {
        return Ok(format!("The {} is paused already, with {left} left.", set.ring.name()));
    }
    let text = format!("{} paused with {left} left.", sentence(&set.ring.name()));
    set.paused_ms = Some(set.due_ms.saturating_sub(store.now_ms));
    store.put(set).map(|()| text)
}

fn resume(store: &mut Store, mut set: Set) -> Result<String, Failure> {
    let left = say_duration(set.left(store.now_ms));
    let Some(left_ms) = set.paused_ms.take() else {
        return Ok(match set.ring.kind {
            Kind::Timer => format!("The {} is running, with {left} left.", set.ring.name()),
            kind => format!("The {} is set {}.", kind.word(), ring::at(set.due(), store.now)),
        });
    };
    set.due_ms = store.now_ms.saturating_add(left_ms);
    let text = format!("{} goes on, with {left} left.", sentence(&set.ring.name()));
    store.put(set).map(|()| text)
}

fn restart(store: &mut Store, mut set: Set) -> Result<String, Failure> {
    if set.ring.kind != Kind::Timer || set.ring.seconds == 0 {
        return Ok(format!("Only timers can be restarted. I can change or cancel the {}.", set.ring.kind.word()));
    }
    set.paused_ms = None;
    set.due_ms = store.now_ms.saturating_add(set.ring.seconds.saturating_mul(1000));
    let text = format!("{} restarted: {}.", sentence(&set.ring.name()), say_duration(Duration::from_secs(set.ring.seconds)));
    store.put(set).map(|()| text)
}

fn left_now(set: &Set, left: Duration) -> String {
    let on = if set.ring.label.is_empty() { String::new() } else { format!(" on the {}", set.ring.name()) };
    let paused = if set.paused_ms.is_some() { ", and it is paused" } else { "" };
    format!("{} left now{on}{paused}.", say_duration(left))
}

fn by(store: &mut Store, mut set: Set, by_ms: i64) -> Result<String, Failure> {
    if set.ring.kind != Kind::Timer {
        let due = set.due().saturating_add(by_ms / 1000);
        if let Some(recurs) = &mut set.ring.recurs {
            let minutes = (i64::from(recurs.hour) * 60 + i64::from(recurs.minute) + by_ms / 60_000).rem_euclid(1440);
            (recurs.hour, recurs.minute) = ((minutes / 60) as u8, (minutes % 60) as u8);
            return moved(store, set);
        }
        if due <= store.now {
            return Ok("That time is already over.".into());
        }
        set.due_ms = utc_ms(due, store.now_ms);
        set.ring.seconds = 0;
        return moved(store, set);
    }
    let left_ms = i64::try_from(set.paused_ms.unwrap_or_else(|| set.due_ms.saturating_sub(store.now_ms))).unwrap_or(i64::MAX);
    let left_ms = left_ms.saturating_add(by_ms);
    if left_ms <= 0 {
        return Ok("There is not that much left.".into());
    }
    let left = Duration::from_millis(left_ms.unsigned_abs());
    if left > LONGEST {
        return Ok("That is too long for me: a year is the most.".into());
    }
    set.ring.seconds = set.ring.seconds.saturating_add_signed(by_ms / 1000);
    timed(store, set, left)
}

fn timed(store: &mut Store, mut set: Set, left: Duration) -> Result<String, Failure> {
    let left_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    match &mut set.paused_ms {
        Some(paused_ms) => *paused_ms = left_ms,
        None => set.due_ms = store.now_ms.saturating_add(left_ms),
    }
    let text = left_now(&set, Duration::from_secs(left_ms.div_ceil(1000)));
    store.put(set).map(|()| text)
}

/// An alarm or a reminder at another time.
fn moved(store: &mut Store, mut set: Set) -> Result<String, Failure> {
    if let Some(recurs) = &mut set.ring.recurs {
        let Some(next) = recurs.again.next(recurs.hour, recurs.minute, store.now, None) else { return Ok("There is no such day.".into()) };
        recurs.first = next.div_euclid(crate::wall::DAY_S);
        let next = set.ring.next(store.now).unwrap_or(next);
        set.due_ms = utc_ms(next, store.now_ms);
    }
    let when = set.ring.recurs.as_ref().map_or_else(|| ring::at(set.due(), store.now), |recurs| recurs.said());
    let text = match (set.ring.kind, set.ring.label.as_str()) {
        (Kind::Reminder, "") => format!("I will remind you {when} now."),
        (Kind::Reminder, label) => format!("I will remind you {when} now: {label}."),
        (_, "") => format!("Alarm moved: it is {when} now."),
        (_, label) => format!("Alarm moved: it is {when} now, {label}."),
    };
    store.put(set).map(|()| text)
}

fn to(store: &mut Store, mut set: Set, text: &str) -> Result<String, Failure> {
    let words = phrase::split(text);
    if set.ring.kind == Kind::Timer {
        let number = || read::number(&words).filter(|(_, taken)| *taken == words.len());
        let unit = if set.ring.seconds > 0 && set.ring.seconds < 60 { 1.0 } else if set.ring.seconds.is_multiple_of(3600) { 3600.0 } else { 60.0 };
        let time = phrase::duration(text).or_else(|| number().and_then(|(number, _)| Duration::try_from_secs_f64(number * unit).ok()));
        return match time {
            Some(time) if time.is_zero() || time > LONGEST => Ok("A timer is from a second to a year.".into()),
            Some(time) => {
                set.ring.seconds = time.as_secs();
                timed(store, set, time)
            }
            None => Ok("For a timer I need a length, such as 10 minutes.".into()),
        };
    }
    let Some(said) = phrase::duration(text).map(When::after).or_else(|| spoken_when::whole(&words, true)) else {
        return Ok("I did not understand when.".into());
    };
    let (hour, minute) = ring::hour_and_minute(set.due());
    if let Some(recurs) = set.ring.recurs.filter(|_| said.every.is_none() && said.day.is_none() && said.after.is_none()) {
        let at = When { every: Some(recurs.again), ..said };
        if let Ok(Moment::Every { hour, minute, .. }) = at.moment(set.ring.kind, set.ring.wakes, store.now)
            && let Some(recurs) = &mut set.ring.recurs
        {
            (recurs.hour, recurs.minute) = (hour, minute);
        }
        return moved(store, set);
    }
    // What is not said of the time or the day stays as it was.
    let mut when = said;
    if when.after.is_none() && !when.has_time() {
        when.time = Some(phrase::TimeOfDay { hour, minute, certain: true });
    } else if when.after.is_none() && when.day.is_none() && when.every.is_none() {
        let away = set.due().div_euclid(crate::wall::DAY_S) - store.now.div_euclid(crate::wall::DAY_S);
        // A time of the same half of the day, on the same day.
        if let Some(time) = when.time.filter(|time| !time.certain) {
            when.time = Some(if hour < 12 { time.morning() } else { time.evening() });
        }
        when.day = (away > 0).then_some(phrase::Day::Away(away));
    }
    match when.moment(set.ring.kind, set.ring.wakes, store.now) {
        Ok(Moment::After(after)) => {
            (set.ring.recurs, set.due_ms) = (None, store.now_ms.saturating_add(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)));
            moved(store, set)
        }
        Ok(Moment::At(at)) => {
            (set.ring.recurs, set.due_ms) = (None, utc_ms(at, store.now_ms));
            moved(store, set)
        }
        Ok(Moment::Every { hour, minute, again }) => {
            set.ring.recurs = Some(ring::Recurs { again, hour, minute, first: 0 });
            moved(store, set)
        }
        Err(_) => Ok("That time is already over, or there is no such day.".into()),
    }
}
