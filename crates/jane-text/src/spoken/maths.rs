//! Sums that are written without spaces: "5*3=15", "a<b", "x^2", "f(x)=2x+1".

use super::Language;
use super::normal::{At, Found, is_end};
use super::quantity::power;

/// A token of numbers, names and at least one mark that only sums have.
pub fn sum(at: At<'_>) -> Option<Found> {
    let language = at.language;
    if !at.begins_token() {
        return None;
    }
    let token = at.token();
    // A bracket that closes what opens within belongs to it.
    let closes = token.matches('(').count() > token.matches(')').count()
        && at.rest().get(token.len()..)?.starts_with(')');
    let token = at.rest().get(..token.len() + usize::from(closes))?;
    if !is_sum(token) {
        return None;
    }
    let said = said(token, language)?;
    Found::new(token.len(), said)
}

fn is_operator(letter: char) -> bool {
    matches!(
        letter,
        '*' | '='
            | '<'
            | '>'
            | '≤'
            | '≥'
            | '≠'
            | '≈'
            | '×'
            | '÷'
            | '·'
            | '+'
            | '−'
            | '√'
            | '^'
            | '→'
    )
}

/// Whether `token` is one: marks between values, and nothing else.
fn is_sum(token: &str) -> bool {
    let is_part = |letter: char| {
        letter.is_alphanumeric()
            || is_operator(letter)
            || "()[]-/.,!_%".contains(letter)
            || is_raised(letter)
    };
    if token.len() < 2 || token.len() > 200 || !token.chars().all(is_part) {
        return false;
    }
    if token
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, '×' | '.'))
        && token.matches('×').count() == 1
    {
        // "1920×1080" is a size, unless a power follows.
        return false;
    }
    let letters: Vec<char> = token.chars().collect();
    let is_value = |letter: Option<&char>| {
        letter.is_some_and(|letter| {
            letter.is_alphanumeric() || "()[]-−.√_%".contains(*letter) || is_raised(*letter)
        })
    };
    // A mark with a value on both sides; the root stands before one.
    let between = letters.iter().enumerate().any(|(place, letter)| {
        let follows = |ahead: usize| is_value(letters.get(place + ahead));
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        match letter {
            '√' => follows(1),
            '=' | '<' | '>' | '*' => {
                is_value(before)
                    && (follows(1)
                        || follows(2)
                            && letters
                                .get(place + 1)
                                .is_some_and(|next| is_operator(*next)))
            }
            letter if is_operator(*letter) => is_value(before) && follows(1),
            letter if is_raised(*letter) => {
                before.is_some_and(|before| before.is_alphabetic() || *before == ')')
            }
            _ => false,
        }
    });
    if !between {
        return false;
    }
    // Words are no values, but for what is compared or given a value.
    let compares = token.contains(['=', '<', '>', '≤', '≥', '≠', '→', '≈']);
    let words = token
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| !word.is_empty());
    let is_short = |word: &str| {
        word.chars().count() <= 2
            || matches!(
                word,
                "sin"
                    | "cos"
                    | "tan"
                    | "log"
                    | "sqrt"
                    | "exp"
                    | "max"
                    | "min"
                    | "lim"
                    | "abs"
                    | "mod"
            )
    };
    compares || words.clone().all(is_short)
}

fn is_raised(letter: char) -> bool {
    matches!(letter, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '⁻')
}

fn said(token: &str, language: &Language) -> Option<String> {
    let mut said = String::new();
    let mut rest = token;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let behind = rest.get(letter.len_utf8()..)?;
        let two = rest.get(..2).filter(|two| {
            language.symbol(two).is_some()
                && two.chars().all(|letter| letter.is_ascii_punctuation())
        });
        let is_start =
            before == ' ' || is_operator(before) || before == '(' || before == '-' || before == '/';
        if let Some((length, words)) = power(rest, language).filter(|_| !is_start) {
            said.push_str(&words);
            said.push(' ');
            rest = rest.get(length..)?;
            before = '2';
            continue;
        }
        let word = match letter {
            _ if two.is_some() => language.symbol(two?),
            '*' | '×' | '·' => language.word("times"),
            '/' => language.word(
                if before.is_ascii_digit()
                    && behind.starts_with(|digit: char| digit.is_ascii_digit())
                {
                    "divided"
                } else {
                    "over"
                },
            ),
            '-' | '−' => language.word("minus"),
            '=' if is_compared(token) => language.word("equals"),
            '<' | '>' | '=' | '≤' | '≥' | '≠' | '≈' | '+' | '÷' | '√' | '→' => {
                let mut buffer = [0; 4];
                language.symbol(letter.encode_utf8(&mut buffer))
            }
            '(' if before.is_alphabetic() => language.word("of"),
            '(' | ')' | '[' | ']' | '_' => Some(""),
            '^' => language.word("power"),
            _ => {
                // "2x" is said apart.
                if before.is_ascii_digit() && letter.is_alphabetic() {
                    said.push(' ');
                }
                said.push(letter);
                before = letter;
                rest = behind;
                continue;
            }
        }?;
        said.push(' ');
        said.push_str(word);
        said.push(' ');
        let length = two.map_or(letter.len_utf8(), str::len);
        before = rest.get(..length)?.chars().next_back()?;
        rest = rest.get(length..)?;
    }
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    (!said.trim_end_matches(is_end).is_empty()).then_some(said)
}

/// Whether a sign of equality stands alone in a token.
fn is_compared(token: &str) -> bool {
    token.contains('=')
}
