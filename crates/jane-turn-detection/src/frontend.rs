//! [`SpeechFrontend`]: frames in, [`SpeechEvent`] out.

use std::sync::Arc;

use super::acoustics::Acoustics;
use super::echo_canceller::{AecOutput, EchoCanceller};
use super::echo_return_loss::EchoReturnLoss;
use super::endpointer::{EndpointEvent, Endpointer, VadFrame};
use super::ring_buffer::RingBuffer;
use super::settings::samples;
use super::{FrontendSettings, VoiceDetector, level_db, power};
use jane_audio::duplex::Frame;

/// What the front end makes of the frames. Samples are counted by the clock of the capture side.
///
/// An utterance is `Started`, then `Paused` and `Resumed` in turn, until [`SpeechFrontend::close`], or it is cut by `TooLong`, or was
/// none and has `Faded`.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeechEvent {
    /// Speech began at this sample, about 100 ms ago.
    Started { at: u64 },
    /// A short silence after speech. `utterance` is everything since the sample `start`, a little before the speech, and
    /// a little silence after `end`, the last sample of speech.
    Paused {
        utterance: Arc<[f32]>,
        start: u64,
        end: u64,
    },
    /// Speech goes on in the same utterance, since this sample.
    Resumed { at: u64 },
    /// What had begun was too short for speech: there is no utterance.
    Faded { at: u64 },
    /// 29 s have passed since `start`: the utterance ends here, in the middle of a word perhaps.
    TooLong {
        utterance: Arc<[f32]>,
        start: u64,
        end: u64,
    },
}

/// Listens to one line.
pub struct SpeechFrontend {
    detector: Box<dyn VoiceDetector>,
    echo: EchoCanceller,
    acoustics: Acoustics,
    endpoint: Endpointer,
    recent: RingBuffer,
    /// What was heard since the last window, without Jane's voice, and the same with it.
    clean: Vec<f32>,
    captured: Vec<f32>,
    settings: FrontendSettings,
    coupling: EchoReturnLoss,
    level_db: f32,
}

impl SpeechFrontend {
    /// A front end for a stream from its first frame on.
    pub fn new(settings: FrontendSettings, detector: Box<dyn VoiceDetector>) -> Self {
        Self {
            echo: EchoCanceller::new(settings.echo_cancellation),
            acoustics: Acoustics::default(),
            recent: RingBuffer::default(),
            clean: Vec::new(),
            captured: Vec::new(),
            level_db: level_db(&[]),
            coupling: EchoReturnLoss::default(),
            endpoint: Endpointer::new(settings.clone()),
            settings,
            detector,
        }
    }

    /// Takes the next 10 ms, and says what they made clear; mostly nothing.
    pub fn push(&mut self, frame: &Frame) -> Vec<SpeechEvent> {
        let AecOutput {
            suppressed,
            subtracted,
        } = self.echo.clean(frame);
        if self.settings.echo_cancellation {
            self.acoustics.push(frame);
        }
        self.level_db = level_db(&suppressed);
        self.recent.push(&subtracted);
        self.clean.extend(suppressed);
        self.captured.extend(frame.captured);
        let size = self.detector.window().max(1);
        let mut heard = Vec::new();
        while self.clean.len() >= size {
            let clean: Vec<f32> = self.clean.drain(..size).collect();
            let captured: Vec<f32> = self.captured.drain(..size).collect();
            let playing = self.echo.is_playing();
            // Somebody who is far louder than she comes back needs no cancelling, and would suffer from it.
            let taken = power(&captured);
            let reverberation = self.echo.reverberation();
            let louder = playing && self.coupling.is_somebody_else(taken, reverberation);
            // Nor does anybody where she has never come back: nothing is suppressed before there is an echo.
            let somebody = louder || self.is_without_echo(&captured);
            let window = if somebody { &captured } else { &clean };
            let probability = self.detector.probability(window);
            let least = if self.echo.is_settled() {
                self.settings.most_cancelled_db
            } else {
                self.settings.most_cancelled_at_first_db
            };
            let own = playing && !somebody && power(&clean) < taken * from_db(-least);
            let edge = self.endpoint.push(VadFrame {
                samples: size as u64,
                probability: if own { 0.0 } else { probability },
                playing,
            });
            heard.extend(edge.map(|edge| self.heard(edge)));
        }
        heard
    }

    fn is_without_echo(&mut self, captured: &[f32]) -> bool {
        self.settings.echo_cancellation && self.acoustics.is_without_echo(captured)
    }

    fn heard(&self, edge: EndpointEvent) -> SpeechEvent {
        match edge {
            EndpointEvent::Started { at } => SpeechEvent::Started { at },
            EndpointEvent::Paused { start, end } => SpeechEvent::Paused {
                utterance: self.utterance(start, end),
                start,
                end,
            },
            EndpointEvent::Resumed { at } => SpeechEvent::Resumed { at },
            EndpointEvent::Faded { at } => SpeechEvent::Faded { at },
            EndpointEvent::TooLong { start, end } => SpeechEvent::TooLong {
                utterance: self.recent.between(start, end),
                start,
                end,
            },
        }
    }

    /// Samples so far.
    pub fn now(&self) -> u64 {
        self.recent.now()
    }

    /// Samples since the last speech, while an utterance is paused.
    pub fn silence(&self) -> Option<u64> {
        let end = self.endpoint.paused_since()?;
        Some(self.now().saturating_sub(end))
    }

    /// Samples of speech on end now: 0 in silence and in a pause.
    pub fn speaking_for(&self) -> u64 {
        self.endpoint.speaking_for()
    }

    /// Whether an utterance has begun and is not closed yet.
    pub fn is_open(&self) -> bool {
        self.endpoint.is_open()
    }

    /// The first sample of the utterance that is open, with the lead.
    pub fn open_since(&self) -> Option<u64> {
        self.endpoint.open_since()
    }

    /// The last sample of speech, where the utterance that is open has been silent for `silence_ms` and has not paused yet.
    pub fn falling_silent(&self, silence_ms: u32) -> Option<u64> {
        self.endpoint.falling_silent(silence_ms)
    }

    /// What was heard from the sample `start` up to `end`, as far as it is there: at most 30 s back.
    pub fn sound(&self, start: u64, end: u64) -> Arc<[f32]> {
        self.recent.between(start, end)
    }

    /// What a pause that began at `end` would deliver now, of the utterance from `start` on.
    pub fn utterance(&self, start: u64, end: u64) -> Arc<[f32]> {
        self.sound(start, end.saturating_add(samples(self.settings.tail_ms)))
    }

    /// Goes by other settings from now on.
    pub fn configure(&mut self, settings: FrontendSettings) {
        self.echo.set(settings.echo_cancellation);
        self.endpoint.configure(settings.clone());
        self.settings = settings;
    }

    /// The devices are others, perhaps: whether she comes back through them is found out anew.
    pub fn forget_devices(&mut self) {
        self.acoustics.forget();
    }

    /// The utterance is over: what comes is another.
    pub fn close(&mut self) {
        self.endpoint.close();
    }

    /// The level of the last 10 ms without Jane's voice, in dB below full scale, at least -100.
    pub fn level_db(&self) -> f32 {
        self.level_db
    }
}

/// The ratio of powers that so many decibels are.
fn from_db(db: f32) -> f32 {
    10f32.powf(db / 10.0)
}
