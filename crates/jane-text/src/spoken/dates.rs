//! Dates and the days of the week.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::normal::{At, Found, is_end};
use super::numbers::{pattern, value};
use super::{Language, english, goes_on};

static ISO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    )
});
static SLASHED: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?"));
static DOTTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})"));
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^([A-Za-z]{3,9})\.? (\d{1,2})(st|nd|rd|th)?(?:(?:, ?| )(\d{4}))?"));

/// "2026-11-29", "11/29/2026", "29.11.2026", "Nov. 3rd, 2026", "3. 11. 2026".
pub fn date(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    if !at.begins_word() {
        return None;
    }
    let first = rest.chars().next()?;
    if first.is_ascii_digit() {
        return iso(at)
            .or_else(|| dotted(at))
            .or_else(|| slashed(at))
            .or_else(|| day_of(at));
    }
    if first.is_uppercase() {
        named(at)
    } else {
        None
    }
}

/// The number of a group.
fn number(captures: &Captures<'_>, group: usize) -> Option<u32> {
    value(captures.get(group)?.as_str())
}

/// The length of what was found, where nothing goes on behind it.
fn whole(captures: &Captures<'_>, rest: &str) -> Option<usize> {
    let length = captures.get(0)?.len();
    (!goes_on(rest.get(length..)?)).then_some(length)
}

fn iso(at: At<'_>) -> Option<Found> {
    let found = ISO.as_ref()?.captures(at.rest())?;
    let length = whole(&found, at.rest())?;
    let day = said(
        number(&found, 1),
        number(&found, 2)?,
        number(&found, 3)?,
        at.language,
    )?;
    let time = match (number(&found, 4), number(&found, 5)) {
        (Some(hour), Some(minute)) => {
            format!(", {}", super::clock::said(hour, minute, at.language))
        }
        _ => String::new(),
    };
    Found::new(length, format!("{day}{time}"))
}

fn dotted(at: At<'_>) -> Option<Found> {
    let found = DOTTED.as_ref()?.captures(at.rest())?;
    let length = whole(&found, at.rest())?;
    Found::new(
        length,
        said(
            number(&found, 3),
            number(&found, 2)?,
            number(&found, 1)?,
            at.language,
        )?,
    )
}

/// "11/29/2026"; without a year it is one only behind "on" and its like.
fn slashed(at: At<'_>) -> Option<Found> {
    let found = SLASHED.as_ref()?.captures(at.rest())?;
    let length = whole(&found, at.rest())?;
    let (first, second) = (number(&found, 1)?, number(&found, 2)?);
    let year = match found.get(3).map(|year| year.as_str()) {
        Some(year) if year.len() == 2 => {
            value(year).map(|year| if year < 70 { 2000 + year } else { 1900 + year })
        }
        Some(year) => value(year),
        None => None,
    };
    let dates = [
        "on", "since", "until", "by", "before", "after", "date", "dated", "On", "from", "due",
    ];
    if year.is_none() && !(at.language.is_english && dates.contains(&at.word_before()))
        || at.rest().get(length..)?.starts_with('/')
    {
        return None;
    }
    let day_first = first > 12 || at.language.day_first && second <= 12;
    let (month, day) = if day_first {
        (second, first)
    } else {
        (first, second)
    };
    Found::new(length, said(year, month, day, at.language)?)
}

/// "3. November": German numbers days with a full stop, at which the voice would pause; "5 Nov 2024".
fn day_of(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let count = rest.len()
        - rest
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .len();
    let day = value(rest.get(..count)?).filter(|day| (1..=31).contains(day))?;
    let behind = rest.get(count..)?;
    let (stop, behind) = behind
        .strip_prefix('.')
        .map_or((0, behind), |behind| (1, behind));
    let word = behind.strip_prefix(' ')?;
    let end = word
        .find(|letter: char| !letter.is_alphabetic())
        .unwrap_or(word.len());
    let written = word.get(..end)?;
    let month = at.language.month_named(written)?;
    let is_may = written == "May" || written == "March";
    if at.language.is_english
        && (stop > 0 || is_may && word.get(end..)?.starts_with([' ', '\'']) && !at.begins_token())
    {
        return None;
    }
    let own_stop = usize::from(written != month && word.get(end..)?.starts_with('.'));
    let length = count + stop + 1 + end + own_stop;
    let after = rest.get(length..)?;
    let (year, year_length) = year_behind(after, at.language);
    let day = if at.language.is_english {
        english::ordinal(day)
    } else {
        day.to_string()
    };
    Found::new(length + year_length, format!("{day} {month}{year}"))
}

