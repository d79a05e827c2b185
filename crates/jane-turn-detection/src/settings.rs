//! Every threshold and time of the front end, and why it is what it is.

use jane_audio::SPEECH_RATE;
use jane_config::Hearing;

/// How Jane listens. Times are in milliseconds; they are rounded up to whole windows of the detector (32 ms with Silero).
#[derive(Clone, Debug, PartialEq)]
pub struct FrontendSettings {
    /// Probability of speech, 0..=1, from which a window begins an utterance. 0.5 is Silero's own: over 335 clips it found
    /// all speech, and took 2 of 49 noises for some.
    pub threshold: f32,
    /// Probability down to which speech goes on once it began: quiet ends of words are speech too. 0.15 less, as Silero has it.
    pub keep: f32,
    /// Speech on end that begins an utterance. Shorter sounds are clicks; longer delays all that follows.
    pub onset_ms: u32,
    /// Speech on end that goes on with an utterance after a pause: less than the onset, for speech is expected.
    pub resume_ms: u32,
    /// Silence after which recognition begins. Stops within words last up to about 100 ms.
    pub pause_ms: u32,
    /// What is kept before the onset, for the quiet consonant that the detector missed and a recogniser that dislikes abrupt
    /// beginnings.
    pub lead_ms: u32,
    /// What is kept after the last speech; at most `pause_ms` is there.
    pub tail_ms: u32,
    /// An utterance with less speech than this at its pause was a noise. The shortest words ("no", "stop") have 250 ms.
    pub least_speech_ms: u32,
    /// Whether Jane's own voice is taken out of what is captured.
    pub echo_cancellation: bool,
    /// `threshold` while she speaks, and `keep` is as much higher: what the canceller leaves is speech to the detector.
    pub threshold_while_playing: f32,
    /// `onset_ms` while she speaks.
    pub onset_while_playing_ms: u32,
    /// How many dB the canceller may take off a window that counts as speech of somebody else while she speaks. It takes 20 dB
    /// and more off her voice alone, and little off a person who is not much quieter than she.
    pub most_cancelled_db: f32,
    /// The same while the canceller does not know the room yet, and takes less off her voice as well.
    pub most_cancelled_at_first_db: f32,
}

impl Default for FrontendSettings {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            keep: 0.35,
            onset_ms: 90,
            resume_ms: 60,
            pause_ms: 150,
            lead_ms: 300,
            tail_ms: 100,
            least_speech_ms: 200,
            echo_cancellation: true,
            threshold_while_playing: 0.6,
            onset_while_playing_ms: 120,
            most_cancelled_db: 16.0,
            most_cancelled_at_first_db: 6.0,
        }
    }
}

impl FrontendSettings {
    /// As `hearing` has it, with what is not configured at its default.
    #[must_use]
    pub fn of(hearing: &Hearing) -> Self {
        let defaults = Self::default();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the configuration keeps it within 0.1..=0.95"
        )]
        let threshold = hearing.threshold as f32;
        let raised = threshold - defaults.threshold;
        Self {
            threshold,
            keep: (defaults.keep + raised).max(0.05),
            threshold_while_playing: (defaults.threshold_while_playing + raised).min(0.98),
            pause_ms: hearing.pause_ms,
            tail_ms: defaults.tail_ms.min(hearing.pause_ms),
            echo_cancellation: hearing.echo_cancellation,
            ..defaults
        }
    }
}

/// Samples in so many milliseconds.
pub fn samples(milliseconds: u32) -> u64 {
    u64::from(milliseconds) * u64::from(SPEECH_RATE) / 1_000
}
