//! Finds where the first piece of a text ends, as far as what is there of the text decides that.
//!
//! Invariant: what is found in a text is found in every text that begins with it.

use super::ends::{End, Stop};
use super::{FENCES, LONGEST, UNBROKEN};

/// The shortest first clause, in words: two words alone sound clipped.
const FIRST_CLAUSE_WORDS: usize = 3;

/// Characters of a line that may be wrapped: shorter ones are lines by intent.
const WRAPPED: usize = 40;

/// Bytes that are looked through for what decides about a mark: a word, white space, the link or the code that it lies in.
const SIGHT: usize = 200;

/// Where the first piece ends.
pub enum Found {
    End(usize),
    /// Not in so many bytes, and what follows decides about the others.
    Until(usize),
}

/// A text whose first piece is to be found.
pub struct Scan<'a> {
    pub text: &'a str,
    /// Nothing follows the text.
    pub is_over: bool,
    /// Whether the text begins a line.
    pub is_line: bool,
    /// Whether a clause is piece enough.
    pub wants_clause: bool,
}

impl Scan<'_> {
    /// The end of the first line.
    pub fn line(&self, passed: usize) -> Found {
        let end = self.behind(passed).find('\n');
        match end.map(|end| passed + end + 1) {
            Some(end) if end <= UNBROKEN => Found::End(end),
            _ if self.text.len() > UNBROKEN => Found::End(self.text.floor_char_boundary(UNBROKEN)),
            _ if self.is_over => Found::End(self.text.len()),
            _ => Found::Until(self.text.len()),
        }
    }

    /// The end of the first sentence, line, clause or breath.
    pub fn piece(&self, passed: usize) -> Found {
        if self.is_line && passed == 0 {
            match self.fence() {
                End::Yes => return self.line(0),
                End::Wait => return Found::Until(0),
                End::No => {}
            }
        }
        let mut skip = passed;
        for (offset, letter) in self.behind(passed).char_indices() {
            let place = passed + offset;
            if place < skip {
                continue;
            }
            if let Some(end) = self.breath(place, letter) {
                return Found::End(end);
            }
            let behind = place + letter.len_utf8();
            let (found, end) = match letter {
                '\n' => (self.line_end(place), behind),
                ',' | ';' | ':' | '—' if self.wants_clause => (self.clause_end(behind), behind),
                _ if ends_sentences(letter) => {
                    let (found, end) = self.sentence_end(place);
                    skip = skip.max(self.marks_end(place));
                    (found, end)
                }
                _ => continue,
            };
            match found {
                End::Yes => return Found::End(end),
                End::Wait => return Found::Until(place),
                End::No => {}
            }
        }
        if self.is_over {
            Found::End(self.text.len())
        } else {
            Found::Until(self.text.len())
        }
    }

    /// Whether the text begins with the line that opens a code block.
    fn fence(&self) -> End {
        let line = self.text.trim_start_matches([' ', '\t']);
        if self.text.len() - line.len() >= SIGHT {
            return End::No;
        }
        if line.is_empty() && !self.is_over {
            return End::Wait;
        }
        let is_fence = FENCES.iter().any(|fence| line.starts_with(fence));
        let may_be = FENCES.iter().any(|fence| fence.starts_with(line));
        if is_fence {
            let end = line.find('\n').unwrap_or(line.len());
            let marks = line.get(..end).unwrap_or_default();
            let behind = marks.trim_start_matches(['`', '~']);
            let is_whole = end < line.len() || self.is_over || marks.len() > LONGEST;
            return match behind.contains('`') || marks.len() > LONGEST {
                true => End::No,
                false if is_whole => End::Yes,
                false => End::Wait,
            };
        }
        if may_be && !line.is_empty() && !self.is_over {
            return End::Wait;
        }
        End::No
    }

    /// Where a text that is too long is cut, when `place` is reached without an end.
    fn breath(&self, place: usize, letter: char) -> Option<usize> {
        if place < LONGEST {
            return None;
        }
        let text = self.before(place);
        let breath = text
            .get(..text.floor_char_boundary(LONGEST))
            .unwrap_or_default();
        let pause = |(start, mark): (usize, &str)| {
            let end = start + mark.len();
            let is_behind = text.get(end..).is_some_and(|rest| rest.starts_with(' '));
            (start > LONGEST / 2 && is_behind).then_some(end)
        };
        let at_pause = breath.rmatch_indices([',', ';', ':', '—']).find_map(pause);
        let at_space = || {
            let space = breath.rfind(char::is_whitespace)?;
            (!self.before(space).trim().is_empty()).then_some(space)
        };
        let here = || (letter.is_whitespace() || place >= UNBROKEN).then_some(place);
        at_pause.or_else(at_space).or_else(here)
    }

    /// Whether the line that ends at `place` ends a piece: it does not where it is wrapped.
    fn line_end(&self, place: usize) -> End {
        let before = self.before(place);
        if before.trim().is_empty() {
            return End::Yes;
        }
        let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
        let goes_on = line.ends_with(|letter: char| letter.is_alphanumeric() || letter == ',');
        if !goes_on || line.chars().count() < WRAPPED {
            return End::Yes;
        }
        let behind = self.behind(place + 1);
        let next = behind.trim_start_matches([' ', '\t']);
        if behind.len() - next.len() > SIGHT {
            return End::Yes;
        }
        match next.chars().next() {
            Some(letter) => End::from(!letter.is_lowercase()),
            None if self.is_over => End::Yes,
            None => End::Wait,
        }
    }

    /// Whether the first clause ends at `end`.
    fn clause_end(&self, end: usize) -> End {
        let before = self.before(end);
        let words = before.split_whitespace().take(FIRST_CLAUSE_WORDS);
        if words.count() < FIRST_CLAUSE_WORDS || self.is_within(end) {
            return End::No;
        }
        match self.behind(end).chars().next() {
            Some(letter) => End::from(letter.is_whitespace()),
            None if self.is_over => End::No,
            None => End::Wait,
        }
    }

    /// Whether a sentence ends with the marks at `start`, and where.
    fn sentence_end(&self, start: usize) -> (End, usize) {
        let marks_end = self.marks_end(start);
        let Some(end) = self.closed_end(marks_end) else {
            return (End::Wait, marks_end);
        };
        let marks = self.between(start, marks_end);
        let behind = self.behind(end);
        if end - start >= SIGHT {
            return (End::No, end);
        }
        // Further marks may come, which belong to these also where these end nothing.
        if behind.is_empty() && !self.is_over {
            return (End::Wait, end);
        }
        if self.is_within(start) {
            return (End::No, end);
        }
        if marks.contains(needs_no_space) {
            return (End::Yes, end);
        }
        if !behind.is_empty() && !behind.starts_with(char::is_whitespace) {
            return (End::No, end);
        }
        let next = behind.trim_start_matches([' ', '\t', '\u{a0}', '\u{202f}']);
        if behind.len() - next.len() > SIGHT {
            return (End::Yes, self.text.floor_char_boundary(end + SIGHT));
        }
        if next.starts_with(['\n', '\r']) {
            // The line's end decides, which may be wrapped.
            return (End::No, end);
        }
        let word = next.trim_start_matches(opens);
        let end = end + behind.len() - next.len();
        if next.len() - word.len() > SIGHT || (word.is_empty() && self.is_over) {
            return (End::Yes, end);
        }
        if word.is_empty() {
            return (End::Wait, end);
        }
        let is_quoted = self.between(marks_end, end).contains(quotes);
        (self.before_word(start, marks, is_quoted, word), end)
    }

    /// Whether a sentence ends with `marks` at `start`, behind which `word` and what follows it is written.
    fn before_word(&self, start: usize, marks: &str, is_quoted: bool, word: &str) -> End {
        let is_soft = marks.chars().all(|mark| matches!(mark, '.' | '…'));
        if !is_soft && !is_quoted {
            return End::Yes;
        }
        let mut letters = word.chars();
        if letters.next().is_some_and(char::is_lowercase) {
            // "iPhone" begins a sentence as it begins anything.
            return match letters.next() {
                Some(second) => End::from(second.is_uppercase() && is_soft),
                None if self.is_over => End::No,
                None => End::Wait,
            };
        }
        if word.starts_with(['–', '—', ',', ';', ')']) {
            return End::No;
        }
        if marks != "." {
            return End::Yes;
        }
        let next_end = word.find(char::is_whitespace);
        let stop = Stop {
            before: self.before(start),
            is_line: self.is_line,
            next: word
                .get(..next_end.unwrap_or(word.len()))
                .unwrap_or_default(),
            is_whole: next_end.is_some() || self.is_over || word.len() > SIGHT,
        };
        stop.end()
    }

    /// The end of the marks that begin at `start`.
    fn marks_end(&self, start: usize) -> usize {
        let marks = self.sight(start);
        let end = marks.find(|letter| !ends_sentences(letter));
        start + end.unwrap_or(marks.len())
    }

    /// The end of what closes quotes, brackets and emphasis at `start`, and of a note's number behind that. `None` where a number is not
    /// whole yet.
    fn closed_end(&self, start: usize) -> Option<usize> {
        let closers = self.sight(start);
        let end = closers
            .find(|letter| !closes(letter))
            .unwrap_or(closers.len());
        let note = closers.get(end..).unwrap_or_default();
        let Some(digits) = note.strip_prefix('[') else {
            return Some(start + end);
        };
        let behind = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if behind.is_empty() && !self.is_over && self.behind(start).len() < SIGHT {
            return None;
        }
        let is_note = behind.len() < digits.len() && behind.starts_with(']');
        Some(
            start
                + end
                + if is_note {
                    note.len() - behind.len() + 1
                } else {
                    0
                },
        )
    }

    /// Whether `place` lies within a link's text, a code span or a formula.
    fn is_within(&self, place: usize) -> bool {
        let before = self.before(place);
        let seen = before.get(before.ceil_char_boundary(place.saturating_sub(SIGHT))..);
        let seen = seen.unwrap_or_default();
        let seen = seen.rsplit('\n').next().unwrap_or_default();
        let opened = |open: &str, close: &str| match seen.rfind(open) {
            Some(start) => !seen.get(start..).is_some_and(|seen| seen.contains(close)),
            None => false,
        };
        let in_code = seen.matches('`').count() % 2 == 1;
        let in_address = || {
            let start = seen.rfind("](");
            start.is_some_and(|start| {
                !seen
                    .get(start..)
                    .is_some_and(|seen| seen.contains([')', ' ']))
            })
        };
        in_code || opened("[", "]") || opened("\\(", "\\)") || opened("\\[", "\\]") || in_address()
    }

    fn before(&self, place: usize) -> &str {
        self.text.get(..place).unwrap_or_default()
    }

    fn behind(&self, place: usize) -> &str {
        self.text.get(place..).unwrap_or_default()
    }

    /// What is behind `place`, as far as it counts.
    fn sight(&self, place: usize) -> &str {
        let behind = self.behind(place);
        behind
            .get(..behind.floor_char_boundary(SIGHT))
            .unwrap_or_default()
    }

    fn between(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Unicode's sentence terminators, and the ellipsis. The Greek question mark is a semicolon to Unicode.
fn ends_sentences(letter: char) -> bool {
    matches!(
        letter,
        '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉' | '‽' | '⸮'
    ) || ends_any_script(letter)
        || needs_no_space(letter)
}

/// Marks behind which a sentence ends whatever follows a space: Armenian, Arabic, Devanagari, Myanmar, Ethiopic, Khmer, Mongolian, Tibetan.
fn ends_any_script(letter: char) -> bool {
    matches!(
        letter,
        '\u{589}'
            | '\u{61e}'
            | '\u{61f}'
            | '\u{6d4}'
            | '\u{964}'
            | '\u{965}'
            | '\u{104a}'
            | '\u{104b}'
            | '\u{1362}'
            | '\u{1367}'
            | '\u{1368}'
            | '\u{17d4}'
            | '\u{17d5}'
            | '\u{1803}'
            | '\u{1809}'
            | '\u{f0d}'
            | '\u{f0e}'
    )
}

/// Marks behind which the next sentence begins at once: those of Chinese and Japanese.
fn needs_no_space(letter: char) -> bool {
    matches!(letter, '。' | '！' | '？' | '｡' | '．')
}

fn closes(letter: char) -> bool {
    quotes(letter) || matches!(letter, ')' | ']' | '}' | '*' | '_' | '）' | '】')
}

fn quotes(letter: char) -> bool {
    matches!(
        letter,
        '"' | '\'' | '”' | '’' | '»' | '«' | '“' | '」' | '』'
    )
}

fn opens(letter: char) -> bool {
    matches!(
        letter,
        '"' | '\''
            | '“'
            | '‘'
            | '„'
            | '‚'
            | '«'
            | '»'
            | '('
            | '['
            | '{'
            | '*'
            | '_'
            | '`'
            | '¿'
            | '¡'
            | '「'
    )
}
