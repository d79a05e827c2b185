//! `kv`: values that are kept on disk.

use std::sync::Arc;

use crate::skill::bindings::jane::skill::kv::Host;
use crate::skill::bindings::jane::skill::types::Failure;
use crate::skill::guest::{Caller, Guest};
use crate::skill::store::{Changes, KEYS_AT_ONCE, Store, StoreError};

/// Bytes of a key.
const LONGEST_KEY: usize = 256;

impl Caller {
    /// Reads the database: at once where nobody writes, since that takes microseconds, else where it holds nobody up.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.own.services.store()? {
            store if store.is_free() => Ok(work(store)?),
            _ => self.stored(work).await,
        }
    }

    /// Works with the database where it holds nobody up.
    pub(super) async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let services = Arc::clone(&self.own.services);
        let done = tokio::task::spawn_blocking(move || work(services.store()?));
        match done.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(Failure::Internal(error.to_string())),
        }
    }

    /// What the turn holds and nobody stored yet, as `with` finds it; `None` where there is no such turn.
    pub(super) fn pending<T>(&self, with: impl FnOnce(&mut Changes) -> T) -> Option<T> {
        self.turn.as_ref()?.pending(with)
    }

    async fn change(&self, key: String, value: Option<Vec<u8>>) -> Result<(), Failure> {
        let entry = (self.own.name.clone(), key);
        let mut value = Some(value);
        let kept = self.pending(|changes| {
            changes
                .entries
                .insert(entry.clone(), value.take().unwrap_or_default());
        });
        if kept.is_some() {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.entries.insert(entry, value.unwrap_or_default());
        self.stored(move |store| store.apply(&changes)).await
    }

    /// Bytes that the skill would keep without the value of `key`.
    async fn kept_without(&self, key: &str) -> Result<u64, Failure> {
        let name = self.own.name.clone();
        let pending: Vec<(String, Option<usize>)> = self
            .pending(|changes| {
                let own = changes.keys(&name);
                own.map(|(key, value)| (key.to_owned(), value.map(Vec::len)))
                    .collect()
            })
            .unwrap_or_default();
        let others = pending.iter().filter(|(other, _)| other != key);
        let added: usize = others
            .filter_map(|(key, value)| Some(key.len() + (*value)?))
            .sum();
        let mut without: Vec<String> = pending.into_iter().map(|(key, _)| key).collect();
        without.push(key.to_owned());
        let stored = self.read(move |store| {
            let without: Vec<&str> = without.iter().map(String::as_str).collect();
            store.size(&name, &without)
        });
        Ok(stored.await? + added as u64)
    }
}

impl Host for Guest {
    async fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, Failure> {
        let caller = self.caller.clone();
        let name = caller.own.name.clone();
        let pending = caller.pending(|changes| changes.entry(&name, &key).cloned());
        if let Some(Some(value)) = pending {
            return Ok(value);
        }
        caller.read(move |store| store.get(&name, &key)).await
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> Result<(), Failure> {
        let caller = self.caller.clone();
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(Failure::InvalidInput(format!(
                "a key has 1 to {LONGEST_KEY} bytes, not {}",
                key.len()
            )));
        }
        let most = caller.own.grants.kv;
        let bytes = caller.kept_without(&key).await? + (key.len() + value.len()) as u64;
        if bytes > most {
            return Err(Failure::Unavailable(format!(
                "the skill may keep {} kilobytes (`kv_kb`)",
                most / 1000
            )));
        }
        caller.change(key, Some(value)).await
    }

    async fn delete(&mut self, key: String) -> Result<(), Failure> {
        let caller = self.caller.clone();
        caller.change(key, None).await
    }

    async fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
    ) -> Result<Vec<String>, Failure> {
        let caller = self.caller.clone();
        let after = after.unwrap_or_default();
        let name = caller.own.name.clone();
        let changed: Vec<(String, bool)> = caller
            .pending(|changes| {
                let own = changes.keys(&name);
                let own = own.filter(|(key, _)| key.starts_with(&prefix) && *key > after.as_str());
                own.map(|(key, value)| (key.to_owned(), value.is_some()))
                    .collect()
            })
            .unwrap_or_default();
        let stored = caller.read(move |store| store.keys(&name, &prefix, &after));
        let mut keys = stored.await?;
        let is_full = keys.len() == KEYS_AT_ONCE;
        let last = keys.last().cloned().filter(|_| is_full);
        keys.retain(|key| !changed.iter().any(|(other, _)| other == key));
        let added = changed.into_iter().filter(|(_, is_there)| *is_there);
        keys.extend(added.map(|(key, _)| key));
        keys.sort_unstable();
        // What lies beyond the page comes with the next one.
        if let Some(last) = last {
            keys.retain(|key| *key <= last);
        }
        keys.truncate(KEYS_AT_ONCE);
        Ok(keys)
    }
}
