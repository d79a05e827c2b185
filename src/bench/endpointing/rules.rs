//! Rules for the end of a turn, and what comes of each over the same silences.

use jane_config::{Hearing, Patience};
use jane_turn_detection::Paused;
use serde::{Deserialize, Serialize};

use super::mean;
use super::pauses::Found;
use crate::bench::metric::Summary;
use crate::conversation::live::EARLY_MS;

/// All kinds of recordings together.
pub const ALL: &str = "all";

/// The share of pauses that is cut off where rules are compared by their wait.
const COMPARED: f64 = 0.05;

/// The waits of Smart Turn alone, as its own users have it: complete or not, in milliseconds.
const SOUND_ALONE: (f64, f64) = (200.0, 1_000.0);

/// How the wait is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Milliseconds, whatever was said.
    Fixed(u32),
    /// As where Smart Turn is not installed.
    Words,
    /// Smart Turn, and no word.
    Sound,
    /// As in a conversation.
    Both(Patience),
}

/// What comes of a rule over the recordings of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub rule: String,
    /// Whether this is what a conversation goes by, with the configuration that is measured.
    pub in_force: bool,
    pub kind: String,
    /// Pauses inside sentences; those that the rule takes for the end; and those that she would speak into.
    pub pauses: usize,
    pub cut_off: usize,
    pub spoken: usize,
    /// Ends of turns.
    pub ends: usize,
    /// Seconds of silence waited for at the ends: mean, median and 95th percentile.
    pub wait: Option<[f64; 3]>,
    /// The mean, in seconds, where all waits are stretched or shortened alike until 5 % of the pauses are cut off.
    pub wait_at_5_percent: Option<f64>,
}

impl Row {
    /// Of one; `None` where there is no pause.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    pub fn spoken_share(&self) -> Option<f64> {
        (self.pauses > 0).then(|| self.spoken as f64 / self.pauses as f64)
    }
}

impl Rule {
    fn all(hearing: &Hearing, has_sound: bool) -> Vec<Self> {
        let mut rules = vec![
            Self::Fixed(250),
            Self::Fixed(500),
            Self::Fixed(700),
            Self::Words,
        ];
        if has_sound {
            let others = [Patience::Eager, Patience::Balanced, Patience::Patient];
            rules.push(Self::Sound);
            rules.extend(others.map(Self::Both));
        }
        debug_assert!(!has_sound || rules.contains(&Self::in_force(hearing, has_sound)));
        rules
    }

    fn in_force(hearing: &Hearing, has_sound: bool) -> Self {
        if has_sound {
            Self::Both(hearing.patience)
        } else {
            Self::Words
        }
    }

    fn name(self) -> String {
        match self {
            Self::Fixed(ms) => format!("{ms} ms"),
            Self::Words => "words".to_owned(),
            Self::Sound => "Smart Turn".to_owned(),
            Self::Both(Patience::Eager) => "both, eager".to_owned(),
            Self::Both(Patience::Balanced) => "both, balanced".to_owned(),
            Self::Both(Patience::Patient) => "both, patient".to_owned(),
        }
    }

    /// Milliseconds.
    fn wait_ms(self, found: &Found, hearing: &Hearing) -> f64 {
        let paused = |sound, patience| {
            let paused = Paused {
                sound,
                ..found.paused()
            };
            let hearing = Hearing {
                patience,
                ..hearing.clone()
            };
            f64::from(paused.wait_ms(&hearing))
        };
        match self {
            Self::Fixed(ms) => f64::from(ms),
            Self::Words => paused(None, Patience::Balanced),
            Self::Sound if found.sound.is_some_and(|sound| sound > 0.5) => SOUND_ALONE.0,
            Self::Sound => SOUND_ALONE.1,
            Self::Both(patience) => paused(found.sound, patience),
        }
    }
}

/// Seconds waited for at each end, by what is in force.
pub fn waits_in_force(found: &[Found], hearing: &Hearing) -> Vec<f64> {
    let rule = Rule::in_force(hearing, has_sound(found));
    let ends = found.iter().filter(|found| found.goes_on_ms.is_none());
    ends.map(|end| rule.wait_ms(end, hearing) / 1e3).collect()
}

fn has_sound(found: &[Found]) -> bool {
    found.iter().any(|found| found.sound.is_some())
}

