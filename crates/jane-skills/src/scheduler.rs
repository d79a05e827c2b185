//! Calls skills when what they scheduled is due.
//!
//! Invariants: an event goes when its skill has dealt with it and what it wants said is handed over, or when it failed too often; one that
//! cannot be dealt with for now (its skill is busy, or speaks too often) is put off for up to a day; one whose skill is not there, or has had
//! as many as there may be in a minute, waits;
//! what was due while no Jane was running comes as soon as one is; a skill that takes long holds up its own events and no other's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinHandle, JoinSet};

use super::bindings::jane::skill::types::Event as DueEvent;
use super::caught::{caught, caught_at_once};
use super::host::{next_of_cron, now_ms};
use super::host_state::HostServices;
use super::loaded::Loaded;
use super::registry::SkillRegistry;
use super::store::{Changes, Due, Over, StoreError};
use jane_core::event::Event;

/// How often a skill may fail to deal with an event.
const ATTEMPTS: u32 = 4;

/// Milliseconds until the next attempt, and for how long there are any where only the moment is wrong.
const AGAIN_MS: u64 = 15_000;
const LATEST_AGAIN_MS: u64 = 600_000;
const PUT_OFF_MS: u64 = 24 * 3_600_000;

/// By how much longer than its skill may take an event is kept from others: whoever took it is gone then.
const TAKEN: Duration = Duration::from_secs(5);

/// The longest wait: another Jane may schedule something, a clock may be set, and a database may be there again.
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

impl SkillRegistry {
    /// Calls skills whose events are due, from now on.
    #[must_use]
    pub fn call_when_due(&self) -> Calling {
        let skills = self.clone();
        let task = tokio::spawn(async move {
            if let Some(services) = skills.services() {
                CallContext::new(skills, services).run().await;
            }
        });
        Calling { task }
    }
}

impl SkillRegistry {
    /// Has a skill deal with what it scheduled for now: what it could not do while a turn waited.
    pub async fn deal_with_what_is_due(&self, skill: &str) {
        let (Some(services), Some(skill)) = (self.services(), self.current().find(skill).cloned())
        else {
            return;
        };
        if skill.exports().events.is_none() {
            return;
        }
        if let Err(error) = deal_with_what_is_due(&services, &skill).await {
            tracing::error!(skill = skill.name(), %error, "what is due cannot be taken");
        }
    }
}

struct CallContext {
    skills: SkillRegistry,
    services: Arc<HostServices>,
    /// One for each skill that deals with its events.
    working: JoinSet<()>,
    /// Whose they are.
    names: HashMap<Id, String>,
}

impl CallContext {
    fn new(skills: SkillRegistry, services: Arc<HostServices>) -> Self {
        Self {
            skills,
            services,
            working: JoinSet::new(),
            names: HashMap::new(),
        }
    }

    async fn run(mut self) {
        let mut failed = None;
        loop {
            let wait = match self.look().await {
                Ok(wait) => {
                    failed = None;
                    wait
                }
                Err(error) => {
                    if failed.as_ref() != Some(&error) {
                        tracing::error!(%error, "what skills scheduled cannot be read: it is tried again");
                        self.services.events.emit(Event::Warning {
                            message: format!("timers and reminders do not ring: {error}"),
                            hint: Some("they will, as soon as it can be read again".to_owned()),
                        });
                    }
                    failed = Some(error);
                    LOOK
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.services.rescheduled.notified() => {}
                Some(ended) = self.working.join_next_with_id() => {
                    let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                    self.names.remove(&id);
                }
            }
        }
    }

    /// Has each skill deal with what is due. Returns how long to wait for more.
    async fn look(&mut self) -> Result<Duration, StoreError> {
        let upcoming = self.services.stored(|store| store.upcoming()).await?;
        let set = self.skills.current();
        let now = now_ms();
        let mut wait = LOOK;
        for (name, due_ms) in upcoming {
            let Some(skill) = set.find(&name) else {
                continue;
            };
            let is_busy = self.names.values().any(|busy| *busy == name);
            if is_busy || skill.exports().events.is_none() || skill.is_quarantined() {
                continue;
            }
            if due_ms > now {
                wait = wait.min(Duration::from_millis(due_ms - now));
                continue;
            }
            let (services, skill) = (Arc::clone(&self.services), Arc::clone(skill));
            let work = self.working.spawn(async move {
                match caught(deal_with_what_is_due(&services, &skill)).await {
                    Ok(Ok(None)) => {}
                    // Nobody else deals with its events meanwhile.
                    Ok(Ok(Some(wait))) => tokio::time::sleep(wait).await,
                    Ok(Err(error)) => {
                        tracing::error!(skill = skill.name(), %error, "what is due cannot be taken");
                        tokio::time::sleep(LOOK).await;
                    }
                    Err(panicked) => skill.fault(&panicked.to_string()),
                }
            });
            self.names.insert(work.id(), name);
        }
        Ok(wait.max(Duration::from_millis(1)))
    }
}

/// Calls a skill for one event after the other, as long as any is due. Returns how long to wait where it dealt with as many as it may for now.
async fn deal_with_what_is_due(
    services: &Arc<HostServices>,
    skill: &Arc<Loaded>,
) -> Result<Option<Duration>, StoreError> {
    let taken = skill.grants().tool + TAKEN;
    while !skill.is_quarantined() {
        if let Err(wait) = skill.may_deal_with_an_event() {
            tracing::debug!(
                skill = skill.name(),
                "the skill has more events than it may have in a minute: the others wait"
            );
            return Ok(Some(wait));
        }
        let name = skill.name().to_owned();
        let take = services.stored(move |store| store.take_due(&name, now_ms(), taken));
        let Some(due) = take.await? else {
            skill.dealt_with_no_event();
            break;
        };
        deal_with(services, skill, due).await?;
    }
    Ok(None)
}

async fn deal_with(
    services: &Arc<HostServices>,
    skill: &Arc<Loaded>,
    due: Due,
) -> Result<(), StoreError> {
    let event = DueEvent {
        id: due.event.id.clone(),
        name: due.event.name.clone(),
        payload: due.event.payload.clone(),
        due_ms: due.event.due_ms,
        late_ms: now_ms().saturating_sub(due.event.due_ms),
    };
    let next = caught_at_once(|| next(&due)).unwrap_or_else(|panicked| {
        skill.fault(&panicked.to_string());
        None
    });
    let over = Over {
        next,
        due: due.clone(),
    };
    let Err(error) = skill.on_event(event, over.clone()).await else {
        return Ok(());
    };
    let again = again(&due, error.is_for_now(), now_ms());
    tracing::warn!(
        skill = due.skill,
        event = due.event.name,
        %error,
        is_last = again.is_none(),
        "a skill failed to deal with what is due"
    );
    if again.is_none() {
        services.events.emit(Event::Warning {
            message: format!(
                "`{}` could not deal with what was due, which is given up: {error}",
                due.skill
            ),
            hint: None,
        });
    }
    let put_off = services.stored(move |store| match again {
        Some((at_ms, attempts)) => store.postpone(&due, at_ms, attempts),
        None => store.apply(&Changes::default(), Some(&over)),
    });
    put_off.await
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
    use crate::store::Scheduled;

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
