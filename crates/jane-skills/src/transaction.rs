//! What skills do for one turn: how much of its time they have left, and what is to happen once it is certain.
//!
//! Invariants: what a skill did for a turn that was dropped before it was certain never happened; what a call did joins the turn only where
//! the call came to its end.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Mutex as Lock, MutexGuard as Held, watch};

use super::instance::CallError;
use super::reads::Reads;
use super::request::SkillRequest;
use super::store::Changes;
use super::turn_id::TurnId;

/// One turn as skills see it.
pub struct SkillTransaction {
    /// The number of a [`TurnId`].
    pub id: u64,
    /// What all hooks together may take.
    pub budget: Duration,
    state: Mutex<State>,
    certain: watch::Sender<bool>,
    /// Held while what was done for it takes effect, so that changes are stored in the order of the calls.
    order: Lock<()>,
}

struct State {
    /// Of the budget.
    left: Duration,
    /// What waits until the turn is certain, and is seen from here until it is stored.
    pending: Staged,
}

/// What skills did that has not taken effect yet.
#[derive(Debug, Default)]
pub struct Staged {
    pub changes: Changes,
    pub wishes: Vec<SkillRequest>,
    /// What it follows from.
    pub reads: Reads,
    /// The calls that did it, in their order.
    pub calls: Vec<Again>,
    /// Whether something was changed elsewhere, which another call would do once more.
    pub is_sent: bool,
}

/// How a call is made once more.
#[derive(Clone)]
pub struct Again {
    /// The skill's name.
    pub skill: String,
    call: Arc<dyn Fn() -> BoxFuture<'static, Result<(), CallError>> + Send + Sync>,
}

impl Again {
    pub fn new(
        skill: &str,
        call: impl Fn() -> BoxFuture<'static, Result<(), CallError>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            skill: skill.to_owned(),
            call: Arc::new(call),
        }
    }

    /// Makes it, and has what it does take effect.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub async fn call(&self) -> Result<(), CallError> {
        (self.call)().await
    }
}

impl std::fmt::Debug for Again {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "a call of `{}`", self.skill)
    }
}

impl Staged {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.wishes.is_empty()
    }

    /// Does `later` as well.
    fn add(&mut self, later: Self) {
        self.changes.entries.extend(later.changes.entries);
        self.changes.events.extend(later.changes.events);
        self.wishes.extend(later.wishes);
        self.reads.extend(later.reads);
        self.calls.extend(later.calls);
        self.is_sent |= later.is_sent;
    }
}

impl SkillTransaction {
    /// A turn of which skills may take `budget`. What their calls do takes effect when each is over where the turn is `certain`, else
    /// when it is.
    #[must_use]
    pub fn new(id: u64, budget: Duration, certain: bool) -> Arc<Self> {
        Arc::new(Self {
            id,
            budget,
            state: Mutex::new(State {
                left: budget,
                pending: Staged::default(),
            }),
            certain: watch::Sender::new(certain),
            order: Lock::default(),
        })
    }

    /// The session over the network that the turn is one of, where it is one's.
    pub fn session(&self) -> Option<u64> {
        Some(TurnId::of(self.id).session).filter(|session| *session > 0)
    }

    /// What hooks may still take.
    pub fn left(&self) -> Duration {
        self.state().left
    }

    /// A hook took so long.
    pub fn spend(&self, time: Duration) {
        let mut state = self.state();
        state.left = state.left.saturating_sub(time);
    }

    /// Calls `with` with what is not stored yet.
    pub fn pending<T>(&self, with: impl FnOnce(&Changes) -> T) -> T {
        with(&self.state().pending.changes)
    }

    /// Whoever holds this is the only one for whom something of the turn takes effect.
    pub async fn in_order(&self) -> Held<'_, ()> {
        self.order.lock().await
    }

    /// Keeps what a call did until the turn is certain; gives it back where it is. Called in order.
    pub fn keep(&self, staged: Staged) -> Option<Staged> {
        if *self.certain.borrow() {
            return Some(staged);
        }
        self.state().pending.add(staged);
        None
    }

    /// The turn is certain: nothing is kept for it any more. Called in order.
    pub fn make_certain(&self) {
        self.certain.send_replace(true);
    }

    /// What was kept for it took effect, or never will. Returns what is to be said, and the calls that did it.
    pub fn settled(&self) -> (Vec<SkillRequest>, Vec<Again>) {
        let settled = std::mem::take(&mut self.state().pending);
        (settled.wishes, settled.calls)
    }

    /// What is not stored yet, what it follows from, and whether the calls that did it may be made once more.
    pub fn unsettled(&self) -> (Changes, Reads, bool) {
        let state = self.state();
        let pending = &state.pending;
        (
            pending.changes.clone(),
            pending.reads.clone(),
            !pending.is_sent,
        )
    }

    /// Waits until the turn is certain.
    pub async fn certain(&self) {
        let mut certain = self.certain.subscribe();
        // The sender lives as long as this.
        let _ = certain.wait_for(|certain| *certain).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
