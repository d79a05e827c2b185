//! Reads words one after the other.

use std::time::Duration;

use phrase::{Word, read};

#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    words: &'a [Word],
}

impl<'a> Reader<'a> {
    pub fn new(words: &'a [Word]) -> Reader<'a> {
        Reader { words }
    }

    /// What is yet to be read.
    pub fn rest(&self) -> &'a [Word] {
        self.words
    }

    pub fn is_over(&self) -> bool {
        self.words.is_empty()
    }

    /// A word ahead, from 0; empty behind the last.
    pub fn word(&self, ahead: usize) -> &'a str {
        self.words.get(ahead).map_or("", |word| word.form.as_str())
    }

    pub fn skip(&mut self, count: usize) {
        self.words = self.words.get(count..).unwrap_or_default();
    }

    /// Takes the longest of these phrases that comes.
    pub fn eat(&mut self, phrases: &[&str]) -> bool {
        let comes = |phrase: &&str| {
            let count = phrase.split(' ').count();
            phrase.split(' ').enumerate().all(|(ahead, part)| self.word(ahead) == part).then_some(count)
        };
        let longest = phrases.iter().filter_map(comes).max();
        self.skip(longest.unwrap_or(0));
        longest.is_some()
    }

    pub fn number(&mut self) -> Option<f64> {
        let (number, taken) = read::number(self.words)?;
        self.skip(taken);
        Some(number)
    }

    /// Takes "from now", of which the end of what was said loses the "now".
    pub fn eat_from_now(&mut self) -> bool {
        self.eat(&["from now"]) || (self.words.len() == 1 && self.eat(&["from"]))
    }

    /// The words with the one before them, which is "in", as a reader of a beginning takes them: what it means, and how many words are taken
    /// from here.
    pub fn with_in<T>(&self, read: impl Fn(&[&str]) -> Option<(T, usize)>) -> Option<(T, usize)> {
        let words: Vec<&str> = std::iter::once("in").chain(self.words.iter().map(|word| word.form.as_str())).collect();
        read(&words).map(|(value, taken)| (value, taken.saturating_sub(1)))
    }

    pub fn duration(&mut self) -> Option<Duration> {
        // `1845 hours` is a time of day.
        if self.word(1) == "hours" && self.word(0).len() == 4 && read::time(self.words).is_some_and(|(_, taken)| taken == 2) {
            return None;
        }
        let (duration, taken) = read::duration(self.words)?;
        self.skip(taken);
        Some(duration)
    }
}
