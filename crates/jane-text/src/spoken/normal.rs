//! From plain text to what is said, word by word.
//!
//! At the beginning of each word, and behind each mark within one, the rules are asked in their order. The first that knows what is written
//! there says how long that is, and its words; what none knows is said as it is written, but for marks that are no letters.

use super::{Language, Unit};
use super::{addresses, clock, dates, maths, money, numbers, quantity, roman, symbols, words};

/// What a rule makes of the text at a place.
pub struct Found {
    /// Bytes that are written.
    pub length: usize,
    /// What is said for them.
    pub words: String,
}

impl Found {
    pub fn new(length: usize, words: impl Into<String>) -> Option<Self> {
        let words = words.into();
        Some(Self { length, words })
    }
}

/// A place in a text at which a word begins.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub text: &'a str,
    pub place: usize,
    pub language: &'a Language,
}

impl<'a> At<'a> {
    pub fn rest(&self) -> &'a str {
        self.text.get(self.place..).unwrap_or_default()
    }

    pub fn before(&self) -> &'a str {
        self.text.get(..self.place).unwrap_or_default()
    }

    /// The word at the place, to the next white space, without the marks at its end.
    pub fn token(&self) -> &'a str {
        let token = first_word(self.rest());
        token.trim_end_matches(is_end)
    }

    /// As much of what is before the place as counts.
    pub fn seen_before(&self) -> &'a str {
        let before = self.before();
        let start = before.len().saturating_sub(LONGEST);
        before
            .get(before.ceil_char_boundary(start)..)
            .unwrap_or_default()
    }

    /// The word before the one at the place, without marks around it.
    pub fn word_before(&self) -> &'a str {
        last_word(self.before()).trim_matches(|letter: char| !letter.is_alphanumeric())
    }

    /// The character before the place.
    pub fn letter_before(&self) -> Option<char> {
        self.before().chars().next_back()
    }

    /// The first word behind `length` bytes.
    pub fn word_behind(&self, length: usize) -> &'a str {
        first_word(self.rest().get(length..).unwrap_or_default().trim_start())
    }

    /// Whether a word begins at the place: no letter or digit is before it.
    pub fn begins_word(&self) -> bool {
        !self
            .letter_before()
            .is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    }

    /// Whether a token begins at the place, but for what opens quotes and brackets.
    pub fn begins_token(&self) -> bool {
        let opened = self.before().trim_end_matches(opens);
        opened.is_empty() || opened.ends_with(char::is_whitespace)
    }
}

/// What follows the last space of `text`, which may end in one.
fn last_word(text: &str) -> &str {
    /// Bytes that are looked through.
    const SIGHT: usize = 100;
    let seen = text.get(text.ceil_char_boundary(text.len().saturating_sub(SIGHT))..);
    let seen = seen
        .unwrap_or_default()
        .trim_end_matches(|letter: char| opens(letter) || letter.is_whitespace());
    seen.rsplit(char::is_whitespace).next().unwrap_or_default()
}

fn first_word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}

pub fn opens(letter: char) -> bool {
    matches!(
        letter,
        '(' | '[' | '{' | '"' | '\'' | '“' | '‘' | '„' | '‚' | '«' | '»' | '¿' | '¡'
    )
}

/// Marks that end a word and are none of it.
pub fn is_end(letter: char) -> bool {
    matches!(
        letter,
        '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '"' | '”' | '’' | '»' | '…' | '“'
    )
}

/// Bytes of the longest word that rules look at.
const LONGEST: usize = 200;

