//! Plays what the voice makes of an answer, and knows how much of it was heard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::audio::AudioError;
use crate::audio::line::Mouth;
use crate::backend::{BackendError, Speech};
use crate::conversation::TurnError;
use crate::conversation::reply::{At, Spoken};

/// Sample rate in which positions of what was heard are counted, in Hz.
pub const CLOCK: u32 = 48_000;

/// How long an answer waits for a loudspeaker that is gone.
const GONE: Duration = Duration::from_secs(15);

/// What was given to the loudspeaker so far.
#[derive(Default)]
pub struct Given {
    /// Samples of each sentence, at [`CLOCK`].
    pub lengths: Vec<u64>,
    /// When the first of them were there.
    pub first: Option<Instant>,
}

impl Given {
    fn add(&mut self, sentence: usize, samples: u64, at: Instant) {
        self.first.get_or_insert(at);
        if self.lengths.len() <= sentence {
            self.lengths.resize(sentence + 1, 0);
        }
        if let Some(length) = self.lengths.get_mut(sentence) {
            *length += samples;
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "sample counts are far below 2^52"
    )]
    pub fn seconds(&self) -> f64 {
        self.lengths.iter().sum::<u64>() as f64 / f64::from(CLOCK)
    }
}

/// An answer on its way through the loudspeaker. Dropping it ends that, save for what the loudspeaker holds.
pub struct Playing {
    pub given: Arc<Mutex<Given>>,
    /// What was heard before it, in samples at [`CLOCK`].
    pub base: u64,
    done: oneshot::Receiver<Result<(), TurnError>>,
    work: JoinHandle<()>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Playing {
    pub fn start(mouth: Mouth, spoken: mpsc::Receiver<Result<At<Spoken>, BackendError>>) -> Self {
        let given = Arc::<Mutex<Given>>::default();
        let base = mouth.heard_samples(CLOCK);
        let (finished, done) = oneshot::channel();
        let player = Player {
            mouth,
            base,
            given: Arc::clone(&given),
            unheard: VecDeque::new(),
            end: 0,
        };
        let work = tokio::spawn(async move {
            let _ = finished.send(player.run(spoken).await);
        });
        Self {
            given,
            base,
            done,
            work,
        }
    }

    /// Gives nothing more to the loudspeaker from now on.
    pub async fn end(mut self) {
        self.work.abort();
        let _ = (&mut self.work).await;
    }

    /// Waits until all was heard, or as much as could be played. To be called until it returned once.
    pub async fn played(&mut self) -> Result<(), TurnError> {
        (&mut self.done).await.unwrap_or(Ok(()))
    }
}

struct Player {
    mouth: Mouth,
    base: u64,
    given: Arc<Mutex<Given>>,
    /// What was given to the loudspeaker and is not heard yet, with the sample (at [`CLOCK`], from the answer's beginning) at
    /// which it begins: a device that fails loses it.
    unheard: VecDeque<(u64, Speech)>,
    /// The end of the last of it.
    end: u64,
}

impl Player {
    async fn run(
        mut self,
        mut spoken: mpsc::Receiver<Result<At<Spoken>, BackendError>>,
    ) -> Result<(), TurnError> {
        while let Some(spoken) = spoken.recv().await {
            let At {
                at,
                what: Spoken { sentence, speech },
            } = spoken?;
            let samples = at_clock(speech.samples.len(), speech.sample_rate);
            self.given
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(sentence, samples, at);
            let played = self.mouth.play(&speech.samples, speech.sample_rate).await;
            self.unheard.push_back((self.end, speech));
            self.end += samples;
            self.recovered(played).await?;
            self.forget_heard();
        }
        loop {
            let finished = self.mouth.finish().await;
            if finished.is_ok() {
                return Ok(());
            }
            self.recovered(finished).await?;
        }
    }

    /// Where the device failed, waits until it is back, and plays again what was lost with it.
    async fn recovered(&mut self, mut played: Result<(), AudioError>) -> Result<(), TurnError> {
        while let Err(error) = played {
            if !matches!(error, AudioError::DeviceFailed { .. }) {
                return Err(error.into());
            }
            if tokio::time::timeout(GONE, self.mouth.back()).await.is_err() {
                return Err(error.into());
            }
            self.forget_heard();
            played = self.play_unheard().await;
        }
        Ok(())
    }

    async fn play_unheard(&self) -> Result<(), AudioError> {
        let heard = self.heard();
        for (
            start,
            Speech {
                samples,
                sample_rate,
            },
        ) in &self.unheard
        {
            let skip = heard.saturating_sub(*start) * u64::from(*sample_rate) / u64::from(CLOCK);
            let rest = samples.get(usize::try_from(skip).unwrap_or(usize::MAX)..);
            self.mouth
                .play(rest.unwrap_or_default(), *sample_rate)
                .await?;
        }
        Ok(())
    }

    fn heard(&self) -> u64 {
        self.mouth.heard_samples(CLOCK).saturating_sub(self.base)
    }

    fn forget_heard(&mut self) {
        let heard = self.heard();
        while let Some((
            start,
            Speech {
                samples,
                sample_rate,
            },
        )) = self.unheard.front()
            && start + at_clock(samples.len(), *sample_rate) <= heard
        {
            self.unheard.pop_front();
        }
    }
}

/// So many samples at [`CLOCK`] last as long as `samples` at `rate` Hz.
fn at_clock(samples: usize, rate: u32) -> u64 {
    samples as u64 * u64::from(CLOCK) / u64::from(rate.max(1))
}

/// The words of `sentences`, as long as `lengths` say, that are over after `heard` samples.
pub fn heard(sentences: &[String], lengths: &[u64], mut heard: u64) -> String {
    let mut parts = Vec::new();
    for (sentence, &length) in sentences.iter().zip(lengths) {
        if heard < length || length == 0 {
            parts.push(beginning(sentence, heard, length));
            break;
        }
        heard -= length;
        parts.push(sentence.clone());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// The words of `sentence` that are over after `heard` of its `length` samples. Words are taken to be as long as their letters,
/// since a voice does not say when it says what; one counts when most of it was heard.
fn beginning(sentence: &str, heard: u64, length: u64) -> String {
    let weight = |word: &str| word.chars().count() as u64 + 1;
    let whole: u64 = sentence.split_whitespace().map(weight).sum();
    let mut passed = 0;
    let mut words = Vec::new();
    for word in sentence.split_whitespace() {
        passed += weight(word);
        let most = passed.saturating_sub(weight(word) / 3);
        if length == 0
            || u128::from(most) * u128::from(length) > u128::from(heard) * u128::from(whole)
        {
            break;
        }
        words.push(word);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_at_the_word_that_was_heard() {
        let sentence = "The largest ocean on earth is the Pacific.";
        assert_eq!(beginning(sentence, 0, 1000), "");
        assert_eq!(beginning(sentence, 500, 1000), "The largest ocean on");
        assert_eq!(beginning(sentence, 500, 0), "");
    }

    #[test]
    fn whole_sentences_come_before_the_one_that_was_cut() {
        let sentences = ["One.", "Two words.", "Three more words."].map(str::to_owned);
        assert_eq!(heard(&sentences, &[10, 10, 10], 16), "One. Two");
        assert_eq!(heard(&sentences, &[10, 10], 100), "One. Two words.");
        assert_eq!(
            heard(&sentences, &[10, 10, 10], 30),
            "One. Two words. Three more words."
        );
        assert_eq!(heard(&sentences, &[], 0), "");
    }
}
