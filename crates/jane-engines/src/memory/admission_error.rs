//! From what is left for an engine to the shortage that people are told.

use jane_core::{Kind, Shortage};

use super::headroom::Limits;

/// The shortage of one kind of memory where `need` bytes are wanted and `limits` leave less.
pub(super) fn shortage(kind: Kind, need: u64, limits: &Limits) -> Shortage {
    let own = limits.own.left() <= limits.all.left();
    let budget = if own { limits.own } else { limits.all };
    Shortage {
        kind,
        need,
        budget: budget.whole,
        left: budget.left(),
        own,
        free: limits.free.map(|free| free.left()),
    }
}
