//! Listening to somebody until what they say is over.
//!
//! Invariant: what is held of the sound is bounded by an utterance of the front end (29 s), however long it lasts.

use std::ops::Range;
use std::sync::Arc;

use jane_audio::{FRAME, Frame, SPEECH_RATE};
use jane_engines::BackendError;
use jane_turn_detection::{FrontendSettings, Paused, SpeechEvent, SpeechFrontend, Wake};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Sessions;
use crate::conversation::live::transcribe_beginning;

/// Samples in a millisecond.
const MILLISECOND: u64 = SPEECH_RATE as u64 / 1000;

/// Seconds without any speech after which nothing is expected any more.
const NOBODY: u64 = 20;

/// Frames of silence that stand behind sound that ended: an utterance pauses in it.
const BEHIND: usize = 60;

/// Sound, mono at 16 kHz, in pieces of any length.
pub type Sound = mpsc::Receiver<Vec<f32>>;

/// Sound in frames, and silence for a moment behind its end.
struct Frames {
    sound: Sound,
    waiting: Vec<f32>,
    behind: usize,
    is_over: bool,
}

impl Frames {
    fn new(sound: Sound) -> Self {
        Self {
            sound,
            waiting: Vec::new(),
            behind: 0,
            is_over: false,
        }
    }

    /// The next 10 ms; `None` behind the end. May be dropped and called again without loss.
    async fn next(&mut self) -> Option<[f32; FRAME]> {
        while self.waiting.len() < FRAME && !self.is_over {
            match self.sound.recv().await {
                Some(samples) => self.waiting.extend(samples),
                None => self.is_over = true,
            }
        }
        if self.waiting.is_empty() {
            self.behind += 1;
            if self.behind > BEHIND {
                return None;
            }
        }
        let mut frame = [0.0; FRAME];
        let ready = self.waiting.len().min(FRAME);
        for (sample, heard) in frame.iter_mut().zip(self.waiting.drain(..ready)) {
            *sample = heard;
        }
        Some(frame)
    }
}

/// What was understood of an utterance at its pause.
#[derive(Default)]
struct Read {
    text: String,
    language: Option<String>,
    /// How probable it sounds that the turn is over, 0..=1; `None` where nothing tells.
    sounds_over: Option<f32>,
}

