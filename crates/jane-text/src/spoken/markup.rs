//! Takes Markdown and HTML off a line of a reply, and leaves the characters that only look like them.
//!
//! A line arrives in pieces, so that emphasis may open in one and close in another. What opens a block (a list's item, a heading, a
//! quotation, a row of a table) does so at the beginning of a line of the reply alone.

use pulldown_cmark::{Event, Parser};

use super::Language;
use super::latex;

/// The tags whose text is heard and which are not.
const TAGS: [&str; 36] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "del",
    "details",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "td",
    "tr",
    "u",
];

/// Stands before a line, so that nothing in it begins a block.
const GUARD: char = 'x';

/// Whether a line opens or closes a fenced code block.
pub fn is_fence(line: &str) -> bool {
    let line = line.trim();
    let behind = line.trim_start_matches(['`', '~']);
    (line.starts_with("```") || line.starts_with("~~~")) && !behind.contains('`')
}

/// The text of a line. `is_line`: it is at the beginning of a line of the reply.
pub fn plain(line: &str, is_line: bool, language: &Language) -> String {
    let line = line.trim();
    let (line, is_block) = if is_line { block(line) } else { (line, false) };
    if is_block && line.is_empty() {
        return String::new();
    }
    let line = latex::plain(line, language);
    let line = if is_line { row(&line) } else { line };
    if line
        .chars()
        .all(|letter| letter.is_alphanumeric() || " ,.;:!?'-".contains(letter))
    {
        return line;
    }
    inline(&line)
}

/// What is left of a line without what opens a block, and whether there was any.
fn block(line: &str) -> (&str, bool) {
    let mut rest = line;
    loop {
        let next = opened(rest).trim_start();
        if next.len() == rest.len() {
            break;
        }
        rest = next;
    }
    let is_rule = !rest.is_empty() && rest.chars().all(|mark| "-*_=| :+".contains(mark));
    let is_rule = is_rule && rest.chars().filter(|mark| "-*_=".contains(*mark)).count() >= 3;
    if is_rule {
        ("", true)
    } else {
        (rest, rest.len() < line.len())
    }
}

/// A line without the first mark of a block.
fn opened(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix('>')
        && (rest.is_empty() || rest.starts_with([' ', '>']))
    {
        return rest;
    }
    let heading = line.trim_start_matches('#');
    let level = line.len() - heading.len();
    if (1..=6).contains(&level) && (heading.is_empty() || heading.starts_with(' ')) {
        return heading.trim_end().trim_end_matches('#');
    }
    if let Some(rest) = line.strip_prefix(['-', '*', '+', '•', '◦', '▪', '‣', '–'])
        && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        && !is_amount(rest)
    {
        return rest;
    }
    for task in ["[ ] ", "[x] ", "[X] "] {
        if let Some(rest) = line.strip_prefix(task) {
            return rest;
        }
    }
    line
}

/// Whether what is behind a hyphen makes it a minus: "- 5 degrees" is no item of a list.
fn is_amount(rest: &str) -> bool {
    let rest = rest.trim_start();
    let unit =
        rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".,".contains(letter));
    let is_degrees = |unit: &str| {
        let words = ["degree", "Degree", "Grad", "grad", "°", "℃", "℉"];
        words.iter().any(|word| unit.starts_with(word))
    };
    unit.len() < rest.len() && is_degrees(unit.trim_start())
}

/// The cells of a table's row, with a pause in between.
fn row(line: &str) -> String {
    let is_row = line.starts_with('|') && line.len() > 1 || line.contains(" | ");
    if !is_row {
        return line.to_owned();
    }
    let cells = line.trim_matches('|').split('|').map(str::trim);
    let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
    cells.join(", ")
}

