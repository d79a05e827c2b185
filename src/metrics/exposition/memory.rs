//! The ledger, the devices and the machine.

use std::collections::BTreeMap;
use std::fmt;

use jane_engines::memory::{Device, Kind, Report, SystemMemory, Total};

use super::super::collector::word;
use super::{Families, Label};

const KINDS: [Kind; 2] = [Kind::System, Kind::Video];

pub(super) fn encode(families: &mut Families<'_>, report: &Report) -> fmt::Result {
    processes(families, report)?;
    totals(families, report)?;
    devices(families, &report.devices)?;
    let machine = |figure: fn(&SystemMemory) -> u64| {
        let machine = report.machine.iter();
        machine.map(move |machine| ([], figure(machine)))
    };
    families.gauge(
        "machine_memory_size_bytes",
        "System memory of the machine",
        machine(|machine| machine.total),
    )?;
    families.gauge(
        "machine_memory_available_bytes",
        "System memory that programs can have without swapping",
        machine(|machine| machine.available),
    )
}

fn processes(families: &mut Families<'_>, report: &Report) -> fmt::Result {
    let mut budgets: BTreeMap<[Label; 2], u64> = BTreeMap::new();
    let mut loaded: BTreeMap<[Label; 1], u64> = BTreeMap::new();
    // While one engine takes the other's place, two may have the same labels, and a sample must not be there twice.
    let (mut estimated, mut measured) = (Sums::default(), Sums::default());
    for engine in &report.engines {
        let process = ("process", word(&engine.role));
        *loaded.entry([process.clone()]).or_default() += u64::from(engine.loaded);
        for kind in KINDS {
            let memory = ("memory", word(&kind));
            let model = ("model", engine.model.clone());
            let labels = [process.clone(), model, memory.clone()];
            budgets.insert([process.clone(), memory], engine.budget.of(kind));
            if let Some(found) = engine.measured {
                measured.add(labels.clone(), found.of(kind));
            }
            estimated.add(labels, engine.estimated.of(kind));
        }
    }
    if let Some(host) = &report.host {
        let process = ("process", "host".to_owned());
        let memory = ("memory", word(&Kind::System));
        budgets.insert([process.clone(), memory.clone()], host.budget);
        // An empty label counts as none.
        measured.add([process, ("model", String::new()), memory], host.used);
    }
    families.gauge(
        "memory_budget_bytes",
        "Memory that a process may take",
        budgets,
    )?;
    families.gauge(
        "memory_estimated_bytes",
        "Memory that an engine was expected to take when it was loaded",
        estimated.0,
    )?;
    families.gauge(
        "memory_measured_bytes",
        "Memory that a process takes: its proportional set size, and what it has on devices",
        measured.0,
    )?;
    families.gauge("engines_loaded", "Engines that are loaded", loaded)
}

#[derive(Default)]
struct Sums(BTreeMap<[Label; 3], u64>);

impl Sums {
    fn add(&mut self, labels: [Label; 3], bytes: u64) {
        let sum = self.0.entry(labels).or_default();
        *sum = sum.saturating_add(bytes);
    }
}

fn totals(families: &mut Families<'_>, report: &Report) -> fmt::Result {
    let totals = |figure: fn(&Total) -> u64| {
        let video = report.video.as_ref().map(|video| (Kind::Video, video));
        let totals = [(Kind::System, &report.system)].into_iter().chain(video);
        totals.map(move |(kind, total)| ([("memory", word(&kind))], figure(total)))
    };
    families.gauge(
        "engines_memory_bytes",
        "Memory that all engines take, or have set aside until they are measured",
        totals(|total| total.used),
    )?;
    families.gauge(
        "engines_memory_budget_bytes",
        "Memory that all engines may take",
        totals(|total| total.budget),
    )?;
    families.gauge(
        "engines_memory_goal_bytes",
        "System memory that all engines should stay under",
        [([], report.engines_goal)],
    )
}

fn devices(families: &mut Families<'_>, devices: &[Device]) -> fmt::Result {
    let each = |figure: fn(&Device) -> u64| {
        devices.iter().map(move |device| {
            let labels = [
                ("device", device.index.to_string()),
                ("name", device.name.clone()),
            ];
            (labels, figure(device))
        })
    };
    families.gauge(
        "device_memory_size_bytes",
        "Memory of a graphics processor",
        each(|device| device.total),
    )?;
    families.gauge(
        "device_memory_used_bytes",
        "Memory of a graphics processor that is in use, by whoever",
        each(|device| device.used),
    )?;
    families.gauge(
        "device_memory_free_bytes",
        "Memory of a graphics processor that is free",
        each(|device| device.free),
    )
}
