//! Cuts a text into clauses, each with the mark that ends it.
//!
//! A voice is trained on phonemes with their punctuation: it is what makes it pause, and finish the last word of a sentence. The
//! interface of espeak-ng that gives phonemes drops it, and writes the clauses of one text without a space in between. So clauses
//! are found here, espeak-ng gets a line for each, and the mark is put back behind its phonemes.

use jane_text::ends_a_sentence;

#[derive(Debug, PartialEq, Eq)]
pub struct Clause {
    /// What espeak-ng is to pronounce.
    pub words: String,
    /// One of `. ! ? , ; :`.
    pub mark: char,
}

impl Clause {
    pub fn ends_sentence(&self) -> bool {
        matches!(self.mark, '.' | '!' | '?')
    }
}

/// The clauses of `text`. A line is never continued on the next one, and one without a mark at its end gets a full stop.
pub fn clauses(text: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for line in text.lines() {
        let mut words = String::new();
        let tokens = line.split_inclusive(needs_no_space);
        let mut tokens = tokens.flat_map(str::split_whitespace).peekable();
        while let Some(token) = tokens.next() {
            let (word, mark) = marked(token);
            if !words.is_empty() && !word.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
            let goes_on = tokens
                .peek()
                .is_some_and(|next| next.starts_with(char::is_lowercase));
            let mark = match mark {
                // "at 7 p.m. and", "e.g. red": espeak-ng knows these with their full stops.
                Some('.') if word.contains('.') && goes_on => {
                    words.push('.');
                    None
                }
                // "Dr. Smith", "J. R. Tolkien": espeak-ng would take the full stop for the end of a sentence. One pauses behind the
                // number of a list.
                Some('.') if !ends_a_sentence(&format!("{word}.")) => {
                    is_number(word).then_some(',')
                }
                mark => mark,
            };
            if let Some(mark) = mark {
                end(&mut words, mark, &mut clauses);
            }
        }
        end(&mut words, '.', &mut clauses);
    }
    clauses
}

fn end(words: &mut String, mark: char, clauses: &mut Vec<Clause>) {
    let words = std::mem::take(words);
    if words.contains(char::is_alphanumeric) {
        clauses.push(Clause { words, mark });
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_numeric)
}

/// The word without the marks and the closing quotes behind it, and what they say. A dash between words is a comma to the ear.
fn marked(token: &str) -> (&str, Option<char>) {
    if !token.is_empty() && token.chars().all(|letter| "-–—".contains(letter)) {
        return ("", Some(','));
    }
    let word = token.trim_end_matches(|letter| meaning(letter).is_some() || closes(letter));
    let behind = token.get(word.len()..).unwrap_or_default();
    let marks: Vec<char> = behind.chars().filter_map(meaning).collect();
    // "What?!" asks, and a clause that ends with a full stop behind a quote's comma ends.
    let strongest = ['?', '!', '.', ';', ':', ','];
    let mark = strongest.into_iter().find(|mark| marks.contains(mark));
    (word, mark)
}

/// What a mark of any script is to the voice.
fn meaning(letter: char) -> Option<char> {
    Some(match letter {
        '.' | '…' | '\u{3002}' | '\u{964}' | '\u{6d4}' => '.',
        '!' | '\u{ff01}' => '!',
        '?' | '\u{ff1f}' | '\u{61f}' => '?',
        ',' | '\u{ff0c}' | '\u{3001}' | '\u{60c}' => ',',
        ';' | '\u{ff1b}' | '\u{61b}' => ';',
        ':' | '\u{ff1a}' => ':',
        _ => return None,
    })
}

/// Marks behind which a word follows at once.
fn needs_no_space(letter: char) -> bool {
    "\u{3002}\u{ff01}\u{ff1f}\u{ff0c}\u{3001}\u{ff1b}\u{ff1a}".contains(letter)
}

fn closes(letter: char) -> bool {
    "\"')]}”’»*_".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let parts = clauses(text);
        let parts = parts
            .iter()
            .map(|clause| format!("{}{}", clause.words, clause.mark));
        parts.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn each_clause_has_its_mark() {
        assert_eq!(cut("Stop!"), "Stop!");
        assert_eq!(cut("no end"), "no end.");
        assert_eq!(
            cut("Hello, world. He said: \"no?\" Yes; and (of course) no..."),
            "Hello,|world.|He said:|\"no?|Yes;|and (of course no."
        );
        assert_eq!(cut("What?! Wait — why - now?"), "What?|Wait,|why,|now?");
    }

    #[test]
    fn what_ends_no_clause_is_left_in_one() {
        assert_eq!(
            cut("At 7:30 p.m. she and Dr. Smith had 3.5 apples, e.g. red ones."),
            "At 7:30 p.m. she and Dr Smith had 3.5 apples,|e.g. red ones."
        );
        assert_eq!(cut("1. Boil it.\n2. Wait"), "1,|Boil it.|2,|Wait.");
        assert_eq!(cut("x,y -5 and well-known"), "x,y -5 and well-known.");
    }

    #[test]
    fn other_scripts_have_marks_too() {
        assert_eq!(cut("你好\u{ff0c}世界\u{3002}再见"), "你好,|世界.|再见.");
        assert_eq!(cut("هل تسمع\u{61f}"), "هل تسمع?");
    }

    #[test]
    fn what_has_no_words_has_no_clauses() {
        for text in ["", " \n ", "...", "— , !", "*** \"\""] {
            assert_eq!(clauses(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost(text in "\\PC{0,200}") {
            let letters = |text: &str| -> String { text.chars().filter(|letter| letter.is_alphanumeric()).collect() };
            let clauses = clauses(&text);
            let spoken: String = clauses.iter().map(|clause| clause.words.as_str()).collect();
            proptest::prop_assert_eq!(letters(&text), letters(&spoken));
        }
    }
}
