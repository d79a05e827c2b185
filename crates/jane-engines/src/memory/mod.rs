//! The memory manager: what each engine takes, what it may take, and how a model is made to fit.
//!
//! Invariants: nothing is loaded without a [`Reservation`], and what a reservation stands for is in the ledger from the plan until the
//! engine is gone; a plan never exceeds a budget or what the machine has free; the manager decides and never
//! unloads anything itself. Bytes inside, megabytes of 10^6 bytes in texts.
//!
//! `probe` and `nvml` ask the machine · `footprint` is what a model needs · `budget` is what engines may take · `headroom` is what
//! is left for one · `plan` makes a model fit, or `refusal` says why not · `ledger` is who has what, by `reservation` · `pressure` finds who must
//! go · `report` tells people · `manager` joins them.

mod admission_error;
mod budget;
mod headroom;
mod ledger;
mod manager;
mod nvml;
mod plan;
mod pressure;
mod probe;
mod report;
mod reservation;
#[cfg(test)]
mod tests;

pub use budget::{Budgets, ENGINES_GOAL, WorkerLimits};
pub use headroom::{EvictionCandidate, Headroom, Limits, Quota};
pub use jane_core::{
    Footprint, Kind, KvCache, MEGABYTE, MemoryUse, Placement, Reason, Refusal, Shortage, megabytes,
};
pub use ledger::EntryId;
pub use manager::{Eviction, MemoryManager, Request};
pub use nvml::{LIBRARY_VARIABLE, Machine};
pub use plan::{LEAST_WINDOW, Plan, Step, plan};
pub use probe::{Device, Probe, Snapshot, SystemMemory};
pub use report::{EngineReport, Report, Total};
pub use reservation::{Reservation, UseGuard};
