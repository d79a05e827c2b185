//! What was to be said and was not when Jane ended: it is kept, and said at the next start, with how long ago that was.
//!
//! It lies among the values of skills, under a name that no skill has. Whoever takes it has it alone.

use jane_core::event::Event;
use serde_json::{Value, json};

use super::host::now_ms;
use super::host_state::HostServices;
use super::registry::SkillRegistry;
use super::request::{Announcement, Urgency};
use super::store::{Changes, StoreError};

/// In the place of a skill's name.
const NOBODY: &str = "";

/// Milliseconds after which it is said how long ago something was.
const LATE_MS: u64 = 20_000;

impl SkillRegistry {
    /// Keeps announcements that nobody heard for the next start. Blocks for a moment.
    pub fn keep_unsaid(&self, announcements: &[Announcement]) {
        let Some(services) = self.services().filter(|_| !announcements.is_empty()) else {
            return;
        };
        if let Err(error) = keep(&services, announcements) {
            tracing::error!(%error, "what was not said yet is lost");
            services.events.emit(Event::Warning {
                message: format!("what was to be said is lost: {error}"),
                hint: None,
            });
        }
    }

    /// What was kept, which is nobody else's from now on. Blocks for a moment.
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

fn keep(services: &HostServices, announcements: &[Announcement]) -> Result<(), StoreError> {
    let now = now_ms();
    let mut changes = Changes::default();
    for (number, said) in announcements.iter().enumerate() {
        let key = format!("{now:020}-{}-{number:04}", std::process::id());
        let kept = json!({
            "skill": said.skill,
            "text": said.text,
            "is_urgent": said.urgency == Urgency::Interrupt,
            "expect_reply": said.expect_reply,
            "at_ms": now,
        });
        changes.entries.insert(
            (NOBODY.to_owned(), key),
            Some(kept.to_string().into_bytes()),
        );
    }
    services.store()?.apply(&changes, None)
}

fn take(services: &HostServices) -> Result<Vec<Announcement>, StoreError> {
    let kept = services.store()?.take_all(NOBODY)?;
    let announcements = kept.iter().filter_map(|kept| announcement(kept, now_ms()));
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
}
