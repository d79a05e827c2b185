//! The microphone and the loudspeaker of a conversation, and others in their place where the configuration names some.

use jane_audio::AudioError;
use jane_audio::duplex::{DuplexOutput, DuplexStream, StreamEvent};
use jane_config::Audio;

/// Opens the devices that the configuration names.
pub type Reopen = Box<dyn Fn(&Audio) -> Result<DuplexStream, AudioError> + Send>;

pub struct Devices {
    line: DuplexStream,
    loudspeaker: DuplexOutput,
    /// Whether there is a loudspeaker.
    speaks: bool,
    /// Absent where recordings stand for the devices.
    reopen: Option<Reopen>,
    /// The configuration that they were opened with.
    opened: Audio,
    /// Whether the configuration names others by now.
    is_stale: bool,
}

impl Devices {
    pub fn new(line: DuplexStream, speaks: bool, reopen: Option<Reopen>, opened: Audio) -> Self {
        Self {
            loudspeaker: line.loudspeaker(),
            line,
            speaks,
            reopen,
            opened,
            is_stale: false,
        }
    }

    /// The next frame or news of the devices. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        self.line.next().await
    }

    /// Whether what is played may come back through the microphone.
    pub fn echoes(&self) -> bool {
        self.line.echoes()
    }

    pub fn speaks(&self) -> bool {
        self.speaks
    }

    pub fn loudspeaker(&self) -> &DuplexOutput {
        &self.loudspeaker
    }

    /// What a reply is played into; `None` where replies are text alone.
    pub fn voice(&self) -> Option<DuplexOutput> {
        self.speaks.then(|| self.loudspeaker.clone())
    }

    /// The configuration names these devices from now on.
    pub fn configure(&mut self, audio: &Audio) {
        self.is_stale = *audio != self.opened;
    }

    /// Whether other devices are to be opened as soon as nobody speaks.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Opens the devices that are configured now. `None` where there are none to be opened.
    ///
    /// # Errors
    /// Where they do not open. Those that are there stay.
    pub fn reopen(&mut self, audio: &Audio) -> Option<Result<(), AudioError>> {
        self.is_stale = false;
        let reopen = self.reopen.as_ref()?;
        self.opened = audio.clone();
        Some(reopen(audio).map(|line| {
            self.loudspeaker = line.loudspeaker();
            self.speaks = line.has_loudspeaker();
            self.line = line;
        }))
    }
}