/// The year that is written behind a month, and the bytes of it.
fn year_behind(after: &str, language: &Language) -> (String, usize) {
    let none = (String::new(), 0);
    let gap = if after.starts_with(", ") { 2 } else { 1 };
    let Some(year) = after
        .get(gap..gap + 4)
        .filter(|_| after.starts_with([' ', ',']))
    else {
        return none;
    };
    match value(year).filter(|year| (1000..2200).contains(year)) {
        Some(number)
            if !goes_on(after.get(gap + 4..).unwrap_or_default()) && language.is_english =>
        {
            (format!(" {}", english::year(number)), gap + 4)
        }
        _ => none,
    }
}

/// "Nov. 3rd", "November 3, 2026".
fn named(at: At<'_>) -> Option<Found> {
    let language = at.language;
    if !language.is_english {
        return None;
    }
    let found = NAMED.as_ref()?.captures(at.rest())?;
    let month = language.month_named(found.get(1)?.as_str())?;
    let day = number(&found, 2).filter(|day| (1..=31).contains(day))?;
    let (year, year_end) = match (number(&found, 4), found.get(4)) {
        (Some(year), Some(group)) if (1000..2200).contains(&year) => (Some(year), group.end()),
        _ => (None, 0),
    };
    let day_end = found.get(3).or_else(|| found.get(2))?.end();
    let length = if year.is_some() { year_end } else { day_end };
    let behind = at.rest().get(length..)?;
    if goes_on(behind) || behind.starts_with([':', '%', '/']) || counts(at, month, behind) {
        return None;
    }
    let year = year
        .map(|year| format!(", {}", english::year(year)))
        .unwrap_or_default();
    Found::new(length, format!("{month} {}{year}", english::ordinal(day)))
}

/// Whether a number behind "May" or "March" counts something: "May 5 people".
fn counts(at: At<'_>, month: &str, behind: &str) -> bool {
    let is_verb =
        matches!(month, "May" | "March") && at.begins_token() && at.before().trim().is_empty();
    let next = behind.trim_start();
    is_verb
        && behind.starts_with(' ')
        && next.starts_with(char::is_lowercase)
        && !["is", "was", "at", "and", "to", "in"]
            .contains(&next.split(' ').next().unwrap_or_default())
}

/// A date as it is said; `None` where there is no such month or day.
fn said(year: Option<u32>, month: u32, day: u32, language: &Language) -> Option<String> {
    if !(1..=31).contains(&day) {
        return None;
    }
    let month = language.month(month)?;
    if language.is_english {
        let year = year
            .map(|year| format!(", {}", english::year(year)))
            .unwrap_or_default();
        return Some(format!("{month} {}{year}", english::ordinal(day)));
    }
    let of = language.word("date_of").unwrap_or_default();
    let year = year.map(|year| format!(" {of} {year}")).unwrap_or_default();
    Some(format!("{day} {of} {month}{year}"))
}

/// "Mon.", "Jan.", "Mon-Fri", "Mon, Jan 5".
pub fn calendar(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let end = rest
        .find(|letter: char| !letter.is_alphabetic())
        .unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let name = at.language.calendar(word)?;
    if !at.begins_word() {
        return None;
    }
    let behind = rest.get(end..)?;
    let is_known = |text: &str| {
        let end = text
            .find(|letter: char| !letter.is_alphabetic())
            .unwrap_or(text.len());
        let word = text.get(..end).unwrap_or_default();
        at.language
            .calendar(word)
            .or_else(|| at.language.month_named(word))
            .is_some()
    };
    for joint in ["-", "–", " - ", " – "] {
        if let Some(next) = behind.strip_prefix(joint)
            && is_known(next)
        {
            return Found::new(
                end + joint.len(),
                format!("{name} {} ", at.language.word("to")?),
            );
        }
    }
    if let Some(after) = behind.strip_prefix('.') {
        let is_over = after.trim_start_matches(is_end).is_empty();
        return Found::new(end + 1, format!("{name}{}", if is_over { "." } else { "" }));
    }
    let is_month = at.language.month_named(word).is_some();
    let numbered = behind
        .strip_prefix(' ')
        .is_some_and(|next| next.starts_with(|digit: char| digit.is_ascii_digit()));
    let listed = behind.strip_prefix(", ").is_some_and(is_known);
    let follows = at.before().ends_with(['-', '–'])
        || is_known(at.word_before()) && at.before().ends_with([' ', '/']);
    let alone = behind.is_empty() && at.before().is_empty();
    (listed || follows || alone || is_month && numbered).then(|| Found::new(end, name))?
}
