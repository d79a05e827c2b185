//! All workers of the host, and what they share: the cores, the memory, the events.
//!
//! Invariant: engines that are specified alike share one worker, so that an edit of `jane.toml` reloads nothing that it does not
//! touch, and a model that comes back while it is still leaving is not loaded twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use parking_lot::Mutex;

use super::core_leases::Cores;
use super::supervisor::{Supervisor, WorkerSpec};
use crate::memory::{EntryId, MemoryManager, MemoryUse, Reason};
use jane_core::event::{EngineKind, Events};
#[cfg(target_os = "linux")]
use jane_platform::MemoryGroups;
use jane_worker::{Llama, Piper, Protocol, Whisper};

tokio::task_local! {
    static BESIDE: EngineKind;
}

/// For what `work` itself does, and for nobody else, a model of `role` is only loaded beside what is there
/// ([`BackendError::NotBeside`] where that is not possible), with room for it as if its predecessor were gone already.
///
/// [`BackendError::NotBeside`]: crate::BackendError::NotBeside
pub fn beside<F: Future>(role: EngineKind, work: F) -> impl Future<Output = F::Output> {
    BESIDE.scope(role, work)
}

/// Whether this is done [`beside`] what is there of `role`.
#[must_use]
pub fn is_beside(role: EngineKind) -> bool {
    BESIDE.try_with(|beside| *beside == role).unwrap_or(false)
}

/// The supervisors of one kind of engine that are still wanted.
pub struct Registry<P: Protocol>(Arc<Mutex<Vec<Weak<Supervisor<P>>>>>);

impl<P: Protocol> Registry<P> {
    /// The supervisor of `spec`: the one that there is, or what `new` makes of it.
    fn find(
        &self,
        spec: WorkerSpec<P>,
        new: impl FnOnce(WorkerSpec<P>) -> Supervisor<P>,
    ) -> Arc<Supervisor<P>> {
        let mut supervisors = self.0.lock();
        supervisors.retain(|supervisor| supervisor.strong_count() > 0);
        let mut wanted = supervisors.iter().filter_map(Weak::upgrade);
        if let Some(same) = wanted.find(|supervisor| *supervisor.spec() == spec) {
            return same;
        }
        let supervisor = Arc::new(new(spec));
        supervisors.push(Arc::downgrade(&supervisor));
        supervisor
    }

    fn all(&self) -> Vec<Arc<dyn Evict>> {
        let supervisors = self.0.lock();
        let wanted = supervisors.iter().filter_map(Weak::upgrade);
        wanted
            .map(|supervisor| supervisor as Arc<dyn Evict>)
            .collect()
    }
}

impl<P: Protocol> Default for Registry<P> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<P: Protocol> Clone for Registry<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// An engine that has workers in the pool.
pub trait Pooled: Protocol {
    fn registry(pool: &WorkerPool) -> &Registry<Self>;
}

impl Pooled for Whisper {
    fn registry(pool: &WorkerPool) -> &Registry<Self> {
        &pool.recognisers
    }
}

impl Pooled for Llama {
    fn registry(pool: &WorkerPool) -> &Registry<Self> {
        &pool.models
    }
}

impl Pooled for Piper {
    fn registry(pool: &WorkerPool) -> &Registry<Self> {
        &pool.voices
    }
}

/// A supervisor, whatever its protocol.
#[async_trait]
pub trait Evict: Send + Sync {
    /// Ends the worker that has this entry in the ledger, where it is idle, and waits until it is gone. `None` where it has none
    /// such.
    async fn unload(&self, entry: EntryId, reason: Reason) -> Option<bool>;
}

/// A cheap handle.
#[derive(Clone)]
pub struct WorkerPool {
    pub events: Events,
    pub memory: MemoryManager,
    pub cores: Cores,
    recognisers: Registry<Whisper>,
    models: Registry<Llama>,
    voices: Registry<Piper>,
    /// Whether it is news that a worker goes because nothing needs it: not where the program ends.
    goes_on: Arc<AtomicBool>,
    /// Control groups that hold workers to their memory, where the system lets Jane make them.
    #[cfg(target_os = "linux")]
    groups: Option<Arc<MemoryGroups>>,
}

impl WorkerPool {
    #[must_use]
    pub fn new(events: Events, memory: MemoryManager, cores: Cores) -> Self {
        Self {
            events,
            memory,
            cores,
            recognisers: Registry::default(),
            models: Registry::default(),
            voices: Registry::default(),
            goes_on: Arc::default(),
            #[cfg(target_os = "linux")]
            groups: MemoryGroups::prepare()
                .inspect_err(|error| {
                    tracing::info!(%error, "workers are held to their memory by a data limit alone");
                })
                .ok()
                .map(Arc::new),
        }
    }

    /// Has the operating system hold process `pid` to what it was given, and a share for mistakes. What is returned is to be kept
    /// until the process is gone.
    pub(super) fn hold_to(&self, pid: u32, needs: &MemoryUse) -> impl Send + use<> {
        let limits = self.memory.budgets().limits(needs);
        if let Some(limits) = limits {
            let reached = jane_platform::limit_memory(pid, limits.data);
            tracing::info!(pid, "{reached}");
        }
        #[cfg(target_os = "linux")]
        {
            let group = limits.zip(self.groups.as_ref()).map(|(limits, groups)| {
                let capped = groups.cap(pid, limits.group);
                capped.inspect_err(|error| tracing::warn!(pid, %error, "no control group"))
            });
            group.and_then(Result::ok)
        }
    }

    /// From now on it is said, or not, that a worker went because nothing needs it any more.
    pub fn set_going_on(&self, goes_on: bool) {
        self.goes_on.store(goes_on, Ordering::Relaxed);
    }

    pub(super) fn goes_on(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
    }

    /// The supervisor of `spec`: the one that there is, or a new one.
    pub(super) fn supervisor<P: Pooled>(&self, spec: WorkerSpec<P>) -> Arc<Supervisor<P>> {
        P::registry(self).find(spec, |spec| Supervisor::new(spec, self.clone()))
    }

    /// Ends the worker that has this entry in the ledger, where it is idle, and waits until it is gone. Returns whether it is.
    pub async fn unload(&self, entry: EntryId, reason: Reason) -> bool {
        let all = [self.recognisers.all(), self.models.all(), self.voices.all()];
        for supervisor in all.into_iter().flatten() {
            if let Some(gone) = supervisor.unload(entry, reason).await {
                return gone;
            }
        }
        // Nobody has it any more: it is on its way out.
        self.memory.gone(&[entry]).await;
        true
    }
}
