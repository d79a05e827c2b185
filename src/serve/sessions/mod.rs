//! Who talks to her over the network: the only part of the server that knows engines.
//!
//! Invariants: so many sessions are open at once as the configuration says, and who comes then waits in line for a moment; each
//! has a history and events of its own; single engines are lent to few at a time, block by block, so that turns never wait for more than a
//! block of what is not urgent; dropping what was asked for cancels it.
//!
//! `turn` is a turn of Jane's · `limited_model` what a client changes of the model for it, `passed_on_calls` its own tools · `model` a reply of the model alone · `hearing` a
//! recording's transcript · `listening` hears until somebody is done · `speech` a text, spoken · `conversation_store` conversations that clients go on with ·
//! `talk` a live conversation · `announcements` what skills want said

mod announcements;
mod conversation_store;
mod hearing;
mod languages;
mod limited_model;
mod listening;
mod model;
mod passed_on_calls;
mod speech;
mod talk;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use conversation_store::ConversationStore;
pub use hearing::{HearingError, Stretch, TranscriptEvent};
pub use listening::Sound;
pub use model::{Choice, Format, ModelRequest};
pub use speech::Spoken;
pub use talk::Talk;
pub use turn::{TurnPiece, TurnRequest};

use announcements::Announcements;

use crate::conversation::Conversation;
use crate::metrics::{Metrics, Snapshot};
use crate::runtime::Runtime;
use jane_core::event::{Event, Events, Models};
use jane_skills::SkillRequest;
use jane_turn_detection::VoiceDetector;

/// How long a request waits in line for a session.
const WAITING: Duration = Duration::from_secs(20);

/// How long sessions may take to end.
const ENDING: Duration = Duration::from_secs(20);

/// Recordings that are sent at once.
const UPLOADS: usize = 8;

/// Single recognitions, and single speeches, that engines are given at once besides those of turns.
const LENT: usize = 1;

/// Replies of the model alone at once, besides those of turns.
const LENT_MODEL: usize = 2;

/// The model's name for a turn of Jane's.
pub const JANE: &str = "jane";

/// What sessions are made of.
pub struct Means {
    pub runtime: Arc<Runtime>,
    pub events: Events,
    /// Sessions at once.
    pub most: usize,
    /// How long a session may be idle.
    pub idle: Duration,
    /// Where recordings lie while they are read; `None` is the system's place.
    pub temporary: Option<PathBuf>,
    /// Cancelled when everything is to end.
    pub ending: CancellationToken,
    /// Figures about her.
    pub metrics: Metrics,
    /// Makes what tells speech from noise, for somebody who is listened to.
    pub detector: Box<dyn Fn() -> Box<dyn VoiceDetector> + Send + Sync>,
}

/// What is told of a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkillTold {
    pub skill: String,
    pub title: String,
    pub description: String,
    pub tools: Vec<String>,
    /// What `jane.toml` allows it beyond what every skill may.
    pub may: Vec<String>,
}

/// The languages that she hears and speaks, as their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages {
    pub heard: Vec<String>,
    pub spoken: Vec<String>,
}

/// All sessions. A cheap handle.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

struct Inner {
    means: Means,
    places: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    lent_ears: Arc<Semaphore>,
    lent_voice: Arc<Semaphore>,
    lent_model: Arc<Semaphore>,
    count: AtomicU64,
    under_way: TaskTracker,
    announcements: Announcements,
}

/// No session is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("she talks to as many as she can (`serve.sessions`): try again in a moment")]
pub struct Full;

impl Sessions {
    #[must_use]
    pub fn new(means: Means) -> Self {
        let semaphore = |count| Arc::new(Semaphore::new(count));
        Self {
            inner: Arc::new(Inner {
                places: semaphore(means.most),
                uploads: semaphore(UPLOADS),
                lent_ears: semaphore(LENT),
                lent_voice: semaphore(LENT),
                lent_model: semaphore(LENT_MODEL),
                count: AtomicU64::new(0),
                under_way: TaskTracker::new(),
                announcements: Announcements::follow(&means.runtime, means.events.clone()),
                means,
            }),
        }
    }

