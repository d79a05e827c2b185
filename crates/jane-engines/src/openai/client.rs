//! One server: how requests are sent to it, and how long it is waited for.
//!
//! Invariants: the key goes to the address of `jane.toml` and nowhere else (no redirects), and is in no message. A request is
//! sent again only while nothing of its answer was used. Bodies are bounded, and so is every wait: by the silence, and over all tries by
//! the request as a whole. Dropping the future of a request or the answer to it closes the connection.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::AUTHORIZATION;
use reqwest::{RequestBuilder, Response, redirect};

use super::address::Address;
use super::failure::{Again, Failure, Subject};
use crate::BackendError;
use crate::secret::Secret;
use crate::time_left::{Spent, TimeLeft};
use jane_config::Remote;
use jane_core::event::EngineKind;

/// The pause before a request is sent again; it doubles each time and is lengthened at random.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A server that wants to be left alone for longer counts as down at once.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(20);

/// What is read of the body of an error, in bytes, and how long it is waited for.
const LARGEST_ERROR: usize = 64 << 10;
const ERROR_PATIENCE: Duration = Duration::from_secs(5);

/// A server and how it is talked to.
pub(super) struct Client {
    role: EngineKind,
    http: reqwest::Client,
    address: Address,
    subject: Subject,
    retries: u32,
    silent_seconds: u32,
    whole: Duration,
    /// Bytes of an answer.
    largest: usize,
}

