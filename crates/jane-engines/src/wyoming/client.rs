//! A Wyoming server as `jane.toml` names it, and a connection to it.
//!
//! Invariants: a connection serves one request; a request is sent again only where nothing came of it; waiting is bounded twice, by
//! the silence and, over all tries, by the request as a whole; so are the bytes of an answer.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Framed;

use super::codec::{CodecError, Event, WyomingCodec};
use super::fault::Fault;
use crate::BackendError;
use jane_config::Remote;
use jane_core::event::EngineKind;

/// The pause before a request is sent again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where a server is, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct Server {
    role: EngineKind,
    host: String,
    port: u16,
    connect: Duration,
    /// The longest silence while it works.
    pub silent: Duration,
    /// The longest request, tries that failed included.
    pub longest: Duration,
    /// Bytes of an answer.
    pub largest: usize,
    retries: usize,
}

impl Server {
    /// # Errors
    /// Where `url` is not of the form `tcp://HOST:PORT`.
    pub fn new(role: EngineKind, remote: &Remote) -> Result<Self, BackendError> {
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let Some((host, port)) = address(&remote.url) else {
            return Err(BackendError::Remote {
                role,
                server: format!("{}.remote.url", role.section()),
                reason: "has no address of the form `tcp://HOST:PORT`".to_owned(),
                hint: Some(format!(
                    "write such as `url = \"tcp://127.0.0.1:10300\"` under `[{}.remote]` in `jane.toml`",
                    role.section()
                )),
                down: false,
            });
        };
        Ok(Self {
            role,
            host,
            port,
            connect: seconds(remote.connect_seconds),
            silent: seconds(remote.silent_seconds),
            longest: seconds(remote.whole_seconds),
            largest: (remote.whole_mb as usize) << 20,
            retries: usize::try_from(remote.retries).unwrap_or(usize::MAX),
        })
    }

    /// Has `exchange` done over a new connection; over another, as often as `retries` allows, where nothing came of it.
    ///
    /// # Errors
    /// [`BackendError::Remote`], whatever it was.
    pub async fn ask<T, F, E>(&self, exchange: E) -> Result<T, BackendError>
    where
        F: Future<Output = Result<T, Fault>>,
        E: Fn(Connection) -> F,
    {
        let end = Instant::now() + self.longest;
        let attempt = || async { exchange(self.connect(end).await?).await };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(self.retries);
        let answer = attempt
            .retry(pauses)
            .when(Fault::is_before_anything)
            .notify(|fault, pause| {
                tracing::warn!(role = %self.role, %fault, ?pause, "the server did not answer: once more");
            });
        let answer = timeout_at(end, answer).await;
        let answer = answer.unwrap_or(Err(Fault::Endless(self.longest)));
        answer.map_err(|fault| self.error(&fault))
    }

    /// A connection for a request that ends at `end`.
    async fn connect(&self, end: Instant) -> Result<Connection, Fault> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = timeout(self.connect, connecting)
            .await
            .map_err(|_| {
                let seconds = self.connect.as_secs_f64();
                Fault::Unreachable(format!("it took up no connection within {seconds} s"))
            })?
            .map_err(|error| Fault::Unreachable(error.to_string()))?;
        // It saves a delay and nothing else.
        let _ = stream.set_nodelay(true);
        Ok(Connection {
            framed: Framed::new(stream, WyomingCodec::default()),
            limits: Limits {
                silent: self.silent,
                longest: self.longest,
                end,
            },
            largest: self.largest,
            heard: false,
        })
    }

    /// `fault` as the rest of Jane sees it.
    pub fn error(&self, fault: &Fault) -> BackendError {
        BackendError::Remote {
            role: self.role,
            server: format!("tcp://{}:{}", self.host, self.port),
            reason: fault.to_string(),
            hint: Some(fault.hint(self.role.section())),
            down: fault.is_down(),
        }
    }
}

/// A connection to a server, for one request. Dropping it closes it.
pub struct Connection {
    framed: Framed<TcpStream, WyomingCodec>,
    limits: Limits,
    /// Bytes that may come.
    largest: usize,
    /// Whether an event came.
    heard: bool,
}

impl Connection {
    /// Sends an event. A server that has closed is no error here: what it said before is read by [`Connection::next`].
    ///
    /// # Errors
    /// Where the server does not take it up in time.
    pub async fn send(&mut self, event: Event) -> Result<(), Fault> {
        let sending = self.framed.send(event);
        self.limits.hold(sending).await.map(drop)
    }

    /// The next event that is no `error`.
    ///
    /// # Errors
    /// Where the server closes, is silent, takes too long, sends too much, reports an error, or sends what is no event.
    pub async fn next(&mut self) -> Result<Event, Fault> {
        let event = match self.limits.hold(self.framed.next()).await? {
            Some(Ok(event)) => event,
            None | Some(Err(CodecError::Io(_))) if !self.heard => return Err(Fault::Closed),
            None | Some(Err(CodecError::Io(_) | CodecError::CutOff)) => return Err(Fault::CutOff),
            Some(Err(error)) => return Err(Fault::malformed(&error)),
        };
        self.heard = true;
        if self.framed.codec().read() > self.largest {
            return Err(Fault::TooLarge(self.largest));
        }
        if event.kind == "error" {
            return Err(Fault::reported(&event));
        }
        Ok(event)
    }
}

/// How long a request may wait, and take.
#[derive(Clone, Copy)]
struct Limits {
    silent: Duration,
    longest: Duration,
    /// When `longest` is over.
    end: Instant,
}

impl Limits {
    /// The outcome of `work`, where it comes in time.
    async fn hold<T>(self, work: impl Future<Output = T>) -> Result<T, Fault> {
        let silent = Instant::now() + self.silent;
        let late = |_| {
            if silent < self.end {
                Fault::Silent(self.silent)
            } else {
                Fault::Endless(self.longest)
            }
        };
        timeout_at(silent.min(self.end), work).await.map_err(late)
    }
}

/// Host and port of `tcp://HOST:PORT`; `None` where there is anything else in it, such as a password.
fn address(url: &str) -> Option<(String, u16)> {
    let url = reqwest::Url::parse(url).ok()?;
    let host = url.host_str()?;
    let port = url.port()?;
    let bare = format!("tcp://{host}:{port}");
    if url.as_str().trim_end_matches('/') != bare {
        return None;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_owned(), port))
}
