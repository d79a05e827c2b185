//! From probabilities of speech to the beginning, the pauses and the end of an utterance.
//!
//! Speech begins with windows of at least the threshold, and lasts while they stay at least at the lower one (hysteresis). At most
//! one utterance is open; its `start` never reaches back into the one before. Every decision is made at the end of a window.

use super::FrontendSettings;
use super::settings::samples;
use jane_audio::SPEECH_RATE;

/// Samples that an utterance has at most: Whisper hears 30 s at once.
pub const LONGEST: u64 = 29 * SPEECH_RATE as u64;

/// What the detector made of the next samples.
#[derive(Clone, Copy, Debug)]
pub struct VadFrame {
    pub samples: u64,
    /// 0..=1.
    pub probability: f32,
    /// Whether Jane is heard meanwhile.
    pub playing: bool,
}

/// As [`SpeechEvent`](super::SpeechEvent), without the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointEvent {
    Started { at: u64 },
    Paused { start: u64, end: u64 },
    Resumed { at: u64 },
    Faded { at: u64 },
    TooLong { start: u64, end: u64 },
}

/// Speech on end, from `start` up to `end`.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u64,
    end: u64,
}

impl Run {
    fn length(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// The utterance that is open.
#[derive(Clone, Copy, Debug)]
struct Utterance {
    /// Its first sample, with the lead.
    start: u64,
    /// Its last sample of speech.
    end: u64,
    /// Samples of speech in it.
    speech: u64,
    /// Where speech began last; none while it is paused.
    speaking_since: Option<u64>,
}

/// The state machine.
#[derive(Debug)]
pub struct Endpointer {
    settings: FrontendSettings,
    /// Samples that are judged.
    now: u64,
    /// The speech that reaches up to now, or that a window of silence has not ended yet.
    run: Option<Run>,
    open: Option<Utterance>,
    /// Nothing before this sample belongs to the next utterance.
    used: u64,
}

impl Endpointer {
    pub fn new(settings: FrontendSettings) -> Self {
        Self {
            settings,
            now: 0,
            run: None,
            open: None,
            used: 0,
        }
    }

    /// Takes the next window.
    pub fn push(&mut self, window: VadFrame) -> Option<EndpointEvent> {
        let before = self.now;
        self.now = self.now.saturating_add(window.samples);
        let is_speech = self.is_speech(window);
        self.run = is_speech.then(|| Run {
            start: self.run.map_or(before, |run| run.start),
            end: self.now,
        });
        let Some(utterance) = self.open else {
            return self.begin(window.playing);
        };
        if self
            .now
            .saturating_sub(utterance.start)
            .saturating_add(window.samples)
            > LONGEST
        {
            return Some(self.cut(utterance));
        }
        match utterance.speaking_since {
            Some(_) if is_speech => self.go_on(utterance, window.samples),
            Some(_) => self.pause(utterance),
            None => self.resume(utterance),
        }
    }

    /// Whether the window goes on with speech, or begins it.
    fn is_speech(&self, window: VadFrame) -> bool {
        let FrontendSettings {
            threshold, keep, ..
        } = self.settings;
        let higher = if window.playing {
            (self.settings.threshold_while_playing - threshold).max(0.0)
        } else {
            0.0
        };
        let speaks = self.open.is_some_and(|open| open.speaking_since.is_some());
        let least = if self.run.is_some() || speaks {
            keep
        } else {
            threshold
        };
        window.probability >= least + higher
    }

    fn begin(&mut self, playing: bool) -> Option<EndpointEvent> {
        let run = self.run?;
        let onset = if playing {
            self.settings.onset_while_playing_ms
        } else {
            self.settings.onset_ms
        };
        if run.length() < samples(onset) {
            return None;
        }
        let lead = samples(self.settings.lead_ms);
        self.open = Some(Utterance {
            start: run.start.saturating_sub(lead).max(self.used),
            end: run.end,
            speech: run.length(),
            speaking_since: Some(run.start),
        });
        Some(EndpointEvent::Started { at: run.start })
    }

    fn go_on(&mut self, utterance: Utterance, more: u64) -> Option<EndpointEvent> {
        self.open = Some(Utterance {
            end: self.now,
            speech: utterance.speech.saturating_add(more),
            ..utterance
        });
        None
    }

    fn pause(&mut self, utterance: Utterance) -> Option<EndpointEvent> {
        let Utterance {
            start, end, speech, ..
        } = utterance;
        if self.now.saturating_sub(end) < samples(self.settings.pause_ms) {
            return None;
        }
        if speech < samples(self.settings.least_speech_ms) {
            self.open = None;
            return Some(EndpointEvent::Faded { at: end });
        }
        self.open = Some(Utterance {
            speaking_since: None,
            ..utterance
        });
        Some(EndpointEvent::Paused { start, end })
    }

    fn resume(&mut self, utterance: Utterance) -> Option<EndpointEvent> {
        let run = self.run?;
        if run.length() < samples(self.settings.resume_ms) {
            return None;
        }
        self.open = Some(Utterance {
            end: run.end,
            speech: utterance.speech.saturating_add(run.length()),
            speaking_since: Some(run.start),
            ..utterance
        });
        Some(EndpointEvent::Resumed { at: run.start })
    }

    /// Ends the utterance here. What is said goes on in the next one, from this sample.
    fn cut(&mut self, utterance: Utterance) -> EndpointEvent {
        self.open = None;
        self.run = None;
        self.used = self.now;
        EndpointEvent::TooLong {
            start: utterance.start,
            end: self.now,
        }
    }

    /// Ends the utterance. Speech that had just begun belongs to the next one.
    pub fn close(&mut self) {
        if let Some(utterance) = self.open.take() {
            self.used = utterance.end;
            if utterance.speaking_since.is_some() {
                self.run = None;
            }
        }
    }

    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn configure(&mut self, settings: FrontendSettings) {
        self.settings = settings;
    }

    /// The last sample of speech, while an utterance is paused.
    pub fn paused_since(&self) -> Option<u64> {
        let open = self.open.filter(|open| open.speaking_since.is_none())?;
        Some(open.end)
    }

    /// The first sample of the utterance that is open, with the lead.
    pub fn open_since(&self) -> Option<u64> {
        Some(self.open?.start)
    }

    /// The last sample of speech, where an utterance has fallen silent for at least `silence_ms` and has not paused yet. One that is too
    /// short to be speech does not count.
    pub fn falling_silent(&self, silence_ms: u32) -> Option<u64> {
        let open = self.open.filter(|open| open.speaking_since.is_some())?;
        let is_silent = self.now.saturating_sub(open.end) >= samples(silence_ms);
        let is_speech = open.speech >= samples(self.settings.least_speech_ms);
        (is_silent && is_speech).then_some(open.end)
    }

    /// Samples of speech on end, 0 in a pause.
    pub fn speaking_for(&self) -> u64 {
        let speaks = self
            .open
            .and_then(|open| Some((open.speaking_since?, open.end)));
        speaks.map_or(0, |(since, end)| end.saturating_sub(since))
    }
}
