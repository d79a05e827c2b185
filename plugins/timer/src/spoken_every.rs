//! Reads what comes again: "every weekday", "every other Monday", "on the first of every month", "daily except Sundays".

use std::time::Duration;

use phrase::{Day, calendar::WEEKDAYS, read};

use crate::{
    again::{Again, Days, EVERY_DAY, LAST, WEEKDAYS_ONLY, WEEKEND},
    reader::Reader,
    wall::DAY_S,
    when::{Part, When},
};

/// The least time between two times that something comes.
const SHORTEST_SPAN: Duration = Duration::from_secs(60);

/// What comes again; `None` where that is not what comes.
pub fn every(reader: &mut Reader) -> Option<When> {
    let readers: [fn(&mut Reader) -> Option<When>; 5] = [fixed, of_month, counted, weekdays, except];
    let from = *reader;
    for read in readers {
        if let Some(found) = read(reader) {
            return Some(found);
        }
        *reader = from;
    }
    None
}

fn fixed(reader: &mut Reader) -> Option<When> {
    let in_part = |part| Some(When { part: Some(part), ..When::every(Again::week(EVERY_DAY)) });
    if reader.eat(&["daily", "everyday", "every day", "each day", "every single day", "each and every day", "once a day", "all days"]) {
        return Some(When::every(Again::week(EVERY_DAY)));
    }
    if reader.eat(&["every morning", "each morning", "mornings"]) {
        return in_part(Part::Morning);
    }
    if reader.eat(&["every afternoon", "each afternoon", "afternoons"]) {
        return in_part(Part::Afternoon);
    }
    if reader.eat(&["every evening", "each evening", "evenings"]) {
        return in_part(Part::Evening);
    }
    if reader.eat(&["every night", "each night", "nightly"]) {
        return in_part(Part::Night);
    }
    if reader.eat(&["every week", "weekly", "each week", "once a week"]) {
        return Some(When::every(Again::Week { days: 0, weeks: 1 }));
    }
    if reader.eat(&["every other week", "every second week", "every fortnight", "fortnightly", "biweekly", "each fortnight"]) {
        return Some(When::every(Again::Week { days: 0, weeks: 2 }));
    }
    if reader.eat(&["every year", "yearly", "annually", "each year", "once a year"]) {
        return Some(When::every(Again::Year { month: 0, day: 0 }));
    }
    if reader.eat(&["hourly", "every hour", "each hour", "once an hour"]) {
        return Some(When::every(Again::Span(3600)));
    }
    if reader.eat(&["every minute"]) {
        return Some(When::every(Again::Span(60)));
    }
    if reader.eat(&["every month", "monthly", "each month", "once a month"]) {
        let mut ahead = *reader;
        ahead.eat(&["on the", "on", "the"]);
        if let Some(again) = nth_weekday(&mut ahead) {
            *reader = ahead;
            return Some(When::every(again));
        }
        return Some(When::every(Again::Month { day: 0 }));
    }
    None
}

/// "the first Monday", behind the article
fn nth_weekday(reader: &mut Reader) -> Option<Again> {
    let nth = match reader.word(0) {
        "last" => LAST,
        _ => read::ordinal(reader.rest()).filter(|(nth, taken)| *taken == 1 && (1..5).contains(nth)).and_then(|(nth, _)| u8::try_from(nth).ok())?,
    };
    let (weekday, _) = weekday_named(reader.word(1))?;
    reader.skip(2);
    Some(Again::Nth { nth, weekday })
}

/// "on the first of every month", "the last Friday of each month", "every first Monday of the month", "every 15th"
fn of_month(reader: &mut Reader) -> Option<When> {
    const OF_EACH: &[&str] = &["of every month", "of each month", "every month", "each month", "of the months"];
    let said_every = reader.eat(&["every", "each"]);
    if !said_every {
        reader.eat(&["on the", "on", "the", "for the", "at the"]);
    }
    let each = |reader: &mut Reader| {
        let said = reader.eat(OF_EACH);
        reader.eat(if said_every { &["of the month", "of a month", "in the month"] } else { &[] });
        said || said_every
    };
    if reader.eat(&["last day", "end"]) {
        let recurs = reader.eat(OF_EACH) || (said_every && reader.eat(&["of the month"]));
        return recurs.then(|| When::every(Again::Month { day: LAST }));
    }
    let mut ahead = *reader;
    if let Some(again) = nth_weekday(&mut ahead) {
        if matches!(again, Again::Nth { nth: 2, .. }) && said_every && !ahead.eat(&["of the month"]) {
            // `every second Monday` is every other one.
            return None;
        }
        *reader = ahead;
        return each(reader).then(|| When::every(again));
    }
    if said_every
        && let Some((Day::Date { month, day, year: None }, taken)) = read::day(reader.rest())
    {
        reader.skip(taken);
        return Some(When::every(Again::Year { month, day }));
    }
    let (day, taken) = read::ordinal(reader.rest())?;
    reader.skip(taken);
    reader.eat(&["day"]);
    let day = u8::try_from(day).ok().filter(|day| (1..=31).contains(day))?;
    // `every second` is a unit.
    if said_every && day == 2 && !reader.eat(&["of the month", "of every month"]) {
        return None;
    }
    each(reader).then(|| When::every(Again::Month { day }))
}

