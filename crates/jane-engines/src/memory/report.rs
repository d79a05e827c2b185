//! The ledger as it is shown: by `jane doctor`, in JSON and in lines for people.

use serde::{Deserialize, Serialize};

use super::budget::{Budgets, ENGINES_GOAL};
use super::ledger::Ledger;
use super::probe::{Device, Snapshot, SystemMemory};
use super::{MEGABYTE, megabytes};
use jane_core::event::EngineKind;
use jane_core::{Kind, MemoryUse, Placement};

/// What an engine takes and may take, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineReport {
    pub role: EngineKind,
    pub model: String,
    pub placement: Placement,
    pub estimated: MemoryUse,
    /// `None` before it was measured.
    pub measured: Option<MemoryUse>,
    pub budget: MemoryUse,
    /// Whether it is loaded; before that its memory is set aside.
    pub loaded: bool,
    /// Its process, once it is loaded.
    pub pid: Option<u32>,
    /// Whether a turn uses it now.
    pub busy: bool,
}

/// Bytes in use, and the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    pub used: u64,
    pub budget: u64,
}

/// The whole ledger, with the machine's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub engines: Vec<EngineReport>,
    /// All engines, video memory; `None` where there is no device.
    pub video: Option<Total>,
    /// All engines, system memory.
    pub system: Total,
    /// Jane herself; `None` where the system does not say.
    pub host: Option<Total>,
    /// What all engines should stay under in system memory, whatever the budget.
    pub engines_goal: u64,
    pub devices: Vec<Device>,
    pub machine: Option<SystemMemory>,
}

impl Report {
    pub(super) fn new(ledger: &Ledger, budgets: &Budgets, snapshot: &Snapshot) -> Self {
        let engines = ledger.entries.values().map(|entry| EngineReport {
            role: entry.role,
            model: entry.model.clone(),
            placement: entry.placement,
            estimated: entry.estimated,
            measured: entry.measured,
            budget: MemoryUse {
                video: budgets.engine(entry.role, Kind::Video),
                system: budgets.engine(entry.role, Kind::System),
            },
            loaded: entry.pid.is_some(),
            pid: entry.pid,
            busy: entry.users > 0,
        });
        let total = |kind| Total {
            used: ledger.taken(None).of(kind),
            budget: budgets.all(kind),
        };
        Self {
            engines: engines.collect(),
            video: (!snapshot.devices.is_empty()).then(|| total(Kind::Video)),
            system: total(Kind::System),
            host: snapshot.host.map(|used| Total {
                used,
                budget: budgets.host(),
            }),
            engines_goal: ENGINES_GOAL,
            devices: snapshot.devices.clone(),
            machine: snapshot.system,
        }
    }

    /// How the engines' system memory stands to the goal, in a word.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        if self.system.used > self.engines_goal {
            "over"
        } else {
            "within"
        }
    }

    /// The same in lines of text, megabytes of 10^6 bytes.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.engines.iter().flat_map(EngineReport::lines).collect();
        let total = |name: &str, total: &Total| {
            let (used, budget) = (megabytes(total.used), megabytes(total.budget));
            format!("{name}: {used} MB, budget {budget} MB")
        };
        if let Some(video) = &self.video {
            lines.push(total("all engines, video memory", video));
        }
        let goal = megabytes(self.engines_goal);
        let standing = self.standing();
        let system = total("all engines, system memory", &self.system);
        lines.push(format!("{system}, {standing} the goal of {goal} MB"));
        if let Some(host) = &self.host {
            lines.push(total("Jane herself", host));
        }
        for device in &self.devices {
            lines.push(format!(
                "device {} ({}): {} MB of {} MB free",
                device.index,
                device.name,
                device.free / MEGABYTE,
                device.total / MEGABYTE
            ));
        }
        if self.devices.is_empty() {
            lines.push("video memory: none that the engines can use".to_owned());
        }
        if let Some(machine) = &self.machine {
            lines.push(format!(
                "machine: {} MB of {} MB available",
                machine.available / MEGABYTE,
                machine.total / MEGABYTE
            ));
        }
        lines
    }
}

impl EngineReport {
    /// One line for each kind of memory that it has.
    fn lines(&self) -> Vec<String> {
        let kinds = [Kind::Video, Kind::System];
        let has = |kind: &Kind| {
            let measured = self.measured.unwrap_or_default();
            self.estimated.of(*kind) > 0 || measured.of(*kind) > 0
        };
        let line = |kind: Kind| {
            let measured = match self.measured {
                Some(measured) => format!("{} MB measured", megabytes(measured.of(kind))),
                None if self.loaded => "not measured yet".to_owned(),
                None => "set aside".to_owned(),
            };
            format!(
                "{} `{}`, {kind}: {} MB estimated, {measured}, budget {} MB",
                self.role,
                self.model,
                megabytes(self.estimated.of(kind)),
                megabytes(self.budget.of(kind))
            )
        };
        kinds.into_iter().filter(has).map(line).collect()
    }
}
