//! What one instance of a skill has: its limits, and what its host functions need to know of the call that is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use tokio::sync::{Notify, mpsc};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings::jane::skill::types::Failure;
use super::grants::Grants;
use super::host::{HttpClient, RateLimits};
use super::origins::Origins;
use super::reads::{MOST as MOST_READS, Reads};
use super::request::SkillRequest;
use super::store::{Changes, Database, Store, StoreError};
use super::transaction::{SkillTransaction, Staged};
use jane_core::LanguageModel;
use jane_core::event::Events;

/// Bytes of what a call writes to its standard error that are kept: the message of a panic.
const STANDARD_ERROR: usize = 8 << 10;

/// Things of the host that an instance may hold at a time: streams, clocks to wait for.
const RESOURCES: usize = 1_024;

/// Bytes of random numbers that are made at once.
const RANDOM: u64 = 64 << 10;

/// Elements of all tables of an instance.
const TABLES: usize = 200_000;

/// Finds the language model that is in force.
pub type FindModel = Arc<dyn Fn() -> Option<Arc<dyn LanguageModel>> + Send + Sync>;

/// What all skills share.
pub struct HostServices {
    pub database: Database,
    /// Tells that other events are to come.
    pub rescheduled: Notify,
    pub events: Events,
    pub origins: Origins,
    pub wishes: mpsc::Sender<SkillRequest>,
    pub http: HttpClient,
    pub model: FindModel,
}

impl HostServices {
    pub fn store(&self) -> Result<&Store, StoreError> {
        self.database.store()
    }
}

/// What all instances of a skill share.
pub struct SkillIdentity {
    pub name: String,
    pub grants: Grants,
    pub meters: RateLimits,
    pub services: Arc<HostServices>,
}

/// Who calls the host, and what for.
#[derive(Clone)]
pub struct CallContext {
    pub own: Arc<SkillIdentity>,
    /// The turn that the call is for, where it is for one.
    pub turn: Option<Arc<SkillTransaction>>,
    /// The session over the network that it is for, where it is for one's.
    pub session: Option<u64>,
}

/// The end of what was written to a standard error. It takes whatever comes: a skill that writes a lot has no fault.
#[derive(Clone, Default)]
pub struct StderrTail(Arc<Mutex<Vec<u8>>>);

impl StderrTail {
    /// What was written since it was taken.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl IsTerminal for StderrTail {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for StderrTail {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Of another version of WASI, which is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for StderrTail {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut said = self.0.lock();
        said.extend_from_slice(&bytes);
        let beyond = said.len().saturating_sub(STANDARD_ERROR);
        said.drain(..beyond);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(STANDARD_ERROR)
    }
}

#[async_trait]
impl Pollable for StderrTail {
    async fn ready(&mut self) {}
}

/// What an instance may still take, of all its memories and tables together.
pub struct MemoryLimiter {
    /// Bytes.
    memory: usize,
    elements: usize,
}

impl MemoryLimiter {
    fn take(left: &mut usize, current: usize, desired: usize) -> bool {
        let Some(rest) = left.checked_sub(desired.saturating_sub(current)) else {
            return false;
        };
        *left = rest;
        true
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(Self::take(&mut self.memory, current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(Self::take(&mut self.elements, current, desired))
    }
}

/// Values and events that one skill may change before that is stored.
const MOST_CHANGES: usize = 1024;

/// The data of an instance.
pub struct HostState {
    pub caller: CallContext,
    /// What the call that is under way did. It takes effect when the call comes to its end.
    pub staged: Staged,
    /// When the call has to be done.
    pub deadline: Instant,
    pub room: MemoryLimiter,
    /// What the call wrote to its standard error.
    pub said: StderrTail,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl HostState {
    pub fn new(own: Arc<SkillIdentity>) -> Self {
        let room = MemoryLimiter {
            memory: own.grants.memory,
            elements: TABLES,
        };
        let said = StderrTail::default();
        let wasi = WasiCtx::builder()
            .stderr(said.clone())
            .max_random_size(RANDOM)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Self {
            caller: CallContext {
                own,
                turn: None,
                session: None,
            },
            staged: Staged::default(),
            deadline: Instant::now(),
            room,
            said,
            wasi,
            table,
        }
    }
}

impl HostState {
    /// What `of` finds in what was changed and is not stored yet, by its name: this call's above its turn's.
    pub fn changed<T>(&self, of: impl Fn(&Changes) -> BTreeMap<String, T>) -> BTreeMap<String, T> {
        let turn = self.caller.turn.as_ref();
        let mut changed = turn.map(|turn| turn.pending(&of)).unwrap_or_default();
        changed.extend(of(&self.staged.changes));
        changed
    }

    /// Has this call read something of what is stored: what it changes from now on follows from that.
    ///
    /// # Errors
    /// Where a call reads too much.
    pub fn has_read(&mut self, read: impl FnOnce(&mut Reads, &str)) -> Result<(), Failure> {
        if self.staged.reads.is_full() {
            return Err(Failure::Unavailable(format!(
                "{MOST_READS} values are the most that a call can read"
            )));
        }
        read(&mut self.staged.reads, &self.caller.own.name);
        Ok(())
    }

    /// Has this call change something that has so many bytes.
    ///
    /// # Errors
    /// Where too much is changed that is not stored yet, or was in the last minute.
    pub fn stage(
        &mut self,
        bytes: usize,
        change: impl FnOnce(&mut Changes),
    ) -> Result<(), Failure> {
        let own = &self.caller.own;
        if own.meters.kept.take(bytes, Instant::now()).is_err() {
            return Err(Failure::Unavailable(
                "the skill keeps too much in too short a time".to_owned(),
            ));
        }
        let name = &own.name;
        let turn = self.caller.turn.as_ref();
        let pending = turn.map_or(0, |turn| turn.pending(|changes| changes.count(name)));
        if pending + self.staged.changes.count(name) >= MOST_CHANGES {
            return Err(Failure::Unavailable(format!(
                "{MOST_CHANGES} values and events are the most that can be changed at once"
            )));
        }
        change(&mut self.staged.changes);
        Ok(())
    }
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_taken_and_its_end_kept() {
        let said = StderrTail::default();
        let mut stream = said.p2_stream();
        for line in 0..10_000 {
            let line = format!("line {line}\n");
            assert!(stream.check_write().unwrap() >= line.len());
            stream.write(line.into()).unwrap();
        }
        let kept = String::from_utf8(said.take()).unwrap();
        assert!(kept.len() <= STANDARD_ERROR && kept.ends_with("line 9999\n"));
        assert!(said.take().is_empty());
    }
}
