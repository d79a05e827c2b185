//! The last 30 s of what was heard.

use std::collections::VecDeque;
use std::sync::Arc;

use jane_audio::SPEECH_RATE;

/// Samples that are kept: the longest utterance with its lead fits.
pub const KEPT: usize = 30 * SPEECH_RATE as usize;

/// A ring of samples that are found by the clock of the capture side.
#[derive(Default)]
pub struct RingBuffer {
    samples: VecDeque<f32>,
    /// Samples so far, with those that are gone.
    now: u64,
}

impl RingBuffer {
    pub fn push(&mut self, block: &[f32]) {
        self.samples.extend(block);
        self.now = self.now.saturating_add(block.len() as u64);
        let over = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..over);
    }

    /// Samples so far.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// What was heard from `start` on, up to `end`, as far as it is still there.
    pub fn between(&self, start: u64, end: u64) -> Arc<[f32]> {
        let first = self.now.saturating_sub(self.samples.len() as u64);
        let skip = usize::try_from(start.saturating_sub(first)).unwrap_or(usize::MAX);
        let take = usize::try_from(end.saturating_sub(start.max(first))).unwrap_or(0);
        self.samples.iter().skip(skip).take(take).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_the_clock_and_old_ones_are_gone() {
        let mut recent = RingBuffer::default();
        for block in 0..4_000u64 {
            recent.push(&[block as f32; 160]);
        }
        assert_eq!(recent.now(), 640_000);
        assert_eq!(&recent.between(639_999, 640_500)[..], [3_999.0]);
        assert_eq!(&recent.between(320_159, 320_161)[..], [2_000.0, 2_001.0]);
        assert_eq!(recent.between(0, 640_000).len(), KEPT);
        assert_eq!(recent.between(0, 100).len(), 0);
        assert_eq!(recent.between(700_000, 800_000).len(), 0);
    }
}
