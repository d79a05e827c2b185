//! What changed since the last report.

use super::Report;
use crate::bench::metric::Unit;
use crate::bench::stt::Kind;

/// A change that is smaller than this share is no news: runs differ by as much.
const NEWS: f64 = 0.1;

/// One word more or less that is misheard is no news.
const FEWEST_ERRORS: usize = 2;

/// A figure in two reports, by its medians.
pub struct Change {
    pub name: String,
    pub before: String,
    pub now: String,
    /// As a share of what it was; `None` where it was nothing.
    pub by: Option<f64>,
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
    if last.stamp.engines != now.stamp.engines {
        caveats.push("other settings of the engines");
    }
    if last.stamp.skills != now.stamp.skills {
        caveats.push("other skills");
    }
    if last.stamp.recordings != now.stamp.recordings {
        caveats.push("other recordings");
    }
    if last.stamp.sections != now.stamp.sections {
        caveats.push("other parts");
    }
    if !last.warnings().is_empty() {
        caveats.push("it was disturbed");
    }
    if last.stamp.quick != now.stamp.quick {
        caveats.push("one of both was quick");
    }
    caveats
}

/// The figures that both have.
pub fn changes(last: &Report, now: &Report) -> Vec<Change> {
    let change = |figure: &crate::bench::Metric| {
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
            by: Some(by),
            verdict,
        })
    };
    let figures = now.figures.iter().filter_map(change);
    figures.chain(word_errors(last, now)).collect()
}

/// Word errors by kind, where both reports are about the same words.
fn word_errors(last: &Report, now: &Report) -> impl Iterator<Item = Change> {
    let same = last.stamp.recordings == now.stamp.recordings;
    let kinds = now.kinds.iter().filter(move |kind| same && kind.words > 0);
    kinds.filter_map(move |kind| {
        let before = last.kinds.iter().find(|before| before.kind == kind.kind)?;
        if before.words != kind.words {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "word counts are small")]
        let rate = |kind: &Kind| kind.errors as f64 / kind.words as f64;
        let by = (before.errors > 0).then(|| rate(kind) / rate(before) - 1.0);
        let is_news = kind.errors.abs_diff(before.errors) >= FEWEST_ERRORS
            && by.is_none_or(|by| by.abs() >= NEWS);
        Some(Change {
            name: format!("word error rate, `{}`", kind.kind),
            before: Unit::Share.show(rate(before)),
            now: Unit::Share.show(rate(kind)),
            by,
            verdict: match (is_news, kind.errors < before.errors) {
                (false, _) => "",
                (true, true) => "better",
                (true, false) => "worse",
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::metric::Summary;
    use crate::bench::report::tests::report as sample;

    /// A report in which of each kind so many words, and of them so many wrong, were heard.
    fn report(kinds: &[(&str, usize, usize)]) -> Report {
        let kind = |(kind, words, errors): &(&str, usize, usize)| Kind {
            kind: (*kind).to_owned(),
            clips: 1,
            words: *words,
            errors: *errors,
            invented: 0,
            seconds: Summary::of([1.0]).unwrap(),
            real_time_factor: 0.1,
        };
        Report {
            figures: Vec::new(),
            kinds: kinds.iter().map(kind).collect(),
            ..sample("2026-01-01T00:00:00Z", 0.1)
        }
    }

    #[test]
    fn word_errors_are_compared_by_kind_over_the_same_words() {
        let last = report(&[("command", 75, 0), ("speech", 286, 33), ("wake", 32, 5)]);
        let now = report(&[("command", 75, 3), ("speech", 286, 32), ("wake", 31, 1)]);
        let changes = changes(&last, &now);
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.name.as_str(), change.before.as_str(), change.verdict))
            .collect();
        assert_eq!(
            told,
            [
                ("word error rate, `command`", "0.0 %", "worse"),
                ("word error rate, `speech`", "11.5 %", ""),
            ]
        );
    }

    #[test]
    fn what_differs_in_what_was_measured_is_said() {
        let last = report(&[]);
        assert_eq!(caveats(&last, &last), ["it was disturbed"]);
        let mut now = report(&[("speech", 286, 33)]);
        now.stamp.engines = "b".to_owned();
        now.stamp.recordings = None;
        assert_eq!(
            caveats(&last, &now),
            [
                "other settings of the engines",
                "other recordings",
                "it was disturbed"
            ]
        );
        // Nothing is held against other recordings.
        assert!(changes(&report(&[("speech", 286, 3)]), &now).is_empty());
    }
}
