//! A recording's transcript: read in blocks, cut at silence, recognised stretch by stretch, in bounded memory.

use std::path::Path;
use std::sync::Arc;

use jane_audio::{AudioError, Recording, SPEECH_RATE, Segment, Segmenter};
use jane_engines::BackendError;
use tokio::sync::mpsc;

use super::Sessions;

/// Stretches that are cut ahead of the recogniser.
const AHEAD: usize = 1;

/// A recognised stretch.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Not empty.
    pub text: String,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Mean natural logarithm of the probabilities of the text's tokens.
    pub mean_log_probability: f32,
    /// From 0 to 1.
    pub no_speech_probability: f32,
    pub language: Option<String>,
}

/// What comes of a recording, in order.
#[derive(Debug)]
pub enum TranscriptEvent {
    Stretch(Stretch),
    /// Its length in seconds; nothing follows.
    Ended(f64),
    /// Nothing follows.
    Failed(HearingError),
}

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum HearingError {
    /// The recording cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl Sessions {
    /// Recognises the recording at `path`. Dropping the receiver ends that.
    ///
    /// # Errors
    /// Where it is no recording that can be read.
    pub async fn hear(&self, path: &Path) -> Result<mpsc::Receiver<TranscriptEvent>, AudioError> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || Recording::open(&path));
        let recording = match opening.await {
            Ok(recording) => recording?,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let (sender, heard) = mpsc::channel(AHEAD);
        let sessions = self.clone();
        self.spawn(async move {
            let gone = sender.clone();
            let hearing = async {
                let last = match sessions.heard(recording, &sender).await {
                    Ok(seconds) => TranscriptEvent::Ended(seconds),
                    Err(error) => TranscriptEvent::Failed(error),
                };
                let _ = sender.send(last).await;
            };
            tokio::select! {
                () = gone.closed() => {}
                () = hearing => {}
            }
        });
        Ok(heard)
    }

    async fn heard(
        &self,
        recording: Recording,
        heard: &mpsc::Sender<TranscriptEvent>,
    ) -> Result<f64, HearingError> {
        let taken = self.runtime().take().await;
        let (sender, mut segments) = mpsc::channel(AHEAD);
        let cutting = tokio::task::spawn_blocking(move || cut(recording, &sender));
        while let Some(Segment {
            start_sample,
            samples,
        }) = segments.recv().await
        {
            let end_sample = start_sample + samples.len() as u64;
            let transcript = {
                let _lent = self.inner.lent_ears.acquire().await;
                taken.engines.stt.transcribe(Arc::from(samples)).await?
            };
            if transcript.text.is_empty() {
                continue;
            }
            let stretch = Stretch {
                text: transcript.text,
                start_seconds: seconds(start_sample),
                end_seconds: seconds(end_sample),
                mean_log_probability: transcript.mean_log_probability,
                no_speech_probability: transcript.no_speech_probability,
                language: transcript.language,
            };
            if heard.send(TranscriptEvent::Stretch(stretch)).await.is_err() {
                break;
            }
        }
        match cutting.await {
            Ok(samples) => Ok(seconds(samples?)),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Recognises one utterance: mono, 16 kHz, at most 30 s.
    ///
    /// # Errors
    /// Where the recogniser fails for good.
    pub async fn hear_utterance(&self, samples: Arc<[f32]>) -> Result<String, BackendError> {
        let taken = self.runtime().take().await;
        let transcript = taken.engines.stt.transcribe(samples).await?;
        Ok(transcript.text)
    }
}

/// Reads and cuts until the end, or until nobody wants more. Returns how many samples there were.
fn cut(mut recording: Recording, segments: &mpsc::Sender<Segment>) -> Result<u64, AudioError> {
    let mut segmenter = Segmenter::new();
    let mut samples = 0;
    while let Some(block) = recording.next_block()? {
        samples += block.len() as u64;
        for segment in segmenter.push(&block) {
            if segments.blocking_send(segment).is_err() {
                return Ok(samples);
            }
        }
    }
    for segment in segmenter.finish() {
        if segments.blocking_send(segment).is_err() {
            return Ok(samples);
        }
    }
    Ok(samples)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sample counts are far below 2^52"
)]
fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SPEECH_RATE)
}
