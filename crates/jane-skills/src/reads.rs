//! What a call read of what skills keep: what it changes takes effect only where all of that is as it was.
//!
//! So no change is lost that another call made meanwhile, in this Jane or in another one on the same home.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Connection;

use super::store::{Scheduled, StoreError, entry, keys, scheduled_of};

/// Different things that a call may read.
pub const MOST: usize = 4_096;

/// What was read, as a hash of what was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reads {
    found: BTreeMap<Read, u64>,
    /// Something was found in two ways: it changed while the call went on.
    is_torn: bool,
}

/// Something that can be read; each begins with the skill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
    Value(String, String),
    /// The keys that begin so, and come after this one.
    Keys(String, String, String),
    Events(String),
    Event(String, String),
}

impl Reads {
    /// Whether this is all that a call may read.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn add(&mut self, read: Read, found: &impl Hash) {
        let found = hash(found);
        let before = *self.found.entry(read).or_insert(found);
        self.is_torn |= before != found;
    }

    pub fn value(&mut self, skill: &str, key: &str, found: &Option<Vec<u8>>) {
        self.add(Read::Value(skill.to_owned(), key.to_owned()), found);
    }

    pub fn keys(&mut self, skill: &str, prefix: &str, after: &str, found: &[String]) {
        let read = Read::Keys(skill.to_owned(), prefix.to_owned(), after.to_owned());
        self.add(read, &found);
    }

    /// All that the skill scheduled.
    pub fn events(&mut self, skill: &str, found: &[Scheduled]) {
        self.add(Read::Events(skill.to_owned()), &found);
    }

    /// Whether the skill scheduled one with this id.
    pub fn event(&mut self, skill: &str, id: &str, is_there: bool) {
        self.add(Read::Event(skill.to_owned(), id.to_owned()), &is_there);
    }

    /// Has read this as well.
    pub fn extend(&mut self, later: Self) {
        self.is_torn |= later.is_torn;
        for (read, found) in later.found {
            let before = *self.found.entry(read).or_insert(found);
            self.is_torn |= before != found;
        }
    }

    /// Whether all of it is as it was found.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn hold(&self, connection: &Connection) -> Result<bool, StoreError> {
        if self.is_torn {
            return Ok(false);
        }
        for (read, found) in &self.found {
            let now = match read {
                Read::Value(skill, key) => hash(&entry(connection, skill, key)?),
                Read::Keys(skill, prefix, after) => {
                    hash(&keys(connection, skill, prefix, after)?.as_slice())
                }
                Read::Events(skill) => hash(&scheduled_of(connection, skill)?.as_slice()),
                Read::Event(skill, id) => {
                    let events = scheduled_of(connection, skill)?;
                    hash(&events.iter().any(|event| event.id == *id))
                }
            };
            if now != *found {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn hash(found: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    found.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Changes, Store};

    fn set(key: &str, value: &str) -> Changes {
        let mut changes = Changes::default();
        let key = ("notes".to_owned(), key.to_owned());
        changes.entries.insert(key, Some(value.as_bytes().to_vec()));
        changes
    }

    /// Adds one to a number, as a skill does: reads it, and keeps what comes of it. Returns whether that took effect.
    fn increment(store: &Store) -> bool {
        let found = store.get("notes", "n").unwrap();
        let mut reads = Reads::default();
        reads.value("notes", "n", &found);
        let number = found.map_or(0, |found| {
            String::from_utf8(found).unwrap().parse().unwrap()
        });
        let number: u32 = number;
        let changes = set("n", &(number + 1).to_string());
        store.apply_if(&changes, None, &reads).unwrap()
    }

    #[test]
    fn of_two_that_change_the_same_neither_is_lost() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        drop(Store::open(&path).unwrap());
        let counted: Vec<_> = (0..4)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let store = Store::open(&path).unwrap();
                    let mut again = 0;
                    for _ in 0..50 {
                        while !increment(&store) {
                            again += 1;
                        }
                    }
                    again
                })
            })
            .collect();
        let again: usize = counted
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum();
        let store = Store::open(&path).unwrap();
        println!("{again} times it had changed meanwhile");
        assert_eq!(store.get("notes", "n").unwrap(), Some(b"200".to_vec()));
    }

    #[test]
    fn what_was_read_is_what_is_compared() {
        let store = Store::in_memory().unwrap();
        store.apply(&set("list/a", "1"), None).unwrap();
        let mut reads = Reads::default();
        reads.keys("notes", "list/", "", &["list/a".to_owned()]);
        reads.value("notes", "list/b", &None);
        reads.events("notes", &[]);
        reads.event("notes", "tea", false);
        let applies =
            |changes: &Changes, reads: &Reads| store.apply_if(changes, None, reads).unwrap();
        // Something else may change.
        assert!(applies(&set("other", "x"), &reads));
        assert!(applies(&set("list/a", "2"), &reads));
        assert!(applies(&set("list/b", "2"), &reads));
        assert!(!applies(&set("list/a", "3"), &reads));
        assert_eq!(store.get("notes", "list/a").unwrap(), Some(b"2".to_vec()));
        // What was found in two ways was changed meanwhile.
        let mut torn = Reads::default();
        torn.value("notes", "list/a", &Some(b"1".to_vec()));
        let mut later = Reads::default();
        later.value("notes", "list/a", &Some(b"2".to_vec()));
        assert!(applies(&set("x", "1"), &later));
        torn.extend(later);
        assert!(!applies(&set("x", "2"), &torn));
        let tea = Scheduled {
            id: "tea".to_owned(),
            name: "ring".to_owned(),
            payload: String::new(),
            due_ms: 1,
            cron: None,
        };
        let mut changes = Changes::default();
        changes
            .events
            .insert(("notes".to_owned(), "tea".to_owned()), Some(tea));
        let mut reads = Reads::default();
        reads.event("notes", "tea", false);
        assert!(applies(&changes, &reads) && !applies(&changes, &reads));
    }
}
