//! A text as it will sound: without the marks of markdown, which may stand in the middle of a secret.

use std::ops::Range;

pub struct Bare {
    pub chars: Vec<char>,
    /// For each character, the bytes of the original that it came from.
    origin: Vec<Range<usize>>,
}

impl Bare {
    pub fn new(text: &str) -> Bare {
        let mut bare = Bare {
            chars: Vec::with_capacity(text.len()),
            origin: Vec::with_capacity(text.len()),
        };
        let mut tag_end = 0;
        for (at, c) in text.char_indices() {
            if at < tag_end || is_mark(c) {
                continue;
            }
            if c == '<'
                && let Some(end) = tag(text, at)
            {
                tag_end = end;
                continue;
            }
            bare.chars.push(c);
            bare.origin.push(at..at + c.len_utf8());
        }
        bare
    }

    pub fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    pub fn text(&self, range: Range<usize>) -> String {
        self.chars.get(range).unwrap_or_default().iter().collect()
    }

    /// The bytes of the original from the first to the last of these characters.
    pub fn original(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.origin.get(range.start)?;
        let last = self.origin.get(range.end.checked_sub(1)?)?;
        Some(first.start..last.end)
    }

    /// The words: what stands between white space.
    pub fn words(&self) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut start = None;
        for (at, c) in self.chars.iter().enumerate() {
            match (c.is_whitespace(), start) {
                (true, Some(from)) => {
                    words.push(from..at);
                    start = None;
                }
                (false, None) => start = Some(at),
                _ => {}
            }
        }
        words.extend(start.map(|from| from..self.chars.len()));
        words
    }
}

/// What nobody speaks, and what may therefore hide in the middle of something: marks, and characters without a width.
pub fn is_mark(c: char) -> bool {
    matches!(
        c,
        '*' | '`' | '#' | '|' | '~' | '\\' | '\u{ad}' | '\u{200b}'
            ..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// Where a tag of HTML that begins here ends.
fn tag(text: &str, at: usize) -> Option<usize> {
    const TAGS: &[&str] = &[
        "a", "b", "i", "u", "s", "p", "br", "em", "tt", "td", "tr", "th", "li", "ul", "ol", "hr",
        "del", "ins", "sub", "sup", "kbd", "pre", "var", "div", "big", "img", "wbr", "code",
        "span", "font", "mark", "cite", "samp", "table", "small", "strong", "details", "summary",
    ];
    let rest = text.get(at + 1..)?;
    let inner = rest.get(..rest.find('>')?)?;
    let name = inner.trim_matches('/').split([' ', '\n']).next()?;
    (inner.len() <= 200 && TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name)))
        .then_some(at + inner.len() + 2)
}
