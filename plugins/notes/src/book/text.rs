//! Lines as they are kept, and sentences as they are said.

use super::Store;
use crate::words::{capitalised, key};

/// An item is cut here, in bytes; nobody speaks longer.
const LONGEST: usize = 2000;

pub(super) fn lines(store: &dyn Store, key: &str) -> Result<Option<Vec<String>>, String> {
    Ok(store.get(key)?.map(|text| text.lines().map(str::to_owned).collect()))
}

pub(super) fn put(store: &mut dyn Store, key: &str, lines: &[String]) -> Result<(), String> {
    store.set(key, &lines.join("\n"))
}

/// As it is kept: one line, without the full stop of the recogniser.
pub(super) fn one_line(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = line.len().min(LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line.trim_matches(|c: char| matches!(c, '.' | ',' | ':' | ';' | ' ')).to_owned()
}

/// As a sentence.
pub(super) fn ended(text: &str) -> String {
    let end = if text.ends_with(['!', '?', '.']) { "" } else { "." };
    format!("{}{end}", capitalised(text))
}

pub(super) fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

pub(super) fn is(item: &str) -> &'static str {
    let last = item.rsplit(' ').next().unwrap_or_default().to_lowercase();
    if last != key(&last) && last.ends_with('s') { "are" } else { "is" }
}

pub(super) fn are_all(items: &[String]) -> &'static str {
    match items {
        [one] => is(one),
        _ => "are",
    }
}
