//! Numbers with what they count: units, percent, degrees, ordinals, ranges.

use super::normal::{At, Found, is_end};
use super::numbers::{digits, sign, value};
use super::{Language, english, goes_on};

/// Units of one letter, which may be a word of their own: they count only where nothing else can be meant.
const AMBIGUOUS: [&str; 20] = [
    "in", "A", "B", "K", "N", "J", "W", "V", "L", "m", "g", "s", "h", "t", "l", "mo", "pt", "min",
    "mi", "bar",
];

/// "5 kg", "20 °C", "50%", "10th", "100+": a number and what it counts.
pub fn quantity(at: At<'_>) -> Option<Found> {
    let language = at.language;
    let sign = sign(at)?;
    if !at.begins_word() && sign.length == 0 {
        return None;
    }
    let rest = at.rest().get(sign.length..)?;
    let number = digits(rest, language)?;
    let behind = rest.get(number.len()..)?;
    let (length, words) = counted(at, number, number == "1", behind)?;
    let minus = if sign.words.is_empty() {
        String::new()
    } else {
        format!("{} ", sign.words)
    };
    let zero = if number.starts_with(['.', ',']) {
        "0"
    } else {
        ""
    };
    Found::new(
        sign.length + number.len() + length,
        format!("{minus}{zero}{number}{words}"),
    )
}

/// "16:9", "3:1", "1:2:3": a proportion, where no time is meant.
pub fn ratio(at: At<'_>) -> Option<Found> {
    /// Numbers of the longest proportion, and digits of each.
    const LONGEST: (usize, usize) = (6, 4);
    let rest = at.rest();
    if !at.language.is_english || !at.begins_word() {
        return None;
    }
    let end = rest
        .find(|letter: char| !(letter.is_ascii_digit() || letter == ':'))
        .unwrap_or(rest.len());
    let written = rest.get(..end)?.trim_end_matches(':');
    let numbers: Vec<&str> = written.split(':').collect();
    let is_number = |number: &&str| (1..=LONGEST.1).contains(&number.len());
    if !(2..=LONGEST.0).contains(&numbers.len())
        || !numbers.iter().all(is_number)
        || goes_on(rest.get(written.len()..)?)
    {
        return None;
    }
    Found::new(written.len(), numbers.join(" to "))
}

/// What a number counts, which is `behind` it: its length and what is said.
pub fn counted(at: At<'_>, number: &str, is_one: bool, behind: &str) -> Option<(usize, String)> {
    let language = at.language;
    let gap = behind.len() - behind.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
    let next = behind.get(gap..)?;
    let is_close = gap <= '\u{202f}'.len_utf8()
        && behind
            .chars()
            .take_while(|letter| letter.is_whitespace())
            .count()
            <= 1;
    if !is_close {
        return None;
    }
    for (mark, key) in [('%', "percent"), ('‰', "permille")] {
        if next.starts_with(mark) {
            return Some((gap + mark.len_utf8(), format!(" {}", language.word(key)?)));
        }
    }
    if let Some(power) = power(next, language).filter(|_| gap == 0) {
        return Some(power);
    }
    // "5-kg", and not "5-g".
    let hyphen = next.strip_prefix('-').filter(|_| gap == 0);
    let (mark, next) = hyphen.map_or((gap, next), |next| (1, next));
    if let Some((unit, names)) = language.unit(next)
        && is_unit(at, unit, mark, next.get(unit.len()..)?)
    {
        let end = mark + unit.len();
        let rest = next.get(unit.len()..)?;
        let is_angle = unit == "°" && rest.trim_start().starts_with("angle");
        let is_adjective =
            language.is_english && (hyphen.is_some() || is_angle || describes(at, rest));
        let name = names.get(usize::from(!is_one && !is_adjective))?;
        let (per, length) = per(rest, language);
        let stop = usize::from(is_abbreviated(unit, rest.get(length..)?));
        return Some((end + length + stop, format!(" {name}{per}")));
    }
    if !language.is_english
        && let Some((word, name)) = language.magnitude(next)
        && word.len() > 1
        && next.get(word.len()..)?.starts_with(". ")
    {
        return Some((mark + word.len() + 1, format!(" {name}")));
    }
    if hyphen.is_some() || gap > 0 {
        return None;
    }
    if let Some((letter, name)) = language.magnitude(next)
        && matches!(letter, "K" | "k" | "M" | "B")
        && language.is_english
        && !goes_on(next.get(letter.len()..)?)
        && !(letter == "K" && matches!(number, "2" | "4" | "5" | "8" | "10"))
        && !is_label(at)
        && !names_a_street(next.get(letter.len()..)?)
    {
        return Some((letter.len(), format!(" {name}")));
    }
    if next.starts_with('x') && language.is_english && !goes_on(next.get(1..)?) {
        return Some((1, " times".to_owned()));
    }
    None
}

