//! The task that runs files in the devices' place, at real speed.
//!
//! Each tick takes 10 ms of the input and 10 ms of the output; one that comes late is made up for, so
//! that no sample is ever left out and both have the same time.

use std::collections::VecDeque;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::far_end::FarEndQueue;
use super::output::DuplexOutput;
use super::wav_recorder::WavRecorder;
use super::{FRAME, Frame, StreamEvent};
use crate::playback::{Controls, Failure, Feed, Loudspeaker, Tapped, queue};
use crate::{AudioError, WavSource};

/// The rate of the output, in Hz.
const OUTPUT_RATE: NonZero<u32> = NonZero::new(48_000).unwrap();

const TICK: Duration = Duration::from_millis(10);

/// Samples of the output in a tick.
const OUTPUT_FRAME: usize = OUTPUT_RATE.get() as usize / 100;

/// Opens both files; the future runs them until nobody listens.
pub(super) fn open(
    input: &Path,
    output: Option<&Path>,
    sender: mpsc::Sender<StreamEvent>,
) -> Result<
    (
        DuplexOutput,
        Option<WavRecorder>,
        impl Future<Output = ()> + Send + use<>,
    ),
    AudioError,
> {
    let mut source = Source {
        file: Some(WavSource::open(input)?),
        ready: VecDeque::new(),
    };
    source.read()?;
    let track = output
        .map(|path| WavRecorder::create(path, OUTPUT_RATE.get(), input))
        .transpose()?;
    let controls = Arc::new(Controls::default());
    let failure = Failure::default();
    let (queue, feed, samples) = queue("recording", OUTPUT_RATE, 0, failure, controls.clone());
    let mut tap = FarEndQueue::default();
    tap.connect(Tapped {
        samples,
        sample_rate: OUTPUT_RATE.get(),
    })?;
    let loudspeaker = Loudspeaker::without_device(queue);
    let loudspeaker = DuplexOutput::new("recording", controls, Some(loudspeaker));
    let run = run(source, feed, tap, track.clone(), sender);
    Ok((loudspeaker, track, run))
}

async fn run(
    mut source: Source,
    mut feed: Feed,
    mut tap: FarEndQueue,
    track: Option<WavRecorder>,
    sender: mpsc::Sender<StreamEvent>,
) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut ended = false;
    loop {
        tick.tick().await;
        let mut news = Vec::new();
        if !ended && source.is_over() {
            ended = true;
            news.push(StreamEvent::Ended);
        }
        let captured = source.frame().unwrap_or_else(|error| {
            news.push(StreamEvent::Lost(error));
            [0.0; FRAME]
        });
        let emitted: Vec<f32> = feed.by_ref().take(OUTPUT_FRAME).collect();
        if let Some(Err(error)) = track.as_ref().map(|track| track.write(&emitted)) {
            news.push(StreamEvent::Lost(error));
        }
        tap.read();
        let played = tap.frame();
        news.push(StreamEvent::Frame(Box::new(Frame { captured, played })));
        for news in news {
            if sender.send(news).await.is_err() {
                return;
            }
        }
    }
}

/// The input, and silence after it.
struct Source {
    /// Absent after its end.
    file: Option<WavSource>,
    ready: VecDeque<f32>,
}

impl Source {
    fn is_over(&self) -> bool {
        self.file.is_none() && self.ready.is_empty()
    }

    /// The next 10 ms. After an error the recording is over.
    fn frame(&mut self) -> Result<[f32; FRAME], AudioError> {
        let mut frame = [0.0; FRAME];
        let ready = self.ready.len().min(FRAME);
        for (sample, heard) in frame.iter_mut().zip(self.ready.drain(..ready)) {
            *sample = heard;
        }
        self.read()?;
        Ok(frame)
    }

    /// Sees to it that a frame is there, if there is another.
    fn read(&mut self) -> Result<(), AudioError> {
        while let Some(file) = &mut self.file
            && self.ready.len() < FRAME
        {
            let block = file.next_block();
            if !matches!(block, Ok(Some(_))) {
                self.file = None;
            }
            self.ready.extend(block?.unwrap_or_default());
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "file_source_tests.rs"]
mod tests;
