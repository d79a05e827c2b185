//! Marks that are no letters: those that are said, those that the voice needs to pause, and those that are silent.

use super::goes_on;
use super::normal::{At, Found, is_end};

/// A word or mark that a language's table has as a whole, such as `&`, `km/h` or `C++`.
pub fn whole(at: At<'_>) -> Option<Found> {
    if !at.begins_token() {
        return None;
    }
    let token = at.token();
    let said = at.language.symbol(token)?;
    let is_letters = token.chars().all(char::is_alphabetic);
    if token == "°" && at.rest().starts_with("° ") {
        return None;
    }
    if is_letters || token.chars().any(char::is_alphanumeric) {
        return Found::new(token.len(), said);
    }
    operator(at, token, said)
}

/// A mark with white space around it, or what opens the text.
fn operator(at: At<'_>, token: &str, said: &str) -> Option<Found> {
    let (before, behind) = (at.word_before(), at.word_behind(token.len()));
    let is_value = |word: &str| {
        word.starts_with(|letter: char| letter.is_alphanumeric() || "-−√(π$€£".contains(letter))
    };
    match token {
        // An arrow at the end of a line points at nothing.
        "→" | "->" | "=>" | "⇒" | "-->" if before.is_empty() || behind.is_empty() => {
            Found::new(token.len(), "")
        }
        // Before a number that nothing is compared with it says less or more of that.
        "<" | ">" | "≤" | "≥" | "≈" | "<=" | ">=" if before.is_empty() && is_value(behind) => {
            None
        }
        _ => Found::new(token.len(), said),
    }
}

/// A mark in the midst of a word or beside one.
pub fn mark(at: At<'_>) -> Option<Found> {
    let language = at.language;
    let rest = at.rest();
    let letter = rest.chars().next()?;
    let behind = rest.get(letter.len_utf8()..)?;
    let starts_number = behind
        .trim_start_matches(['-', '.'])
        .starts_with(|letter: char| letter.is_ascii_digit());
    let is_between = at.letter_before().is_some_and(char::is_alphanumeric)
        && behind.starts_with(char::is_alphanumeric);
    match letter {
        '#' => hash(at, behind, starts_number),
        '@' if at.begins_token() && behind.starts_with(char::is_alphanumeric) => {
            Found::new(1, format!("{} ", language.word("at")?))
        }
        '*' if at.begins_token() && is_factor(at) => Found::new(1, language.word("times")?),
        '^' if is_factor(at) => Found::new(1, format!(" {} ", language.word("power")?)),
        '-' | '−' | '–' if at.token().len() == letter.len_utf8() => spaced_minus(at, behind),
        '−' if starts_number => {
            Found::new(letter.len_utf8(), format!("{} ", language.word("minus")?))
        }
        '/' if is_between && language.is_english => stroke(at, behind),
        '&' if is_between => {
            let is_name = |letter: Option<char>| letter.is_some_and(char::is_uppercase);
            // "AT&T": the voice says it.
            if is_name(at.letter_before()) && is_name(behind.chars().next()) {
                return None;
            }
            Found::new(1, format!(" {} ", language.symbol("&")?))
        }
        '+' if !goes_on(behind) && at.letter_before().is_some_and(char::is_alphanumeric) => {
            let count = rest.len() - rest.trim_start_matches('+').len();
            let plus = language.word("plus")?;
            Found::new(count, vec![plus; count].join(" ")).map(|found| Found {
                words: format!(" {}", found.words),
                ..found
            })
        }
        '\'' | '’' | '‘' if starts_number && at.begins_token() => None,
        '.' if language.is_english
            && behind.starts_with(char::is_lowercase)
            && (is_between || at.begins_token()) =>
        {
            Found::new(1, " dot ")
        }
        '.' if language.is_english
            && at.begins_token()
            && behind.starts_with(char::is_uppercase) =>
        {
            Found::new(1, "dot ")
        }
        '①'..='⑳' => Found::new(letter.len_utf8(), (u32::from(letter) - 0x245F).to_string()),
        '(' if behind.starts_with(')') => Found::new(2, " "),
        '⁰'..='⁹' | '¹' | '²' | '³' => None,
        _ if is_end(letter) => None,
        _ => symbol_within(at, letter),
    }
}

/// What a mark of the table says where it stands in the midst of a word.
fn symbol_within(at: At<'_>, letter: char) -> Option<Found> {
    if matches!(
        letter,
        '-' | '–' | '—' | '.' | ',' | '_' | '/' | '\\' | '|' | '~'
    ) {
        return None;
    }
    let mut buffer = [0; 4];
    let said = at.language.symbol(letter.encode_utf8(&mut buffer))?;
    Found::new(letter.len_utf8(), format!(" {said} "))
}