/// Whether a street is named behind a number, which is that of a house then: "221B Baker Street".
fn names_a_street(rest: &str) -> bool {
    let words = rest.split_whitespace().take(4);
    words
        .take_while(|word| word.starts_with(char::is_uppercase))
        .map(|word| word.trim_end_matches(|letter: char| !letter.is_alphanumeric()))
        .any(|word| {
            matches!(
                word,
                "Street"
                    | "St"
                    | "Road"
                    | "Rd"
                    | "Avenue"
                    | "Ave"
                    | "Lane"
                    | "Drive"
                    | "Square"
                    | "Place"
                    | "Court"
                    | "Way"
                    | "Terrace"
                    | "Boulevard"
            )
        })
}

/// Whether a number at the place is the name of one of many, which a letter may end: "Apartment 4B".
fn is_label(at: At<'_>) -> bool {
    matches!(
        at.word_before(),
        "Apartment"
            | "apartment"
            | "Apt"
            | "Suite"
            | "suite"
            | "Room"
            | "room"
            | "Gate"
            | "gate"
            | "Seat"
            | "seat"
            | "Unit"
            | "unit"
            | "Row"
            | "row"
            | "Section"
            | "section"
            | "No"
            | "no"
            | "number"
            | "Number"
            | "Flat"
            | "flat"
            | "Platform"
            | "platform"
            | "House"
            | "house"
            | "Bus"
            | "bus"
            | "Line"
            | "line"
    )
}

/// Whether a unit's letters are one: "5 A" and "3 in" need not be.
fn is_unit(at: At<'_>, unit: &str, gap: usize, rest: &str) -> bool {
    if !AMBIGUOUS.contains(&unit) || !at.language.is_english {
        // "3 a.m." is a time.
        return !(rest.starts_with('.')
            && rest
                .get(1..)
                .is_some_and(|rest| rest.starts_with(char::is_alphabetic)));
    }
    let is_end_of_word = rest.is_empty()
        || rest.starts_with(|letter: char| {
            letter.is_whitespace() || is_end(letter) || "/-–".contains(letter)
        });
    let is_label = is_label(at);
    match unit {
        // Attached these are sizes, grades and generations: "4K", "7B", "2A".
        "A" | "B" | "K" | "N" | "J" | "L" => gap > 0 && is_end_of_word && !is_label,
        // "5 in the" is none, and "5 ft 10 in" is.
        "in" => {
            is_end_of_word
                && (gap == 0
                    || at.word_before() == "ft"
                    || rest.trim_start_matches(is_end).is_empty())
        }
        "W" | "V" => is_end_of_word && !is_label,
        "mi" | "mo" | "pt" | "bar" | "min" => is_end_of_word,
        "s" => gap > 0 || !at.before().ends_with(['\'', '’']) && is_seconds(at),
        _ => is_end_of_word,
    }
}

/// Whether "5s" are seconds: "1990s" and "the 50s" are decades.
fn is_seconds(at: At<'_>) -> bool {
    let number = digits(at.rest(), at.language).unwrap_or_default();
    let is_decade = number.len() == 4
        || number.len() == 2 && number.ends_with('0') && at.word_before() == "the";
    !is_decade
}

