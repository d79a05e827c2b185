//! What of a written reply is heard, and in which words.
//!
//! A piece of the reply loses its Markdown (`markup`), and what is left is said in the words of a language (`normal` and the rules beside
//! it, with the tables of `languages/`). A rule changes only what the voice would say wrong: espeak-ng says digits, ordinals and acronyms.
//! Invariants: of a text that holds a letter or a digit outside of its markup something is heard; each spoken word is known to be said for
//! a written one; a text takes time in proportion to its length.

mod addresses;
mod clock;
mod dates;
pub mod english;
mod language;
mod latex;
mod markup;
mod maths;
mod money;
mod normal;
mod numbers;
mod quantity;
mod roman;
mod symbols;
mod words;

pub use language::Language;
use unicode_segmentation::UnicodeSegmentation as _;

/// Where in a reply a piece of it begins: Markdown's blocks begin with lines of the reply and not with sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the beginning of a line.
    Line,
    /// Within a line.
    Inside,
    /// Within a fenced code block, which is not read aloud.
    Code,
}

/// A piece of a reply, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub place: Place,
}

/// Words as they are written, and what is said for them; nothing for some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    pub written: String,
    pub spoken: String,
}

/// What is said for a piece of a reply, in the order of what is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(pub Vec<Unit>);

impl Said {
    /// What the voice is given, in one line without control characters; empty where nothing is heard.
    #[must_use]
    pub fn text(&self) -> String {
        let units = self.0.iter().map(|unit| unit.spoken.as_str());
        units
            .filter(|spoken| !spoken.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .replace(char::is_control, " ")
    }

    /// What it is said for, without markup.
    #[must_use]
    pub fn written(&self) -> String {
        joined(self.0.iter().map(|unit| unit.written.as_str()))
    }
}

/// Written words with a space in between, save before those that begin a line.
pub fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !text.is_empty() && !word.starts_with('\n') {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// What is said for `piece` in `language`.
#[must_use]
pub fn say(piece: &Piece, language: &Language) -> Said {
    let mut units = Vec::new();
    let mut place = piece.place;
    for line in piece.text.lines() {
        match place {
            Place::Code => units.push(silent(line)),
            Place::Line if markup::is_fence(line) => units.push(Unit {
                written: line.trim().to_owned(),
                spoken: language.word("code").unwrap_or_default().to_owned(),
            }),
            Place::Line | Place::Inside => {
                let line = markup::plain(line, place == Place::Line, language);
                units.extend(normal::units(&line, language));
            }
        }
        if place == Place::Inside {
            place = Place::Line;
        }
    }
    let is_heard = |unit: &Unit| unit.spoken.contains(char::is_alphanumeric);
    if !units.iter().any(is_heard) {
        units.iter_mut().for_each(|unit| unit.spoken.clear());
    }
    Said(units)
}

/// What is said for a reply that is nothing but emojis, where `language` has their names: the name of each, once.
#[must_use]
pub fn emoji_names(text: &str, language: &Language) -> Option<String> {
    /// Names that are said at most.
    const MOST: usize = 5;
    if !language.is_english {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for written in text.graphemes(true) {
        let Some(emoji) = emojis::get(written) else {
            continue;
        };
        // Behind a colon is the tone of its skin.
        let name = emoji.name().split(':').next().unwrap_or_default();
        if !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| format!("{}.", names.join(", ")))
}

/// A line that is written and not said.
fn silent(line: &str) -> Unit {
    Unit {
        written: format!("\n{line}"),
        spoken: String::new(),
    }
}

/// Whether anything of `text` is heard, in any language.
#[must_use]
pub fn is_heard(text: &str) -> bool {
    let piece = Piece {
        text: text.to_owned(),
        place: Place::Line,
    };
    let said = say(&piece, Language::of(""));
    !said.text().is_empty() || text.lines().any(markup::is_fence)
}

/// Whether `behind` continues a word or a number.
fn goes_on(behind: &str) -> bool {
    let mut letters = behind.chars();
    match letters.next() {
        Some('.' | ',') => letters.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some(letter) => letter.is_alphanumeric() || letter == '_',
        None => false,
    }
}

#[cfg(test)]
mod tests;
