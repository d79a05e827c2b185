//! A stream whose sound a test moves by hand.
#![allow(clippy::unwrap_used, reason = "only tests use it")]

use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::far_end::FarEndQueue;
use super::output::DuplexOutput;
use super::{DuplexStream, FRAME, Frame, StreamEvent, WAITING};
use crate::SPEECH_RATE;
use crate::playback::{Controls, Failure, Feed, Loudspeaker, Tapped, queue};

/// The other end of the stream; its loudspeaker runs at [`SPEECH_RATE`].
pub struct ManualStream {
    sender: mpsc::Sender<StreamEvent>,
    feed: Feed,
    tap: FarEndQueue,
}

impl ManualStream {
    /// Moves 10 ms; returns what was played in it. No room for the frame, or nobody who takes it, is no error.
    pub fn frame(&mut self, captured: [f32; FRAME]) -> Vec<f32> {
        let played: Vec<f32> = self.feed.by_ref().take(FRAME).collect();
        self.tap.read();
        let frame = Frame {
            captured,
            played: self.tap.frame(),
        };
        let _ = self.sender.try_send(StreamEvent::Frame(Box::new(frame)));
        played
    }

    /// Ends the recording that the stream stands for.
    pub fn end(&self) {
        let _ = self.sender.try_send(StreamEvent::Ended);
    }
}

impl DuplexStream {
    pub fn by_hand() -> (ManualStream, Self) {
        const RATE: NonZero<u32> = NonZero::new(SPEECH_RATE).unwrap();
        let (sender, from_line) = mpsc::channel(WAITING);
        let controls = Arc::new(Controls::default());
        let (queue, feed, samples) = queue("hand", RATE, 0, Failure::default(), controls.clone());
        let mut tap = FarEndQueue::default();
        tap.connect(Tapped {
            samples,
            sample_rate: SPEECH_RATE,
        })
        .unwrap();
        let loudspeaker =
            DuplexOutput::new("hand", controls, Some(Loudspeaker::without_device(queue)));
        let line = Self {
            from_line,
            loudspeaker,
            task: None,
            track: None,
            echoes: true,
        };
        (ManualStream { sender, feed, tap }, line)
    }
}
