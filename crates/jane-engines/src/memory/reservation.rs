//! What an engine holds while it has memory, and while it is used.

use std::sync::Arc;
use std::time::Instant;

use super::ledger::{Entry, EntryId};
use super::manager::Inner;
use jane_core::Reason;
use jane_core::event::Event;

/// The right to the memory of a plan. It is kept for as long as the engine's process lives, and dropped when that is gone.
pub struct Reservation {
    pub(super) inner: Arc<Inner>,
    pub(super) id: EntryId,
}

/// Keeps an engine from being unloaded while a turn uses it.
pub struct UseGuard {
    inner: Arc<Inner>,
    id: EntryId,
}

impl Reservation {
    #[must_use]
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// Says that the engine is loaded, in process `pid`.
    pub fn loaded(&self, pid: u32, now: Instant) {
        if let Some(entry) = self.inner.state().ledger.entries.get_mut(&self.id) {
            entry.pid = Some(pid);
            entry.last_used = now;
        }
    }

    /// Says that a turn uses the engine, until what is returned is dropped. One that was to go because of pressure stays then; one that
    /// makes room for another goes all the same, after the turn.
    #[must_use]
    pub fn busy(&self) -> UseGuard {
        if let Some(entry) = self.inner.state().ledger.entries.get_mut(&self.id) {
            entry.users += 1;
            entry.leaving = entry
                .leaving
                .filter(|leaving| leaving.for_the_sake_of.is_some());
        }
        UseGuard {
            inner: Arc::clone(&self.inner),
            id: self.id,
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let gone = self.inner.state().ledger.remove(self.id);
        self.inner.released.notify_waiters();
        let Some(Entry {
            role,
            model,
            leaving: Some(leaving),
            ..
        }) = gone
        else {
            return;
        };
        if leaving.reason != Reason::Replaced {
            let reason = leaving.reason;
            self.inner.events.emit(Event::MemoryEvicted {
                role,
                model,
                reason,
            });
        }
    }
}

impl Drop for UseGuard {
    fn drop(&mut self) {
        if let Some(entry) = self.inner.state().ledger.entries.get_mut(&self.id) {
            entry.users = entry.users.saturating_sub(1);
            entry.last_used = Instant::now();
        }
    }
}
