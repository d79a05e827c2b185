//! How long the stages of turns take, over all turns.

use std::collections::BTreeMap;

use jane_core::event::Waterfall;
use serde::{Deserialize, Serialize};

/// The upper bounds of the buckets, in seconds. The performance goals (0.5, 1, 2, 3 and 5 s) are among them.
pub const BOUNDS: [f64; 13] = [
    0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0,
];

/// Times, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    pub count: u64,
    pub sum_seconds: f64,
    /// How many lie between the bound before and this one: pairs of [`BOUNDS`] and counts. What is longer than the last is in none.
    pub buckets: Vec<(f64, u64)>,
}

/// A histogram for each stage that happened, by its name in [`Waterfall::stages`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histograms(pub BTreeMap<String, Histogram>);

impl Histogram {
    pub(super) fn add(&mut self, milliseconds: u64) {
        if self.buckets.is_empty() {
            self.buckets = BOUNDS.iter().map(|bound| (*bound, 0)).collect();
        }
        let seconds = milliseconds as f64 / 1000.0;
        self.count += 1;
        self.sum_seconds += seconds;
        let bucket = self.buckets.iter_mut().find(|(bound, _)| seconds <= *bound);
        if let Some((_, count)) = bucket {
            *count += 1;
        }
    }
}

impl Histograms {
    pub(super) fn add(&mut self, waterfall: &Waterfall) {
        for (stage, milliseconds) in waterfall.stages() {
            if let Some(milliseconds) = milliseconds {
                self.0
                    .entry(stage.to_owned())
                    .or_default()
                    .add(milliseconds);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_bucket_that_ends_at_it_and_a_very_long_one_in_none() {
        let mut histogram = Histogram::default();
        for milliseconds in [500, 501, 31_000] {
            histogram.add(milliseconds);
        }
        let counted: Vec<(f64, u64)> = histogram
            .buckets
            .iter()
            .copied()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(counted, [(0.5, 1), (0.75, 1)]);
        assert_eq!(histogram.count, 3);
        assert!((histogram.sum_seconds - 32.001).abs() < 1e-9);
    }
}
