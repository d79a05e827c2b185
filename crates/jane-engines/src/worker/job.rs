//! Work under way on a worker, over as many processes as it takes.
//!
//! Invariants: a task is retried once and goes on from what was delivered; while the worker computes it holds a lease on cores, and
//! until all was taken it is not unloaded.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use jane_core::event::EngineKind;
use parking_lot::Mutex;
use tracing::Span;

use super::Timeouts;
use super::core_leases::Cores;
use super::process::{CallError, RunningCall};
use super::supervisor::{Live, Supervisor, Work, WorkerSpec};
use crate::BackendError;
use crate::memory::UseGuard;
use jane_worker::{Protocol, Reply, Request};

/// The target of the `tracing` events that tell of each reply of an engine: `role`, the section of the configuration; `request`, which
/// counts those of its worker; and `after_us`, the microseconds that the worker had been at it, by its own clock.
pub const REPLIED: &str = "jane_engines::replied";

/// A piece of work that can be taken up again where it was cut off.
pub trait Task<P: Protocol>: Send + 'static {
    type Item: Send;

    /// The job for what is not delivered yet, for a model of which this is known.
    fn job(&mut self, loaded: &P::Loaded) -> P::Job;

    /// Audio that goes with the job.
    fn audio(&self) -> Option<&[f32]> {
        None
    }

    /// Takes a part of what comes of the job; returns what is delivered by it, and remembers that.
    fn accept(&mut self, loaded: &P::Loaded, output: P::Output) -> Option<Self::Item>;
}

/// A request whose answers are taken: the worker is not unloaded.
struct InUse<P: Protocol> {
    live: Arc<Live<P>>,
    _busy: UseGuard,
}

/// A request that the worker computes: it has its lease. Nothing of the worker itself is kept, for the worker keeps this.
struct Computing(Arc<Mutex<Work>>);

impl Computing {
    fn start<P: Protocol>(live: &Live<P>, spec: &WorkerSpec<P>, cores: &Cores) -> Self {
        let mut work = live.work.lock();
        work.requests += 1;
        if work.lease.is_none() {
            work.lease = Some(cores.lease(spec.role, spec.threads, live.process.threads()));
        }
        Self(Arc::clone(&live.work))
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        let mut work = self.0.lock();
        work.requests = work.requests.saturating_sub(1);
        if work.requests == 0 {
            work.lease = None;
        }
    }
}

/// A task under way, over as many workers as it takes.
pub struct Running<P: Protocol, T> {
    supervisor: Arc<Supervisor<P>>,
    task: T,
    patience: Timeouts,
    current: Option<Current<P>>,
    retried: bool,
}

/// A request to a worker.
struct Current<P: Protocol> {
    call: RunningCall<P>,
    in_use: InUse<P>,
    /// Within that of the turn, if it is for one.
    span: Span,
}

impl<P: Protocol> Current<P> {
    fn start(supervisor: &Supervisor<P>, live: Arc<Live<P>>, task: &mut impl Task<P>) -> Self {
        let computing = Computing::start(&live, &supervisor.spec, &supervisor.workers.cores);
        let request = Request::Do(task.job(&live.loaded));
        let call = live.process.call(request, task.audio(), computing);
        let role = supervisor.spec.role.section();
        Self {
            span: tracing::debug_span!("engine", role, request = call.id()),
            call,
            in_use: InUse {
                _busy: live.reservation.busy(),
                live,
            },
        }
    }

    fn tell(&self, role: EngineKind) {
        let (role, request) = (role.section(), self.call.id());
        let after_us = self.after_us();
        tracing::info!(target: REPLIED, parent: &self.span, role, request, after_us);
    }

    fn tell_end(&self) {
        let computed_us = self.after_us();
        tracing::debug!(parent: &self.span, computed_us, "the engine is through");
    }

    fn after_us(&self) -> u64 {
        u64::try_from(self.call.after().as_micros()).unwrap_or(u64::MAX)
    }
}

impl<P: Protocol, T: Task<P>> Running<P, T> {
    pub fn new(supervisor: Arc<Supervisor<P>>, task: T, patience: Timeouts) -> Self {
        Self {
            supervisor,
            task,
            patience,
            current: None,
            retried: false,
        }
    }

    /// The items as they come. Dropping the stream cancels the task.
    pub fn items(self) -> BoxStream<'static, Result<T::Item, BackendError>> {
        stream::try_unfold(self, |mut running| async move {
            Ok(running.next().await?.map(|item| (item, running)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<T::Item>, BackendError> {
        loop {
            let current = match &mut self.current {
                Some(current) => current,
                None => {
                    let live = self.supervisor.live(self.patience).await?;
                    let begun = Current::start(&self.supervisor, live, &mut self.task);
                    self.current.insert(begun)
                }
            };
            match current.call.next(self.patience.silence).await {
                None => {
                    current.tell_end();
                    self.current = None;
                    return Ok(None);
                }
                Some(Ok(reply)) => {
                    current.tell(self.supervisor.spec.role);
                    let loaded = &current.in_use.live.loaded;
                    if let Reply::Output(output) = reply
                        && let Some(item) = self.task.accept(loaded, output)
                    {
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
                        current.in_use.live.process.kill();
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
