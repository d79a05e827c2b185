//! What skills keep: their values and what they scheduled, in one database in Jane's home.
//!
//! Invariants: what was stored survives a crash (SQLite's write-ahead log, synchronised at each commit); several running Janes may share
//! it; changes of one turn are stored whole or not at all; an event is taken by one Jane at a time, and is there until it was dealt with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::reads::Reads;

use crate::platform;

/// How long another Jane may hold the database.
const BUSY: Duration = Duration::from_secs(2);

/// How long a database that could not be opened is left alone.
const AGAIN: Duration = Duration::from_secs(5);

/// Keys that are listed at once.
pub const KEYS_AT_ONCE: usize = 256;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS entries (
        skill TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (skill, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS events (
        skill TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, due_ms INTEGER NOT NULL, cron TEXT,
        attempts INTEGER NOT NULL DEFAULT 0, taken_until INTEGER NOT NULL DEFAULT 0, first_tried INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (skill, id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS events_due ON events (due_ms);
";

/// What databases of earlier versions lack.
const FIRST_TRIED: &str = "ALTER TABLE events ADD COLUMN first_tried INTEGER NOT NULL DEFAULT 0";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what skills keep cannot be reached: {reason}")]
pub struct StoreError {
    reason: String,
}

impl StoreError {
    pub fn new(reason: String) -> Self {
        Self { reason }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let reason = error.to_string();
        Self { reason }
    }
}

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

/// Where the database is. One that cannot be opened is tried again.
pub struct Database {
    /// Without one, it is forgotten with this.
    path: Option<PathBuf>,
    store: OnceLock<Store>,
    /// When it could not be opened for the last time, and why.
    failed: Mutex<Option<(Instant, StoreError)>>,
}

impl Database {
    pub fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            store: OnceLock::new(),
            failed: Mutex::default(),
        }
    }

    /// What it holds. Opened where it is not yet, which is not tried again for a few seconds after it failed.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn store(&self) -> Result<&Store, StoreError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, error)) = &*failed
            && at.elapsed() < AGAIN
        {
            return Err(error.clone());
        }
        let opened = match &self.path {
            Some(path) => Store::open(path),
            None => Store::in_memory(),
        };
        match opened {
            Ok(store) => Ok(self.store.get_or_init(|| store)),
            Err(error) => {
                *failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

pub struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// The database at `path`, which is made where it is not there.
    ///
    /// # Errors
    /// Where it cannot be made or is no database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path).map_err(|error| StoreError {
            reason: format!("`{}`: {error}", path.display()),
        })?;
        Self::with(Connection::open(path)?)
    }

    /// A database that is forgotten with this.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(SCHEMA)?;
        if connection
            .prepare("SELECT first_tried FROM events")
            .is_err()
        {
            connection.execute_batch(FIRST_TRIED)?;
        }
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody works with it just now.
    pub fn is_free(&self) -> bool {
        self.connection.try_lock().is_ok()
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

    /// What `skill` scheduled, the soonest first.
    pub fn scheduled(&self, skill: &str) -> Result<Vec<Scheduled>, StoreError> {
        scheduled_of(&self.connection(), skill)
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
            end(&transaction, over)?;
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
                    .execute(params![skill, id, event.name, event.payload, signed(event.due_ms), event.cron])?,
                None => transaction
                    .prepare_cached("DELETE FROM events WHERE skill = ?1 AND id = ?2")?
                    .execute([skill, id])?,
            };
        }
        transaction.commit()?;
        Ok(true)
    }

    /// When the next event of each skill is due that nobody has taken.
    pub fn upcoming(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT skill, min(max(due_ms, taken_until)) FROM events GROUP BY skill",
        )?;
        let rows = query.query_map([], |row| {
            let due: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(due).unwrap_or(0)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes the next event of `skill` that is due; no other Jane takes it for so long.
    ///
    /// # Errors
    /// As [`Store::apply`].
    pub fn take_due(
        &self,
        skill: &str,
        now_ms: u64,
        taken: Duration,
    ) -> Result<Option<Due>, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = signed(now_ms);
        let due = {
            let mut query = transaction.prepare_cached(
                "SELECT id, name, payload, due_ms, cron, skill, attempts, iif(first_tried, first_tried, ?1) FROM events
                 WHERE skill = ?2 AND due_ms <= ?1 AND taken_until <= ?1 ORDER BY due_ms, id LIMIT 1",
            )?;
            let due = query.query_row(params![now, skill], |row| {
                Ok(Due {
                    event: scheduled(row)?,
                    skill: row.get(5)?,
                    attempts: row.get(6)?,
                    first_tried_ms: u64::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
                })
            });
            due.optional()?
        };
        if let Some(due) = &due {
            let until = now_ms.saturating_add(u64::try_from(taken.as_millis()).unwrap_or(u64::MAX));
            transaction
                .prepare_cached(
                    "UPDATE events SET taken_until = ?3, attempts = attempts + 1, first_tried = ?4 WHERE skill = ?1 AND id = ?2",
                )?
                .execute(params![due.skill, due.event.id, signed(until), signed(due.first_tried_ms)])?;
        }
        transaction.commit()?;
        Ok(due)
    }

    /// `due` is taken anew at `again_ms`, as one that its skill failed to deal with so often.
    ///
    /// # Errors
    /// As [`Store::apply`].
    pub fn postpone(&self, due: &Due, again_ms: u64, attempts: u32) -> Result<(), StoreError> {
        let (skill, id, was) = (&due.skill, &due.event.id, signed(due.event.due_ms));
        self.connection()
            .prepare_cached(
                "UPDATE events SET taken_until = ?4, attempts = ?5 WHERE skill = ?1 AND id = ?2 AND due_ms = ?3",
            )?
            .execute(params![skill, id, was, signed(again_ms), attempts])?;
        Ok(())
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

/// What [`Store::scheduled`] lists.
pub fn scheduled_of(connection: &Connection, skill: &str) -> Result<Vec<Scheduled>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT id, name, payload, due_ms, cron FROM events WHERE skill = ?1 ORDER BY due_ms, id",
    )?;
    let rows = query.query_map([skill], scheduled)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An event was dealt with: it goes, or comes again. One that was scheduled anew meanwhile stays as it is.
fn end(connection: &Connection, over: &Over) -> rusqlite::Result<()> {
    let due = &over.due;
    let (skill, id, was) = (&due.skill, &due.event.id, signed(due.event.due_ms));
    match over.next {
        Some(next) => connection
            .prepare_cached(
                "UPDATE events SET due_ms = ?4, taken_until = 0, attempts = 0, first_tried = 0 WHERE skill = ?1 AND id = ?2 AND due_ms = ?3",
            )?
            .execute(params![skill, id, was, signed(next)])?,
        None => connection
            .prepare_cached("DELETE FROM events WHERE skill = ?1 AND id = ?2 AND due_ms = ?3")?
            .execute(params![skill, id, was])?,
    };
    Ok(())
}

/// Makes the database's directory and file for their owner alone, and those that are there already. What SQLite puts beside it has the
/// same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        platform::create_private_directory(directory)?;
        tighten(directory);
    }
    match platform::open_regular(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = platform::create_private_new(path);
            // Another Jane made it meanwhile.
            if let Err(error) = made
                && error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(error);
            }
        }
        Err(error) => return Err(error),
    }
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        tighten(Path::new(&name));
    }
    Ok(())
}

