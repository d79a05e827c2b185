//! The phrase that Jane is called with, at the beginning of a transcript.
//!
//! Recognisers write a name as they like ("hey Jayne", "hay Jain", "Heyjane"). So a beginning counts where its letters are nearly
//! those of the phrase, or where each of its words sounds like that of the phrase (Double Metaphone, which hears consonants) and
//! shares about half of its letters with it: "hey John" is somebody else.

use rphonetic::DoubleMetaphone;
use strsim::normalized_damerau_levenshtein as similarity;

use super::words::words;

/// The least similarity of letters, 0..=1, without sound: two letters of eight may differ.
const SAME_LETTERS: f64 = 0.75;

/// The least similarity of the letters of two words that sound alike; half, or a third of three letters.
const ALIKE: f64 = 0.5;

/// The least similarity of letters at which a hasty reading may have misheard the phrase. Of 24 recorded phrases it leaves one out; of
/// 100 recordings of other speech 6 are as like "hey Jane" (tiny.en).
const MISHEARD: f64 = 0.4;

/// A wake phrase.
#[derive(Clone, Debug)]
pub struct Wake {
    phrase: String,
    words: Vec<String>,
    sounds: DoubleMetaphone,
}

impl Wake {
    /// The wake phrase `phrase`, "hey Jane" for one. One without letters is found nowhere.
    pub fn new(phrase: &str) -> Self {
        Self {
            phrase: phrase.to_owned(),
            words: words(phrase),
            sounds: DoubleMetaphone::default(),
        }
    }

    /// As it was written.
    pub fn phrase(&self) -> &str {
        &self.phrase
    }

    /// Samples at the beginning of an utterance that the phrase is in where it is said: with the lead before the speech, and slowly.
    pub fn beginning(&self) -> u64 {
        let second = u64::from(jane_audio::SPEECH_RATE);
        second * 3 / 2 + second * 2 / 5 * self.words.len() as u64
    }

    /// Whether `transcript` begins with the phrase, or with what a hasty reading may have made of it: "a fire fox" of "hey Firefox".
    pub fn may_begin(&self, transcript: &str) -> bool {
        let lengths = 1..=self.words.len().saturating_add(1);
        let mut beginnings = lengths.filter_map(|length| split(transcript, length));
        beginnings.any(|(beginning, _)| self.similarity(&words(beginning)) >= MISHEARD)
    }

    /// What follows the phrase, empty where nothing does; `None` where `transcript` does not begin with it.
    pub fn strip(&self, transcript: &str) -> Option<String> {
        if self.words.is_empty() {
            return None;
        }
        // The recogniser may have parted a word in two, or joined two.
        let lengths = 1..=self.words.len().saturating_add(1);
        let beginnings = lengths.filter_map(|length| split(transcript, length));
        let (_, rest) = beginnings
            .filter_map(|(beginning, rest)| Some((self.likeness(beginning)?, rest)))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
        let rest = rest.trim_start_matches(|char: char| !char.is_alphanumeric());
        Some(rest.to_owned())
    }

    /// How much `beginning` is like the phrase, 0..=1, where it is enough.
    fn likeness(&self, beginning: &str) -> Option<f64> {
        let said = words(beginning);
        let letters = self.similarity(&said);
        let alike = || {
            let mut pairs = said.iter().zip(&self.words);
            said.len() == self.words.len() && pairs.all(|(said, word)| self.are_alike(said, word))
        };
        (letters >= SAME_LETTERS || alike()).then_some(letters)
    }

    /// Of the letters, 0..=1.
    fn similarity(&self, said: &[String]) -> f64 {
        similarity(&said.concat(), &self.words.concat())
    }

    fn are_alike(&self, said: &str, word: &str) -> bool {
        // What the rules of English know nothing of, they are not asked.
        if !(said.is_ascii() && word.is_ascii()) {
            return false;
        }
        let sound = self.sounds.double_metaphone(word).primary();
        !sound.is_empty()
            && self.sounds.double_metaphone(said).primary() == sound
            && similarity(said, word) >= ALIKE
    }
}

/// `text` after its first `count` words, and what comes before; `None` where it has fewer.
fn split(text: &str, count: usize) -> Option<(&str, &str)> {
    let mut seen = 0;
    let mut in_word = false;
    for (at, char) in text.char_indices() {
        let is_word = char.is_alphanumeric() || char == '\'' || char == '’';
        if in_word && !is_word {
            seen += 1;
            if seen == count {
                return text.split_at_checked(at);
            }
        }
        in_word = is_word;
    }
    (in_word && seen + 1 == count).then_some((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_phrase_is_found_however_it_was_written() {
        let wake = Wake::new("Hey Jane");
        for text in [
            "Hey Jane, what time is it?",
            "hey jayne what time is it?",
            "Hay Jane. What time is it?".to_lowercase().as_str(),
            "Hey, Jain, what time is it?",
            "Heyjane, what time is it?",
            "Hey Jean, what time is it?",
            "Hay Jayne: what time is it?",
        ] {
            let rest = wake.strip(text);
            assert_eq!(rest.as_deref(), Some("what time is it?"), "{text}");
        }
        assert_eq!(wake.strip("Hey Jane!").as_deref(), Some(""));
        assert_eq!(wake.strip("Hey Jane, a joke.").as_deref(), Some("a joke."));
    }

    #[test]
    fn others_are_not_called() {
        let wake = Wake::new("hey jane");
        for text in [
            "",
            "Hey",
            "Hey John, what time is it?",
            "Hey Dave.",
            "They change the plan.",
            "What did Jane say?",
            "I said, hey Jane.",
            "Jane",
        ] {
            assert_eq!(wake.strip(text), None, "{text}");
        }
        assert_eq!(Wake::new(" …").strip("…"), None);
        assert_eq!(Wake::new("").strip("Hey Jane"), None);
    }

    #[test]
    fn what_was_misheard_is_worth_another_reading_and_other_speech_is_not() {
        for (phrase, misheard) in [
            ("hey Firefox", "a fire fox"),
            ("hey Mycroft", "Am I craft?"),
            ("smart mirror", "Smart Mayor"),
            ("hey Jane", "Hey guys"),
            ("hey Jane", "Hey Jane"),
        ] {
            assert!(Wake::new(phrase).may_begin(misheard), "{misheard}");
        }
        let wake = Wake::new("hey Jane");
        for text in ["We must find a new home", "Drop the two when", "", "No."] {
            assert!(!wake.may_begin(text), "{text}");
        }
    }

    #[test]
    fn a_phrase_of_any_script_is_found() {
        let wake = Wake::new("Привет, Жанна");
        assert_eq!(
            wake.strip("Привет Жанна. Как дела?").as_deref(),
            Some("Как дела?")
        );
        assert_eq!(wake.strip("До свидания."), None);
    }

    proptest! {
        #[test]
        fn any_phrase_is_found_before_any_request(phrase in "[a-zа-я]{2,8}( [a-zа-я]{2,8}){0,2}", rest in "\\PC{0,40}") {
            let stripped = Wake::new(&phrase).strip(&format!("{phrase}. {rest}"));
            prop_assert!(stripped.is_some_and(|stripped| rest.contains(&stripped) || stripped.ends_with(&rest)));
        }

        #[test]
        fn hostile_text_is_taken(phrase in "\\PC{0,20}", text in "\\PC{0,60}") {
            if let Some(rest) = Wake::new(&phrase).strip(&text) {
                prop_assert!(text.ends_with(&rest));
            }
        }
    }
}
