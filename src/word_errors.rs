//! How much of what was said was heard: word errors, counted as the field counts them.
//!
//! Texts are compared after a normaliser that follows `EnglishTextNormalizer` of OpenAI's Whisper (lower case, no punctuation, no
//! fillers, contractions written out, numbers as digits), without its list of British spellings beyond the commonest endings.

use jane_text::spoken::english::{SMALL, TENS};

/// Substitutions, insertions and deletions against a reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordErrors {
    pub errors: usize,
    /// Words of the reference.
    pub words: usize,
}

impl WordErrors {
    /// Compares what was heard with what was said, after normalising both.
    #[must_use]
    pub fn between(said: &str, heard: &str) -> Self {
        let (said, heard) = (normalise(said), normalise(heard));
        Self {
            errors: distance(&said, &heard),
            words: said.len(),
        }
    }

    /// Errors for each word of the reference; 0 where there is none. Above 1 where more was invented than said.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "word counts are small")]
    pub fn rate(self) -> f64 {
        if self.words == 0 {
            0.0
        } else {
            self.errors as f64 / self.words as f64
        }
    }
}

impl std::ops::AddAssign for WordErrors {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.words += other.words;
    }
}

/// The words of `text` in the form in which they are compared.
#[must_use]
pub fn normalise(text: &str) -> Vec<String> {
    let text = without_notes(text)
        .to_lowercase()
        .replace(['’', '‘', '`'], "'");
    let mut words = Vec::new();
    for word in
        text.split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '–' | '—' | '/'))
    {
        let word: String = word
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, '\'' | '%' | '$' | '.'))
            .collect();
        // A full stop counts inside a number only.
        let word = word.trim_matches(['.', '\'']);
        let word = if word.contains(|letter: char| letter.is_ascii_digit()) {
            word.to_owned()
        } else {
            word.replace('.', "")
        };
        expand(&word, &mut words);
    }
    words.retain(|word| !FILLERS.contains(&word.as_str()));
    numbers(&words)
}

const FILLERS: [&str; 8] = ["hmm", "mm", "mhm", "mmm", "uh", "um", "ah", "eh"];

const WHOLE_WORDS: [(&str, &[&str]); 12] = [
    ("won't", &["will", "not"]),
    ("can't", &["can", "not"]),
    ("cannot", &["can", "not"]),
    ("let's", &["let", "us"]),
    ("gonna", &["going", "to"]),
    ("wanna", &["want", "to"]),
    ("gotta", &["got", "to"]),
    ("ok", &["okay"]),
    ("mr", &["mister"]),
    ("mrs", &["missus"]),
    ("dr", &["doctor"]),
    ("st", &["saint"]),
];

const ENDINGS: [(&str, &str); 7] = [
    ("n't", "not"),
    ("'re", "are"),
    ("'ll", "will"),
    ("'ve", "have"),
    ("'m", "am"),
    ("'d", "would"),
    ("'s", "is"),
];

fn expand(word: &str, words: &mut Vec<String>) {
    if word.is_empty() {
        return;
    }
    if let Some((_, whole)) = WHOLE_WORDS.iter().find(|(short, _)| *short == word) {
        words.extend(whole.iter().map(|word| (*word).to_owned()));
        return;
    }
    for (ending, meaning) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
            words.extend([stem.replace('\'', ""), meaning.to_owned()]);
            return;
        }
    }
    for (sign, name) in [('%', "percent"), ('$', "dollars")] {
        if word.contains(sign) && word.len() > 1 {
            words.extend([word.replace(sign, ""), name.to_owned()]);
            return;
        }
    }
    let word = word.replace('\'', "");
    let word = match word.as_str() {
        "colour" | "favourite" | "grey" | "centre" | "theatre" | "neighbour" | "behaviour"
        | "harbour" | "labour" => word
            .replace("our", "or")
            .replace("tre", "ter")
            .replace("grey", "gray"),
        _ => word,
    };
    words.push(word);
}

/// Writes number words as digits: "thirty five" as 35, "two hundred and six" as 206.
fn numbers(words: &[String]) -> Vec<String> {
    let mut result = Vec::new();
    let mut words = words.iter().map(String::as_str).peekable();
    // The number so far, and the last step by which it grew: 1 for a unit, 10 for tens, 100 and more for a multiplier.
    let mut number: Option<(u64, u64)> = None;
    while let Some(word) = words.next() {
        let small = SMALL
            .iter()
            .position(|small| *small == word)
            .map(|value| value as u64);
        let tens = TENS
            .iter()
            .position(|tens| !tens.is_empty() && *tens == word)
            .map(|value| value as u64 * 10);
        let multiplier = match word {
            "hundred" => Some(100_u64),
            "thousand" => Some(1_000),
            "million" => Some(1_000_000),
            _ => None,
        };
        number = match (number, small, tens, multiplier) {
            (Some((value, 10)), Some(unit @ 1..=9), ..) => Some((value + unit, 1)),
            (Some((value, 100..)), Some(unit), ..) => Some((value + unit, 1)),
            (Some((value, 100..)), _, Some(tens), _) => Some((value + tens, 10)),
            (Some((value, _)), .., Some(multiplier)) if value > 0 => {
                Some((value.saturating_mul(multiplier), multiplier))
            }
            (Some((_, 100..)), None, None, None)
                if word == "and" && words.peek().is_some_and(|next| is_number(next)) =>
            {
                number
            }
            (previous, small, tens, _) => {
                result.extend(previous.map(|(value, _)| value.to_string()));
                match (small, tens) {
                    (Some(value), _) => Some((value, 1)),
                    (_, Some(value)) => Some((value, 10)),
                    _ => {
                        result.push(word.to_owned());
                        None
                    }
                }
            }
        };
    }
    result.extend(number.map(|(value, _)| value.to_string()));
    result
}

fn is_number(word: &str) -> bool {
    SMALL.contains(&word) || TENS.contains(&word)
}

/// Without `[notes]` and `(notes)`.
fn without_notes(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|letter| match letter {
            '[' | '(' => {
                depth += 1;
                false
            }
            ']' | ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// Levenshtein's distance between two sequences of words.
fn distance(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (number, word) in said.iter().enumerate() {
        let mut above_left = number;
        let mut left = number + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(heard) {
            let value = (above_left + usize::from(word != other))
                .min(left + 1)
                .min(*cell + 1);
            above_left = std::mem::replace(cell, value);
            left = value;
        }
        if let Some(first) = row.first_mut() {
            *first = number + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(said: &str, heard: &str) -> (usize, usize) {
        let WordErrors { errors, words } = WordErrors::between(said, heard);
        (errors, words)
    }

    #[test]
    fn form_is_no_error() {
        assert_eq!(errors("Turn on the lamp", "turn on, the lamp."), (0, 4));
        assert_eq!(
            errors(
                "hello thirty five percent of forty equals fourteen",
                "Hello, 35% of 40 equals 14."
            ),
            (0, 7)
        );
        assert_eq!(
            errors(
                "I'm here and it didn't seem fair",
                "I am here, and it did not seem fair"
            ),
            (0, 9)
        );
        assert_eq!(errors("uh so this is it", "So this is it."), (0, 4));
        assert_eq!(errors("two hundred and six days", "206 days"), (0, 2));
        assert_eq!(errors("one two three", "1 2 3"), (0, 3));
    }

    #[test]
    fn every_other_word_counts() {
        assert_eq!(
            errors("the cat sat on the mat", "the bat sat the mat now"),
            (3, 6)
        );
        assert_eq!(errors("hello", ""), (1, 1));
        assert_eq!(errors("", "thank you"), (2, 0));
    }
}
