//! What skills scheduled: when it is due, who takes it, and what becomes of it then.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{Due, Over, Scheduled, Store, StoreError};

impl Store {
    /// What `skill` scheduled, the soonest first.
    pub fn scheduled(&self, skill: &str) -> Result<Vec<Scheduled>, StoreError> {
        scheduled_of(&self.connection(), skill)
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

/// What [`Store::scheduled`] lists.
pub fn scheduled_of(connection: &Connection, skill: &str) -> Result<Vec<Scheduled>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT id, name, payload, due_ms, cron FROM events WHERE skill = ?1 ORDER BY due_ms, id",
    )?;
    let rows = query.query_map([skill], scheduled)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An event was dealt with: it goes, or comes again. One that was scheduled anew meanwhile stays as it is.
pub(super) fn end(connection: &Connection, over: &Over) -> rusqlite::Result<()> {
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
pub(super) fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
