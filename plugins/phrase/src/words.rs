//! The words of a text in one form each, however the recogniser wrote them: `15%` is `15 percent`, `what's` is `what is`,
//! `twenty-one` and `26km` are two words.

use std::ops::Range;

/// A word, and where it is in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// In lower case, without punctuation.
    pub form: String,
    pub place: Range<usize>,
    /// Whether a comma or the like follows.
    pub pause: bool,
    /// Whether a colon or a dash follows.
    pub colon: bool,
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.form
    }
}

const OPERATORS: &[char] = &['+', '*', '/', '÷', '×', '=', '^', '(', ')', '√'];

/// What is written short, and its words.
const CONTRACTIONS: &[(&str, &str)] =
    &[("'s", "is"), ("'m", "am"), ("'re", "are"), ("'d", "would"), ("'ll", "will"), ("'ve", "have")];

/// What `'s` is short for `is` after; after other words it is a genitive.
const BEFORE_IS: &[&str] = &["what", "when", "where", "how", "who", "that", "there", "it", "here"];

pub fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        push(&mut words, piece, start);
        if let Some(last) = words.last_mut() {
            last.pause |= piece.ends_with([',', ';', '.', '?', '!', ':']);
            last.colon |= piece.ends_with([':', '–', '—']);
        }
    }
    words
}

fn push(words: &mut Vec<Word>, piece: &str, start: usize) {
    // A minus before a figure, and a decimal point before one, belong to it.
    let begin = piece.find(|c: char| c.is_alphanumeric() || OPERATORS.contains(&c) || matches!(c, '-' | '−' | '%' | '°' | '$' | '€' | '£' | '.'));
    let Some(begin) = begin else { return };
    let rest = &piece[begin..];
    let end = rest.rfind(|c: char| c.is_alphanumeric() || OPERATORS.contains(&c) || matches!(c, '%' | '°' | '€' | '£' | '$' | '-' | '−'));
    let Some(end) = end else { return };
    let length = end + rest[end..].chars().next().map_or(0, char::len_utf8);
    let core = &rest[..length];
    let mut cut = Cutter { words, text: core, start: start + begin };
    cut.cut();
}

struct Cutter<'a> {
    words: &'a mut Vec<Word>,
    text: &'a str,
    /// Of the text within the whole.
    start: usize,
}

