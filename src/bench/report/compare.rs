//! What changed since the last report.

use super::Report;
use crate::bench::figure::Unit;

/// A change that is smaller than this share is no news: runs differ by as much.
const NEWS: f64 = 0.1;

/// A figure in two reports, by its medians.
pub struct Change {
    pub name: String,
    pub before: String,
    pub now: String,
    /// As a share of what it was.
    pub by: f64,
    pub verdict: &'static str,
}

/// Why two reports compare badly, in words; empty where they do not.
pub fn caveats(last: &Report, now: &Report) -> Vec<&'static str> {
    let mut caveats = Vec::new();
    if last.machine != now.machine {
        caveats.push("another machine");
    }
    if last.stamp.models != now.stamp.models {
        caveats.push("other models");
    }
    if !last.disturbance.warnings().is_empty() {
        caveats.push("it was disturbed");
    }
    if last.stamp.quick != now.stamp.quick {
        caveats.push("one of both was quick");
    }
    caveats
}

/// The figures that both have.
pub fn changes(last: &Report, now: &Report) -> Vec<Change> {
    let change = |figure: &crate::bench::Figure| {
        let before = last
            .figures
            .iter()
            .find(|before| before.key == figure.key)?;
        let (before, after) = (before.summary()?.median, figure.summary()?.median);
        if before == 0.0 {
            return None;
        }
        let by = after / before - 1.0;
        let more_is_better = matches!(
            figure.unit,
            Unit::TokensPerSecond | Unit::Tokens | Unit::Share
        );
        let verdict = match (by.abs() < NEWS, (by > 0.0) == more_is_better) {
            (true, _) => "",
            (false, true) => "better",
            (false, false) => "worse",
        };
        Some(Change {
            name: figure.name.clone(),
            before: figure.unit.show(before),
            now: figure.unit.show(after),
            by,
            verdict,
        })
    };
    now.figures.iter().filter_map(change).collect()
}