/// A line without emphasis, links, code spans, tags and entities.
fn inline(line: &str) -> String {
    let guarded = guarded(line);
    let mut text = String::new();
    for event in Parser::new(&guarded) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::InlineHtml(tag) | Event::Html(tag) if tag.starts_with("<br") => text.push(' '),
            _ => {}
        }
    }
    let text = text.strip_prefix(GUARD).unwrap_or(&text);
    text.split_whitespace()
        .map(loose)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A line whose marks that are none of Markdown are escaped, behind a letter that lets nothing begin a block.
fn guarded(line: &str) -> String {
    let mut guarded = String::with_capacity(line.len() + 8);
    guarded.push(GUARD);
    // A guard must not join a word's mark, which would open nothing within a word.
    guarded.push(' ');
    let (mut before, mut first) = (' ', ' ');
    let mut in_code = false;
    let has_code = line.matches('`').count().is_multiple_of(2);
    for (place, letter) in line.char_indices() {
        let behind = line.get(place + letter.len_utf8()..).unwrap_or_default();
        let next = behind.chars().next().unwrap_or(' ');
        let is_literal = match letter {
            '`' => {
                in_code = !in_code;
                false
            }
            _ if in_code && has_code => false,
            '*' => {
                let is_product = before.is_alphanumeric() && next.is_alphanumeric();
                // The two of "2**10".
                let is_first = before.is_ascii_digit() && next == '*';
                let is_second = before == '*' && first.is_ascii_digit() && next.is_ascii_digit();
                is_product || is_first && is_followed_by_digit(behind) || is_second
            }
            '<' => !is_tag(behind) && !is_autolink(behind),
            '\\' => next.is_alphanumeric(),
            _ => false,
        };
        if is_literal {
            guarded.push('\\');
        }
        guarded.push(letter);
        (first, before) = (before, letter);
    }
    guarded
}

/// Whether a digit is behind the second asterisk of two.
fn is_followed_by_digit(behind: &str) -> bool {
    behind
        .chars()
        .nth(1)
        .is_some_and(|letter| letter.is_ascii_digit())
}

/// As much of what is behind a mark as counts.
fn sight(behind: &str) -> &str {
    /// Bytes of the longest tag or address.
    const LONGEST: usize = 500;
    behind
        .get(..behind.floor_char_boundary(LONGEST))
        .unwrap_or_default()
}

/// Whether a tag is behind `<`, as HTML has them.
fn is_tag(behind: &str) -> bool {
    let behind = sight(behind);
    let name = behind.strip_prefix('/').unwrap_or(behind);
    let end = name
        .find(|letter: char| !letter.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    let (name, attributes) = name.split_at(end);
    let is_closed = || {
        attributes.find('>').is_some_and(|close| {
            let inside = attributes
                .get(..close)
                .unwrap_or_default()
                .trim_matches(['/', ' ']);
            inside.is_empty() || inside.contains('=')
        })
    };
    TAGS.contains(&name.to_ascii_lowercase().as_str()) && is_closed()
}

fn is_autolink(behind: &str) -> bool {
    let behind = sight(behind);
    let address = behind.split('>').next().unwrap_or_default();
    let is_address = address.contains("://") || address.contains('@');
    address.len() < behind.len() && is_address && !address.contains(char::is_whitespace)
}

/// A word without marks of emphasis whose other one is in another piece of the line.
fn loose(word: &str) -> String {
    let is_mark = |letter: char| matches!(letter, '*' | '`');
    if !word.contains(is_mark) && !word.contains("~~") && !word.contains("__") {
        return word.to_owned();
    }
    if word == "*" || word == "**" {
        // Between numbers it is a product.
        return word.to_owned();
    }
    let word = word.replace("~~", "").replace('`', "");
    let is_power = word.split("**").all(|part| {
        part.starts_with(char::is_alphanumeric) && part.ends_with(char::is_alphanumeric)
    });
    let word = if is_power {
        word
    } else {
        word.replace("**", "")
    };
    let word = word.trim_matches('*');
    word.strip_prefix("__")
        .or_else(|| word.strip_suffix("__"))
        .unwrap_or(word)
        .to_owned()
}
