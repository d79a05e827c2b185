//! WordPiece: text as the tokens of BERT's uncased vocabulary.
//!
//! As in Devlin et al. 2019 and Hugging Face's `BertTokenizer` with `do_lower_case`: lower case, accents off, punctuation by
//! itself, and each word as the longest pieces that the vocabulary has.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Tokens of a text at most, the first and the last included. What a person says in one breath has some 40.
pub const LONGEST: usize = 128;

/// Letters of a word at most; a longer one is unknown, as in the reference.
const LONGEST_WORD: usize = 100;

pub struct WordPiece {
    vocabulary: HashMap<String, u32>,
    first: u32,
    last: u32,
    unknown: u32,
}

impl WordPiece {
    /// `text` has a token in each line.
    ///
    /// # Errors
    /// Where a token is missing that every text needs.
    pub fn new(text: &str) -> Result<Self, String> {
        let lines = text.lines().zip(0..);
        let vocabulary: HashMap<String, u32> = lines
            .map(|(token, number)| (token.trim_end().to_owned(), number))
            .collect();
        let find = |token: &str| {
            let found = vocabulary.get(token).copied();
            found.ok_or_else(|| format!("the vocabulary has no `{token}`"))
        };
        Ok(Self {
            first: find("[CLS]")?,
            last: find("[SEP]")?,
            unknown: find("[UNK]")?,
            vocabulary,
        })
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.vocabulary.len()
    }

    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let mut tokens = vec![self.first];
        for word in words(text) {
            if tokens.len() >= LONGEST - 1 {
                break;
            }
            self.add(&word, &mut tokens);
        }
        tokens.truncate(LONGEST - 1);
        tokens.push(self.last);
        tokens
    }

    fn add(&self, word: &str, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        let mut rest = word;
        while !rest.is_empty() {
            let prefix = if rest.len() == word.len() { "" } else { "##" };
            let ends = rest
                .char_indices()
                .map(|(at, letter)| at + letter.len_utf8());
            let ends: Vec<usize> = ends.take(LONGEST_WORD + 1).collect();
            let known = ends.iter().rev().find_map(|end| {
                let piece = rest.get(..*end)?;
                let token = self.vocabulary.get(&format!("{prefix}{piece}"))?;
                Some((*token, *end))
            });
            let (Some((token, end)), true) = (known, ends.len() <= LONGEST_WORD) else {
                tokens.truncate(before);
                tokens.push(self.unknown);
                return;
            };
            tokens.push(token);
            rest = rest.get(end..).unwrap_or_default();
        }
    }
}

/// The words of `text`, and its punctuation, as far as tokens may be needed.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters = text.chars().flat_map(char::to_lowercase).nfd();
    for letter in letters.filter(|letter| !is_combining_mark(*letter)) {
        let alone = letter.is_ascii_punctuation() || is_other_punctuation(letter);
        if alone || letter.is_whitespace() || letter.is_control() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if words.len() >= LONGEST {
                return words;
            }
            if alone {
                words.push(letter.to_string());
            }
        } else if word.len() <= 4 * LONGEST_WORD {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Punctuation beyond ASCII that people type and recognisers write.
fn is_other_punctuation(letter: char) -> bool {
    matches!(letter, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '¡' | '§' | '«' | '»' | '¿' | '·')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces() -> WordPiece {
        WordPiece::new("[PAD]\n[UNK]\n[CLS]\n[SEP]\nset\na\ntime\n##r\ncafe\n'\ns\n.").unwrap()
    }

    #[test]
    fn words_become_the_longest_pieces_that_are_known() {
        let tokens = pieces().tokens("Set a timer. Café's xyz");
        assert_eq!(tokens, [2, 4, 5, 6, 7, 11, 8, 9, 10, 1, 3]);
    }

    #[test]
    fn a_vocabulary_without_the_tokens_that_every_text_needs_is_refused() {
        assert!(WordPiece::new("a\nb").is_err());
    }

    proptest! {
        #[test]
        fn any_text_has_a_first_and_a_last_token_and_no_more_than_fit(text in ".{0,400}") {
            let tokens = pieces().tokens(&text.repeat(3));
            prop_assert!(tokens.len() >= 2 && tokens.len() <= LONGEST);
            prop_assert_eq!((tokens[0], tokens[tokens.len() - 1]), (2, 3));
        }
    }
}
