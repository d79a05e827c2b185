//! An answer that is being given: told as it is written, played as it is spoken, and cut off at the word that was heard.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::playing::{self, CLOCK, Given, Length, Playing};
use crate::audio::line::Mouth;
use crate::conversation::TurnError;
use crate::conversation::reply::{At, Reply, Written};
use crate::conversation::skills::TurnSkills;
use crate::conversation::telling::Telling;
use crate::event::Waterfall;
use crate::runtime::Taken;
use crate::spoken::{Said, joined};

/// A turn from the end of the question to the last sample.
pub struct Answer {
    pub question: String,
    /// What is in force for it, to its end.
    pub taken: Arc<Taken>,
    pub telling: Telling,
    pub waterfall: Waterfall,
    /// The last sample of the question.
    pub asked_at: u64,
    /// The sample at which it was sure that the question was over.
    pub begun_at: u64,
    /// Sentences as they went to the voice, and what is written for them.
    pub sentences: Vec<Said>,
    /// The whole text, once it is there.
    pub text: Option<String>,
    /// The tools that were called for it.
    pub tools: Vec<String>,
    /// So many of the oldest exchanges were left out for it.
    pub skipped: usize,
    /// Whether it asks something back.
    pub expects_reply: bool,
    pub skills: TurnSkills,
    /// What skills did for it takes effect.
    is_settled: bool,
    reply: Reply,
    /// Absent where there is no loudspeaker.
    playing: Option<Playing>,
}

/// What an answer begins with.
pub struct Begun {
    /// Empty for what a skill says without being asked.
    pub question: String,
    pub taken: Arc<Taken>,
    pub telling: Telling,
    pub waterfall: Waterfall,
    pub asked_at: u64,
    pub begun_at: u64,
    pub reply: Reply,
    pub skills: TurnSkills,
    pub expects_reply: bool,
}

/// What happened to an answer.
pub enum Progress {
    Written(At<Written>),
    /// All of it was heard, or as much as could be played.
    Played(Result<(), TurnError>),
}

impl Answer {
    /// It is played into `mouth` from now on.
    pub fn new(begun: Begun, mouth: Option<Mouth>) -> Self {
        let Begun {
            question,
            taken,
            telling,
            waterfall,
            asked_at,
            begun_at,
            mut reply,
            skills,
            expects_reply,
        } = begun;
        let playing = mouth.map(|mouth| {
            let (_, none) = mpsc::channel(1);
            let spoken = std::mem::replace(&mut reply.spoken, none);
            Playing::start(mouth, spoken)
        });
        Self {
            question,
            taken,
            telling,
            waterfall,
            asked_at,
            begun_at,
            is_settled: false,
            sentences: Vec::new(),
            text: None,
            tools: Vec::new(),
            skipped: 0,
            expects_reply,
            skills,
            reply,
            playing,
        }
    }

    /// The next thing that happens to the answer. After its end it never returns.
    pub async fn progress(&mut self) -> Progress {
        let Self {
            reply,
            text,
            playing,
            ..
        } = self;
        if text.is_none()
            && let Some(written) = reply.written.recv().await
        {
            return Progress::Written(written);
        }
        match playing {
            Some(playing) => Progress::Played(playing.played().await),
            None => Progress::Played(Ok(())),
        }
    }

    /// What skills did for it takes effect, once.
    pub fn settle(&mut self) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.skills.settle();
        }
    }

    /// Gives nothing more to the loudspeaker from now on, and notes in the waterfall what the voice has made.
    pub async fn silence(&mut self) {
        let Some(playing) = self.playing.take() else {
            return;
        };
        {
            let given = playing.given.lock().unwrap_or_else(PoisonError::into_inner);
            let clock = self.telling.clock;
            self.waterfall.first_speech_ms = given.first.map(|at| clock.ms_at(at));
            self.waterfall.audio_seconds = given.seconds();
        }
        playing.end().await;
    }

    /// What of it was heard until now: whole sentences, and of the one that was cut off the words before the cut.
    pub fn heard(&self, mouth: &Mouth) -> String {
        let Some(playing) = &self.playing else {
            // It is read, as far as it is written.
            return self.text.clone().unwrap_or_else(|| self.saying());
        };
        let heard = mouth.heard_samples(CLOCK).saturating_sub(playing.base);
        playing::heard(&self.sentences, &lengths(&playing.given), heard)
    }

    /// Whether the last thing that she says is a question, and she has come to it.
    pub fn is_asking(&self, mouth: &Mouth) -> bool {
        let Some((last, before)) = self.sentences.split_last() else {
            return false;
        };
        let asks = self.expects_reply || last.text().trim_end().ends_with('?');
        let before = written(before);
        self.text.is_some() && asks && self.heard(mouth).starts_with(&before)
    }

    /// What she says, as far as it is written.
    fn saying(&self) -> String {
        written(&self.sentences)
    }

    /// What she says, as it is written and as it sounds: whoever hears it may write either.
    pub fn sounds(&self) -> String {
        let sounds = self.sentences.iter().map(Said::text);
        let sounds: Vec<String> = sounds.chain([self.saying()]).collect();
        sounds.join(" ")
    }

    /// What is written behind the last sentence is over with it.
    pub fn unsaid(&mut self, said: &Said) {
        if let Some(last) = self.sentences.last_mut() {
            last.0.extend(said.0.iter().cloned());
        }
    }
}

fn written(sentences: &[Said]) -> String {
    let sentences: Vec<String> = sentences.iter().map(Said::written).collect();
    joined(sentences.iter().map(String::as_str))
}

fn lengths(given: &Mutex<Given>) -> Vec<Length> {
    let given = given.lock().unwrap_or_else(PoisonError::into_inner);
    given.sentences.clone()
}
