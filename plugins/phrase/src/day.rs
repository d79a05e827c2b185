//! Days: `today`, `next Friday`, `the fifth of March`, `Christmas`, `in three days`.

use serde::{Deserialize, Serialize};

use crate::{
    calendar::{Date, MONTHS, WEEKDAYS},
    number::{number, ordinal},
};

/// A day, as said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Day {
    /// Days from today.
    Away(i64),
    /// From 0, Monday: the first one after today.
    Weekday(u8),
    /// From 0, Monday: that of the week after this one.
    NextWeek(u8),
    /// From 0, Monday: a week after the first one after today.
    InAWeek(u8),
    /// The same day of the month, or its last one, this many months from now.
    Months(u16),
    /// Of this month, or of the next one where that is over.
    OfMonth(u8),
    /// Of the next month.
    OfNextMonth(u8),
    /// The last one of this month.
    EndOfMonth,
    /// The next one, where no year is said.
    Date { month: u8, day: u8, year: Option<i32> },
    /// So many days after Easter Sunday.
    OfEaster(i8),
    /// On a weekday of a month, by its number from 1, or its last one. The weekday is from 0, Monday.
    Nth { month: u8, weekday: u8, nth: u8 },
}

/// The weekday of a month that is its last one.
const LAST: u8 = 9;

impl Day {
    /// Which day it is. `None` for one that does not exist, such as 30 February.
    pub fn from(self, today: Date) -> Option<Date> {
        match self {
            Day::Away(days) => Some(today.plus(days)),
            Day::NextWeek(weekday) => Some(today.plus(7 - i64::from(today.weekday()) + i64::from(weekday))),
            Day::InAWeek(weekday) => Day::Weekday(weekday).from(today).map(|day| day.plus(7)),
            Day::Months(months) => {
                let (year, month) = months_after(today, i32::from(months));
                (0..4).find_map(|less| Date::new(year, month, today.day.checked_sub(less)?))
            }
            Day::OfNextMonth(day) => {
                let (year, month) = months_after(today, 1);
                Date::new(year, month, day)
            }
            Day::EndOfMonth => {
                let (year, month) = months_after(today, 1);
                Date::new(year, month, 1).map(|first| first.plus(-1))
            }
            Day::Weekday(weekday) => Some(today.plus((i64::from(weekday) - i64::from(today.weekday()) - 1).rem_euclid(7) + 1)),
            Day::OfMonth(day) => (0..12).find_map(|months| {
                let (year, month) = months_after(today, months);
                Date::new(year, month, day).filter(|date| *date >= today)
            }),
            Day::Date { month, day, year: Some(year) } => Date::new(year, month, day),
            // Eight years hold a 29 February.
            Day::Date { month, day, year: None } => next(today, 8, |year| Date::new(year, month, day)),
            Day::OfEaster(days) => next(today, 1, |year| Some(Date::easter(year).plus(i64::from(days)))),
            Day::Nth { month, weekday, nth } => next(today, 1, |year| nth_weekday(year, month, weekday, nth)),
        }
    }
}

fn nth_weekday(year: i32, month: u8, weekday: u8, nth: u8) -> Option<Date> {
    let first = Date::new(year, month, 1)?;
    let first = first.plus((i64::from(weekday) - i64::from(first.weekday())).rem_euclid(7));
    if nth == LAST {
        return (3..5).rev().map(|weeks| first.plus(weeks * 7)).find(|date| date.month == month);
    }
    Some(first.plus(7 * (i64::from(nth) - 1)))
}

/// The year and the month, this many months after those of a day.
fn months_after(today: Date, months: i32) -> (i32, u8) {
    let month = i32::from(today.month) - 1 + months;
    (today.year + month / 12, (month % 12 + 1) as u8)
}

fn next(today: Date, years: i32, of: impl Fn(i32) -> Option<Date>) -> Option<Date> {
    (today.year..=today.year + years).find_map(|year| of(year).filter(|date| *date >= today))
}

