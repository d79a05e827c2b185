//! What is answered about days, weeks, months and years.

use phrase::calendar::{Date, MONTHS};
use phrase::{Day, Said, say_count, say_ordinal};

use crate::{now::Now, places, spans};

const TODAY: &[&str] = &[
    "what is the [current|exact] date [today|now|of today]",
    "what date is it [today]",
    "which date is it [today]",
    "[what is] (today's|todays|today) date",
    "what is today",
    "[tell me|give me] [the] (date today|current date|date of today|date)",
    "today date",
    "[today] [the] date",
    "what (day of the month|day and month) is it [today]",
    "what is the day of the month",
    "what is the day today",
    "what (day|date) do we have [today]",
    "(what|which) (day|weekday) is it [today]",
    "(what|which) day is today",
    "(what|which) day of the week is (it|today) [today]",
    "what is today's (day|weekday)",
    "which (weekday|day of the week) is today",
    "what is the day [of the week|of the week today]",
    "what is the weekday [today]",
    "what are we today",
];
const TODAY_ELSEWHERE: &[&str] = &[
    "(what|which) (day|date|weekday|day of the week) is it [now|today] in {place}",
    "what is the [current] (date|day) [today] in {place}",
    "is it already (tomorrow|tomorrow already) in {place}",
];
const OTHER: &[&str] = &[
    "(what|which) (day|weekday|date) (is|was|will|will be|is it) {day:day} [be|on]",
    "(what|which) day of the week (is|was|will be|does) {day:day} [on|fall on]",
    "what (is|was) the (date|day) [of|on|for] {day:day}",
    "what will the (date|day) be {day:day}",
    "what will be the (date|day) {day:day}",
    "what (date|day) will it be {day:day}",
    "what is {day:day}'s date",
    "(when|what day|what date) (is|was) {day:day} [this year]",
    "(on|which|what) [day|weekday|which day|what day] (does|do|did|will) {day:day} (fall|fall on|be on|land on|be) [this year]",
    "what (day|weekday|day of the week) (does|do|did|will) {day:day} (fall on|fall|be on|be|land on) [this year]",
    "(on which|on what) (day|weekday|day of the week) (is|was|does|did|do) {day:day} [fall|fall on] [this year]",
    "(when|what day) is {day:day}",
    "[the] (date|day) {day:day}",
    "(what|which) (day|weekday|date) (was|is|will) it [be] {day:day}",
    "(what|which) (day of the week|weekday) (is|was|will be) {day:day} [this year]",
    "what is {day:day} [going to be] (for|as) a (date|day)",
];
const OTHER_YEAR: &[&str] = &[
    "(when|what day|what date|which day) (is|was|will be) {day:day} (in|next year|last year|this year) [{year}]",
    "what day of the week (is|was|will be) {day:day} (in|next year|last year) [{year}]",
    "what day (is|was|will) {day:day} (in|next year|last year) [{year}] [be|on]",
    "when (is|was) {day:day} {year}",
];
const OLD_DAY: &[&str] = &[
    "(what|which) (day|weekday|day of the week) (is|was|will be|will) {day:day} {year:number} [be]",
    "[on] (what|which) (day|weekday|day of the week) (is|was|did) {day:day} {year:number} [fall on|fall]",
];
const IS_DAY: &[&str] = &[
    "is it [already|still|really] {day:day} [today|yet|already|now]",
    "is today [already|really] [a|the] {day:day}",
    "is it [a] {day:day} today",
    "today is {day:day} [right|is it not|correct]",
    "(is|was|will) {other:day} [be] [a|the|on a|on] {day:day}",
    "(isn't|is not|is) it [not] {day:day} [today]",
];
const IS_MONTH: &[&str] =
    &["is it [already|still] {month:word} [yet|already|now]", "are we [already|still] in {month:word} [yet|already|now]"];
