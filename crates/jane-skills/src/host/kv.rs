//! `kv`: values that are kept on disk.

use std::collections::BTreeMap;

use crate::bindings::jane::skill::kv::Host;
use crate::bindings::jane::skill::types::Failure;
use crate::host_state::{CallContext, HostState};
use crate::store::{Changes, KEYS_AT_ONCE, Store, StoreError};

/// Bytes of a key.
const LONGEST_KEY: usize = 256;

impl CallContext {
    /// Reads the database: at once where nobody writes, since that takes microseconds, else where it holds nobody up.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.own.services.store()? {
            store if store.is_free() => Ok(work(store)?),
            _ => Ok(self.own.services.stored(work).await?),
        }
    }

    /// Bytes that the skill would keep without the value of `key`, where the sizes of what was `changed` are these.
    async fn kept_without(
        &self,
        key: &str,
        changed: BTreeMap<String, Option<usize>>,
    ) -> Result<u64, Failure> {
        let others = changed.iter().filter(|(other, _)| *other != key);
        let added: usize = others
            .filter_map(|(key, size)| Some(key.len() + (*size)?))
            .sum();
        let mut without: Vec<String> = changed.into_keys().collect();
        without.push(key.to_owned());
        let name = self.own.name.clone();
        let stored = self.read(move |store| {
            let without: Vec<&str> = without.iter().map(String::as_str).collect();
            store.size(&name, &without)
        });
        Ok(stored.await? + added as u64)
    }
}

fn check(key: &str) -> Result<(), Failure> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Failure::InvalidInput(format!(
            "a key has 1 to {LONGEST_KEY} bytes, not {}",
            key.len()
        )));
    }
    Ok(())
}

impl HostState {
    /// What `of` makes of the values that were changed, by their keys.
    fn changed_values<T>(&self, of: impl Fn(Option<&Vec<u8>>) -> T) -> BTreeMap<String, T> {
        let name = &self.caller.own.name;
        self.changed(|changes| {
            let own = changes.keys(name);
            own.map(|(key, value)| (key.to_owned(), of(value)))
                .collect()
        })
    }

    fn change(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Failure> {
        let bytes = key.len() + value.as_ref().map_or(0, Vec::len);
        let entry = (self.caller.own.name.clone(), key);
        self.stage(bytes, |changes| {
            changes.entries.insert(entry, value);
        })
    }
}

impl Host for HostState {
    async fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, Failure> {
        check(&key)?;
        let caller = self.caller.clone();
        let name = caller.own.name.clone();
        let of = |changes: &Changes| changes.entry(&name, &key).cloned();
        let turn = caller.turn.as_ref();
        let changed = of(&self.staged.changes).or_else(|| turn?.pending(of));
        match changed {
            Some(value) => Ok(value),
            None => {
                let asked = key.clone();
                let found = caller.read(move |store| store.get(&name, &asked)).await?;
                self.has_read(|reads, skill| reads.value(skill, &key, &found))?;
                Ok(found)
            }
        }
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> Result<(), Failure> {
        check(&key)?;
        let caller = self.caller.clone();
        let most = caller.own.grants.kv;
        let changed = self.changed_values(|value| value.map(Vec::len));
        let others = caller.kept_without(&key, changed).await?;
        if others + (key.len() + value.len()) as u64 > most {
            return Err(Failure::Unavailable(format!(
                "the skill may keep {} kilobytes (`kv_kb`)",
                most / 1000
            )));
        }
        self.change(key, Some(value))
    }

    async fn delete(&mut self, key: String) -> Result<(), Failure> {
        check(&key)?;
        self.caller.own.services.store()?;
        self.change(key, None)
    }

    async fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
    ) -> Result<Vec<String>, Failure> {
        let caller = self.caller.clone();
        let after = after.unwrap_or_default();
        if prefix.len().max(after.len()) > LONGEST_KEY {
            return Ok(Vec::new());
        }
        let name = caller.own.name.clone();
        let mut changed = self.changed_values(|value| value.is_some());
        changed.retain(|key, _| key.starts_with(&prefix) && *key > after);
        let asked = (prefix.clone(), after.clone());
        let stored = caller.read(move |store| store.keys(&name, &asked.0, &asked.1));
        let mut keys = stored.await?;
        self.has_read(|reads, skill| reads.keys(skill, &prefix, &after, &keys))?;
        let is_full = keys.len() == KEYS_AT_ONCE;
        let last = keys.last().cloned().filter(|_| is_full);
        keys.retain(|key| !changed.contains_key(key));
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
