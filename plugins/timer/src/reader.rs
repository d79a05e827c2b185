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

    /// Takes "from now", of which the end of what was said loses the "now".
    pub fn eat_from_now(&mut self) -> bool {
        self.eat(&["from now"]) || (self.words.len() == 1 && self.eat(&["from"]))
    }

    pub fn duration(&mut self) -> Option<Duration> {
        let (duration, taken) = read::duration(self.words)?;
        self.skip(taken);
        Some(duration)
    }
}