/// Whether a quantity describes what follows it: "a 5 kg bag".
pub fn describes(at: At<'_>, rest: &str) -> bool {
    let follows = rest
        .strip_prefix(' ')
        .is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    follows
        && matches!(
            at.word_before(),
            "a" | "an" | "A" | "An" | "another" | "one" | "per"
        )
        && {
            let next = rest
                .trim_start()
                .split(|letter: char| !letter.is_alphanumeric())
                .next();
            !matches!(
                next.unwrap_or_default(),
                "per"
                    | "of"
                    | "in"
                    | "and"
                    | "or"
                    | "to"
                    | "for"
                    | "at"
                    | "on"
                    | "a"
                    | "is"
                    | "each"
                    | "more"
            )
        }
}

/// The unit, or the word, that a stroke puts below: "mg/dL", "$5/month".
pub fn per<'a>(rest: &'a str, language: &'a Language) -> (String, usize) {
    let none = (String::new(), 0);
    let Some(below) = rest.strip_prefix('/') else {
        return none;
    };
    let Some(per) = language.word("per") else {
        return none;
    };
    if let Some((unit, names)) = language.unit(below) {
        let name = names.first().map_or("", String::as_str);
        return (format!(" {per} {name}"), 1 + unit.len());
    }
    let end = below
        .find(|letter: char| !letter.is_alphabetic())
        .unwrap_or(below.len());
    let word = below.get(..end).unwrap_or_default();
    if word.is_empty() || goes_on(below.get(end..).unwrap_or_default()) {
        return none;
    }
    (format!(" {per} {word}"), 1 + end)
}

/// Whether a full stop behind a unit is its own: "5 oz. of".
fn is_abbreviated(unit: &str, rest: &str) -> bool {
    let takes_stop = unit.chars().all(|letter| letter.is_ascii_alphabetic()) && unit.len() > 1;
    let goes_on = rest.strip_prefix(". ").is_some_and(|rest| {
        rest.starts_with(|letter: char| letter.is_lowercase() || letter.is_ascii_digit())
    });
    takes_stop && goes_on
}

/// The power that a number or a name is raised to, in raised digits or behind `^` or `**`.
pub fn power(text: &str, language: &Language) -> Option<(usize, String)> {
    const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let plain = |letter: char| match letter {
        '⁻' => Some('-'),
        letter => RAISED
            .chars()
            .zip('0'..='9')
            .find(|(raised, _)| *raised == letter)
            .map(|(_, digit)| digit),
    };
    let raised: String = text.chars().map_while(plain).collect();
    let raised_length: usize = text
        .chars()
        .take(raised.chars().count())
        .map(char::len_utf8)
        .sum();
    let (exponent, length) = if raised.is_empty() {
        let mark = ["^", "**"]
            .into_iter()
            .find(|mark| text.starts_with(mark))?;
        let behind = text.get(mark.len()..)?;
        let behind = behind.strip_prefix(['(', '{']).unwrap_or(behind);
        let is_decimal = |place: usize| {
            let digit = |at: usize| behind.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
            behind.as_bytes().get(place) == Some(&b'.')
                && place > 0
                && digit(place - 1)
                && digit(place + 1)
        };
        let end = behind.char_indices().find(|(place, letter)| {
            let is_sign = *place == 0 && matches!(letter, '-' | '−');
            !(letter.is_alphanumeric() || is_sign || is_decimal(*place))
        });
        let exponent = behind.get(..end.map_or(behind.len(), |(end, _)| end))?;
        let opened = text.len() - mark.len() - behind.len();
        let closed = behind.get(exponent.len()..)?.starts_with([')', '}']) && opened > 0;
        (
            exponent.replace('−', "-"),
            mark.len() + opened + exponent.len() + usize::from(closed),
        )
    } else {
        (raised, raised_length)
    };
    if !exponent.ends_with(char::is_alphanumeric) {
        return None;
    }
    let said = match exponent.as_str() {
        "2" => format!(" {}", language.word("squared")?),
        "3" => format!(" {}", language.word("cubed")?),
        exponent => {
            let minus = language.word("minus").unwrap_or_default();
            let exponent = match exponent.strip_prefix('-') {
                Some(exponent) => format!("{minus} {exponent}"),
                None => exponent.to_owned(),
            };
            format!(" {} {exponent}", language.word("power")?)
        }
    };
    Some((length, said))
}

