//! What skills do for one turn: how much of its time they have left, and what is to happen once it is certain.
//!
//! Invariants: what a skill did for a turn that was dropped before it was certain never happened; what a call did joins the turn only where
//! the call came to its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Lock, MutexGuard as Held, watch};

use super::store::Changes;
use super::wish::Wish;

/// One turn as skills see it.
pub struct Turn {
    /// Counts the turns of the conversation, from 1.
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
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Staged {
    pub changes: Changes,
    pub wishes: Vec<Wish>,
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
    }
}

impl Turn {
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

    /// What was kept for it took effect, or never will. Returns what is to be said.
    pub fn settled(&self) -> Vec<Wish> {
        std::mem::take(&mut self.state().pending).wishes
    }

    /// Waits until the turn is certain.
    pub async fn certain(&self) {
        let mut certain = self.certain.subscribe();
        // The sender lives as long as this.
        let _ = certain.wait_for(|certain| *certain).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
