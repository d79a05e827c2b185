//! Plays through a sound device.
//!
//! About a second waits in the queue at most; a device that fails or stands still is an error of the
//! call that waits for it, never a panic and never an endless wait.

mod devices;
mod feed;
mod queue;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cpal::traits::DeviceTrait as _;
use rodio::stream::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink};
use rtrb::Consumer;

pub use devices::{DeviceInfo, input_devices, output_devices};
pub(super) use devices::{does_not_open, find_device, quietly};
pub use feed::PlaybackHandle;
pub(super) use feed::{Controls, Feed};
pub(super) use queue::{Queue, queue};
pub(super) use watch::{Failure, Watch};

use super::{AudioError, AudioOutput, Direction};

/// Periods in a second that a device is asked for.
const PERIODS_PER_SECOND: u32 = 50;

/// How much sound the device holds where it does not say: what rodio asks for.
const DEFAULT_DEVICE_BUFFER: Duration = Duration::from_millis(100);

/// An open output device. After [`AudioError::DeviceFailed`], open it again.
pub struct Loudspeaker {
    queue: Queue,
    /// Plays as long as it lives. Let go of when the device fails: cpal would report without end.
    sink: Option<MixerDeviceSink>,
}

/// All that a device emits, at its rate.
pub(super) struct Tapped {
    pub samples: Consumer<f32>,
    pub sample_rate: u32,
}

impl Loudspeaker {
    /// Opens the output device `name`: `default`, or a name or id of [`output_devices`].
    ///
    /// Silence plays from then on, so that the first sound does not wait for the device to start.
    pub fn open(name: &str) -> Result<Self, AudioError> {
        let (loudspeaker, _) = Self::open_tapped(name, Arc::default())?;
        Ok(loudspeaker)
    }

    /// Like [`open`](Self::open), with the means to control it and to know what it plays.
    pub(super) fn open_tapped(
        name: &str,
        controls: Arc<Controls>,
    ) -> Result<(Self, Tapped), AudioError> {
        quietly(|| Self::open_here(name, controls))
    }

    fn open_here(name: &str, controls: Arc<Controls>) -> Result<(Self, Tapped), AudioError> {
        let device = find_device(Direction::Output, name)?;
        let cannot_open =
            |error: DeviceSinkError| does_not_open(Direction::Output, name, problem(&error));
        let failure = Failure::default();
        let builder = || {
            let failure = failure.clone();
            DeviceSinkBuilder::from_device(device.clone())
                .map(|builder| builder.with_error_callback(move |error| failure.report(&error)))
        };
        // Small periods, so that she falls silent at once; a device that does not like them has its own.
        let rate = device
            .default_output_config()
            .map(|config| config.sample_rate());
        let period = cpal::BufferSize::Fixed(rate.unwrap_or(48_000) / PERIODS_PER_SECOND);
        let mut sink = builder()
            .and_then(|builder| builder.with_buffer_size(period).open_stream())
            .or_else(|_| builder()?.open_sink_or_fallback())
            .map_err(cannot_open)?;
        sink.log_on_drop(false);

        let sample_rate = sink.config().sample_rate();
        let buffer = match sink.config().buffer_size() {
            // cpal asks for two periods of this many frames.
            cpal::BufferSize::Fixed(frames) => 2 * u64::from(*frames),
            cpal::BufferSize::Default => {
                u64::from(sample_rate.get()) * DEFAULT_DEVICE_BUFFER.as_millis() as u64 / 1_000
            }
        };
        let (queue, feed, samples) = queue(name, sample_rate, buffer, failure, controls);
        sink.mixer().add(feed);
        let loudspeaker = Self {
            queue,
            sink: Some(sink),
        };
        let sample_rate = sample_rate.get();
        Ok((
            loudspeaker,
            Tapped {
                samples,
                sample_rate,
            },
        ))
    }

    /// One whose [`Feed`] is taken from by something else than a device.
    pub(super) fn without_device(queue: Queue) -> Self {
        Self { queue, sink: None }
    }

    /// Sees whether the device is alive.
    pub(super) fn watch(&self) -> Watch {
        self.queue.watch()
    }

    fn release_failed(&mut self, result: Result<(), AudioError>) -> Result<(), AudioError> {
        if matches!(result, Err(AudioError::DeviceFailed { .. })) {
            self.sink = None;
        }
        result
    }

    /// For stopping, and for knowing what was heard, while a `play` is under way.
    pub fn handle(&self) -> PlaybackHandle {
        self.queue.handle()
    }
}

#[async_trait]
impl AudioOutput for Loudspeaker {
    /// Returns early, and without an error, when [`PlaybackHandle::stop`] is called meanwhile.
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let played = self.queue.play(samples, sample_rate).await;
        self.release_failed(played)
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        let finished = self.queue.finish().await;
        self.release_failed(finished)
    }
}

/// The innermost cause: rodio's own words say only which step failed.
fn problem(error: &DeviceSinkError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string().trim_end_matches('.').to_owned()
}
