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

    /// A length, also as a clock shows it: `1:30` is 1 minute 30, `1:30:00` and `1:30 hours` are 1 hour 30. A time of day is none.
    pub fn length(&mut self) -> Option<Duration> {
        let from = *self;
        match self.clock() {
            Some(length) => Some(length),
            None => {
                *self = from;
                self.duration()
            }
        }
    }

    fn clock(&mut self) -> Option<Duration> {
        let parts: Vec<u64> = self.word(0).split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let small = parts.get(1..)?.iter().all(|part| *part < 60) && self.word(0).split(':').skip(1).all(|part| part.len() == 2);
        let is_day = read::time(self.words).is_some_and(|(_, taken)| taken > 1);
        self.skip(1);
        let hours = self.eat(&["hours", "hour", "hrs", "hr"]);
        let _ = !hours && self.eat(&["minutes", "minute", "mins", "min"]);
        let seconds = match parts.as_slice() {
            [hours_said, minutes] if hours => hours_said * 3600 + minutes * 60,
            [minutes, seconds] => minutes * 60 + seconds,
            [hours, minutes, seconds] => hours * 3600 + minutes * 60 + seconds,
            _ => return None,
        };
        (small && !is_day && seconds > 0).then(|| Duration::from_secs(seconds))
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
