//! What a measurement gives: numbers of several runs, or the reason why there are none.

use serde::{Deserialize, Serialize};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Seconds,
    TokensPerSecond,
    Tokens,
    /// Of one; shown in per cent.
    Share,
    /// Of 10^6 bytes.
    Megabytes,
    /// Seconds of computing for a second of sound.
    RealTimeFactor,
}

impl Unit {
    /// `value` as people read it.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Seconds if value.abs() < 1e-3 => format!("{:.0} µs", value * 1e6),
            Self::Seconds if value.abs() < 1e-2 => format!("{:.1} ms", value * 1e3),
            Self::Seconds if value.abs() < 1.0 => format!("{:.0} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
            Self::TokensPerSecond => format!("{value:.1} tokens/s"),
            Self::Tokens => format!("{value:.0} tokens"),
            Self::Share => format!("{:.1} %", value * 100.0),
            Self::Megabytes => format!("{value:.0} MB"),
            Self::RealTimeFactor => format!("{value:.3}"),
        }
    }
}

/// The numbers of several runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub runs: usize,
    pub least: f64,
    /// The one in the middle; of an even number the mean of the two in the middle.
    pub median: f64,
    /// The 95th percentile: the smallest number that at least 95 % of the runs do not exceed.
    pub p95: f64,
    pub most: f64,
}

impl Summary {
    /// `None` where there was no run. What is not a number is left out.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values
            .into_iter()
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        let at = |rank: usize| values.get(rank).copied();
        // The nearest-rank method.
        let p95 = (values.len() * 95).div_ceil(100).saturating_sub(1);
        Some(Self {
            runs: values.len(),
            least: at(0)?,
            median: f64::midpoint(
                at((values.len().checked_sub(1)?) / 2)?,
                at(values.len() / 2)?,
            ),
            p95: at(p95)?,
            most: at(values.len() - 1)?,
        })
    }
}

/// What came of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    Runs(Summary),
    /// Why it cannot be measured on this machine, or with this configuration.
    Not(String),
}

/// One thing that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Names it to programs and to the goals, such as `stt.latency`.
    pub key: String,
    pub name: String,
    pub unit: Unit,
    pub measured: Measured,
    /// Runs that came to no number, because what was measured failed.
    #[serde(default)]
    pub failed: usize,
    /// Whether something else took the machine's time while it was measured.
    #[serde(default)]
    pub disturbed: bool,
}

impl Metric {
    /// A figure of `values`; where there are none, nothing could be measured.
    pub fn new(key: &str, name: &str, unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let measured = match Summary::of(values) {
            Some(summary) => Measured::Runs(summary),
            None => Measured::Not("no run came to its end".to_owned()),
        };
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            unit,
            measured,
            failed: 0,
            disturbed: false,
        }
    }

    /// The same, of which so many more runs failed.
    #[must_use]
    pub fn failed(self, failed: usize) -> Self {
        Self { failed, ..self }
    }

    /// A figure that cannot be had.
    pub fn missing(key: &str, name: &str, unit: Unit, reason: impl Into<String>) -> Self {
        Self {
            measured: Measured::Not(reason.into()),
            ..Self::new(key, name, unit, [])
        }
    }

    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        match &self.measured {
            Measured::Runs(summary) => Some(summary),
            Measured::Not(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred_and_a_median_lies_in_the_middle() {
        let summary = Summary::of((1..=20).map(f64::from)).unwrap();
        assert_eq!((summary.least, summary.median), (1.0, 10.5));
        assert_eq!(Summary::of([3.0, 1.0, 2.0]).unwrap().median, 2.0);
        assert_eq!((summary.p95, summary.most), (19.0, 20.0));
        assert_eq!(Summary::of([7.0]).unwrap().p95, 7.0);
        assert_eq!(Summary::of([f64::NAN]), None);
    }

    #[test]
    fn times_are_shown_in_the_unit_that_fits() {
        let shown = [0.000_012, 0.0042, 0.42, 4.2].map(|seconds| Unit::Seconds.show(seconds));
        assert_eq!(shown, ["12 µs", "4.2 ms", "420 ms", "4.20 s"]);
    }
}
