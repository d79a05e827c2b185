//! The live conversation: hear, answer, be interrupted.
//!
//! One task owns the stage; everything else sends it messages. Its clock counts the microphone's samples.
//!
//! Invariants: what an utterance leads to is prepared at its first pause, and said only when it is sure that it is over; what turns
//! out wrong is dropped and leaves no trace; while she speaks, a voice makes her quieter at once and silent when it holds, and gets
//! the floor when it says something; the history holds what was heard. Nothing that takes long is waited for.
//!
//! | module | holds |
//! |---|---|
//! | `attempt` | what is made of an utterance before it is sure that it is over |
//! | `judge` | what is to be done with what was said |
//! | `floor` | whose turn it is to speak |
//! | `patience` | how long a silence ends what was said |
//! | `answer` | an answer that is being given |
//! | `wishes` | what skills want said without being asked |
//! | `playing` | its way through the loudspeaker, and how much of it was heard |

mod answer;
mod attempt;
mod floor;
mod judge;
mod patience;
mod playing;
#[cfg(test)]
mod tests;
mod wishes;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use super::Conversation;
use crate::audio::line::{FRAME, Frame, FromLine, Line, Mouth};
use crate::audio::{AudioError, SPEECH_RATE};
use crate::config::{Audio, Hearing};
use crate::event::{Event, Events};
use crate::hearing::{Ears, EarsSettings, Heard};
use crate::runtime::Runtime;
use crate::skill::{Announcement, Wish};
use answer::{Answer, Progress};
use attempt::{Attempt, Utterance};

/// Samples in a millisecond.
const MILLISECOND: u64 = SPEECH_RATE as u64 / 1000;

/// Full scale is 1; below this the loudspeaker is silent.
const AUDIBLE: f32 = 1e-4;

/// What she is doing, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    Listening,
    /// Somebody speaks.
    Hearing,
    /// An utterance may be over.
    Pausing,
    /// It is, and no sound of the answer is there yet.
    Thinking,
    Speaking,
}

/// What a terminal shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    pub stage: Stage,
    /// Of the microphone, in decibels of full scale.
    pub level_db: f32,
    /// What was understood so far.
    pub partial: String,
}

/// What the user does besides speaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// From now on she listens, or not; the end of listening is the end of the turn.
    Listen(bool),
    /// She is to be quiet.
    Stop,
}

/// Opens the devices that the configuration names.
pub type Reopen = Box<dyn Fn(&Audio) -> Result<Line, AudioError> + Send>;

/// What a conversation is held with.
pub struct Parts {
    pub runtime: Arc<Runtime>,
    pub events: Events,
    pub line: Line,
    pub ears: Ears,
    /// Whether there is a loudspeaker.
    pub speaks: bool,
    /// Whether the microphone is listened to from the beginning: always, but for push-to-talk.
    pub listens: bool,
    /// For other devices, where the line has any.
    pub reopen: Option<Reopen>,
}

pub struct Live {
    runtime: Arc<Runtime>,
    events: Events,
    conversation: Arc<Mutex<Conversation>>,
    line: Line,
    mouth: Mouth,
    ears: Ears,
    speaks: bool,
    listens: bool,
    reopen: Option<Reopen>,
    /// What of the configuration the line was opened with, and whether it names something else by now.
    audio: Audio,
    is_stale: bool,
    attempt: Option<Attempt>,
    /// What is attempted behind an utterance that was too long and is still being read.
    next: Option<Utterance>,
    /// The utterance that is open is over whatever follows: the key says so.
    is_over: bool,
    answer: Option<Answer>,
    /// While somebody speaks over her: whether that silenced her.
    over: Option<bool>,
    /// She has asked what is to be noted: the answer is dictated.
    awaits_dictation: bool,
    /// Speech that begins before this sample needs no wake phrase.
    follow_up_until: u64,
    turns: u64,
    /// What skills want said, in this order.
    announcements: VecDeque<Announcement>,
    /// The sample since which nobody has spoken, as far as that mattered.
    quiet_since: u64,
    wishes: Option<mpsc::Receiver<Wish>>,
    upkeep: Option<JoinHandle<()>>,
    view: watch::Sender<View>,
    /// The recording is over.
    ending: bool,
}

