//! What comes again is left out on one of its days: "skip tomorrow's alarm", "don't wake me on Friday". The rest of it stays.

use jane_skill::prelude::*;
use phrase::{Day, calendar::Date};

use crate::{
    act_on::cancelled,
    again::Again,
    command::What,
    ring::{self, Kind},
    spoken_when,
    store::{Set, Store},
    wall::{DAY_S, utc_ms},
};

/// Of "cancel" and its like, said of what comes again and of one day, what is meant: it is left out on that day.
pub fn of_one_day(chosen: &[Set], label: &str, what: What, now: i64) -> What {
    let said = label.split('\n').find_map(|line| {
        let when = spoken_when::whole(&phrase::split(line), true).filter(|when| when.every.is_none() && when.after.is_none())?;
        when.day.or_else(|| line.starts_with("tonight").then_some(Day::Away(0)))
    });
    let Some((said, day)) = said.and_then(|said| Some((said, said.from(Date::from_days(now.div_euclid(DAY_S)))?.days()))) else { return what };
    // The alarm of each Friday is "the Friday alarm".
    let is_its_name = |set: &Set| {
        let recurs = set.ring.recurs.as_ref();
        recurs.is_some_and(|recurs| matches!(recurs.again, Again::Week { days, .. } if days.count_ones() == 1)) && matches!(said, Day::Weekday(_))
    };
    match what {
        What::Cancel | What::Stop if !chosen.iter().any(is_its_name) => What::Skip(Some(day)),
        What::Skip(None) => What::Skip(Some(day)),
        other => other,
    }
}

/// Leaves it out on `day`, counted from 1970, or the next time.
pub fn skip(store: &mut Store, mut set: Set, day: Option<i64>) -> Result<String, Failure> {
    let Some(recurs) = set.ring.recurs else {
        return store.remove(&set.id).map(|()| cancelled(&set, store.now));
    };
    let name = match (set.ring.kind, set.ring.label.as_str()) {
        (Kind::Reminder, label) if !label.is_empty() => format!("reminder {}: {label}", recurs.said()),
        (kind, "") => format!("{} {}", kind.word(), recurs.said()),
        _ => format!("{} {}", set.ring.name(), recurs.said()),
    };
    let today = store.now.div_euclid(DAY_S);
    let skipped = match (recurs.again, day) {
        (Again::Span(_), _) => None,
        (again, Some(day)) if day < today || !again.is_on(day, recurs.first) => {
            return Ok(format!("There is no {name} {} anyway.", on(day, today)));
        }
        (_, Some(day)) => Some(day),
        (_, None) => Some(set.due().div_euclid(DAY_S)),
    };
    set.ring.skipped.retain(|known| *known >= today && Some(*known) != skipped);
    set.ring.skipped.extend(skipped);
    let from = if skipped.is_none() { set.due() } else { store.now };
    let Some(next) = set.ring.next(from) else { return Ok("There is no such day.".into()) };
    set.due_ms = utc_ms(next, store.now_ms);
    let when = ring::at(set.due(), store.now);
    let text = match skipped {
        Some(day) => format!("Skipped {}: the {name}. It is next {when}.", on(day, today)),
        None => format!("Skipped once: the {name}. It is next {when}."),
    };
    store.put(set).map(|()| text)
}

/// "tomorrow", "on Friday", "on May 3". Both days count from 1970.
pub fn on(day: i64, today: i64) -> String {
    let date = Date::from_days(day);
    match day - today {
        0 => "today".into(),
        1 => "tomorrow".into(),
        2..7 => format!("on {}", date.weekday_name()),
        _ => format!("on {} {}", date.month_name(), date.day),
    }
}
