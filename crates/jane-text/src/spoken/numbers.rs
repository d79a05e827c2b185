//! Numbers by themselves: how they are written, fractions, years, versions and telephone numbers.

use std::sync::LazyLock;

use regex::Regex;

use super::normal::{At, Found, is_end};
use super::{Language, english, goes_on};

/// A pattern of the program itself: one that is wrong matches nothing, and a test looks at each.
pub fn pattern(pattern: &str) -> Option<Regex> {
    // Digits and names are those of ASCII: tables of all others take long to build.
    let pattern = pattern
        .replace(r"\d", "[0-9]")
        .replace(r"\w", "[0-9A-Za-z_]");
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).ok()
}

/// The number that `text` begins with: digits, grouped or not, with decimals.
pub fn digits<'a>(text: &'a str, language: &Language) -> Option<&'a str> {
    let run = |text: &str| {
        text.len()
            - text
                .trim_start_matches(|digit: char| digit.is_ascii_digit())
                .len()
    };
    let (decimal, group) = if language.decimal == "," {
        (',', '.')
    } else {
        ('.', ',')
    };
    let mut end = run(text);
    if end == 0 {
        // ".5" is a number where it stands alone.
        let decimals = run(text.strip_prefix(decimal)?);
        return if decimals > 0 {
            text.get(..=decimals)
        } else {
            None
        };
    }
    let groups = |mark: char| {
        let mut end = run(text);
        if end > 3 {
            return end;
        }
        while let Some(rest) = text.get(end..).and_then(|rest| rest.strip_prefix(mark))
            && run(rest) == 3
        {
            end += mark.len_utf8() + 3;
        }
        end
    };
    let marks = [group, '\u{202f}', '\u{a0}', '’', ' '];
    let marks = marks
        .into_iter()
        .filter(|mark| *mark == group || !language.is_english && language.decimal == ",");
    end = marks.map(groups).max().unwrap_or(end);
    let decimals = |mark: char| {
        let rest = text.get(end..).and_then(|rest| rest.strip_prefix(mark))?;
        Some(run(rest)).filter(|length| *length > 0)
    };
    // A second mark makes it a version or a date, which are no numbers.
    if let Some(length) = decimals(decimal).or_else(|| decimals('.')) {
        end += 1 + length;
    }
    text.get(..end)
}

