//! Plays what the voice makes of an answer, and knows how much of it was heard.

use std::collections::VecDeque;
use std::ops::Add;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_audio::AudioError;
use jane_audio::duplex::DuplexOutput;
use jane_engines::{BackendError, Speech};
use jane_text::spoken::{Said, joined};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::clock::PlaybackTime;
use crate::conversation::TurnError;
use crate::conversation::turn::reply::{SpeechChunk, Timed};

/// How long an answer waits for a loudspeaker that is gone.
const GONE: Duration = Duration::from_secs(15);

/// Below this a voice is silent; full scale is 1.
const SILENT: f32 = 0.01;

/// What was given to the loudspeaker so far.
#[derive(Default)]
pub struct Delivered {
    pub sentences: Vec<SentenceTiming>,
    /// When the first of them was there.
    pub first: Option<Instant>,
}

/// How long a sentence is, and where in it is what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentenceTiming {
    pub all: PlaybackTime,
    /// Where in it the voice begins and ends: silence before and after says no word.
    pub voice: (PlaybackTime, PlaybackTime),
    /// So many letters of it are over then; empty where the voice does not say.
    pub places: Vec<(u64, PlaybackTime)>,
}

impl SentenceTiming {
    fn add(&mut self, speech: &Speech) {
        let at = |sample: usize| PlaybackTime::of(sample, speech.sample_rate);
        let places = speech.places.iter();
        let before = self.all;
        self.places.extend(
            places.map(|place| (place.letters.into(), before + at(place.samples as usize))),
        );
        let loud = |sample: &f32| sample.abs() > SILENT;
        if let Some(first) = speech.samples.iter().position(loud) {
            let last = speech.samples.iter().rposition(loud).unwrap_or(first);
            if self.voice.1 == PlaybackTime::default() {
                self.voice.0 = self.all + at(first);
            }
            self.voice.1 = self.all + at(last);
        }
        self.all = self.all + at(speech.samples.len());
    }
}

impl Delivered {
    fn add(&mut self, sentence: usize, speech: &Speech, at: Instant) {
        self.first.get_or_insert(at);
        if self.sentences.len() <= sentence {
            self.sentences
                .resize(sentence + 1, SentenceTiming::default());
        }
        if let Some(length) = self.sentences.get_mut(sentence) {
            length.add(speech);
        }
    }

    /// Of speech.
    pub fn seconds(&self) -> f64 {
        let all = self.sentences.iter().map(|timing| timing.all);
        all.fold(PlaybackTime::default(), PlaybackTime::add)
            .seconds()
    }
}

/// An answer on its way through the loudspeaker. Dropping it ends that, save for what the loudspeaker holds.
pub struct ReplyPlayback {
    pub delivered: Arc<Mutex<Delivered>>,
    /// What was heard before it.
    pub base: PlaybackTime,
    done: oneshot::Receiver<Result<(), TurnError>>,
    work: JoinHandle<()>,
}