type Rule = fn(At<'_>) -> Option<Found>;

/// In this order: what is longest and surest comes first.
const RULES: [Rule; 21] = [
    addresses::address,
    symbols::whole,
    addresses::identifier,
    dates::date,
    clock::hours,
    clock::time,
    quantity::ratio,
    numbers::telephone,
    numbers::version,
    maths::sum,
    money::money,
    quantity::height,
    quantity::range,
    numbers::fraction,
    quantity::quantity,
    numbers::year,
    numbers::number,
    roman::numeral,
    dates::calendar,
    words::abbreviation,
    symbols::mark,
];

/// The words of `text`, each with what is said for it.
pub fn units(text: &str, language: &Language) -> Vec<Unit> {
    let text: String = text
        .chars()
        .filter(|letter| !symbols::is_silent(*letter))
        .collect();
    let mut units: Vec<Unit> = Vec::new();
    let mut place = 0;
    while let Some(start) = text
        .get(place..)
        .and_then(|rest| rest.find(|letter: char| !letter.is_whitespace()))
    {
        let start = place + start;
        let (end, spoken) = unit(&text, start, language);
        place = end.max(start + 1);
        units.push(Unit {
            written: text.get(start..end).unwrap_or_default().to_owned(),
            spoken: spoken.split_whitespace().collect::<Vec<_>>().join(" "),
        });
    }
    // A mark without a word belongs to the word before it: the voice pauses there.
    let mut joined: Vec<Unit> = Vec::new();
    for unit in units {
        match joined.last_mut() {
            Some(last) if unit.spoken.chars().all(is_end) => {
                last.written = format!("{} {}", last.written, unit.written);
                last.spoken.push_str(&unit.spoken);
            }
            _ => joined.push(unit),
        }
    }
    joined
}

/// The end of the unit that begins at `start`, and what is said for it.
fn unit(text: &str, start: usize, language: &Language) -> (usize, String) {
    let token_end = |from: usize| from + first_word(text.get(from..).unwrap_or_default()).len();
    let mut end = token_end(start);
    let token = text.get(start..end).unwrap_or_default();
    if is_plain(token) {
        return (end, token.to_owned());
    }
    if token.len() > LONGEST {
        return (end, unbroken(text, start, token, language));
    }
    let mut spoken = String::new();
    let mut place = start;
    while place < end {
        let at = At {
            text,
            place,
            language,
        };
        if let Some(Found { length, words }) = RULES.iter().find_map(|rule| rule(at))
            && length > 0
        {
            append(&mut spoken, &words, true);
            place += length;
            if place > end {
                end = token_end(place);
            }
            let next = text.get(place..).unwrap_or_default();
            if place < end && next.starts_with(char::is_alphanumeric) {
                spoken.push(' ');
            }
            continue;
        }
        let rest = text.get(place..end).unwrap_or_default();
        let run = rest
            .find(|letter: char| !letter.is_alphanumeric())
            .unwrap_or(rest.len());
        if run > 0 {
            append(&mut spoken, rest.get(..run).unwrap_or_default(), false);
            place += run;
            continue;
        }
        let mark = rest.chars().next().unwrap_or(' ');
        match symbols::kept(at, mark) {
            Some(kept) => spoken.push(kept),
            None => spoken.push(' '),
        }
        place += mark.len_utf8();
    }
    (end, spoken)
}

/// What is said for a word that is too long for the rules, which look at all of it: an address, or its letters.
fn unbroken(text: &str, place: usize, token: &str, language: &Language) -> String {
    let at = At {
        text,
        place,
        language,
    };
    match addresses::address(at).filter(|found| found.length > LONGEST) {
        Some(found) => found.words,
        None => token
            .chars()
            .map(|letter| symbols::kept(at, letter).unwrap_or(' '))
            .collect(),
    }
}

/// Words of prose, which no rule knows: letters in lower case, and marks behind them.
fn is_plain(token: &str) -> bool {
    let word = token.trim_end_matches([',', ';', '!', '?']);
    word.len() > 5 && word.bytes().all(|letter| letter.is_ascii_lowercase())
}

/// Adds words; what is said for something else stands apart from the letters before it.
fn append(spoken: &mut String, words: &str, apart: bool) {
    let joins = spoken.ends_with(char::is_alphanumeric) && words.starts_with(char::is_alphanumeric);
    if apart && joins {
        spoken.push(' ');
    }
    spoken.push_str(words);
}
