//! The bounded queue between the conversation and the device's callback.
//!
//! [`Queue`] is the conversation's end and [`Feed`] the device's; a ring without locks lies between. A
//! stop starts a new generation: samples of an older one are thrown away when the device comes to
//! them, at the latest one callback later.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};

use super::feed::{Controls, Feed, PlaybackHandle, Queued, Shared};
use super::watch::{Failure, Watch};
use crate::output::clean;
use crate::{AudioError, Direction, Resampler};

/// How often a call that waits looks at the device's counts.
const LOOK: Duration = Duration::from_millis(5);

/// Makes a queue of a second for a device that runs at `sample_rate` and holds `device_buffer` samples.
///
/// All that the device plays can be read from the last value, until two seconds lie there unread.
pub(crate) fn queue(
    name: &str,
    sample_rate: NonZero<u32>,
    device_buffer: u64,
    failure: Failure,
    controls: Arc<Controls>,
) -> (Queue, Feed, Consumer<f32>) {
    let second = sample_rate.get() as usize;
    let (sender, receiver) = RingBuffer::new(second);
    let (tap, tapped) = RingBuffer::new(2 * second);
    let shared = Arc::new(Shared {
        generation: AtomicU32::new(0),
        queued: AtomicU64::new(0),
        played: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
        silence: AtomicU64::new(device_buffer),
        clock: Arc::default(),
        sample_rate: sample_rate.get(),
        // At least one, so that the end of a sound is an event.
        device_buffer: device_buffer.max(1),
    });
    let feed = Feed::new(shared.clone(), controls, receiver, tap, sample_rate);
    let queue = Queue {
        name: name.to_owned(),
        sender,
        shared,
        failure,
        resampler: None,
    };
    (queue, feed, tapped)
}

/// The conversation's end.
pub(crate) struct Queue {
    name: String,
    sender: Producer<Queued>,
    shared: Arc<Shared>,
    failure: Failure,
    /// With the rate and the generation that it works for.
    resampler: Option<(u32, u32, Resampler)>,
}

impl Queue {
    pub async fn play(&mut self, samples: &[f32], rate: u32) -> Result<(), AudioError> {
        let generation = self.shared.generation.load(SeqCst);
        let fits = |(r, g, _): &(u32, u32, Resampler)| (*r, *g) == (rate, generation);
        if !self.resampler.as_ref().is_some_and(fits) {
            self.flush().await?;
        }
        let (.., resampler) = match &mut self.resampler {
            Some(resampler) => resampler,
            none => none.insert((
                rate,
                generation,
                Resampler::new(rate, self.shared.sample_rate)?,
            )),
        };
        let samples: Vec<f32> = samples.iter().copied().map(clean).collect();
        let samples = resampler.push(&samples);
        self.send(generation, &samples).await
    }

    pub async fn finish(&mut self) -> Result<(), AudioError> {
        self.flush().await?;
        let mut watch = self.watch();
        while !self.shared.is_quiet() {
            self.look(&mut watch).await?;
        }
        Ok(())
    }

    pub fn handle(&self) -> PlaybackHandle {
        PlaybackHandle(self.shared.clone())
    }

    /// Sees whether the device is alive.
    pub fn watch(&self) -> Watch {
        Watch::new(self.shared.clock.clone(), self.failure.clone())
    }

    /// Queues what the resampler holds back.
    async fn flush(&mut self) -> Result<(), AudioError> {
        match self.resampler.take() {
            Some((_, generation, mut resampler)) => {
                self.send(generation, &resampler.finish()).await
            }
            None => Ok(()),
        }
    }

    async fn send(&mut self, generation: u32, samples: &[f32]) -> Result<(), AudioError> {
        let mut watch = self.watch();
        for &sample in samples {
            while self.sender.is_full() && self.shared.generation.load(SeqCst) == generation {
                self.look(&mut watch).await?;
            }
            if self.shared.generation.load(SeqCst) != generation {
                return Ok(());
            }
            // Before the device can take it, so that it never seems to be done.
            self.shared.queued.fetch_add(1, SeqCst);
            let _ = self.sender.push(Queued { generation, sample });
        }
        Ok(())
    }

    /// Waits a little, but not for a device that has ended or stands still.
    async fn look(&mut self, watch: &mut Watch) -> Result<(), AudioError> {
        tokio::time::sleep(LOOK).await;
        let ended = || {
            let ended = self.sender.is_abandoned();
            ended.then(|| "its stream has ended".to_owned())
        };
        match watch.problem().or_else(ended) {
            Some(problem) => Err(AudioError::DeviceFailed {
                direction: Direction::Output,
                name: self.name.clone(),
                problem,
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
