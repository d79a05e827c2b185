//! An open microphone, of any rate, format and number of channels.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use cpal::traits::{DeviceTrait as _, StreamTrait as _};
use cpal::{BufferSize, Device, FromSample, SampleFormat, SizedSample, SupportedStreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::output::clean;
use crate::playback::{Failure, Watch, does_not_open, find_device, quietly};
use crate::{AudioError, Direction, Resampler, SPEECH_RATE};

/// Blocks in a second that the device is asked for.
const BLOCKS_PER_SECOND: u32 = 50;

/// Seconds of sound that may wait to be read.
const WAITING_SECONDS: usize = 2;

/// Records as long as it lives.
pub(super) struct Capture {
    /// Kept for its `Drop`.
    _stream: cpal::Stream,
    samples: Consumer<f32>,
    counts: Arc<Counts>,
    failure: Failure,
    sample_rate: u32,
    resampler: Resampler,
}

/// What the callback counts, at the device's rate.
#[derive(Default)]
struct Counts {
    clock: Arc<AtomicU64>,
    /// Samples that were lost since they were last asked for.
    dropped: AtomicU64,
    /// Samples in the last block.
    block: AtomicU64,
}

impl Capture {
    /// Opens the input device `name`: `default`, or a name or id of
    /// [`input_devices`](crate::input_devices).
    pub fn open(name: &str) -> Result<Self, AudioError> {
        quietly(|| Self::open_here(name))
    }

    fn open_here(name: &str) -> Result<Self, AudioError> {
        let cannot_open =
            |error: cpal::Error| does_not_open(Direction::Input, name, error.to_string());
        let device = find_device(Direction::Input, name)?;
        let format = device.default_input_config().map_err(cannot_open)?;
        let resampler = Resampler::new(format.sample_rate(), SPEECH_RATE)?;
        let block = BufferSize::Fixed((format.sample_rate() / BLOCKS_PER_SECOND).max(1));
        let (stream, samples, counts, failure) = start(&device, &format, block)
            .or_else(|_| start(&device, &format, BufferSize::Default))
            .map_err(cannot_open)?;
        Ok(Self {
            _stream: stream,
            samples,
            counts,
            failure,
            sample_rate: format.sample_rate(),
            resampler,
        })
    }

    /// What was heard since the last call, at [`SPEECH_RATE`].
    pub fn read(&mut self) -> Vec<f32> {
        let mut samples = vec![0.0; self.samples.slots()];
        let (read, _) = self.samples.pop_partial_slice(&mut samples);
        let read = read.len();
        samples.truncate(read);
        self.resampler.push(&samples)
    }

    /// How many samples at [`SPEECH_RATE`] were lost since the last call.
    pub fn dropped(&self) -> u64 {
        let dropped = self.counts.dropped.swap(0, SeqCst);
        (dropped * u64::from(SPEECH_RATE)).div_ceil(u64::from(self.sample_rate))
    }

    /// Sees whether the device is alive.
    pub fn watch(&self) -> Watch {
        Watch::new(self.counts.clock.clone(), self.failure.clone())
    }
}

/// A stream that runs, and what it fills.
fn start(
    device: &Device,
    format: &SupportedStreamConfig,
    block: BufferSize,
) -> Result<(cpal::Stream, Consumer<f32>, Arc<Counts>, Failure), cpal::Error> {
    let (ring, samples) = RingBuffer::new(format.sample_rate() as usize * WAITING_SECONDS);
    let (counts, failure) = (Arc::new(Counts::default()), Failure::default());
    let stream = build(device, format, block, ring, &counts, &failure)?;
    stream.play()?;
    Ok((stream, samples, counts, failure))
}

/// The stream with the callback for its sample format.
fn build(
    device: &Device,
    format: &SupportedStreamConfig,
    block: BufferSize,
    ring: Producer<f32>,
    counts: &Arc<Counts>,
    failure: &Failure,
) -> Result<cpal::Stream, cpal::Error> {
    let mut config = format.config();
    config.buffer_size = block;
    let channels = usize::from(config.channels).max(1);
    let failed = {
        let (failure, counts) = (failure.clone(), counts.clone());
        move |error: cpal::Error| {
            if error.kind() == cpal::ErrorKind::Xrun {
                // How much was lost is not said: at least a block.
                let block = counts.block.load(Relaxed);
                counts.dropped.fetch_add(block, SeqCst);
            }
            failure.report(&error);
        }
    };
    macro_rules! build {
        ($($format:ident: $sample:ty),+) => {
            match format.sample_format() {
                $(SampleFormat::$format => {
                    let mut heard = hear::<$sample>(channels, ring, counts.clone());
                    device.build_input_stream(config, move |data, _| heard(data), failed, None)
                })+
                other => Err(cpal::Error::with_message(
                    cpal::ErrorKind::UnsupportedConfig,
                    format!("its sample format, {other}, is not known"),
                )),
            }
        };
    }
    build!(F32: f32, F64: f64, I8: i8, I16: i16, I24: cpal::I24, I32: i32, I64: i64,
        U8: u8, U16: u16, U24: cpal::U24, U32: u32, U64: u64)
}

/// The callback: mixes the channels to one and never waits, locks or allocates.
fn hear<T>(
    channels: usize,
    mut ring: Producer<f32>,
    counts: Arc<Counts>,
) -> impl FnMut(&[T]) + Send + 'static
where
    T: SizedSample,
    f32: FromSample<T>,
{
    move |data| {
        let (mut taken, mut dropped) = (0, 0);
        for frame in data.chunks_exact(channels) {
            let sum: f32 = frame.iter().map(|sample| f32::from_sample_(*sample)).sum();
            match ring.push(clean(sum / channels as f32)) {
                Ok(()) => taken += 1,
                Err(_) => dropped += 1,
            }
        }
        counts.block.store(taken + dropped, Relaxed);
        counts.dropped.fetch_add(dropped, SeqCst);
        counts.clock.fetch_add(taken + dropped, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(samples: &mut Consumer<f32>) -> Vec<f32> {
        std::iter::from_fn(|| samples.pop().ok()).collect()
    }

    #[test]
    fn channels_are_mixed_and_formats_brought_to_one_scale() {
        let (ring, mut samples) = RingBuffer::new(8);
        hear::<i16>(2, ring, Arc::default())(&[16_384, 0, i16::MIN, i16::MIN]);
        assert_eq!(read(&mut samples), [0.25, -1.0]);

        let (ring, mut samples) = RingBuffer::new(8);
        hear::<u8>(1, ring, Arc::default())(&[128, 192, 0]);
        assert_eq!(read(&mut samples), [0.0, 0.5, -1.0]);

        let (ring, mut samples) = RingBuffer::new(8);
        hear::<f32>(1, ring, Arc::default())(&[f32::NAN, 7.0, 0.5]);
        assert_eq!(read(&mut samples), [0.0, 1.0, 0.5]);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_clock_goes_on() {
        let (ring, mut samples) = RingBuffer::new(4);
        let counts = Arc::new(Counts::default());
        let mut heard = hear::<f32>(1, ring, counts.clone());
        heard(&[0.5; 7]);
        assert_eq!(counts.dropped.load(SeqCst), 3);
        assert_eq!(counts.clock.load(SeqCst), 7);
        assert_eq!(read(&mut samples).len(), 4);
        heard(&[0.25; 2]);
        assert_eq!(read(&mut samples), [0.25; 2]);
        assert_eq!(counts.dropped.load(SeqCst), 3);
    }
}