const IS_WEEKDAY: &[&str] = &["is (it|today) [already|still] a (weekday|working day|workday) [today|now]"];
const IS_WEEKEND: &[&str] = &["is it [already|still] [the] weekend [yet|already|now|today]", "is today [a|the] weekend [day]"];
const END: &[&str] = &[
    "how many (days|weeks) [are|are there|do we have|is it] [left|still left|remaining] (in|of|until the end of|till the end of) (this|the) {unit:word}",
    "how (long|many days) [is it] (until|till) the end of (this|the) {unit:word}",
    "how many days (are|is) left [in] this {unit:word}",
];
const WEEK: &[&str] = &[
    "(what|which) [calendar] week [number] is it [now]",
    "what is the [current] [calendar] week [number]",
    "which [calendar] week [of the year] (is it|is this|are we in)",
    "what (calendar week|week of the year|week number|week) (is it|is this|are we in|do we have) [now]",
    "[current] week number",
    "what is (this|the current) week's number",
];
const WEEK_OF: &[&str] = &[
    "(what|which) [calendar] week [number|of the year] (is|was|will be|has) {day:day} [in]",
    "(in|on) (what|which) [calendar] week is {day:day}",
    "what is the week number (of|for|on) {day:day}",
];
const DAY_OF_YEAR: &[&str] =
    &["what day of the year is (it|today) [today]", "how many days into the year are we", "(what|which) number day of the year is it"];
const MONTH: &[&str] = &[
    "(what|which) month is (it|this) [now]",
    "(what|which) month are we in",
    "what is the [current] month",
    "(what|which) month do we have",
];
const YEAR: &[&str] = &[
    "(what|which) year is (it|this) [now]",
    "(what|which) year are we in",
    "what is the [current] year",
    "(what|which) year do we have",
    "the year",
];
const CENTURY: &[&str] = &["(what|which) century (is it|are we in|is this)"];
const DECADE: &[&str] = &["(what|which) decade (is it|are we in|is this)"];
const QUARTER: &[&str] = &["(what|which) quarter (is it|are we in|is this)"];
const LEAP: &[&str] = &[
    "(is|was|will) [the year] {year} [be] a leap year",
    "is {year} leap",
    "(is|was) (this|next|last) year a leap year",
    "is it a leap year",
    "do we have a leap year [this year]",
    "is this a leap year",
];
const NEXT_LEAP: &[&str] = &[
    "(when|what|which) (is|will be) the next leap year",
    "what year is the next leap year",
    "(when|which year) do we have the next leap year",
    "(when|what year) was the last leap year",
];
const MONTH_LENGTH: &[&str] = &[
    "how many days (does|did|do|will|are in|are there in|in|has|is in) {month:word} [have|has] [this year|in|of] [{year}]",
    "how many days [are] [there] (in|does) (this|next|the) month [have]",
    "how long is {month:word} [this year]",
    "how many days (are|does) [there] [in] [the month of] {month:word} [have]",
];

/// Words of which one is in everything that is meant here.
pub const WORDS: &[&str] = &[
    "date",
    "day",
    "today",
    "tomorrow",
    "yesterday",
    "days",
    "sleeps",
    "nights",
    "weeks",
    "month",
    "months",
    "year",
    "week",
    "until",
    "till",
    "til",
    "when",
    "today's",
    "todays",
    "yesterday's",
    "tomorrow's",
    "weekend",
    "weekday",
    "workday",
    "last",
    "are",
    "leap",
    "century",
    "decade",
    "quarter",
    "is",
    "isn't",
    "since",
    "ago",
    "from",
    "between",
    "soon",
    "far",
    "long",
    "was",
    "does",
];

/// The answer, where a day is asked for.
pub fn answer(said: &Said) -> Option<String> {
    let now = Now::here();
    let today = now.date;
    if said.is(TODAY) {
        return Some(format!("Today is {}.", self::said(today)));
    }
    for (name, days) in [("yesterday", -1), ("tomorrow", 1)] {
        if said.has(&[&format!("{name}'s")]) && said.is(&["[what is|what was|what will be] (yesterday's|tomorrow's) (date|day)"]) {
            return Some(told(today.plus(days), today));
        }
    }
    if let Some(slots) = said.first(TODAY_ELSEWHERE)
        && let Some((zone, name)) = places::find(&slots.form("place")?)
    {
        return Some(format!("It is {} in {name}.", self::said(Now::in_zone(zone).date)));
    }
    if said.is(WEEK) {
        return Some(format!("It is week {}.", today.week()));
    }
    if said.is(DAY_OF_YEAR) {
        let first = Date::new(today.year, 1, 1)?;
        return Some(format!("It is day {} of {}.", today.days() - first.days() + 1, today.year));
    }
    if said.is(MONTH) {
        return Some(format!("It is {} {}.", today.month_name(), today.year));
    }
    if said.is(YEAR) {
        return Some(format!("It is {}.", today.year));
    }
    if said.is(CENTURY) {
        return Some(format!("It is the {} century.", say_ordinal(u32::try_from((today.year - 1) / 100 + 1).ok()?)));
    }
    if said.is(DECADE) {
        return Some(format!("It is the {}s.", today.year / 10 * 10));
    }
    if said.is(QUARTER) {
        return Some(format!("It is the {} quarter of {}.", say_ordinal(u32::from((today.month - 1) / 3) + 1), today.year));
    }
    leap(said, today)
        .or_else(|| lengths(said, today))
        .or_else(|| spans::spans(said, today))
        .or_else(|| spans::working_days(said, today))
        .or_else(|| spans::by_another(said, today))
        .or_else(|| is_it(said, today))
        .or_else(|| other_day(said, today))
}

