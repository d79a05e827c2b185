//! Which session had a skill schedule what is to come, so that it hears of it.
//!
//! Invariants: it is known as long as the program runs, for a session does not outlive that; so much is known at most, and what is not known
//! is everybody's.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;

use super::store::{Over, Scheduled};

/// Events at most of which it is known.
const MOST: usize = 4_096;

/// A skill, and the id of an event of its.
type Key = (String, String);

/// The sessions by event.
#[derive(Default)]
pub struct Origins(Mutex<HashMap<Key, u64>>);

impl Origins {
    /// The session that had the event scheduled with which `over` deals.
    pub fn of(&self, over: &Over) -> Option<u64> {
        let key = (over.due.skill.clone(), over.due.event.id.clone());
        self.lock().get(&key).copied()
    }

    /// For `session`, these events were changed, behind one that is `over`.
    pub fn changed(
        &self,
        events: &BTreeMap<Key, Option<Scheduled>>,
        over: Option<&Over>,
        session: Option<u64>,
    ) {
        let mut sessions = self.lock();
        if let Some(over) = over.filter(|over| over.next.is_none()) {
            sessions.remove(&(over.due.skill.clone(), over.due.event.id.clone()));
        }
        for (key, event) in events {
            match session.filter(|_| event.is_some()) {
                Some(session) if sessions.len() < MOST || sessions.contains_key(key) => {
                    sessions.insert(key.clone(), session);
                }
                _ => {
                    sessions.remove(key);
                }
            }
        }
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<Key, u64>> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Due;

    #[test]
    fn what_is_to_come_is_whose_it_was_until_it_is_over() {
        let event = |id: &str| Scheduled {
            id: id.to_owned(),
            name: "ring".to_owned(),
            payload: String::new(),
            due_ms: 0,
            cron: None,
        };
        let key = |id: &str| ("timer".to_owned(), id.to_owned());
        let over = |id: &str, next| Over {
            due: Due {
                skill: "timer".to_owned(),
                event: event(id),
                attempts: 0,
                first_tried_ms: 0,
            },
            next,
        };
        let origins = Origins::default();
        let both = ["tea", "eggs"].map(|id| (key(id), Some(event(id))));
        origins.changed(&BTreeMap::from(both), None, Some(3));
        assert_eq!(origins.of(&over("tea", None)), Some(3));
        // It comes again, and then no more.
        origins.changed(&BTreeMap::new(), Some(&over("tea", Some(9))), Some(3));
        assert_eq!(origins.of(&over("tea", None)), Some(3));
        origins.changed(&BTreeMap::new(), Some(&over("tea", None)), Some(3));
        assert_eq!(origins.of(&over("tea", None)), None);
        // Put off by whoever has no session, it is everybody's.
        origins.changed(
            &BTreeMap::from([(key("eggs"), Some(event("eggs")))]),
            None,
            None,
        );
        assert_eq!(origins.of(&over("eggs", None)), None);
        // Put off while it is dealt with, it stays whose it was.
        origins.changed(
            &BTreeMap::from([(key("eggs"), Some(event("eggs")))]),
            Some(&over("eggs", None)),
            Some(4),
        );
        assert_eq!(origins.of(&over("eggs", None)), Some(4));
    }
}
