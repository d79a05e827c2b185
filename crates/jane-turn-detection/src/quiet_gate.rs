//! Tells when a room is so quiet that nobody can have begun to speak, so that the voice detector's network need not look.
//!
//! Nobody begins to speak without becoming louder than the room was. The room's level is followed: down at once, up slowly. Nothing is
//! decided here about speech: whatever is a little louder is looked at.

use super::level_db;
use jane_audio::SPEECH_RATE;

/// dB over the room's level from which a window is looked at. Steady noise stays within 2 dB in a window of 32 ms; a voice that is as
/// loud as the noise around it rises 8 dB out of it.
const ABOVE_ROOM: f32 = 3.5;

/// How fast the room's level rises, in dB a second: no voice stays level for that long.
const RISE: f32 = 3.0;

/// Below this level, in dB below full scale, nobody is understood: most microphones' own noise is louder.
const INAUDIBLE: f32 = -80.0;

/// Samples that are looked at after the last that was louder, or that was speech: pauses and quiet ends of words among them.
const LINGER: usize = 2 * SPEECH_RATE as usize;

/// Probability of speech from which somebody may be speaking.
const SPEECH: f32 = 0.1;

/// Follows one room.
#[derive(Debug)]
pub struct QuietGate {
    room_db: f32,
    /// Samples for which it stays open.
    open_for: usize,
}

impl Default for QuietGate {
    /// Nothing is known of the room: everything is looked at for a while.
    fn default() -> Self {
        Self {
            room_db: 0.0,
            open_for: LINGER,
        }
    }
}

impl QuietGate {
    /// Whether the next window has to be looked at.
    pub fn opens(&mut self, window: &[f32]) -> bool {
        let level = level_db(window);
        let is_louder = level > INAUDIBLE && level > self.room_db + ABOVE_ROOM;
        let risen = self.room_db + RISE * window.len() as f32 / SPEECH_RATE as f32;
        self.room_db = level.min(risen);
        if is_louder {
            self.open_for = LINGER;
        } else {
            self.open_for = self.open_for.saturating_sub(window.len());
        }
        self.open_for > 0
    }

    /// The detector has looked, and found this.
    pub fn found(&mut self, probability: f32) {
        if probability >= SPEECH {
            self.open_for = LINGER;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: usize = 512;

    /// Noise of this amplitude (a linear congruential generator).
    fn noise(seed: &mut u32, amplitude: f32) -> Vec<f32> {
        let mut sample = || {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            amplitude * ((*seed >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        (0..WINDOW).map(|_| sample()).collect()
    }

    #[test]
    fn steady_noise_of_any_loudness_is_left_alone_after_a_while_and_a_voice_is_not() {
        for room in [0.0, 0.0005, 0.01, 0.1] {
            let (mut gate, mut seed) = (QuietGate::default(), 1);
            let mut looked = 0;
            for _ in 0..2_000 {
                looked += usize::from(gate.opens(&noise(&mut seed, room)));
            }
            assert!(looked < 70, "{room}: {looked}");
            // As loud as the room itself, and at its loudest for one window.
            let voice = noise(&mut seed, f32::max(0.001, 2.0 * room));
            assert!(gate.opens(&voice), "{room}");
            for _ in 0..LINGER / WINDOW - 2 {
                assert!(gate.opens(&noise(&mut seed, room)), "{room}");
            }
            assert!(
                (0..3).any(|_| !gate.opens(&noise(&mut seed, room))),
                "{room}"
            );
        }
    }

    #[test]
    fn speech_keeps_it_open_however_level_it_is() {
        let (mut gate, mut seed) = (QuietGate::default(), 1);
        for _ in 0..2_000 {
            assert!(gate.opens(&noise(&mut seed, 0.01)));
            gate.found(0.4);
        }
    }
}