/// A recognition under way, which is given up where it is dropped.
struct Reading(JoinHandle<Result<Read, BackendError>>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sessions {
    pub(super) fn frontend(&self) -> SpeechFrontend {
        let config = &self.runtime().in_force().config;
        // Whoever sends sound has taken out of it what was played.
        let settings = FrontendSettings {
            echo_cancellation: false,
            ..FrontendSettings::of(&config.hearing)
        };
        SpeechFrontend::new(settings, (self.inner.means.detector)())
    }

    fn read(&self, utterance: Arc<[f32]>) -> Reading {
        let sessions = self.clone();
        Reading(tokio::spawn(async move {
            let taken = sessions.runtime().take().await;
            let sound = taken.engines.turn_completion.ask(Arc::clone(&utterance));
            let transcript = taken.engines.stt.transcribe(utterance).await?;
            Ok(Read {
                text: transcript.text,
                language: transcript.language,
                sounds_over: sound.await,
            })
        }))
    }

    /// What is said in `sound` until a silence behind it tells that it is over, or the sound ends. Empty where nobody says anything.
    ///
    /// # Errors
    /// Where the recogniser fails for good.
    pub async fn listen(&self, sound: Sound) -> Result<String, BackendError> {
        let mut frames = Frames::new(sound);
        let mut frontend = self.frontend();
        let mut said = String::new();
        let mut reading: Option<Reading> = None;
        let mut read: Option<Read> = None;
        loop {
            let frame = tokio::select! {
                biased;
                result = reading_of(&mut reading), if reading.is_some() => {
                    reading = None;
                    read = Some(result?);
                    None
                }
                frame = frames.next() => match frame {
                    Some(frame) => Some(frame),
                    None => break,
                },
            };
            if let Some(captured) = frame {
                let played = [0.0; FRAME];
                for heard in frontend.push(&Frame { captured, played }) {
                    match heard {
                        SpeechEvent::Paused { utterance, .. } => {
                            read = None;
                            reading = Some(self.read(utterance));
                        }
                        SpeechEvent::Resumed { .. } | SpeechEvent::Faded { .. } => {
                            (reading, read) = (None, None)
                        }
                        SpeechEvent::TooLong { utterance, .. } => {
                            let read_whole = reading_of(&mut Some(self.read(utterance))).await?;
                            join(&mut said, &read_whole.text);
                            (reading, read) = (None, None);
                        }
                        SpeechEvent::Started { .. } => {}
                    }
                }
            }
            if let (Some(heard), Some(silence)) = (&read, frontend.silence()) {
                let config = &self.runtime().in_force().config.hearing;
                let paused = Paused {
                    transcript: &heard.text,
                    language: heard.language.as_deref(),
                    sound: heard.sounds_over,
                    is_understood: false,
                };
                let wait = paused.wait_ms(config);
                if silence >= u64::from(wait) * MILLISECOND {
                    if heard.text.is_empty() && said.is_empty() {
                        // It was no speech: what is to be said is still waited for.
                        frontend.close();
                        read = None;
                        continue;
                    }
                    join(&mut said, &heard.text);
                    return Ok(said);
                }
            }
            if !frontend.is_open() && frontend.now() > NOBODY * u64::from(SPEECH_RATE) {
                return Ok(said);
            }
        }
        if reading.is_some() {
            read = Some(reading_of(&mut reading).await?);
        }
        join(&mut said, &read.unwrap_or_default().text);
        Ok(said)
    }

    /// Where in `sound` she was called by `wake.phrase`, in samples at 16 kHz: about the end of the phrase, whatever is said behind it.
    /// `None` where the sound ended before.
    ///
    /// # Errors
    /// Where the recogniser fails for good.
    pub async fn called(&self, sound: Sound) -> Result<Option<u64>, BackendError> {
        let mut frames = Frames::new(sound);
        let mut frontend = self.frontend();
        let mut looked_at = None;
        while let Some(captured) = frames.next().await {
            let played = [0.0; FRAME];
            for heard in frontend.push(&Frame { captured, played }) {
                let (SpeechEvent::Paused {
                    utterance,
                    start,
                    end,
                }
                | SpeechEvent::TooLong {
                    utterance,
                    start,
                    end,
                }) = heard
                else {
                    continue;
                };
                let wake = Wake::new(&self.wake_phrase());
                if looked_at != Some(start)
                    && let Some(at) = self.call_in(&wake, utterance, start..end).await?
                {
                    return Ok(Some(at));
                }
                frontend.close();
            }
            let Some(start) = frontend
                .open_since()
                .filter(|start| looked_at != Some(*start))
            else {
                continue;
            };
            let wake = Wake::new(&self.wake_phrase());
            let end = start.saturating_add(wake.beginning());
            if frontend.now() >= end {
                looked_at = Some(start);
                let beginning = frontend.sound(start, end);
                if let Some(at) = self.call_in(&wake, beginning, start..end).await? {
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    /// Where the phrase ends in what an utterance begins with, which lasted over `span`: as far in it as in its transcript.
    async fn call_in(
        &self,
        wake: &Wake,
        beginning: Arc<[f32]>,
        span: Range<u64>,
    ) -> Result<Option<u64>, BackendError> {
        let taken = self.runtime().take().await;
        let transcript = transcribe_beginning(taken.engines.stt.as_ref(), wake, beginning).await?;
        let text = transcript.text.trim();
        let Some(rest) = wake.strip(text) else {
            return Ok(None);
        };
        let (all, rest) = (text.chars().count() as u64, rest.chars().count() as u64);
        let lasts = span.end.saturating_sub(span.start);
        Ok(Some(span.end - lasts * rest / all.max(1)))
    }

    /// The phrase that she is called by; empty for none.
    #[must_use]
    pub fn wake_phrase(&self) -> String {
        self.runtime().in_force().config.wake.phrase.clone()
    }
}

/// What comes of what is being recognised; to be called where there is something.
async fn reading_of(reading: &mut Option<Reading>) -> Result<Read, BackendError> {
    match reading {
        Some(reading) => (&mut reading.0)
            .await
            .unwrap_or(Err(BackendError::Interrupted)),
        None => Ok(Read::default()),
    }
}

fn join(said: &mut String, text: &str) {
    if !said.is_empty() && !text.is_empty() {
        said.push(' ');
    }
    said.push_str(text);
}