impl Cutter<'_> {
    fn cut(&mut self) {
        let mut at = 0;
        while let Some(c) = self.text[at..].chars().next() {
            let next = at + c.len_utf8();
            let rest = &self.text[at..];
            if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
                at += self.figure(at);
            } else if c.is_alphabetic() {
                at += self.letters(at);
            } else {
                let form = match c {
                    '%' => "percent",
                    '°' => "degrees",
                    '×' | '*' => "*",
                    '÷' | '/' => "/",
                    '-' | '−' => "-",
                    '√' => "root",
                    '½' => "half",
                    '¼' => "quarter",
                    '¾' => "three-quarters",
                    '$' => "dollars",
                    '€' => "euros",
                    '£' => "pounds",
                    '+' => "+",
                    '=' => "=",
                    '^' => "^",
                    '(' => "(",
                    ')' => ")",
                    _ => "",
                };
                if matches!(form, "half" | "quarter" | "three-quarters") && self.words.last().is_some_and(|word| word.place.end == self.start + at) {
                    self.add("and", at..at);
                }
                if !form.is_empty() && !(c == '-' && self.hyphen(at)) {
                    self.add(form, at..next);
                }
                at = next;
            }
        }
        self.money_after_figure();
    }

    /// Figures with thousands' commas, a decimal point, or a colon: `1,000`, `10.5`, `7:30`. Returns the length.
    fn figure(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = at + digits(at);
        while bytes.get(end) == Some(&b',') && digits(end + 1) == 3 {
            end += 4;
        }
        // `1,5 hours` is one and a half in much of the world.
        let is_half = end - at <= 2 && self.text.get(end..) == Some(",5") && !bytes.get(at.wrapping_sub(1)).is_some_and(|byte| *byte == b',');
        if is_half {
            let form = format!("{}.5", &self.text[at..end]);
            self.add(&form, at..end + 2);
            return end + 2 - at;
        }
        if matches!(bytes.get(end), Some(b'.' | b':')) && digits(end + 1) > 0 {
            let is_clock = bytes.get(end) == Some(&b':');
            end += 1 + digits(end + 1);
            // `1:30:00`
            if is_clock && bytes.get(end) == Some(&b':') && digits(end + 1) == 2 {
                end += 3;
            }
        }
        let suffix = self.text.get(end..).unwrap_or_default();
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| {
            suffix.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(ending)) && !suffix[2..].starts_with(char::is_alphanumeric)
        });
        if ordinal {
            end += 2;
        }
        let form = self.text[at..end].replace(',', "").to_lowercase();
        let form = if form.starts_with('.') { format!("0{form}") } else { form };
        self.add(&form, at..end);
        end - at
    }

    /// A word, with its hyphens, dots and apostrophes. Returns the length.
    fn letters(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.' | '&' | '_' | '@');
        let length = rest.find(|c: char| !inner(c)).unwrap_or(rest.len());
        // `1h30m` is four words.
        let behind_figure = self.text[..at].ends_with(|c: char| c.is_ascii_digit());
        let length = rest[..length].find(|c: char| behind_figure && c.is_ascii_digit()).unwrap_or(length);
        let form = rest[..length].to_lowercase().replace('’', "'");
        match form.as_str() {
            "a.m" | "a.m." => return self.add("am", at..at + length),
            "p.m" | "p.m." => return self.add("pm", at..at + length),
            "whats" => return self.two("what", "is", at, length),
            "hows" => return self.two("how", "is", at, length),
            "let's" | "lets" => return self.two("let", "us", at, length),
            "gonna" => return self.two("going", "to", at, length),
            "wanna" => return self.two("want", "to", at, length),
            "can't" | "cannot" => return self.two("can", "not", at, length),
            _ => {}
        }
        if let Some(stem) = form.strip_suffix("n't") {
            return self.two(stem, "not", at, length);
        }
        for (ending, word) in CONTRACTIONS {
            if let Some(stem) = form.strip_suffix(ending)
                && (*ending != "'s" || BEFORE_IS.contains(&stem))
            {
                return self.two(stem, word, at, length);
            }
        }
        // Of `twenty-one`, `half-past` and `five-minute` each part is a word, of `to-do` and `x-ray` it is not.
        if let Some((first, rest)) = form.split_once('-')
            && (crate::number::is_number_word(first) || crate::number::is_number_word(rest))
        {
            let (first, rest) = (first.to_owned(), rest.len());
            self.add(&first, at..at + length - rest - 1);
            return length - rest;
        }
        self.add(&form, at..at + length)
    }

    fn two(&mut self, first: &str, second: &str, at: usize, length: usize) -> usize {
        self.add(first, at..at + length);
        self.add(second, at..at + length);
        length
    }

    fn add(&mut self, form: &str, place: Range<usize>) -> usize {
        let length = place.len();
        let place = self.start + place.start..self.start + place.end;
        // `per cent` is one word.
        if form == "cent"
            && let Some(last) = self.words.last_mut()
            && last.form == "per"
        {
            last.form = "percent".into();
            last.place.end = place.end;
            return length;
        }
        self.words.push(Word { form: form.into(), place, pause: false, colon: false });
        length
    }

    /// Whether a hyphen only joins: after a figure and before letters, as in `10-minute`.
    fn hyphen(&self, at: usize) -> bool {
        let after = self.text[at + 1..].chars().next();
        after.is_none_or(char::is_alphabetic) && at > 0
    }

    /// Of `$20`, the figure is said first.
    fn money_after_figure(&mut self) {
        if let [.., sign, figure] = self.words.as_mut_slice()
            && matches!(sign.form.as_str(), "dollars" | "euros" | "pounds")
            && figure.form.starts_with(|c: char| c.is_ascii_digit())
            && sign.place.end == figure.place.start
        {
            std::mem::swap(&mut sign.form, &mut figure.form);
        }
    }
}

#[cfg(test)]
mod tests {
    fn forms(text: &str) -> String {
        super::split(text).iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_form_for_each_word() {
        for (text, expected) in [
            ("What's 15% of 84?", "what is 15 percent of 84"),
            ("what is fifteen per cent", "what is fifteen percent"),
            ("Twenty-one, thirty-five.", "twenty one thirty five"),
            ("26km in miles", "26 km in miles"),
            ("a 10-minute timer", "a 10 minute timer"),
            ("a five-minute timer", "a five minute timer"),
            ("my to-do list", "my to-do list"),
            ("at 7:30 p.m.", "at 7:30 pm"),
            ("at 7am", "at 7 am"),
            ("1h30m", "1 h 30 m"),
            ("a 2x4 and mp3", "a 2 x 4 and mp3"),
            ("1,000 + 2,500.5", "1000 + 2500.5"),
            ("12*7-3", "12 * 7 - 3"),
            ("(2+3)×4", "( 2 + 3 ) * 4"),
            ("-5 + .5", "- 5 + 0.5"),
            ("2½ hours", "2 and half hours"),
            ("$20", "20 dollars"),
            ("72°F", "72 degrees f"),
            ("the 3rd of March", "the 3rd of march"),
            ("I don't know, it’s Peter's", "i do not know it is peter's"),
            ("…", ""),
            ("half-past six", "half past six"),
            ("café — très", "café très"),
        ] {
            assert_eq!(forms(text), expected, "{text}");
        }
    }

    #[test]
    fn places_and_pauses() {
        let text = "Note: milk, twenty-one";
        let words = super::split(text);
        let places: Vec<&str> = words.iter().map(|word| &text[word.place.clone()]).collect();
        assert_eq!(places, ["Note", "milk", "twenty", "one"]);
        assert!(words[0].colon && words[1].pause && !words[2].pause);
    }
}