/// "10–20 km", "3 - 5 days", "1939–45", "1920x1080".
pub fn range(at: At<'_>) -> Option<Found> {
    let language = at.language;
    if !at.begins_word() || !at.begins_token() {
        return None;
    }
    let sign = sign(at)?;
    let rest = at.rest().get(sign.length..)?;
    let first = digits(rest, language)?;
    let behind = rest.get(first.len()..)?;
    // "5%-10%", "5kg–10kg", "9th-12th".
    let inner = inner(at, first, behind, language);
    let (inner_length, inner_words) = inner.unwrap_or_default();
    let behind = behind.get(inner_length..)?;
    let mark = joint(behind)?;
    let second_text = behind.get(mark.len()..)?;
    let minus = second_text.starts_with(['-', '−']);
    let second_text = second_text.trim_start_matches(['-', '−']);
    let second = digits(second_text, language)?;
    if second.starts_with('.') {
        return None;
    }
    let rest_behind = second_text.get(second.len()..)?;
    let is_date = rest_behind.starts_with('-')
        && rest_behind
            .get(1..)
            .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
    if is_date || rest_behind.starts_with(['=', '*', '+', '^']) {
        return None;
    }
    let word = match mark.trim() {
        "x" | "×" => language.word("by")?,
        "-" if mark.len() > 1 && is_difference(at, first, second, rest_behind) => {
            language.word("minus")?
        }
        // "24-7" is said as it is.
        _ if (first, second) == ("24", "7") => "",
        _ => language.word("to")?,
    };
    let (length, unit) = counted(at, second, false, rest_behind)
        .or_else(|| {
            let ordinal = ["st", "nd", "rd", "th"]
                .into_iter()
                .find(|letters| rest_behind.starts_with(letters))?;
            (language.is_english && !goes_on(rest_behind.get(2..)?))
                .then(|| (2, ordinal.to_owned()))
        })
        .unwrap_or_default();
    if length == 0 && goes_on(rest_behind) {
        return None;
    }
    let years = language.is_english
        && unit.is_empty()
        && matches!(first.len(), 4)
        && is_years(first, second, word);
    let (first, second) = if years {
        years_of(first, second)
    } else {
        (first.to_owned(), second.to_owned())
    };
    let second_minus = if minus {
        format!("{} ", language.word("minus")?)
    } else {
        String::new()
    };
    let sign_words = if sign.words.is_empty() {
        String::new()
    } else {
        format!("{} ", sign.words)
    };
    let written = at.rest().len() - rest_behind.len() + length;
    Found::new(
        written,
        format!("{sign_words}{first}{inner_words} {word} {second_minus}{second}{unit}"),
    )
}

/// What the first number of a range counts, where that is written behind it.
fn inner(at: At<'_>, first: &str, behind: &str, language: &Language) -> Option<(usize, String)> {
    let ordinal = ["st", "nd", "rd", "th"]
        .into_iter()
        .find(|letters| behind.starts_with(letters));
    if let Some(letters) = ordinal.filter(|_| language.is_english) {
        return Some((2, letters.to_owned()));
    }
    if behind.starts_with([' ', '-', '–', '^', '*']) || behind.starts_with("x") {
        return None;
    }
    counted(at, first, first == "1", behind)
}

/// What joins the two numbers of a range.
fn joint(text: &str) -> Option<&str> {
    let joints = [
        " – ", " - ", " — ", " x ", " × ", "–", "-", "—", "−", "x", "×", "‑", "‒",
    ];
    let joint = joints.into_iter().find(|joint| text.starts_with(joint))?;
    text.get(..joint.len())
}

/// Whether "3 - 5" is a sum: nothing is counted, and something is asked or said of it.
fn is_difference(at: At<'_>, first: &str, second: &str, behind: &str) -> bool {
    let next = behind.trim_start();
    let equals = next.starts_with(['=', '+', '*', '×', '<', '>'])
        || next.starts_with("is ")
        || next.starts_with("equals");
    let before = at.word_before();
    let asked = at.before().trim().is_empty()
        || matches!(
            before,
            "is" | "What's" | "what's" | "calculate" | "Calculate" | "compute" | "of"
        );
    let ends = next.trim_start_matches(is_end).is_empty();
    let falls =
        matches!((value(first), value(second)), (Some(first), Some(second)) if first > second);
    equals || asked && ends || falls && ends
}

