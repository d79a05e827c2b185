//! Whether what Jane plays comes back through the microphone at all. With headphones it does not, and nobody's speech may suffer there.
//!
//! What was captured is held against what was played in the half second before, by a cross-correlation in which every frequency counts
//! alike (GCC-PHAT): an echo stands out at its delay, whatever the room does to its colour, and another person's voice seldom. Where it
//! does, what is captured goes through the canceller, as if there were an echo. Measured as in `tests/it/hearing.rs`: with headphones, of 57
//! people who speak in her first second 51 are heard (13 without this), and of 54 scenes of her own voice in rooms none makes her quieter.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::power;
use jane_audio::SPEECH_RATE;
use jane_audio::duplex::Frame;

/// Samples that are captured at a time: 128 ms.
const WINDOW: usize = 2_048;

/// Samples by which an echo comes later than what was played, at most: half a second.
const LATEST: usize = SPEECH_RATE as usize / 2;

/// Samples by which it may come earlier, where the devices misjudge what they hold.
const EARLIEST: usize = 256;

/// Samples of a transform: a window at every delay, without wrapping around.
const LENGTH: usize = 16_384;

/// Frequencies that count, in Hz: where voices and loudspeakers are.
const LOWEST: usize = 200;
const HIGHEST: usize = 6_000;

/// What is left of what earlier windows have shown.
const KEPT: f32 = 0.9;

/// So many times the root mean square over all delays is an echo.
const STANDS_OUT: f32 = 10.0;

/// Samples louder than this, of which there have to be so many on both sides: two short sounds are alike whatever they are.
const SOUND: f32 = 1e-3;
const LEAST: usize = 800;

/// Captured sound below this power, -60 dB, tells nothing.
const AUDIBLE: f32 = 1e-6;

/// Looks for an echo until there is one.
pub struct Acoustics {
    captured: VecDeque<f32>,
    played: VecDeque<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    /// By delay, from [`EARLIEST`] before to [`LATEST`] after what was played.
    found: Vec<f32>,
    echoes: bool,
    /// Samples since something was played.
    unplayed: usize,
}

impl Default for Acoustics {
    fn default() -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            captured: VecDeque::from(vec![0.0; WINDOW + EARLIEST]),
            played: VecDeque::from(vec![0.0; LATEST + WINDOW + EARLIEST]),
            forward: planner.plan_fft_forward(LENGTH),
            backward: planner.plan_fft_inverse(LENGTH),
            found: vec![0.0; LATEST + EARLIEST],
            echoes: false,
            unplayed: usize::MAX,
        }
    }
}

impl Acoustics {
    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame) {
        self.unplayed = if power(&frame.played) < AUDIBLE {
            self.unplayed.saturating_add(frame.played.len())
        } else {
            0
        };
        shift(&mut self.captured, &frame.captured);
        shift(&mut self.played, &frame.played);
    }

    /// Whether the last window, which `captured` ends, is certainly not hers: it can be heard, and she has never come back so far.
    pub fn is_without_echo(&mut self, captured: &[f32]) -> bool {
        if !self.echoes && self.unplayed < LATEST + WINDOW {
            self.look();
        }
        !self.echoes && power(captured) >= AUDIBLE
    }

    /// Whether she has come back.
    #[cfg(test)]
    pub fn echoes(&self) -> bool {
        self.echoes
    }

    /// The devices are others, perhaps.
    pub fn forget(&mut self) {
        self.echoes = false;
        self.found.fill(0.0);
    }

    fn look(&mut self) {
        let mut captured: Vec<f32> = self.captured.iter().take(WINDOW).copied().collect();
        let mut played: Vec<f32> = self.played.iter().copied().collect();
        if power(&captured) < AUDIBLE || power(&played) < AUDIBLE {
            return;
        }
        let since = |of: &[f32]| of.iter().position(|sample| sample.abs() > SOUND);
        let (Some(heard), Some(said)) = (since(&captured), since(&played)) else {
            return;
        };
        if captured.len() - heard < LEAST || played.len() - said < LEAST {
            return;
        }
        taper(&mut captured);
        captured.resize(LENGTH, 0.0);
        played.resize(LENGTH, 0.0);
        let Some(correlation) = self.correlation(&mut captured, &mut played) else {
            return;
        };
        // At the place p the window lies p samples into what was played: the later the place, the shorter the delay.
        let places = correlation
            .first()
            .into_iter()
            .chain(correlation.iter().rev());
        for (found, now) in self.found.iter_mut().zip(places) {
            *found = KEPT * *found + now;
        }
        // Where nothing was played yet there is nothing to compare with.
        let possible = self
            .found
            .get(said.saturating_sub(WINDOW)..)
            .unwrap_or_default();
        let most = possible
            .iter()
            .fold(0.0_f32, |most, found| most.max(found.abs()));
        self.echoes = most > STANDS_OUT * power(possible).sqrt();
        if self.echoes {
            tracing::debug!("what is played comes back through the microphone");
        }
    }

    /// The correlation at every place, every frequency with the same weight; `None` only where a transform fails.
    fn correlation(&self, captured: &mut [f32], played: &mut [f32]) -> Option<Vec<f32>> {
        let mut one = self.forward.make_output_vec();
        let mut other = self.forward.make_output_vec();
        self.forward.process(captured, &mut one).ok()?;
        self.forward.process(played, &mut other).ok()?;
        let band = LOWEST * LENGTH / SPEECH_RATE as usize..HIGHEST * LENGTH / SPEECH_RATE as usize;
        for (at, (one, other)) in one.iter_mut().zip(&other).enumerate() {
            let both = *one * other.conj();
            let size = both.norm();
            *one = if band.contains(&at) && size > 0.0 {
                both / size
            } else {
                Complex::default()
            };
        }
        let mut correlation = self.backward.make_output_vec();
        self.backward.process(&mut one, &mut correlation).ok()?;
        Some(correlation)
    }
}

