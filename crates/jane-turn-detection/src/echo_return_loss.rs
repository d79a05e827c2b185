//! How loud Jane comes back through the microphone, before anything is cancelled.
//!
//! With headphones, or a loudspeaker far away, that is next to nothing: what is captured then while she speaks is somebody else's,
//! whatever the canceller, which does not know the room yet, makes of it.

/// Share of a new, louder value that is taken over: the loudest moments count.
const UP: f32 = 0.3;

/// Share of a new, quieter one. From as loud as she is played it takes about a second to headphones.
const DOWN: f32 = 0.15;

/// Share of one that is too loud to be hers: somebody speaks, for a second or two, unless she was turned up.
const TOO_LOUD: f32 = 0.0005;

/// So many times louder than she was of late, 16 dB, is somebody else.
const MARGIN: f32 = 40.0;

/// What is played below this power, -60 dB, tells nothing.
const AUDIBLE: f32 = 1e-6;

/// The ratio of the powers that are captured and played.
#[derive(Debug)]
pub struct EchoReturnLoss(f32);

impl Default for EchoReturnLoss {
    /// Until something was played: as loud as it is played.
    fn default() -> Self {
        Self(1.0)
    }
}

impl EchoReturnLoss {
    /// Takes the power of a window that was captured while she was `played`, her reverberation included. Whether it is far too
    /// loud to be hers.
    pub fn is_somebody_else(&mut self, captured: f32, played: f32) -> bool {
        if played < AUDIBLE {
            return false;
        }
        let ratio = captured / played;
        let somebody = ratio > MARGIN * self.0;
        let share = match ratio {
            _ if somebody => TOO_LOUD,
            ratio if ratio > self.0 => UP,
            _ => DOWN,
        };
        self.0 += share * (ratio - self.0);
        somebody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_headphones_whoever_speaks_is_somebody_else_after_a_second() {
        let mut coupling = EchoReturnLoss::default();
        let windows = (0..60).map(|_| coupling.is_somebody_else(1e-7, 0.01));
        assert!(windows.into_iter().all(|somebody| !somebody));
        assert!((0..10).all(|_| coupling.is_somebody_else(0.003, 0.01)));
    }

    #[test]
    fn where_she_is_heard_a_person_as_loud_is_left_to_the_canceller() {
        let mut coupling = EchoReturnLoss::default();
        for _ in 0..60 {
            coupling.is_somebody_else(0.002, 0.01);
        }
        assert!(!coupling.is_somebody_else(0.006, 0.01));
        assert!(!coupling.is_somebody_else(0.5, 1e-9), "she is silent");
    }
}
