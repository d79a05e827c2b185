//! What becomes of notes.

use phrase::calendar::{Date, WEEKDAYS};

use super::lists::has_words;
use super::text::{ended, lines, one_line};
use super::{NOTES, Question, READ, Reply, Store};
use crate::command::Notes;
use crate::words::{count, key};

/// As many notes are read out at once, the newest.
const READ_OUT: usize = 5;
const DAY_MS: u64 = 86_400_000;

pub(super) const NO_NOTES: &str = "You have no notes.";

/// A note, and when it was taken, where that is known: milliseconds since 1970, local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub text: String,
    pub at_ms: Option<u64>,
}

pub(super) fn take(store: &mut dyn Store, text: &str) -> Result<String, String> {
    let text = one_line(text);
    let mut notes = notes(store)?;
    notes.push(Note { text: text.clone(), at_ms: Some(store.now_ms()) });
    keep(store, &notes)?;
    Ok(format!("Noted: {}", ended(&text)))
}

/// All notes, the oldest first.
pub(super) fn notes(store: &dyn Store) -> Result<Vec<Note>, String> {
    let note = |line: String| match line.split_once('\t') {
        Some((at_ms, text)) => Note { text: text.to_owned(), at_ms: at_ms.parse().ok() },
        None => Note { text: line, at_ms: None },
    };
    Ok(lines(store, NOTES)?.unwrap_or_default().into_iter().map(note).collect())
}

pub(super) fn keep(store: &mut dyn Store, notes: &[Note]) -> Result<(), String> {
    let line = |note: &Note| match note.at_ms {
        Some(at_ms) => format!("{at_ms}\t{}", note.text),
        None => note.text.clone(),
    };
    store.set(NOTES, &notes.iter().map(line).collect::<Vec<_>>().join("\n"))
}

pub(super) fn change_last(store: &mut dyn Store, change: impl FnOnce(&str) -> String) -> Result<String, String> {
    let mut notes = notes(store)?;
    let Some(last) = notes.last_mut() else { return Ok(NO_NOTES.into()) };
    last.text = one_line(&change(&last.text));
    let said = ended(&last.text);
    keep(store, &notes)?;
    Ok(format!("The note says now: {said}"))
}

/// The notes that are meant, the oldest first.
pub(super) fn find(store: &dyn Store, which: &Notes) -> Result<Vec<Note>, String> {
    let notes = notes(store)?;
    Ok(match which {
        Notes::All => notes,
        Notes::Last => notes.last().cloned().into_iter().collect(),
        Notes::Oldest => notes.first().cloned().into_iter().collect(),
        Notes::About(topic) => notes.into_iter().filter(|note| is_about(&note.text, topic)).collect(),
        Notes::Day(day) => {
            let days = days(day, store.now_ms()).unwrap_or(0..0);
            notes.into_iter().filter(|note| note.at_ms.is_some_and(|at_ms| days.contains(&at_ms))).collect()
        }
        Notes::Number(number) => {
            // As they were read out; where that was never, the oldest is the first.
            let read: Vec<Note> = lines(store, READ)?
                .unwrap_or_default()
                .into_iter()
                .filter_map(|text| notes.iter().find(|note| note.text == text).cloned())
                .collect();
            let order = if read.is_empty() { &notes } else { &read };
            order.get(number.wrapping_sub(1)).or(notes.get(number.wrapping_sub(1))).cloned().into_iter().collect()
        }
    })
}

/// What is said of notes that are read out. It remembers their order.
pub(super) fn read(store: &mut dyn Store, which: &Notes) -> Result<String, String> {
    let found = find(store, which)?;
    if found.is_empty() {
        return none(store, which);
    }
    let shown = found.get(found.len().saturating_sub(READ_OUT)..).unwrap_or_default();
    // One that was read alone by its place keeps the order that it was found by.
    if !matches!(which, Notes::Number(_) | Notes::Last | Notes::Oldest) {
        let texts: Vec<&str> = shown.iter().map(|note| note.text.as_str()).collect();
        store.set(READ, &texts.join("\n"))?;
    }
    let read: Vec<String> = shown.iter().map(|note| ended(&note.text)).collect();
    let newest = if found.len() > shown.len() { format!("The newest {}: ", shown.len()) } else { String::new() };
    let read = newest + &read.join(" ");
    let number = count(found.len(), "note");
    Ok(match (which, found.len()) {
        (Notes::All, 1) => format!("You have one note: {read}"),
        (Notes::All, _) => format!("You have {number}. {read}"),
        (Notes::Last, _) => format!("Your last note: {read}"),
        (Notes::Number(_) | Notes::Oldest, _) => format!("That note says: {read}"),
        (_, 1) => format!("You noted: {read}"),
        (Notes::About(topic), _) => format!("You have {number} about {topic}. {read}"),
        (Notes::Day(day), _) => format!("You have {number} from {}. {read}", day.trim_start_matches("on ")),
    })
}

