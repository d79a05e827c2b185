//! What is read of an utterance while it goes on: where she has to be called, whether it begins with that; and its words so far.
//!
//! Invariant: of an utterance that is not for her nothing is read but its beginning.

use std::sync::Arc;

use jane_engines::{BackendError, SpeechToText, Transcript};
use jane_turn_detection::Wake;
use tokio_util::task::AbortOnDropHandle;

use super::clock::CaptureTime;
use super::settled::{Settled, join};
use super::speculation::{Found, SpeculationResult};
use crate::runtime::Runtime;

/// A reading that is under way; dropping it ends it.
pub type Transcribing = AbortOnDropHandle<Result<Transcript, BackendError>>;

/// Whether an utterance is for her.
#[derive(Default)]
pub enum Address {
    /// It is to begin with the wake phrase, and it is not known whether it does.
    #[default]
    Unknown,
    /// Its beginning is being read.
    Asked(Transcribing),
    /// It begins with the wake phrase, or need not.
    Hers,
    /// It does not begin with it: this is how it begins.
    NotHers(Transcript),
}

/// What is read.
enum Part {
    /// The beginning, for the wake phrase.
    Head(Wake),
    /// Everything so far, behind these words.
    Words { behind: String },
}

struct Reading {
    part: Part,
    begun: CaptureTime,
    transcribing: Transcribing,
}

/// What is known of the utterance that is open.
#[derive(Default)]
pub struct Preview {
    /// `None` where no utterance is open.
    start: Option<CaptureTime>,
    address: Address,
    words: String,
    /// How far the words were read.
    until: CaptureTime,
    /// What it begins with, where it is long.
    settled: Option<Settled>,
    reading: Option<Reading>,
}

impl Preview {
    /// The utterance that is open begins here: what is known of another is forgotten.
    pub fn follow(&mut self, start: CaptureTime) {
        if self.start != Some(start) {
            *self = Self {
                start: Some(start),
                until: start,
                ..Self::default()
            };
        }
    }

    /// No utterance is open.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    pub fn words(&self) -> &str {
        &self.words
    }

    /// Where the utterance was read up to.
    pub fn until(&self) -> CaptureTime {
        self.until
    }

    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self.address, Address::Unknown)
    }

    pub fn is_not_hers(&self) -> bool {
        matches!(self.address, Address::NotHers(_))
    }

    /// Reads the utterance's beginning, `sound`, for `wake`.
    pub fn read_head(
        &mut self,
        runtime: &Arc<Runtime>,
        wake: Wake,
        sound: Arc<[f32]>,
        now: CaptureTime,
    ) {
        let transcribing = transcribe(runtime, sound, Some(wake.clone()));
        self.reading = Some(Reading {
            part: Part::Head(wake),
            begun: now,
            transcribing,
        });
    }

    /// What the utterance from `start` on begins with, where it is long and paused before.
    pub fn settled(&self, start: CaptureTime) -> Option<Settled> {
        self.settled.clone().filter(|_| self.start == Some(start))
    }

    /// The utterance paused, and what follows is read behind this.
    pub fn settle(&mut self, settled: Settled) {
        self.settled = Some(settled);
    }

    /// From where on its words are still to be read, and those before.
    pub fn unread(&self, start: CaptureTime) -> (CaptureTime, String) {
        let settled = self.settled(start);
        let read = settled.and_then(|settled| Some((settled.end, settled.text()?)));
        read.unwrap_or((start, String::new()))
    }

    /// Reads its words so far: those in `sound`, and the others as they are.
    pub fn read_words(
        &mut self,
        runtime: &Arc<Runtime>,
        sound: Arc<[f32]>,
        behind: String,
        now: CaptureTime,
    ) {
        self.until = now;
        self.reading = Some(Reading {
            part: Part::Words { behind },
            begun: now,
            transcribing: transcribe(runtime, sound, None),
        });
    }

    /// Waits until what is being read is read. Returns when that began, where it was words.
    pub async fn read(&mut self) -> Option<CaptureTime> {
        let Some(reading) = &mut self.reading else {
            return std::future::pending().await;
        };
        let read = (&mut reading.transcribing).await;
        let reading = self.reading.take()?;
        let transcript = match read {
            Ok(Ok(transcript)) => Some(transcript),
            Ok(Err(error)) => {
                tracing::debug!(%error, "an utterance that goes on could not be read");
                None
            }
            Err(_) => None,
        };
        match (reading.part, transcript) {
            (Part::Head(wake), Some(transcript)) => {
                self.address = match wake.strip(&transcript.text) {
                    Some(_) => Address::Hers,
                    None => Address::NotHers(transcript),
                };
                None
            }
            // The whole utterance is read at its pause, as if she were not called by a phrase, and what it is is found out then.
            (Part::Head(_), None) => {
                self.address = Address::Hers;
                None
            }
            (Part::Words { behind }, transcript) => {
                if let Some(transcript) =
                    transcript.filter(|transcript| !transcript.text.is_empty())
                {
                    self.words = join(&behind, &transcript.text);
                }
                Some(reading.begun)
            }
        }
    }

    /// The utterance may be over, and is read: what is known of whom it is for. Words that are being read are given up; returns when that
    /// began.
    pub fn pause(&mut self) -> (Address, Option<CaptureTime>) {
        let reading = self.reading.take();
        match (&self.address, reading) {
            (Address::NotHers(transcript), _) => (Address::NotHers(transcript.clone()), None),
            (
                Address::Unknown,
                Some(Reading {
                    part: Part::Head(_),
                    transcribing,
                    ..
                }),
            ) => (Address::Asked(transcribing), None),
            (Address::Unknown, _) => (Address::Unknown, None),
            (_, words) => (Address::Hers, words.map(|reading| reading.begun)),
        }
    }

    /// The utterance goes on behind a pause at which it was read.
    pub fn resume(&mut self, result: &SpeculationResult) {
        if result.is_not_hers {
            self.address = Address::NotHers(result.transcript.clone());
            return;
        }
        if matches!(result.found, Found::Question { .. }) {
            self.address = Address::Hers;
        }
        if result.is_for_her() {
            self.words.clone_from(&result.transcript.text);
        }
    }
}

/// Has `sound` recognised: the beginning of an utterance that `wake` may be in, or all of it so far.
fn transcribe(runtime: &Arc<Runtime>, sound: Arc<[f32]>, wake: Option<Wake>) -> Transcribing {
    let runtime = Arc::clone(runtime);
    AbortOnDropHandle::new(tokio::spawn(async move {
        let stt = &runtime.take().await.engines.stt;
        match wake {
            Some(wake) => transcribe_beginning(stt.as_ref(), &wake, sound).await,
            None => stt.transcribe(sound).await,
        }
    }))
}

/// Reads what an utterance begins with, cheaply, and once more with care where `wake` may have been said.
pub async fn transcribe_beginning(
    stt: &dyn SpeechToText,
    wake: &Wake,
    sound: Arc<[f32]>,
) -> Result<Transcript, BackendError> {
    let transcript = stt
        .transcribe_beginning(Arc::clone(&sound), wake.phrase())
        .await?;
    let is_unsure = wake.strip(&transcript.text).is_none() && wake.may_begin(&transcript.text);
    match is_unsure {
        true => stt.transcribe(sound).await,
        false => Ok(transcript),
    }
}