/// Days with a name: its words, month and day.
const FEASTS: &[(&str, u8, u8)] = &[
    ("christmas eve", 12, 24),
    ("christmas day", 12, 25),
    ("christmas", 12, 25),
    ("xmas", 12, 25),
    ("boxing day", 12, 26),
    ("new year's eve", 12, 31),
    ("new years eve", 12, 31),
    ("new year's day", 1, 1),
    ("new years day", 1, 1),
    ("new year's", 1, 1),
    ("new years", 1, 1),
    ("new year", 1, 1),
    ("valentine's day", 2, 14),
    ("valentines day", 2, 14),
    ("saint patrick's day", 3, 17),
    ("st patrick's day", 3, 17),
    ("april fool's day", 4, 1),
    ("april fools day", 4, 1),
    ("halloween", 10, 31),
    ("independence day", 7, 4),
    ("epiphany", 1, 6),
    ("all saints day", 11, 1),
    ("all saints' day", 11, 1),
    ("guy fawkes night", 11, 5),
    ("bonfire night", 11, 5),
    ("veterans day", 11, 11),
    ("veteran's day", 11, 11),
    ("remembrance day", 11, 11),
    ("bastille day", 7, 14),
    ("australia day", 1, 26),
    ("canada day", 7, 1),
    ("burns night", 1, 25),
    ("groundhog day", 2, 2),
    ("earth day", 4, 22),
    ("international women's day", 3, 8),
];

/// Days that are on another date each year.
const MOVABLE: &[(&str, Day)] = &[
    ("shrove tuesday", Day::OfEaster(-47)),
    ("pancake day", Day::OfEaster(-47)),
    ("mardi gras", Day::OfEaster(-47)),
    ("ash wednesday", Day::OfEaster(-46)),
    ("palm sunday", Day::OfEaster(-7)),
    ("maundy thursday", Day::OfEaster(-3)),
    ("good friday", Day::OfEaster(-2)),
    ("easter saturday", Day::OfEaster(-1)),
    ("easter sunday", Day::OfEaster(0)),
    ("easter monday", Day::OfEaster(1)),
    ("easter", Day::OfEaster(0)),
    ("ascension day", Day::OfEaster(39)),
    ("whit sunday", Day::OfEaster(49)),
    ("pentecost", Day::OfEaster(49)),
    ("whit monday", Day::OfEaster(50)),
    ("corpus christi", Day::OfEaster(60)),
    ("martin luther king day", Day::Nth { month: 1, weekday: 0, nth: 3 }),
    ("presidents day", Day::Nth { month: 2, weekday: 0, nth: 3 }),
    ("presidents' day", Day::Nth { month: 2, weekday: 0, nth: 3 }),
    ("memorial day", Day::Nth { month: 5, weekday: 0, nth: LAST }),
    ("father's day", Day::Nth { month: 6, weekday: 6, nth: 3 }),
    ("fathers day", Day::Nth { month: 6, weekday: 6, nth: 3 }),
    ("labor day", Day::Nth { month: 9, weekday: 0, nth: 1 }),
    ("columbus day", Day::Nth { month: 10, weekday: 0, nth: 2 }),
    ("thanksgiving day", Day::Nth { month: 11, weekday: 3, nth: 4 }),
    ("thanksgiving", Day::Nth { month: 11, weekday: 3, nth: 4 }),
];

pub fn weekday(word: &str) -> Option<u8> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    let word = match word {
        "mon" => "monday",
        "tue" | "tues" => "tuesday",
        "thu" | "thur" | "thurs" => "thursday",
        "fri" => "friday",
        _ => word,
    };
    let names = WEEKDAYS.iter().position(|name| name.eq_ignore_ascii_case(word));
    names.map(|at| at as u8)
}

