//! Serves Prometheus at one address.
//!
//! Invariants: one request a connection, and so many connections at once; a connection ends in bounded time, whatever the other
//! side does; who is slow holds up nobody, for the oldest connection goes where a new one has no room; when the endpoint is closed,
//! all of it is.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jane_config::Listen;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use super::Metrics;
use super::request::{Place, answer};

/// So many connections are served at once. A request that is there is answered in a millisecond, so that the oldest of them is one
/// that does not send, or does not read.
const MOST_CONNECTIONS: usize = 16;

/// How long a request may take to arrive.
const REQUEST: Duration = Duration::from_secs(5);

/// How long a connection may last: as long as Prometheus waits by default.
const CONNECTION: Duration = Duration::from_secs(10);

/// Bytes of a request's head at most, and of what is buffered of it.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long no one is taken after the system gave no connection: it has too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// An address at which figures are served, until this is dropped.
pub(super) struct Endpoint {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Endpoint {
    /// # Errors
    /// Where it cannot be listened at.
    pub async fn open(listen: &Listen, metrics: Metrics) -> io::Result<Self> {
        let listener = TcpListener::bind((listen.host.as_str(), listen.port)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, listen.host.clone(), metrics));
        Ok(Self { address, task })
    }

    /// Waits until nothing of it is left.
    pub async fn close(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Never ends; dropping it closes every connection.
async fn serve(listener: TcpListener, host: String, metrics: Metrics) {
    let mut connections = JoinSet::new();
    let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => oldest.retain(|connection| !connection.is_finished()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if oldest.len() >= MOST_CONNECTIONS && let Some(slow) = oldest.pop_front() {
                        slow.abort();
                    }
                    oldest.push_back(connections.spawn(connection(stream, host.clone(), metrics.clone())));
                }
                Err(error) => {
                    tracing::debug!(%error, "no connection for Prometheus");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

async fn connection(stream: TcpStream, host: String, metrics: Metrics) {
    let Ok(address) = stream.local_addr() else {
        return;
    };
    let place = Place { address, host };
    let service = service_fn(async |request: hyper::Request<hyper::body::Incoming>| {
        Ok::<_, Infallible>(
            answer(
                request.method(),
                request.uri(),
                request.headers(),
                &place,
                &metrics,
            )
            .await,
        )
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST)
        .keep_alive(false)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Who breaks off or takes too long is not missed.
    let _ = tokio::time::timeout(CONNECTION, serving).await;
}
