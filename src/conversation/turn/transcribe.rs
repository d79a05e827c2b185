//! Recognises recordings of any length: read in blocks, cut at silence, stretch by stretch, in bounded memory.

use std::sync::Arc;

use jane_audio::{AudioError, SPEECH_RATE, Segment, Segmenter, WavSource};
use jane_engines::SpeechToText;
use tokio::sync::mpsc;

use super::TurnError;

/// Stretches that are cut ahead of the recogniser.
const AHEAD: usize = 1;

/// One recognised stretch.
#[derive(Debug, Clone)]
pub struct TranscribedPart {
    pub text: String,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Length of the whole recording.
    pub of_seconds: f64,
}

/// A recognised recording.
#[derive(Debug, Clone, Default)]
pub struct Transcription {
    /// Empty where nothing was said.
    pub text: String,
    pub language: Option<String>,
    pub audio_seconds: f64,
}

/// Recognises `source`; `on_part` is told of every stretch as it is done.
///
/// # Errors
/// Where the recording cannot be read to its end, or the recogniser fails for good.
pub async fn recording(
    stt: &dyn SpeechToText,
    source: WavSource,
    mut on_part: impl FnMut(&TranscribedPart) + Send,
) -> Result<Transcription, TurnError> {
    let of_seconds = source.duration_seconds();
    let mut heard = Transcription {
        audio_seconds: of_seconds,
        ..Transcription::default()
    };
    let (sender, mut segments) = mpsc::channel(AHEAD);
    let cutting = tokio::task::spawn_blocking(move || cut(source, &sender));
    while let Some(Segment {
        start_sample,
        samples,
    }) = segments.recv().await
    {
        let end_sample = start_sample + samples.len() as u64;
        let transcript = stt.transcribe(Arc::from(samples)).await?;
        if transcript.text.is_empty() {
            continue;
        }
        let part = TranscribedPart {
            text: transcript.text,
            start_seconds: seconds(start_sample),
            end_seconds: seconds(end_sample),
            of_seconds,
        };
        on_part(&part);
        if !heard.text.is_empty() {
            heard.text.push(' ');
        }
        heard.text.push_str(&part.text);
        heard.language = heard.language.or(transcript.language);
    }
    match cutting.await {
        Ok(result) => result?,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
    Ok(heard)
}

/// Reads and cuts until the end, or until nobody wants more.
fn cut(mut source: WavSource, segments: &mpsc::Sender<Segment>) -> Result<(), AudioError> {
    let mut segmenter = Segmenter::new();
    while let Some(block) = source.next_block()? {
        for segment in segmenter.push(&block) {
            if segments.blocking_send(segment).is_err() {
                return Ok(());
            }
        }
    }
    for segment in segmenter.finish() {
        if segments.blocking_send(segment).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sample counts are far below 2^52"
)]
fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SPEECH_RATE)
}
