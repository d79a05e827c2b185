//! What skills do for one turn: how much of its time they have left, and what is to happen once it is certain.
//!
//! Invariant: what a skill did for a turn that was dropped before it was certain never happened.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::store::{Changes, Store, StoreError};
use super::wish::Wish;

/// One turn as skills see it.
pub struct Turn {
    /// Counts the turns of the conversation, from 1.
    pub id: u64,
    state: Mutex<State>,
    certain: watch::Sender<bool>,
}

struct State {
    /// Of what all hooks together may take.
    left: Duration,
    pending: Pending,
}

/// What waits until the turn is certain.
#[derive(Default)]
struct Pending {
    changes: Changes,
    wishes: Vec<Wish>,
}

impl Turn {
    /// A turn of which skills may take `budget`. What they do takes effect at once where it is `certain`, else with [`Turn::settle`].
    #[must_use]
    pub fn new(id: u64, budget: Duration, certain: bool) -> Arc<Self> {
        Arc::new(Self {
            id,
            state: Mutex::new(State {
                left: budget,
                pending: Pending::default(),
            }),
            certain: watch::Sender::new(certain),
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

    /// Calls `with` with what is not stored yet; `None` where the turn is certain, and everything is stored at once.
    pub fn pending<T>(&self, with: impl FnOnce(&mut Changes) -> T) -> Option<T> {
        let mut state = self.state();
        if *self.certain.borrow() {
            return None;
        }
        Some(with(&mut state.pending.changes))
    }

    /// Keeps `wish` until the turn is certain; gives it back where it is.
    pub fn keep(&self, wish: Wish) -> Option<Wish> {
        let mut state = self.state();
        if *self.certain.borrow() {
            return Some(wish);
        }
        state.pending.wishes.push(wish);
        None
    }

    /// The turn is certain: what was done for it takes effect. Returns what is to be said.
    ///
    /// # Errors
    /// Where it cannot be stored.
    pub fn settle(&self, store: &Store) -> Result<Vec<Wish>, StoreError> {
        let mut state = self.state();
        self.certain.send_replace(true);
        let pending = std::mem::take(&mut state.pending);
        store.apply(&pending.changes)?;
        Ok(pending.wishes)
    }

    /// Waits until the turn is certain.
    pub async fn certain(&self) {
        let mut certain = self.certain.subscribe();
        // The sender lives as long as this.
        let _ = certain.wait_for(|certain| *certain).await;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