/// "every other day", "every 20 minutes", "every three weeks", "every other Monday"
fn counted(reader: &mut Reader) -> Option<When> {
    if !reader.eat(&["every", "each", "once every"]) {
        return None;
    }
    if reader.eat(&["other", "second", "2nd"]) {
        if reader.eat(&["day"]) {
            return Some(When::every(Again::Days(2)));
        }
        let mut days = 0;
        while let Some((day, _)) = weekday_named(reader.word(0)) {
            days |= 1 << day;
            reader.skip(1);
            if reader.word(0) == "and" && weekday_named(reader.word(1)).is_some() {
                reader.skip(1);
            }
        }
        return (days != 0).then(|| When::every(Again::Week { days, weeks: 2 }));
    }
    let mut span = *reader;
    let (count, taken) = read::number(reader.rest()).unwrap_or((1.0, 0));
    reader.skip(taken);
    if taken > 0 && count.fract() == 0.0 && (1.0..=99.0).contains(&count) {
        let count = count as u8;
        if reader.eat(&["day", "days"]) {
            return Some(When::every(if count == 1 { Again::week(EVERY_DAY) } else { Again::Days(count) }));
        }
        if reader.eat(&["week", "weeks"]) {
            return Some(When::every(Again::Week { days: 0, weeks: count }));
        }
    }
    let duration = span.duration()?;
    *reader = span;
    let seconds = u32::try_from(duration.as_secs()).ok()?;
    (duration >= SHORTEST_SPAN && i64::from(seconds) < DAY_S).then(|| When::every(Again::Span(seconds)))
}

/// "weekdays", "on weekends", "every Monday and Wednesday", "Monday to Friday", "Mondays"
fn weekdays(reader: &mut Reader) -> Option<When> {
    let said_every = reader.eat(&["every", "each"]);
    if !said_every {
        reader.eat(&["on", "at", "from", "on every", "during", "during the", "for every", "for"]);
    }
    let (weekday, weekend) = if said_every {
        (&["weekday", "week day", "working day", "workday", "work day", "weekday morning"][..], &["weekend", "weekend day"][..])
    } else {
        (&["weekdays", "week days", "working days", "workdays", "weekday mornings"][..], &["weekends"][..])
    };
    let in_part = |when: When, reader: &mut Reader| {
        let parts = [
            (&["morning", "mornings"], Part::Morning),
            (&["afternoon", "afternoons"], Part::Afternoon),
            (&["evening", "evenings"], Part::Evening),
            (&["night", "nights"], Part::Night),
        ];
        let part = parts.into_iter().find(|(words, _)| reader.eat(*words)).map(|(_, part)| part);
        When { part: part.or(when.part), ..when }
    };
    if reader.eat(weekday) {
        return Some(in_part(When::every(Again::week(WEEKDAYS_ONLY)), reader));
    }
    if reader.eat(weekend) {
        return Some(in_part(When::every(Again::week(WEEKEND)), reader));
    }
    let days = named_days(reader, said_every)?;
    Some(in_part(When::every(Again::week(days)), reader))
}

/// Days by their names. `any`: also a single one that is no plural.
fn named_days(reader: &mut Reader, any: bool) -> Option<Days> {
    let mut days: Days = 0;
    while let Some((day, plural)) = weekday_named(reader.word(0)) {
        if !any && !plural && days == 0 {
            let pause = reader.rest().first().is_some_and(|word| word.pause);
            let named = |ahead: usize| weekday_named(reader.word(ahead)).is_some();
            let several = (matches!(reader.word(1), "to" | "through" | "till" | "until" | "and") && named(2)) || (pause && named(1));
            if !several {
                return None;
            }
        }
        let pause = reader.rest().first().is_some_and(|word| word.pause);
        reader.skip(1);
        days |= 1 << day;
        if matches!(reader.word(0), "to" | "through" | "till" | "until")
            && let Some((last, _)) = weekday_named(reader.word(1))
        {
            reader.skip(2);
            let mut next = day;
            while next != last {
                next = (next + 1) % 7;
                days |= 1 << next;
            }
            break;
        }
        let comes = |ahead: usize| weekday_named(reader.word(ahead)).is_some();
        if reader.word(0) == "and" && (comes(1) || (reader.word(1) == "every" && comes(2))) {
            reader.skip(1);
            reader.eat(&["every"]);
        } else if !(pause && comes(0)) {
            break;
        }
    }
    (days != 0).then_some(days)
}

/// "except Sunday", "but not on weekends"
fn except(reader: &mut Reader) -> Option<When> {
    let said = reader.eat(&[
        "except", "except for", "except on", "but not", "but not on", "but", "excluding", "apart from", "other than", "not on", "besides", "without",
        "save for", "minus",
    ]);
    if !said {
        return None;
    }
    reader.eat(&["the", "every", "on"]);
    let except = if reader.eat(&["weekends", "weekend", "the weekend"]) {
        WEEKEND
    } else if reader.eat(&["weekdays", "weekday"]) {
        WEEKDAYS_ONLY
    } else {
        named_days(reader, true)?
    };
    Some(When { except, ..When::default() })
}

/// A day of the week, from 0, Monday, and whether it was said of all of them: `mondays`.
pub fn weekday_named(word: &str) -> Option<(u8, bool)> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let (name, plural) = word.strip_suffix('s').map_or((word, false), |name| (name, true));
    let at = WEEKDAYS.iter().position(|weekday| weekday.eq_ignore_ascii_case(name))?;
    Some((u8::try_from(at).ok()?, plural))
}
