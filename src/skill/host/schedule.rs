//! `schedule`: calls of the skill at a later time.

use std::collections::BTreeMap;

use croner::Cron;
use jiff::{Timestamp, Zoned};

use super::clock::now_ms;
use crate::skill::bindings::jane::skill::schedule::{Entry, Host, When};
use crate::skill::bindings::jane::skill::types::Failure;
use crate::skill::guest::{Caller, Guest};
use crate::skill::store::Scheduled;

/// Events that a skill may have to come.
const MOST: usize = 256;

/// Bytes of an id, a name, a pattern.
const LONGEST_NAME: usize = 256;

/// Bytes of a payload.
const LONGEST_PAYLOAD: usize = 16 << 10;

/// When `pattern` comes next after `after_ms`, in local time.
///
/// # Errors
/// Where it is no pattern, or never comes.
pub fn next_of(pattern: &str, after_ms: u64) -> Result<u64, String> {
    let cron: Cron = pattern
        .parse()
        .map_err(|error| format!("`{pattern}` is no pattern of times: {error}"))?;
    let never = || format!("`{pattern}` never comes");
    let after = i64::try_from(after_ms).map_err(|_| never())?;
    let after = Timestamp::from_millisecond(after).map_err(|_| never())?;
    let after: Zoned = after.to_zoned(jiff::tz::TimeZone::system());
    let next = cron
        .find_next_occurrence(&after, false)
        .map_err(|_| never())?;
    u64::try_from(next.timestamp().as_millisecond()).map_err(|_| never())
}

impl Caller {
    /// All that is to come, where this was `changed`.
    async fn to_come(
        &self,
        changed: BTreeMap<String, Option<Scheduled>>,
    ) -> Result<Vec<Scheduled>, Failure> {
        let name = self.own.name.clone();
        let mut events = self.read(move |store| store.scheduled(&name)).await?;
        events.retain(|event| !changed.contains_key(&event.id));
        events.extend(changed.into_values().flatten());
        events.sort_by(|one, other| (one.due_ms, &one.id).cmp(&(other.due_ms, &other.id)));
        Ok(events)
    }
}

impl Guest {
    /// The events that were changed, by their ids.
    fn changed_events(&self) -> BTreeMap<String, Option<Scheduled>> {
        let name = &self.caller.own.name;
        self.changed(|changes| {
            let own = changes.events(name);
            own.map(|(id, event)| (id.to_owned(), event.cloned()))
                .collect()
        })
    }

    fn reschedule(&mut self, id: String, event: Option<Scheduled>) -> Result<(), Failure> {
        let key = (self.caller.own.name.clone(), id);
        self.stage(|changes| {
            changes.events.insert(key, event);
        })
    }
}

impl Host for Guest {
    async fn set(
        &mut self,
        id: String,
        when: When,
        name: String,
        payload: String,
    ) -> Result<(), Failure> {
        let caller = self.caller.clone();
        let invalid = |message: String| Err(Failure::InvalidInput(message));
        if id.is_empty() || id.len().max(name.len()) > LONGEST_NAME {
            return invalid(format!(
                "an id has 1 to {LONGEST_NAME} bytes, and a name no more"
            ));
        }
        if payload.len() > LONGEST_PAYLOAD {
            return invalid(format!("a payload has at most {LONGEST_PAYLOAD} bytes"));
        }
        let now = now_ms();
        let (due_ms, cron) = match when {
            When::AfterMs(ms) => (now.saturating_add(ms), None),
            When::AtMs(ms) => (ms, None),
            When::Cron(pattern) if pattern.len() > LONGEST_NAME => {
                return invalid("the pattern is too long".to_owned());
            }
            When::Cron(pattern) => match next_of(&pattern, now) {
                Ok(due) => (due, Some(pattern)),
                Err(message) => return invalid(message),
            },
        };
        let to_come = caller.to_come(self.changed_events()).await?;
        if to_come.len() >= MOST && !to_come.iter().any(|event| event.id == id) {
            return Err(Failure::Unavailable(format!(
                "{MOST} events are to come already"
            )));
        }
        let event = Scheduled {
            id: id.clone(),
            name,
            payload,
            due_ms,
            cron,
        };
        self.reschedule(id, Some(event))
    }

    async fn cancel(&mut self, id: String) -> Result<bool, Failure> {
        let caller = self.caller.clone();
        let to_come = caller.to_come(self.changed_events()).await?;
        if !to_come.iter().any(|event| event.id == id) {
            return Ok(false);
        }
        self.reschedule(id, None)?;
        Ok(true)
    }

    async fn pending(&mut self) -> Result<Vec<Entry>, Failure> {
        let caller = self.caller.clone();
        let events = caller.to_come(self.changed_events()).await?;
        let entry = |event: Scheduled| Entry {
            id: event.id,
            name: event.name,
            payload: event.payload,
            due_ms: event.due_ms,
        };
        Ok(events.into_iter().map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_come_again_in_local_time() {
        let noon = next_of("0 12 * * *", now_ms()).unwrap();
        let day = next_of("0 12 * * *", noon).unwrap() - noon;
        // A day has 23 to 25 hours.
        assert!((23..=25).contains(&(day / 3_600_000)), "{day}");
        for wrong in ["", "noon", "99 * * * *", "0 0 30 2 *", "* * *"] {
            assert!(next_of(wrong, now_ms()).is_err(), "{wrong}");
        }
    }
}
