//! Takes the last change back.
//!
//! Invariants: what is taken back is the skill's last change alone, within some minutes, and only where nothing was done since by another
//! skill, as far as that was heard; it is taken back once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::ended;
use super::{NOTES, Store};
use crate::words::{capitalised, count, join};

const UNDO: &str = "undo";
/// After so long nobody means it any more.
const WITHIN_MS: u64 = 10 * 60_000;

#[derive(Serialize, Deserialize)]
struct Kept {
    at_ms: u64,
    /// Values as they were before, `None` where there was none.
    before: BTreeMap<String, Option<String>>,
}

/// A store that notes what was there before it was changed.
pub struct Recorder<'s> {
    store: &'s mut dyn Store,
    before: BTreeMap<String, Option<String>>,
}

impl<'s> Recorder<'s> {
    pub fn new(store: &'s mut dyn Store) -> Recorder<'s> {
        Recorder { store, before: BTreeMap::new() }
    }

    /// Keeps what was changed, so that it can be taken back.
    pub fn keep(self) -> Result<(), String> {
        let Recorder { store, mut before } = self;
        let mut changed = BTreeMap::new();
        while let Some((key, value)) = before.pop_first() {
            if store.get(&key)? != value {
                changed.insert(key, value);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let kept = Kept { at_ms: store.now_ms(), before: changed };
        store.set(UNDO, &serde_json::to_string(&kept).map_err(|error| error.to_string())?)
    }

    fn note(&mut self, key: &str) -> Result<(), String> {
        if (key.starts_with("list/") || key == NOTES) && !self.before.contains_key(key) {
            let value = self.store.get(key)?;
            self.before.insert(key.to_owned(), value);
        }
        Ok(())
    }
}

impl Store for Recorder<'_> {
    fn get(&self, key: &str) -> Result<Option<String>, String> {
        self.store.get(key)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        self.note(key)?;
        self.store.set(key, value)
    }

    fn delete(&mut self, key: &str) -> Result<(), String> {
        self.note(key)?;
        self.store.delete(key)
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, String> {
        self.store.keys(prefix)
    }

    fn now_ms(&self) -> u64 {
        self.store.now_ms()
    }
}

/// Another skill was asked to do something: what is undone next is that.
pub fn supersede(store: &mut dyn Store) -> Result<(), String> {
    match store.get(UNDO)? {
        Some(_) => store.delete(UNDO),
        None => Ok(()),
    }
}

/// What is said of what was taken back; `None` where there is nothing.
pub(super) fn undo(store: &mut dyn Store) -> Result<Option<String>, String> {
    let Some(kept) = store.get(UNDO)? else { return Ok(None) };
    store.delete(UNDO)?;
    // What another version kept is nothing that can be taken back.
    let Ok(Kept { at_ms, before }) = serde_json::from_str::<Kept>(&kept) else { return Ok(None) };
    if store.now_ms().saturating_sub(at_ms) > WITHIN_MS {
        return Ok(None);
    }
    let mut said = Vec::new();
    for (key, value) in before {
        let now = store.get(&key)?;
        match &value {
            Some(value) => store.set(&key, value)?,
            None => store.delete(&key)?,
        }
        said.push(told(&key, value.as_deref(), now.as_deref()));
    }
    Ok(Some(if said.len() > 3 { format!("Done. I put back {} as they were.", count(said.len(), "list")) } else { said.join(" ") }))
}

/// How a list or the notes changed by being put back.
fn told(key: &str, back: Option<&str>, now: Option<&str>) -> String {
    let texts = |value: Option<&str>| -> Vec<String> {
        value.unwrap_or_default().lines().map(|line| line.split_once('\t').map_or(line, |(_, text)| text).to_owned()).collect()
    };
    let (before, after) = (texts(back), texts(now));
    let returned: Vec<String> = before.iter().filter(|text| !after.contains(text)).cloned().collect();
    let gone: Vec<String> = after.iter().filter(|text| !before.contains(text)).cloned().collect();
    let Some(name) = key.strip_prefix("list/") else {
        return match (returned.as_slice(), gone.as_slice()) {
            ([one], []) => format!("The note is back: {}", ended(one)),
            ([], [one]) => format!("I deleted the note again: {}", ended(one)),
            ([one], [_]) => format!("The note says again: {}", ended(one)),
            (more, _) => format!("{} are back.", count(more.len(), "note")),
        };
    };
    let are = |items: &[String]| super::text::are_all(items);
    match (back.is_some(), now.is_some()) {
        (true, false) if before.is_empty() => format!("The {name} list is back."),
        (true, false) => format!("The {name} list is back, with {}.", join(&before)),
        (false, true) => format!("The {name} list is gone again."),
        _ => match (returned.is_empty(), gone.is_empty()) {
            (false, true) => format!("{} {} back on the {name} list.", capitalised(&join(&returned)), are(&returned)),
            (true, false) => format!("{} {} off the {name} list again.", capitalised(&join(&gone)), are(&gone)),
            _ => format!("The {name} list is as it was before."),
        },
    }
}
