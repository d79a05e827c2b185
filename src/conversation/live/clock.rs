//! The two sample clocks of a conversation by voice: what the microphone captured, and what the loudspeaker played. Each is a type, so that
//! a position on one is never held against one on the other.

use std::ops::Add;
use std::time::Duration;

use jane_audio::SPEECH_RATE;
use jane_audio::duplex::DuplexOutput;

/// Nanoseconds of a captured sample, exactly.
const CAPTURED: u64 = 1_000_000_000 / SPEECH_RATE as u64;

/// A position in what was captured: a sample at 16 kHz, counted from when the microphone was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaptureTime(u64);

impl CaptureTime {
    pub const fn at(sample: u64) -> Self {
        Self(sample)
    }

    /// Samples since the microphone was opened.
    pub const fn samples(self) -> u64 {
        self.0
    }

    /// The time from `earlier` until here; zero where that is later.
    pub fn since(self, earlier: Self) -> Duration {
        captured(self.0.saturating_sub(earlier.0))
    }

    pub fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0 + u64::from(seconds) * u64::from(SPEECH_RATE))
    }

    pub fn seconds(self) -> f64 {
        captured(self.0).as_secs_f64()
    }
}

/// How long so many captured samples last.
pub const fn captured(samples: u64) -> Duration {
    Duration::from_nanos(samples.saturating_mul(CAPTURED))
}

/// A position in what was played, or a part of it: samples at 48 kHz, whatever rate the voice and the device have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaybackTime(u64);

impl PlaybackTime {
    /// Hz.
    pub const RATE: u32 = 48_000;

    #[cfg(test)]
    pub const fn at(samples: u64) -> Self {
        Self(samples)
    }

    /// As long as `samples` at `rate` Hz.
    pub fn of(samples: usize, rate: u32) -> Self {
        Self(samples as u64 * u64::from(Self::RATE) / u64::from(rate.max(1)))
    }

    pub fn of_milliseconds(ms: u64) -> Self {
        Self(ms.saturating_mul(u64::from(Self::RATE) / 1_000))
    }

    /// How much was heard since the loudspeaker was opened.
    pub fn heard(loudspeaker: &DuplexOutput) -> Self {
        Self(loudspeaker.heard_samples(Self::RATE))
    }

    /// The part between `earlier` and here; nothing where that is later.
    pub fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// The same part of `whole` as `share` of `shares`; all of it where there are none.
    pub fn share(self, share: u64, shares: u64) -> Self {
        Self((self.0 * share).checked_div(shares).unwrap_or(self.0))
    }

    /// As many samples at `rate` Hz.
    pub fn samples_at(self, rate: u32) -> usize {
        let samples = self.0 * u64::from(rate) / u64::from(Self::RATE);
        usize::try_from(samples).unwrap_or(usize::MAX)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "sample counts are far below 2^52"
    )]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / f64::from(Self::RATE)
    }
}

impl Add for PlaybackTime {
    type Output = Self;

    fn add(self, part: Self) -> Self {
        Self(self.0 + part.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clock_counts_its_own_samples() {
        let second = CaptureTime::at(u64::from(SPEECH_RATE));
        assert_eq!(second.since(CaptureTime::at(0)), Duration::from_secs(1));
        assert_eq!(second.plus_seconds(2).since(second), Duration::from_secs(2));
        assert_eq!(CaptureTime::at(0).since(second), Duration::ZERO);
        assert_eq!(captured(16), Duration::from_millis(1));
        let played = PlaybackTime::of(22_050, 22_050);
        assert_eq!((played.seconds(), played.samples_at(8_000)), (1.0, 8_000));
        assert_eq!(played.share(1, 2), PlaybackTime::of(1, 2));
        assert_eq!(
            PlaybackTime::default().since(played),
            PlaybackTime::default()
        );
    }
}
