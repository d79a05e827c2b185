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
//! | `state` | an enum: who has the floor, and what is under way |
//! | `turn_taking` | when an utterance is over, what comes of it, and how a reply yields |
//! | `speculation` | what is made of an utterance before it is sure that it is over |
//! | `classify` | what an utterance is |
//! | `ahead` | what is done of an utterance before it pauses |
//! | `preview` | what is read of it meanwhile: whether it is for her, and its words so far |
//! | `spare` | the computing time that may be spent on that in vain |
//! | `patience` | how long a silence ends an utterance |
//! | `active_turn` | a reply that is being given |
//! | `playback_tracker` | its way through the loudspeaker, and how much of it was heard |
//! | `announcements` | what skills want said without being asked |
//! | `devices` | microphone and loudspeaker |
//! | `clock` | the sample clocks of both |
//! | `view` | what a terminal shows |

mod active_turn;
mod ahead;
mod announcements;
mod classify;
mod clock;
mod devices;
mod patience;
mod playback_tracker;
mod preview;
mod settled;
mod spare;
mod speculation;
mod state;
#[cfg(test)]
mod tests;
mod turn_taking;
mod view;

use std::sync::Arc;
use std::time::Instant;

use jane_audio::duplex::{DuplexStream, FRAME, Frame, StreamEvent};
use jane_config::Hearing;
use jane_core::event::{Event, Events, TurnOutcome};
use jane_skills::SkillRequest;
use jane_turn_detection::{FrontendSettings, SpeechEvent, SpeechFrontend};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use super::turn::{SkillRequests, Turns};
use super::{ClientTools, Conversation};
use crate::runtime::Runtime;
use ahead::Early;
use clock::{CaptureTime, PlaybackTime, captured};
use devices::Devices;
use preview::Preview;
use spare::Spare;
use speculation::{Speculation, Utterance};
use state::{Floor, FloorEvent};

pub use ahead::EARLY_MS;
pub use devices::Reopen;
pub use preview::transcribe_beginning;
pub use view::{Stage, View};

/// Full scale is 1; below this the loudspeaker is silent.
const AUDIBLE: f32 = 1e-4;

/// What the user does besides speaking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// From now on she listens, or not; the end of listening is the end of the turn.
    Listen(bool),
    /// She is to be quiet.
    Stop,
    /// She is to be quiet, and so many milliseconds of her answer were heard.
    StopAt(u64),
    /// This is asked, typed.
    Ask(String),
    /// What whoever talks to her adds to her instructions from now on.
    Tell(Vec<String>),
}

/// What a conversation is held with.
pub struct Parts {
    pub runtime: Arc<Runtime>,
    pub events: Events,
    pub line: DuplexStream,
    pub frontend: SpeechFrontend,
    /// Whether there is a loudspeaker.
    pub speaks: bool,
    /// Whether the microphone is listened to from the beginning: always, but for push-to-talk.
    pub listens: bool,
    /// For other devices, where the stream has any.
    pub reopen: Option<Reopen>,
}

/// Whether the microphone is listened to.
enum Microphone {
    Listening,
    /// The key was let go of. `ends_utterance`: an utterance was open then, and is over whatever follows.
    Muted {
        ends_utterance: bool,
    },
}

impl Microphone {
    fn ends_utterance(&self) -> bool {
        matches!(
            self,
            Self::Muted {
                ends_utterance: true
            }
        )
    }

    /// The utterance that was open is over.
    fn utterance_ended(&mut self) {
        if let Self::Muted { ends_utterance } = self {
            *ends_utterance = false;
        }
    }
}

/// What is expected behind a turn.
#[derive(Default)]
struct FollowUp {
    /// Speech that begins before this needs no wake phrase.
    until: CaptureTime,
    /// Jane has asked what is to be noted: the answer is dictated.
    is_dictated: bool,
}

