//! How long it is between days, and days that are told by others: "how many days until Christmas", "90 days after March 1st".

use phrase::calendar::Date;
use phrase::{Day, Said, say_count};

use crate::dates::{past, said as day_said, told};

const WORKING_DAYS: &[&str] =
    &["how many (working days|workdays|business days|weekdays) [is it|are there|are left|left] (until|till|to|before) {day:day}"];
const AFTER_DAY: &[&str] = &[
    "(what|when) [day|date] (is|will be|was) {away:number} (days|day|weeks|week) (after|from|before) {day:day}",
    "what (is|will be) the (date|day) {away:number} (days|day|weeks|week) (after|from|before) {day:day}",
];
const LAST_WEEKDAY: &[&str] =
    &["(what|which) [was] [the] (date|day) [was|of] [it] last {day:word}", "when was last {day:word}", "what was the date last {day:word}"];
const UNTIL: &[&str] = &[

    "how many (days|sleeps|nights) [is it|are there|are left|left|to go|do i have|do we have|more] (until|till|to|before|til) {day:day} [this year]",
    "how (long|far|much time|much longer) [is it|away is|is there|do we have|do i have|is left] (until|till|to|before|til) {day:day} [this year]",
    "how many (days|sleeps) (is|are) {day:day} away", "how (far away|long) is {day:day} [away]",
    "(days|sleeps) (until|till|to|before) {day:day}", "in how many days is {day:day}",
    "how many days (is it|are there) from (today|now) (until|till|to) {day:day}", "how soon is {day:day}",
    "how (many days|long) [is it|are there|are left|left] (until|till|to|before) (my|our|the) {what} (on|which is on) {day:day}",
];
const WEEKS_UNTIL: &[&str] = &[
    "how many weeks [is it|are there|are left|left|to go] (until|till|to|before|til) {day:day} [this year]",
    "weeks (until|till|to) {day:day}",
    "how many weeks [is it|are there|are left|left] (until|till|to|before) (my|our|the) {what} (on|which is on) {day:day}",
];
const MONTHS_UNTIL: &[&str] = &["how many months [is it|are there|are left|left|to go] (until|till|to|before|til) {day:day}"];
const SINCE: &[&str] = &[
    "how (many days|long|many days ago) (is it|has it been|ago was|ago is|was it|was) [since] {day:day} [ago]",
    "how many days (since|have passed since|are there since) {day:day}",
    "how many days ago was {day:day}",
    "how long (since|ago was|has it been since) {day:day}",
];
const BETWEEN: &[&str] = &[
    "[how many] days [are there|is it|are|lie] (between|from) {one:day} (and|to|until|till) {other:day}",
    "how (long|far) [is it] (between|from) {one:day} (and|to|until|till) {other:day}",
    "what is the number of days (between|from) {one:day} (and|to|until) {other:day}",
];
const WEEKS_BETWEEN: &[&str] = &["how many weeks [are there|is it|are] (between|from) {one:day} (and|to|until|till) {other:day}"];

