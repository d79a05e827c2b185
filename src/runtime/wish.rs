//! A key of the configuration that is set while Jane runs, for this run alone: `jane.toml` stays as it is.
//!
//! Invariant: it is taken as an edit of the file is, whole or not at all, and what cannot be taken leaves nothing behind.

use super::Runtime;

/// Why a key was not set.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct NotSet {
    reason: String,
    hint: Option<String>,
}

impl NotSet {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

impl Runtime {
    /// Sets `key` to the text `value`, as `--set` would have at the start, over what file and environment say. What changed is said in an event.
    /// Returns whether anything did.
    ///
    /// # Errors
    /// Where the configuration with it is not valid, or an engine of it does not work.
    pub async fn set(&self, key: &str, value: &str) -> Result<bool, NotSet> {
        let _one_at_a_time = self.reloading.lock().await;
        let before = self.wished();
        let begins = format!("{key}=");
        let mut wished = before.clone();
        wished.retain(|set| !set.starts_with(&begins));
        wished.push(format!("{begins}{}", serde_json::Value::from(value)));
        self.wish(wished);
        match self.try_reload(false).await {
            Ok(applied) => {
                let is_changed = !applied.changed.is_empty();
                self.tell(applied, true);
                Ok(is_changed)
            }
            Err(rejected) => {
                self.wish(before);
                let (problems, hint) = rejected.told();
                let reason = problems.join("\n");
                tracing::warn!(key, "a key was not set");
                Err(NotSet { reason, hint })
            }
        }
    }

    /// What was set so far.
    pub(super) fn wished(&self) -> Vec<String> {
        let wished = self.wished.lock();
        wished.clone()
    }

    fn wish(&self, wished: Vec<String>) {
        *self.wished.lock() = wished;
    }
}