/// The value of a whole number without groups.
pub fn value(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// "1/2", "2 1/2", "2½"; and what looks like one and is none.
pub fn fraction(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let language = at.language;
    if !at.begins_word() || at.letter_before() == Some('/') {
        return None;
    }
    let first = rest.chars().next()?;
    let mut buffer = [0; 4];
    if let Some(said) = language.fraction(first.encode_utf8(&mut buffer)) {
        return Found::new(first.len_utf8(), said);
    }
    let whole = rest.len()
        - rest
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .len();
    if whole == 0 {
        return None;
    }
    let (number, behind) = rest.split_at(whole);
    let and = language.word("and")?;
    let glyph = behind.trim_start_matches(' ').chars().next()?;
    if let Some(said) = language.fraction(glyph.encode_utf8(&mut buffer)) {
        let gap = behind.len() - behind.trim_start_matches(' ').len();
        return Found::new(
            whole + gap + glyph.len_utf8(),
            mixed(number, and, said, language),
        );
    }
    if let Some((written, said)) = behind
        .strip_prefix(' ')
        .and_then(|behind| simple(behind, language))
        && language.is_english
        && !said.contains(char::is_numeric)
    {
        return Found::new(whole + 1 + written, mixed(number, and, &said, language));
    }
    let (written, said) = simple(rest, language)?;
    Found::new(written, said)
}

/// "two and a half".
fn mixed(number: &str, and: &str, part: &str, language: &Language) -> String {
    let part = match part.strip_prefix("one ") {
        Some(part) if language.is_english => {
            format!("{} {part}", if part == "eighth" { "an" } else { "a" })
        }
        _ => part.to_owned(),
    };
    format!("{number} {and} {part}")
}

/// The fraction that `text` begins with, and what is said for it.
fn simple(text: &str, language: &Language) -> Option<(usize, String)> {
    let run = |text: &str| {
        text.len()
            - text
                .trim_start_matches(|digit: char| digit.is_ascii_digit())
                .len()
    };
    let above = run(text);
    let behind = text.get(above..)?.strip_prefix(['/', '⁄'])?;
    let below = run(behind);
    let mark = text.len() - above - behind.len();
    let length = above + mark + below;
    let rest = text.get(length..)?;
    if above == 0 || below == 0 || rest.starts_with('/') || goes_on(rest) {
        return None;
    }
    if let Some(said) = language.fraction(&text.get(..length)?.replace('⁄', "/")) {
        return Some((length, said.to_owned()));
    }
    if !language.is_english {
        let over = language.word("over")?;
        return Some((
            length,
            format!("{} {over} {}", text.get(..above)?, behind.get(..below)?),
        ));
    }
    let (top, bottom) = (value(text.get(..above)?)?, value(behind.get(..below)?)?);
    let said = match bottom {
        10 | 5 if top <= bottom && is_rating(rest) => format!("{top} out of {bottom}"),
        10 | 100 if top > 1 && top <= bottom => format!("{top} out of {bottom}"),
        _ if top < bottom => match english::part(bottom, top == 1) {
            Some(part) if top == 1 => format!("one {part}"),
            Some(part) => format!(
                "{} {part}",
                if top < 100 {
                    english::small(top)
                } else {
                    top.to_string()
                }
            ),
            None => format!("{top} over {bottom}"),
        },
        _ => format!("{top} over {bottom}"),
    };
    Some((length, said))
}

fn is_rating(rest: &str) -> bool {
    rest.trim_start().starts_with("star")
}

/// A year, or a decade: "1999", "1990s", "'90s".
pub fn year(at: At<'_>) -> Option<Found> {
    if !at.language.is_english {
        return None;
    }
    let rest = at.rest();
    let quote = match rest.chars().next()? {
        quote @ ('\'' | '’' | '‘') => quote.len_utf8(),
        _ => 0,
    };
    let number = rest.get(quote..)?;
    let count = number.len()
        - number
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .len();
    let behind = number.get(count..)?;
    let number = value(number.get(..count)?)?;
    if !at.begins_word() || !matches!((quote, count), (0, 2 | 4) | (1.., 2)) {
        return None;
    }
    let plural = ["s", "'s", "’s"]
        .into_iter()
        .find(|plural| behind.starts_with(plural));
    if let Some(plural) = plural
        && !goes_on(behind.get(plural.len()..)?)
        && let Some(said) = english::decade(number)
    {
        return Found::new(quote + count + plural.len(), said);
    }
    if quote > 0 && !goes_on(behind) {
        let is_decade = number >= 10;
        let said = if is_decade {
            english::small(number)
        } else {
            format!("oh {}", english::small(number))
        };
        return Found::new(quote + count, said);
    }
    if count != 4
        || goes_on(behind)
        || behind.starts_with(['%', '°', '$', '€'])
        || !is_year(at, number, behind)
    {
        return None;
    }
    Found::new(count, english::year(number))
}

/// Whether a number of four digits is a year, by what is around it.
fn is_year(at: At<'_>, number: u32, behind: &str) -> bool {
    const BEFORE: [&str; 38] = [
        "in",
        "since",
        "until",
        "till",
        "by",
        "during",
        "before",
        "after",
        "around",
        "circa",
        "year",
        "years",
        "early",
        "late",
        "mid",
        "summer",
        "winter",
        "spring",
        "autumn",
        "fall",
        "from",
        "of",
        "and",
        "between",
        "to",
        "was",
        "is",
        "the",
        "born",
        "died",
        "January",
        "February",
        "through",
        "Copyright",
        "copyright",
        "ca",
        "c",
        "back",
    ];
    if !(1010..2100).contains(&number) {
        return false;
    }
    let before = at.word_before();
    let next = at.word_behind(4);
    let is_month = at.language.month_named(before).is_some();
    // "1500 people" counts.
    let counts =
        behind.starts_with(' ') && next.starts_with(char::is_lowercase) && !is_function(next);
    let is_spaced = at.begins_token();
    let follows = BEFORE.contains(&before)
        || before.is_empty()
        || is_month
        || before.starts_with(|digit: char| digit.is_ascii_digit());
    let is_modern = (1900..2100).contains(&number);
    (is_month || !counts) && (!is_spaced || follows || is_modern)
}

/// Words that count nothing.
fn is_function(word: &str) -> bool {
    const WORDS: [&str; 40] = [
        "was", "is", "and", "or", "to", "in", "the", "a", "by", "with", "when", "as", "at", "for",
        "that", "which", "who", "but", "he", "she", "it", "they", "we", "had", "has", "were",
        "are", "will", "saw", "through", "until", "on", "of", "because", "after", "before",
        "marked", "began", "if", "so",
    ];
    WORDS.contains(&word.trim_end_matches(is_end))
}

/// A number whose mark the voice loses: "-5", ".5", and one with a power: "10²", "2^10".
pub fn number(at: At<'_>) -> Option<Found> {
    let (language, rest) = (at.language, at.rest());
    let sign = sign(at)?;
    let body = rest.get(sign.length..)?;
    let digits = digits(body, language)?;
    if let Some(scientific) = scientific(at, &sign, body, digits) {
        return Some(scientific);
    }
    if sign.length == 0 && !digits.starts_with('.') || !at.begins_word() {
        return None;
    }
    let zero = if digits.starts_with(['.', ',']) {
        "0"
    } else {
        ""
    };
    let space = if sign.words.is_empty() { "" } else { " " };
    Found::new(
        sign.length + digits.len(),
        format!("{}{space}{zero}{digits}", sign.words),
    )
}

/// "1.5e-10".
fn scientific(at: At<'_>, sign: &Found, body: &str, digits: &str) -> Option<Found> {
    let language = at.language;
    let exponent = body.get(digits.len()..)?.strip_prefix(['e', 'E'])?;
    let number = exponent.trim_start_matches(['-', '+']);
    let count = number.len()
        - number
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .len();
    let marks = exponent.len() - number.len();
    if count == 0 || marks > 1 || goes_on(number.get(count..)?) || !at.begins_word() {
        return None;
    }
    let minus = if exponent.starts_with('-') {
        format!("{} ", language.word("minus")?)
    } else {
        String::new()
    };
    let (times, power) = (language.word("times")?, language.word("power")?);
    let words = format!(
        "{} {digits} {times} 10 {power} {minus}{}",
        sign.words,
        number.get(..count)?
    );
    Found::new(
        sign.length + digits.len() + 1 + marks + count,
        words.trim_start(),
    )
}

/// What is said for the sign of a number; nothing where there is none. `None` where a mark is none.
pub fn sign(at: At<'_>) -> Option<Found> {
    let (language, rest) = (at.language, at.rest());
    let letter = rest.chars().next()?;
    let behind = rest.get(letter.len_utf8()..)?;
    let is_mark = matches!(
        letter,
        '-' | '−' | '–' | '+' | '±' | '~' | '≈' | '<' | '>' | '≤' | '≥'
    );
    if !is_mark {
        return Found::new(0, "");
    }
    let (mark, behind) = match (letter, behind.strip_prefix('=')) {
        ('<' | '>', Some(rest)) => (letter.len_utf8() + 1, rest),
        _ => (letter.len_utf8(), behind),
    };
    let is_equal = mark > letter.len_utf8();
    // "< 5" too, where nothing is compared with it.
    let gap = behind.len() - behind.trim_start_matches(' ').len();
    let may_be_apart = !matches!(letter, '-' | '−' | '–' | '+');
    let number = behind
        .trim_start_matches(' ')
        .trim_start_matches(['-', '−', '$', '€', '£', '¥', '.']);
    if gap > 1
        || gap == 1 && !may_be_apart
        || !number.starts_with(|digit: char| digit.is_ascii_digit())
        || !at.begins_token()
    {
        return None;
    }
    let compares = at
        .before()
        .trim_end()
        .ends_with(|letter: char| letter.is_alphanumeric() || letter == ')')
        && gap == 1;
    if compares {
        return None;
    }
    let key = match letter {
        '-' | '−' | '–' => "minus",
        '+' => "plus",
        '±' => "plus_or_minus",
        '<' | '≤' if is_equal || letter == '≤' => "at_most",
        '>' | '≥' if is_equal || letter == '≥' => "at_least",
        '<' => "less",
        '>' => "more",
        _ => "about",
    };
    let sign = Found::new(mark + gap, language.word(key)?)?;
    // Behind "less than" a number may have a sign of its own.
    let negative = behind
        .trim_start_matches(' ')
        .strip_prefix(['-', '−'])
        .filter(|_| may_be_apart);
    match (negative, language.word("minus")) {
        (Some(rest), Some(minus)) => {
            let mark = behind.trim_start_matches(' ').len() - rest.len();
            Found::new(sign.length + mark, format!("{} {minus}", sign.words))
        }
        _ => Some(sign),
    }
}

static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^[vV]?\d{1,5}(\.\d{1,5})+(\.[x*])?|^v\d{1,4}"));

/// "1.2.3", "v2", "192.168.1.1", "10.0.0.0/24".
pub fn version(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let first = rest.chars().next()?;
    if !at.begins_word() || !(first.is_ascii_digit() || matches!(first, 'v' | 'V')) {
        return None;
    }
    let written = VERSION.as_ref()?.find(rest)?.as_str();
    let behind = rest.get(written.len()..)?;
    let numbers = written.trim_start_matches(['v', 'V']);
    let parts: Vec<&str> = numbers.split('.').collect();
    let network = network(&parts, behind);
    if network.is_none()
        && behind.starts_with(|letter: char| {
            letter.is_alphanumeric() || matches!(letter, '/' | '-' | '%')
        })
    {
        return None;
    }
    let named = numbers.len() < written.len();
    let is_grouped = parts.iter().skip(1).all(|part| part.len() == 3) && at.language.decimal == ",";
    if !named && (parts.len() < 3 || is_grouped) {
        return None;
    }
    let mark = if parts.len() == 4 { "dot" } else { "point" };
    let version = if named && at.language.is_english {
        "version "
    } else {
        written.get(..written.len() - numbers.len())?
    };
    let mark = at.language.word(mark)?;
    let mut words = format!("{version}{}", parts.join(&format!(" {mark} ")));
    let mut length = written.len();
    if let Some(bits) = network {
        words = format!("{words} {} {bits}", at.language.word("slash")?);
        length += 1 + bits.len();
    }
    Found::new(length, words)
}

/// The length of a network's prefix behind its address.
fn network<'a>(parts: &[&str], behind: &'a str) -> Option<&'a str> {
    let bits = behind.strip_prefix('/')?;
    let end = bits
        .find(|digit: char| !digit.is_ascii_digit())
        .unwrap_or(bits.len());
    let is_prefix = parts.len() == 4
        && value(bits.get(..end)?).is_some_and(|bits| bits <= 32)
        && !goes_on(bits.get(end..)?)
        && !bits.get(end..)?.starts_with('/');
    is_prefix.then(|| bits.get(..end))?
}

static TELEPHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]\d{2,8}){0,4}",
        r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}",
        r"|1-\d{3}-[A-Z]{4,8}",
        r"|\d{3}[- ]\d{4}\b|\d{3}-\d{2}-\d{4}|\d+(?:-\d+){3,})"
    ))
});

/// Digits that are said one by one: telephone numbers, and other long numbers in groups.
pub fn telephone(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let first = rest.chars().next()?;
    if !at.begins_word() || !(first.is_ascii_digit() || matches!(first, '+' | '(')) {
        return None;
    }
    if let Some(found) = emergency(at) {
        return Some(found);
    }
    let written = TELEPHONE.as_ref()?.find(rest)?.as_str();
    if written.contains(' ') && written.len() == 8 && !is_called(at) {
        return None;
    }
    let digit_count = written.chars().filter(char::is_ascii_digit).count();
    if goes_on(rest.get(written.len()..)?) || digit_count < 7 && !written.starts_with("1-") {
        return None;
    }
    let groups = written
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty());
    let said = |group: &str| match group.chars().all(|letter| letter.is_ascii_uppercase()) {
        true => group.to_owned(),
        false => english::digits(group),
    };
    let said: Vec<String> = groups.map(said).collect();
    let plus = match first {
        '+' => format!("{} ", at.language.word("plus")?),
        _ => String::new(),
    };
    Found::new(written.len(), format!("{plus}{}", said.join(", ")))
}

/// Words before a number that is called.
const CALLS: [&str; 8] = [
    "call", "dial", "phone", "text", "calling", "dialing", "Call", "Dial",
];

/// Whether a group of three and one of four digits is a number to call, by the word before it.
fn is_called(at: At<'_>) -> bool {
    let before = at.word_before();
    CALLS.contains(&before)
        || ["is", "number", "Number", "at", "on", "Phone", "Tel"].contains(&before)
}

/// "call 911".
fn emergency(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let number = rest.get(..3)?;
    let behind = rest.get(3..)?;
    let is_number = number.bytes().all(|digit| digit.is_ascii_digit()) && !goes_on(behind);
    let ends = !behind
        .strip_prefix([' ', '-'])
        .is_some_and(|next| next.starts_with(|digit: char| digit.is_ascii_digit()));
    (is_number && ends && CALLS.contains(&at.word_before()))
        .then(|| Found::new(3, english::digits(number)))?
}