fn tighten(path: &Path) {
    match platform::tighten(path) {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(path = %path.display(), "others could reach what skills keep: it is its owner's alone now");
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "others may reach what skills keep");
        }
    }
}

fn scheduled(row: &Row<'_>) -> rusqlite::Result<Scheduled> {
    let due: i64 = row.get(3)?;
    Ok(Scheduled {
        id: row.get(0)?,
        name: row.get(1)?,
        payload: row.get(2)?,
        due_ms: u64::try_from(due).unwrap_or(0),
        cron: row.get(4)?,
    })
}

/// SQLite's integers are signed; what is beyond them is never due.
fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, due_ms: u64, cron: Option<&str>) -> Scheduled {
        Scheduled {
            id: id.to_owned(),
            name: "ring".to_owned(),
            payload: String::new(),
            due_ms,
            cron: cron.map(str::to_owned),
        }
    }

    fn changes(skill: &str, entries: &[(&str, Option<&str>)], events: &[Scheduled]) -> Changes {
        let entries = entries.iter().map(|(key, value)| {
            let value = value.map(|value| value.as_bytes().to_vec());
            ((skill.to_owned(), (*key).to_owned()), value)
        });
        let events = events
            .iter()
            .map(|event| ((skill.to_owned(), event.id.clone()), Some(event.clone())));
        Changes {
            entries: entries.collect(),
            events: events.collect(),
        }
    }

    fn over(due: &Due, next: Option<u64>) -> Over {
        Over {
            due: due.clone(),
            next,
        }
    }

    /// What is due of `timer`, taken for 15 s.
    fn taken(store: &Store, now_ms: u64) -> Vec<Due> {
        let take = || store.take_due("timer", now_ms, Duration::from_secs(15));
        std::iter::from_fn(|| take().unwrap()).collect()
    }

    #[test]
    fn each_skill_has_values_of_its_own() {
        let store = Store::in_memory().unwrap();
        let some = [
            ("list/a", Some("1")),
            ("list/b", Some("22")),
            ("other", Some("333")),
        ];
        store.apply(&changes("notes", &some, &[]), None).unwrap();
        store
            .apply(&changes("timer", &[("list/a", Some("x"))], &[]), None)
            .unwrap();
        assert_eq!(store.get("notes", "list/a").unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.get("weather", "list/a").unwrap(), None);
        assert_eq!(
            store.keys("notes", "list/", "").unwrap(),
            ["list/a", "list/b"]
        );
        assert_eq!(store.keys("notes", "list/", "list/a").unwrap(), ["list/b"]);
        assert_eq!(store.keys("notes", "%", "").unwrap(), Vec::<String>::new());
        assert_eq!(store.size("notes", &["other"]).unwrap(), 6 + 1 + 6 + 2);
        store
            .apply(&changes("notes", &[("list/a", None)], &[]), None)
            .unwrap();
        assert_eq!(store.get("notes", "list/a").unwrap(), None);
    }

    #[test]
    fn an_event_is_taken_once_and_stays_until_it_was_dealt_with() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state").join("skills.db");
        let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        let events = [
            event("tea", 1_000, None),
            event("wake", 2_000, Some("0 7 * * *")),
            event("later", 9_000, None),
        ];
        one.apply(&changes("timer", &[], &events), None).unwrap();
        one.apply(&changes("gone", &[], &[event("x", 1, None)]), None)
            .unwrap();
        assert_eq!(other.upcoming().unwrap().get("timer"), Some(&1_000));
        let due = taken(&one, 2_500);
        assert_eq!(
            due.iter()
                .map(|due| due.event.id.as_str())
                .collect::<Vec<_>>(),
            ["tea", "wake"]
        );
        assert!(taken(&other, 2_600).is_empty());
        one.apply(&Changes::default(), Some(&over(&due[0], None)))
            .unwrap();
        one.apply(&Changes::default(), Some(&over(&due[1], Some(50_000))))
            .unwrap();
        assert_eq!(other.scheduled("timer").unwrap().len(), 2);
        // Whoever took it is gone: another one takes it, later.
        let late = taken(&one, 9_000);
        assert_eq!((late.len(), late[0].attempts), (1, 0));
        drop(one);
        let again = taken(&other, 9_000 + 15_000);
        assert_eq!(
            (again[0].event.id.as_str(), again[0].attempts),
            ("later", 1)
        );
        // Scheduled anew meanwhile, it stays.
        other
            .apply(
                &changes("timer", &[], &[event("later", 99_000, None)]),
                None,
            )
            .unwrap();
        other
            .apply(&Changes::default(), Some(&over(&again[0], None)))
            .unwrap();
        assert!(
            other
                .scheduled("timer")
                .unwrap()
                .iter()
                .any(|event| event.id == "later")
        );
    }

    #[test]
    fn a_database_that_cannot_be_opened_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let blocked = directory.path().join("state");
        std::fs::write(&blocked, "no directory").unwrap();
        let database = Database::new(Some(blocked.join("skills.db")));
        assert!(database.store().is_err());
        std::fs::remove_file(&blocked).unwrap();
        // For a while it is left alone.
        assert!(database.store().is_err());
        *database.failed.lock().unwrap() = None;
        assert!(database.store().is_ok());
    }

    #[test]
    fn a_database_of_an_earlier_version_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(
            "CREATE TABLE events (
                skill TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, due_ms INTEGER NOT NULL, cron TEXT,
                attempts INTEGER NOT NULL DEFAULT 0, taken_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (skill, id)
            ) WITHOUT ROWID;
            INSERT INTO events (skill, id, name, payload, due_ms) VALUES ('timer', 'tea', 'ring', '', 1000);",
        )
        .unwrap();
        drop(old);
        for _ in 0..2 {
            let store = Store::open(&path).unwrap();
            assert_eq!(store.scheduled("timer").unwrap().len(), 1);
        }
        let store = Store::open(&path).unwrap();
        let due = taken(&store, 2_000).remove(0);
        assert_eq!((due.attempts, due.first_tried_ms), (0, 2_000));
        // Put off, it comes later, and counts no attempt; it is known since when it is tried.
        store.postpone(&due, 5_000, due.attempts).unwrap();
        assert!(taken(&store, 4_999).is_empty());
        let again = taken(&store, 5_000).remove(0);
        assert_eq!(again, due);
    }

    #[test]
    fn what_is_kept_is_its_owners_alone_and_what_was_not_is_made_so() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let path = state.join("skills.db");
        let modes = || -> Vec<u32> {
            let entries = std::fs::read_dir(&state).unwrap();
            let paths = entries.map(|entry| entry.unwrap().path());
            let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
            paths.chain([state.clone()]).map(mode).collect()
        };
        let store = Store::open(&path).unwrap();
        store
            .apply(&changes("notes", &[("a", Some("secret"))], &[]), None)
            .unwrap();
        // The database, its log, the log's index, and the directory.
        assert_eq!(modes().len(), 4);
        assert!(
            modes().iter().all(|mode| mode & 0o077 == 0),
            "{:?}",
            modes()
        );
        // As an earlier version left it, while another Jane has it open.
        for entry in std::fs::read_dir(&state).unwrap() {
            let mode = std::fs::Permissions::from_mode(0o666);
            std::fs::set_permissions(entry.unwrap().path(), mode).unwrap();
        }
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o777)).unwrap();
        let other = Store::open(&path).unwrap();
        assert!(
            modes().iter().all(|mode| mode & 0o077 == 0),
            "{:?}",
            modes()
        );
        assert_eq!(other.get("notes", "a").unwrap(), Some(b"secret".to_vec()));
    }

    #[test]
    fn what_is_no_database_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        std::fs::write(
            &path,
            "not a database, but long enough to be looked at as one",
        )
        .unwrap();
        assert!(Store::open(&path).is_err());
    }
}
