//! Pauses and ends of turns in recordings, as the front end of a conversation finds them.

use std::path::Path;

use jane_audio::duplex::{FRAME, Frame};
use jane_audio::{AudioError, SPEECH_RATE, read_speech};
use jane_config::Hearing;
use jane_turn_detection::{FrontendSettings, Paused, Silero, SpeechEvent, SpeechFrontend};

use crate::word_errors::normalise;

/// The longest recording that is looked at, in seconds.
const LONGEST: f64 = 120.0;

/// Seconds of a quiet room before and after a recording. The latter is longer than any wait.
const BEFORE: f64 = 0.5;
const AFTER: f64 = 2.0;

/// The shortest silence that counts, until speech is known to go on, in milliseconds.
const SHORTEST_MS: f64 = 200.0;

/// What closes after the end of a sentence.
const CLOSING: [char; 5] = ['"', '”', '\'', '’', ')'];

/// A silence behind speech.
pub struct Silence {
    /// What a conversation recognises at the pause.
    pub utterance: Vec<f32>,
    /// Milliseconds from the last speech until it is known that speech goes on; `None` at the end of the turn.
    pub goes_on_ms: Option<f64>,
}

/// A silence, and what was made of what was said before it.
pub struct Found {
    pub kind: String,
    pub goes_on_ms: Option<f64>,
    pub between_sentences: bool,
    pub transcript: String,
    pub language: Option<String>,
    pub sound: Option<f32>,
}

impl Found {
    /// What a conversation knows at it.
    pub fn paused(&self) -> Paused<'_> {
        Paused {
            transcript: &self.transcript,
            language: self.language.as_deref(),
            sound: self.sound,
            is_understood: false,
        }
    }
}

/// Finds silences.
pub struct Finder {
    frontend: SpeechFrontend,
    noise: Noise,
}

impl Finder {
    pub fn new(hearing: &Hearing, detector: Silero) -> Self {
        let settings = FrontendSettings {
            echo_cancellation: false,
            ..FrontendSettings::of(hearing)
        };
        Self {
            frontend: SpeechFrontend::new(settings, Box::new(detector)),
            noise: Noise(1),
        }
    }

    /// The silences of at least 200 ms in the recording at `path`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn silences(&mut self, path: &Path) -> Result<Vec<Silence>, AudioError> {
        let speech = read_speech(path, LONGEST)?;
        let sound = [self.noise.room(BEFORE), speech, self.noise.room(AFTER)].concat();
        let (mut silences, mut pause) = (Vec::new(), None);
        for captured in sound.chunks_exact(FRAME) {
            let mut frame = Frame {
                captured: [0.0; FRAME],
                played: [0.0; FRAME],
            };
            frame.captured.copy_from_slice(captured);
            for heard in self.frontend.push(&frame) {
                match heard {
                    SpeechEvent::Paused { utterance, end, .. } => pause = Some((utterance, end)),
                    SpeechEvent::Resumed { .. } => {
                        if let Some((utterance, end)) = pause.take() {
                            let goes_on_ms = milliseconds(self.frontend.now().saturating_sub(end));
                            if goes_on_ms >= SHORTEST_MS {
                                silences.push(Silence {
                                    utterance: utterance.to_vec(),
                                    goes_on_ms: Some(goes_on_ms),
                                });
                            }
                        }
                    }
                    SpeechEvent::TooLong { .. } | SpeechEvent::Faded { .. } => pause = None,
                    SpeechEvent::Started { .. } => {}
                }
            }
        }
        if let Some((utterance, _)) = pause {
            silences.push(Silence {
                utterance: utterance.to_vec(),
                goes_on_ms: None,
            });
        }
        self.frontend.close();
        Ok(silences)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sample counts are far below 2^52"
)]
fn milliseconds(samples: u64) -> f64 {
    samples as f64 * 1e3 / f64::from(SPEECH_RATE)
}

/// A quiet room, 60 dB below full scale: no microphone gives digital silence.
struct Noise(u32);

impl Noise {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few seconds of noise"
    )]
    fn room(&mut self, seconds: f64) -> Vec<f32> {
        let count = (seconds * f64::from(SPEECH_RATE)) as usize;
        std::iter::repeat_with(|| {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((self.0 >> 8) as f32 / (1 << 24) as f32 - 0.5) * 0.001
        })
        .take(count)
        .collect()
    }
}

/// Whether a sentence of `text` ends where `heard` ends, and another follows. `heard` is what was recognised of the beginning of
/// `text`, perhaps wrongly: the beginning with the fewest differing words is taken for it.
pub fn is_between_sentences(text: &str, heard: &str) -> bool {
    let written: Vec<&str> = text.split_whitespace().collect();
    let heard = normalise(heard);
    // Edit distances between `heard` so far and each beginning of `written`.
    let mut distances: Vec<usize> = (0..=written.len()).collect();
    for (row, word) in (1..).zip(&heard) {
        let mut next = vec![row];
        for (index, other) in written.iter().enumerate() {
            let differs = usize::from(normalise(other).first() != Some(word));
            let at = |distances: &[usize], index: usize| distances.get(index).copied();
            let replaced = at(&distances, index).unwrap_or(row) + differs;
            let left_out = at(&distances, index + 1).unwrap_or(row) + 1;
            let added = at(&next, index).unwrap_or(row) + 1;
            next.push(replaced.min(left_out).min(added));
        }
        distances = next;
    }
    let best = distances.iter().enumerate().skip(1);
    // Of those that are as near, the one with as many words.
    let best = best.min_by_key(|(length, distance)| (**distance, length.abs_diff(heard.len())));
    let Some((length, _)) = best.filter(|(length, _)| *length < written.len()) else {
        return false;
    };
    let last = length.checked_sub(1).and_then(|last| written.get(last));
    last.is_some_and(|word| word.trim_end_matches(CLOSING).ends_with(['.', '!', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_sentence_is_found_where_words_were_heard_wrongly() {
        let text = "Ever tried, ever failed. No matter. Try again.";
        for (heard, expected) in [
            ("Ever tried.", false),
            ("Ever tried, ever failed.", true),
            ("Ever cried ever sailed", true),
            ("Ever tried, ever failed. No mother.", true),
            ("Ever tried, ever failed. No.", false),
            ("Ever tried, ever failed. No matter. Try again.", false),
            ("", false),
        ] {
            assert_eq!(is_between_sentences(text, heard), expected, "{heard}");
        }
        assert!(!is_between_sentences("", "anything"));
    }
}
