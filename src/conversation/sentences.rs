//! Cuts the model's text into sentences while it is written.
//!
//! Sentence boundaries are Unicode's (UAX #29), with two additions: a full stop after a known abbreviation or a number alone
//! ends nothing, and the very first piece is cut at a clause, so that the answer is heard sooner.
//! Invariant: the pieces, joined, are the text, save for white space at their ends.

use unicode_segmentation::UnicodeSegmentation;

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 17] = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e.", "no.", "approx.",
    "jr.", "sr.", "fig.", "inc.", "u.s.",
];

/// The shortest first clause, in words: two words alone sound clipped.
const FIRST_CLAUSE_WORDS: usize = 3;

/// Bytes after which a sentence without an end is cut at a word: a voice takes only so much in one breath.
const LONGEST: usize = 400;

#[derive(Default)]
pub struct SentenceCutter {
    pending: String,
    started: bool,
}

impl SentenceCutter {
    /// Takes more text; returns the sentences that are complete.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.pending.push_str(text);
        let mut complete = Vec::new();
        while let Some(end) = self.next_end() {
            self.take(end, &mut complete);
        }
        complete
    }

    /// The rest, which no further text follows.
    pub fn finish(mut self) -> Vec<String> {
        let mut complete = Vec::new();
        while let Some(end) = self.next_end() {
            self.take(end, &mut complete);
        }
        self.take(self.pending.len(), &mut complete);
        complete
    }

    fn take(&mut self, end: usize, complete: &mut Vec<String>) {
        let rest = self.pending.split_off(end);
        let piece = std::mem::replace(&mut self.pending, rest);
        if !piece.trim().is_empty() {
            self.started = true;
            complete.push(piece.trim().to_owned());
        }
    }

    /// Where the first complete piece of the pending text ends.
    fn next_end(&self) -> Option<usize> {
        self.sentence_end()
            .or_else(|| self.clause_end())
            .or_else(|| self.breath_end())
    }

    fn sentence_end(&self) -> Option<usize> {
        let mut ends = self
            .pending
            .split_sentence_bound_indices()
            .map(|(start, text)| start + text.len());
        let last = self.pending.len();
        ends.find(|end| *end < last && self.pending.get(..*end).is_some_and(ends_a_sentence))
    }

    /// The end of the first clause, while nothing was handed out yet.
    fn clause_end(&self) -> Option<usize> {
        if self.started {
            return None;
        }
        self.pending
            .match_indices([',', ';', ':', '—'])
            .map(|(start, mark)| start + mark.len())
            .filter(|end| {
                self.pending
                    .get(*end..)
                    .is_some_and(|rest| rest.starts_with(char::is_whitespace))
            })
            .find(|end| {
                self.pending
                    .get(..*end)
                    .is_some_and(|text| text.split_whitespace().count() >= FIRST_CLAUSE_WORDS)
            })
    }

    fn breath_end(&self) -> Option<usize> {
        if self.pending.len() <= LONGEST {
            return None;
        }
        self.pending
            .char_indices()
            .rfind(|(place, letter)| *place <= LONGEST && letter.is_whitespace())
            .map(|(place, _)| place)
    }
}

/// Whether the last mark of `text` ends a sentence, or belongs to an abbreviation, an initial or the number of a list.
pub fn ends_a_sentence(text: &str) -> bool {
    let text = text.trim_end();
    if text.ends_with(['\n', '!', '?']) {
        return true;
    }
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word
        .trim_start_matches(|letter: char| !letter.is_alphanumeric())
        .to_lowercase();
    let numbered = word
        .strip_suffix('.')
        .is_some_and(|number| !number.is_empty() && number.chars().all(char::is_numeric));
    // "1." at the beginning numbers a list; "in 1969." ends a sentence.
    let only_a_number = numbered && text.split_whitespace().count() == 1;
    let initial = word.len() == 2
        && word.ends_with('.')
        && word.starts_with(char::is_alphabetic)
        && word != "i.";
    !(ABBREVIATIONS.contains(&word.as_str()) || only_a_number || initial)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `text` in pieces of `size` bytes or a little more.
    fn cut(text: &str, size: usize) -> Vec<String> {
        let mut cutter = SentenceCutter::default();
        let mut pieces = Vec::new();
        let mut piece = String::new();
        for letter in text.chars() {
            piece.push(letter);
            if piece.len() >= size {
                pieces.extend(cutter.push(&std::mem::take(&mut piece)));
            }
        }
        pieces.extend(cutter.push(&piece));
        pieces.extend(cutter.finish());
        pieces
    }

    #[test]
    fn sentences_come_out_one_by_one_however_the_text_arrives() {
        let text = "Paris is the capital. It lies on the Seine! Shall I say more?";
        for size in [1, 3, 7, 100] {
            assert_eq!(
                cut(text, size),
                [
                    "Paris is the capital.",
                    "It lies on the Seine!",
                    "Shall I say more?"
                ]
            );
        }
    }

    #[test]
    fn the_first_piece_is_a_clause() {
        let text = "Of course I can, and gladly. Tea, coffee, or water?";
        assert_eq!(
            cut(text, 2),
            ["Of course I can,", "and gladly.", "Tea, coffee, or water?"]
        );
        assert_eq!(cut("Well, yes.", 2), ["Well, yes."]);
    }

    #[test]
    fn abbreviations_numbers_and_initials_end_nothing() {
        let text = "Ask Dr. Smith about pi. It is 3.14 or so. In 1969. J. R. Tolkien.";
        assert_eq!(
            cut(text, 4),
            [
                "Ask Dr. Smith about pi.",
                "It is 3.14 or so.",
                "In 1969.",
                "J. R. Tolkien."
            ]
        );
        assert_eq!(
            cut("1. Boil the water.\n2. Wait.", 4),
            ["1. Boil the water.", "2. Wait."]
        );
    }

    #[test]
    fn a_text_without_an_end_is_cut_at_words() {
        let text = "word ".repeat(300);
        let pieces = cut(&text, 5);
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.len() <= LONGEST));
        assert_eq!(pieces.join(" "), text.trim());
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(cut("", 1).is_empty());
        assert!(cut(" \n ", 1).is_empty());
    }
}