fn leap(said: &Said, today: Date) -> Option<String> {
    let is_leap = |year: i32| Date::new(year, 2, 29).is_some();
    if said.is(NEXT_LEAP) {
        let year = if said.has(&["last"]) {
            (1..9).map(|back| today.year - back).find(|year| is_leap(*year))?
        } else {
            (1..9).map(|ahead| today.year + ahead).find(|year| is_leap(*year))?
        };
        return Some(format!("{year} {} a leap year.", if year < today.year { "was" } else { "is" }));
    }
    let slots = said.first(LEAP)?;
    let year = match slots.form("year").as_deref() {
        None | Some("this year" | "the current year" | "it" | "this") => {
            today.year + i32::from(said.has(&["next"])) - i32::from(said.has(&["last"]))
        }
        Some("next year") => today.year + 1,
        Some("last year") => today.year - 1,
        Some(year) => of_year(year)?,
    };
    let verb = match year.cmp(&today.year) {
        std::cmp::Ordering::Less => "was",
        std::cmp::Ordering::Equal => "is",
        std::cmp::Ordering::Greater => "will be",
    };
    Some(if is_leap(year) { format!("Yes, {year} {verb} a leap year.") } else { format!("No, {year} {verb} no leap year.") })
}

/// `2027`, `twenty twenty seven`.
fn of_year(words: &str) -> Option<i32> {
    let words: Vec<&str> = words.split(' ').collect();
    let (value, taken) = phrase::read::number(&words)?;
    let value = if taken == words.len() {
        value
    } else {
        let (rest, more) = phrase::read::number(words.get(taken..)?)?;
        if taken + more != words.len() || !(10.0..100.0).contains(&value) || !(0.0..100.0).contains(&rest) {
            return None;
        }
        value * 100.0 + rest
    };
    ((1000.0..10_000.0).contains(&value) && value.fract() == 0.0).then_some(value as i32)
}

fn lengths(said: &Said, today: Date) -> Option<String> {
    if let Some(slots) = said.first(END) {
        let (end, name) = match slots.form("unit")?.as_str() {
            "year" => (Date::new(today.year, 12, 31)?, "year"),
            "month" => (Date::new(today.year + i32::from(today.month == 12), today.month % 12 + 1, 1)?.plus(-1), "month"),
            "week" => (today.plus(6 - i64::from(today.weekday())), "week"),
            _ => return None,
        };
        let days = u64::try_from(end.days() - today.days()).ok()?;
        return Some(format!("There {} {} left in this {name} after today.", if days == 1 { "is" } else { "are" }, say_count(days, "day")));
    }
    let slots = said.first(MONTH_LENGTH)?;
    let (month, year) = match slots.form("month") {
        Some(name) => {
            let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(&name))?;
            (u8::try_from(at).ok()? + 1, slots.form("year").and_then(|year| of_year(&year)))
        }
        None => (if said.has(&["next"]) { today.month % 12 + 1 } else { today.month }, None),
    };
    let of = year.unwrap_or(today.year);
    let days = (28..=31).rev().find(|day| Date::new(of, month, *day).is_some())?;
    let name = MONTHS.get(usize::from(month) - 1)?;
    Some(match (month, year) {
        (2, None) => format!("February has {days} days this year, and 29 in leap years.")
            .replace("29 days this year, and 29 in leap years", "29 days this year, which is a leap year"),
        (_, None) => format!("{name} has {days} days."),
        (_, Some(year)) => format!("{name} {year} has {days} days."),
    })
}

