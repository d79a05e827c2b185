//! Matches words against a template.
//!
//! A template is words, with `(one|of these)`, `[this or nothing|or this]` and `{slot}` among them; groups nest. A slot takes one word or
//! more; `{slot:word}` takes one, and `{slot:number}`, `{slot:duration}`, `{slot:time}` and `{slot:day}` take what these mean.
//! Earlier slots take as many words as they can. A template matches the whole of what was said.

use std::{ops::Range, time::Duration};

use crate::{Day, TimeOfDay, Word, day, duration, number, time};

/// What the slots of a template took.
#[derive(Debug, Clone)]
pub struct Slots<'s, 't> {
    text: &'s str,
    words: &'s [Word],
    taken: Vec<(&'t str, Range<usize>)>,
}

impl<'s> Slots<'s, '_> {
    /// The words that a slot took.
    pub fn words(&self, name: &str) -> Option<&'s [Word]> {
        let (_, range) = self.taken.iter().find(|(slot, _)| *slot == name)?;
        self.words.get(range.clone())
    }

    /// What a slot took, as it was written.
    pub fn text(&self, name: &str) -> Option<&'s str> {
        let words = self.words(name)?;
        self.text.get(words.first()?.place.start..words.last()?.place.end)
    }

    /// What a slot took, in lower case and without punctuation.
    pub fn form(&self, name: &str) -> Option<String> {
        Some(self.words(name)?.iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" "))
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.whole(name, number::number)
    }

    pub fn duration(&self, name: &str) -> Option<Duration> {
        self.whole(name, duration::duration)
    }

    pub fn time(&self, name: &str) -> Option<TimeOfDay> {
        self.whole(name, time::time)
    }

    pub fn day(&self, name: &str) -> Option<Day> {
        self.whole(name, day::day)
    }

    fn whole<T>(&self, name: &str, read: impl Fn(&[Word]) -> Option<(T, usize)>) -> Option<T> {
        let words = self.words(name)?;
        read(words).filter(|(_, taken)| *taken == words.len()).map(|(value, _)| value)
    }
}

/// Where a match goes on after a part of the template.
type Next<'n, 's, 't> = &'n mut dyn FnMut(usize, &mut Slots<'s, 't>) -> bool;

pub fn matches<'s, 't>(template: &'t str, text: &'s str, words: &'s [Word]) -> Option<Slots<'s, 't>> {
    let mut slots = Slots { text, words, taken: Vec::new() };
    sequence(template, 0, &mut slots, &mut |at, _| at == words.len()).then_some(slots)
}

fn sequence<'s, 't>(template: &'t str, at: usize, slots: &mut Slots<'s, 't>, next: Next<'_, 's, 't>) -> bool {
    let template = template.trim_start();
    match template.chars().next() {
        None => next(at, slots),
        Some(open @ ('(' | '[')) => {
            let (inner, rest) = group(template);
            let mut after = |at: usize, slots: &mut Slots<'s, 't>| sequence(rest, at, slots, next);
            if choices(inner).any(|choice| sequence(choice, at, slots, &mut after)) {
                return true;
            }
            open == '[' && sequence(rest, at, slots, next)
        }
        Some('{') => {
            let (slot, rest) = template.strip_prefix('{').and_then(|rest| rest.split_once('}')).unwrap_or((template, ""));
            let (name, kind) = slot.split_once(':').unwrap_or((slot, ""));
            for end in (at + 1..=slots.words.len()).rev() {
                if !fits(kind, slots.words.get(at..end).unwrap_or_default()) {
                    continue;
                }
                slots.taken.push((name, at..end));
                if sequence(rest, end, slots, next) {
                    return true;
                }
                slots.taken.pop();
            }
            false
        }
        Some(_) => {
            let end = template.find([' ', '(', '[', '{']).unwrap_or(template.len());
            let (wanted, rest) = template.split_at(end);
            let (wanted, colon) = wanted.strip_suffix(':').map_or((wanted, false), |wanted| (wanted, true));
            let said = slots.words.get(at);
            said.is_some_and(|word| word.form == wanted && (!colon || word.colon)) && sequence(rest, at + 1, slots, next)
        }
    }
}

fn fits(kind: &str, words: &[Word]) -> bool {
    let taken = match kind {
        "" => return true,
        "word" => Some(1),
        "number" => number::number(words).map(|(_, taken)| taken),
        "duration" => duration::duration(words).map(|(_, taken)| taken),
        "time" => time::time(words).map(|(_, taken)| taken),
        "day" => day::day(words).map(|(_, taken)| taken),
        _ => None,
    };
    taken == Some(words.len())
}

/// What is within the brackets that a template begins with, and what follows them.
fn group(template: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in template.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return (template.get(1..at).unwrap_or_default(), template.get(at + 1..).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    (template.get(1..).unwrap_or_default(), "")
}

/// The choices of a group, apart from those within its own groups.
fn choices(inner: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    inner.split(move |c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        c == '|' && depth == 0
    })
}