impl Live {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts {
            runtime,
            events,
            line,
            mut ears,
            speaks,
            listens,
            reopen,
        } = parts;
        ears.configure(ears_settings(&runtime.in_force().config.hearing, &line));
        Self {
            audio: runtime.in_force().config.audio.clone(),
            wishes: runtime.in_force().skills.wishes(),
            announcements: VecDeque::new(),
            quiet_since: 0,
            is_stale: false,
            reopen,
            runtime,
            conversation: Arc::new(Mutex::new(Conversation::new(events.clone()))),
            events,
            mouth: line.mouth(),
            line,
            ears,
            speaks,
            listens,
            attempt: None,
            next: None,
            is_over: false,
            answer: None,
            over: None,
            awaits_dictation: false,
            follow_up_until: 0,
            turns: 0,
            upkeep: None,
            view: watch::Sender::default(),
            ending: false,
        }
    }

    /// What a terminal shows, whenever it changes.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Loads the engines, side by side. What fails is tried again by the first turn.
    pub async fn prepare(&mut self) {
        let taken = self.runtime.take().await;
        let mut conversation = self.conversation.lock().await;
        let _ = conversation.prepare(&taken, true, self.speaks).await;
    }

    /// Talks until the recording that stands for the microphone is over and answered, or for ever.
    pub async fn run(mut self, mut controls: mpsc::Receiver<Control>) {
        let mut changes = self.runtime.changes();
        self.events.emit(Event::Listening);
        self.keep_up();
        loop {
            tokio::select! {
                biased;
                Some(control) = controls.recv() => self.control(control).await,
                Ok(()) = changes.changed() => self.follow(),
                () = reading(&mut self.attempt) => {}
                progress = progress(&mut self.answer) => self.progress(progress).await,
                wish = wished(&mut self.wishes), if self.announcements.len() < wishes::WAITING => self.wish(wish).await,
                from_line = self.line.next() => match from_line {
                    Some(from_line) => self.on_line(from_line),
                    None => return,
                },
            }
            self.decide().await;
            self.announce();
            self.follow_devices();
            if self.ending && self.is_idle() {
                return;
            }
        }
    }

    /// Another configuration is in force.
    fn follow(&mut self) {
        let in_force = self.runtime.in_force();
        self.ears
            .configure(ears_settings(&in_force.config.hearing, &self.line));
        self.is_stale = in_force.config.audio != self.audio;
        self.keep_up();
    }

    /// Opens other devices where the configuration names some and nobody speaks. Those that do not open change nothing.
    fn follow_devices(&mut self) {
        if !self.is_stale || !self.is_idle() {
            return;
        }
        self.is_stale = false;
        let Some(reopen) = &self.reopen else {
            return;
        };
        self.audio = self.runtime.in_force().config.audio.clone();
        match reopen(&self.audio) {
            Ok(line) => {
                self.mouth = line.mouth();
                self.speaks = line.has_loudspeaker();
                self.line = line;
                self.ears.forget_devices();
            }
            Err(error) => self.events.emit(Event::Warning {
                message: format!("the sound devices stay as they are: {error}"),
                hint: error.hint(),
            }),
        }
    }

    async fn control(&mut self, control: Control) {
        match control {
            Control::Listen(listens) => {
                self.listens = listens;
                self.is_over = !listens && self.ears.is_open();
            }
            Control::Stop => self.cut("stop").await,
        }
    }

    fn on_line(&mut self, from_line: FromLine) {
        match from_line {
            FromLine::Frame(frame) => self.on_frame(&frame),
            FromLine::Lost(error) => {
                tracing::warn!("{error}");
                self.events.emit(Event::AudioLost {
                    message: error.to_string(),
                    hint: error.hint(),
                });
            }
            FromLine::Back => {
                tracing::info!("the sound device is back");
                self.ears.forget_devices();
                self.events.emit(Event::AudioBack);
            }
            FromLine::Dropped(samples) => self.events.emit(Event::AudioDropped { samples }),
            FromLine::Ended => self.ending = true,
        }
    }

    fn on_frame(&mut self, frame: &Frame) {
        let heard = if self.listens {
            self.ears.push(frame)
        } else {
            let captured = [0.0; FRAME];
            let played = frame.played;
            self.ears.push(&Frame { captured, played })
        };
        if let Some(answer) = &mut self.answer
            && frame.played.iter().any(|sample| sample.abs() > AUDIBLE)
        {
            let since = self
                .ears
                .now()
                .saturating_sub(answer.asked_at + FRAME as u64);
            let ms = since / MILLISECOND;
            answer.waterfall.first_audio_ms.get_or_insert(ms);
        }
        for heard in heard {
            self.on_heard(heard);
        }
        self.mind_the_floor();
        self.make_certain();
        self.show();
    }

    fn on_heard(&mut self, heard: Heard) {
        match heard {
            Heard::Started { at } => {
                self.stop_upkeep();
                let at_seconds = seconds(at);
                self.events.emit(Event::SpeechStarted { at_seconds });
            }
            Heard::Resumed { .. } => self.resumed(),
            Heard::Faded { .. } => self.faded(),
            Heard::Paused {
                utterance: samples,
                start,
                end,
            } => self.paused(Utterance {
                samples,
                start,
                end,
            }),
            Heard::TooLong {
                utterance: samples,
                start,
                end,
            } => self.too_long(Utterance {
                samples,
                start,
                end,
            }),
        }
    }

    /// Does what is to be done while nobody waits.
    fn keep_up(&mut self) {
        if self.attempt.is_some() || self.answer.is_some() || self.ears.is_open() {
            return;
        }
        self.stop_upkeep();
        let (runtime, conversation) = (Arc::clone(&self.runtime), Arc::clone(&self.conversation));
        let events = self.events.clone();
        self.upkeep = Some(tokio::spawn(async move {
            let taken = runtime.take().await;
            conversation.lock().await.upkeep(&taken).await;
            events.emit(Event::Idle);
        }));
    }

    fn stop_upkeep(&mut self) {
        if let Some(upkeep) = self.upkeep.take() {
            upkeep.abort();
        }
    }

    fn is_idle(&self) -> bool {
        self.attempt.is_none() && self.answer.is_none() && !self.ears.is_open()
    }

    fn show(&self) {
        let stage = match (&self.answer, &self.attempt) {
            (Some(answer), _) if answer.waterfall.first_audio_ms.is_some() => Stage::Speaking,
            (Some(_), _) => Stage::Thinking,
            (None, Some(_)) => Stage::Pausing,
            (None, None) if self.ears.speaking_for() > 0 => Stage::Hearing,
            (None, None) => Stage::Listening,
        };
        let partial = self.attempt.as_ref().map(Attempt::transcript);
        self.view.send_replace(View {
            stage,
            level_db: self.ears.level_db(),
            partial: partial.unwrap_or_default().to_owned(),
        });
    }

    /// How long ago a sample was taken, as far as the frames tell.
    fn instant_of(&self, sample: u64) -> Instant {
        let ago = Duration::from_millis(self.ears.now().saturating_sub(sample) / MILLISECOND);
        let now = Instant::now();
        now.checked_sub(ago).unwrap_or(now)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop_upkeep();
    }
}

async fn reading(attempt: &mut Option<Attempt>) {
    match attempt {
        Some(attempt) => attempt.reading().await,
        None => std::future::pending().await,
    }
}

async fn wished(wishes: &mut Option<mpsc::Receiver<Wish>>) -> Wish {
    let wish = match wishes {
        Some(wishes) => wishes.recv().await,
        None => None,
    };
    match wish {
        Some(wish) => wish,
        None => std::future::pending().await,
    }
}

async fn progress(answer: &mut Option<Answer>) -> Progress {
    match answer {
        Some(answer) => answer.progress().await,
        None => std::future::pending().await,
    }
}

/// As `hearing` has it; where nothing echoes, nothing is cancelled.
fn ears_settings(hearing: &Hearing, line: &Line) -> EarsSettings {
    let settings = EarsSettings::of(hearing);
    EarsSettings {
        echo_cancellation: settings.echo_cancellation && line.echoes(),
        ..settings
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sample counts are far below 2^52"
)]
fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SPEECH_RATE)
}
