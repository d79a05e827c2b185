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
use crate::spoken::{Said, joined};

/// Sample rate in which positions of what was heard are counted, in Hz.
pub const CLOCK: u32 = 48_000;

/// How long an answer waits for a loudspeaker that is gone.
const GONE: Duration = Duration::from_secs(15);

/// Below this a voice is silent; full scale is 1.
const SILENT: f32 = 0.01;

/// What was given to the loudspeaker so far.
#[derive(Default)]
pub struct Given {
    pub sentences: Vec<Length>,
    /// When the first of them was there.
    pub first: Option<Instant>,
}

/// How long a sentence is, in samples at [`CLOCK`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Length {
    pub all: u64,
    /// Where in it the voice begins and ends: silence before and after says no word.
    pub voice: (u64, u64),
    /// So many letters of it are over then; empty where the voice does not say.
    pub places: Vec<(u64, u64)>,
}

impl Length {
    fn add(&mut self, speech: &Speech) {
        let at = |sample: usize| at_clock(sample, speech.sample_rate);
        let places = speech.places.iter();
        let before = self.all;
        self.places.extend(
            places.map(|place| (place.letters.into(), before + at(place.samples as usize))),
        );
        let loud = |sample: &f32| sample.abs() > SILENT;
        if let Some(first) = speech.samples.iter().position(loud) {
            let last = speech.samples.iter().rposition(loud).unwrap_or(first);
            if self.voice.1 == 0 {
                self.voice.0 = self.all + at(first);
            }
            self.voice.1 = self.all + at(last);
        }
        self.all += at(speech.samples.len());
    }
}

