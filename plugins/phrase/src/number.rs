//! Numbers in words and figures: `21`, `twenty-one`, `two and a half`, `three quarters`, `a dozen`, `1.5 million`, `minus four`.

const ONES: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: &[&str] = &[
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
    "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
];
const SCALES: &[(&str, f64)] = &[("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("trillion", 1e12)];

pub(crate) fn is_number_word(word: &str) -> bool {
    below_hundred(word).is_some() || matches!(word, "hundred" | "half" | "quarter" | "thousand" | "million" | "dozen")
}

fn below_hundred(word: &str) -> Option<f64> {
    let position = |list: &[&str]| list.iter().position(|one| *one == word);
    match word {
        "nought" | "naught" | "nil" => Some(0.0),
        "fourty" => Some(40.0),
        _ => position(ONES).map(|at| at as f64).or_else(|| position(TENS).map(|at| (at as f64 + 2.0) * 10.0)),
    }
}

fn scale(word: &str) -> Option<f64> {
    SCALES.iter().find(|(name, _)| word == *name || word.strip_suffix('s') == Some(name)).map(|(_, factor)| *factor)
}

/// The denominator of a part, such as `quarters`.
fn part(word: &str) -> Option<f64> {
    let one = word.strip_suffix('s').unwrap_or(word);
    match one {
        "half" | "halve" => Some(2.0),
        "quarter" => Some(4.0),
        "second" | "seconds" => None,
        _ => ORDINALS.iter().position(|ordinal| *ordinal == one).filter(|at| (3..=19).contains(at)).map(|at| at as f64),
    }
}

/// Words yet to be read.
struct Reader<'a, W> {
    words: &'a [W],
    at: usize,
}

impl<W: AsRef<str>> Reader<'_, W> {
    fn word(&self, ahead: usize) -> &str {
        self.words.get(self.at + ahead).map_or("", AsRef::as_ref)
    }

    fn takes(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.word(ahead) == *word);
        if found {
            self.at += words.len();
        }
        found
    }

    /// A number that is written in figures.
    fn figure(&mut self) -> Option<f64> {
        let word = self.word(0);
        let value = word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.parse().ok()).flatten()?;
        self.at += 1;
        Some(value)
    }

    /// Up to 999, or a figure.
    fn below_thousand(&mut self) -> Option<f64> {
        let mut value = if let Some(figure) = self.figure() {
            figure
        } else if matches!(self.word(0), "a" | "an") && (matches!(self.word(1), "hundred" | "dozen") || scale(self.word(1)).is_some()) {
            self.at += 1;
            1.0
        } else {
            let first = below_hundred(self.word(0))?;
            self.at += 1;
            if first >= 20.0
                && let Some(one) = below_hundred(self.word(0)).filter(|one| (1.0..10.0).contains(one))
            {
                self.at += 1;
                first + one
            } else {
                first
            }
        };
        if self.takes(&["hundred"]) || self.takes(&["hundreds"]) {
            value *= 100.0;
            value += self.rest_below(100.0);
        }
        if self.takes(&["dozen"]) {
            value *= 12.0;
        }
        Some(value)
    }

    /// Up to 99, or a figure. Of `nine hundred ninety nine million`, the million is that of all before it.
    fn tens(&mut self) -> Option<f64> {
        if let Some(figure) = self.figure() {
            return Some(figure);
        }
        let first = below_hundred(self.word(0))?;
        self.at += 1;
        match below_hundred(self.word(0)).filter(|one| first >= 20.0 && (1.0..10.0).contains(one)) {
            Some(one) => {
                self.at += 1;
                Some(first + one)
            }
            None => Some(first),
        }
    }

    /// What follows a hundred or a thousand, with or without `and`.
    fn rest_below(&mut self, limit: f64) -> f64 {
        let before = self.at;
        let and = self.takes(&["and"]);
        // Of `a hundred and a half`, the half comes later.
        if !(and && matches!(self.word(0), "a" | "an"))
            && let Some(rest) = if limit <= 100.0 { self.tens() } else { self.whole() }.filter(|rest| *rest < limit && *rest > 0.0)
            && part(self.word(0)).is_none()
        {
            return rest;
        }
        self.at = before;
        0.0
    }

    fn whole(&mut self) -> Option<f64> {
        let mut value = self.below_thousand()?;
        while let Some(factor) = scale(self.word(0)) {
            self.at += 1;
            value *= factor;
            if scale(self.word(0)).is_none() {
                value += self.rest_below(factor);
            }
        }
        Some(value)
    }

    /// A part: `half`, `a quarter`, `three quarters`, `two thirds`.
    fn part(&mut self) -> Option<f64> {
        let before = self.at;
        if self.takes(&["three-quarters"]) {
            return Some(0.75);
        }
        let count = if self.takes(&["a"]) || self.takes(&["an"]) || self.takes(&["one"]) {
            1.0
        } else if let Some(count) = below_hundred(self.word(0)).or_else(|| self.word(0).parse().ok()).filter(|count| *count < 20.0) {
            self.at += 1;
            count
        } else if matches!(self.word(0), "half" | "quarter") {
            1.0
        } else {
            return None;
        };
        if let Some(denominator) = part(self.word(0)) {
            self.at += 1;
            return Some(count / denominator);
        }
        self.at = before;
        None
    }

    /// `point five`, `point one four`.
    fn decimals(&mut self) -> Option<f64> {
        if !matches!(self.word(0), "point" | "dot") {
            return None;
        }
        let mut digits = String::new();
        let mut ahead = 1;
        loop {
            let word = self.word(ahead);
            if let Some(digit) = below_hundred(word) {
                digits.push_str(&digit.to_string());
            } else if word == "oh" {
                digits.push('0');
            } else if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
                digits.push_str(word);
            } else {
                break;
            }
            ahead += 1;
        }
        let value = format!("0.{digits}").parse().ok().filter(|_| !digits.is_empty())?;
        self.at += ahead;
        Some(value)
    }

    /// A figure such as `1/2` after a whole number.
    fn written_part(&mut self) -> Option<f64> {
        let digit = |word: &str| word.parse::<u8>().ok().filter(|digit| (1..=16).contains(digit));
        let (above, below) = (digit(self.word(0))?, digit(self.word(2))?);
        if self.word(1) != "/" || above >= below {
            return None;
        }
        self.at += 3;
        Some(f64::from(above) / f64::from(below))
    }

    fn number(&mut self) -> Option<f64> {
        if matches!(self.word(0), "minus" | "negative" | "-") {
            self.at += 1;
            return self.number().map(|value| -value);
        }
        if self.takes(&["half", "a", "dozen"]) || self.takes(&["half", "dozen"]) {
            return Some(6.0);
        }
        if self.takes(&["a", "couple", "of"]) || self.takes(&["a", "couple"]) {
            return Some(2.0);
        }
        if let Some(decimals) = self.decimals() {
            return Some(decimals);
        }
        if let Some(part) = self.part() {
            return Some(part);
        }
        let value = self.whole()?;
        if let Some(decimals) = self.decimals() {
            let value = value + decimals;
            return Some(match scale(self.word(0)) {
                Some(factor) => {
                    self.at += 1;
                    value * factor
                }
                None => value,
            });
        }
        if let Some(part) = self.written_part() {
            return Some(value + part);
        }
        let before = self.at;
        if self.takes(&["and"])
            && let Some(part) = self.part()
        {
            // `two and a half million`
            if let Some(factor) = scale(self.word(0)) {
                self.at += 1;
                return Some((value + part) * factor);
            }
            return Some(value + part);
        }
        self.at = before;
        Some(value)
    }
}

