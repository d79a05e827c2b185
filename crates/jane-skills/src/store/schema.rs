//! The tables of the database, and how those of earlier versions become them. SQLite's `user_version` is the number of the version.

use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// How long another Jane may hold the database.
const BUSY: Duration = Duration::from_secs(2);

/// The version of the tables that this Jane reads and writes.
const VERSION: u32 = 1;

const MODES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
";

/// The tables as they were before they had a number, and are where nothing was stored yet.
const TABLES: &str = "
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

/// What some tables without a number lack.
const FIRST_TRIED: &str = "ALTER TABLE events ADD COLUMN first_tried INTEGER NOT NULL DEFAULT 0";

/// Makes the tables, or makes those of an earlier version such as they are now.
///
/// # Errors
/// Where it is no database, cannot be written, or was written by a later version.
pub fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    let written = version(connection)?;
    if written > VERSION {
        return Err(StoreError::new(format!(
            "a later version of Jane wrote it (its tables are version {written}, this Jane knows version {VERSION})"
        )));
    }
    connection.execute_batch(MODES)?;
    check_whole(connection)?;
    // Where two Janes open it at once, the second finds it done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? < VERSION {
        number_tables(&transaction)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// # Errors
/// Where pages of the database are damaged.
fn check_whole(connection: &Connection) -> Result<(), StoreError> {
    let found: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    Err(StoreError {
        reason: found,
        is_damaged: true,
    })
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// From tables without a number, or none, to version 1.
fn number_tables(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLES)?;
    if transaction
        .prepare("SELECT first_tried FROM events")
        .is_err()
    {
        transaction.execute_batch(FIRST_TRIED)?;
    }
    Ok(())
}