fn shift(ring: &mut VecDeque<f32>, block: &[f32]) {
    ring.drain(..block.len().min(ring.len()));
    ring.extend(block);
}

/// Fades a window in and out (Hann), so that its edges are no sound.
#[expect(
    clippy::cast_precision_loss,
    reason = "a window has a few thousand samples"
)]
fn taper(window: &mut [f32]) {
    let step = std::f32::consts::TAU / window.len().max(1) as f32;
    for (at, sample) in window.iter_mut().enumerate() {
        *sample *= 0.5 - 0.5 * (step * at as f32).cos();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jane_audio::duplex::FRAME;

    /// Noise whose loudness changes as a voice's does (splitmix64).
    fn voice(seed: u64, samples: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x5851_f42d_4c95_7f2d);
        let sample = |at: usize| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let noise = ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0;
            noise * 0.2 * (at as f32 / 1_600.0).sin().abs()
        };
        (0..samples).map(sample).collect()
    }

    /// The milliseconds until an echo is found, if one is.
    fn found_after(captured: &[f32], played: &[f32]) -> Option<usize> {
        let mut acoustics = Acoustics::default();
        let frames = captured.chunks_exact(FRAME).zip(played.chunks_exact(FRAME));
        for (at, (captured, played)) in frames.enumerate() {
            acoustics.push(&Frame {
                captured: captured.try_into().unwrap(),
                played: played.try_into().unwrap(),
            });
            if at % 3 == 2 {
                acoustics.is_without_echo(captured);
            }
            if acoustics.echoes() {
                return Some(at * 10);
            }
        }
        None
    }

    #[test]
    fn an_echo_is_found_at_any_delay_and_another_voice_is_none() {
        let played = voice(1, 32_000);
        for delay in [0, 640, 1_920, 6_000] {
            let mut echo = vec![0.0; delay];
            echo.extend(played.iter().map(|sample| 0.3 * sample));
            let after = found_after(&echo, &played).unwrap();
            assert!(after <= delay / 16 + 200, "{delay}: {after} ms");
        }
        for seed in 2..6 {
            assert_eq!(found_after(&voice(seed, 32_000), &played), None);
        }
        assert_eq!(found_after(&vec![0.0; 32_000], &played), None);
    }

    #[test]
    fn what_is_loud_without_an_echo_is_somebody_elses_until_there_is_one() {
        let mut acoustics = Acoustics::default();
        assert!(acoustics.is_without_echo(&[0.1; 512]));
        assert!(!acoustics.is_without_echo(&[0.0; 512]));
        acoustics.echoes = true;
        assert!(!acoustics.is_without_echo(&[0.1; 512]));
        acoustics.forget();
        assert!(acoustics.is_without_echo(&[0.1; 512]));
    }
}
