//! Who must go now, and what the pressure is. Nothing here asks the machine or changes anything.
//!
//! Invariants: only idle engines go, the one that was unused for longest first, and no more of them than it takes; one that
//! was asked to go already counts as gone; pressure that unloading cannot relieve is said all the same.

use std::time::Instant;

use super::MEGABYTE;
use super::budget::Budgets;
use super::ledger::{EntryId, Ledger};
use super::probe::Snapshot;
use jane_core::Kind;
use jane_core::Reason;
use jane_core::event::EngineKind;

/// Bytes of system memory that a plan leaves free: what other programs ask for in the moments until engines have gone.
pub const SPARE_SYSTEM: u64 = 300 * MEGABYTE;

/// Bytes of video memory that a plan leaves free, for the driver and for what the screen needs.
pub const SPARE_VIDEO: u64 = 200 * MEGABYTE;

/// With less than this share of what plans leave free, the machine has nearly nothing left, and engines go until the whole is
/// free again. In between nothing happens, so that no load is followed by an eviction.
const NEARLY_NOTHING: u64 = 2;

/// A limit that is exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pressure {
    /// Of what, in words.
    pub what: String,
    pub used: u64,
    pub budget: u64,
    pub free: Option<u64>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub pressures: Vec<Pressure>,
    pub evictions: Vec<(EntryId, Reason)>,
}

/// Compares the ledger and the machine with the budgets.
pub(super) fn find(
    ledger: &Ledger,
    budgets: &Budgets,
    snapshot: &Snapshot,
    now: Instant,
) -> Findings {
    let mut search = Search {
        ledger,
        found: Findings::default(),
    };
    search.unused(budgets, now);
    if snapshot.devices.is_empty() {
        search.device_gone();
    }
    for role in [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts] {
        for kind in [Kind::Video, Kind::System] {
            let budget = budgets.engine(role, kind);
            search.budget(Some(role), kind, budget, free(snapshot, kind));
        }
    }
    for kind in [Kind::Video, Kind::System] {
        search.budget(None, kind, budgets.all(kind), free(snapshot, kind));
        search.free(kind, budgets.all(kind), free(snapshot, kind));
    }
    if let Some(used) = snapshot.host.filter(|used| *used > budgets.host()) {
        search.found.pressures.push(Pressure {
            what: "Jane herself, system memory".to_owned(),
            used,
            budget: budgets.host(),
            free: free(snapshot, Kind::System),
        });
    }
    search.found
}

/// What the machine has free; of several devices, all of them.
pub(super) fn free(snapshot: &Snapshot, kind: Kind) -> Option<u64> {
    match kind {
        Kind::System => snapshot.system.map(|system| system.available),
        Kind::Video => snapshot
            .devices
            .iter()
            .map(|device| device.free)
            .reduce(u64::saturating_add),
    }
}

struct Search<'a> {
    ledger: &'a Ledger,
    found: Findings,
}

impl Search<'_> {
    fn evict(&mut self, id: EntryId, reason: Reason) {
        if !self.found.evictions.iter().any(|(chosen, _)| *chosen == id) {
            self.found.evictions.push((id, reason));
        }
    }

    fn unused(&mut self, budgets: &Budgets, now: Instant) {
        let Some(longest) = budgets.unused() else {
            return;
        };
        for id in self.ledger.idle() {
            let entry = self.ledger.entries.get(&id);
            if entry.is_some_and(|entry| now.saturating_duration_since(entry.last_used) >= longest)
            {
                self.evict(id, Reason::Unused);
            }
        }
    }

    fn device_gone(&mut self) {
        for id in self.ledger.idle() {
            let entry = self.ledger.entries.get(&id);
            if entry.is_some_and(|entry| entry.counted().video > 0) {
                self.evict(id, Reason::DeviceGone);
            }
        }
    }

    fn budget(&mut self, role: Option<EngineKind>, kind: Kind, budget: u64, free: Option<u64>) {
        let used = self.ledger.taken(role).of(kind);
        let over = used.saturating_sub(budget);
        if over == 0 {
            return;
        }
        let whose = role.map_or_else(|| "all engines".to_owned(), |role| role.to_string());
        self.found.pressures.push(Pressure {
            what: format!("{whose}, {kind}"),
            used,
            budget,
            free,
        });
        self.relieve(over, role, kind, Reason::OverBudget);
    }

    fn free(&mut self, kind: Kind, budget: u64, free: Option<u64>) {
        let used = self.ledger.taken(None).of(kind);
        let spare = match kind {
            Kind::Video => SPARE_VIDEO,
            Kind::System => SPARE_SYSTEM,
        };
        let Some(left) = free.filter(|left| *left < spare / NEARLY_NOTHING && used > 0) else {
            return;
        };
        self.found.pressures.push(Pressure {
            what: format!("the machine, {kind}"),
            used,
            budget,
            free,
        });
        self.relieve(spare - left, None, kind, Reason::NothingFree);
    }

    /// Has idle engines go until `bytes` are relieved.
    fn relieve(&mut self, mut bytes: u64, role: Option<EngineKind>, kind: Kind, reason: Reason) {
        let matching = |id: &EntryId| {
            let entry = self.ledger.entries.get(id)?;
            let matches = role.is_none_or(|role| entry.role == role);
            let takes = entry.counted().of(kind);
            (matches && takes > 0).then_some(takes)
        };
        let going = self
            .ledger
            .entries
            .iter()
            .filter(|(_, entry)| entry.leaving.is_some())
            .map(|(id, _)| *id)
            .chain(self.found.evictions.iter().map(|(id, _)| *id));
        for takes in going.filter_map(|id| matching(&id)) {
            bytes = bytes.saturating_sub(takes);
        }
        let mut chosen = Vec::new();
        for id in self.ledger.idle() {
            if bytes == 0 {
                break;
            }
            if self.found.evictions.iter().any(|(going, _)| *going == id) {
                continue;
            }
            if let Some(takes) = matching(&id) {
                bytes = bytes.saturating_sub(takes);
                chosen.push(id);
            }
        }
        for id in chosen {
            self.evict(id, reason);
        }
    }
}
