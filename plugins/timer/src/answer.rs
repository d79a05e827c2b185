//! Answers to what was asked back.

use phrase::Said;

use crate::{command::Which, names::said_label, reader::Reader, ring::Kind, spoken_when, when::When};

/// When, in answer to a question.
pub fn answered_when(text: &str, kind: Kind) -> Option<When> {
    let said = Said::new(text);
    let mut reader = Reader::new(said.words());
    reader.eat(&["make it", "set it for", "set it to", "let us say", "say", "i said"]);
    if kind == Kind::Timer {
        reader.eat(&["for", "in", "of"]);
        let duration = reader.duration()?;
        reader.eat_from_now();
        return reader.is_over().then(|| When::after(duration));
    }
    let mut from_now = reader;
    if let Some(duration) = from_now.duration()
        && from_now.is_over()
    {
        return Some(When::after(duration));
    }
    spoken_when::whole(reader.rest(), true)
}

/// Which, in answer to a question.
pub fn answered_which(text: &str) -> Option<Which> {
    let said = Said::new(text);
    if said.is(&["(all|both|everything) [of] [them|these|the] [two|three|timers|alarms|reminders]", "all"]) {
        return Some(Which::All);
    }
    let slots = said.first(&[
        "[the|my|that] {label} (one|timer|alarm|reminder) [please]",
        "[the|my] (one|timer|alarm|reminder) (for|to|at|called|named) [the|my] {label}",
        "[the|my] {label}",
    ])?;
    match slots.form("label")?.as_str() {
        "first" | "next" => Some(Which::Next),
        "last" | "latest" => Some(Which::Last),
        _ => said_label(slots.words("label")?).map(Which::Named),
    }
}

/// Whether a question is waved away.
pub fn waved_away(text: &str) -> bool {
    Said::new(text).is(&[
        "(no|nope|nothing|never mind|nevermind|none [of them]|neither|forget it|cancel [that|it]|stop|do not bother)",
        "no (never mind|nothing|forget it)",
    ])
}
