//! What skills keep: their values and what they scheduled, in one database in Jane's home.
//!
//! Invariants: what was stored survives a crash (SQLite's write-ahead log, synchronised at each commit); several running Janes may share
//! it; changes of one turn are stored whole or not at all; an event is taken by one Jane at a time, and is there until it was dealt with.

mod changes;
mod database;
mod schedule;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use super::reads::Reads;

pub use changes::{Changes, Due, Over, Scheduled};
pub use database::Database;
pub use schedule::scheduled_of;

/// Keys that are listed at once.
pub const KEYS_AT_ONCE: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what skills keep cannot be reached: {reason}")]
pub struct StoreError {
    reason: String,
    /// The file is no database, or not whole: trying again does not help.
    is_damaged: bool,
}

impl StoreError {
    pub fn new(reason: String) -> Self {
        Self {
            reason,
            is_damaged: false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let damages = [ErrorCode::NotADatabase, ErrorCode::DatabaseCorrupt];
        Self {
            reason: error.to_string(),
            is_damaged: error
                .sqlite_error_code()
                .is_some_and(|code| damages.contains(&code)),
        }
    }
}

pub struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// The database at `path`, which is made where it is not there. A file that is damaged is put aside under another name, and a new
    /// one is begun.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        match Self::open_whole(path) {
            Err(error) if error.is_damaged => database::begin_anew(path),
            opened => opened,
        }
    }

    fn open_whole(path: &Path) -> Result<Self, StoreError> {
        database::make_private(path)
            .map_err(|error| StoreError::new(format!("`{}`: {error}", path.display())))?;
        Self::with(Connection::open(path)?)
    }

    /// A database that is forgotten with this.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(mut connection: Connection) -> Result<Self, StoreError> {
        schema::prepare(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock()
    }

    /// Whether nobody works with it just now.
    pub fn is_free(&self) -> bool {
        self.connection.try_lock().is_some()
    }

    /// # Errors
    /// Where the database cannot be read; so for all that read.
    pub fn get(&self, skill: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        entry(&self.connection(), skill, key)
    }

    /// At most [`KEYS_AT_ONCE`] keys that begin with `prefix`, in order, from the one behind `after` on.
    pub fn keys(&self, skill: &str, prefix: &str, after: &str) -> Result<Vec<String>, StoreError> {
        keys(&self.connection(), skill, prefix, after)
    }

    /// Gives values of `skill` the keys that `rename` makes of theirs, which nobody else does meanwhile. Returns these values by their new keys, in
    /// the order of the old ones; those without a new key stay.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn rename_keys(
        &self,
        skill: &str,
        rename: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let entries = {
            let mut query = transaction
                .prepare_cached("SELECT key, value FROM entries WHERE skill = ?1 ORDER BY key")?;
            let rows = query.query_map([skill], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Vec<(String, Vec<u8>)>, _>>()?
        };
        let mut renamed = Vec::new();
        for (old, value) in entries {
            let Some(new) = rename(&old) else { continue };
            transaction.execute(
                "UPDATE entries SET key = ?3 WHERE skill = ?1 AND key = ?2",
                [skill, &old, &new],
            )?;
            renamed.push((new, value));
        }
        transaction.commit()?;
        Ok(renamed)
    }

    /// Bytes of all keys and values of `skill` but those under `without`.
    pub fn size(&self, skill: &str, without: &[&str]) -> Result<u64, StoreError> {
        let connection = self.connection();
        let mut query =
            connection.prepare_cached("SELECT key, length(value) FROM entries WHERE skill = ?1")?;
        let mut rows = query.query([skill])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let (key, value): (String, u32) = (row.get(0)?, row.get(1)?);
            if !without.contains(&key.as_str()) {
                bytes += key.len() as u64 + u64::from(value);
            }
        }
        Ok(bytes)
    }

    /// Stores `changes`, and that an event is `over`: all of it or nothing. What the event's skill scheduled meanwhile stays.
    ///
    /// # Errors
    /// Where the database cannot be written, its disk is full for one.
    pub fn apply(&self, changes: &Changes, over: Option<&Over>) -> Result<(), StoreError> {
        self.apply_if(changes, over, &Reads::default()).map(|_| ())
    }

    /// As [`Store::apply`], where all that was read is as it was then. Returns whether it is.
    ///
    /// # Errors
    /// As [`Store::apply`].
    pub fn apply_if(
        &self,
        changes: &Changes,
        over: Option<&Over>,
        reads: &Reads,
    ) -> Result<bool, StoreError> {
        if changes.is_empty() && over.is_none() {
            return Ok(true);
        }
        let mut connection = self.connection();
        // Nobody else writes from here on.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !reads.hold(&transaction)? {
            return Ok(false);
        }
        if let Some(over) = over {
            schedule::end(&transaction, over)?;
        }
        for ((skill, key), value) in &changes.entries {
            match value {
                Some(value) => transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO entries (skill, key, value) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![skill, key, value])?,
                None => transaction
                    .prepare_cached("DELETE FROM entries WHERE skill = ?1 AND key = ?2")?
                    .execute([skill, key])?,
            };
        }
        for ((skill, id), event) in &changes.events {
            match event {
                Some(event) => transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO events (skill, id, name, payload, due_ms, cron) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![skill, id, event.name, event.payload, schedule::signed(event.due_ms), event.cron])?,
                None => transaction
                    .prepare_cached("DELETE FROM events WHERE skill = ?1 AND id = ?2")?
                    .execute([skill, id])?,
            };
        }
        transaction.commit()?;
        Ok(true)
    }
}

/// The value under a key.
pub fn entry(
    connection: &Connection,
    skill: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT value FROM entries WHERE skill = ?1 AND key = ?2")?;
    Ok(query.query_row([skill, key], |row| row.get(0)).optional()?)
}

/// What [`Store::keys`] lists.
pub fn keys(
    connection: &Connection,
    skill: &str,
    prefix: &str,
    after: &str,
) -> Result<Vec<String>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT key FROM entries WHERE skill = ?1 AND key > ?3 AND substr(key, 1, length(?2)) = ?2 ORDER BY key LIMIT ?4",
    )?;
    let limit = i64::try_from(KEYS_AT_ONCE).unwrap_or(i64::MAX);
    let rows = query.query_map(params![skill, prefix, after, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
