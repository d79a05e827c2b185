//! Connections, taken one by one and served side by side.
//!
//! Invariants: they are bounded in number; what fails to connect holds up nobody; at the end what is under way may end, in bounded time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long what is under way may take to end.
const ENDING: Duration = Duration::from_secs(20);

/// How long nobody is taken after the system gave no connection: it has too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Has `serve` serve each connection until `ending`, at most `most` at once; more are closed at once. Returns when what is under way then
/// has ended.
pub async fn serve_each<S: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    most: usize,
    ending: &CancellationToken,
    mut serve: impl FnMut(TcpStream) -> S,
) {
    let places = Arc::new(Semaphore::new(most));
    let open = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "no connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::debug!("a connection too many");
            continue;
        };
        let served = serve(stream);
        open.spawn(async move {
            served.await;
            drop(place);
        });
    }
    drop(listener);
    open.close();
    let _ = tokio::time::timeout(ENDING, open.wait()).await;
}
