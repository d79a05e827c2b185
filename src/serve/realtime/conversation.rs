//! One session: what the client sends goes into the live conversation, and what happens there is told to the client.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jane_audio::SPEECH_RATE;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::End;
use super::client::{FromClient, Reader};
use super::items::{self, Items};
use super::response::Response;
use super::server_events::{Out, Problem};
use super::session_events::{SessionEvent, happens};
use super::settings::Settings;
use super::speech::Speech;
use super::tools::{Asked, Functions};
use crate::conversation::live::Control;
use crate::serve::id;
use crate::serve::sessions::{Place, Sessions, Talk};

/// Samples that a client may hold back until it ends its turn: two minutes.
pub(super) const MOST_HELD: usize = SPEECH_RATE as usize * 120;

/// Samples of a turn at least: 100 ms.
const LEAST_HELD: usize = SPEECH_RATE as usize / 10;

/// How often it is looked at whether anything happens.
const LOOK: Duration = Duration::from_secs(1);

/// A session under way.
pub struct Conversation {
    pub(super) sessions: Sessions,
    pub(super) place: Arc<Place>,
    pub(super) out: Out,
    pub(super) id: String,
    pub(super) settings: Settings,
    pub(super) functions: Arc<Functions>,
    pub(super) calls: mpsc::UnboundedReceiver<Asked>,
    /// Begun with the first that is more than settings.
    pub(super) talk: Option<Talk>,
    pub(super) items: Items,
    /// What is told her besides the instructions.
    pub(super) told: Vec<String>,
    pub(super) response: Option<Response>,
    /// Calls that were made while it is not sure yet that the turn begins.
    pub(super) early: Vec<Asked>,
    /// Calls that the client was told of, by their names, and where their results go.
    pub(super) waiting: HashMap<String, oneshot::Sender<String>>,
    /// Results that are there: the turn goes on in another response, once the client wants it.
    pub(super) results: Vec<(oneshot::Sender<String>, String)>,
    /// The words that are being said.
    pub(super) speech: Option<Speech>,
    /// Typed, and not answered yet.
    pub(super) typed: Vec<String>,
    /// Sound that the client holds back until it ends its turn.
    pub(super) held: Vec<f32>,
    /// The name of sound that was committed, and waits for its response.
    pub(super) committed: Option<String>,
    /// The client wants an answer to what it sent.
    pub(super) awaits: bool,
    /// Samples of sound that came.
    pub(super) appended: u64,
    /// The client ended a turn by itself: what comes is not listened to until that is done.
    pub(super) is_deaf: bool,
    pub(super) last: Instant,
}

impl Conversation {
    pub fn new(sessions: Sessions, place: Arc<Place>, out: Out) -> Self {
        let (functions, calls) = Functions::new();
        Self {
            sessions,
            place,
            out,
            id: id("sess_"),
            settings: Settings::default(),
            functions,
            calls,
            talk: None,
            items: Items::default(),
            told: Vec::new(),
            response: None,
            early: Vec::new(),
            waiting: HashMap::new(),
            results: Vec::new(),
            appended: 0,
            is_deaf: false,
            speech: None,
            typed: Vec::new(),
            held: Vec::new(),
            committed: None,
            awaits: false,
            last: Instant::now(),
        }
    }