pub fn spans(said: &Said, today: Date) -> Option<String> {
    let between = said.first(BETWEEN);
    let weeks_between = said.first(WEEKS_BETWEEN);
    if let Some(slots) = between.as_ref().or(weeks_between.as_ref()) {
        let one = slots.day("one")?.from(today)?;
        let other = slots.day("other")?;
        // Of a day without a year, the next one after the first.
        let other = other.from(
            if matches!(other, Day::Date { year: None, .. } | Day::OfMonth(_) | Day::Weekday(_) | Day::OfEaster(_) | Day::Nth { .. }) {
                one
            } else {
                today
            },
        )?;
        let days = u64::try_from((other.days() - one.days()).abs()).ok()?;
        let length = if weeks_between.is_some() { weeks(days) } else { say_count(days, "day") };
        return Some(format!("From {} to {} it is {length}.", day_said(one), day_said(other)));
    }
    if let Some(slots) = said.first(SINCE) {
        let day = slots.day("day")?;
        let date = past(day, today)?;
        let days = u64::try_from(today.days() - date.days()).ok()?;
        return Some(match days {
            0 => "That is today.".into(),
            days => format!("{} was {} ago.", day_said(date), say_count(days, "day")),
        });
    }
    let weeks_until = said.first(WEEKS_UNTIL);
    let months_until = said.first(MONTHS_UNTIL);
    let until = said.first(UNTIL);
    let slots = weeks_until.as_ref().or(months_until.as_ref()).or(until.as_ref())?;
    let date = slots.day("day")?.from(today)?;
    let Ok(days) = u64::try_from(date.days() - today.days()) else {
        let days = u64::try_from(today.days() - date.days()).ok()?;
        return Some(format!("{} was {} ago.", day_said(date), say_count(days, "day")));
    };
    let how_long = if days == 0 {
        return Some("That is today.".to_owned());
    } else if months_until.is_some() {
        months(today, date)
    } else if weeks_until.is_some() {
        weeks(days)
    } else {
        say_count(days, if said.has(&["sleeps"]) { "sleep" } else { "day" })
    };
    let verb = if how_long.starts_with("1 ") && !how_long.contains(" and ") { "is" } else { "are" };
    Some(format!("There {verb} {how_long} until {}.", day_said(date)))
}

fn weeks(days: u64) -> String {
    match days {
        days if days % 7 == 0 => say_count(days / 7, "week"),
        days if days < 7 => say_count(days, "day"),
        days => format!("{} and {}", say_count(days / 7, "week"), say_count(days % 7, "day")),
    }
}

fn months(from: Date, to: Date) -> String {
    let mut months = (to.year - from.year) * 12 + i32::from(to.month) - i32::from(from.month);
    if to.day < from.day {
        months -= 1;
    }
    let at = i32::from(from.month) - 1 + months;
    // A month that is too short for the day ends before it.
    let begin = (0..4).find_map(|back| {
        Date::new(from.year + at.div_euclid(12), u8::try_from(at.rem_euclid(12) + 1).ok()?, from.day.saturating_sub(back))
    });
    let days = begin.map_or(0, |begin| (to.days() - begin.days()).max(0).unsigned_abs());
    let months = u64::try_from(months).unwrap_or(0);
    match (months, days) {
        (0, days) => say_count(days, "day"),
        (months, 0) => say_count(months, "month"),
        (months, days) => format!("{} and {}", say_count(months, "month"), say_count(days, "day")),
    }
}

/// A day that is told by another: "90 days after March 1st", "last Monday".
pub fn by_another(said: &Said, today: Date) -> Option<String> {
    if let Some(slots) = said.first(AFTER_DAY) {
        let weeks = if said.has(&["weeks", "week"]) { 7 } else { 1 };
        let away = slots.number("away").filter(|away| away.fract() == 0.0 && (0.0..40_000.0).contains(away))? as i64 * weeks;
        let day = slots.day("day")?.from(today)?;
        return Some(told(day.plus(if said.has(&["before"]) { -away } else { away }), today));
    }
    let slots = said.first(LAST_WEEKDAY)?;
    let Some(Day::Weekday(weekday)) = phrase::day(&slots.form("day")?) else {
        return None;
    };
    let back = (i64::from(today.weekday()) - i64::from(weekday) + 6).rem_euclid(7) + 1;
    Some(told(today.plus(-back), today))
}

/// Days from Monday to Friday, without today and with the last.
pub fn working_days(said: &Said, today: Date) -> Option<String> {
    let date = said.first(WORKING_DAYS)?.day("day")?.from(today)?;
    let away = date.days() - today.days();
    let count = (1..=away.min(4000)).filter(|ahead| today.plus(*ahead).weekday() < 5).count();
    let verb = if count == 1 { "is" } else { "are" };
    Some(format!("There {verb} {} until {}, public holidays not counted.", say_count(count as u64, "working day"), day_said(date)))
}
