//! Log-mel features as Whisper's feature extractor makes them of 8 s, which is what Smart Turn takes.
//!
//! The reference is `_whisper_features.py` of pipecat-ai 1.14.0 (BSD-2-Clause, after Hugging Face Transformers, Apache-2.0). The
//! features agree with it within 1e-4; the sums are computed in 64 bits, as there.

use std::ops::Range;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

/// Samples that are looked at: the last 8 s at 16 kHz.
pub const SAMPLES: usize = 8 * 16_000;

/// Frequency bands.
pub const MELS: usize = 80;

/// Frames of 10 ms.
pub const FRAMES: usize = SAMPLES / HOP;

/// Samples of one Fourier transform, and from one to the next.
const N_FFT: usize = 400;
const HOP: usize = 160;
const BINS: usize = N_FFT / 2 + 1;

/// The energy of a band is at least this much.
const FLOOR: f64 = 1e-10;

/// Decades below the loudest band at which a band counts as silent.
const RANGE: f64 = 8.0;

/// Added to the variance of the waveform, so that silence is not divided by zero.
const EPSILON: f64 = 1e-7;

/// Computes features; holds the tables for that.
pub struct LogMel {
    fft: Arc<dyn RealToComplex<f64>>,
    window: Vec<f64>,
    bands: Vec<Band>,
}

/// A triangular filter: the bins where it is not zero, and its weight at each.
struct Band {
    bins: Range<usize>,
    weights: Vec<f64>,
}

impl Default for LogMel {
    fn default() -> Self {
        let turn = |index: usize| 2.0 * std::f64::consts::PI * index as f64 / N_FFT as f64;
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(N_FFT),
            window: (0..N_FFT)
                .map(|index| 0.5 - 0.5 * turn(index).cos())
                .collect(),
            bands: bands(),
        }
    }
}

impl LogMel {
    /// The features of the end of `samples` (16 kHz), [`MELS`] rows of [`FRAMES`], in about -1..=1. What is shorter than [`SAMPLES`]
    /// is preceded by silence.
    pub fn of(&self, samples: &[f32]) -> Vec<f32> {
        let waveform = normalised(samples);
        let mut rows = vec![FLOOR.log10(); MELS * FRAMES];
        let mut frame = self.fft.make_input_vec();
        let mut spectrum = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        for time in 0..FRAMES {
            for (index, (sample, weight)) in frame.iter_mut().zip(&self.window).enumerate() {
                *sample = weight * reflected(&waveform, time * HOP + index);
            }
            // Every length is the planner's own, so that this cannot fail; a frame that did would stay silent.
            let transformed =
                self.fft
                    .process_with_scratch(&mut frame, &mut spectrum, &mut scratch);
            if transformed.is_err() {
                continue;
            }
            for (band, row) in self.bands.iter().zip(rows.chunks_exact_mut(FRAMES)) {
                let bins = spectrum.get(band.bins.clone()).unwrap_or_default();
                let energy: f64 = bins
                    .iter()
                    .zip(&band.weights)
                    .map(|(bin, weight)| weight * bin.norm_sqr())
                    .sum();
                if let Some(value) = row.get_mut(time) {
                    *value = energy.max(FLOOR).log10();
                }
            }
        }
        let loudest = rows.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scaled = |value: f64| ((value.max(loudest - RANGE) + 4.0) / 4.0) as f32;
        rows.into_iter().map(scaled).collect()
    }
}

/// The last [`SAMPLES`] of `samples`, behind silence where there are fewer, with a mean of 0 and a variance of 1. What is not finite
/// is silence.
fn normalised(samples: &[f32]) -> Vec<f64> {
    let skipped = samples.len().saturating_sub(SAMPLES);
    let padding = SAMPLES.saturating_sub(samples.len());
    let end = samples.iter().skip(skipped);
    let end = end.map(|sample| {
        if sample.is_finite() {
            f64::from(*sample)
        } else {
            0.0
        }
    });
    let mut waveform: Vec<f64> = std::iter::repeat_n(0.0, padding).chain(end).collect();
    let count = SAMPLES as f64;
    let mean = waveform.iter().sum::<f64>() / count;
    let deviations = waveform.iter().map(|sample| (sample - mean).powi(2));
    let deviation = (deviations.sum::<f64>() / count + EPSILON).sqrt();
    for sample in &mut waveform {
        // The reference has this value in 32 bits.
        *sample = f64::from(((*sample - mean) / deviation) as f32);
    }
    waveform
}

/// The sample at `index` of `waveform` with half a window before and after it, in which it is mirrored.
fn reflected(waveform: &[f64], index: usize) -> f64 {
    let last = waveform.len().saturating_sub(1);
    let index = index.abs_diff(N_FFT / 2);
    let index = if index > last {
        (2 * last).saturating_sub(index)
    } else {
        index
    };
    waveform.get(index).copied().unwrap_or(0.0)
}

/// Slaney's mel scale: linear to 1 kHz, logarithmic above.
fn mel_to_hertz(mel: f64) -> f64 {
    if mel < 15.0 {
        200.0 * mel / 3.0
    } else {
        1_000.0 * (6.4_f64.ln() / 27.0 * (mel - 15.0)).exp()
    }
}

/// The highest frequency, 8 kHz, in mels.
fn highest_mel() -> f64 {
    15.0 + 8.0_f64.ln() * 27.0 / 6.4_f64.ln()
}

/// Filters of equal area from 0 to 8 kHz.
fn bands() -> Vec<Band> {
    let edge = |index: usize| mel_to_hertz(highest_mel() * index as f64 / (MELS + 1) as f64);
    let hertz = |bin: usize| 8_000.0 * bin as f64 / (BINS - 1) as f64;
    (0..MELS)
        .map(|index| {
            let (low, middle, high) = (edge(index), edge(index + 1), edge(index + 2));
            let weight = |bin: usize| {
                let up = (hertz(bin) - low) / (middle - low);
                let down = (high - hertz(bin)) / (high - middle);
                up.min(down).max(0.0) * 2.0 / (high - low)
            };
            let heard = |bin: &usize| weight(*bin) > 0.0;
            let first = (0..BINS).find(heard).unwrap_or(0);
            let end = (0..BINS).rfind(heard).map_or(first, |last| last + 1);
            Band {
                bins: first..end,
                weights: (first..end).map(weight).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{reference, signal};
    use super::*;

    #[test]
    fn features_are_those_of_the_reference() {
        let features = LogMel::default();
        for case in reference() {
            let found = features.of(&signal(case.seconds));
            assert_eq!(found.len(), MELS * FRAMES);
            for (index, expected) in case.features {
                let actual = found[index];
                assert!(
                    (actual - expected).abs() < 1e-4,
                    "{} s, {index}: {actual} instead of {expected}",
                    case.seconds
                );
            }
        }
    }

    #[test]
    fn silence_nothing_and_what_is_no_number_are_silent_all_over() {
        let features = LogMel::default();
        for samples in [vec![], vec![0.0; SAMPLES + 5], vec![f32::NAN; 100]] {
            let found = features.of(&samples);
            assert!(found.iter().all(|value| *value == found[0]), "{}", found[0]);
        }
    }
}