impl Given {
    fn add(&mut self, sentence: usize, speech: &Speech, at: Instant) {
        self.first.get_or_insert(at);
        if self.sentences.len() <= sentence {
            self.sentences.resize(sentence + 1, Length::default());
        }
        if let Some(length) = self.sentences.get_mut(sentence) {
            length.add(speech);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "sample counts are far below 2^52"
    )]
    pub fn seconds(&self) -> f64 {
        let all = self.sentences.iter().map(|length| length.all);
        all.sum::<u64>() as f64 / f64::from(CLOCK)
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
                .add(sentence, &speech, at);
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
                ..
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
                ..
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

/// The written words of `sentences`, as long as `lengths` say, whose sound is over after `heard` samples.
pub fn heard(sentences: &[Said], lengths: &[Length], mut heard: u64) -> String {
    let mut parts = Vec::new();
    for (sentence, length) in sentences.iter().zip(lengths) {
        if heard < length.all || length.all == 0 {
            parts.push(beginning(sentence, heard, length));
            break;
        }
        heard -= length.all;
        parts.push(sentence.written());
    }
    joined(parts.iter().map(String::as_str))
}

/// The written words of `sentence` whose sound is over after `heard` of its samples; what is said for one counts when most of it was heard.
/// Where the voice does not say when it says what, words are taken to be as long as their letters.
fn beginning(sentence: &Said, heard: u64, length: &Length) -> String {
    let (from, until) = length.voice;
    let weight: fn(&str) -> u64 = if length.places.is_empty() {
        |words| {
            let words = words.split_whitespace();
            words.map(|word| word.chars().count() as u64 + 1).sum()
        }
    } else {
        letters
    };
    let whole: u64 = sentence.0.iter().map(|unit| weight(&unit.spoken)).sum();
    // From no letter at the first sound of the voice to all at the last.
    let mut places = vec![(0, from)];
    places.extend(&length.places);
    places.push((whole, until));
    let mut passed = 0;
    let mut words = Vec::new();
    for unit in &sentence.0 {
        let (begin, end) = (passed, passed + weight(&unit.spoken));
        passed = end;
        let (begin, end) = (when(&places, begin), when(&places, end));
        if from == until || end.saturating_sub((end - begin.min(end)) / 3) > heard {
            break;
        }
        words.push(unit.written.as_str());
    }
    joined(words.into_iter())
}

/// Letters and digits, as voices count them.
fn letters(word: &str) -> u64 {
    word.chars()
        .filter(|letter| letter.is_alphanumeric())
        .count() as u64
}

/// When so many letters are over: in between two places they take the same time each.
fn when(places: &[(u64, u64)], letters: u64) -> u64 {
    let mut before = (0, 0);
    for &(until, at) in places {
        if until >= letters {
            let (behind, whole) = (letters - before.0.min(letters), until - before.0.min(until));
            let time = at.saturating_sub(before.1);
            return before.1 + (time * behind).checked_div(whole).unwrap_or(time);
        }
        before = (until, at);
    }
    before.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Place;
    use crate::spoken::{self, Language, Piece};

    /// What is said for `text` in English.
    fn said(text: &str) -> Said {
        let piece = Piece {
            text: text.to_owned(),
            place: spoken::Place::Line,
        };
        spoken::say(&piece, Language::of("en"))
    }

    fn length(all: u64) -> Length {
        Length {
            all,
            voice: (0, all),
            places: Vec::new(),
        }
    }

    #[test]
    fn a_sentence_is_cut_at_the_word_that_was_heard() {
        let text = "The largest ocean on earth is the Pacific.";
        let sentence = &said(text);
        assert_eq!(beginning(sentence, 0, &length(1000)), "");
        assert_eq!(
            beginning(sentence, 500, &length(1000)),
            "The largest ocean on"
        );
        assert_eq!(beginning(sentence, 500, &length(0)), "");
        let padded = Length {
            all: 2000,
            voice: (500, 1500),
            places: Vec::new(),
        };
        assert_eq!(beginning(sentence, 500, &padded), "");
        assert_eq!(beginning(sentence, 1000, &padded), "The largest ocean on");
        assert_eq!(beginning(sentence, 1500, &padded), text);
    }

    #[test]
    fn where_the_voice_says_when_it_says_what_that_counts() {
        let mut length = Length::default();
        let place = |letters, samples| Place { letters, samples };
        length.add(&Speech {
            places: vec![place(2, 100), place(4, 900), place(7, 1000)],
            ..Speech::new(vec![0.5; 1_000], CLOCK)
        });
        // The second word takes long, because of a pause behind it.
        let text = "We — go, far.";
        let sentence = said(text);
        let at = |heard| beginning(&sentence, heard, &length);
        assert_eq!(
            [at(60), at(100), at(500), at(700)],
            ["", "We —", "We —", "We — go,"]
        );
        assert_eq!([at(940), at(1_000)], ["We — go,", text]);
        // A second sentence of the same text counts its letters on.
        length.add(&Speech {
            places: vec![place(8, 10), place(11, 1000)],
            ..Speech::new(vec![0.5; 1_000], CLOCK)
        });
        assert_eq!(
            beginning(&said("We — go, far. I see."), 1_010, &length),
            "We — go, far. I"
        );
    }

    #[test]
    fn silence_around_a_voice_is_none_of_it() {
        let mut samples = vec![0.0; 300];
        samples[100..200].fill(0.5);
        let speech = Speech::new(samples, CLOCK);
        let mut length = Length::default();
        length.add(&speech);
        assert_eq!(length.voice, (100, 199));
        length.add(&speech);
        assert_eq!((length.all, length.voice), (600, (100, 499)));
    }

    #[test]
    fn whole_sentences_come_before_the_one_that_was_cut() {
        let sentences = ["One.", "Two words.", "Three more words."].map(said);
        let lengths = [10, 10, 10].map(length);
        assert_eq!(heard(&sentences, &lengths, 16), "One. Two");
        assert_eq!(heard(&sentences, &lengths[..2], 100), "One. Two words.");
        assert_eq!(
            heard(&sentences, &lengths, 30),
            "One. Two words. Three more words."
        );
        assert_eq!(heard(&sentences, &[], 0), "");
    }

    #[test]
    fn the_history_has_what_was_written_for_what_was_heard() {
        let text = "It costs $5.99 or 20 €, e.g. on 2026-11-29 at 8:00.";
        let sentence = said(text);
        assert_eq!(sentence.written(), text);
        let weigh = |text: &str| letters(text);
        let spoken = sentence.text();
        // Each letter takes ten samples, in a voice that says so.
        let whole = weigh(&spoken) * 10;
        let places = (1..=weigh(&spoken)).map(|letter| (letter, letter * 10));
        let length = Length {
            all: whole,
            voice: (0, whole),
            places: places.collect(),
        };
        let after = |spoken: &str| beginning(&sentence, weigh(spoken) * 10, &length);
        assert_eq!(after("It costs 5"), "It costs");
        assert_eq!(after("It costs 5 dollars"), "It costs");
        assert_eq!(after("It costs 5 dollars and 99 cents"), "It costs $5.99");
        assert_eq!(
            after("It costs 5 dollars and 99 cents or 20 euros"),
            "It costs $5.99 or 20 €,"
        );
        let date = "It costs 5 dollars and 99 cents or 20 euros, for example on November 29th, twenty twenty-six";
        assert!(spoken.starts_with(date), "{spoken}");
        assert_eq!(after(date), "It costs $5.99 or 20 €, e.g. on 2026-11-29");
        assert_eq!(after(&spoken), text);
        // Where the voice does not say, letters are as long as each other.
        let unknown = Length {
            places: Vec::new(),
            ..length
        };
        assert_eq!(
            beginning(&sentence, whole / 2, &unknown),
            "It costs $5.99 or 20 €, e.g."
        );
    }

    #[test]
    fn what_is_not_said_is_over_with_what_is_before_it() {
        let mut code = said("```rust");
        code.0.push(spoken::Unit {
            written: "\nlet x = 1;".to_owned(),
            spoken: String::new(),
        });
        assert_eq!(code.text(), "I'll leave out the code.");
        assert_eq!(beginning(&code, 1000, &length(1000)), "```rust\nlet x = 1;");
        assert_eq!(beginning(&code, 100, &length(1000)), "");
        let marked = said("**Bold** and 😀 [a link](https://a.b/c) too.");
        assert_eq!(
            beginning(&marked, 1000, &length(1000)),
            "Bold and a link too."
        );
    }
}