/// "#5", "#word", "issue #".
fn hash(at: At<'_>, behind: &str, starts_number: bool) -> Option<Found> {
    if !at.begins_token() {
        return None;
    }
    if starts_number {
        return Found::new(1, format!("{} ", at.language.word("number")?));
    }
    if behind.starts_with(char::is_alphabetic) {
        return Found::new(1, format!("{} ", at.language.word("hashtag")?));
    }
    None
}

/// Whether something to reckon with is on both sides of a mark.
fn is_factor(at: At<'_>) -> bool {
    let mark = at.rest().chars().next().map_or(0, char::len_utf8);
    let is_value = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || "()".contains(letter))
    };
    let before = at.before().trim_end().chars().next_back();
    let behind = at.rest().get(mark..).unwrap_or_default().trim_start();
    is_value(before) && is_value(behind.trim_start_matches('-').chars().next())
}

/// A hyphen that stands alone before a number: a minus where a sum or an amount is, and a dash otherwise.
fn spaced_minus(at: At<'_>, behind: &str) -> Option<Found> {
    let number = behind.trim_start();
    let before = at.word_before();
    let is_name = |word: &str| {
        let word = word.trim_end_matches(is_end);
        word.len() == 1 && word.starts_with(|letter: char| letter.is_ascii_lowercase())
    };
    if is_name(before) && is_name(at.word_behind(at.rest().len() - behind.len())) {
        let mark = at.rest().len() - behind.len();
        return Found::new(mark, at.language.word("minus")?);
    }
    if !number.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let unit = number
        .trim_start_matches(|letter: char| letter.is_ascii_digit() || ".,".contains(letter))
        .trim_start();
    let is_amount = unit.starts_with("degree") || unit.starts_with(['°', '℃', '℉']);
    let is_said = [
        "is", "was", "at", "be", "of", "equals", "to", "below", "about", "ist", "est", "es", "è",
        "by",
    ];
    let follows = at.before().trim_end();
    let is_sum =
        follows.is_empty() || follows.ends_with(['=', '<', '>', '≤', '≥', '+', '*', '×', '(']);
    if is_amount || is_sum || is_said.contains(&before) {
        let mark = at.rest().len() - behind.len();
        return Found::new(mark, at.language.word("minus")?);
    }
    None
}

/// A stroke between two words, and the word behind it where that is a unit of time.
fn stroke(at: At<'_>, behind: &str) -> Option<Found> {
    let end = behind
        .find(|letter: char| !letter.is_alphabetic())
        .unwrap_or(behind.len());
    let next = behind.get(..end)?;
    let before = last_letters(at.before());
    if TIMES.contains(&next) && before.len() > 2 && before.chars().all(char::is_lowercase) {
        let unit = at.language.unit(next).and_then(|(_, names)| names.first());
        let per = at.language.word("per")?;
        return Found::new(
            1 + end,
            format!(" {per} {}", unit.map_or(next, String::as_str)),
        );
    }
    Found::new(1, format!(" {} ", between(before, next)))
}

/// Units of time behind a stroke.
const TIMES: [&str; 14] = [
    "second", "sec", "s", "minute", "min", "hour", "hr", "h", "day", "week", "month", "mo", "year",
    "person",
];

/// What is said for a stroke between two words.
fn between(before: &str, next: &str) -> &'static str {
    const PAIRS: &str = "he/she she/he his/her her/his him/her they/them yes/no true/false left/right on/off male/female black/white \
        pass/fail mother/father he/they his/hers day/night up/down win/loss his/their";
    let pair = format!("{before}/{next}").to_lowercase();
    if PAIRS.split(' ').any(|known| known == pair) {
        "or"
    } else {
        ""
    }
}

fn last_letters(text: &str) -> &str {
    let end = text.trim_end_matches(char::is_alphabetic).len();
    text.get(end..).unwrap_or_default()
}

/// How a mark within a word is handed to the voice; `None`: as a space.
pub fn kept(at: At<'_>, mark: char) -> Option<char> {
    let is_english = at.language.is_english;
    match mark {
        '*' | '`' | '|' | '_' | '™' | '®' => None,
        '[' | ']' | '{' | '}' | '^' | '~' | '\\' | '<' | '>' | '#' | '•' | '·' if is_english => {
            None
        }
        _ => Some(mark),
    }
}

/// Pictographs, dingbats, flags and their modifiers (Unicode blocks U+1F000–1FAFF, U+2600–27BF, U+2B00–2BFF, the joiners and tags), and
/// characters that only lay out text. No word is lost with them.
pub fn is_silent(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE00..=0xFE0F | 0x200B..=0x200F | 0x2060 | 0xFEFF | 0xAD | 0x20E3
            | 0x231A..=0x231B | 0x23E9..=0x23FA | 0xE0020..=0xE007F
    )
}
