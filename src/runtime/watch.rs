//! What goes on beside the conversation: edits of the configuration, the signal to read it anew, and the memory in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::Runtime;
use crate::backend::worker::Workers;
use crate::config::FileWatch;

/// Ends what was started, when it is dropped.
pub struct Watching {
    tasks: Vec<JoinHandle<()>>,
    workers: Workers,
}

impl Drop for Watching {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.workers.set_going_on(false);
    }
}

impl Runtime {
    /// Reloads whenever the file changes or the process gets SIGHUP, and keeps the workers within the memory budgets.
    #[must_use]
    pub fn watch(self: &Arc<Self>, workers: &Workers) -> Watching {
        // From now on: an edit before the task runs is seen.
        let file = FileWatch::new(&self.origin.file);
        workers.set_going_on(true);
        Watching {
            tasks: vec![
                tokio::spawn(reload_on_edit(Arc::clone(self), file)),
                tokio::spawn(reload_on_signal(Arc::clone(self))),
                tokio::spawn(keep_budgets(Arc::clone(self), workers.clone())),
            ],
            workers: workers.clone(),
        }
    }
}

async fn reload_on_edit(runtime: Arc<Runtime>, mut file: FileWatch) {
    loop {
        file.changed().await;
        runtime.reload(false).await;
    }
}

async fn reload_on_signal(runtime: Arc<Runtime>) {
    let mut signals = crate::platform::ReloadSignals::new();
    while signals.next().await {
        runtime.reload(true).await;
    }
}

async fn keep_budgets(runtime: Arc<Runtime>, workers: Workers) {
    loop {
        let seconds = runtime.in_force().config.memory.sample_seconds;
        tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await;
        let memory = workers.memory.clone();
        // The kernel walks over all pages of a process to say what it takes.
        let evictions = tokio::task::spawn_blocking(move || {
            memory.measure();
            memory.pressure(Instant::now())
        });
        for eviction in evictions.await.unwrap_or_default() {
            workers.unload(eviction.id, eviction.reason).await;
        }
    }
}
