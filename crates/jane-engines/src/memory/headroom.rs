//! The room that there is for one engine, and who could make more of it.

use super::ledger::EntryId;
use jane_core::MemoryUse;

/// Bytes that may be taken, and what is taken of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    pub whole: u64,
    pub taken: u64,
}

impl Quota {
    #[must_use]
    pub fn left(&self) -> u64 {
        self.whole.saturating_sub(self.taken)
    }
}

/// The three things that limit an engine's use of one kind of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The engine's budget.
    pub own: Quota,
    /// The budget of all engines together.
    pub all: Quota,
    /// What the machine has free, and what of it is promised or kept back; `None` where the machine does not say.
    pub free: Option<Quota>,
}

impl Limits {
    /// Bytes that can be taken.
    #[must_use]
    pub fn left(&self) -> u64 {
        let free = self.free.map_or(u64::MAX, |free| free.left());
        self.own.left().min(self.all.left()).min(free)
    }

    fn without(mut self, bytes: u64, same_role: bool) -> Self {
        if same_role {
            self.own.taken = self.own.taken.saturating_sub(bytes);
        }
        self.all.taken = self.all.taken.saturating_sub(bytes);
        if let Some(free) = &mut self.free {
            free.whole = free.whole.saturating_add(bytes);
        }
        self
    }
}

/// The room for one engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headroom {
    /// `None` where there is no device.
    pub video: Option<Limits>,
    pub system: Limits,
}

impl Headroom {
    pub(super) fn without<'a>(self, gone: impl IntoIterator<Item = &'a EvictionCandidate>) -> Self {
        gone.into_iter().fold(self, |room, other| Self {
            video: room
                .video
                .map(|video| video.without(other.takes.video, other.same_role)),
            system: room.system.without(other.takes.system, other.same_role),
        })
    }

    #[must_use]
    pub fn holds(&self, needs: &MemoryUse) -> bool {
        let video = self.video.map_or(0, |video| video.left());
        needs.video <= video && needs.system <= self.system.left()
    }
}

/// Another engine whose memory could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvictionCandidate {
    pub id: EntryId,
    pub takes: MemoryUse,
    /// Whether it counts against the same engine's budget.
    pub same_role: bool,
    /// It goes anyway, as the one that is replaced does: its room is the plan's, which waits for it only where it must.
    pub going: bool,
}
