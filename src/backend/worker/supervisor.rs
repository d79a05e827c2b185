//! Keeps one worker available: starts it on demand, loads its model, starts it again when it died, and retries what it was doing.
//!
//! Invariants: at most one process of a supervisor is alive; a request is retried once and goes on from what was delivered;
//! restarts are spaced out, so that a worker that dies at every start cannot keep the machine busy; a worker at work holds a lease
//! on cores, and is never unloaded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::Mutex;

use super::lease::{Cores, Lease};
use super::process::{CallError, Launch, Process, RunningCall};
use super::protocol::Protocol;
use super::workers::{Supervised, Workers};
use super::{FileIdentity, Patience};
use crate::backend::BackendError;
use crate::event::{Event, Role};
use crate::memory::{Busy, EntryId, Footprint, Placement, Plan, Reason, Refusal, Request, Ticket};

/// Deaths older than this are forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// The wait before the second restart within [`FORGIVEN_AFTER`]; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Starts of a worker for one request before the engine is reported as failed.
const ATTEMPTS: u32 = 2;

/// Plans that are made anew because what they wanted unloaded was at work again.
const PLANS: u32 = 3;

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

/// What to start, and what to load into it. Engines that are specified alike share a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec<P: Protocol> {
    pub role: Role,
    /// For events: what `jane.toml` calls the backend and the model.
    pub backend: &'static str,
    pub model: String,
    pub launch: Launch,
    pub measure: P::Request,
    pub load: P::Request,
    /// How it would be loaded where memory does not matter.
    pub wish: Placement,
    /// The most threads that it may compute with.
    pub threads: u32,
    /// The files that it opens, so that a file that was replaced is not taken for the old one.
    pub files: Vec<FileIdentity>,
}

/// A worker with its model loaded.
struct Live<P: Protocol> {
    process: Process<P>,
    loaded: P::Reply,
    /// The process keeps it too, until it is gone.
    ticket: Arc<Ticket>,
    work: SyncMutex<Work>,
}

/// Requests under way, and the lease that they share.
#[derive(Default)]
struct Work {
    requests: u32,
    lease: Option<Lease>,
}

struct State<P: Protocol> {
    live: Option<Arc<Live<P>>>,
    deaths: VecDeque<Instant>,
}

