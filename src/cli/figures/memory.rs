//! Memory of host and engines against their budgets, and the devices.

use jane_engines::memory::{EngineReport, Kind, MemoryUse, Report, megabytes};

use super::{NAME, bar};

pub(super) fn lines(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.engines.iter().flat_map(engine).collect();
    if report.engines.is_empty() {
        lines.push("no engine is loaded".to_owned());
    }
    if let Some(video) = &report.video {
        lines.push(used("all, video memory", video.used, video.budget));
    }
    let system = &report.system;
    let standing = report.standing();
    let goal = megabytes(report.engines_goal);
    let all = used("all engines", system.used, system.budget);
    lines.push(format!("{all}, {standing} the goal of {goal} MB"));
    if let Some(host) = &report.host {
        lines.push(used("Jane herself", host.used, host.budget));
    }
    if let Some(machine) = &report.machine {
        let taken = machine.total.saturating_sub(machine.available);
        lines.push(used("the machine", taken, machine.total));
    }
    for device in &report.devices {
        let name = format!("device {}", device.index);
        let line = used(&name, device.used, device.total);
        lines.push(format!("{line}, {}", device.name));
    }
    if report.devices.is_empty() {
        lines.push(format!("{:<NAME$} none", "devices"));
    }
    lines
}

/// One line for each kind of memory that it has.
fn engine(engine: &EngineReport) -> Vec<String> {
    let takes = engine.measured.unwrap_or(engine.estimated);
    let has = |kind: &Kind| takes.of(*kind) > 0 || engine.estimated.of(*kind) > 0;
    let line = |kind: Kind| {
        let name = match kind {
            Kind::System => engine.role.to_string(),
            Kind::Video => format!("{}, video", engine.role),
        };
        let state = match (&engine.measured, engine.loaded, engine.busy) {
            (Some(_), _, true) => ", at work",
            (Some(_), _, false) => "",
            (None, true, _) => ", not measured yet",
            (None, false, _) => ", being loaded",
        };
        format!(
            "{}{state} ({} MB expected, {})",
            used(&name, takes.of(kind), engine.budget.of(kind)),
            megabytes(engine.estimated.of(kind)),
            engine.model
        )
    };
    let kinds = [Kind::Video, Kind::System].into_iter().filter(has);
    let lines: Vec<String> = kinds.map(line).collect();
    match lines.is_empty() {
        // It takes nothing that is known.
        true if takes == MemoryUse::default() => vec![line(Kind::System)],
        _ => lines,
    }
}

fn used(name: &str, bytes: u64, of: u64) -> String {
    format!(
        "{name:<NAME$} {} {:>6} MB of {} MB",
        bar(bytes, of),
        megabytes(bytes),
        megabytes(of)
    )
}
