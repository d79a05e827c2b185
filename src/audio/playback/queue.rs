//! The bounded queue between the conversation and the device's callback.
//!
//! [`Queue`] is the conversation's end and [`Feed`] the device's. A stop starts a new generation: blocks
//! of an older one are thrown away when the device comes to them, at the latest one callback later.

use std::num::NonZero;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::feed::{Block, Feed, PlaybackHandle, Shared};
use crate::audio::output::clean;
use crate::audio::{AudioError, Resampler};

/// Blocks in a second.
const BLOCKS_PER_SECOND: usize = 50;

/// A device that takes nothing for so long stands still.
const STALL: Duration = Duration::from_secs(3);

/// How long a device that reported an error may take to go on. Some errors pass by themselves: ALSA's
/// plugin for sound servers reports one where it does not know its delay yet.
const GRACE: Duration = Duration::from_millis(500);

/// The error that the device reported last, until it is seen to go on.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<(Mutex<Option<String>>, Notify)>);

impl Failure {
    /// To be called by the stream's error callback.
    pub(super) fn report(&self, error: &cpal::Error) {
        use cpal::ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
        if matches!(error.kind(), DeviceChanged | RealtimeDenied | Xrun) {
            tracing::debug!("The output device carries on: {error}");
            return;
        }
        // A device may repeat itself without end; what counts is whether it goes on.
        let mut problem = self.lock();
        if problem.is_none() {
            *problem = Some(error.to_string());
            self.0.1.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a queue for a device that runs at `sample_rate` and holds `device_buffer` samples.
pub(super) fn queue(
    name: &str,
    sample_rate: NonZero<u32>,
    device_buffer: u64,
    failure: Failure,
) -> (Queue, Feed) {
    let (sender, receiver) = mpsc::channel(BLOCKS_PER_SECOND);
    let shared = Arc::new(Shared {
        generation: AtomicU64::new(0),
        queued: AtomicU64::new(0),
        played: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
        silence: AtomicU64::new(device_buffer),
        clock: AtomicU64::new(0),
        quiet: Notify::new(),
        sample_rate: sample_rate.get(),
        // At least one, so that the end of a sound is an event.
        device_buffer: device_buffer.max(1),
    });
    let feed = Feed::new(shared.clone(), receiver, sample_rate);
    let queue = Queue {
        name: name.to_owned(),
        sender,
        shared,
        failure,
        resampler: None,
    };
    (queue, feed)
}

/// The conversation's end.
pub(super) struct Queue {
    name: String,
    sender: mpsc::Sender<Block>,
    shared: Arc<Shared>,
    failure: Failure,
    /// With the rate and the generation that it works for.
    resampler: Option<(u32, u64, Resampler)>,
}

impl Queue {
    pub(super) async fn play(&mut self, samples: &[f32], rate: u32) -> Result<(), AudioError> {
        let generation = self.shared.generation.load(SeqCst);
        let fits = |(r, g, _): &(u32, u64, Resampler)| (*r, *g) == (rate, generation);
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

    pub(super) async fn finish(&mut self) -> Result<(), AudioError> {
        self.flush().await?;
        while !self.shared.is_quiet() {
            self.wait(self.shared.quiet.notified()).await?;
        }
        Ok(())
    }

    pub(super) fn handle(&self) -> PlaybackHandle {
        PlaybackHandle(self.shared.clone())
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

    async fn send(&self, generation: u64, samples: &[f32]) -> Result<(), AudioError> {
        let block = (self.shared.sample_rate as usize / BLOCKS_PER_SECOND).max(1);
        for samples in samples.chunks(block) {
            let permit = self.wait(self.sender.reserve()).await?;
            let permit = permit.map_err(|_| self.failed("its stream has ended".to_owned()))?;
            if self.shared.generation.load(SeqCst) != generation {
                return Ok(());
            }
            self.shared.queued.fetch_add(samples.len() as u64, SeqCst);
            permit.send(Block {
                generation,
                samples: samples.to_vec(),
            });
        }
        Ok(())
    }

    /// Waits for `event`, but not for a device that stands still, after an error or without one.
    async fn wait<T>(&self, event: impl Future<Output = T>) -> Result<T, AudioError> {
        let mut event = pin!(event);
        loop {
            let clock = self.shared.clock.load(SeqCst);
            let problem = self.failure.lock().clone();
            let patience = if problem.is_some() { GRACE } else { STALL };
            tokio::select! {
                value = &mut event => return Ok(value),
                () = self.failure.0.1.notified() => {}
                () = tokio::time::sleep(patience) => {
                    if self.shared.clock.load(SeqCst) == clock {
                        let silent = || format!("it took no sound for {} s", STALL.as_secs());
                        return Err(self.failed(problem.unwrap_or_else(silent)));
                    }
                    if let Some(problem) = self.failure.lock().take() {
                        tracing::debug!(problem, "the output device goes on after an error");
                    }
                }
            }
        }
    }

    fn failed(&self, problem: String) -> AudioError {
        AudioError::DeviceFailed {
            name: self.name.clone(),
            problem,
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
