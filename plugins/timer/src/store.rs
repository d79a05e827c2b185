//! What is to ring: kept where Jane keeps what is scheduled, so that a restart loses none. What is paused is kept as a value.

use std::time::Duration;

use jane_skill::{TurnId, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{ring::{Kind, Ring}, wall::local};

/// The keys of the number that comes next, of what is paused, of what was touched last, of what it was before, and of what rang last.
const NEXT: &str = "next";
const PAUSED: &str = "paused";
const LAST: &str = "last";
const BEFORE: &str = "before";
pub const RUNG: &str = "rung";

/// For how long "it" and "undo" mean what was done last, in turns and milliseconds.
const RECENT_TURNS: TurnId = 2;
const RECENT_MS: u64 = 300_000;

/// Something that is to ring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Set {
    pub id: String,
    pub ring: Ring,
    pub due_ms: u64,
    /// Milliseconds that were left when it was paused.
    pub paused_ms: Option<u64>,
}

impl Set {
    pub fn left(&self, now_ms: u64) -> Duration {
        let left_ms = self.paused_ms.unwrap_or_else(|| self.due_ms.saturating_sub(now_ms));
        Duration::from_secs(left_ms.div_ceil(1000))
    }

    /// When, as the clock on the wall shows it.
    pub fn due(&self) -> i64 {
        local(self.due_ms)
    }
}

