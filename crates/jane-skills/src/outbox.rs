//! What is to be said of an event that came due: it is kept in the transaction of what the event did, and goes when it begins to be said. So
//! neither an end of Jane's nor her death loses it; the next start says it, with how long ago that was.
//!
//! It lies among the values of skills, under a name that no skill has. Its keys name the process that is to say it, so that another Jane on the
//! same home leaves it alone while that one runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use jane_platform::is_running;
use serde_json::{Value, json};

use super::host::now_ms;
use super::host_state::HostServices;
use super::registry::SkillRegistry;
use super::request::{Announcement, SkillRequest, Urgency};
use super::store::{Changes, StoreError};

/// In the place of a skill's name.
const NOBODY: &str = "";

/// Milliseconds after which it is said how long ago something was.
const LATE_MS: u64 = 20_000;

/// Where an announcement is kept until it is said. Clones are the same.
#[derive(Clone)]
pub struct OutboxEntry {
    services: Weak<HostServices>,
    key: String,
}

impl OutboxEntry {
    /// It begins to be said: the next start does not say it again. Blocks nobody.
    fn remove(&self) {
        let Some(services) = self.services.upgrade() else {
            return;
        };
        let mut changes = Changes::default();
        changes
            .entries
            .insert((NOBODY.to_owned(), self.key.clone()), None);
        let remove = move || {
            if let Err(error) = services
                .store()
                .and_then(|store| store.apply(&changes, None))
            {
                tracing::warn!(%error, "what was said will be said again at the next start");
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

impl PartialEq for OutboxEntry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for OutboxEntry {}

impl std::fmt::Debug for OutboxEntry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}`", self.key)
    }
}

impl Announcement {
    /// It begins to be said, and is kept no longer.
    pub fn begins(&self) {
        if let Some(entry) = &self.entry {
            entry.remove();
        }
    }
}

/// Keeps with `changes` what is to be said of those that are wanted.
pub fn keep(services: &Arc<HostServices>, changes: &mut Changes, wanted: &mut [SkillRequest]) {
    let now = now_ms();
    for wish in wanted {
        let SkillRequest::Say(said) = wish else {
            continue;
        };
        let kept = json!({
            "skill": said.skill,
            "text": said.text,
            "is_urgent": said.urgency == Urgency::Interrupt,
            "expect_reply": said.expect_reply,
            "at_ms": now,
        });
        let key = key(&format!("{now:020}"));
        let kept = Some(kept.to_string().into_bytes());
        changes
            .entries
            .insert((NOBODY.to_owned(), key.clone()), kept);
        said.entry = Some(OutboxEntry {
            services: Arc::downgrade(services),
            key,
        });
    }
}

/// A new key of this process, in the order of `time`.
fn key(time: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{time}-{}-{number:04}", std::process::id())
}

/// The key by which this process has what is kept under `old`, where nobody is going to say it.
fn adopted(old: &str) -> Option<String> {
    let mut parts = old.split('-');
    let (time, process) = (parts.next()?, parts.next()?.parse().ok()?);
    let is_elsewhere = process != std::process::id() && is_running(process);
    (!is_elsewhere).then(|| key(time))
}

impl SkillRegistry {
    /// What was to be said and was not when Jane ended. To be asked for once, before anything comes due. Blocks for a moment.
    #[must_use]
    pub fn take_unsaid(&self) -> Vec<Announcement> {
        let Some(services) = self.services() else {
            return Vec::new();
        };
        take(&services).unwrap_or_else(|error| {
            tracing::warn!(%error, "what was not said before cannot be read");
            Vec::new()
        })
    }
}

pub(crate) fn take(services: &Arc<HostServices>) -> Result<Vec<Announcement>, StoreError> {
    let kept = services.store()?.rename_keys(NOBODY, adopted)?;
    let announcements = kept.into_iter().filter_map(|(key, bytes)| {
        let entry = OutboxEntry {
            services: Arc::downgrade(services),
            key,
        };
        let said = announcement(&bytes, now_ms());
        if said.is_none() {
            entry.remove();
        }
        Some(Announcement {
            entry: Some(entry),
            ..said?
        })
    });
    Ok(announcements.collect())
}

/// What was kept as `bytes`, as it is said now.
fn announcement(bytes: &[u8], now: u64) -> Option<Announcement> {
    let kept: Value = serde_json::from_slice(bytes).ok()?;
    let text = kept.get("text")?.as_str()?;
    let late_ms = now.saturating_sub(kept.get("at_ms")?.as_u64()?);
    let is_true = |key: &str| kept.get(key).and_then(Value::as_bool).unwrap_or(false);
    Some(Announcement {
        skill: kept.get("skill")?.as_str()?.to_owned(),
        text: match late_ms {
            0..LATE_MS => text.to_owned(),
            late_ms => format!("{text} That was {} ago.", length(late_ms / 1000)),
        },
        urgency: match is_true("is_urgent") {
            true => Urgency::Interrupt,
            false => Urgency::Normal,
        },
        expect_reply: is_true("expect_reply"),
        session: None,
        entry: None,
    })
}

/// "40 seconds", "3 minutes", "2 hours", "4 days"
fn length(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..90 => (seconds, "second"),
        90..5_400 => ((seconds + 30) / 60, "minute"),
        5_400..129_600 => ((seconds + 1_800) / 3_600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_said_is_said_later_with_how_long_ago_it_was() {
        let kept = br#"{"skill":"timer","text":"Your pasta timer is done.","is_urgent":true,"expect_reply":false,"at_ms":1000}"#;
        let said = |now| announcement(kept, now).unwrap();
        assert_eq!(said(2_000).text, "Your pasta timer is done.");
        assert_eq!(said(2_000).urgency, Urgency::Interrupt);
        assert_eq!(
            said(1_201_000).text,
            "Your pasta timer is done. That was 20 minutes ago."
        );
        assert_eq!(
            said(7_201_000).text,
            "Your pasta timer is done. That was 2 hours ago."
        );
        assert!(announcement(b"{}", 0).is_none() && announcement(b"\xff", 0).is_none());
    }

    #[test]
    fn what_nobody_runs_to_say_is_taken_over_and_what_another_is_to_say_is_left() {
        let own = std::process::id();
        let (time, of_nobody) = ("00000000000000001000", u32::MAX >> 1);
        let taken = adopted(&format!("{time}-{of_nobody}-0000")).unwrap();
        assert!(taken.starts_with(&format!("{time}-{own}-")), "{taken}");
        // A container gives each start the same number.
        assert!(adopted(&format!("{time}-{own}-0000")).is_some());
        assert_eq!(adopted(&format!("{time}-1-0000")), None);
        assert_eq!(adopted("nonsense"), None);
    }
}
