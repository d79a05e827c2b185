//! The stream: where sound comes from and goes to in a live conversation.
//!
//! Everything runs on the sample clock of the input: [`FRAME`] samples at [`SPEECH_RATE`] at a time, with
//! what the loudspeaker plays meanwhile beside them. A [`DuplexStream`] outlives its devices: one that goes away
//! is told of once, and comes back by itself. All buffers are bounded; the devices' callbacks neither
//! allocate nor lock.
//!
//! | module | holds |
//! |---|---|
//! | `capture` | an open microphone |
//! | `output` | [`DuplexOutput`], the loudspeaker, whichever it is now |
//! | `far_end` | what the loudspeaker plays, brought beside what the microphone hears |
//! | `reconnect` | when a device is lost, opened again, and back |
//! | `devices` | the task that runs real devices |
//! | `file_source` | the task that runs files in their place |
//! | `network` | the task that runs a client's microphone and loudspeaker in their place |
//! | `wav_recorder` | the WAV that grows as time goes by |

mod capture;
mod devices;
mod far_end;
mod file_source;
#[cfg(any(test, feature = "testing"))]
pub mod manual;
mod network;
mod output;
mod reconnect;
mod wav_recorder;

use std::path::Path;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::{AudioError, SPEECH_RATE};
pub use network::{Microphone, NETWORK_RATE, RemoteEnd};
pub use output::DuplexOutput;
use wav_recorder::WavRecorder;

/// Samples in a frame: 10 ms.
pub const FRAME: usize = SPEECH_RATE as usize / 100;

/// The name of no output device.
pub const NO_DEVICE: &str = "none";

/// Frames and news that may wait for the conversation: about 2.5 s.
const WAITING: usize = 256;

/// The same of a recording, which waits for whoever listens: what is played does not run ahead of what was heard.
const WAITING_OF_RECORDINGS: usize = 2;

/// 10 ms of sound, in and out.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What the microphone heard.
    pub captured: [f32; FRAME],
    /// What the loudspeaker plays meanwhile, for the echo canceller; zeros for nothing.
    ///
    /// It comes before its echo, by the time that the sound lies in the devices.
    pub played: [f32; FRAME],
}

/// What a stream tells.
#[derive(Debug)]
pub enum StreamEvent {
    Frame(Box<Frame>),
    /// A device has gone; it is tried again every second. Told once.
    Lost(AudioError),
    /// A device that was lost is there again.
    Back,
    /// So many samples of the input were lost, because a device or the conversation was too slow.
    Dropped(u64),
    /// The recording is over; silence follows. Only of [`DuplexStream::recordings`].
    Ended,
}

/// A microphone and a loudspeaker, or recordings in their place. Ends when it is dropped.
pub struct DuplexStream {
    from_line: mpsc::Receiver<StreamEvent>,
    loudspeaker: DuplexOutput,
    /// What moves the sound. It starts when somebody listens for the first time, and ends when nobody does any more.
    task: Option<BoxFuture<'static, ()>>,
    /// What is recorded of the output, to be completed at the end.
    track: Option<WavRecorder>,
    /// Whether what is played may come back as an echo.
    echoes: bool,
}

impl DuplexStream {
    /// Opens the devices of these names (`default`, or a name or id of [`input_devices`] and
    /// [`output_devices`]); the output may be `none`. To be called in a tokio runtime.
    ///
    /// An error where one of them is missing or does not open; with `awaited`, where that is a default device: others are told of as
    /// lost, and come when they are there.
    ///
    /// [`input_devices`]: super::input_devices
    /// [`output_devices`]: super::output_devices
    pub fn live(
        input_device: &str,
        output_device: &str,
        awaited: bool,
    ) -> Result<Self, AudioError> {
        let (sender, from_line) = mpsc::channel(WAITING);
        let (loudspeaker, run) = devices::open(input_device, output_device, awaited, sender)?;
        Ok(Self {
            from_line,
            loudspeaker,
            task: Some(Box::pin(run)),
            track: None,
            echoes: true,
        })
    }

    /// A recording in place of the microphone, at real speed, and a recording in place of the
    /// loudspeaker: sample for sample as long as the time that went by. To be called in a tokio runtime.
    ///
    /// An error where the input is no good WAV or the output cannot be written.
    pub fn recordings(input: &Path, output: Option<&Path>) -> Result<Self, AudioError> {
        let (sender, from_line) = mpsc::channel(WAITING_OF_RECORDINGS);
        let (loudspeaker, track, run) = file_source::open(input, output, sender)?;
        Ok(Self {
            from_line,
            loudspeaker,
            task: Some(Box::pin(run)),
            track,
            echoes: false,
        })
    }

    /// The next frame or news. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        if let Some(task) = self.task.take() {
            tokio::spawn(task);
        }
        self.from_line.recv().await
    }

    /// Whether there is something to be heard from, were it lost at the moment.
    pub fn has_loudspeaker(&self) -> bool {
        self.loudspeaker.has_device()
    }

    /// Whether what is played may come back through the microphone: never where recordings stand for both.
    pub fn echoes(&self) -> bool {
        self.echoes
    }

    /// What speaks into this line.
    pub fn loudspeaker(&self) -> DuplexOutput {
        self.loudspeaker.clone()
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        if let Some(track) = &self.track {
            track.complete();
        }
    }
}
