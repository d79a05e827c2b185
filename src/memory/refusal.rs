//! Why a model cannot be loaded, with the numbers.

use super::budget;
use super::footprint::Kind;
use super::room::Limits;
use super::{MEGABYTE, megabytes};
use crate::event::Role;

/// What a model would need of one kind of memory, and what there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    pub kind: Kind,
    pub need: u64,
    /// The budget that leaves least, whole, and what it leaves.
    pub budget: u64,
    pub left: u64,
    /// Whether that is the engine's own budget, rather than that of all engines.
    pub own: bool,
    pub free: Option<u64>,
}

impl Shortage {
    pub(super) fn new(kind: Kind, need: u64, limits: &Limits) -> Self {
        let own = limits.own.left() <= limits.all.left();
        let budget = if own { limits.own } else { limits.all };
        Self {
            kind,
            need,
            budget: budget.whole,
            left: budget.left(),
            own,
            free: limits.free.map(|free| free.left()),
        }
    }

    /// Whether the budget is in the way, rather than what the machine has free.
    #[must_use]
    pub fn is_budget(&self) -> bool {
        self.need > self.left
    }
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is there is rounded down, so that it never looks like enough.
        let there = |bytes: u64| bytes / MEGABYTE;
        let (need, kind) = (megabytes(self.need), self.kind);
        let (left, budget) = (there(self.left), there(self.budget));
        write!(
            formatter,
            "{need} MB of {kind}, of which {left} MB are left of a budget of {budget} MB"
        )?;
        match self.free {
            Some(free) => write!(formatter, " and {} MB are free", there(free)),
            None => Ok(()),
        }
    }
}

/// A model fits nowhere, even at its smallest and with everything unloaded that is idle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it needs at least {system}{}", video.map(|video| format!("; or on the graphics device {video}")).unwrap_or_default())]
pub struct Refusal {
    /// On the CPU alone.
    pub system: Shortage,
    /// With all layers on the device, where there is one.
    pub video: Option<Shortage>,
}

impl Refusal {
    /// What the user can do about it, where the engine is `role`.
    #[must_use]
    pub fn hint(&self, role: Role) -> String {
        let smaller = "choose a smaller model";
        if self.system.is_budget() {
            let key = budget::key(self.system.own.then_some(role), Kind::System);
            format!("{smaller}, or raise `{key}` in `jane.toml`")
        } else {
            format!("{smaller}, or end other programs that take memory")
        }
    }
}