fn is_years(first: &str, second: &str, word: &str) -> bool {
    let (Some(from), Some(to)) = (value(first), value(second)) else {
        return false;
    };
    let is_short = second.len() == 2 && to > from % 100;
    word == "to"
        && (1100..2100).contains(&from)
        && (is_short || second.len() == 4 && (from..2200).contains(&to))
}

fn years_of(first: &str, second: &str) -> (String, String) {
    let from = value(first).unwrap_or_default();
    let to = value(second).unwrap_or_default();
    let second = match second.len() {
        2 if to < 10 => format!("oh {to}"),
        2 => english::small(to),
        _ => english::year(to),
    };
    (english::year(from), second)
}

/// "5'10\"", "6'", "12\"".
pub fn height(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    if !at.language.is_english || !at.begins_word() || !at.begins_token() {
        return None;
    }
    let number = digits(rest, at.language)?;
    let behind = rest.get(number.len()..)?;
    let first = behind.chars().next()?;
    let after = behind.get(first.len_utf8()..)?;
    let is_quoted = |quote: char| at.seen_before().matches(quote).count() % 2 == 1;
    let one = number == "1";
    if let Some(name) = arc(at, first, after) {
        let name = if one {
            name.to_owned()
        } else {
            format!("{name}s")
        };
        return Found::new(number.len() + first.len_utf8(), format!("{number} {name}"));
    }
    match first {
        '\'' | '’' | '′' => {
            let inches = digits(after, at.language).unwrap_or_default();
            let mark = after.get(inches.len()..)?.chars().next();
            let has_inches = !inches.is_empty() && matches!(mark, Some('"' | '”' | '″'));
            if has_inches {
                let length =
                    number.len() + first.len_utf8() + inches.len() + mark.map_or(0, char::len_utf8);
                return Found::new(length, format!("{number} foot {inches}"));
            }
            let is_tall = matches!(number, "3" | "4" | "5" | "6" | "7")
                && value(inches).is_some_and(|inches| inches < 12);
            if is_tall && !goes_on(after.get(inches.len()..)?) {
                let length = number.len() + first.len_utf8() + inches.len();
                return Found::new(length, format!("{number} foot {inches}"));
            }
            let is_bare = inches.is_empty() && !goes_on(after) && !is_quoted(first);
            let name = if one { "foot" } else { "feet" };
            is_bare
                .then(|| Found::new(number.len() + first.len_utf8(), format!("{number} {name}")))?
        }
        '"' | '″' if !is_quoted('"') && !goes_on(after) => {
            let name = if one || is_size(after) {
                "inch"
            } else {
                "inches"
            };
            Found::new(number.len() + first.len_utf8(), format!("{number} {name}"))
        }
        _ => None,
    }
}

/// What a mark behind a number counts where degrees are before it: "40° 26′ 46″".
fn arc(at: At<'_>, mark: char, after: &str) -> Option<&'static str> {
    let before = at.before().trim_end();
    let name = match mark {
        '\'' | '’' | '′' if before.ends_with('°') => "minute",
        '"' | '”' | '″' if before.ends_with(['\'', '’', '′']) && has_degrees(before) => {
            "second"
        }
        _ => return None,
    };
    (!goes_on(after) || after.starts_with(|digit: char| digit.is_ascii_digit())).then_some(name)
}

/// Whether the minutes that `before` ends with are those of an angle.
fn has_degrees(before: &str) -> bool {
    let minutes = before.trim_end_matches(['\'', '’', '′']);
    let minutes = minutes.trim_end_matches(|digit: char| digit.is_ascii_digit());
    minutes.trim_end().ends_with('°')
}

/// Whether what follows a number of inches is what has that size: "20\" screen".
fn is_size(after: &str) -> bool {
    let things = [
        "screen", "monitor", "display", "laptop", "tv", "TV", "pipe", "pizza", "wheel", "wheels",
        "tire", "blade", "board", "record", "nail",
    ];
    let next = after
        .trim_start()
        .split(|letter: char| !letter.is_alphanumeric())
        .next();
    next.is_some_and(|next| things.contains(&next))
}
