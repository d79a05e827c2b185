//! Keeps one worker available: starts it on demand, loads its model, starts it again when it died, and retries what it was doing.
//!
//! Invariants: at most one process of a supervisor is alive; a request is retried once and goes on from what was delivered;
//! restarts are spaced out, so that a worker that dies at every start cannot keep the machine busy.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::Mutex;

use super::Patience;
use super::process::{CallError, Launch, Process, RunningCall};
use super::protocol::Protocol;
use crate::backend::BackendError;
use crate::event::{Event, Events, Role};

/// Deaths older than this are forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// The wait before the second restart within [`FORGIVEN_AFTER`]; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Starts of a worker for one request before the engine is reported as failed.
const ATTEMPTS: u32 = 2;

/// A piece of work that can be taken up again where it was cut off.
pub trait Task<P: Protocol>: Send + 'static {
    type Item: Send;

    /// The request for what is not delivered yet. `loaded` is the worker's reply to loading.
    fn request(&mut self, loaded: &P::Reply) -> P::Request;

    /// Audio that goes with the request.
    fn audio(&self) -> Option<&[f32]> {
        None
    }

    /// Takes a reply; returns what is delivered by it, and remembers that.
    fn accept(&mut self, loaded: &P::Reply, reply: P::Reply) -> Option<Self::Item>;
}

/// A worker with its model loaded.
struct Live<P: Protocol> {
    process: Process<P>,
    loaded: P::Reply,
}

struct State<P: Protocol> {
    live: Option<Arc<Live<P>>>,
    deaths: VecDeque<Instant>,
}

/// What to start, and what to load into it.
pub struct Supervisor<P: Protocol> {
    role: Role,
    /// For events: what `jane.toml` calls the backend and the model.
    backend: &'static str,
    model: String,
    launch: Launch,
    load: P::Request,
    patience: Patience,
    events: Events,
    state: Mutex<State<P>>,
}

