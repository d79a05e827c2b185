//! Plays through a sound device.
//!
//! About a second waits in the queue at most; a device that fails or stands still is an error of the
//! call that waits for it, never a panic and never an endless wait.

mod devices;
mod feed;
mod queue;

use std::time::Duration;

use async_trait::async_trait;
use rodio::stream::{DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink};

pub use devices::{DeviceInfo, input_devices, output_devices};
pub use feed::PlaybackHandle;

use super::{AudioError, AudioOutput};
use devices::{DEFAULT, find_output, quietly};
use queue::Queue;

/// How much sound the device holds where it does not say: what rodio asks for.
const DEFAULT_DEVICE_BUFFER: Duration = Duration::from_millis(100);

/// An open output device. After [`AudioError::DeviceFailed`], open it again.
pub struct Loudspeaker {
    queue: Queue,
    /// Plays as long as it lives. Let go of when the device fails: cpal would report without end.
    sink: Option<MixerDeviceSink>,
}

impl Loudspeaker {
    /// Opens the output device `name`: `default`, or a name or id of [`output_devices`].
    ///
    /// Silence plays from then on, so that the first sound does not wait for the device to start.
    pub fn open(name: &str) -> Result<Self, AudioError> {
        quietly(|| Self::open_here(name))
    }

    fn open_here(name: &str) -> Result<Self, AudioError> {
        let device = find_output(name)?;
        let cannot_open = |error: DeviceSinkError| {
            let problem = problem(&error);
            if name == DEFAULT {
                AudioError::NoDevice { problem }
            } else {
                AudioError::CannotOpen {
                    name: name.to_owned(),
                    problem,
                }
            }
        };
        let failure = queue::Failure::default();
        let mut sink = DeviceSinkBuilder::from_device(device)
            .map_err(cannot_open)?
            .with_error_callback({
                let failure = failure.clone();
                move |error| failure.report(&error)
            })
            .open_sink_or_fallback()
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
        let (queue, feed) = queue::queue(name, sample_rate, buffer, failure);
        sink.mixer().add(feed);
        Ok(Self {
            queue,
            sink: Some(sink),
        })
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