/// The most words of a number: its scales nest, and no more than this deep.
const LONGEST: usize = 32;

/// The longest number that the words begin with, of at most 32 words.
pub fn number<W: AsRef<str>>(words: &[W]) -> Option<(f64, usize)> {
    let mut reader = Reader { words: words.get(..LONGEST).unwrap_or(words), at: 0 };
    reader.number().map(|value| (value, reader.at))
}

/// A number of an order, up to 99: `3rd`, `twenty-first`, `third`.
pub fn ordinal<W: AsRef<str>>(words: &[W]) -> Option<(u32, usize)> {
    let word = words.first()?.as_ref();
    let small = |word: &str| ORDINALS.iter().position(|ordinal| *ordinal == word).map(|at| at as u32);
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        let figure = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))?;
        return figure.parse().ok().map(|value| (value, 1));
    }
    if let Some(value) = small(word) {
        return Some((value, 1));
    }
    if let Some(tens) = word.strip_suffix("tieth").and_then(|stem| TENS.iter().position(|tens| tens.strip_suffix("ty") == Some(stem))) {
        return Some(((tens as u32 + 2) * 10, 1));
    }
    let tens = TENS.iter().position(|tens| *tens == word)?;
    let one = small(words.get(1)?.as_ref()).filter(|one| (1..10).contains(one))?;
    Some(((tens as u32 + 2) * 10 + one, 2))
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers() {
        for (text, expected) in [
            ("zero", 0.0),
            ("seven", 7.0),
            ("twenty-one", 21.0),
            ("twenty one", 21.0),
            ("a hundred", 100.0),
            ("one hundred and five", 105.0),
            ("three hundred forty two", 342.0),
            ("two thousand and twenty six", 2026.0),
            ("nine hundred ninety nine million", 999_000_000.0),
            ("one hundred and one thousand and two", 101_002.0),
            ("twelve hundred", 1200.0),
            ("a hundred thousand", 100_000.0),
            ("two million three hundred thousand and one", 2_300_001.0),
            ("1.5 million", 1_500_000.0),
            ("5 hundred", 500.0),
            ("1,250", 1250.0),
            ("a dozen", 12.0),
            ("half a dozen", 6.0),
            ("two dozen", 24.0),
            ("a couple", 2.0),
            ("half", 0.5),
            ("a half", 0.5),
            ("a quarter", 0.25),
            ("three quarters", 0.75),
            ("two thirds", 2.0 / 3.0),
            ("ten and a half", 10.5),
            ("10 and a half", 10.5),
            ("10½", 10.5),
            ("10 1/2", 10.5),
            ("two and three quarters", 2.75),
            ("two and a half million", 2_500_000.0),
            ("a hundred and a half", 100.5),
            ("two point five", 2.5),
            ("point five", 0.5),
            ("three point one five", 3.15),
            ("minus four", -4.0),
            ("-4", -4.0),
            ("two point five million", 2_500_000.0),
        ] {
            let found = crate::number(text);
            assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{text}: {found:?}");
        }
        for text in ["", "a", "and", "the", "a timer", "twenty twenty", "seven thirty", "hundredweight", "second"] {
            assert_eq!(crate::number(text), None, "{text}");
        }
    }

    #[test]
    fn ordinals() {
        for (text, expected) in [("first", 1), ("3rd", 3), ("21st", 21), ("twenty-first", 21), ("thirtieth", 30), ("twelfth", 12)] {
            let words = crate::words::split(text);
            assert_eq!(super::ordinal(&words), Some((expected, words.len())), "{text}");
        }
        assert_eq!(super::ordinal(&["twenty"]), None);
        assert_eq!(super::ordinal(&["one"]), None);
    }
}
