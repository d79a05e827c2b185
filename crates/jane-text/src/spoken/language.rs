//! What each language says for what is written otherwise: the tables of `languages/`.
//!
//! Invariant: a language without a table has no words, and nothing that is written in it is turned into those of another one.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language, as far as speaking needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Language {
    /// Whether the rules of English apply: years, ordinals, letters.
    #[serde(skip)]
    pub is_english: bool,
    /// Whether the day comes before the month in `3/4/2026`.
    #[serde(skip)]
    pub day_first: bool,
    /// The decimal mark; the other one of `.` and `,` groups digits.
    pub decimal: String,
    words: HashMap<String, String>,
    symbols: HashMap<String, String>,
    units: HashMap<String, [String; 2]>,
    currencies: HashMap<String, Vec<String>>,
    magnitudes: HashMap<String, String>,
    fractions: HashMap<String, String>,
    months: Months,
    abbreviations: HashMap<String, String>,
    numbered: HashMap<String, String>,
    calendar: HashMap<String, String>,
    pub clock: Clock,
}

#[derive(Debug, Default, Deserialize)]
struct Months {
    names: Vec<String>,
    short: Vec<String>,
}

/// How a time of day is said; empty where that is left to the voice, or to the rules of English.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Clock {
    pub full: String,
    pub time: String,
    /// What may be written behind it and is said within it.
    pub behind: String,
}

/// The tables, by language code.
static LANGUAGES: LazyLock<HashMap<&str, Language>> = LazyLock::new(|| {
    let tables = [
        ("en", include_str!("languages/en.toml")),
        ("de", include_str!("languages/de.toml")),
        ("fr", include_str!("languages/fr.toml")),
        ("es", include_str!("languages/es.toml")),
        ("it", include_str!("languages/it.toml")),
    ];
    let read = |(code, table): (&'static str, &str)| {
        let language: Language = toml::from_str(table).unwrap_or_default();
        let is_english = code == "en";
        let day_first = code != "en";
        (
            code,
            Language {
                is_english,
                day_first,
                ..language
            },
        )
    };
    let mut languages: HashMap<&str, Language> = tables.into_iter().map(read).collect();
    let british: Language = toml::from_str(tables[0].1).unwrap_or_default();
    languages.insert(
        "en-gb",
        Language {
            is_english: true,
            day_first: true,
            ..british
        },
    );
    languages.insert(
        "",
        Language {
            decimal: ".".to_owned(),
            ..Language::default()
        },
    );
    languages
});

impl Language {
    /// The language of a code such as `en`, `en_US` or `de-AT`. One that has no table is spoken as it is written.
    #[must_use]
    pub fn of(code: &str) -> &'static Self {
        static NONE: LazyLock<Language> = LazyLock::new(Language::default);
        let code = code.to_lowercase().replace('_', "-");
        let base = code.split('-').next().unwrap_or_default();
        let is_american = matches!(code.as_str(), "en" | "en-us" | "en-ca");
        let key = if base == "en" && !is_american {
            "en-gb"
        } else {
            base
        };
        let found = LANGUAGES.get(key).or_else(|| LANGUAGES.get(""));
        found.unwrap_or(&NONE)
    }

    /// A word that is said for a mark, such as `minus`.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.words.get(key).map(String::as_str)
    }

    /// What is said for a symbol that stands alone.
    pub fn symbol(&self, symbol: &str) -> Option<&str> {
        self.symbols.get(symbol).map(String::as_str)
    }

    /// The longest unit that `text` begins with, and what one and more of it is called.
    pub fn unit<'a>(&self, text: &'a str) -> Option<(&'a str, &[String; 2])> {
        self.longest(text, |key| self.units.get(key))
    }

    /// The currency that `text` begins with, and its names.
    pub fn currency<'a>(&self, text: &'a str) -> Option<(&'a str, &[String])> {
        let symbol = text.chars().next()?;
        if symbol.is_alphabetic() && self.is_inside(text) {
            return None;
        }
        let lengths = (1..=3).rev();
        let ends = lengths.filter_map(|count| text.char_indices().nth(count - 1));
        for (start, last) in ends {
            let symbol = text.get(..start + last.len_utf8())?;
            if let Some(names) = self.currencies.get(symbol) {
                return Some((symbol, names));
            }
        }
        None
    }

    /// Whether `text` begins with more letters than a currency has.
    fn is_inside(&self, text: &str) -> bool {
        text.chars()
            .take_while(|letter| letter.is_alphabetic())
            .count()
            > 3
    }

    pub fn magnitude<'a>(&self, text: &'a str) -> Option<(&'a str, &str)> {
        let end = text.find(|letter: char| !letter.is_alphabetic());
        let word = text.get(..end.unwrap_or(text.len()))?;
        Some((word, self.magnitudes.get(word)?))
    }

    pub fn fraction(&self, written: &str) -> Option<&str> {
        self.fractions.get(written).map(String::as_str)
    }

    /// The name of a month, 1 to 12.
    pub fn month(&self, number: u32) -> Option<&str> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        self.months.names.get(place).map(String::as_str)
    }

    /// The name of the month that is written as `word`, whole or short.
    pub fn month_named(&self, word: &str) -> Option<&str> {
        let Months { names, short } = &self.months;
        let whole = names.iter().position(|name| name == word);
        let place = whole.or_else(|| short.iter().position(|name| name == word))?;
        // A second way to write September comes behind December.
        let place = if place == 12 { 8 } else { place };
        names.get(place).map(String::as_str)
    }

    pub fn abbreviation(&self, word: &str) -> Option<&str> {
        self.abbreviations.get(word).map(String::as_str)
    }

    /// What `word` is called before a number.
    pub fn numbered(&self, word: &str) -> Option<&str> {
        self.numbered.get(word).map(String::as_str)
    }

    /// The day of the week or month that `word` is short for.
    pub fn calendar(&self, word: &str) -> Option<&str> {
        self.calendar.get(word).map(String::as_str)
    }

    /// What of `text` is the longest key of a table, where no letter or digit follows it.
    fn longest<'a, 'b, T: ?Sized>(
        &self,
        text: &'a str,
        get: impl Fn(&str) -> Option<&'b T>,
    ) -> Option<(&'a str, &'b T)> {
        /// Characters of the longest unit.
        const LONGEST: usize = 8;
        let ends = text.char_indices().take(LONGEST);
        let ends: Vec<usize> = ends
            .map(|(start, letter)| start + letter.len_utf8())
            .collect();
        for end in ends.into_iter().rev() {
            let (key, behind) = text.split_at(end);
            if !super::goes_on(behind)
                && let Some(found) = get(key)
            {
                return Some((key, found));
            }
        }
        None
    }
}
