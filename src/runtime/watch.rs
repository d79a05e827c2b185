//! What goes on beside the conversation: edits of the configuration, the signal to read it anew, the terminal that closes, and the
//! memory in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_config::FileWatch;
use jane_engines::worker::WorkerPool;
use jane_platform::{Hangups, Terminal};
use tokio::task::JoinHandle;

use super::Runtime;

/// Ends what was started, when it is dropped.
pub struct Watching {
    tasks: Vec<JoinHandle<()>>,
    workers: WorkerPool,
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
    /// Reloads whenever the file changes or the process gets SIGHUP, ends the process where that came of the terminal that closed,
    /// and keeps the workers within the memory budgets.
    #[must_use]
    pub fn watch(self: &Arc<Self>, workers: &WorkerPool) -> Watching {
        // From now on: an edit before the task runs is seen.
        let file = FileWatch::new(&self.origin.file);
        let terminal = Terminal::of_process();
        workers.set_going_on(true);
        Watching {
            tasks: vec![
                tokio::spawn(reload_on_edit(Arc::clone(self), file)),
                tokio::spawn(reload_on_signal(Arc::clone(self), terminal)),
                tokio::spawn(end_with(terminal)),
                tokio::spawn(keep_budgets(Arc::clone(self), workers.clone())),
            ],
            workers: workers.clone(),
        }
    }
}

/// How long a file that seems to be in the middle of being written must have been left alone.
const PATIENCE: Duration = Duration::from_secs(2);

/// After which it is read as it is.
const LONGEST: Duration = Duration::from_secs(30);

pub(super) async fn reload_on_edit(runtime: Arc<Runtime>, mut file: FileWatch) {
    loop {
        file.changed().await;
        let begun = tokio::time::Instant::now();
        while runtime.is_unfinished() && begun.elapsed() < LONGEST {
            if tokio::time::timeout(PATIENCE, file.changed())
                .await
                .is_err()
            {
                break;
            }
        }
        runtime.reload(false).await;
    }
}

async fn reload_on_signal(runtime: Arc<Runtime>, terminal: Terminal) {
    let mut hangups = Hangups::new();
    while hangups.next().await {
        if !terminal.is_closed() {
            runtime.reload(true).await;
        }
    }
}

/// Whoever closes the terminal does not expect to be listened to any longer, and a reload that is under way is not waited for.
async fn end_with(terminal: Terminal) {
    let mut hangups = Hangups::new();
    while hangups.next().await {
        if terminal.is_closed() {
            tracing::info!("the terminal was closed: Jane ends");
            jane_platform::ask_to_end();
            return;
        }
    }
}

async fn keep_budgets(runtime: Arc<Runtime>, workers: WorkerPool) {
    loop {
        next_sample(&runtime).await;
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

/// Waits for as long as `memory.sample_seconds` says, also where it says something else meanwhile.
pub(super) async fn next_sample(runtime: &Runtime) {
    let last = tokio::time::Instant::now();
    let mut changes = runtime.changes();
    loop {
        let seconds = runtime.in_force().config.memory.sample_seconds;
        let next = last + Duration::from_secs(u64::from(seconds));
        tokio::select! {
            () = tokio::time::sleep_until(next) => return,
            Ok(()) = changes.changed() => {}
        }
    }
}