pub struct Live {
    runtime: Arc<Runtime>,
    events: Events,
    conversation: Arc<Mutex<Conversation>>,
    turns: Turns,
    devices: Devices,
    frontend: SpeechFrontend,
    microphone: Microphone,
    floor: Floor,
    /// What is known of the utterance that is open, and what it would lead to.
    preview: Preview,
    early: Option<Early>,
    spare: Spare,
    follow_up: FollowUp,
    requests: SkillRequests,
    /// Since when nobody has spoken; kept while an announcement waits.
    quiet_since: CaptureTime,
    maintenance: Option<JoinHandle<()>>,
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
            mut frontend,
            speaks,
            listens,
            reopen,
        } = parts;
        let in_force = runtime.in_force();
        let devices = Devices::new(line, speaks, reopen, in_force.config.audio.clone());
        frontend.configure(ears_settings(&in_force.config.hearing, &devices));
        let conversation = Conversation::new(events.clone());
        Self {
            turns: conversation.turns.clone(),
            conversation: Arc::new(Mutex::new(conversation)),
            requests: SkillRequests::new(&in_force.skills, events.clone()),
            runtime,
            events,
            devices,
            frontend,
            microphone: match listens {
                true => Microphone::Listening,
                false => Microphone::Muted {
                    ends_utterance: false,
                },
            },
            floor: Floor::default(),
            preview: Preview::default(),
            early: None,
            spare: Spare::of_machine(),
            follow_up: FollowUp::default(),
            quiet_since: CaptureTime::default(),
            maintenance: None,
            view: watch::Sender::default(),
            ending: false,
        }
    }

    /// The same for a client: what it adds to her instructions, its tools beside those of skills, and what skills want said to it.
    #[must_use]
    pub fn for_client(
        mut self,
        told: Vec<String>,
        tools: Option<Arc<dyn ClientTools>>,
        wishes: Option<mpsc::Receiver<SkillRequest>>,
    ) -> Self {
        let conversation = Conversation::continued(self.events.clone(), told, &[], tools);
        self.turns = conversation.turns.clone();
        self.conversation = Arc::new(Mutex::new(conversation));
        self.requests = SkillRequests::from(wishes, self.events.clone());
        self
    }

    /// What a terminal shows, whenever it changes.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Loads the engines, side by side. What fails is tried again by the first turn.
    pub async fn prepare(&mut self) {
        let taken = self.runtime.take().await;
        taken.engines.turn_completion.prepare();
        let mut conversation = self.conversation.lock().await;
        let _ = conversation
            .prepare(&taken, true, self.devices.speaks())
            .await;
    }

    /// Talks until the recording that stands for the microphone is over and answered, or for ever.
    pub async fn run(mut self, mut controls: mpsc::Receiver<Control>) {
        let mut changes = self.runtime.changes();
        self.events.emit(Event::Listening);
        self.start_maintenance();
        loop {
            tokio::select! {
                biased;
                Some(control) = controls.recv() => self.control(control).await,
                Ok(()) = changes.changed() => self.follow(),
                event = self.floor.next() => match event {
                    FloorEvent::Read => {}
                    FloorEvent::Reply(progress) => self.progress(progress).await,
                },
                words = self.preview.read() => self.previewed(words),
                request = self.requests.next() => self.request(request).await,
                from_line = self.devices.next() => match from_line {
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
        self.frontend
            .configure(ears_settings(&in_force.config.hearing, &self.devices));
        self.devices.configure(&in_force.config.audio);
        self.start_maintenance();
    }

    /// Opens other devices where the configuration names some and nobody speaks. Those that do not open change nothing.
    fn follow_devices(&mut self) {
        if !self.devices.is_stale() || !self.is_idle() {
            return;
        }
        let in_force = self.runtime.in_force();
        match self.devices.reopen(&in_force.config.audio) {
            None => {}
            Some(Ok(())) => self.frontend.forget_devices(),
            Some(Err(error)) => self.events.emit(Event::Warning {
                message: format!("the sound devices stay as they are: {error}"),
                hint: error.hint(),
            }),
        }
    }

    async fn control(&mut self, control: Control) {
        match control {
            Control::Listen(true) => self.microphone = Microphone::Listening,
            Control::Listen(false) => {
                let ends_utterance = self.frontend.is_open();
                self.microphone = Microphone::Muted { ends_utterance };
            }
            Control::Stop => self.interrupt(TurnOutcome::Stop).await,
            Control::StopAt(ms) => {
                if let Some(reply) = self.floor.reply_mut() {
                    reply.heard = Some(PlaybackTime::of_milliseconds(ms));
                }
                self.interrupt(TurnOutcome::Stop).await;
            }
            Control::Ask(text) => self.ask(text),
            Control::Tell(told) => {
                self.stop_maintenance();
                self.conversation.lock().await.told = told;
                self.start_maintenance();
            }
        }
    }

    fn on_line(&mut self, from_line: StreamEvent) {
        match from_line {
            StreamEvent::Frame(frame) => self.on_frame(&frame),
            StreamEvent::Lost(error) => {
                tracing::warn!("{error}");
                self.events.emit(Event::AudioLost {
                    message: error.to_string(),
                    hint: error.hint(),
                });
            }
            StreamEvent::Back => {
                tracing::info!("the sound device is back");
                self.frontend.forget_devices();
                self.events.emit(Event::AudioBack);
            }
            StreamEvent::Dropped(samples) => self.events.emit(Event::AudioDropped { samples }),
            StreamEvent::Ended => self.ending = true,
        }
    }

    fn on_frame(&mut self, frame: &Frame) {
        let heard = match self.microphone {
            Microphone::Listening => self.frontend.push(frame),
            Microphone::Muted { .. } => {
                let captured = [0.0; FRAME];
                let played = frame.played;
                self.frontend.push(&Frame { captured, played })
            }
        };
        let now = self.now();
        if let Some(reply) = self.floor.reply_mut()
            && frame.played.iter().any(|sample| sample.abs() > AUDIBLE)
        {
            // The frame is heard from its beginning.
            let since = now.since(reply.asked_at);
            let since = since.saturating_sub(captured(FRAME as u64));
            let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
            reply.turn.waterfall.first_audio_ms.get_or_insert(ms);
        }
        for heard in heard {
            self.on_heard(heard);
        }
        self.look_ahead();
        self.update_barge_in();
        self.commit_when_heard();
        self.show();
    }

    fn on_heard(&mut self, heard: SpeechEvent) {
        match heard {
            SpeechEvent::Started { at } => {
                self.stop_maintenance();
                let at_seconds = CaptureTime::at(at).seconds();
                self.events.emit(Event::SpeechStarted { at_seconds });
            }
            SpeechEvent::Resumed { .. } => self.resumed(),
            SpeechEvent::Faded { .. } => self.misfired(),
            SpeechEvent::Paused {
                utterance: samples,
                start,
                end,
            } => self.paused(Utterance {
                samples,
                start: CaptureTime::at(start),
                end: CaptureTime::at(end),
                typed: None,
            }),
            SpeechEvent::TooLong {
                utterance: samples,
                start,
                end,
            } => self.too_long(Utterance {
                samples,
                start: CaptureTime::at(start),
                end: CaptureTime::at(end),
                typed: None,
            }),
        }
    }

    /// Does what is to be done while nobody waits.
    fn start_maintenance(&mut self) {
        if !self.is_idle() {
            return;
        }
        self.stop_maintenance();
        let (runtime, conversation) = (Arc::clone(&self.runtime), Arc::clone(&self.conversation));
        let events = self.events.clone();
        self.maintenance = Some(tokio::spawn(async move {
            let taken = runtime.take().await;
            conversation.lock().await.maintain(&taken).await;
            events.emit(Event::Idle);
        }));
    }

    fn stop_maintenance(&mut self) {
        if let Some(maintenance) = self.maintenance.take() {
            maintenance.abort();
        }
    }

    fn is_idle(&self) -> bool {
        self.floor.is_free() && !self.frontend.is_open()
    }

    fn show(&self) {
        let stage = self.floor.stage(self.frontend.speaking_for() > 0);
        let paused = self.floor.speculation().map(Speculation::transcript);
        let read = paused.filter(|text| !text.is_empty());
        let partial = read.unwrap_or(self.preview.words()).to_owned();
        if !partial.is_empty() && partial != self.view.borrow().partial {
            let text = partial.clone();
            self.events.emit(Event::TranscriptPartial { text });
        }
        self.view.send_replace(View {
            stage,
            level_db: self.frontend.level_db(),
            partial,
        });
    }

    /// The newest sample of the microphone.
    fn now(&self) -> CaptureTime {
        CaptureTime::at(self.frontend.now())
    }

    /// When a sample was taken, as far as the frames tell.
    fn instant_of(&self, sample: CaptureTime) -> Instant {
        let now = Instant::now();
        now.checked_sub(self.now().since(sample)).unwrap_or(now)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop_maintenance();
    }
}

/// As `hearing` has it; where nothing echoes, nothing is cancelled.
fn ears_settings(hearing: &Hearing, devices: &Devices) -> FrontendSettings {
    let settings = FrontendSettings::of(hearing);
    FrontendSettings {
        echo_cancellation: settings.echo_cancellation && devices.echoes(),
        ..settings
    }
}
