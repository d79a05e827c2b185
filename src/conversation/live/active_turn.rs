//! A reply that is being given: told as it is written, played as it is spoken, and cut off at the word that was heard.

use std::sync::Arc;

use jane_audio::duplex::DuplexOutput;
use jane_text::spoken::{Said, joined};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::clock::{CaptureTime, PlaybackTime};
use super::playback_tracker::{self, Delivered, ReplyPlayback, SentenceTiming};
use crate::conversation::turn::reply::{Reply, ReplyEvent, Timed};
use crate::conversation::turn::{Step, Turn, TurnError};
use crate::runtime::SnapshotGuard;

/// A turn from the end of the question to the last sample.
pub struct ActiveTurn {
    pub turn: Turn,
    /// What is in force for it, to its end.
    pub taken: Arc<SnapshotGuard>,
    /// The last sample of the question.
    pub asked_at: CaptureTime,
    /// The sample at which it was sure that the question was over.
    pub begun_at: CaptureTime,
    /// Sentences as they went to the voice, and what is written for them.
    sentences: Vec<Said>,
    /// How much of it was heard, where whoever hears it says so.
    pub heard: Option<PlaybackTime>,
    reply: Reply,
    /// Absent where there is no loudspeaker.
    playback: Option<ReplyPlayback>,
}

/// What an answer begins with.
pub struct ActiveTurnStart {
    pub turn: Turn,
    pub taken: Arc<SnapshotGuard>,
    pub asked_at: CaptureTime,
    pub begun_at: CaptureTime,
    pub reply: Reply,
}

/// What happened to an answer.
pub enum Progress {
    Written(Timed<ReplyEvent>),
    /// All of it was heard, or as much as could be played.
    Played(Result<(), TurnError>),
}

impl ActiveTurn {
    /// It is played into `loudspeaker` from now on.
    pub fn new(begun: ActiveTurnStart, loudspeaker: Option<DuplexOutput>) -> Self {
        let ActiveTurnStart {
            turn,
            taken,
            asked_at,
            begun_at,
            mut reply,
        } = begun;
        let playback = loudspeaker.map(|loudspeaker| {
            let (_, none) = mpsc::channel(1);
            let spoken = std::mem::replace(&mut reply.spoken, none);
            ReplyPlayback::start(loudspeaker, spoken)
        });
        Self {
            turn,
            taken,
            asked_at,
            begun_at,
            sentences: Vec::new(),
            heard: None,
            reply,
            playback,
        }
    }

    /// The next thing that happens to the answer. After its end it never returns.
    pub async fn progress(&mut self) -> Progress {
        let Self {
            turn,
            reply,
            playback,
            ..
        } = self;
        if turn.reply().is_none()
            && let Some(written) = reply.written.recv().await
        {
            return Progress::Written(written);
        }
        match playback {
            Some(playback) => Progress::Played(playback.played().await),
            None => Progress::Played(Ok(())),
        }
    }

    /// Takes a step of the reply.
    pub fn tell(&mut self, event: Timed<ReplyEvent>) -> Step {
        match &event.what {
            ReplyEvent::Sentence(said) => self.sentences.push(said.clone()),
            ReplyEvent::Unsaid(said) => self.unsaid(said),
            _ => {}
        }
        self.turn.tell(event)
    }

    /// Gives nothing more to the loudspeaker from now on, and notes in the waterfall what the voice has made.
    pub async fn silence(&mut self) {
        let Some(playback) = self.playback.take() else {
            return;
        };
        {
            let delivered = playback.delivered.lock();
            let clock = self.turn.clock();
            self.turn.waterfall.first_speech_ms = delivered.first.map(|at| clock.ms_at(at));
            self.turn.waterfall.audio_seconds = delivered.seconds();
        }
        playback.end().await;
    }

    /// Whether any sound of it was played.
    pub fn is_audible(&self) -> bool {
        self.turn.waterfall.first_audio_ms.is_some()
    }

    /// What of it was heard until now: whole sentences, and of the one that was cut off the words before the cut.
    pub fn heard(&self, loudspeaker: &DuplexOutput) -> String {
        let Some(playback) = &self.playback else {
            // It is read, as far as it is written.
            let whole = self.turn.reply().map(str::to_owned);
            return whole.unwrap_or_else(|| self.saying());
        };
        let heard = self
            .heard
            .unwrap_or_else(|| PlaybackTime::heard(loudspeaker).since(playback.base));
        playback_tracker::heard(&self.sentences, &timings(&playback.delivered), heard)
    }

    /// Whether the last thing that she says is a question, and she has come to it.
    pub fn is_asking(&self, loudspeaker: &DuplexOutput) -> bool {
        let Some((last, before)) = self.sentences.split_last() else {
            return false;
        };
        let asks = self.turn.expects_reply() || last.text().trim_end().ends_with('?');
        let before = written(before);
        self.turn.reply().is_some() && asks && self.heard(loudspeaker).starts_with(&before)
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
    fn unsaid(&mut self, said: &Said) {
        if let Some(last) = self.sentences.last_mut() {
            last.0.extend(said.0.iter().cloned());
        }
    }
}

fn written(sentences: &[Said]) -> String {
    let sentences: Vec<String> = sentences.iter().map(Said::written).collect();
    joined(sentences.iter().map(String::as_str))
}

fn timings(delivered: &Mutex<Delivered>) -> Vec<SentenceTiming> {
    let delivered = delivered.lock();
    delivered.sentences.clone()
}
