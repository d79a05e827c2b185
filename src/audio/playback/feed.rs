//! What the device takes from, and the counts by which both ends of the queue know where it is.
//!
//! All positions count samples that the device took, never wall time. The device's callback never waits.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rodio::Source;
use tokio::sync::{Notify, mpsc};

/// What both ends see.
pub(super) struct Shared {
    /// Counts the calls of `stop`.
    pub generation: AtomicU64,
    /// Samples that were queued.
    pub queued: AtomicU64,
    /// Of these, samples that the device took.
    pub played: AtomicU64,
    /// Of these, samples that a stop threw away.
    pub dropped: AtomicU64,
    /// Samples of silence that the device took since the last sound.
    pub silence: AtomicU64,
    /// Everything that the device took, to see whether it is alive.
    pub clock: AtomicU64,
    /// Told when the last sound has left the device.
    pub quiet: Notify,
    pub sample_rate: u32,
    /// Samples that lie in the device between being taken and being heard.
    pub device_buffer: u64,
}

impl Shared {
    /// Whether everything that was queued has been heard or dropped.
    pub fn is_quiet(&self) -> bool {
        let done = self.played.load(SeqCst) + self.dropped.load(SeqCst);
        done >= self.queued.load(SeqCst) && self.silence.load(SeqCst) >= self.device_buffer
    }
}

/// Samples of one generation.
pub(super) struct Block {
    pub generation: u64,
    pub samples: Vec<f32>,
}

/// Stops the playback and tells how far it came; may be used from anywhere, at any time.
#[derive(Clone)]
pub struct PlaybackHandle(pub(super) Arc<Shared>);

impl PlaybackHandle {
    /// Throws away what is queued, at once; a `play` that is under way returns.
    ///
    /// What lies in the device already (up to about 0.1 s) is still heard.
    pub fn stop(&self) {
        self.0.generation.fetch_add(1, SeqCst);
    }

    /// How much of what was played since the device was opened has been heard, in samples at
    /// `sample_rate` Hz. What was thrown away, and the silence between, do not count: note the value
    /// before a reply, and the difference is how much of the reply was heard.
    pub fn heard_samples(&self, sample_rate: u32) -> u64 {
        let shared = &self.0;
        let in_device = shared
            .device_buffer
            .saturating_sub(shared.silence.load(SeqCst));
        let heard = shared.played.load(SeqCst).saturating_sub(in_device);
        let scaled = u128::from(heard) * u128::from(sample_rate) / u128::from(shared.sample_rate);
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }
}

/// The device's end: an endless source, silent where nothing is queued.
pub(super) struct Feed {
    shared: Arc<Shared>,
    receiver: mpsc::Receiver<Block>,
    /// Of `block`.
    generation: u64,
    block: std::vec::IntoIter<f32>,
    sample_rate: NonZero<u32>,
}

impl Feed {
    pub fn new(
        shared: Arc<Shared>,
        receiver: mpsc::Receiver<Block>,
        sample_rate: NonZero<u32>,
    ) -> Self {
        Self {
            shared,
            receiver,
            generation: 0,
            block: Vec::new().into_iter(),
            sample_rate,
        }
    }

    /// The next queued sample that no stop has thrown away.
    fn next_sound(&mut self) -> Option<f32> {
        loop {
            let generation = self.shared.generation.load(SeqCst);
            if self.generation != generation {
                self.generation = generation;
                let rest = std::mem::take(&mut self.block).len() as u64;
                self.shared.dropped.fetch_add(rest, SeqCst);
                self.shared.quiet.notify_one();
            }
            if let Some(sample) = self.block.next() {
                return Some(sample);
            }
            let block = self.receiver.try_recv().ok()?;
            self.generation = block.generation;
            self.block = block.samples.into_iter();
        }
    }
}

impl Iterator for Feed {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let sound = self.next_sound();
        let shared = &self.shared;
        shared.clock.fetch_add(1, SeqCst);
        match sound {
            Some(sample) => {
                // In this order, so that the sound that was just taken never counts as heard.
                shared.silence.store(0, SeqCst);
                shared.played.fetch_add(1, SeqCst);
                Some(sample)
            }
            None => {
                if shared.silence.fetch_add(1, SeqCst) + 1 == shared.device_buffer {
                    shared.quiet.notify_one();
                }
                Some(0.0)
            }
        }
    }
}

impl Source for Feed {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZero<u16> {
        // rodio copies it to both ears.
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> NonZero<u32> {
        self.sample_rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}
