//! The memory manager: what each engine takes, what it may take, and how a model is made to fit.
//!
//! Invariants: nothing is loaded without a [`Ticket`], and what a ticket stands for is in the ledger from the plan until the
//! engine is gone; a plan never exceeds a budget or what the machine has free; the manager decides and never
//! unloads anything itself. Bytes inside, megabytes of 10^6 bytes in texts.
//!
//! `probe` and `nvml` ask the machine · `footprint` is what a model needs · `budget` is what engines may take · `room` is what
//! is left for one · `plan` makes a model fit, or `refusal` says why not · `ledger` is who has what, by `ticket` · `pressure` finds who must
//! go · `report` tells people · `manager` joins them.

mod budget;
mod footprint;
mod ledger;
mod manager;
mod nvml;
mod plan;
mod pressure;
mod probe;
mod refusal;
mod report;
mod room;
#[cfg(test)]
mod tests;
mod ticket;

pub use budget::{Budgets, ENGINES_GOAL, WorkerLimits};
pub use footprint::{Footprint, Kind, Placement, Use};
pub use ledger::{EntryId, Reason};
pub use manager::{Eviction, MemoryManager, Request};
pub use nvml::{LIBRARY_VARIABLE, Machine};
pub use plan::{LEAST_WINDOW, Plan, Step, plan};
pub use probe::{Device, Probe, Snapshot, SystemMemory};
pub use refusal::{Refusal, Shortage};
pub use report::{EngineReport, Report, Total};
pub use room::{Limits, Other, Room, Share};
pub use ticket::{Busy, Ticket};

/// Whole megabytes of 10^6 bytes, rounded up: what is shown of a need is never less than the need.
pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(MEGABYTE)
}

pub(crate) const MEGABYTE: u64 = 1_000_000;
