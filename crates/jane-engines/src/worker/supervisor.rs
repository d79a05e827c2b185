//! Keeps one worker available: starts it on demand, finds room for its model, loads it, starts it again when it died, unloads it.
//!
//! Invariants: at most one process of a supervisor is alive; restarts are spaced out, so that a worker that dies at every start
//! cannot keep the machine busy; a worker at work is never unloaded. What is done on it is `running`'s.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex as SyncMutex;
use tokio::sync::{Mutex, watch};

use super::core_leases::Lease;
use super::job::{Running, Task};
use super::pool::{Evict, WorkerPool, is_beside};
use super::process::{CallError, Process, SpawnOptions};
use super::{FileIdentity, Timeouts};
use crate::BackendError;
use crate::memory::{self, EntryId, Footprint, Placement, Plan, Reason, Refusal, Reservation};
use jane_core::event::{EngineKind, Event};
use jane_worker::{Protocol, Reply, Request};

/// Deaths older than this are forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// The wait before the second restart within [`FORGIVEN_AFTER`]; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Starts of a worker for one request before the engine is reported as failed.
const ATTEMPTS: u32 = 2;

/// Plans that are made anew because what they wanted unloaded was at work again. After these, nothing is unloaded any more.
const PLANS: u32 = 3;

/// What to start, and what to load into it. Engines that are specified alike share a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerSpec<P: Protocol> {
    pub role: EngineKind,
    /// For events: what `jane.toml` calls the backend and the model.
    pub backend: &'static str,
    pub model: String,
    pub launch: SpawnOptions,
    pub load: P::Load,
    /// How it would be loaded where memory does not matter.
    pub wish: Placement,
    /// The most threads that it may compute with.
    pub threads: u32,
    /// The files that it opens, so that a file that was replaced is not taken for the old one.
    pub files: Vec<FileIdentity>,
}

/// A worker with its model loaded.
pub(super) struct Live<P: Protocol> {
    pub process: Process<P>,
    pub loaded: P::Loaded,
    /// The process keeps it too, until it is gone.
    pub reservation: Arc<Reservation>,
    pub work: Arc<SyncMutex<Work>>,
}

/// Requests that are computed, and the lease that they share.
#[derive(Default)]
pub(super) struct Work {
    pub requests: u32,
    pub lease: Option<Lease>,
}

struct State<P: Protocol> {
    live: Option<Arc<Live<P>>>,
    /// When the process that was started last is gone. It may be neither live nor gone: a load that nobody waits for any more ends
    /// in its own time.
    last: Option<watch::Receiver<bool>>,
    deaths: VecDeque<Instant>,
}

pub struct Supervisor<P: Protocol> {
    pub(super) spec: WorkerSpec<P>,
    pub(super) workers: WorkerPool,
    state: Mutex<State<P>>,
    /// The loaded worker's entry in the ledger, to be looked at without waiting for `state`, which is held while a worker loads.
    entry: SyncMutex<Option<EntryId>>,
}

/// Why a worker did not come up.
enum StartError {
    Refused(Refusal),
    /// Another engine would have to go first.
    NotBeside,
    Call(CallError),
}

impl From<CallError> for StartError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl<P: Protocol> Supervisor<P> {
    pub fn new(spec: WorkerSpec<P>, workers: WorkerPool) -> Self {
        let state = Mutex::new(State {
            live: None,
            last: None,
            deaths: VecDeque::new(),
        });
        Self {
            spec,
            workers,
            state,
            entry: SyncMutex::default(),
        }
    }

    pub fn spec(&self) -> &WorkerSpec<P> {
        &self.spec
    }

    /// Starts the worker and loads its model, where that has not happened yet. Returns what `look` finds in what is known of it.
    ///
    /// # Errors
    /// Where the program cannot be started, there is no memory for the model, it cannot be loaded, or the worker died twice over
    /// it.
    pub async fn prepare<T>(
        &self,
        patience: Timeouts,
        look: impl FnOnce(&P::Loaded) -> T,
    ) -> Result<T, BackendError> {
        self.live(patience).await.map(|live| look(&live.loaded))
    }

