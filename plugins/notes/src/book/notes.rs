//! What becomes of notes.

use super::lists::has_words;
use super::text::{ended, lines, one_line, put};
use super::{NOTES, Store};
use crate::words::{count, key};

/// As many notes are read out at once, the newest.
const READ_OUT: usize = 5;

pub(super) const NO_NOTES: &str = "You have no notes.";

pub(super) fn take(store: &mut dyn Store, text: &str) -> Result<String, String> {
    let note = one_line(text);
    let mut notes = notes(store)?;
    notes.push(note.clone());
    put(store, NOTES, &notes)?;
    Ok(format!("Noted: {}", ended(&note)))
}

pub(super) fn notes(store: &dyn Store) -> Result<Vec<String>, String> {
    Ok(lines(store, NOTES)?.unwrap_or_default())
}

pub(super) fn read_notes(notes: &[String]) -> String {
    match notes {
        [] => NO_NOTES.into(),
        [one] => format!("You have one note: {}", ended(one)),
        more => format!("You have {}. {}", count(more.len(), "note"), newest(more)),
    }
}

/// The newest of several, as many as one listens to.
pub(super) fn newest<S: AsRef<str>>(notes: &[S]) -> String {
    let shown = notes.len().min(READ_OUT);
    let read: Vec<String> = notes
        .iter()
        .rev()
        .take(shown)
        .map(|note| ended(note.as_ref()))
        .collect();
    let before = if notes.len() > shown {
        format!("The newest {shown}: ")
    } else {
        String::new()
    };
    before + &read.join(" ")
}

pub(super) fn is_about(note: &str, topic: &str) -> bool {
    let (note, topic) = (key(note), key(topic));
    !topic.is_empty() && topic.split(' ').all(|word| has_words(&note, word))
}

pub(super) fn delete_note(store: &mut dyn Store, number: usize) -> Result<String, String> {
    let mut notes = notes(store)?;
    let Some(at) = number.checked_sub(1).filter(|at| *at < notes.len()) else {
        return Ok(if notes.is_empty() {
            NO_NOTES.into()
        } else {
            format!("You have only {}.", count(notes.len(), "note"))
        });
    };
    let gone = notes.remove(at);
    put(store, NOTES, &notes)?;
    Ok(format!("I deleted the note: {}", ended(&gone)))
}

pub(super) fn delete_about(store: &mut dyn Store, topic: &str) -> Result<String, String> {
    let (gone, kept): (Vec<String>, Vec<String>) = notes(store)?
        .into_iter()
        .partition(|note| is_about(note, topic));
    put(store, NOTES, &kept)?;
    Ok(match gone.as_slice() {
        [] => format!("You have no note about {topic}."),
        [one] => format!("I deleted the note: {}", ended(one)),
        more => format!("I deleted {} about {topic}.", count(more.len(), "note")),
    })
}