/// What was done last.
#[derive(Serialize, Deserialize)]
struct Last {
    ids: Vec<String>,
    turn: TurnId,
    at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Before {
    sets: Vec<(String, Option<Set>)>,
    turn: TurnId,
    at_ms: u64,
}

/// What rang last.
#[derive(Serialize, Deserialize)]
pub struct Rung {
    pub ring: Ring,
    pub at_ms: u64,
    /// Whether something was said since.
    #[serde(default)]
    pub heard: bool,
}

/// What was there before something was undone, and what there is then.
type Undone = (Option<Set>, Option<Set>);

/// All of them, and what is done to them in this turn.
pub struct Store {
    sets: Vec<Set>,
    before: Vec<(String, Option<Set>)>,
    touched: Vec<String>,
    turn: TurnId,
    pub now_ms: u64,
    pub now: i64,
}

/// A value of this version; another one's is none.
fn kept<T: serde::de::DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    Ok(kv::get_bytes(key)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

impl Store {
    pub fn open(turn: TurnId) -> Result<Store, Failure> {
        let now_ms = clock::now_ms();
        let set = |entry: schedule::Entry| Some(Set { ring: Ring::kept(&entry.payload)?, id: entry.id, due_ms: entry.due_ms, paused_ms: None });
        let mut sets: Vec<Set> = schedule::pending()?.into_iter().filter_map(set).collect();
        sets.extend(kept::<Vec<Set>>(PAUSED)?.unwrap_or_default());
        Ok(Store { sets, before: Vec::new(), touched: Vec::new(), turn, now_ms, now: local(now_ms) })
    }

    /// All, or those of one kind: the soonest first, and what is paused last.
    pub fn all(&self, kind: Option<Kind>) -> Vec<Set> {
        self.sets.iter().filter(|set| kind.is_none_or(|kind| kind == set.ring.kind)).cloned().collect()
    }

    /// A number that no other has.
    pub fn next_id(&self) -> Result<String, Failure> {
        let number = kept::<u64>(NEXT)?.unwrap_or(1);
        kv::set(NEXT, &(number + 1))?;
        Ok(number.to_string())
    }

    pub fn touch(&mut self, id: &str) {
        self.touched.push(id.to_owned());
    }

    /// Keeps it, in the place of the one with the same id.
    pub fn put(&mut self, set: Set) -> Result<(), Failure> {
        self.remember(&set.id);
        self.touch(&set.id);
        self.write(set)
    }

    pub fn remove(&mut self, id: &str) -> Result<(), Failure> {
        self.remember(id);
        self.erase(id)
    }

    fn remember(&mut self, id: &str) {
        if !self.before.iter().any(|(known, _)| known == id) {
            self.before.push((id.to_owned(), self.sets.iter().find(|set| set.id == id).cloned()));
        }
    }

    fn erase(&mut self, id: &str) -> Result<(), Failure> {
        self.sets.retain(|set| set.id != id);
        schedule::cancel(id)?;
        self.park()
    }

    fn park(&self) -> Result<(), Failure> {
        let paused: Vec<&Set> = self.sets.iter().filter(|set| set.paused_ms.is_some()).collect();
        if paused.is_empty() { kv::delete(PAUSED) } else { kv::set(PAUSED, &paused) }
    }

    fn write(&mut self, set: Set) -> Result<(), Failure> {
        let was_paused = self.sets.iter().any(|known| known.id == set.id && known.paused_ms.is_some());
        self.sets.retain(|known| known.id != set.id);
        if set.paused_ms.is_some() {
            schedule::cancel(&set.id)?;
        } else {
            let when = set.ring.cron().map_or(schedule::When::AtMs(set.due_ms), schedule::When::Cron);
            schedule::set(&set.id, when, set.ring.kind.word(), &serde_json::to_string(&set.ring)?)?;
        }
        let parks = was_paused || set.paused_ms.is_some();
        self.sets.push(set);
        self.sets.sort_by_key(|set| (set.paused_ms.is_some(), set.due_ms));
        if parks { self.park() } else { Ok(()) }
    }

    /// Keeps what was done, for "it" and "undo".
    pub fn close(self) -> Result<(), Failure> {
        let Store { before, touched, turn, now_ms, .. } = self;
        if !before.is_empty() {
            kv::set(BEFORE, &Before { sets: before, turn, at_ms: now_ms })?;
        }
        if !touched.is_empty() {
            kv::set(LAST, &Last { ids: touched, turn, at_ms: now_ms })?;
        }
        Ok(())
    }

    fn is_recent(&self, turn: TurnId, at_ms: u64) -> bool {
        turn <= self.turn && self.turn - turn <= RECENT_TURNS && self.now_ms.saturating_sub(at_ms) <= RECENT_MS
    }

    /// The ones that were spoken of last, where that is recent, and which of these there are.
    pub fn last(&self) -> Result<Option<Vec<Set>>, Failure> {
        let last = kept::<Last>(LAST)?.filter(|last| self.is_recent(last.turn, last.at_ms));
        Ok(last.map(|last| self.sets.iter().filter(|set| last.ids.contains(&set.id)).cloned().collect()))
    }

    /// Takes back what was done last: what was there before, and what there is now, of each. `sure`: however long ago.
    pub fn undo(&mut self, sure: bool) -> Result<Option<Vec<Undone>>, Failure> {
        let before = kept::<Before>(BEFORE)?.filter(|before| sure || self.is_recent(before.turn, before.at_ms));
        let Some(before) = before else { return Ok(None) };
        kv::delete(BEFORE)?;
        let mut undone = Vec::new();
        for (id, was) in before.sets {
            let is = self.sets.iter().find(|set| set.id == id).cloned();
            match &was {
                Some(set) if set.paused_ms.is_some() || set.due_ms > self.now_ms || set.ring.recurs.is_some() => {
                    self.write(set.clone())?;
                    self.touch(&id);
                }
                _ => self.erase(&id)?,
            }
            undone.push((was, is));
        }
        Ok(Some(undone))
    }
}

/// What rang in the last `within_ms`.
pub fn rung(within_ms: u64) -> Result<Option<Rung>, Failure> {
    let now_ms = clock::now_ms();
    Ok(kept::<Rung>(RUNG)?.filter(|rung| now_ms.saturating_sub(rung.at_ms) <= within_ms))
}

/// Something was said since it rang.
pub fn rung_is_heard() -> Result<(), Failure> {
    match rung(1_800_000)? {
        Some(rung) if !rung.heard => kv::set(RUNG, &Rung { heard: true, ..rung }),
        _ => Ok(()),
    }
}