impl Drop for ReplyPlayback {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl ReplyPlayback {
    pub fn start(
        loudspeaker: DuplexOutput,
        spoken: mpsc::Receiver<Result<Timed<SpeechChunk>, BackendError>>,
    ) -> Self {
        let delivered = Arc::<Mutex<Delivered>>::default();
        let base = PlaybackTime::heard(&loudspeaker);
        let (finished, done) = oneshot::channel();
        let player = PlaybackTask {
            loudspeaker,
            base,
            delivered: Arc::clone(&delivered),
            unheard: VecDeque::new(),
            end: PlaybackTime::default(),
        };
        let work = tokio::spawn(async move {
            let _ = finished.send(player.run(spoken).await);
        });
        Self {
            delivered,
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

struct PlaybackTask {
    loudspeaker: DuplexOutput,
    base: PlaybackTime,
    delivered: Arc<Mutex<Delivered>>,
    /// What was given to the loudspeaker and is not heard yet, with the position (from the answer's beginning) at
    /// which it begins: a device that fails loses it.
    unheard: VecDeque<(PlaybackTime, Speech)>,
    /// The end of the last of it.
    end: PlaybackTime,
}

impl PlaybackTask {
    async fn run(
        mut self,
        mut spoken: mpsc::Receiver<Result<Timed<SpeechChunk>, BackendError>>,
    ) -> Result<(), TurnError> {
        while let Some(spoken) = spoken.recv().await {
            let Timed {
                at,
                what: SpeechChunk { sentence, speech },
            } = spoken?;
            let length = PlaybackTime::of(speech.samples.len(), speech.sample_rate);
            self.delivered.lock().add(sentence, &speech, at);
            let played = self
                .loudspeaker
                .play(&speech.samples, speech.sample_rate)
                .await;
            self.unheard.push_back((self.end, speech));
            self.end = self.end + length;
            self.recovered(played).await?;
            self.forget_heard();
        }
        loop {
            let finished = self.loudspeaker.finish().await;
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
            if tokio::time::timeout(GONE, self.loudspeaker.back())
                .await
                .is_err()
            {
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
            let skip = heard.since(*start).samples_at(*sample_rate);
            let rest = samples.get(skip..);
            self.loudspeaker
                .play(rest.unwrap_or_default(), *sample_rate)
                .await?;
        }
        Ok(())
    }

    fn heard(&self) -> PlaybackTime {
        PlaybackTime::heard(&self.loudspeaker).since(self.base)
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
            && *start + PlaybackTime::of(samples.len(), *sample_rate) <= heard
        {
            self.unheard.pop_front();
        }
    }
}

/// The written words of `sentences`, which are as long as `timings` say, whose sound is over after `heard`.
pub fn heard(sentences: &[Said], timings: &[SentenceTiming], mut heard: PlaybackTime) -> String {
    let mut parts = Vec::new();
    for (sentence, timing) in sentences.iter().zip(timings) {
        if heard < timing.all || timing.all == PlaybackTime::default() {
            parts.push(beginning(sentence, heard, timing));
            break;
        }
        heard = heard.since(timing.all);
        parts.push(sentence.written());
    }
    joined(parts.iter().map(String::as_str))
}

/// The written words of `sentence` whose sound is over after `heard` of it; what is said for one counts when most of it was heard.
/// Where the voice does not say when it says what, words are taken to be as long as their letters.
fn beginning(sentence: &Said, heard: PlaybackTime, timing: &SentenceTiming) -> String {
    let (from, until) = timing.voice;
    let weight: fn(&str) -> u64 = if timing.places.is_empty() {
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
    places.extend(&timing.places);
    places.push((whole, until));
    let mut passed = 0;
    let mut words = Vec::new();
    for unit in &sentence.0 {
        let (begin, end) = (passed, passed + weight(&unit.spoken));
        passed = end;
        let (begin, end) = (when(&places, begin), when(&places, end));
        let most = end.since(end.since(begin).share(1, 3));
        if from == until || most > heard {
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
fn when(places: &[(u64, PlaybackTime)], letters: u64) -> PlaybackTime {
    let mut before = (0, PlaybackTime::default());
    for &(until, at) in places {
        if until >= letters {
            let (behind, whole) = (letters - before.0.min(letters), until - before.0.min(until));
            return before.1 + at.since(before.1).share(behind, whole);
        }
        before = (until, at);
    }
    before.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use jane_engines::WordTiming;
    use jane_text::spoken::{self, Language, Piece};

    /// What is said for `text` in English.
    fn said(text: &str) -> Said {
        let piece = Piece {
            text: text.to_owned(),
            place: spoken::Place::Line,
        };
        spoken::say(&piece, Language::of("en"))
    }

    fn at(samples: u64) -> PlaybackTime {
        PlaybackTime::at(samples)
    }

    fn length(all: u64) -> SentenceTiming {
        SentenceTiming {
            all: at(all),
            voice: (at(0), at(all)),
            places: Vec::new(),
        }
    }

    #[test]
    fn a_sentence_is_cut_at_the_word_that_was_heard() {
        let text = "The largest ocean on earth is the Pacific.";
        let sentence = &said(text);
        assert_eq!(beginning(sentence, at(0), &length(1000)), "");
        assert_eq!(
            beginning(sentence, at(500), &length(1000)),
            "The largest ocean on"
        );
        assert_eq!(beginning(sentence, at(500), &length(0)), "");
        let padded = SentenceTiming {
            all: at(2000),
            voice: (at(500), at(1500)),
            places: Vec::new(),
        };
        assert_eq!(beginning(sentence, at(500), &padded), "");
        assert_eq!(
            beginning(sentence, at(1000), &padded),
            "The largest ocean on"
        );
        assert_eq!(beginning(sentence, at(1500), &padded), text);
    }

    #[test]
    fn where_the_voice_says_when_it_says_what_that_counts() {
        let mut length = SentenceTiming::default();
        let place = |letters, samples| WordTiming { letters, samples };
        length.add(&Speech {
            places: vec![place(2, 100), place(4, 900), place(7, 1000)],
            ..Speech::new(vec![0.5; 1_000], PlaybackTime::RATE)
        });
        // The second word takes long, because of a pause behind it.
        let text = "We — go, far.";
        let sentence = said(text);
        let after = |heard| beginning(&sentence, at(heard), &length);
        assert_eq!(
            [after(60), after(100), after(500), after(700)],
            ["", "We —", "We —", "We — go,"]
        );
        assert_eq!([after(940), after(1_000)], ["We — go,", text]);
        // A second sentence of the same text counts its letters on.
        length.add(&Speech {
            places: vec![place(8, 10), place(11, 1000)],
            ..Speech::new(vec![0.5; 1_000], PlaybackTime::RATE)
        });
        assert_eq!(
            beginning(&said("We — go, far. I see."), at(1_010), &length),
            "We — go, far. I"
        );
    }

    #[test]
    fn what_was_not_spoken_lasts_no_second_and_not_minus_none() {
        assert!(Delivered::default().seconds().is_sign_positive());
    }

    #[test]
    fn silence_around_a_voice_is_none_of_it() {
        let mut samples = vec![0.0; 300];
        samples[100..200].fill(0.5);
        let speech = Speech::new(samples, PlaybackTime::RATE);
        let mut length = SentenceTiming::default();
        length.add(&speech);
        assert_eq!(length.voice, (at(100), at(199)));
        length.add(&speech);
        assert_eq!((length.all, length.voice), (at(600), (at(100), at(499))));
    }

    #[test]
    fn whole_sentences_come_before_the_one_that_was_cut() {
        let sentences = ["One.", "Two words.", "Three more words."].map(said);
        let lengths = [10, 10, 10].map(length);
        assert_eq!(heard(&sentences, &lengths, at(16)), "One. Two");
        assert_eq!(heard(&sentences, &lengths[..2], at(100)), "One. Two words.");
        assert_eq!(
            heard(&sentences, &lengths, at(30)),
            "One. Two words. Three more words."
        );
        assert_eq!(heard(&sentences, &[], at(0)), "");
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
        let places = (1..=weigh(&spoken)).map(|letter| (letter, at(letter * 10)));
        let length = SentenceTiming {
            all: at(whole),
            voice: (at(0), at(whole)),
            places: places.collect(),
        };
        let after = |spoken: &str| beginning(&sentence, at(weigh(spoken) * 10), &length);
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
        let unknown = SentenceTiming {
            places: Vec::new(),
            ..length
        };
        assert_eq!(
            beginning(&sentence, at(whole / 2), &unknown),
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
        assert_eq!(
            beginning(&code, at(1000), &length(1000)),
            "```rust\nlet x = 1;"
        );
        assert_eq!(beginning(&code, at(100), &length(1000)), "");
        let marked = said("**Bold** and 😀 [a link](https://a.b/c) too.");
        assert_eq!(
            beginning(&marked, at(1000), &length(1000)),
            "Bold and a link too."
        );
    }
}
