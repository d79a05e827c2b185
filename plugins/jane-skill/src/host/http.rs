//! Requests to the hosts that the owner has granted.
//!
//! ```no_run
//! # use jane_skill::{Failure, http};
//! # fn f() -> Result<(), Failure> {
//! let rates: Vec<f64> = http::get("https://api.example.org/rates")?.json()?;
//! let answer = http::Request::new("POST", "https://api.example.org/x").header("x-key", "1").json(&rates)?.send()?.ok()?;
//! # Ok(()) }
//! ```

use serde::{Serialize, de::DeserializeOwned};

use super::imports;
use crate::Failure;
pub use crate::bindings::host::jane::skill::http::{Request, Response};

/// What `url` answers, where it succeeds.
pub fn get(url: &str) -> Result<Response, Failure> {
    Request::new("GET", url).send()?.ok()
}

impl Request {
    pub fn new(method: &str, url: &str) -> Request {
        Request { method: method.into(), url: url.into(), headers: Vec::new(), body: None, timeout_ms: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        self
    }

    /// Sends a value as JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Request, Failure> {
        let body = serde_json::to_vec(value)?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// Milliseconds that the request may take.
    pub fn timeout_ms(mut self, timeout_ms: u32) -> Request {
        self.timeout_ms = Some(timeout_ms);
        self
    }

    /// The response, whatever its status.
    pub fn send(&self) -> Result<Response, Failure> {
        imports::http::send(self)
    }
}

impl Response {
    /// The response, where its status is a success.
    pub fn ok(self) -> Result<Response, Failure> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(Failure::Unavailable(format!("the server answered {}", self.status))) }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON. One that is not as expected is the server's fault: it is `unavailable`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::Unavailable(format!("the server's answer was not understood: {error}")))
    }
}
