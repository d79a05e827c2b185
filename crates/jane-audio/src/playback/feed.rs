//! What the device takes from, and the counts by which both ends of the queue know where it is.
//!
//! All positions count samples that the device took, never wall time. The device's callback never
//! waits, locks, allocates or frees, and wakes nobody: the other end looks.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rodio::Source;
use rtrb::{Consumer, Producer};

/// How loud a ducked sound is: 15 dB less.
const DUCKED: f32 = 0.178;

/// The loudness never jumps, which would click: from silent to full it takes so long.
const RAMP: Duration = Duration::from_millis(5);

/// What is asked of the sound, whichever device plays it.
#[derive(Default)]
pub(crate) struct Controls {
    /// Quieter.
    pub ducked: AtomicBool,
    /// Silent, and nothing is taken from the queue.
    pub held: AtomicBool,
}

impl Controls {
    fn gain(&self) -> f32 {
        if self.held.load(SeqCst) {
            0.0
        } else if self.ducked.load(SeqCst) {
            DUCKED
        } else {
            1.0
        }
    }
}

/// What both ends see.
pub(crate) struct Shared {
    /// Counts the calls of `stop`.
    pub generation: AtomicU32,
    /// Samples that were queued.
    pub queued: AtomicU64,
    /// Of these, samples that the device took.
    pub played: AtomicU64,
    /// Of these, samples that a stop threw away.
    pub dropped: AtomicU64,
    /// Samples of silence that the device took since the last sound.
    pub silence: AtomicU64,
    /// Everything that the device took, to see whether it is alive.
    pub clock: Arc<AtomicU64>,
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

/// A sample on its way to the device.
#[derive(Clone, Copy)]
pub(super) struct Queued {
    pub generation: u32,
    pub sample: f32,
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
pub(crate) struct Feed {
    shared: Arc<Shared>,
    controls: Arc<Controls>,
    queue: Consumer<Queued>,
    /// A copy of all that is emitted goes here; what does not fit is left out.
    tap: Producer<f32>,
    /// The loudness now, on its way to what the controls say.
    gain: f32,
    step: f32,
    sample_rate: NonZero<u32>,
}

impl Feed {
    pub(super) fn new(
        shared: Arc<Shared>,
        controls: Arc<Controls>,
        queue: Consumer<Queued>,
        tap: Producer<f32>,
        sample_rate: NonZero<u32>,
    ) -> Self {
        Self {
            gain: controls.gain(),
            step: 1.0 / (RAMP.as_secs_f32() * sample_rate.get() as f32).max(1.0),
            shared,
            controls,
            queue,
            tap,
            sample_rate,
        }
    }

    /// The next queued sample that no stop has thrown away and no hold keeps back.
    fn next_sound(&mut self) -> Option<f32> {
        let generation = self.shared.generation.load(SeqCst);
        let wanted = self.controls.gain();
        loop {
            let Ok(next) = self.queue.peek().copied() else {
                // Nothing sounds, so nothing can click.
                self.gain = wanted;
                return None;
            };
            if next.generation != generation {
                let _ = self.queue.pop();
                self.shared.dropped.fetch_add(1, SeqCst);
                continue;
            }
            let way = wanted - self.gain;
            // The last step lands, whatever rounding left over.
            self.gain = if way.abs() <= 1.001 * self.step {
                wanted
            } else {
                self.gain + way.clamp(-self.step, self.step)
            };
            if self.gain <= 0.0 {
                return None;
            }
            let _ = self.queue.pop();
            return Some(next.sample * self.gain);
        }
    }
}

impl Feed {
    /// The next sample, as of the iterator; `None` in place of silence.
    pub(crate) fn sound(&mut self) -> Option<f32> {
        let sound = self.next_sound();
        let shared = &self.shared;
        shared.clock.fetch_add(1, SeqCst);
        if sound.is_some() {
            // In this order, so that the sound that was just taken never counts as heard.
            shared.silence.store(0, SeqCst);
            shared.played.fetch_add(1, SeqCst);
        } else {
            shared.silence.fetch_add(1, SeqCst);
        }
        let _ = self.tap.push(sound.unwrap_or(0.0));
        sound
    }
}

impl Iterator for Feed {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        Some(self.sound().unwrap_or(0.0))
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