impl<P: Protocol> Supervisor<P>
where
    P::Reply: Sync,
{
    pub fn new(
        role: Role,
        (backend, model): (&'static str, String),
        launch: Launch,
        load: P::Request,
        patience: Patience,
        events: Events,
    ) -> Arc<Self> {
        let state = Mutex::new(State {
            live: None,
            deaths: VecDeque::new(),
        });
        Arc::new(Self {
            role,
            backend,
            model,
            launch,
            load,
            patience,
            events,
            state,
        })
    }

    /// Starts the worker and loads its model, where that has not happened yet.
    ///
    /// # Errors
    /// Where the program cannot be started, the model cannot be loaded, or the worker died twice over it.
    pub async fn prepare(&self) -> Result<(), BackendError> {
        self.live().await.map(drop)
    }

    /// Runs `task` to its end; its items as they come. Dropping the stream cancels it.
    pub fn run<T: Task<P>>(
        self: &Arc<Self>,
        task: T,
    ) -> BoxStream<'static, Result<T::Item, BackendError>> {
        let running = Running {
            supervisor: Arc::clone(self),
            task,
            current: None,
            retried: false,
        };
        stream::try_unfold(running, |mut running| async move {
            Ok(running.next().await?.map(|item| (item, running)))
        })
        .boxed()
    }

    /// Runs a task that delivers exactly one item.
    ///
    /// # Errors
    /// As [`Supervisor::run`], and where the worker finished without an answer.
    pub async fn run_once<T: Task<P>>(self: &Arc<Self>, task: T) -> Result<T::Item, BackendError> {
        match self.run(task).next().await {
            Some(item) => item,
            None => Err(self.error(CallError::Died("it finished without an answer".to_owned()))),
        }
    }

    async fn live(&self) -> Result<Arc<Live<P>>, BackendError> {
        let mut state = self.state.lock().await;
        if let Some(live) = &state.live {
            if live.process.is_alive() {
                return Ok(Arc::clone(live));
            }
            state.live = None;
            state.deaths.push_back(Instant::now());
        }
        let mut attempt = 1;
        loop {
            self.wait_after_deaths(&mut state.deaths).await;
            match self.start_and_load().await {
                Ok(live) => {
                    let live = Arc::new(live);
                    state.live = Some(Arc::clone(&live));
                    return Ok(live);
                }
                Err(CallError::Died(status)) if attempt < ATTEMPTS => {
                    tracing::warn!(worker = P::WORKER, %status, "the worker died while it loaded its model");
                    state.deaths.push_back(Instant::now());
                    attempt += 1;
                }
                Err(error) => {
                    if matches!(error, CallError::Died(_)) {
                        state.deaths.push_back(Instant::now());
                    }
                    let error = self.error(error);
                    self.report(&error);
                    return Err(error);
                }
            }
        }
    }

    async fn start_and_load(&self) -> Result<Live<P>, CallError> {
        let (backend, model) = (self.backend.to_owned(), self.model.clone());
        self.events.emit(Event::BackendLoading {
            role: self.role,
            backend: backend.clone(),
            model: model.clone(),
        });
        let started = Instant::now();
        let process = Process::<P>::start(&self.launch, &self.events)
            .map_err(|error| CallError::Died(format!("it cannot be started: {error}")))?;
        let mut call = process.call(self.load.clone(), None);
        let loaded = match call.next(self.patience.start).await {
            Some(Ok(reply)) => reply,
            failed => {
                // Also one that hangs has to be gone before another is started.
                process.kill();
                return Err(match failed {
                    Some(Err(error)) => error,
                    _ => CallError::Died("it finished without loading".to_owned()),
                });
            }
        };
        // The end of the call, so that dropping it is no cancellation.
        let _ = call.next(self.patience.start).await;
        let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            worker = P::WORKER,
            pid = process.pid,
            model,
            load_ms,
            "the worker is ready"
        );
        self.events.emit(Event::BackendReady {
            role: self.role,
            backend,
            model,
            load_ms,
        });
        Ok(Live { process, loaded })
    }

    /// Announces a restart and waits longer the more often the worker died lately.
    async fn wait_after_deaths(&self, deaths: &mut VecDeque<Instant>) {
        deaths.retain(|death| death.elapsed() < FORGIVEN_AFTER);
        let Ok(attempt @ 1..) = u32::try_from(deaths.len()) else {
            return;
        };
        self.events.emit(Event::WorkerRestarted {
            worker: P::WORKER,
            attempt,
        });
        if attempt > 1 {
            let wait = FIRST_WAIT
                .saturating_mul(1 << (attempt - 2).min(10))
                .min(LONGEST_WAIT);
            tokio::time::sleep(wait).await;
        }
    }

    fn error(&self, error: CallError) -> BackendError {
        let (role, worker) = (self.role, P::WORKER);
        match error {
            CallError::Died(status) if status.starts_with("it cannot be started") => {
                BackendError::Start {
                    role,
                    worker,
                    reason: status,
                }
            }
            CallError::Died(status) => BackendError::Died {
                role,
                worker,
                status,
            },
            CallError::Silent(silence) => BackendError::Silent {
                role,
                worker,
                seconds: silence.as_secs(),
            },
            CallError::Failed(failure) => BackendError::Failed {
                role,
                worker,
                failure,
            },
        }
    }

    fn report(&self, error: &BackendError) {
        tracing::error!(worker = P::WORKER, %error, "the engine failed");
        let backend = self.backend.to_owned();
        self.events.emit(Event::BackendFailed {
            role: self.role,
            backend,
            error: error.to_string(),
            hint: error.hint(),
        });
    }
}

/// A task under way, over as many workers as it takes.
struct Running<P: Protocol, T> {
    supervisor: Arc<Supervisor<P>>,
    task: T,
    current: Option<(Arc<Live<P>>, RunningCall<P>)>,
    retried: bool,
}

impl<P: Protocol, T: Task<P>> Running<P, T>
where
    P::Reply: Sync,
{
    async fn next(&mut self) -> Result<Option<T::Item>, BackendError> {
        loop {
            let (live, call) = match &mut self.current {
                Some(current) => current,
                None => {
                    let live = self.supervisor.live().await?;
                    let call = live
                        .process
                        .call(self.task.request(&live.loaded), self.task.audio());
                    self.current.insert((live, call))
                }
            };
            match call.next(self.supervisor.patience.silence).await {
                None => return Ok(None),
                Some(Ok(reply)) => {
                    if let Some(item) = self.task.accept(&live.loaded, reply) {
                        return Ok(Some(item));
                    }
                }
                Some(Err(CallError::Died(status))) if !self.retried => {
                    tracing::warn!(worker = P::WORKER, %status, "the worker died at its work: once more");
                    self.retried = true;
                    self.current = None;
                }
                Some(Err(error)) => {
                    let is_engine_failure = !matches!(error, CallError::Failed(_));
                    if matches!(error, CallError::Silent(_)) {
                        live.process.kill();
                    }
                    let error = self.supervisor.error(error);
                    if is_engine_failure {
                        self.supervisor.report(&error);
                    }
                    return Err(error);
                }
            }
        }
    }
}