/// The last such day up to today.
pub fn past(day: Day, today: Date) -> Option<Date> {
    let date = day.from(today)?;
    match day {
        _ if date.days() <= today.days() => Some(date),
        Day::Date { month, day, year: None } => {
            (0..8).find_map(|back| Date::new(today.year - back, month, day).filter(|date| date.days() <= today.days()))
        }
        Day::Weekday(_) => Some(date.plus(-7)),
        // The next one is not a year after the last.
        Day::OfEaster(_) | Day::Nth { .. } => {
            let of = |year: i32| day.from(Date::new(year, 1, 1)?).filter(|date| date.days() <= today.days());
            of(today.year).or_else(|| of(today.year - 1))
        }
        _ => None,
    }
}

fn is_it(said: &Said, today: Date) -> Option<String> {
    if said.is(IS_WEEKDAY) {
        let yes = today.weekday() < 5;
        return Some(format!("{}, today is {}.", if yes { "Yes" } else { "No" }, today.weekday_name()));
    }
    if said.is(IS_WEEKEND) {
        let yes = today.weekday() >= 5;
        return Some(format!("{}, today is {}.", if yes { "Yes" } else { "No" }, today.weekday_name()));
    }
    if let Some(slots) = said.first(IS_MONTH)
        && let Some(month) = MONTHS.iter().position(|month| slots.form("month").is_some_and(|word| month.eq_ignore_ascii_case(&word)))
    {
        let yes = usize::from(today.month) == month + 1;
        return Some(format!("{}, it is {}.", if yes { "Yes" } else { "No" }, today.month_name()));
    }
    let slots = said.first(IS_DAY)?;
    let wanted = slots.day("day")?;
    let other = match slots.day("other") {
        Some(other) => other.from(today)?,
        None => today,
    };
    // `is tomorrow today` is no question.
    if matches!(wanted, Day::Away(_)) {
        return None;
    }
    let yes = match wanted {
        Day::Weekday(weekday) => other.weekday() == weekday,
        wanted => wanted.from(other)? == other,
    };
    let name = match other.days() - today.days() {
        0 => "today is".to_owned(),
        1 => "tomorrow is".to_owned(),
        -1 => "yesterday was".to_owned(),
        _ => "that is".to_owned(),
    };
    Some(format!("{}, {name} {}.", if yes { "Yes" } else { "No" }, self::said(other)))
}

fn other_day(said: &Said, today: Date) -> Option<String> {
    if said.is(&["what is the day after tomorrow"]) {
        return Some(told(today.plus(2), today));
    }
    if let Some(slots) = said.first(WEEK_OF)
        && let Some(date) = slots.day("day")?.from(today)
    {
        return Some(format!("{} is in week {}.", self::said(date), date.week()));
    }
    if let Some(slots) = said.first(OLD_DAY)
        && let (Some(Day::Date { month, day, .. }), Some(year)) = (slots.day("day"), slots.form("year").and_then(|year| of_year(&year)))
    {
        return Some(Date::new(year, month, day).map_or_else(|| "There is no such day.".into(), |date| told(date, today)));
    }
    if let Some(slots) = said.first(OTHER_YEAR)
        && let Some(year) = match slots.form("year") {
            Some(year) => of_year(&year),
            None => Some(today.year + i32::from(said.has(&["next"])) - i32::from(said.has(&["last"]))),
        }
    {
        let date = slots.day("day")?.from(Date::new(year, 1, 1)?)?;
        return Some(told(date, today));
    }
    let slots = said.first(OTHER)?;
    let day = slots.day("day")?;
    let Some(date) = day.from(today) else {
        return Some("There is no such day.".into());
    };
    let date = if said.has(&["was", "did"]) { past(day, today).unwrap_or(date) } else { date };
    Some(told(date, today))
}

pub fn told(date: Date, today: Date) -> String {
    let verb = if date.days() < today.days() { "was" } else { "is" };
    format!("That {verb} {}.", said(date))
}

/// `Wednesday, March 4th`, with its year where that is another one.
pub fn said(date: Date) -> String {
    let month = MONTHS.get(usize::from(date.month).wrapping_sub(1)).copied().unwrap_or_default();
    let year = if date.year == Now::here().date.year { String::new() } else { format!(", {}", date.year) };
    format!("{}, {month} {}{year}", date.weekday_name(), say_ordinal(u32::from(date.day)))
}
