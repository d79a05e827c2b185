//! A snapshot of a running Jane as lines for people: a part on memory, one on what happened, one on the last turns.
//!
//! Invariant: no line can command the terminal, whatever a model or a device is named.

mod memory;
mod turns;

use std::collections::BTreeMap;

use super::shown;
use crate::metrics::{Counters, OpenSession, Snapshot};

/// Columns of a bar.
const BAR: usize = 30;

/// Columns of what a line is about.
const NAME: usize = 22;

/// All of it.
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
    lines.extend(memory::lines(&snapshot.memory));
    lines.push(String::new());
    lines.extend(counts(&snapshot.counters));
    lines.extend(sessions(snapshot));
    lines.push(String::new());
    lines.extend(turns::lines(&snapshot.turns));
    lines.iter().map(|line| shown::line(line)).collect()
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
    let all = |counts: &BTreeMap<String, u64>| counts.values().sum();
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

/// Who talks to her over the network; nothing where nobody ever did.
fn sessions(snapshot: &Snapshot) -> Option<String> {
    let began: u64 = snapshot.counters.sessions.values().sum();
    let now = snapshot.started_at_ms as f64 + snapshot.uptime_seconds * 1000.0;
    let open = snapshot.sessions.iter().map(|open| {
        let since = (now - open.started_at_ms as f64).max(0.0) / 1000.0;
        let turns = match open.turns {
            1 => "1 turn".to_owned(),
            turns => format!("{turns} turns"),
        };
        let OpenSession {
            session, interface, ..
        } = open;
        format!("{session} {interface} ({turns} in {})", time(since))
    });
    let open: Vec<String> = open.collect();
    let open = match open.is_empty() {
        true => "none open".to_owned(),
        false => format!("open: {}", open.join(", ")),
    };
    (began > 0).then(|| format!("sessions: {began}; {open}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_what_is_more_than_nothing_and_no_more_than_all() {
        let full = |part, whole| bar(part, whole).chars().filter(|mark| *mark == '█').count();
        assert_eq!(full(0, 100), 0);
        assert_eq!(full(1, u64::MAX), 1);
        assert_eq!(full(50, 100), BAR / 2);
        assert_eq!(full(u64::MAX, 1), BAR);
        assert_eq!(full(0, 0), 0);
    }

    #[test]
    fn times_are_shown_in_their_two_largest_units() {
        for (seconds, shown) in [
            (59.9, "59 s"),
            (61.0, "1 min 1 s"),
            (7260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(time(seconds), shown);
        }
    }
}