    /// Goes on until the client is gone, or nothing happens for too long, or she ends.
    pub async fn run(mut self, mut incoming: mpsc::Receiver<String>) -> End {
        let Some(mut reader) = Reader::new() else {
            return End::Gone;
        };
        let ending = self.sessions.ending().clone();
        let idle = self.sessions.idle();
        let session = self.settings.value(&self.id, &self.sessions);
        self.out
            .tell("session.created", json!({"session": session}));
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = ending.cancelled(), if self.response.is_none() => return End::Ending,
                text = incoming.recv() => {
                    let Some(text) = text else {
                        return End::Gone;
                    };
                    let (name, event) = reader.read(&text);
                    let done = match event {
                        Ok(event) => self.take(event, &mut reader).await,
                        Err(problem) => Err(problem),
                    };
                    if let Err(problem) = done {
                        self.out.fail(&problem, name.as_deref());
                    }
                }
                happened = happens(&mut self.talk) => match happened {
                    SessionEvent::Spoken(samples) => self.spoken(&samples),
                    SessionEvent::Event(event) => self.happened(event),
                    SessionEvent::Partial(partial) => self.partial(&partial),
                    SessionEvent::Over => return End::Gone,
                },
                Some(asked) = self.calls.recv() => self.call(asked),
                _ = look.tick() => {
                    if self.last.elapsed() >= idle && self.response.is_none() {
                        return End::Idle;
                    }
                }
            }
            if self.out.is_stalled() {
                return End::Gone;
            }
        }
    }

    async fn take(&mut self, event: FromClient, reader: &mut Reader) -> Result<(), Problem> {
        match event {
            FromClient::Update(session) => self.update(&session).await,
            FromClient::Append(samples) => self.append(samples),
            FromClient::Commit => self.commit().await,
            FromClient::Clear => {
                self.held.clear();
                if let Some(talk) = &self.talk {
                    talk.microphone.clear();
                }
                self.out.tell("input_audio_buffer.cleared", json!({}));
                Ok(())
            }
            FromClient::Create(item) => self.create(item, reader).await,
            FromClient::Respond { instructions } => self.respond(instructions).await,
            FromClient::Cancel => match &mut self.response {
                Some(response) => {
                    response.is_cancelled = true;
                    self.control(Control::Stop).await
                }
                None => Err(Problem::new(
                    "response_cancel_not_active",
                    "there is no response to cancel",
                )),
            },
            FromClient::Truncate { item, ms } => self.truncate(&item, ms).await,
            FromClient::Retrieve(item) => match self.items.get(&item) {
                Some(found) => {
                    let found = found.clone();
                    self.out
                        .tell("conversation.item.retrieved", json!({"item": found}));
                    Ok(())
                }
                None => Err(Problem::new("item_not_found", "there is no such item")),
            },
            FromClient::Delete(item) => {
                if self.items.get(&item).is_none() {
                    return Err(Problem::new("item_not_found", "there is no such item"));
                }
                Err(Problem::new(
                    "item_delete_unsupported",
                    "what was said was said: a conversation without it is another session",
                ))
            }
        }
    }

    async fn update(&mut self, session: &Value) -> Result<(), Problem> {
        let new = self.settings.updated(session)?;
        if new.speaks != self.settings.speaks && self.talk.is_some() {
            let message = "it is set before anything is said";
            return Err(Problem::of("session.output_modalities", message));
        }
        self.functions.offer(new.offered());
        let tells = new.instructions != self.settings.instructions;
        self.settings = new;
        if tells && self.talk.is_some() {
            let told = self.all_told();
            self.control(Control::Tell(told)).await?;
        }
        let session = self.settings.value(&self.id, &self.sessions);
        self.out
            .tell("session.updated", json!({"session": session}));
        Ok(())
    }

    fn append(&mut self, samples: Vec<f32>) -> Result<(), Problem> {
        self.appended += samples.len() as u64;
        let full = || {
            Problem::new(
                "input_audio_buffer_full",
                "too much sound waits to be heard",
            )
        };
        if !self.settings.detects_turns {
            if self.held.len() + samples.len() > MOST_HELD {
                return Err(full());
            }
            self.held.extend(samples);
            return Ok(());
        }
        match self.talk()?.microphone.push(&samples) {
            true => Ok(()),
            false => Err(full()),
        }
    }

    /// The client ends its turn.
    async fn commit(&mut self) -> Result<(), Problem> {
        if self.settings.detects_turns {
            if self.speech.is_none() {
                let message = "nobody says anything";
                return Err(Problem::new("input_audio_buffer_commit_empty", message));
            }
            // What is being said is over, whatever comes.
            self.is_deaf = true;
            return self.control(Control::Listen(false)).await;
        }
        if self.held.len() < LEAST_HELD {
            let message = "there is less than 100 ms of sound to commit";
            return Err(Problem::new("input_audio_buffer_commit_empty", message));
        }
        let item = id("item_");
        self.committed(&item);
        self.committed = Some(item);
        Ok(())
    }

    /// Tells that somebody said something, whose words follow.
    pub(super) fn committed(&mut self, item: &str) {
        let said = items::heard(item, "");
        let before = self.items.push(said.clone());
        self.out.tell(
            "input_audio_buffer.committed",
            json!({"item_id": item, "previous_item_id": before}),
        );
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.out
                .tell(kind, json!({"item": said, "previous_item_id": before}));
        }
    }

    pub(super) async fn control(&mut self, control: Control) -> Result<(), Problem> {
        let controls = self.talk()?.controls.clone();
        let gone = || Problem::new("engine_failed", "the conversation has ended");
        controls.send(control).await.map_err(|_| gone())
    }

    pub(super) fn all_told(&self) -> Vec<String> {
        let instructions = Some(self.settings.instructions.clone());
        let instructions = instructions.filter(|text| !text.is_empty());
        instructions
            .into_iter()
            .chain(self.told.iter().cloned())
            .collect()
    }

    /// The live conversation, which begins where there is none.
    pub(super) fn talk(&mut self) -> Result<&Talk, Problem> {
        if self.talk.is_none() {
            let talk = self
                .sessions
                .talk(
                    Arc::clone(&self.place),
                    self.settings.speaks,
                    self.all_told(),
                    Some(self.functions.clone()),
                )
                .map_err(|error| Problem::new("engine_failed", error.to_string()))?;
            self.talk = Some(talk);
        }
        let gone = || Problem::new("engine_failed", "the conversation has ended");
        self.talk.as_ref().ok_or_else(gone)
    }
}
