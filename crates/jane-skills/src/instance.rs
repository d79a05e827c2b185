//! One instance of a skill, and a call of it.
//!
//! Invariants: a call that came to nothing did nothing; an instance that trapped, or whose call was dropped before its end, is never called again; a call ends at its deadline
//! whatever the skill does, since WebAssembly lets others run at each tick and host functions wait without blocking; a call that panics is a fault
//! of the skill, and ends nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use wasmtime::Store;
use wasmtime::component::Instance as Linked;

use super::bindings::jane::skill::types::Failure;
use super::caught::{Panicked, caught};
use super::commit::NoEffect;
use super::component::LinkedComponent;
use super::engine::Sandbox;
use super::host_state::{HostState, SkillIdentity};
use super::store::Over;
use super::transaction::{SkillTransaction, Staged};

/// Bytes that one call may hand over, in all its texts and lists.
const HANDED_OVER: usize = 2 << 20;

/// Characters of a skill's own words about a fault.
const LONGEST_REASON: usize = 300;

pub struct Instance {
    pub store: Store<HostState>,
    pub linked: Linked,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The skill broke its rules; its instance is gone.
    Fault(String),
    /// It took longer than it may; its instance is gone.
    TooLong(Duration),
    /// It says itself that it cannot.
    Failed(String),
    /// It cannot do so now, or what it did could not take effect.
    Unavailable(String),
    /// It was not called: it is left alone for the moment, or does something else.
    Busy,
}

impl CallError {
    /// Whether another moment may serve: nothing is wrong with the skill.
    pub fn is_for_now(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(reason) | Self::Failed(reason) | Self::Unavailable(reason) => {
                formatter.write_str(reason)
            }
            Self::TooLong(limit) => {
                write!(formatter, "it takes longer than {} ms", limit.as_millis())
            }
            Self::Busy => formatter.write_str("it is busy, or left alone after a failure"),
        }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(message) => Self::Unavailable(shortened(&message)),
            Failure::InvalidInput(message)
            | Failure::Denied(message)
            | Failure::Internal(message) => Self::Failed(shortened(&message)),
        }
    }
}

impl From<Panicked> for CallError {
    fn from(panicked: Panicked) -> Self {
        Self::Fault(panicked.to_string())
    }
}

impl From<NoEffect> for CallError {
    fn from(error: NoEffect) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What a call is for, and how long it may take.
#[derive(Clone)]
pub struct CallBudget {
    pub turn: Option<Arc<SkillTransaction>>,
    pub limit: Duration,
    /// What it would have, were it alone.
    pub promised: Duration,
    /// Whether what it waits for others is part of what it may take: a turn waits for it.
    pub adds_to_turn: bool,
    /// The event that it deals with.
    pub over: Option<Over>,
}

impl CallBudget {
    /// For which a skill has all of its time.
    pub fn of(turn: Option<&Arc<SkillTransaction>>, limit: Duration) -> Self {
        Self {
            turn: turn.map(Arc::clone),
            limit,
            promised: limit,
            adds_to_turn: false,
            over: None,
        }
    }
}

impl Instance {
    /// A new instance, linked and not started.
    async fn link(
        sandbox: &Sandbox,
        prepared: &LinkedComponent,
        own: &Arc<SkillIdentity>,
    ) -> wasmtime::Result<Self> {
        let mut store = Store::new(&sandbox.engine, HostState::new(Arc::clone(own)));
        store.limiter(|guest| &mut guest.room);
        store.set_hostcall_fuel(HANDED_OVER);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let linked = prepared.pre.instantiate_async(&mut store).await?;
        Ok(Self { store, linked })
    }

    /// A new instance, started with its settings, and what it did at that.
    ///
    /// # Errors
    /// Where it breaks its rules, or says that it cannot start.
    pub async fn start(
        sandbox: &Sandbox,
        prepared: &LinkedComponent,
        own: &Arc<SkillIdentity>,
        limit: Duration,
    ) -> Result<(Self, Staged), CallError> {
        let running = sandbox.run();
        let purpose = CallBudget::of(None, limit);
        let starting = async {
            let mut instance = Self::link(sandbox, prepared, own).await?;
            instance.prepare(&purpose);
            let Some(lifecycle) = &prepared.exports.lifecycle else {
                return Ok((instance, Ok(())));
            };
            let lifecycle = lifecycle.load(&mut instance.store, &instance.linked)?;
            let config = own.grants.config.as_str();
            let started = lifecycle.call_start(&mut instance.store, config).await?;
            Ok((instance, started))
        };
        let started: Result<Result<wasmtime::Result<_>, Panicked>, _> =
            tokio::time::timeout(limit, caught(starting)).await;
        drop(running);
        let started = started.map_err(|_| CallError::TooLong(limit))??;
        match started {
            Ok((mut instance, Ok(()))) => {
                let staged = instance.take_staged();
                Ok((instance, staged))
            }
            Ok((_, Err(failure))) => Err(failure.into()),
            Err(error) => Err(CallError::Fault(reason(&error, None))),
        }
    }

    fn prepare(&mut self, purpose: &CallBudget) {
        self.store.set_epoch_deadline(1);
        let guest = self.store.data_mut();
        guest.caller.session = match (&purpose.turn, &purpose.over) {
            (Some(turn), _) => turn.session(),
            (None, Some(over)) => guest.caller.own.services.origins.of(over),
            (None, None) => None,
        };
        guest.caller.turn.clone_from(&purpose.turn);
        guest.deadline = Instant::now() + purpose.limit;
        guest.staged = Staged::default();
        drop(guest.said.take());
    }

    fn take_staged(&mut self) -> Staged {
        std::mem::take(&mut self.store.data_mut().staged)
    }

    /// Calls `work` with this instance. The instance comes back where it may be called again, and what the call did with its result.
    pub async fn call<T>(
        mut self,
        sandbox: &Sandbox,
        purpose: &CallBudget,
        work: impl for<'a> FnOnce(&'a mut Self) -> BoxFuture<'a, wasmtime::Result<Result<T, Failure>>>,
    ) -> (Option<Self>, Result<(T, Staged), CallError>) {
        self.prepare(purpose);
        let running = sandbox.run();
        let done = tokio::time::timeout(purpose.limit, caught(work(&mut self))).await;
        drop(running);
        let done = match done {
            Ok(Ok(done)) => done,
            Ok(Err(panicked)) => return (None, Err(panicked.into())),
            Err(_) => return (None, Err(CallError::TooLong(purpose.limit))),
        };
        match done {
            Ok(Ok(value)) => {
                let staged = self.take_staged();
                (Some(self), Ok((value, staged)))
            }
            Ok(Err(failure)) => (Some(self), Err(failure.into())),
            Err(error) => {
                let said = self.store.data().said.take();
                let reason = reason(&error, Some(&said));
                (None, Err(CallError::Fault(reason)))
            }
        }
    }
}

/// What a trap means: the skill's last words where it left some, else the innermost reason.
fn reason(error: &wasmtime::Error, said: Option<&[u8]>) -> String {
    let said = String::from_utf8_lossy(said.unwrap_or_default());
    let panic = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty() && !line.starts_with("note:"));
    let trap = error.root_cause().to_string();
    match panic {
        Some(panic) => shortened(&format!("{trap}: {}", panic.trim())),
        None => shortened(&trap),
    }
}

fn shortened(text: &str) -> String {
    harmless(text, LONGEST_REASON)
}

/// The beginning of a skill's words, of so many characters, without any that command a terminal.
pub fn harmless(text: &str, most: usize) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().take(most).map(plain).collect()
}
