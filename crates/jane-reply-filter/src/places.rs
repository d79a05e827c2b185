//! Places in a text, and what is found at them.

use super::marks::{self, Found, Mark, Place};

/// The beginning of a message.
pub(super) const START: Place = Place {
    first: true,
    line: true,
};

/// Somewhere in the middle.
pub(super) const INSIDE: Place = Place {
    first: false,
    line: false,
};

/// What a thought may end with, `ending` among it: a mark, and a call where a line begins.
pub(super) fn thought_at(text: &str, place: Place, ending: &str) -> Found {
    let found = match marks::marked_at(text) {
        Found::Mark {
            mark: Mark::Calls { .. },
            ..
        } if !place.line => Found::No,
        found => found,
    };
    match (found, marks::begins(text, ending)) {
        (Found::No, Some(true)) => Found::mark(ending.len(), Mark::Answers),
        (Found::No, Some(false)) if !text.is_empty() => Found::More,
        (found, _) => found,
    }
}

/// The first place at which something is found, or may be: where, and what.
pub(super) struct Next {
    pub at: usize,
    pub found: Found,
}

/// Looks for the first mark in `text` behind `from`, whose beginning is at `place`.
pub(super) fn next(
    text: &str,
    from: usize,
    place: Place,
    look: impl Fn(&str, Place) -> Found,
) -> Next {
    let mut here = place;
    for (at, letter) in text.char_indices() {
        if at >= from {
            let found = look(text.get(at..).unwrap_or_default(), here);
            if found != Found::No {
                return Next { at, found };
            }
        }
        here = here.behind(letter);
    }
    Next {
        at: text.len(),
        found: Found::No,
    }
}
