//! How long a silence ends a turn: one estimate of "is done" out of what was said and how it sounded, and the wait that it is worth.
//!
//! The estimate is a logistic regression over 60 pauses inside sentences and 127 ends of turns in recordings (`jane bench --only turns`
//! finds them in any folder), fitted with the words of Whisper tiny.en. Both together, because each alone says little: recognisers
//! put a full stop behind anything, and people read a line of a poem as if it were the last one.

use super::signs::{Form, Signs, signs};
use super::turn_completion::sounds_complete;
use jane_config::{Hearing, Patience};

/// What is known of an utterance at its pause.
#[derive(Clone, Copy, Debug)]
pub struct Paused<'a> {
    pub transcript: &'a str,
    /// As the recogniser names it: "en".
    pub language: Option<&'a str>,
    /// What Smart Turn makes of the sound, 0..=1; `None` where it is not installed, or not done.
    pub sound: Option<f32>,
    /// A skill understood it as a whole request, and asks nothing back.
    pub is_understood: bool,
}

impl Paused<'_> {
    /// The odds that the turn is over, as a natural logarithm; `None` where the sound is not known. Of pauses and ends in equal
    /// numbers, half are ends at about -0.75.
    #[must_use]
    pub fn log_odds(&self) -> Option<f32> {
        let sound = self.sound?.clamp(LEAST_SURE, 1.0 - LEAST_SURE);
        let Signs {
            form,
            ends_in_number,
        } = signs(self.transcript, self.language);
        let form = if self.is_understood {
            Form::Request
        } else {
            form
        };
        let by_form = match form {
            Form::Request => 1.14,
            Form::Short => 0.52,
            // The mean of requests and statements: nobody knows which it is.
            Form::Foreign => 0.57,
            Form::Statement => 0.0,
            Form::Unfinished => -0.83,
        };
        let by_number = if ends_in_number && !self.is_understood {
            -0.82
        } else {
            0.0
        };
        Some(0.24 + 0.25 * (sound / (1.0 - sound)).ln() + by_form + by_number)
    }

    /// Milliseconds of silence that end the turn: from `complete_ms`, where it is surely over, up to `incomplete_ms`, and half as
    /// long again for the patient.
    pub fn wait_ms(&self, config: &Hearing) -> u32 {
        let share = match self.log_odds() {
            Some(log_odds) => Course::of(config.patience).share(log_odds),
            None => self.share_by_words(config.patience),
        };
        let (least, most) = (config.complete_ms, config.incomplete_ms);
        let longer = f64::from(most.saturating_sub(least)) * share;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 15,000"
        )]
        let longer = longer.round() as u32;
        least.saturating_add(longer)
    }

    /// The words alone say yes or no.
    fn share_by_words(&self, patience: Patience) -> f64 {
        let is_whole = self.is_understood || sounds_complete(self.transcript);
        match (patience, is_whole) {
            (Patience::Eager | Patience::Balanced, true) => 0.0,
            (Patience::Eager, false) => 0.7,
            (Patience::Balanced, false) => 1.0,
            (Patience::Patient, true) => 0.4,
            (Patience::Patient, false) => 1.5,
        }
    }
}

/// Probabilities of Smart Turn nearer to 0 or 1 tell no more.
const LEAST_SURE: f32 = 0.01;

/// How the wait follows from the estimate, as shares of the way from `complete_ms` to `incomplete_ms`.
struct Course {
    /// Log odds from which it is over.
    sure: f32,
    /// Log odds at which it is surely not.
    open: f32,
    /// The share just below `sure`, and at `open`.
    doubtful: f64,
    most: f64,
}

impl Course {
    /// Balanced: fitted so that she waits 250 ms at the median end, and speaks into as few pauses as that allows, with an answer ready
    /// 300 ms after a pause is noticed. That is 8 or 9 of the 64 pauses that it was fitted to, and 18 % of those of speakers held out. The
    /// others lie to its sides.
    fn of(patience: Patience) -> Self {
        let (sure, open, doubtful, most) = match patience {
            Patience::Eager => (1.1, -0.4, 0.2, 1.0),
            Patience::Balanced => (1.16, 1.1, 0.8, 1.0),
            Patience::Patient => (1.6, 0.9, 0.8, 1.5),
        };
        Self {
            sure,
            open,
            doubtful,
            most,
        }
    }

    fn share(&self, log_odds: f32) -> f64 {
        if log_odds >= self.sure {
            return 0.0;
        }
        let doubt = f64::from(((self.sure - log_odds) / (self.sure - self.open)).min(1.0));
        self.doubtful + (self.most - self.doubtful) * doubt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(transcript: &str, sound: Option<f32>, patience: Patience) -> u32 {
        let paused = Paused {
            transcript,
            language: Some("en"),
            sound,
            is_understood: false,
        };
        paused.wait_ms(&Hearing {
            patience,
            ..Hearing::default()
        })
    }

    #[test]
    fn words_and_sound_together_set_the_wait() {
        let balanced = |text, sound| wait(text, Some(sound), Patience::Balanced);
        assert_eq!(balanced("What time is it?", 0.95), 250);
        assert_eq!(balanced("The light is on.", 0.99), 250);
        assert_eq!(balanced("Set a timer for", 0.99), 1_000);
        assert_eq!(balanced("The light is on.", 0.1), 1_000);
        let doubtful = balanced("The light is on.", 0.97);
        assert!((700..1_000).contains(&doubtful), "{doubtful}");
        assert_eq!(balanced("0171, 20", 0.95), 1_000);
    }

    #[test]
    fn more_of_the_sound_or_less_patience_never_make_it_longer() {
        for text in [
            "What time is it?",
            "The light is on.",
            "and the",
            "Jarvis",
            "",
        ] {
            for patience in [Patience::Eager, Patience::Balanced, Patience::Patient] {
                let waits: Vec<u32> = (0..=100)
                    .map(|sound| wait(text, Some(sound as f32 / 100.0), patience))
                    .collect();
                assert!(waits.is_sorted_by(|one, next| one >= next), "{waits:?}");
            }
            for sound in [None, Some(0.0), Some(0.9), Some(0.98), Some(f32::NAN)] {
                let of = |patience| wait(text, sound, patience);
                assert!(of(Patience::Eager) <= of(Patience::Balanced));
                assert!(of(Patience::Balanced) <= of(Patience::Patient));
            }
        }
    }

    #[test]
    fn without_the_sound_the_words_decide() {
        let balanced = |text| wait(text, None, Patience::Balanced);
        assert_eq!(balanced("The light is on."), 250);
        assert_eq!(balanced("Set a timer for"), 1_000);
    }

    #[test]
    fn what_a_skill_understood_is_whole() {
        let paused = |is_understood| Paused {
            transcript: "Ten minutes timer",
            language: None,
            sound: Some(0.9),
            is_understood,
        };
        let config = Hearing::default();
        assert_eq!(paused(true).wait_ms(&config), 250);
        assert_eq!(paused(false).wait_ms(&config), 1_000);
    }
}
