//! Makes text fit to be shown to a person: models, skills, servers, files and speech write it, and none of them may command the terminal, hide
//! anything, or make a line that looks like Jane's own.
//!
//! Invariants: what comes out holds no control character but the breaks and tabs that the caller asked for, nothing that turns the direction of
//! writing, nothing invisible, and at most [`MOST_MARKS`] marks on a letter. Letters of all languages, their marks, and joined emoji stay as they
//! are. JSON is for programs and does not pass here.

use unicode_normalization::char::is_combining_mark;

/// Marks on one letter; more than any living language needs.
const MOST_MARKS: usize = 5;

/// Breaks in a row that are shown; more would scroll away what stands above.
const MOST_BREAKS: usize = 2;

/// What stands before every line of a text but its first, so that none looks like Jane's own.
pub const INDENT: &str = "      ";

/// A field of one line: breaks and tabs are spaces.
pub fn line(text: &str) -> String {
    all(text, Breaks::Spaces)
}

/// A text of several lines: all but the first are indented by [`INDENT`]. Breaks at its end are left out.
pub fn text(text: &str) -> String {
    all(text, Breaks::Indented)
}

/// Lines that the program laid out itself, of fields that passed [`line`]: breaks stay.
pub fn lines(text: &str) -> String {
    all(text, Breaks::Kept)
}

fn all(text: &str, breaks: Breaks) -> String {
    let mut shown = Stream::new(breaks);
    let mut out = shown.push(text);
    if breaks == Breaks::Kept {
        out.extend(std::iter::repeat_n('\n', shown.breaks));
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Spaces,
    Indented,
    Kept,
}

/// A text that comes in pieces.
pub struct Stream {
    breaks_are: Breaks,
    /// The last letter that was shown, and the marks on it; `None` at the beginning of a line.
    letter: Option<char>,
    marks: usize,
    /// A joiner that is shown if a letter follows that it joins.
    joiner: Option<char>,
    /// Breaks that are shown once something follows.
    breaks: usize,
    /// Whether a carriage return came last: a line feed belongs to it.
    returned: bool,
}

impl Stream {
    fn new(breaks_are: Breaks) -> Self {
        Self {
            breaks_are,
            letter: None,
            marks: 0,
            joiner: None,
            breaks: 0,
            returned: false,
        }
    }

    /// As [`text`].
    pub fn indented() -> Self {
        Self::new(Breaks::Indented)
    }

    /// What is shown of the next piece.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for letter in piece.chars() {
            self.take(letter, &mut out);
        }
        out
    }

    fn take(&mut self, letter: char, out: &mut String) {
        let returned = std::mem::replace(&mut self.returned, letter == '\r');
        match letter {
            '\n' if returned => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                self.end_line(out);
            }
            '\t' if self.breaks_are == Breaks::Spaces => self.show(' ', out),
            '\t' => self.show('\t', out),
            '\u{200c}' | '\u{200d}' => self.joiner = Some(letter),
            _ if is_invisible(letter) => {}
            _ if is_combining_mark(letter) => {
                // Without a letter it would sit on what stands before the text.
                if self.letter.is_some() && self.breaks == 0 && self.marks < MOST_MARKS {
                    self.marks += 1;
                    out.push(letter);
                }
            }
            _ => self.show(visible(letter), out),
        }
    }

    fn end_line(&mut self, out: &mut String) {
        if self.breaks_are == Breaks::Spaces {
            return self.show(' ', out);
        }
        self.joiner = None;
        self.breaks += 1;
        if self.breaks_are == Breaks::Kept {
            // They are the program's own.
            self.letter = None;
        } else {
            self.breaks = self.breaks.min(MOST_BREAKS);
        }
    }

    fn show(&mut self, letter: char, out: &mut String) {
        if self.breaks > 0 {
            out.extend(std::iter::repeat_n('\n', self.breaks));
            if self.breaks_are == Breaks::Indented {
                out.push_str(INDENT);
            }
            (self.breaks, self.letter) = (0, None);
        }
        if let (Some(joiner), Some(before)) = (self.joiner.take(), self.letter)
            && joins(before, joiner, letter)
        {
            out.push(joiner);
        }
        out.push(letter);
        (self.letter, self.marks) = (Some(letter), 0);
    }
}

