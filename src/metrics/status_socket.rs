//! The status socket: whoever connects is told a [`Snapshot`](super::Snapshot) as a line of JSON, and again each second.
//!
//! Invariants: only this user can connect; what is sent to it is never read; so many look at once and no more, and one that reads
//! nothing is let go.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Metrics;

/// The socket's name in the run's own directory.
pub(super) const SOCKET: &str = "status.sock";

/// So many may look at once. A further one is turned away.
pub(super) const MOST_WATCHERS: usize = 8;

/// The time from one snapshot to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long one who looks may take to read a snapshot.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long no one is taken after the system gave no connection: it has too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// # Errors
/// Where `directory` cannot hold a socket.
pub(super) fn listen(directory: &Path) -> io::Result<UnixListener> {
    jane_platform::listen_in(directory, SOCKET)
}

/// Never ends; dropping it lets everybody go.
pub(super) async fn serve(listener: UnixListener, metrics: Metrics) {
    let mut watchers = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = watchers.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if watchers.len() < MOST_WATCHERS => {
                    watchers.spawn(tell(stream, metrics.clone()));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "no connection at the status socket");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

/// Tells until the other side is gone or does not read.
async fn tell(mut stream: UnixStream, metrics: Metrics) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(mut line) = serde_json::to_vec(&metrics.snapshot().await) else {
            return;
        };
        line.push(b'\n');
        let written = tokio::time::timeout(PATIENCE, stream.write_all(&line)).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
    }
}
