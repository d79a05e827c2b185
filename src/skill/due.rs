//! Calls skills when what they scheduled is due.
//!
//! Invariants: an event goes when its skill has dealt with it and what it wants said is handed over, or when it failed too often; one that
//! cannot be dealt with for now (its skill is busy, or speaks too often) is put off for up to a day; one whose skill is not there waits;
//! what was due while no Jane was running comes as soon as one is.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::bindings::jane::skill::types::Event as DueEvent;
use super::host::{next_of_cron, now_ms};
use super::keeper::Skills;
use super::store::{Changes, Due, Over, Store, StoreError};

/// How often a skill may fail to deal with an event.
const ATTEMPTS: u32 = 4;

/// Milliseconds until the next attempt, and for how long there are any where only the moment is wrong.
const AGAIN_MS: u64 = 15_000;
const LATEST_AGAIN_MS: u64 = 600_000;
const PUT_OFF_MS: u64 = 24 * 3_600_000;

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
            let again = again(&due, error.is_for_now(), now_ms());
            tracing::warn!(
                skill = due.skill,
                event = due.event.name,
                %error,
                is_last = again.is_none(),
                "a skill failed to deal with what is due"
            );
            tokio::task::block_in_place(|| match again {
                Some((at_ms, attempts)) => store.postpone(&due, at_ms, attempts),
                None => store.apply(&Changes::default(), Some(&over)),
            })?;
            if again.is_none() {
                skills.warn(format!(
                    "`{}` could not deal with what was due, which is given up: {error}",
                    due.skill
                ));
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

/// When `due`, that was not dealt with, is tried again, and as failed how often; `None` where it is given up. What is impossible only `for_now` is
/// no failure: it is tried after ever longer times.
fn again(due: &Due, for_now: bool, now_ms: u64) -> Option<(u64, u32)> {
    let tried_for = now_ms.saturating_sub(due.first_tried_ms);
    if for_now {
        let wait = tried_for.clamp(AGAIN_MS, LATEST_AGAIN_MS);
        (tried_for < PUT_OFF_MS).then(|| (now_ms.saturating_add(wait), due.attempts))
    } else {
        let attempts = due.attempts.saturating_add(1);
        (attempts < ATTEMPTS).then(|| (now_ms.saturating_add(AGAIN_MS), attempts))
    }
}

/// When an event comes again, if it does.
fn next(due: &Due) -> Option<u64> {
    let pattern = due.event.cron.as_deref()?;
    next_of_cron(pattern, now_ms()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skill::store::Scheduled;

    #[test]
    fn what_is_impossible_for_now_is_put_off_and_what_fails_is_given_up() {
        let due = |attempts, first_tried_ms| Due {
            skill: "timer".to_owned(),
            event: Scheduled {
                id: "tea".to_owned(),
                name: "ring".to_owned(),
                payload: String::new(),
                due_ms: 0,
                cron: None,
            },
            attempts,
            first_tried_ms,
        };
        // Later and later, and no attempt is counted; for the first time also where it is very late.
        let day = PUT_OFF_MS;
        for (tried_for, wait) in [(0, 15_000), (20_000, 20_000), (700_000, 600_000)] {
            let now = 7 * day + tried_for;
            assert_eq!(again(&due(3, 7 * day), true, now), Some((now + wait, 3)));
        }
        assert_eq!(again(&due(0, day), true, 2 * day), None);
        assert_eq!(again(&due(0, 1_000), false, 2_000), Some((17_000, 1)));
        assert_eq!(again(&due(2, 1_000), false, 50_000), Some((65_000, 3)));
        assert_eq!(again(&due(3, 1_000), false, 70_000), None);
    }
}