fn month(word: &str) -> Option<u8> {
    let word = if word == "sept" { "sep" } else { word };
    let at = MONTHS.iter().position(|name| {
        name.eq_ignore_ascii_case(word) || (word.len() == 3 && name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    });
    at.map(|at| at as u8 + 1)
}

/// The longest day that the words begin with.
pub fn day<W: AsRef<str>>(words: &[W]) -> Option<(Day, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let rest = |at: usize| words.get(at..).unwrap_or_default();
    match (word(0), word(1), word(2), word(3)) {
        ("today", ..) => return Some((Day::Away(0), 1)),
        ("tomorrow", ..) => return Some((Day::Away(1), 1)),
        ("yesterday", ..) => return Some((Day::Away(-1), 1)),
        ("the", "day", "after", "tomorrow") => return Some((Day::Away(2), 4)),
        ("day", "after", "tomorrow", _) => return Some((Day::Away(2), 3)),
        ("the", "day", "before", "yesterday") => return Some((Day::Away(-2), 4)),
        ("the", "weekend", ..) => return Some((Day::Weekday(5), 2)),
        ("next" | "this", "weekend", ..) => return Some((Day::Weekday(5), 2)),
        ("next", "week", "on", name) if weekday(name).is_some() => return weekday(name).map(|day| (Day::NextWeek(day), 4)),
        ("next", "week", name, _) if weekday(name).is_some() => return weekday(name).map(|day| (Day::NextWeek(day), 3)),
        ("next", "week", ..) => return Some((Day::Away(7), 2)),
        ("the", "end", "of", "the") if word(4) == "month" => return Some((Day::EndOfMonth, 5)),
        ("the", "last", "day", "of") if matches!((word(4), word(5)), ("the" | "this", "month")) => return Some((Day::EndOfMonth, 6)),
        ("in", ..) => return away(rest(1)).map(|(day, taken)| (day, 1 + taken)),
        _ => {}
    }
    let at = usize::from(matches!(word(0), "on" | "next" | "this" | "coming" | "the"));
    if let Some(weekday) = weekday(word(at)) {
        match (word(at + 1), word(at + 2)) {
            ("next", "week") if at == 0 || word(0) == "on" => return Some((Day::NextWeek(weekday), at + 3)),
            ("week", _) => return Some((Day::InAWeek(weekday), at + 2)),
            _ => {}
        }
        // `Monday, the 5th of May`
        let date = date(rest(at + 1)).filter(|(day, _)| matches!(day, Day::Date { .. } | Day::OfMonth(_)));
        return Some(date.map_or((Day::Weekday(weekday), at + 1), |(day, taken)| (day, at + 1 + taken)));
    }
    let is_named = |name: &str| name.split(' ').enumerate().all(|(ahead, part)| word(at + ahead) == part);
    if let Some((name, month, day)) = FEASTS.iter().find(|(name, ..)| is_named(name)) {
        return Some((Day::Date { month: *month, day: *day, year: None }, at + name.split(' ').count()));
    }
    if let Some((name, day)) = MOVABLE.iter().find(|(name, _)| is_named(name)) {
        return Some((*day, at + name.split(' ').count()));
    }
    if matches!((word(0), word(1)), ("a" | "one", "week"))
        && matches!(word(2), "from" | "on")
        && let Some(weekday) = weekday(word(3))
    {
        return Some((Day::InAWeek(weekday), 4));
    }
    if let Some((day @ Day::Months(_), taken)) = away(words)
        && matches!((word(taken), word(taken + 1)), ("from", "now" | "today"))
    {
        return Some((day, taken + 2));
    }
    if let Some((days, taken)) = days(words) {
        match (word(taken), word(taken + 1)) {
            ("from", "now" | "today") => return Some((Day::Away(days), taken + 2)),
            // `three weeks from now`, which has lost the `now` where it ended there
            ("from", "") => return Some((Day::Away(days), taken + 1)),
            ("from", "tomorrow") => return Some((Day::Away(days + 1), taken + 2)),
            ("ago", _) => return Some((Day::Away(-days), taken + 1)),
            _ => {}
        }
    }
    // `on the last day of the month`
    if matches!((word(0), word(1), word(2)), ("on", "the", "last" | "end")) {
        return day(rest(1)).map(|(day, taken)| (day, taken + 1));
    }
    let at = usize::from(word(0) == "on");
    if let Some((day, taken)) = figures(rest(at)) {
        return Some((day, at + taken));
    }
    date(rest(at)).map(|(day, taken)| (day, at + taken))
}

/// `three days`, `two weeks`.
fn days<W: AsRef<str>>(words: &[W]) -> Option<(i64, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let (count, at) = if matches!(word(0), "a" | "one") { (1.0, 1) } else { number(words)? };
    let unit = match word(at) {
        "day" | "days" => 1.0,
        "week" | "weeks" => 7.0,
        _ => return None,
    };
    ((0.0..40_000.0).contains(&count)).then_some(((count * unit) as i64, at + 1))
}

/// `three days`, `two weeks`, `a month`, `two years`.
fn away<W: AsRef<str>>(words: &[W]) -> Option<(Day, usize)> {
    if let Some((days, taken)) = days(words) {
        return Some((Day::Away(days), taken));
    }
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let (count, at) = if matches!(word(0), "a" | "one") { (1.0, 1) } else { number(words)? };
    let months = match word(at) {
        "month" | "months" => 1.0,
        "year" | "years" => 12.0,
        _ => return None,
    };
    ((1.0..=100.0).contains(&count) && count.fract() == 0.0).then_some((Day::Months((count * months) as u16), at + 1))
}

/// `4/20`, `12/24/2026`, `the 24.12`: a month first where it can be one, as recognisers write it, and behind a point last.
fn figures<W: AsRef<str>>(words: &[W]) -> Option<(Day, usize)> {
    let the = usize::from(words.first().is_some_and(|word| word.as_ref() == "the"));
    let word = |at: usize| words.get(the + at).map_or("", AsRef::as_ref);
    let (day, month, taken) = match word(0).split_once('.') {
        Some((day, month)) => (day, month, 1),
        None if word(1) == "/" && word(0).parse::<u8>().is_ok_and(|first| first > 12) => (word(0), word(2), 3),
        None if word(1) == "/" => (word(2), word(0), 3),
        None => return None,
    };
    let figure = |word: &str| word.parse::<u8>().ok().filter(|_| word.len() <= 2);
    let (day, month) = (figure(day)?, figure(month)?);
    // `7.30` and `12.15` are times of day, unless an article is before them.
    let fits = (1..=31).contains(&day) && (1..=12).contains(&month) && (taken == 3 || the == 1 || day > 24);
    let year = if taken == 3 && word(3) == "/" { word(4).parse::<i32>().ok().filter(|year| (1900..2200).contains(year)) } else { None };
    fits.then_some((Day::Date { month, day, year }, the + taken + if year.is_some() { 2 } else { 0 }))
}

/// `March fifth`, `the 5th of March 2027`, `5 March`, `the fifteenth`.
fn date<W: AsRef<str>>(words: &[W]) -> Option<(Day, usize)> {
    let word = |at: usize| words.get(at).map_or("", AsRef::as_ref);
    let rest = |at: usize| words.get(at..).unwrap_or_default();
    let (month, day, at) = if let Some(month) = month(word(0)) {
        let the = 1 + usize::from(word(1) == "the");
        let (day, taken) = day_of_month(rest(the), true)?;
        (month, day, the + taken)
    } else {
        let the = usize::from(word(0) == "the");
        let (day, taken) = day_of_month(rest(the), true)?;
        let of = the + taken + usize::from(word(the + taken) == "of");
        match month(word(of)) {
            Some(month) => (month, day, of + 1),
            // `the first of next month`
            None if the == 1 && word(of) == "next" && word(of + 1) == "month" => return Some((Day::OfNextMonth(day), of + 2)),
            None if the == 1 && matches!(word(of), "the" | "this") && word(of + 1) == "month" => return Some((Day::OfMonth(day), of + 2)),
            // `the fifteenth`
            None if the == 1 => return day_of_month(rest(1), false).map(|(day, taken)| (Day::OfMonth(day), 1 + taken)),
            None => return None,
        }
    };
    let (year, taken) = match year(rest(at)) {
        Some((year, taken)) => (Some(year), taken),
        None => (None, 0),
    };
    Some((Day::Date { month, day, year }, at + taken))
}

fn day_of_month<W: AsRef<str>>(words: &[W], or_number: bool) -> Option<(u8, usize)> {
    let number = || number(words).filter(|(value, _)| or_number && value.fract() == 0.0).map(|(value, taken)| (value as u32, taken));
    let (day, taken) = ordinal(words).or_else(number)?;
    u8::try_from(day).ok().filter(|day| (1..=31).contains(day)).map(|day| (day, taken))
}

/// `2027`, `twenty twenty-seven`.
fn year<W: AsRef<str>>(words: &[W]) -> Option<(i32, usize)> {
    let (value, taken) = number(words)?;
    let years = 1900.0..2200.0;
    if years.contains(&value) && value.fract() == 0.0 {
        return Some((value as i32, taken));
    }
    let (rest, more) = number(words.get(taken..)?)?;
    let value = value * 100.0 + rest;
    (years.contains(&value) && rest < 100.0 && value.fract() == 0.0).then_some((value as i32, taken + more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_from_a_wednesday() {
        let today = Date::new(2026, 3, 4).unwrap();
        for (text, month, day) in [
            ("today", 3, 4),
            ("tomorrow", 3, 5),
            ("yesterday", 3, 3),
            ("the day after tomorrow", 3, 6),
            ("Friday", 3, 6),
            ("on Wednesday", 3, 11),
            ("next Tuesday", 3, 10),
            ("the weekend", 3, 7),
            ("in three days", 3, 7),
            ("two weeks from now", 3, 18),
            ("a week from tomorrow", 3, 12),
            ("ten days ago", 2, 22),
            ("March fifth", 3, 5),
            ("the 5th of March", 3, 5),
            ("5 March", 3, 5),
            ("March the 5th", 3, 5),
            ("Thursday, the 5th of March", 3, 5),
            ("Friday next week", 3, 13),
            ("next week Monday", 3, 9),
            ("next week on Sunday", 3, 15),
            ("a week from Friday", 3, 13),
            ("Friday week", 3, 13),
            ("in two weeks", 3, 18),
            ("in a month", 4, 4),
            ("three months from now", 6, 4),
            ("the end of the month", 3, 31),
            ("the last day of the month", 3, 31),
            ("the first of next month", 4, 1),
            ("20 April", 4, 20),
            ("April the 20th", 4, 20),
            ("August eleventh", 8, 11),
            ("the eleventh of August", 8, 11),
            ("Sept 3", 9, 3),
            ("December 24", 12, 24),
            ("4/20", 4, 20),
            ("on 12/24", 12, 24),
            ("24/12", 12, 24),
            ("the 24.12.", 12, 24),
            ("on the 1.5.", 5, 1),
            ("twentieth of April", 4, 20),
            ("the fifteenth", 3, 15),
            ("the 2nd", 4, 2),
            ("Christmas", 12, 25),
            ("New Year's Eve", 12, 31),
            ("Easter", 4, 5),
            ("Thanksgiving", 11, 26),
            ("Good Friday", 4, 3),
            ("Easter Monday", 4, 6),
            ("Pentecost", 5, 24),
            ("Father's Day", 6, 21),
            ("Memorial Day", 5, 25),
            ("Labor Day", 9, 7),
            ("Halloween", 10, 31),
        ] {
            let found = crate::day(text).and_then(|day| day.from(today));
            assert_eq!(found, Date::new(2026, month, day), "{text}");
        }
        for (text, year, month, day) in [
            ("January 1st", 2027, 1, 1),
            ("in a year", 2027, 3, 4),
            ("the first of March", 2027, 3, 1),
            ("May 3 2030", 2030, 5, 3),
            ("the third of May twenty thirty", 2030, 5, 3),
            ("4/20/2027", 2027, 4, 20),
            ("February 29th", 2028, 2, 29),
            ("new year", 2027, 1, 1),
        ] {
            let found = crate::day(text).and_then(|day| day.from(today));
            assert_eq!(found, Date::new(year, month, day), "{text}");
        }
        for text in ["", "may", "the moon", "fifth element", "next", "a day", "three", "13/13", "7.30", "3/4 of", "1/2/3"] {
            assert_eq!(crate::day(text), None, "{text}");
        }
        assert_eq!(crate::day("February 30th").and_then(|day| day.from(today)), None);
    }
}
