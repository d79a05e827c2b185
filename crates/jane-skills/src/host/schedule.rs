//! `schedule`: calls of the skill at a later time.

use std::collections::BTreeMap;

use croner::parser::{CronParser, Seconds, Year};
use jiff::{Timestamp, Zoned};

use super::clock::now_ms;
use crate::bindings::jane::skill::schedule::{Entry, Host, When};
use crate::bindings::jane::skill::types::Failure;
use crate::host_state::{CallContext, HostState};
use crate::instance::harmless;
use crate::store::Scheduled;

/// Events that a skill may have to come.
const MOST: usize = 256;

/// Bytes of an id and of a name.
const LONGEST_NAME: usize = 256;

/// Fields of a pattern of times, and its bytes.
const FIELDS: usize = 5;
const LONGEST_PATTERN: usize = 128;

/// Bytes of a payload.
const LONGEST_PAYLOAD: usize = 16 << 10;

/// When `pattern` comes next after `after_ms`, in local time. It has five fields, and so comes once a minute at most.
///
/// # Errors
/// Where it is no pattern, or never comes.
pub fn next_of(pattern: &str, after_ms: u64) -> Result<u64, String> {
    let shown = harmless(pattern, LONGEST_PATTERN);
    if pattern.len() > LONGEST_PATTERN {
        return Err(format!(
            "`{shown}…` is no pattern of times: it has more than {LONGEST_PATTERN} bytes"
        ));
    }
    let fields = pattern.split_ascii_whitespace().count();
    if fields != FIELDS {
        return Err(format!(
            "`{shown}` is no pattern of times: it has {fields} fields, and not the five of `minute hour day-of-month month day-of-week`"
        ));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let cron = parser
        .parse(pattern)
        .map_err(|error| format!("`{shown}` is no pattern of times: {error}"))?;
    let never = || format!("`{shown}` never comes");
    let after = i64::try_from(after_ms).map_err(|_| never())?;
    let after = Timestamp::from_millisecond(after).map_err(|_| never())?;
    let after: Zoned = after.to_zoned(jiff::tz::TimeZone::system());
    let next = cron
        .find_next_occurrence(&after, false)
        .map_err(|_| never())?;
    u64::try_from(next.timestamp().as_millisecond()).map_err(|_| never())
}

impl CallContext {
    /// All that is to come, where this was `changed`.
    async fn to_come(
        &self,
        changed: BTreeMap<String, Option<Scheduled>>,
    ) -> Result<Vec<Scheduled>, Failure> {
        let name = self.own.name.clone();
        let events = self.read(move |store| store.scheduled(&name)).await?;
        Ok(changed_by(events, changed))
    }
}

/// `events` as they are with what was `changed` of them, the soonest first.
fn changed_by(
    mut events: Vec<Scheduled>,
    changed: BTreeMap<String, Option<Scheduled>>,
) -> Vec<Scheduled> {
    events.retain(|event| !changed.contains_key(&event.id));
    events.extend(changed.into_values().flatten());
    events.sort_by(|one, other| (one.due_ms, &one.id).cmp(&(other.due_ms, &other.id)));
    events
}

impl HostState {
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
        let texts = event
            .as_ref()
            .map_or(0, |event| event.name.len() + event.payload.len());
        let bytes = id.len() + texts;
        let key = (self.caller.own.name.clone(), id);
        self.stage(bytes, |changes| {
            changes.events.insert(key, event);
        })
    }
}

impl Host for HostState {
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
        let is_to_come = to_come.iter().any(|event| event.id == id);
        if !self.changed_events().contains_key(&id) {
            self.has_read(|reads, skill| reads.event(skill, &id, is_to_come))?;
        }
        if !is_to_come {
            return Ok(false);
        }
        self.reschedule(id, None)?;
        Ok(true)
    }

    async fn pending(&mut self) -> Result<Vec<Entry>, Failure> {
        let caller = self.caller.clone();
        let name = caller.own.name.clone();
        let stored = caller.read(move |store| store.scheduled(&name)).await?;
        self.has_read(|reads, skill| reads.events(skill, &stored))?;
        let events = changed_by(stored, self.changed_events());
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

    #[test]
    fn a_pattern_has_five_fields() {
        for other in [
            "* * * * * *",
            "*/1 * * * * *",
            "0 0 7 * * 1",
            "0 7 * * 1 2030",
            "* * * * * * *",
            "* * * *",
            "@every 1s",
            "@yearly",
            "@daily",
        ] {
            let reason = next_of(other, now_ms()).unwrap_err();
            assert!(
                reason.contains("fields, and not the five"),
                "{other}: {reason}"
            );
        }
        for pattern in [
            "0 7 * * 1-5",
            "*/5 8-18 * * MON,WED",
            "0 9 1 JAN *",
            " 0  7 *\t* * ",
            "* * * * *",
        ] {
            let now = now_ms();
            let next = next_of(pattern, now).unwrap_or_else(|reason| panic!("{pattern}: {reason}"));
            assert!(
                next > now && next.is_multiple_of(60_000),
                "{pattern}: {next}"
            );
        }
        // Whatever there is to search, it is found or given up soon.
        let begin = std::time::Instant::now();
        for hard in [
            "0 0 29 2 1",
            "59 23 31 12 7",
            "0 0 30 2 *",
            "0 0 31 4,6,9,11 *",
            "0 0 31 2 1#5",
            "0 0 L 2 *",
            "0 0 29W 2 *",
            "1-59/58 * * * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "0 0 0 * *",
            "* * * * 8",
            "-1 * * * *",
            "+1 * * * *",
            "1e9 * * * *",
            "0x1 * * * *",
            "１ * * * *",
            "99999999999999999999 * * * *",
            "*,*,*,*,* * * * *",
            "1/99999999999 * * * *",
            "MON * * * *",
            "* * * * MON#9",
            "* * * * L",
        ] {
            let _ = next_of(hard, now_ms());
        }
        assert!(
            begin.elapsed() < std::time::Duration::from_secs(5),
            "{:?}",
            begin.elapsed()
        );
        assert!(next_of(&"*,".repeat(10_000), now_ms()).unwrap_err().len() < 400);
        // A clock that was never set, and one that is far ahead.
        for after in [
            0,
            1,
            95_617_584_000_000,
            253_402_300_799_999,
            253_402_300_800_000,
            u64::MAX,
        ] {
            let _ = next_of("0 7 * * *", after);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_is_taken_or_refused(fields in proptest::collection::vec("[0-9*,/LW#?A-Za-z-]{0,6}|\\PC{0,3}", 0..7), after in proptest::prelude::any::<u64>()) {
            let pattern = fields.join(" ");
            for after in [now_ms(), after % 253_402_300_800_000, after] {
                if let Ok(next) = next_of(&pattern, after) {
                    proptest::prop_assert!(next > after);
                }
            }
        }
    }
}
