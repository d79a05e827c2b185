//! Connections to her.
//!
//! Invariants: the head of a request is bounded in time and size; one whose other side takes nothing for
//! [`STALLED`] is closed; who is slow holds up nobody; at the end what is under way may end, in bounded time.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connections::serve_each;

/// So many connections are served at once; more are closed at once.
const MOST: usize = 400;

/// How long the head of a request may take to arrive, and how long a connection may wait for the next one.
const HEAD: Duration = Duration::from_secs(15);

/// Bytes of a request's head at most, and of what is buffered of it.
const LONGEST_HEAD: usize = 32 << 10;

/// Headers of a request at most.
const MOST_HEADERS: usize = 64;

/// How long the other side may take nothing that is sent to it.
const STALLED: Duration = Duration::from_secs(30);

/// Serves `router` until `ending`, and until what is under way then has ended.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    ending: CancellationToken,
) {
    serve_each(listener, MOST, &ending, |stream| {
        let _ = stream.set_nodelay(true);
        let (router, tls, ending) = (router.clone(), tls.clone(), ending.clone());
        async move {
            match tls {
                None => drive(stream, router, ending).await,
                Some(tls) => {
                    let accepted = tokio::time::timeout(HEAD, tls.accept(stream)).await;
                    if let Ok(Ok(stream)) = accepted {
                        drive(stream, router, ending).await;
                    }
                }
            }
        }
    })
    .await;
}

/// Serves one connection until it ends, or until what is under way on it at the end has.
async fn drive<S>(stream: S, router: Router, ending: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(STALLED));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(router),
        )
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // Who breaks off is not missed.
    tokio::select! {
        _ = &mut connection => {}
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