impl Client {
    /// Nothing is sent yet. `model` is the server's name of it; `home` is what the key's file is relative to.
    ///
    /// # Errors
    /// [`BackendError::Remote`] where the address or the key cannot be used.
    pub fn new(
        role: EngineKind,
        remote: &Remote,
        model: &str,
        home: &Path,
    ) -> Result<Self, BackendError> {
        let section = role.section();
        let refuse = |server: &str, reason: String, hint: String| BackendError::Remote {
            role,
            server: server.to_owned(),
            reason: format!("cannot be used: {reason}"),
            hint: Some(hint),
            down: false,
        };
        let address = Address::parse(&remote.url).map_err(|reason| {
            let setting = format!("{section}.remote.url");
            let hint = format!(
                "set `{setting}` to an address such as `http://127.0.0.1:8080/v1`; a key belongs in \
                 `{section}.remote.api_key_env` or `{section}.remote.api_key_file`"
            );
            refuse(&setting, reason.to_owned(), hint)
        })?;
        let key = Secret::load(remote, home).map_err(|error| {
            let hint = error.hint(&format!("{section}.remote"));
            refuse(&address.server, error.to_string(), hint)
        })?;
        if key.is_some() && !address.encrypted && !address.local {
            let reason = "its key would cross the internet unencrypted".to_owned();
            let hint = format!("use an `https://` address in `{section}.remote.url`, or no key");
            return Err(refuse(&address.server, reason, hint));
        }
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("jane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(seconds(remote.connect_seconds))
            .read_timeout(seconds(remote.silent_seconds))
            .redirect(redirect::Policy::none());
        if address.loopback || (key.is_some() && !address.encrypted) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            let hint = "the system's certificates or the proxy of the environment may be broken";
            refuse(&address.server, innermost(&error), hint.to_owned())
        })?;
        Ok(Self {
            role,
            http,
            address,
            subject: Subject {
                section,
                model: model.to_owned(),
                key,
            },
            retries: remote.retries,
            silent_seconds: remote.silent_seconds,
            whole: seconds(remote.whole_seconds),
            largest: (remote.whole_mb as usize) << 20,
        })
    }

    /// The server's name of the model.
    pub fn model(&self) -> &str {
        &self.subject.model
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The time of a new request.
    pub fn time(&self) -> TimeLeft {
        TimeLeft::new(self.whole)
    }

    /// The bytes that an answer may have, where more than `most` make no sense.
    pub fn largest(&self, most: usize) -> usize {
        self.largest.min(most)
    }

    /// Posts to `path` what `with_body` adds to a request, and again where the server could not be reached, did not begin to
    /// answer, or is overloaded, as long as there is time. What it returns is an answer with a good status.
    pub async fn post(
        &self,
        time: &mut TimeLeft,
        path: &str,
        with_body: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(self.retries as usize)
            .with_jitter();
        let url = self.address.of(path);
        let attempt = || async { self.attempt(with_body(self.http.post(&url))).await };
        let answer = attempt
            .retry(pauses)
            .when(|failure: &Failure| match failure.again {
                Again::Never => false,
                Again::Soon => true,
                Again::After(wait) => wait <= LONGEST_RETRY_AFTER,
            })
            .adjust(|failure, pause| match failure.again {
                Again::After(wait) => pause.map(|pause| pause.max(wait)),
                _ => pause,
            })
            .notify(|failure, pause| {
                tracing::warn!(
                    server = self.address.server,
                    pause_ms = pause.as_millis(),
                    "the server is asked again, since it {}",
                    failure.reason
                );
            });
        let answer = time.hold(answer).await;
        answer.unwrap_or_else(|Spent| Err(self.spent()))
    }

    async fn attempt(&self, mut request: RequestBuilder) -> Result<Response, Failure> {
        if let Some(key) = &self.subject.key {
            request = request.header(AUTHORIZATION, key.bearer());
        }
        let response = request.send().await.map_err(|error| self.unsent(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let reading = self.body(response, LARGEST_ERROR);
        let body = tokio::time::timeout(ERROR_PATIENCE, reading).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Err(self.subject.answered(status, &headers, &body))
    }

    /// The body of `response`, which may have `most` bytes.
    pub async fn read(
        &self,
        time: &mut TimeLeft,
        response: Response,
        most: usize,
    ) -> Result<Vec<u8>, Failure> {
        let body = self.body(response, self.largest(most));
        let body = time.hold(body).await;
        body.unwrap_or_else(|Spent| Err(self.spent()))
    }

    async fn body(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(|error| self.lost(&error))? {
            if body.len() + bytes.len() > limit {
                return Err(Failure::nonsense(format!(
                    "answered with more than {limit} bytes"
                )));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body)
    }

    /// What an error before the answer began means.
    fn unsent(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() {
            let cause = self.subject.quote(&innermost(error));
            let section = self.subject.section;
            return Failure::down(format!("cannot be reached: {cause}"), Again::Soon).with_hint(
                format!("check that it runs, and that `{section}.remote.url` is its address"),
            );
        }
        Failure {
            again: Again::Soon,
            ..self.lost(error)
        }
    }

    /// What an error in the middle of an answer means.
    pub fn lost(&self, error: &reqwest::Error) -> Failure {
        if error.is_timeout() {
            let (silent, section) = (self.silent_seconds, self.subject.section);
            let reason = format!("was silent for {silent} s");
            return Failure::down(reason, Again::Never).with_hint(format!(
                "it may be overloaded; `{section}.remote.silent_seconds` is how long it may be silent"
            ));
        }
        let cause = self.subject.quote(&innermost(error));
        Failure::down(format!("broke the connection: {cause}"), Again::Never)
            .with_hint("the reason should be in the log of the server")
    }

    /// The request has had its time.
    pub fn spent(&self) -> Failure {
        let (whole, section) = (self.whole.as_secs(), self.subject.section);
        let reason = format!("took more than {whole} s for one request");
        Failure::down(reason, Again::Never).with_hint(format!(
            "it may be overloaded; `{section}.remote.whole_seconds` is how long a request may take"
        ))
    }

    pub fn error(&self, failure: Failure) -> BackendError {
        BackendError::Remote {
            role: self.role,
            server: self.address.server.clone(),
            reason: failure.reason,
            hint: failure.hint,
            down: failure.down,
        }
    }
}

/// The cause that says what is the matter. Messages of outer errors hold the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    match causes.by_ref().last() {
        Some(cause) => cause.to_string(),
        None => "an error of the HTTP client".to_owned(),
    }
}