/// Whether nobody sees it, or it does something else than to be seen.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// The letter, or a mark in its place where no language has it.
fn visible(letter: char) -> char {
    // Signs before numbers and the like, which are seen although they count as formats.
    let is_sign = matches!(
        letter,
        '\u{600}'
            ..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{110bd}'
                | '\u{110cd}'
    );
    let is_known = || letter.escape_debug().len() == 1 || matches!(letter, '"' | '\'' | '\\');
    if is_sign || letter.is_whitespace() || is_known() {
        letter
    } else {
        char::REPLACEMENT_CHARACTER
    }
}

/// Whether a joiner between these two letters is part of how they are written.
fn joins(before: char, joiner: char, behind: char) -> bool {
    let is_picture = |letter| {
        matches!(
            letter,
            '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
                | '\u{1f000}'..='\u{1faff}'
        )
    };
    let is_shaped = |letter| {
        matches!(letter,
            '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{10fff}' | '\u{11000}'..='\u{11fff}')
    };
    (joiner == '\u{200d}' && is_picture(before) && is_picture(behind))
        || (is_shaped(before) && is_shaped(behind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_commands_the_terminal_or_hides() {
        for (hostile, shown) in [
            ("one\x1b]0;two\x07three", "one]0;twothree"),
            ("\u{9b}2Jgone\u{8}\u{7f}\0", "2Jgone"),
            ("safe\u{202e}gpj.exe\u{202c}", "safegpj.exe"),
            ("a\u{2066}b\u{2069}c\u{200e}\u{200f}\u{61c}d", "abcd"),
            ("pass\u{200b}word\u{feff}\u{2060}\u{ad}\u{3164}", "password"),
            ("t\u{e0061}\u{e0062}\u{e007f}ag", "tag"),
            ("\u{301}mark first", "mark first"),
            ("a\u{200d}b\u{200c}c\u{200d}", "abc"),
            ("\u{e000}\u{10ffff}", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(line(hostile), shown, "{hostile:?}");
        }
        let zalgo = format!("z{}", "\u{336}".repeat(1000));
        assert_eq!(line(&zalgo), format!("z{}", "\u{336}".repeat(MOST_MARKS)));
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "It's \"5 °C\" \\ 41 °F — ½…",
            "Grüße, naïve café, cafe\u{301}, Tiếng Việt",
            "שָׁלוֹם עולם",
            "مرحبا بالعالم",
            "می\u{200c}خواهم",
            "क्\u{200d}ष हिन्दी தமிழ் ไทย",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦 👍🏽 🏳\u{fe0f}\u{200d}🌈 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} 🇩🇪 🤷🏽\u{200d}♀\u{fe0f}",
            "日本語\u{3000}한국어\u{a0}!",
        ] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn a_line_stays_one_line_and_of_a_text_only_the_first_begins_at_the_left() {
        let breaks = "a\nb\r\nc\rd\u{b}e\u{c}f\u{85}g\u{2028}h\u{2029}i\tj";
        assert_eq!(line(breaks), "a b c d e f g h i j");
        let shown = text("Milk\njane: I sent it.\r\rerror: x\u{2028}you:  y\n\n");
        assert_eq!(
            shown,
            "Milk\n      jane: I sent it.\n\n      error: x\n      you:  y"
        );
        assert_eq!(text(&format!("a{}b", "\n".repeat(1000))), "a\n\n      b");
        assert_eq!(text("a\n\u{301}b"), "a\n      b");
        assert_eq!(lines("a\n\n\n  b\x1b[2J\n"), "a\n\n\n  b[2J\n");
    }

    #[test]
    fn a_text_in_pieces_is_shown_as_a_whole() {
        let whole = "z\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}\u{336} 👩\u{200d}👧 a\r\nb\n\nc";
        let mut stream = Stream::indented();
        let pieces: String = whole
            .chars()
            .map(|letter| stream.push(&letter.to_string()))
            .collect();
        assert_eq!(pieces, text(whole));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_harmless(text in ".*", breaks in "[\\s\u{200b}-\u{2069}\\x00-\\xa0a]*") {
            let shown = super::line(&format!("{text}{breaks}{text}"));
            let is_joiner = |letter| matches!(letter, '\u{200c}' | '\u{200d}');
            let is_harmful = |letter: char| is_invisible(letter) && !is_joiner(letter);
            let harmless = !shown.contains(is_harmful);
            prop_assert!(harmless);
            prop_assert_eq!(super::line(&shown), shown.clone());
            let mut shown = super::text(&breaks);
            shown = shown.replace(['\n', '\t'], "");
            let harmless = !shown.contains(char::is_control);
            prop_assert!(harmless);
        }
    }
}