fn none(store: &dyn Store, which: &Notes) -> Result<String, String> {
    let all = notes(store)?.len();
    Ok(match which {
        Notes::About(topic) => format!("You have no note about {topic}."),
        Notes::Day(day) if all > 0 => format!("You have no notes from {}.", day.trim_start_matches("on ")),
        Notes::Number(_) if all > 0 => format!("You have only {}.", count(all, "note")),
        _ => NO_NOTES.into(),
    })
}

/// Deletes notes, or asks which or whether.
pub(super) fn delete(store: &mut dyn Store, which: &Notes, several: bool) -> Result<Reply, String> {
    let mut found = find(store, which)?;
    // The first that there is may be another one than the first that was read out.
    if let Notes::Number(number) = which
        && let Some(other) = notes(store)?.into_iter().nth(number.wrapping_sub(1)).filter(|other| !found.contains(other))
    {
        found.insert(0, other);
    }
    let texts: Vec<String> = found.iter().map(|note| note.text.clone()).collect();
    Ok(match (found.as_slice(), which) {
        ([], _) => Reply::Said(none(store, which)?),
        ([_], Notes::All) => {
            remove(store, &texts)?;
            Reply::Said("I deleted your note.".into())
        }
        ([one], _) => {
            remove(store, &texts)?;
            Reply::Said(format!("I deleted the note: {}", ended(&one.text)))
        }
        (more, Notes::All) => Reply::Asked(format!("Shall I delete all {} notes?", more.len()), Question::DeleteNotes),
        (more, _) if several => {
            Reply::Asked(format!("Shall I delete all {} of them?", count(more.len(), "note")), Question::DeleteThese(texts))
        }
        (more, _) => {
            let read: Vec<String> = more.iter().take(READ_OUT).map(|note| ended(&note.text)).collect();
            let speech = format!("You have {} like that. {} Which one shall I delete?", count(more.len(), "note"), read.join(" "));
            Reply::Asked(speech, Question::WhichNote(texts))
        }
    })
}

/// Deletes the notes with these texts.
pub(super) fn remove(store: &mut dyn Store, texts: &[String]) -> Result<(), String> {
    let mut left = notes(store)?;
    for text in texts {
        // Of two that say the same the newer one goes.
        if let Some(at) = left.iter().rposition(|note| note.text == *text) {
            left.remove(at);
        }
    }
    keep(store, &left)
}

pub(super) fn is_about(note: &str, topic: &str) -> bool {
    let (note, topic) = (key(note), key(topic).replace("wi fi", "wifi"));
    let note = note.replace("wi fi", "wifi");
    !topic.is_empty() && topic.split(' ').all(|word| has_words(&note, word))
}

/// Whether words name a day that is over, or this one.
pub fn is_day(words: &str) -> bool {
    days(&words.to_lowercase(), 40 * DAY_MS).is_some()
}

/// From when to when a day was, in milliseconds since 1970, local time.
fn days(words: &str, now_ms: u64) -> Option<std::ops::Range<u64>> {
    let today = now_ms / DAY_MS;
    let one = |back: u64| Some(today.saturating_sub(back)..today.saturating_sub(back) + 1);
    let date = Date::from_days(i64::try_from(today).ok()?);
    let words = words.trim_start_matches("on ").trim_start_matches("last ");
    let range = match words {
        "today" | "this morning" | "this afternoon" | "this evening" => one(0),
        "yesterday" | "yesterday morning" | "yesterday evening" | "night" => one(1),
        "the day before yesterday" => one(2),
        "this week" => Some(today.saturating_sub(u64::from(date.weekday()))..today + 1),
        "week" => Some(today.saturating_sub(u64::from(date.weekday()) + 7)..today.saturating_sub(u64::from(date.weekday()))),
        name => {
            let wanted = WEEKDAYS.iter().position(|day| day.eq_ignore_ascii_case(name))?;
            let back = (u64::from(date.weekday()) + 7 - u64::try_from(wanted).ok()?) % 7;
            one(if back == 0 { 7 } else { back })
        }
    }?;
    Some(range.start * DAY_MS..range.end * DAY_MS)
}
