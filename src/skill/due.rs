//! Calls skills when what they scheduled is due.
//!
//! Invariants: an event goes when its skill has dealt with it, or failed too often; one whose skill is not there waits; what was due while no
//! Jane was running comes as soon as one is.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::bindings::jane::skill::types::Event as DueEvent;
use super::host::{next_of_cron, now_ms};
use super::keeper::Skills;
use super::store::{Changes, Due, Over, Store, StoreError};

/// How often an event is tried.
const ATTEMPTS: u32 = 4;

/// The longest wait: another Jane may schedule something, and a clock may be set.
const LOOK: Duration = Duration::from_secs(5);

/// Ends the calling when it is dropped.
pub struct Calling {
    task: JoinHandle<()>,
}

impl Drop for Calling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Skills {
    /// Calls skills whose events are due, from now on.
    #[must_use]
    pub fn call_when_due(&self) -> Calling {
        let skills = self.clone();
        let task = tokio::spawn(async move {
            while let Some(store) = skills.store() {
                if let Err(error) = call_what_is_due(&skills, store).await {
                    tracing::error!(%error, "what skills scheduled cannot be read");
                    tokio::time::sleep(LOOK).await;
                }
            }
        });
        Calling { task }
    }
}

async fn call_what_is_due(skills: &Skills, store: &Store) -> Result<(), StoreError> {
    let set = skills.current();
    let names: Vec<String> = set
        .skills()
        .iter()
        .filter(|skill| skill.exports().events.is_some() && !skill.is_quarantined())
        .map(|skill| skill.name().to_owned())
        .collect();
    let now = now_ms();
    let due = tokio::task::block_in_place(|| store.take_due(&names, now))?;
    for due in due {
        let Some(skill) = set.find(&due.skill) else {
            continue;
        };
        let event = DueEvent {
            id: due.event.id.clone(),
            name: due.event.name.clone(),
            payload: due.event.payload.clone(),
            due_ms: due.event.due_ms,
            late_ms: now_ms().saturating_sub(due.event.due_ms),
        };
        let skill = Arc::clone(skill);
        let over = Over {
            next: next(&due),
            due: due.clone(),
        };
        if let Err(error) = skill.on_event(event, over.clone()).await {
            let is_last = due.attempts + 1 >= ATTEMPTS;
            tracing::warn!(skill = due.skill, event = due.event.name, %error, is_last, "a skill failed to deal with what is due");
            if is_last {
                tokio::task::block_in_place(|| store.apply(&Changes::default(), Some(&over)))?;
            }
        }
    }
    let next = tokio::task::block_in_place(|| store.next_due(&names))?;
    let wait = next.map_or(LOOK, |next| {
        Duration::from_millis(next.saturating_sub(now_ms())).clamp(Duration::from_millis(1), LOOK)
    });
    let _ = tokio::time::timeout(wait, store.rescheduled()).await;
    Ok(())
}

/// When an event comes again, if it does.
fn next(due: &Due) -> Option<u64> {
    let pattern = due.event.cron.as_deref()?;
    next_of_cron(pattern, now_ms()).ok()
}
