//! Figures about a running Jane: what her memory, devices and last turns are like, for `jane top` and for Prometheus.
//!
//! Invariants: nothing that was said or heard is in them, and no secret; they are bounded, however long she runs; nobody who looks,
//! slowly or never reading, holds up a turn; while nobody looks, only the events of turns are counted.
//!
//! `snapshot` is what can be seen · `collector` counts events, `histogram` the times of turns · `status_socket` tells it to programs of this
//! user, and `discovery` is their side · `exposition` is it in Prometheus's words, `request` and `server` serve them, `listening`
//! follows the configuration.

mod collector;
mod discovery;
mod exposition;
mod histogram;
mod listening;
mod request;
mod server;
mod snapshot;
mod status_socket;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

pub use discovery::{Found, NotFound, running};
pub use histogram::{Histogram, Histograms};
pub use snapshot::{Counters, EndedTurn, MOST_TURNS, OpenSession, Snapshot};

use crate::runtime::{Installed, Runtime};
use collector::Collector;
use jane_core::event::{Events, Models, Stamped};
use jane_engines::memory::{MemoryManager, Report};

/// How old a measurement of the memory may be: several who look at once share it, since the kernel walks over all pages for one.
const FRESH: Duration = Duration::from_millis(500);

/// The figures of this process. A cheap handle.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    /// As text: a path may be no text.
    home: String,
    started: Instant,
    /// Milliseconds since the Unix epoch.
    started_at_ms: u64,
    memory: MemoryManager,
    models: Box<dyn Fn() -> Models + Send + Sync>,
    counting: Mutex<Counting>,
    /// When it was measured last, and what was found.
    measured: tokio::sync::Mutex<Option<(Instant, Report)>>,
}

/// The events that are still to be counted, and what was counted.
struct Counting {
    events: UnboundedReceiver<Stamped>,
    collector: Collector,
}

impl Counting {
    /// Counts what is there.
    fn catch_up(&mut self) {
        while let Ok(stamped) = self.events.try_recv() {
            self.collector.observe(&stamped);
        }
    }
}

/// Ends what was started, when it is dropped.
pub struct Watching(Vec<JoinHandle<()>>);

impl Drop for Watching {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Metrics {
    /// Counts `events` from now on. `models` tells which are in force.
    #[must_use]
    pub fn new(
        home: &Path,
        memory: MemoryManager,
        models: impl Fn() -> Models + Send + Sync + 'static,
        events: &Events,
    ) -> Self {
        let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            inner: Arc::new(Inner {
                home: home.to_string_lossy().into_owned(),
                started: Instant::now(),
                started_at_ms: milliseconds(since_epoch.unwrap_or_default()),
                memory,
                models: Box::new(models),
                counting: Mutex::new(Counting {
                    events: events.subscribe(),
                    collector: Collector::default(),
                }),
                measured: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Counts what happens in `runtime`, and shows it to `jane top` and, where the configuration says so, to Prometheus. The figures may be
    /// asked for as well.
    #[must_use]
    pub fn watch(
        runtime: &Arc<Runtime>,
        installed: &Installed,
        events: &Events,
    ) -> (Self, Watching) {
        let in_force = Arc::clone(runtime);
        let models = move || in_force.in_force().config.models();
        let memory = installed.workers.memory.clone();
        let metrics = Self::new(&installed.home, memory, models, events);
        let mut tasks = vec![tokio::spawn(metrics.clone().count())];
        match installed.temporary.as_ref() {
            Some(temporary) => match status_socket::listen(temporary.path()) {
                Ok(listener) => tasks.push(tokio::spawn(status_socket::serve(
                    listener,
                    metrics.clone(),
                ))),
                Err(error) => tracing::warn!(%error, "`jane top` cannot look at this run"),
            },
            None => tracing::warn!("`jane top` cannot look at this run: no temporary files"),
        }
        let following = listening::follow(Arc::clone(runtime), metrics.clone(), events.clone());
        tasks.push(tokio::spawn(following));
        (metrics, Watching(tasks))
    }

    /// What can be seen now: all events that were emitted before are counted. Measures the memory where that was not done just now.
    pub async fn snapshot(&self) -> Snapshot {
        let inner = &self.inner;
        let memory = self.measured().await;
        let mut counting = inner.counting();
        counting.catch_up();
        Snapshot {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            home: inner.home.clone(),
            started_at_ms: inner.started_at_ms,
            uptime_seconds: inner.started.elapsed().as_secs_f64(),
            models: (inner.models)(),
            memory,
            counters: counting.collector.counters.clone(),
            stages: counting.collector.stages.clone(),
            turns: counting.collector.turns.iter().cloned().collect(),
            sessions: counting.collector.sessions.values().cloned().collect(),
        }
    }

    async fn measured(&self) -> Report {
        let mut measured = self.inner.measured.lock().await;
        if let Some((at, report)) = &*measured
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let memory = self.inner.memory.clone();
        let measuring = tokio::task::spawn_blocking(move || {
            memory.measure();
            memory.report()
        });
        let report = measuring.await;
        let report = report.unwrap_or_else(|_| self.inner.memory.report());
        *measured = Some((Instant::now(), report.clone()));
        report
    }

    /// Counts events as they come, so that they never pile up, until there can be no more.
    async fn count(self) {
        std::future::poll_fn(|context| {
            let mut counting = self.inner.counting();
            loop {
                match counting.events.poll_recv(context) {
                    Poll::Ready(Some(stamped)) => counting.collector.observe(&stamped),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }
}

impl Inner {
    /// Locked for moments only.
    fn counting(&self) -> parking_lot::MutexGuard<'_, Counting> {
        self.counting.lock()
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
