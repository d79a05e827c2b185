//! A snapshot of a running Jane as lines for people: a part on memory, one on what happened, one on the last turns.
//!
//! Invariant: no line can command the terminal, whatever a model or a device is named.

use crate::event::Waterfall;
use crate::memory::{EngineReport, Kind, Report, Use, megabytes};
use crate::metrics::{Counters, EndedTurn, Snapshot};

/// Columns of a bar.
const BAR: usize = 30;

/// Columns of what a line is about.
const NAME: usize = 22;

/// The stages of a turn that follow one another: name in [`Waterfall::stages`], what is shown, and how its part of the bar is drawn.
const STAGES: [(&str, &str, char); 6] = [
    ("heard", "heard", '░'),
    ("first_token", "first token", '▒'),
    ("first_sentence", "first sentence", '▓'),
    ("first_speech", "first speech", '█'),
    ("first_audio", "first audio", '▬'),
    ("total", "all", '·'),
];

pub fn lines(snapshot: &Snapshot) -> Vec<String> {
    let models = &snapshot.models;
    let mut lines = vec![
        format!(
            "Jane {}, process {}, for {}, in {}",
            snapshot.version,
            snapshot.pid,
            time(snapshot.uptime_seconds),
            snapshot.home
        ),
        format!("{}  ·  {}  ·  {}", models.stt, models.llm, models.tts),
        String::new(),
    ];
    lines.extend(memory(&snapshot.memory));
    lines.push(String::new());
    lines.extend(counts(&snapshot.counters));
    lines.push(String::new());
    lines.extend(turns(&snapshot.turns));
    let harmless = |line: String| line.chars().filter(|letter| !letter.is_control()).collect();
    lines.into_iter().map(harmless).collect()
}

fn memory(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.engines.iter().flat_map(engine).collect();
    if report.engines.is_empty() {
        lines.push("no engine is loaded".to_owned());
    }
    if let Some(video) = &report.video {
        lines.push(used("all, video memory", video.used, video.budget));
    }
    let system = &report.system;
    let standing = if system.used > report.engines_goal {
        "over"
    } else {
        "within"
    };
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
        true if takes == Use::default() => vec![line(Kind::System)],
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

/// A part of a whole; what is more than nothing is seen.
fn bar(part: u64, whole: u64) -> String {
    let columns = columns(part, whole);
    format!("{}{}", "█".repeat(columns), "▁".repeat(BAR - columns))
}

/// Columns for a part of a whole, rounded up, at most [`BAR`].
fn columns(part: u64, whole: u64) -> usize {
    let exact = u128::from(part) * BAR as u128;
    let columns = exact.div_ceil(u128::from(whole.max(1)));
    usize::try_from(columns).unwrap_or(BAR).min(BAR)
}

fn counts(counters: &Counters) -> Vec<String> {
    let total: u64 = counters.turns.values().sum();
    let outcomes = counters.turns.iter();
    let outcomes =
        outcomes.map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " ")));
    let outcomes: Vec<String> = outcomes.collect();
    let mut first = format!("turns: {total}");
    if !outcomes.is_empty() {
        first.push_str(&format!(" ({})", outcomes.join(", ")));
    }
    let reused = 100 * counters.reused_tokens / counters.prompt_tokens.max(1);
    first.push_str(&format!(
        "; {} prompt tokens, {reused} % of them from the cache; {} reply tokens",
        counters.prompt_tokens, counters.reply_tokens
    ));
    let all = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum();
    // What went well every time is not shown.
    let events: Vec<String> = [
        ("interruptions", counters.interruptions),
        ("engines ended", all(&counters.worker_exits)),
        ("engines restarted", all(&counters.worker_restarts)),
        ("engines failed", all(&counters.engine_failures)),
        (
            "switches to or from a server",
            all(&counters.engine_switches),
        ),
        ("unloaded for want of memory", all(&counters.evictions)),
        ("history cut", counters.prunes),
        ("jane.toml taken", counters.config_reloads),
        ("jane.toml not taken", counters.config_rejections),
        ("tools called", counters.tool_calls),
        ("tools failed", counters.failed_tool_calls),
        ("skills' faults", counters.skill_faults),
        ("skills left alone", counters.skills_quarantined),
        ("sound devices lost", counters.audio_losses),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(what, count)| format!("{what}: {count}"))
    .collect();
    let mut lines = vec![first];
    if !events.is_empty() {
        lines.push(events.join(", "));
    }
    lines
}

/// The newest first, to one scale.
fn turns(turns: &[EndedTurn]) -> Vec<String> {
    let longest = turns.iter().map(|turn| turn.waterfall.total_ms).max();
    let Some(longest) = longest else {
        return vec!["no turn yet".to_owned()];
    };
    let legend = STAGES.map(|(_, shown, mark)| format!("{mark} {shown}"));
    let wait = match turns
        .iter()
        .any(|turn| turn.waterfall.end_of_turn_ms.is_some())
    {
        true => "  ┃ sure that it was all",
        false => "",
    };
    let mut lines = vec![format!("turns until, in ms:  {}{wait}", legend.join("  "))];
    lines.extend(turns.iter().rev().map(|turn| {
        let EndedTurn {
            turn,
            outcome,
            waterfall,
            ..
        } = turn;
        let name = format!("{turn} {}", outcome.replace('_', " "));
        format!(
            "{name:<NAME$} {} {}",
            falling(waterfall, longest),
            times(waterfall)
        )
    }));
    lines
}

/// The bar of a turn: each stage from where the one before it ended.
fn falling(waterfall: &Waterfall, longest: u64) -> String {
    let stages = waterfall.stages();
    let mut bar: Vec<char> = Vec::with_capacity(BAR);
    for (name, _, mark) in STAGES {
        let end = stages.iter().find(|(stage, _)| *stage == name);
        if let Some(milliseconds) = end.and_then(|(_, milliseconds)| *milliseconds) {
            let until = columns(milliseconds, longest);
            bar.resize(until.max(bar.len()), mark);
        }
    }
    bar.resize(BAR, ' ');
    let sure = waterfall.end_of_turn_ms.map(|wait| columns(wait, longest));
    if let Some(place) = sure.and_then(|column| bar.get_mut(column.saturating_sub(1))) {
        *place = '┃';
    }
    bar.into_iter().collect()
}

fn times(waterfall: &Waterfall) -> String {
    let stages = waterfall.stages();
    let times: Vec<String> = stages
        .iter()
        .filter_map(|(name, milliseconds)| {
            let mark = STAGES.iter().find(|(stage, ..)| stage == name);
            let mark = mark.map_or('┃', |(_, _, mark)| *mark);
            milliseconds.map(|milliseconds| format!("{mark} {milliseconds}"))
        })
        .collect();
    let rate = waterfall.tokens_per_second;
    let tokens = match waterfall.reply_tokens {
        0 => String::new(),
        tokens => format!("  {tokens} tokens at {rate:.0}/s"),
    };
    format!("{}{tokens}", times.join("  "))
}

/// Whole seconds, in the two largest units.
fn time(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
