//! Changes the sample rate of a mono stream.
//!
//! The filter's delay is removed: sample `n` of the input is heard at `n × to / from` of the output,
//! and after [`Resampler::finish`] the output is as long as the input to within one sample. No more
//! than one filter block (about 20 ms; up to two seconds where the rates share no factor) is held back.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use super::AudioError;

/// The sample rates that are accepted, in Hz: telephone and below up to the highest of studio converters.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// A streaming resampler for one channel.
pub struct Resampler {
    from: u32,
    to: u32,
    /// Absent where the rates are equal.
    filter: Option<Fft<f32>>,
    /// What was pushed and does not fill a block of the filter yet.
    waiting: Vec<f32>,
    /// Samples of the filter's delay that are still to be dropped from its output.
    delay: usize,
    samples_in: u64,
    samples_out: u64,
}

impl Resampler {
    /// A resampler from `from` Hz to `to` Hz; an error where one is outside 1 kHz to 384 kHz.
    pub fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        for sample_rate in [from, to] {
            if !RATES.contains(&sample_rate) {
                return Err(AudioError::UnsupportedRate { sample_rate });
            }
        }
        // About 20 ms a block: the transition band is then some 200 Hz wide at any rate. The block is
        // even on both sides, for the filter's delay is half of it.
        let unit = 2 * (from / greatest_common_divisor(from, to));
        let block = (from / 50).next_multiple_of(unit);
        let filter = if from == to {
            None
        } else {
            let filter = Fft::new(
                from as usize,
                to as usize,
                block as usize,
                1,
                FixedSync::Both,
            )
            .map_err(|_| AudioError::UnsupportedRate { sample_rate: from })?;
            Some(filter)
        };
        Ok(Self {
            from,
            to,
            delay: filter.as_ref().map_or(0, |filter| filter.output_delay()),
            filter,
            waiting: Vec::new(),
            samples_in: 0,
            samples_out: 0,
        })
    }

    /// Takes samples and returns those that are ready; may be none, or more than fit these alone.
    pub fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.samples_in += samples.len() as u64;
        let Some(filter) = &mut self.filter else {
            self.samples_out = self.samples_in;
            return samples.to_vec();
        };
        self.waiting.extend_from_slice(samples);
        let mut ready = Vec::new();
        let block = filter.input_frames_next();
        let mut blocks = self.waiting.chunks_exact(block);
        for block in &mut blocks {
            ready.extend(run(filter, block));
        }
        self.waiting = blocks.remainder().to_vec();

        let dropped = self.delay.min(ready.len());
        ready.drain(..dropped);
        self.delay -= dropped;
        self.samples_out += ready.len() as u64;
        ready
    }

    /// Returns what was held back, and is then as new.
    pub fn finish(&mut self) -> Vec<f32> {
        let wanted = (self.samples_in * u64::from(self.to)).div_ceil(u64::from(self.from));
        let mut tail = Vec::new();
        if let Some(block) = self
            .filter
            .as_ref()
            .map(|filter| filter.input_frames_next())
        {
            // Silence pushes the rest through the filter.
            let silence = vec![0.0; block];
            while self.samples_out < wanted {
                tail.extend(self.push(&silence));
            }
            tail.truncate(tail.len() - (self.samples_out - wanted).min(tail.len() as u64) as usize);
        }
        if let Some(filter) = &mut self.filter {
            filter.reset();
            self.delay = filter.output_delay();
        }
        self.waiting.clear();
        (self.samples_in, self.samples_out) = (0, 0);
        tail
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// One block through the filter.
fn run(filter: &mut Fft<f32>, block: &[f32]) -> Vec<f32> {
    InterleavedSlice::new(block, 1, block.len())
        .ok()
        .and_then(|input| filter.process(&input, None).ok())
        // Only sizes and channel counts can be wrong, and both are the filter's own.
        .map_or_else(
            || vec![0.0; filter.output_frames_max()],
            |output| output.take_data(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn sine(frequency: f64, rate: u32, seconds: f64) -> Vec<f32> {
        let samples = (f64::from(rate) * seconds) as usize;
        (0..samples)
            .map(|n| 0.5 * (TAU * frequency * n as f64 / f64::from(rate)).sin() as f32)
            .collect()
    }

    fn resample(samples: &[f32], from: u32, to: u32, step: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for block in samples.chunks(step) {
            out.extend(resampler.push(block));
        }
        out.extend(resampler.finish());
        out
    }

    #[test]
    fn a_sine_stays_the_same_sine_at_the_same_place() {
        for from in [
            8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000,
        ] {
            let out = resample(&sine(1_000.0, from, 1.0), from, 16_000, 333);
            let expected = sine(1_000.0, 16_000, 1.0);
            assert!(
                out.len().abs_diff(expected.len()) <= 1,
                "{from}: {}",
                out.len()
            );
            // The ends ring; sample by sample equality in the middle shows delay, level and pitch.
            let worst = out.iter().zip(&expected).skip(800).take(14_400);
            let worst = worst.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.005, "{from}: off by {worst}");
        }
    }

    #[test]
    fn what_would_alias_is_filtered_out() {
        for (from, frequency) in [(48_000, 9_000.0), (44_100, 12_000.0), (96_000, 30_000.0)] {
            let out = resample(&sine(frequency, from, 1.0), from, 16_000, 4_800);
            let middle = &out[1_000..15_000];
            let power = middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32;
            let decibels = 10.0 * (power / 0.125).log10();
            assert!(decibels < -60.0, "{frequency} Hz at {from}: {decibels} dB");
        }
    }

    #[test]
    fn equal_rates_pass_through_and_finish_starts_anew() {
        let input = sine(440.0, 16_000, 0.1);
        assert_eq!(resample(&input, 16_000, 16_000, 7), input);

        let mut resampler = Resampler::new(22_050, 48_000).unwrap();
        let input = sine(440.0, 22_050, 0.3);
        let mut once = || [resampler.push(&input), resampler.finish()].concat();
        assert_eq!(once(), once());
        assert!(resampler.finish().is_empty());
    }

    #[test]
    fn hostile_rates_are_refused() {
        for (from, to) in [(0, 16_000), (16_000, 0), (999, 16_000), (u32::MAX, 16_000)] {
            assert!(Resampler::new(from, to).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_length_is_kept(from in 1_000u32..100_000, to in 1_000u32..100_000, samples in 0usize..5_000, step in 1usize..2_000) {
            let out = resample(&vec![0.25; samples], from, to, step).len() as f64;
            let expected = samples as f64 * f64::from(to) / f64::from(from);
            prop_assert!((out - expected).abs() <= 1.0, "{out} for {expected}");
        }
    }
}