/// What comes of each rule, over all kinds and then over each. `ready_ms`: how long after a pause is noticed an answer's first sound
/// is there; it is noticed as soon as a conversation with a core to spare notices it.
pub fn rows(found: &[Found], hearing: &Hearing, ready_ms: f64) -> Vec<Row> {
    let mut kinds: Vec<&str> = found.iter().map(|found| found.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let has_sound = has_sound(found);
    let in_force = Rule::in_force(hearing, has_sound);
    let spoken_from = f64::from(hearing.pause_ms.min(EARLY_MS)) + ready_ms;
    let mut rows = Vec::new();
    for kind in std::iter::once(ALL).chain(kinds) {
        let of_kind: Vec<&Found> = found
            .iter()
            .filter(|found| kind == ALL || found.kind == kind)
            .collect();
        for rule in Rule::all(hearing, has_sound) {
            let row = row(rule, kind, &of_kind, hearing, spoken_from);
            rows.push(Row {
                in_force: rule == in_force,
                ..row
            });
        }
    }
    rows
}

fn row(rule: Rule, kind: &str, found: &[&Found], hearing: &Hearing, spoken_from: f64) -> Row {
    let wait = |found: &&Found| rule.wait_ms(found, hearing);
    let inside = found.iter().filter(|found| !found.between_sentences);
    let pauses: Vec<(f64, f64)> = inside
        .filter_map(|found| Some((found.goes_on_ms?, wait(found))))
        .collect();
    let ends = found.iter().filter(|found| found.goes_on_ms.is_none());
    let waits: Vec<f64> = ends.map(|end| wait(end) / 1e3).collect();
    let over_before = |(goes_on, wait): &&(f64, f64)| wait < goes_on;
    let spoken = |(goes_on, wait): &&(f64, f64)| wait.max(spoken_from) < *goes_on;
    let summary = Summary::of(waits.iter().copied());
    let stretch = stretch(&pauses);
    Row {
        rule: rule.name(),
        in_force: false,
        kind: kind.to_owned(),
        pauses: pauses.len(),
        cut_off: pauses.iter().filter(over_before).count(),
        spoken: pauses.iter().filter(spoken).count(),
        ends: waits.len(),
        wait: mean(&waits)
            .zip(summary)
            .map(|(mean, summary)| [mean, summary.median, summary.p95]),
        wait_at_5_percent: mean(&waits)
            .zip(stretch)
            .map(|(mean, stretch)| mean * stretch),
    }
}

/// By what all waits are to be multiplied so that 5 % of the pauses are cut off; `None` where there are too few of them to tell.
fn stretch(pauses: &[(f64, f64)]) -> Option<f64> {
    let mut ratios: Vec<f64> = pauses
        .iter()
        .map(|(goes_on, wait)| goes_on / wait.max(1.0))
        .collect();
    ratios.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred"
    )]
    let cut_off = (ratios.len() as f64 * COMPARED).floor() as usize;
    // So many may be longer than their stretched waits.
    let longest = ratios.len().checked_sub(cut_off + 1)?;
    (cut_off > 0).then(|| ratios.get(longest).copied())?
}

/// The rows as a table in Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = "| recordings | rule | pauses cut off | spoken into | wait at ends: mean | median | 95th percentile | mean with 5 % cut off |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    let seconds =
        |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{:.0} ms", value * 1e3));
    for row in rows {
        let share = row
            .spoken_share()
            .map_or(String::new(), |share| format!(", {:.0} %", share * 100.0));
        let wait = |index: usize| seconds(row.wait.and_then(|wait| wait.get(index).copied()));
        let kind = format!("{} ({} pauses, {} ends)", row.kind, row.pauses, row.ends);
        let rule = if row.in_force {
            format!("**{}**", row.rule)
        } else {
            row.rule.clone()
        };
        text.push_str(&format!(
            "| {} | {rule} | {} | {}{share} | {} | {} | {} | {} |\n",
            kind.replace('|', "\\|"),
            row.cut_off,
            row.spoken,
            wait(0),
            wait(1),
            wait(2),
            seconds(row.wait_at_5_percent),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(goes_on_ms: Option<f64>, transcript: &str, sound: f32) -> Found {
        Found {
            kind: "command".to_owned(),
            goes_on_ms,
            between_sentences: false,
            transcript: transcript.to_owned(),
            language: None,
            sound: Some(sound),
        }
    }

    #[test]
    fn she_speaks_into_a_pause_only_where_her_answer_is_there_as_well() {
        let found = [
            found(Some(300.0), "Turn on.", 0.1),
            found(Some(600.0), "It is the light.", 0.99),
            found(None, "What time is it?", 0.99),
        ];
        let rows = rows(&found, &Hearing::default(), 300.0);
        let row = |rule: &str| {
            let of_rule = |row: &&Row| row.rule == rule && row.kind == ALL;
            rows.iter().find(of_rule).unwrap()
        };
        let counts = |rule| (row(rule).pauses, row(rule).cut_off, row(rule).spoken);
        // The answer is there 360 ms after the last speech.
        assert_eq!(counts("250 ms"), (2, 2, 1));
        assert_eq!(counts("500 ms"), (2, 1, 1));
        assert_eq!(counts("700 ms"), (2, 0, 0));
        assert_eq!(counts("both, balanced"), (2, 1, 1));
        assert_eq!(row("both, balanced").wait, Some([0.25; 3]));
        assert!(row("both, balanced").in_force);
        assert!(table(&rows).contains("| **both, balanced** | 1 | 1, 50 % | 250 ms |"));
    }

    #[test]
    fn waits_are_stretched_until_a_twentieth_is_cut_off() {
        let pauses: Vec<(f64, f64)> = (1..=40).map(|n| (f64::from(n) * 100.0, 200.0)).collect();
        let stretch = stretch(&pauses).unwrap();
        let cut = pauses
            .iter()
            .filter(|(goes_on, wait)| wait * stretch < *goes_on)
            .count();
        assert_eq!(cut, 2);
        assert_eq!(super::stretch(&[(1.0, 1.0)]), None);
    }
}
