//! What a long utterance begins with, up to a pause, read once: what follows is read behind it.
//!
//! A recogniser takes as long as what it reads lasts. Without this, somebody who speaks for half a minute would be read from the
//! beginning at each pause, and waited for longer at each.

use std::sync::Arc;
use std::time::Duration;

use jane_engines::{BackendError, SpeechToText, Transcript};
use tokio::sync::watch;

use super::clock::CaptureTime;

/// So much has to be new at a pause for it to be kept apart: what is read in two parts is read a little worse, and shorter utterances
/// take the recogniser as long as this one.
const LONG: Duration = Duration::from_secs(6);

/// What an utterance begins with, which is read, or is being read.
#[derive(Clone)]
pub struct Settled {
    /// The last sample of its speech.
    pub end: CaptureTime,
    transcript: watch::Receiver<Option<Transcript>>,
}

impl Settled {
    /// What it says, where that is known already.
    pub fn text(&self) -> Option<String> {
        let transcript = self.transcript.borrow();
        transcript.as_ref().map(|read| read.text.clone())
    }

    /// The same, waited for; `None` where it could not be read.
    async fn transcript(mut self) -> Option<Transcript> {
        let read = self.transcript.wait_for(Option::is_some).await.ok()?;
        read.clone()
    }
}

/// An utterance that is to be read up to a pause.
pub struct Span {
    start: CaptureTime,
    behind: Option<Settled>,
    /// Who waits for it as the beginning of what follows.
    settles: Option<watch::Sender<Option<Transcript>>>,
}

impl Span {
    /// From `start` to `end`; what it begins with may be read already. Where much of it is new, it is itself what others begin with.
    pub fn new(
        start: CaptureTime,
        end: CaptureTime,
        behind: Option<Settled>,
    ) -> (Self, Option<Settled>) {
        let known = behind.as_ref().map_or(start, |settled| settled.end);
        let (settles, settled) = if end.since(known) >= LONG {
            let (sender, transcript) = watch::channel(None);
            (Some(sender), Some(Settled { end, transcript }))
        } else {
            (None, None)
        };
        let span = Self {
            start,
            behind,
            settles,
        };
        (span, settled)
    }

    /// Reads it; `samples` is all of it. What others begin with is read to its end, also where nobody waits for this any more.
    ///
    /// # Errors
    /// Where the recogniser fails.
    pub async fn read(
        self,
        stt: &Arc<dyn SpeechToText>,
        samples: Arc<[f32]>,
    ) -> Result<Transcript, BackendError> {
        let Self {
            start,
            behind,
            settles,
        } = self;
        let known = match behind {
            Some(settled) => {
                let end = settled.end;
                settled.transcript().await.map(|read| (read, end))
            }
            None => None,
        };
        let stt = Arc::clone(stt);
        let reading = async move {
            let Some((beginning, end)) = known else {
                return stt.transcribe(samples).await;
            };
            let new = usize::try_from(end.samples().saturating_sub(start.samples()));
            let new = new.ok().and_then(|new| samples.get(new..));
            let rest = stt.transcribe(Arc::from(new.unwrap_or_default())).await?;
            Ok(joined(beginning, rest))
        };
        let Some(settles) = settles else {
            return reading.await;
        };
        let reading = tokio::spawn(async move {
            let read = reading.await;
            if let Ok(transcript) = &read {
                settles.send_replace(Some(transcript.clone()));
            }
            read
        });
        reading.await.unwrap_or(Err(BackendError::Interrupted))
    }
}

/// `beginning`, and what was said behind it.
fn joined(beginning: Transcript, rest: Transcript) -> Transcript {
    Transcript {
        text: join(&beginning.text, &rest.text),
        language: rest.language.or(beginning.language),
        no_speech_probability: beginning
            .no_speech_probability
            .min(rest.no_speech_probability),
        mean_log_probability: beginning
            .mean_log_probability
            .min(rest.mean_log_probability),
    }
}

/// Two texts as one. A full stop that was only written because the sound ended there goes, where the sentence goes on.
pub fn join(beginning: &str, rest: &str) -> String {
    let goes_on = rest.starts_with(char::is_lowercase);
    let beginning = match beginning.strip_suffix('.') {
        Some(open) if goes_on => open,
        _ => beginning,
    };
    [beginning, rest]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_goes_on_has_no_full_stop_in_it() {
        for (beginning, rest, whole) in [
            (
                "What is the capital.",
                "of France?",
                "What is the capital of France?",
            ),
            (
                "That is it.",
                "Now tell me more.",
                "That is it. Now tell me more.",
            ),
            ("Is it so?", "or not", "Is it so? or not"),
            ("", "Hello.", "Hello."),
            ("Hello.", "", "Hello."),
        ] {
            assert_eq!(join(beginning, rest), whole);
        }
    }

    #[test]
    fn only_a_pause_behind_much_that_is_new_is_kept_apart() {
        let at = |seconds| CaptureTime::default().plus_seconds(seconds);
        assert!(Span::new(at(1), at(5), None).1.is_none());
        let (_, settled) = Span::new(at(1), at(8), None);
        assert_eq!(settled.as_ref().map(|settled| settled.end), Some(at(8)));
        assert!(Span::new(at(1), at(12), settled.clone()).1.is_none());
        assert!(Span::new(at(1), at(14), settled).1.is_some());
    }
}
