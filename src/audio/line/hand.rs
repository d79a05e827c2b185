//! A line whose sound a test moves by hand.

use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::mouth::Mouth;
use super::tap::Tap;
use super::{FRAME, Frame, FromLine, Line, WAITING};
use crate::audio::SPEECH_RATE;
use crate::audio::playback::{Controls, Failure, Feed, Loudspeaker, Tapped, queue};

/// The other end of the line; its loudspeaker runs at [`SPEECH_RATE`].
pub struct Hand {
    sender: mpsc::Sender<FromLine>,
    feed: Feed,
    tap: Tap,
}

impl Hand {
    /// Moves 10 ms; returns what was played in it. No room for the frame, or nobody who takes it, is no error.
    pub fn frame(&mut self, captured: [f32; FRAME]) -> Vec<f32> {
        let played: Vec<f32> = self.feed.by_ref().take(FRAME).collect();
        self.tap.read();
        let frame = Frame {
            captured,
            played: self.tap.frame(),
        };
        let _ = self.sender.try_send(FromLine::Frame(Box::new(frame)));
        played
    }

    /// Ends the recording that the line stands for.
    pub fn end(&self) {
        let _ = self.sender.try_send(FromLine::Ended);
    }
}

impl Line {
    pub fn by_hand() -> (Hand, Self) {
        const RATE: NonZero<u32> = NonZero::new(SPEECH_RATE).unwrap();
        let (sender, from_line) = mpsc::channel(WAITING);
        let controls = Arc::new(Controls::default());
        let (queue, feed, samples) = queue("hand", RATE, 0, Failure::default(), controls.clone());
        let mut tap = Tap::default();
        tap.connect(Tapped {
            samples,
            sample_rate: SPEECH_RATE,
        })
        .unwrap();
        let mouth = Mouth::new("hand", controls, Some(Loudspeaker::without_device(queue)));
        let line = Self {
            from_line,
            mouth,
            task: None,
            track: None,
            echoes: true,
        };
        (Hand { sender, feed, tap }, line)
    }
}
