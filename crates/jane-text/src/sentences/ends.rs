//! What a full stop says: whether it ends a sentence, or belongs to an abbreviation, an initial or a number.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Digits of the number of a list's item: a longer one is a number.
const LIST_DIGITS: usize = 3;

/// Whether a sentence ends at a full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Yes,
    No,
    /// What follows decides, and is not there yet.
    Wait,
}

impl From<bool> for End {
    fn from(ends: bool) -> Self {
        if ends { Self::Yes } else { Self::No }
    }
}

/// The words of `abbreviations.txt`.
struct Words {
    classes: HashMap<&'static str, HashSet<&'static str>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut classes: HashMap<&str, HashSet<&str>> = HashMap::new();
    let lines = include_str!("abbreviations.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        if let Some((class, words)) = line.split_once(':') {
            let words = words.split_whitespace();
            classes.entry(class).or_default().extend(words);
        }
    }
    Words { classes }
});

impl Words {
    /// Whether `word` is of `class`, in this case or in lower case where the table has that.
    fn has(&self, class: &str, word: &str) -> bool {
        let words = self.classes.get(class);
        words.is_some_and(|words| {
            words.contains(word) || words.contains(word.to_lowercase().as_str())
        })
    }

    /// As [`Words::has`], in this case alone.
    fn has_exactly(&self, class: &str, word: &str) -> bool {
        let words = self.classes.get(class);
        words.is_some_and(|words| words.contains(word))
    }
}

/// What stands around a full stop.
pub struct Stop<'a> {
    /// What is before it in the piece, without it.
    pub before: &'a str,
    /// Whether the piece begins a line.
    pub is_line: bool,
    /// The word behind it, without what opens it, and whether all of it is there.
    pub next: &'a str,
    pub is_whole: bool,
}

impl Stop<'_> {
    /// What the full stop says, where no word in lower case follows it.
    pub fn end(&self) -> End {
        let word = last_word(self.before);
        let only = self.before.trim() == word;
        let digit_follows = self.next.starts_with(|letter: char| letter.is_numeric());
        let is_number = !word.is_empty() && word.chars().all(char::is_numeric);
        if is_number {
            if self.is_line && only && word.len() <= LIST_DIGITS {
                return End::No;
            }
            // "am 3. Oktober".
            let is_day = word.len() <= 2 && self.next.starts_with(char::is_uppercase);
            return self.unless(is_day, |next| WORDS.has_exactly("months", alphabetic(next)));
        }
        if WORDS.has("never", word) {
            return End::No;
        }
        if WORDS.has("number", word) {
            if digit_follows {
                return End::No;
            }
            // "Fig. A", and not "No. I do not".
            return self.unless(word != "No", |next| {
                is_letter(next) && next != "I" && next != "A"
            });
        }
        if WORDS.has("time", word) {
            return self.unless(true, |next| WORDS.has_exactly("hours", alphabetic(next)));
        }
        if word == "I" || (word == "a" && !digit_follows) {
            // "It was I. Then", and not "I. Newton".
            let before = self.before.strip_suffix(word).unwrap_or_default();
            let before = last_word(before.trim_end()).trim_matches('.');
            return End::from(!before.is_empty() && before.chars().count() > 1);
        }
        if matches!(word, "Dr" | "St") && !self.is_behind_name(word) {
            return End::No;
        }
        if is_letter(word) || is_dotted(word) || WORDS.has("name", word) {
            return self.unless(true, |next| !self.is_start(next));
        }
        End::Yes
    }

    /// Whether a name is before `word`: "Elm Dr.", and not "by Dr.".
    fn is_behind_name(&self, word: &str) -> bool {
        let before = self.before.strip_suffix(word).unwrap_or_default();
        last_word(before.trim_end()).starts_with(char::is_uppercase)
    }

    /// Whether `next` begins a sentence, and is no name.
    fn is_start(&self, next: &str) -> bool {
        let word = alphabetic(next);
        let behind = next.get(word.len()..).unwrap_or_default();
        let is_initial = is_letter(word) && behind.starts_with('.');
        !is_initial && (WORDS.has_exactly("starters", word) || word.is_empty())
    }

    /// The end of a sentence unless `goes_on` for the next word, which is only asked where `may`.
    fn unless(&self, may: bool, goes_on: impl Fn(&str) -> bool) -> End {
        match may {
            false => End::Yes,
            true if self.is_whole => End::from(!goes_on(self.next)),
            true => End::Wait,
        }
    }
}

/// The last word of `text`, without what opens it.
fn last_word(text: &str) -> &str {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.trim_start_matches(|letter: char| !letter.is_alphanumeric())
}

/// The letters that `word` begins with.
fn alphabetic(word: &str) -> &str {
    let end = word.find(|letter: char| !letter.is_alphabetic());
    word.get(..end.unwrap_or(word.len())).unwrap_or_default()
}

fn is_letter(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ')']);
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// Letters with full stops in between: "U.S", "Ph.D", "J.R.R".
fn is_dotted(word: &str) -> bool {
    let mut parts = word.split('.');
    word.contains('.')
        && parts.all(|part| {
            (1..=2).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic)
        })
}

/// Whether the last mark of `text` ends a sentence, or belongs to an abbreviation, an initial or the number of a list. What follows is not
/// known: what may end a sentence ends it, save for abbreviations and initials that nearly always go on.
pub fn ends_a_sentence(text: &str) -> bool {
    let text = text.trim_end();
    let Some(before) = text.strip_suffix('.') else {
        return true;
    };
    let word = last_word(before);
    let only = before.trim() == word;
    let is_number = !word.is_empty() && word.chars().all(char::is_numeric);
    if is_number {
        return !only;
    }
    let is_initial = is_letter(word) && word != "I";
    !(is_initial
        || is_dotted(word) && !word.to_lowercase().ends_with(".m")
        || WORDS.has("never", word)
        || matches!(word, "Dr" | "St" | "Jr" | "Sr" | "etc"))
}
