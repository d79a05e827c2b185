//! Where ONNX Runtime is absent: what is clearly louder than the noise around it counts as speech.
//!
//! It takes music, horns and doors for speech, which Silero does not; `jane doctor` says which of the two is at work.

use super::{VoiceDetector, level_db};
use jane_audio::SPEECH_RATE;

/// Samples that are judged at a time: 20 ms.
const WINDOW: usize = SPEECH_RATE as usize / 50;

/// dB over the noise floor at which the probability is 0.5, and those that lead from 0 to 1 around it.
const ABOVE_FLOOR: f32 = 10.0;
const WIDTH: f32 = 10.0;

/// How fast the floor rises, in dB a second: slower than any sentence, quick enough for a fan that was switched on.
const RISE: f32 = 3.0;

/// Share of the way that the floor falls in a window: at once in the pause between two words.
const FALL: f32 = 0.3;

/// The floor's limits in dB below full scale: silence with dither, and a room too loud to talk in.
const FLOOR: (f32, f32) = (-70.0, -30.0);

/// Where the floor is before anything was heard: a quiet room.
const FIRST_FLOOR: f32 = -55.0;

/// The detector, with the level of the noise so far.
#[derive(Debug)]
pub struct EnergyDetector {
    floor: f32,
}

impl Default for EnergyDetector {
    fn default() -> Self {
        Self { floor: FIRST_FLOOR }
    }
}

impl VoiceDetector for EnergyDetector {
    fn probability(&mut self, window: &[f32]) -> f32 {
        let level = loudness(window);
        let probability = 0.5 + (level - self.floor - ABOVE_FLOOR) / WIDTH;
        let floor = if level < self.floor {
            self.floor + FALL * (level - self.floor)
        } else {
            self.floor + RISE * window.len() as f32 / SPEECH_RATE as f32
        };
        self.floor = floor.clamp(FLOOR.0, FLOOR.1);
        probability.clamp(0.0, 1.0)
    }

    fn window(&self) -> usize {
        WINDOW
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The level without a constant offset, in dB.
fn loudness(window: &[f32]) -> f32 {
    let mean = window.iter().sum::<f32>() / window.len().max(1) as f32;
    let centred: Vec<f32> = window.iter().map(|sample| sample - mean).collect();
    level_db(&centred)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of a tone of this amplitude on a constant offset.
    fn tone(amplitude: f32) -> Vec<f32> {
        let sample = |at: usize| 0.05 + amplitude * (at as f32 * 0.3).sin();
        (0..WINDOW).map(sample).collect()
    }

    fn last(detector: &mut EnergyDetector, amplitude: f32, windows: usize) -> f32 {
        let mut probability = 0.0;
        for _ in 0..windows {
            probability = detector.probability(&tone(amplitude));
        }
        probability
    }

    #[test]
    fn what_is_louder_than_the_noise_is_speech_whatever_the_noise() {
        for noise in [0.0005, 0.002, 0.01] {
            let mut detector = EnergyDetector::default();
            assert_eq!(last(&mut detector, noise, 1_000), 0.0, "{noise}");
            assert_eq!(last(&mut detector, noise * 20.0, 10), 1.0, "{noise}");
            assert_eq!(last(&mut detector, noise, 10), 0.0, "{noise}");
        }
    }

    #[test]
    fn a_fan_that_was_switched_on_is_noise_after_some_seconds() {
        let mut detector = EnergyDetector::default();
        last(&mut detector, 0.0005, 500);
        assert_eq!(last(&mut detector, 0.01, 10), 1.0);
        assert_eq!(last(&mut detector, 0.01, 750), 0.0);
    }
}
