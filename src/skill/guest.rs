//! What one instance of a skill has: its limits, and what its host functions need to know of the call that is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, mpsc};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings::jane::skill::types::Failure;
use super::grants::Grants;
use super::host::{HttpClient, Meters};
use super::store::{Changes, Database, Store, StoreError};
use super::turn::{Staged, Turn};
use super::wish::Wish;
use crate::backend::LanguageModel;
use crate::event::Events;

/// Bytes of what a skill writes to its standard error that are kept: the message of a panic.
const STANDARD_ERROR: usize = 64 << 10;

/// Elements of all tables of an instance.
const TABLES: usize = 200_000;

/// Finds the language model that is in force.
pub type FindModel = Arc<dyn Fn() -> Option<Arc<dyn LanguageModel>> + Send + Sync>;

/// What all skills share.
pub struct Services {
    pub database: Database,
    /// Tells that other events are to come.
    pub rescheduled: Notify,
    pub events: Events,
    pub wishes: mpsc::Sender<Wish>,
    pub http: HttpClient,
    pub model: FindModel,
}

impl Services {
    pub fn store(&self) -> Result<&Store, StoreError> {
        self.database.store()
    }
}

/// What all instances of a skill share.
pub struct Own {
    pub name: String,
    pub grants: Grants,
    pub meters: Meters,
    pub services: Arc<Services>,
}

/// Who calls the host, and what for.
#[derive(Clone)]
pub struct Caller {
    pub own: Arc<Own>,
    /// The turn that the call is for, where it is for one.
    pub turn: Option<Arc<Turn>>,
}

/// What an instance may still take, of all its memories and tables together.
pub struct Room {
    /// Bytes.
    memory: usize,
    elements: usize,
}

impl Room {
    fn take(left: &mut usize, current: usize, desired: usize) -> bool {
        let Some(rest) = left.checked_sub(desired.saturating_sub(current)) else {
            return false;
        };
        *left = rest;
        true
    }
}

impl ResourceLimiter for Room {
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
pub struct Guest {
    pub caller: Caller,
    /// What the call that is under way did. It takes effect when the call comes to its end.
    pub staged: Staged,
    /// When the call has to be done.
    pub deadline: Instant,
    pub room: Room,
    /// What it wrote to its standard error.
    pub said: MemoryOutputPipe,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl Guest {
    pub fn new(own: Arc<Own>) -> Self {
        let room = Room {
            memory: own.grants.memory,
            elements: TABLES,
        };
        let said = MemoryOutputPipe::new(STANDARD_ERROR);
        let wasi = WasiCtx::builder()
            .stderr(said.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self {
            caller: Caller { own, turn: None },
            staged: Staged::default(),
            deadline: Instant::now(),
            room,
            said,
            wasi,
            table: ResourceTable::new(),
        }
    }
}

impl Guest {
    /// What `of` finds in what was changed and is not stored yet, by its name: this call's above its turn's.
    pub fn changed<T>(&self, of: impl Fn(&Changes) -> BTreeMap<String, T>) -> BTreeMap<String, T> {
        let turn = self.caller.turn.as_ref();
        let mut changed = turn.map(|turn| turn.pending(&of)).unwrap_or_default();
        changed.extend(of(&self.staged.changes));
        changed
    }

    /// Has this call change something.
    ///
    /// # Errors
    /// Where too much is changed that is not stored yet.
    pub fn stage(&mut self, change: impl FnOnce(&mut Changes)) -> Result<(), Failure> {
        let name = &self.caller.own.name;
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

impl WasiView for Guest {
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
