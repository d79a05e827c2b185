//! Who has what: one entry for each engine, from its plan until it is gone.
//!
//! Invariants: an entry counts with what was measured of it, and until then with what was planned; it is idle only when it is loaded,
//! nobody uses it and it was not asked to go.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use serde::Serialize;

use jane_core::event::EngineKind;
use jane_core::{Footprint, MemoryUse, Placement, Reason};

/// Names an engine in the ledger; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EntryId(pub(super) u64);

#[derive(Debug)]
pub(super) struct Entry {
    pub role: EngineKind,
    pub model: String,
    pub placement: Placement,
    pub estimated: MemoryUse,
    /// What of the estimate comes from an earlier measurement.
    pub correction: MemoryUse,
    pub measured: Option<MemoryUse>,
    /// Set once it is loaded.
    pub pid: Option<u32>,
    /// Whether what the machine says is free was asked after it was loaded, so that it counts there.
    pub seen: bool,
    pub last_used: Instant,
    /// Turns that use it now.
    pub users: u32,
    pub leaving: Option<Leaving>,
}

/// An engine was asked to go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    pub reason: Reason,
    /// For what; where that is given up before it is loaded, the engine stays.
    pub for_the_sake_of: Option<EntryId>,
}

impl Entry {
    /// What it counts for.
    pub fn counted(&self) -> MemoryUse {
        self.measured.unwrap_or(self.estimated)
    }

    pub fn is_idle(&self) -> bool {
        self.pid.is_some() && self.users == 0 && self.leaving.is_none()
    }
}

/// Models whose estimate was corrected; beyond that the corrections are forgotten.
const MOST_CORRECTIONS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub entries: BTreeMap<EntryId, Entry>,
    next: u64,
    /// What a model was measured to take beyond its estimate: without it, a model that went for exceeding its budget would be
    /// loaded the same way again.
    corrections: HashMap<(EngineKind, String), MemoryUse>,
}

impl Ledger {
    pub fn add(&mut self, entry: Entry) -> EntryId {
        let id = EntryId(self.next);
        self.next += 1;
        self.entries.insert(id, entry);
        id
    }

    /// Takes an entry out. Who was asked to go for its sake stays, if it was never loaded.
    pub fn remove(&mut self, id: EntryId) -> Option<Entry> {
        let gone = self.entries.remove(&id)?;
        if gone.pid.is_none() {
            for entry in self.entries.values_mut() {
                if entry.leaving.and_then(|leaving| leaving.for_the_sake_of) == Some(id) {
                    entry.leaving = None;
                }
            }
        }
        Some(gone)
    }

    /// What engines take together: those of one role, or all.
    pub fn taken(&self, role: Option<EngineKind>) -> MemoryUse {
        self.entries
            .values()
            .filter(|entry| role.is_none_or(|role| entry.role == role))
            .fold(MemoryUse::default(), |sum, entry| {
                sum.plus(&entry.counted())
            })
    }

    /// What is promised to engines that the machine's figures do not show yet.
    pub fn promised(&self) -> MemoryUse {
        self.entries
            .values()
            .filter(|entry| !entry.seen)
            .fold(MemoryUse::default(), |sum, entry| {
                sum.plus(&entry.estimated)
            })
    }

    /// Engines that could be unloaded, the one that was unused for longest first.
    pub fn idle(&self) -> Vec<EntryId> {
        let mut idle: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_idle())
            .map(|(id, entry)| (entry.last_used, *id))
            .collect();
        idle.sort();
        idle.into_iter().map(|(_, id)| id).collect()
    }

    /// Notes what an engine was measured to take. The first time after it was loaded also corrects the model's next estimate; what it
    /// grows by later is not the model's to be told from a leak.
    pub fn measured(&mut self, id: EntryId, measured: MemoryUse) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        let beyond = measured.beyond(&entry.estimated);
        if entry.measured.replace(measured).is_none() && beyond != MemoryUse::default() {
            if self.corrections.len() >= MOST_CORRECTIONS {
                self.corrections.clear();
            }
            let key = (entry.role, entry.model.clone());
            self.corrections.insert(key, entry.correction.plus(&beyond));
        }
    }

    /// What `model` was measured to take beyond what its worker states.
    pub fn correction(&self, role: EngineKind, model: &str) -> MemoryUse {
        let key = (role, model.to_owned());
        self.corrections.get(&key).copied().unwrap_or_default()
    }
}

/// The footprint with a correction: the program and the buffers are what estimates get wrong.
pub(super) fn corrected(footprint: &Footprint, correction: &MemoryUse) -> Footprint {
    Footprint {
        program: footprint.program.saturating_add(correction.system),
        compute: footprint.compute.saturating_add(correction.video),
        ..footprint.clone()
    }
}
