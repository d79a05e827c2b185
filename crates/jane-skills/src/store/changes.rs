//! What a turn or an event changes of what skills keep, until it is stored.

use std::collections::BTreeMap;

/// Something that is to happen later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scheduled {
    pub id: String,
    pub name: String,
    pub payload: String,
    /// Milliseconds since 1970 (UTC).
    pub due_ms: u64,
    /// The pattern by which it comes again.
    pub cron: Option<String>,
}

/// An event that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub skill: String,
    pub event: Scheduled,
    /// How often its skill failed to deal with it before.
    pub attempts: u32,
    /// When it was tried for the first time, in milliseconds since 1970 (UTC).
    pub first_tried_ms: u64,
}

/// Changes that are stored together. `None` deletes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// By skill and key.
    pub entries: BTreeMap<(String, String), Option<Vec<u8>>>,
    /// By skill and id.
    pub events: BTreeMap<(String, String), Option<Scheduled>>,
}

/// An event that was dealt with, and when it comes again, if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    pub due: Due,
    pub next: Option<u64>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.events.is_empty()
    }

    /// How much of `skill` is changed.
    pub fn count(&self, skill: &str) -> usize {
        self.keys(skill).count() + self.events(skill).count()
    }

    /// What `skill` would store under `key`; `None` where nothing is changed there.
    pub fn entry(&self, skill: &str, key: &str) -> Option<&Option<Vec<u8>>> {
        self.entries.get(&(skill.to_owned(), key.to_owned()))
    }

    /// The changed keys of `skill`, and whether they are there.
    pub fn keys(&self, skill: &str) -> impl Iterator<Item = (&str, Option<&Vec<u8>>)> {
        let own = self
            .entries
            .iter()
            .filter(move |((owner, _), _)| owner == skill);
        own.map(|((_, key), value)| (key.as_str(), value.as_ref()))
    }

    /// The changed events of `skill`, and what becomes of them.
    pub fn events(&self, skill: &str) -> impl Iterator<Item = (&str, Option<&Scheduled>)> {
        let own = self
            .events
            .iter()
            .filter(move |((owner, _), _)| owner == skill);
        own.map(|((_, id), event)| (id.as_str(), event.as_ref()))
    }
}
