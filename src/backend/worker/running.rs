//! Work under way on a worker, over as many processes as it takes.
//!
//! Invariants: a task is retried once and goes on from what was delivered; while the worker computes it holds a lease on cores, and
//! until all was taken it is not unloaded.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use futures::stream::{self, BoxStream};

use super::Patience;
use super::lease::Cores;
use super::process::{CallError, RunningCall};
use super::protocol::Protocol;
use super::supervisor::{Live, Spec, Supervisor, Work};
use crate::backend::BackendError;
use crate::memory::Busy;

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

/// A request whose answers are taken: the worker is not unloaded.
struct InUse<P: Protocol> {
    live: Arc<Live<P>>,
    _busy: Busy,
}

/// A request that the worker computes: it has its lease. Nothing of the worker itself is kept, for the worker keeps this.
struct Computing(Arc<Mutex<Work>>);

impl Computing {
    fn start<P: Protocol>(live: &Live<P>, spec: &Spec<P>, cores: &Cores) -> Self {
        let mut work = live.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.requests += 1;
        if work.lease.is_none() {
            work.lease = Some(cores.lease(spec.role, spec.threads, live.process.threads()));
        }
        Self(Arc::clone(&live.work))
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        let mut work = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    patience: Patience,
    current: Option<(RunningCall<P>, InUse<P>)>,
    retried: bool,
}

impl<P: Protocol, T: Task<P>> Running<P, T>
where
    P::Reply: Sync,
{
    pub fn new(supervisor: Arc<Supervisor<P>>, task: T, patience: Patience) -> Self {
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
            let (call, in_use) = match &mut self.current {
                Some(current) => current,
                None => {
                    let supervisor = &self.supervisor;
                    let live = supervisor.live(self.patience).await?;
                    let cores = &supervisor.workers.cores;
                    let computing = Computing::start(&live, &supervisor.spec, cores);
                    let request = self.task.request(&live.loaded);
                    let call = live.process.call(request, self.task.audio(), computing);
                    let busy = live.ticket.busy();
                    self.current.insert((call, InUse { live, _busy: busy }))
                }
            };
            match call.next(self.patience.silence).await {
                None => {
                    self.current = None;
                    return Ok(None);
                }
                Some(Ok(reply)) => {
                    let (role, workers) = (self.supervisor.spec.role, &self.supervisor.workers);
                    workers.mark(role, call.id(), call.after());
                    if let Some(item) = self.task.accept(&in_use.live.loaded, reply) {
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
                        in_use.live.process.kill();
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