    /// Runs `task` to its end; its items as they come. Dropping the stream cancels it.
    pub fn run<T: Task<P>>(
        self: &Arc<Self>,
        task: T,
        patience: Timeouts,
    ) -> BoxStream<'static, Result<T::Item, BackendError>> {
        Running::new(Arc::clone(self), task, patience).items()
    }

    /// Runs a task that delivers exactly one item.
    ///
    /// # Errors
    /// As [`Supervisor::run`], and where the worker finished without an answer.
    pub async fn run_once<T: Task<P>>(
        self: &Arc<Self>,
        task: T,
        patience: Timeouts,
    ) -> Result<T::Item, BackendError> {
        match self.run(task, patience).next().await {
            Some(item) => item,
            None => Err(self.error(CallError::Died("it finished without an answer".to_owned()))),
        }
    }

    pub(super) async fn live(&self, patience: Timeouts) -> Result<Arc<Live<P>>, BackendError> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        if let Some(live) = &state.live {
            if live.process.is_alive() {
                return Ok(Arc::clone(live));
            }
            state.live = None;
            self.holds(None);
            state.deaths.push_back(Instant::now());
        }
        if let Some(last) = &mut state.last {
            // Its memory counts until then.
            let _ = last.wait_for(|gone| *gone).await;
        }
        let mut attempt = 1;
        loop {
            self.wait_after_deaths(&mut state.deaths).await;
            match self.start_and_load(patience, &mut state.last).await {
                Ok(live) => {
                    let live = Arc::new(live);
                    state.live = Some(Arc::clone(&live));
                    return Ok(live);
                }
                Err(StartError::Call(CallError::Died(status))) if attempt < ATTEMPTS => {
                    tracing::warn!(worker = P::WORKER, %status, "the worker died while it loaded its model");
                    state.deaths.push_back(Instant::now());
                    attempt += 1;
                }
                Err(error) => {
                    if matches!(error, StartError::Call(CallError::Died(_))) {
                        state.deaths.push_back(Instant::now());
                    }
                    let error = match error {
                        StartError::Call(error) => self.error(error),
                        StartError::Refused(refusal) => BackendError::Memory {
                            role: self.spec.role,
                            model: self.spec.model.clone(),
                            refusal,
                        },
                        StartError::NotBeside => {
                            return Err(BackendError::NotBeside {
                                role: self.spec.role,
                                model: self.spec.model.clone(),
                            });
                        }
                    };
                    self.report(&error);
                    return Err(error);
                }
            }
        }
    }

    async fn start_and_load(
        &self,
        patience: Timeouts,
        last: &mut Option<watch::Receiver<bool>>,
    ) -> Result<Live<P>, StartError> {
        let WorkerSpec {
            role,
            backend,
            ref model,
            ..
        } = self.spec;
        self.workers.events.emit(Event::BackendLoading {
            role,
            backend: backend.to_owned(),
            model: model.clone(),
        });
        let started = Instant::now();
        let process = Process::<P>::start(&self.spec.launch, &self.workers.events)
            .map_err(|error| CallError::NotStarted(error.to_string()))?;
        *last = Some(process.gone());
        match self.load(&process, patience).await {
            Ok((loaded, reservation)) => {
                let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let pid = process.pid;
                tracing::info!(
                    worker = P::WORKER,
                    pid,
                    model,
                    load_ms,
                    "the worker is ready"
                );
                self.workers.events.emit(Event::BackendReady {
                    role,
                    backend: backend.to_owned(),
                    model: model.clone(),
                    load_ms,
                });
                Ok(Live {
                    process,
                    loaded,
                    reservation,
                    work: Arc::default(),
                })
            }
            Err(error) => {
                // Also one that hangs has to be gone before another is started.
                process.kill();
                process.end().await;
                Err(error)
            }
        }
    }

    /// Has the model measured, finds room for it, and has it loaded there.
    async fn load(
        &self,
        process: &Process<P>,
        patience: Timeouts,
    ) -> Result<(P::Loaded, Arc<Reservation>), StartError> {
        let measure = Request::Measure(self.spec.load.clone());
        let Reply::Measured(footprint) = once(process, measure, patience.start).await? else {
            return Err(unexpected("it did not say what the model takes").into());
        };
        let (reservation, plan) = self.admit(&footprint).await?;
        let reservation = Arc::new(reservation);
        process.keep(Arc::clone(&reservation));
        process.keep(self.workers.hold_to(process.pid, &plan.needs));
        let load = Request::Load(P::placed(&self.spec.load, plan.placement));
        let cores = &self.workers.cores;
        let lease = cores.lease(self.spec.role, self.spec.threads, process.threads());
        let Reply::Loaded(loaded) = once(process, load, patience.start).await? else {
            return Err(unexpected("it did not say what it loaded").into());
        };
        drop(lease);
        // Whoever finds it loaded in the ledger and wants it gone finds whose it is.
        self.holds(Some(reservation.id()));
        reservation.loaded(process.pid, Instant::now());
        Ok((loaded, reservation))
    }

    /// Room for the model, after what had to go for it is gone.
    async fn admit(&self, footprint: &Footprint) -> Result<(Reservation, Plan), StartError> {
        let WorkerSpec {
            role,
            ref model,
            wish,
            ..
        } = self.spec;
        let WorkerPool { memory, .. } = &self.workers;
        let beside = is_beside(role);
        let mut plans = 0;
        loop {
            let request = memory::Request {
                role,
                model,
                footprint,
                wish,
                replaces: beside.then(|| memory.loaded(role)).flatten(),
                unloads: plans < PLANS,
            };
            let admitted = memory.admit(&request, Instant::now());
            let (reservation, plan) = admitted.map_err(StartError::Refused)?;
            if beside && !plan.after.is_empty() {
                return Err(StartError::NotBeside);
            }
            let mut all_gone = true;
            for id in &plan.after {
                all_gone &= self.workers.unload(*id, Reason::MakesRoom).await;
            }
            plans += 1;
            if all_gone {
                return Ok((reservation, plan));
            }
        }
    }

    /// Announces a restart and waits longer the more often the worker died lately.
    async fn wait_after_deaths(&self, deaths: &mut VecDeque<Instant>) {
        deaths.retain(|death| death.elapsed() < FORGIVEN_AFTER);
        let Ok(attempt @ 1..) = u32::try_from(deaths.len()) else {
            return;
        };
        self.workers.events.emit(Event::WorkerRestarted {
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

    pub(super) fn error(&self, error: CallError) -> BackendError {
        let (role, worker) = (self.spec.role, P::WORKER);
        match error {
            CallError::NotStarted(reason) => BackendError::Start {
                role,
                worker,
                reason,
            },
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

    pub(super) fn report(&self, error: &BackendError) {
        tracing::error!(worker = P::WORKER, %error, "the engine failed");
        self.workers.events.emit(Event::BackendFailed {
            role: self.spec.role,
            backend: self.spec.backend.to_owned(),
            error: error.to_string(),
            hint: error.hint(),
        });
    }
}

/// The reply to a request that has just one.
async fn once<P: Protocol>(
    process: &Process<P>,
    request: Request<P>,
    patience: Duration,
) -> Result<Reply<P>, CallError> {
    let mut call = process.call(request, None, ());
    match call.next(patience).await {
        Some(reply) => {
            // The end of the call, so that dropping it is no cancellation.
            let _ = call.next(patience).await;
            reply
        }
        None => Err(CallError::Died("it finished without loading".to_owned())),
    }
}

/// A worker that breaks the protocol counts as one that died.
fn unexpected(status: &str) -> CallError {
    CallError::Died(status.to_owned())
}

#[async_trait]
impl<P: Protocol> Evict for Supervisor<P> {
    async fn unload(&self, entry: EntryId, reason: Reason) -> Option<bool> {
        // Whose entry it is not is not waited for: it may be loading, and waiting for this very eviction.
        if *self.entry.lock() != Some(entry) {
            return None;
        }
        let mut state = self.state.lock().await;
        if state.live.as_ref()?.reservation.id() != entry {
            return None;
        }
        let live = match Arc::try_unwrap(state.live.take()?) {
            Ok(live) => live,
            Err(at_work) => {
                state.live = Some(at_work);
                return Some(false);
            }
        };
        self.holds(None);
        live.process.end().await;
        self.unloaded(reason);
        Some(true)
    }
}

impl<P: Protocol> Supervisor<P> {
    fn holds(&self, entry: Option<EntryId>) {
        *self.entry.lock() = entry;
    }

    fn unloaded(&self, reason: Reason) {
        self.workers.events.emit(Event::BackendUnloaded {
            role: self.spec.role,
            backend: self.spec.backend.to_owned(),
            model: self.spec.model.clone(),
            reason,
        });
    }
}

impl<P: Protocol> Drop for Supervisor<P> {
    fn drop(&mut self) {
        let live = self.state.get_mut().live.take();
        if self.workers.goes_on() && live.is_some_and(|live| live.process.is_alive()) {
            self.unloaded(Reason::Released);
        }
    }
}