    /// The events of the process: nothing that was said is told to them.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.inner.means.events
    }

    /// Cancelled when everything is to end.
    #[must_use]
    pub fn ending(&self) -> &CancellationToken {
        &self.inner.means.ending
    }

    /// How long a session may be idle.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.inner.means.idle
    }

    /// Loads the engines side by side. What fails is tried again by the first turn.
    pub async fn prepare(&self) {
        let taken = self.runtime().take().await;
        let mut conversation = Conversation::new(self.events().clone());
        let _ = conversation.prepare(&taken, true, true).await;
    }

    /// The models in force.
    #[must_use]
    pub fn models(&self) -> Models {
        self.inner.means.runtime.in_force().config.models()
    }

    /// Figures about her, without a word of what was said.
    pub async fn snapshot(&self) -> Snapshot {
        self.inner.means.metrics.snapshot().await
    }

    /// The skills that are there, and what each may do.
    #[must_use]
    pub fn skills(&self) -> Vec<SkillTold> {
        let in_force = self.runtime().in_force();
        let set = in_force.skills.current();
        let skills = set.skills().iter().map(|skill| {
            let settings = in_force.config.skills.of(skill.name());
            let allowed = settings
                .allow
                .iter()
                .filter_map(|allow| serde_json::to_value(allow).ok());
            let allowed = allowed.filter_map(|allow| Some(allow.as_str()?.replace('-', " ")));
            let reaches = settings
                .allow_http
                .iter()
                .map(|host| format!("reach {host}"));
            SkillTold {
                skill: skill.name().to_owned(),
                title: skill.facts.title.clone(),
                description: skill.facts.description.clone(),
                tools: skill.tools.iter().map(|tool| tool.name.clone()).collect(),
                may: allowed.chain(reaches).collect(),
            }
        });
        skills.collect()
    }

    /// The languages in force.
    #[must_use]
    pub fn languages(&self) -> Languages {
        let in_force = self.inner.means.runtime.in_force();
        let heard = languages::heard(&in_force.config.stt.language, &in_force.config.stt.model);
        // A voice of the catalogue says it in its name: `piper-en_US-joe-medium`.
        let voice = in_force.config.tts.model.split('-').find(|part| {
            let letters = part.as_bytes();
            matches!(letters, [a, b, b'_', c, d] if [a, b].iter().all(|letter| letter.is_ascii_lowercase())
                && [c, d].iter().all(|letter| letter.is_ascii_uppercase()))
        });
        let first = heard.first().map_or("en", String::as_str);
        Languages {
            spoken: vec![voice.unwrap_or(first).to_owned()],
            heard,
        }
    }

    /// Where recordings lie while they are read.
    ///
    /// # Errors
    /// Where no file can be made.
    pub fn scratch(&self) -> std::io::Result<tempfile::NamedTempFile> {
        match &self.inner.means.temporary {
            Some(directory) => tempfile::NamedTempFile::new_in(directory),
            None => tempfile::NamedTempFile::new(),
        }
    }

    /// A place among the sessions, once one is free.
    ///
    /// # Errors
    /// Where none becomes free for a while.
    pub async fn enter(&self, interface: &'static str) -> Result<Place, Full> {
        let waiting = Arc::clone(&self.inner.places).acquire_owned();
        let permit = tokio::time::timeout(WAITING, waiting).await;
        let permit = permit.map_err(|_| Full)?.map_err(|_| Full)?;
        let session = self.inner.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.events()
            .emit(Event::SessionStarted { session, interface });
        Ok(Place {
            session,
            events: self.events().clone(),
            own: Events::new().in_session(session),
            _permit: permit,
        })
    }

    /// What skills want said, for who talks to her in this session.
    /// What skills wanted said while nobody was talking to her: a timer that rang, for one.
    pub fn unheard(&self) -> Vec<String> {
        self.inner.announcements.take_kept()
    }

    fn announcements(&self, session: u64) -> mpsc::Receiver<SkillRequest> {
        self.inner.announcements.subscribe(session)
    }

    /// The same as `work`, which is waited for when everything is to end.
    pub async fn tracked<T>(&self, work: impl Future<Output = T>) -> T {
        self.inner.under_way.track_future(work).await
    }

    /// Leave to send a recording, for few at a time.
    ///
    /// # Errors
    /// Where too many do for a while.
    pub async fn upload(&self) -> Result<OwnedSemaphorePermit, Full> {
        let waiting = Arc::clone(&self.inner.uploads).acquire_owned();
        let permit = tokio::time::timeout(WAITING, waiting).await;
        permit.map_err(|_| Full)?.map_err(|_| Full)
    }

    /// Waits until nothing is under way any more, in bounded time.
    pub async fn ended(&self) {
        self.inner.under_way.close();
        let _ = tokio::time::timeout(ENDING, self.inner.under_way.wait()).await;
    }

    fn runtime(&self) -> &Arc<Runtime> {
        &self.inner.means.runtime
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inner.under_way.spawn(work);
    }
}

/// A session's place, until it is dropped.
pub struct Place {
    /// Counts the sessions of this run.
    pub session: u64,
    /// The process's.
    events: Events,
    /// What happens in this session alone, with every word.
    own: Events,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// What happens in the session from now on; and where the process is told of it.
    fn events(&self) -> (Events, Events) {
        (self.own.clone(), self.events.in_session(self.session))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.events.emit(Event::SessionEnded {
            session: self.session,
        });
    }
}

/// Tells the process's `events` of what happens in a session what holds no word.
fn relay(event: &Event, events: &Events) {
    if event.holds_no_word() {
        events.emit(event.clone());
    }
}