pub struct Supervisor<P: Protocol> {
    spec: Spec<P>,
    workers: Workers,
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

impl<P: Protocol> Supervisor<P>
where
    P::Reply: Sync,
{
    pub fn new(spec: Spec<P>, workers: Workers) -> Self {
        let state = Mutex::new(State {
            live: None,
            deaths: VecDeque::new(),
        });
        Self {
            spec,
            workers,
            state,
            entry: SyncMutex::default(),
        }
    }

    pub fn spec(&self) -> &Spec<P> {
        &self.spec
    }

    /// Starts the worker and loads its model, where that has not happened yet. Returns the worker's reply to loading.
    ///
    /// # Errors
    /// Where the program cannot be started, there is no memory for the model, it cannot be loaded, or the worker died twice over
    /// it.
    pub async fn prepare<T>(
        &self,
        patience: Patience,
        look: impl FnOnce(&P::Reply) -> T,
    ) -> Result<T, BackendError> {
        self.live(patience).await.map(|live| look(&live.loaded))
    }

    /// Runs `task` to its end; its items as they come. Dropping the stream cancels it.
    pub fn run<T: Task<P>>(
        self: &Arc<Self>,
        task: T,
        patience: Patience,
    ) -> BoxStream<'static, Result<T::Item, BackendError>> {
        let running = Running {
            supervisor: Arc::clone(self),
            task,
            patience,
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
    pub async fn run_once<T: Task<P>>(
        self: &Arc<Self>,
        task: T,
        patience: Patience,
    ) -> Result<T::Item, BackendError> {
        match self.run(task, patience).next().await {
            Some(item) => item,
            None => Err(self.error(CallError::Died("it finished without an answer".to_owned()))),
        }
    }

    async fn live(&self, patience: Patience) -> Result<Arc<Live<P>>, BackendError> {
        let mut state = self.state.lock().await;
        if let Some(live) = &state.live {
            if live.process.is_alive() {
                return Ok(Arc::clone(live));
            }
            state.live = None;
            self.holds(None);
            state.deaths.push_back(Instant::now());
        }
        let mut attempt = 1;
        loop {
            self.wait_after_deaths(&mut state.deaths).await;
            match self.start_and_load(patience).await {
                Ok(live) => {
                    let live = Arc::new(live);
                    self.holds(Some(live.ticket.id()));
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

    async fn start_and_load(&self, patience: Patience) -> Result<Live<P>, StartError> {
        let Spec {
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
        match self.load(&process, patience).await {
            Ok((loaded, ticket)) => {
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
                    ticket,
                    work: SyncMutex::default(),
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
        patience: Patience,
    ) -> Result<(P::Reply, Arc<Ticket>), StartError> {
        let measured = once(process, self.spec.measure.clone(), patience.start).await?;
        let Some(footprint) = P::measured(&measured) else {
            let status = "it did not say what the model takes".to_owned();
            return Err(CallError::Died(status).into());
        };
        let (ticket, plan) = self.admit(footprint).await?;
        let ticket = Arc::new(ticket);
        process.keep(Arc::clone(&ticket));
        process.keep(self.workers.hold_to(process.pid, &plan.needs));
        let request = P::placed(&self.spec.load, plan.placement);
        let cores = &self.workers.cores;
        let lease = cores.lease(self.spec.role, self.spec.threads, process.threads());
        let loaded = once(process, request, patience.start).await?;
        drop(lease);
        ticket.loaded(process.pid, Instant::now());
        Ok((loaded, ticket))
    }

    /// Room for the model, after what had to go for it is gone.
    async fn admit(&self, footprint: &Footprint) -> Result<(Ticket, Plan), StartError> {
        let Spec {
            role,
            ref model,
            wish,
            ..
        } = self.spec;
        let Workers { memory, .. } = &self.workers;
        let beside = self.workers.is_beside(role);
        let mut plans = 0;
        loop {
            let request = Request {
                role,
                model,
                footprint,
                wish,
                replaces: beside.then(|| memory.loaded(role)).flatten(),
            };
            let admitted = memory.admit(&request, Instant::now());
            let (ticket, plan) = admitted.map_err(StartError::Refused)?;
            if beside && !plan.after.is_empty() {
                return Err(StartError::NotBeside);
            }
            let mut all_gone = true;
            for id in &plan.after {
                all_gone &= self.workers.unload(*id, Reason::MakesRoom).await;
            }
            plans += 1;
            if all_gone || plans == PLANS {
                return Ok((ticket, plan));
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

    fn error(&self, error: CallError) -> BackendError {
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

    fn report(&self, error: &BackendError) {
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
    request: P::Request,
    patience: Duration,
) -> Result<P::Reply, CallError> {
    let mut call = process.call(request, None);
    match call.next(patience).await {
        Some(reply) => {
            // The end of the call, so that dropping it is no cancellation.
            let _ = call.next(patience).await;
            reply
        }
        None => Err(CallError::Died("it finished without loading".to_owned())),
    }
}

#[async_trait]
impl<P: Protocol> Supervised for Supervisor<P>
where
    P::Reply: Sync,
{
    async fn unload(&self, entry: EntryId, reason: Reason) -> Option<bool> {
        // Whose entry it is not is not waited for: it may be loading, and waiting for this very eviction.
        if *self.entry.lock().unwrap_or_else(PoisonError::into_inner) != Some(entry) {
            return None;
        }
        let mut state = self.state.lock().await;
        if state.live.as_ref()?.ticket.id() != entry {
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
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry;
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

/// A request at work: the worker has its lease, and is not unloaded.
struct AtWork<P: Protocol> {
    live: Arc<Live<P>>,
    _busy: Busy,
}

impl<P: Protocol> AtWork<P> {
    fn start(live: &Arc<Live<P>>, spec: &Spec<P>, cores: &Cores) -> Self {
        let mut work = live.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.requests += 1;
        if work.lease.is_none() {
            work.lease = Some(cores.lease(spec.role, spec.threads, live.process.threads()));
        }
        drop(work);
        Self {
            live: Arc::clone(live),
            _busy: live.ticket.busy(),
        }
    }
}

impl<P: Protocol> Drop for AtWork<P> {
    fn drop(&mut self) {
        let work = &self.live.work;
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        work.requests = work.requests.saturating_sub(1);
        if work.requests == 0 {
            work.lease = None;
        }
    }
}

/// A task under way, over as many workers as it takes.
struct Running<P: Protocol, T> {
    supervisor: Arc<Supervisor<P>>,
    task: T,
    patience: Patience,
    current: Option<(RunningCall<P>, AtWork<P>)>,
    retried: bool,
}

impl<P: Protocol, T: Task<P>> Running<P, T>
where
    P::Reply: Sync,
{
    async fn next(&mut self) -> Result<Option<T::Item>, BackendError> {
        loop {
            let (call, at_work) = match &mut self.current {
                Some(current) => current,
                None => {
                    let supervisor = &self.supervisor;
                    let live = supervisor.live(self.patience).await?;
                    let cores = &supervisor.workers.cores;
                    let at_work = AtWork::start(&live, &supervisor.spec, cores);
                    let call = live
                        .process
                        .call(self.task.request(&live.loaded), self.task.audio());
                    self.current.insert((call, at_work))
                }
            };
            match call.next(self.patience.silence).await {
                None => {
                    self.current = None;
                    return Ok(None);
                }
                Some(Ok(reply)) => {
                    if let Some(item) = self.task.accept(&at_work.live.loaded, reply) {
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
                        at_work.live.process.kill();
                    }
                    self.current = None;
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
