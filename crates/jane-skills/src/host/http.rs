//! `http`: requests to the hosts that were granted.
//!
//! Invariants: every hop of a redirect is held against the grant; the address that a name resolves to is checked, and is the one that is
//! connected to; no proxy, cookie or key of the owner's takes part; answers are bounded.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url, redirect};

use super::rate_limit::Passed;
use crate::bindings::jane::skill::http::{Host, Request, Response};
use crate::bindings::jane::skill::types::Failure;
use crate::host_state::{CallContext, HostState};
use crate::instance::harmless;
use jane_config::Allow;

/// Bytes of an answer, of a request, and of an address.
const LARGEST_ANSWER: usize = 1_000_000;
const LARGEST_REQUEST: usize = 1_000_000;
const LONGEST_URL: usize = 8 << 10;

/// Headers of a request, and bytes of all their names and values.
const MOST_HEADERS: usize = 64;
const LARGEST_HEADERS: usize = 16 << 10;

/// Characters of what a skill wrote that are repeated to it.
const REPEATED: usize = 100;

/// Hops of a redirect.
const MOST_HOPS: usize = 5;

const CONNECT: Duration = Duration::from_secs(5);

/// Headers that are the connection's, not the skill's.
const FORBIDDEN: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "expect",
];

/// Sends requests, to public addresses only or to any.
pub struct HttpClient {
    public: reqwest::Result<reqwest::Client>,
    any: reqwest::Result<reqwest::Client>,
}

impl HttpClient {
    #[must_use]
    pub fn new() -> Self {
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("jane/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                .redirect(redirect::Policy::none())
                .no_proxy()
        };
        Self {
            public: builder().dns_resolver(Arc::new(PublicOnly)).build(),
            any: builder().build(),
        }
    }

    fn client(&self, private: bool) -> Result<&reqwest::Client, Failure> {
        let client = if private { &self.any } else { &self.public };
        client
            .as_ref()
            .map_err(|error| Failure::Unavailable(error.to_string()))
    }
}

/// Resolves names, and forgets addresses that are not public.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

const NOT_PUBLIC: &str =
    "its address is of this machine or a private network, which needs `private_network` in `allow`";

/// Whether an address belongs to the public internet (IANA's registries of special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => {
            let segments = v6.segments();
            let [first, second, ..] = segments;
            // Addresses that carry one of version 4 lead to it: NAT64 and 6to4.
            let [.., seventh, eighth] = segments;
            let embedded = match (first, second) {
                (0x64, 0xff9b) => Some((seventh, eighth)),
                (0x2002, _) => segments.get(1).copied().zip(segments.get(2).copied()),
                _ => None,
            };
            if let Some((high, low)) = embedded {
                let v4 = (u32::from(high) << 16) | u32::from(low);
                return is_public(IpAddr::V4(v4.into()));
            }
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                // Reserved, and addresses of version 4 in an old form; protocols such as Teredo; documentation; discarded.
                || first == 0
                || (first == 0x2001 && (second < 0x200 || second == 0xdb8))
                || first == 0x100
                || first & 0xffc0 == 0xfec0)
        }
    }
}

impl CallContext {
    fn may_reach(&self, url: &Url) -> Result<(), Failure> {
        let grants = &self.own.grants;
        if !grants.reaches(url) {
            let origin = url.origin().ascii_serialization();
            return Err(Failure::Denied(format!(
                "`{origin}` is not among what `allow_http` names"
            )));
        }
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_private = host.parse().is_ok_and(|address| !is_public(address));
        if is_private && !grants.allows(Allow::PrivateNetwork) {
            return Err(Failure::Denied(NOT_PUBLIC.to_owned()));
        }
        Ok(())
    }
}

/// The whole answer, if it is no larger than it may be.
async fn body(response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(|error| failure(&error))?);
        if body.len() > LARGEST_ANSWER {
            return Err(Failure::Unavailable(format!(
                "the answer has more than {LARGEST_ANSWER} bytes"
            )));
        }
    }
    Ok(body)
}

/// Why a request failed: the innermost reason, which says most.
fn failure(error: &reqwest::Error) -> Failure {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let reason = reason.to_string();
    if reason == NOT_PUBLIC {
        Failure::Denied(reason)
    } else if error.is_timeout() {
        Failure::Unavailable("the server took too long".to_owned())
    } else {
        Failure::Unavailable(reason)
    }
}

/// # Errors
/// Where they are too many, too long, or none that a skill may send.
pub fn headers(given: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let bytes: usize = given
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .fold(0, usize::saturating_add);
    if given.len() > MOST_HEADERS || bytes > LARGEST_HEADERS {
        let count = given.len();
        return Err(Failure::InvalidInput(format!(
            "a request has at most {MOST_HEADERS} headers with {LARGEST_HEADERS} bytes in all, not {count} with {bytes}"
        )));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let shown = harmless(name, REPEATED);
        let invalid = || Failure::InvalidInput(format!("`{shown}` cannot be a header"));
        let name = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|_| invalid())?;
        if FORBIDDEN.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return Err(invalid());
        }
        headers.try_append(name, value).map_err(|_| invalid())?;
    }
    Ok(headers)
}

impl Host for HostState {
    async fn send(&mut self, request: Request) -> Result<Response, Failure> {
        let invalid = |message: String| Failure::InvalidInput(message);
        if request.url.len() > LONGEST_URL
            || request
                .body
                .as_ref()
                .is_some_and(|body| body.len() > LARGEST_REQUEST)
        {
            return Err(invalid("the request is too large".to_owned()));
        }
        let mut method = match request.method.to_ascii_uppercase().as_str() {
            "GET" => Method::GET,
            "HEAD" => Method::HEAD,
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            other => {
                let shown = harmless(other, REPEATED);
                return Err(invalid(format!("`{shown}` is no method")));
            }
        };
        let mut url = Url::parse(&request.url).map_err(|error| {
            let shown = harmless(&request.url, REPEATED);
            invalid(format!("`{shown}`: {error}"))
        })?;
        self.caller.may_reach(&url)?;
        let mut headers = headers(&request.headers)?;
        if self.caller.own.meters.http.pass(Instant::now()) == Passed::No {
            return Err(Failure::Unavailable(
                "the skill sends too many requests".to_owned(),
            ));
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let wanted = request
            .timeout_ms
            .map(|ms| Duration::from_millis(ms.into()));
        let deadline = Instant::now() + wanted.map_or(left, |wanted| wanted.min(left));
        let services = Arc::clone(&self.caller.own.services);
        let client = services
            .http
            .client(self.caller.own.grants.allows(Allow::PrivateNetwork))?;
        let mut content = request.body;
        // What changes something elsewhere cannot be taken back.
        if !matches!(method, Method::GET | Method::HEAD)
            && let Some(turn) = &self.caller.turn
        {
            turn.certain().await;
        }
        self.staged.is_sent |= !matches!(method, Method::GET | Method::HEAD);
        for _ in 0..=MOST_HOPS {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut sending = client
                .request(method.clone(), url.clone())
                .headers(headers.clone())
                .timeout(left);
            if let Some(content) = content.clone() {
                sending = sending.body(content);
            }
            let response = sending.send().await.map_err(|error| failure(&error))?;
            let status = response.status();
            let Some(next) = redirected(&response, &url) else {
                let shown = |(name, value): (&HeaderName, &HeaderValue)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.as_str().to_owned(), value)
                };
                return Ok(Response {
                    status: status.as_u16(),
                    headers: response.headers().iter().map(shown).collect(),
                    body: body(response).await?,
                });
            };
            self.caller.may_reach(&next)?;
            if next.origin() != url.origin() {
                headers.remove("authorization");
                headers.remove("cookie");
            }
            let keeps = matches!(
                status,
                StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
            );
            if !keeps && method != Method::HEAD {
                (method, content) = (Method::GET, None);
            }
            url = next;
        }
        Err(Failure::Unavailable(format!(
            "the server redirects more than {MOST_HOPS} times"
        )))
    }
}

/// Where an answer sends the request, if it does.
fn redirected(response: &reqwest::Response, from: &Url) -> Option<Url> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| is_redirect)?;
    from.join(location.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let is_public = |address: &str| is_public(address.parse().unwrap());
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::",
        ] {
            assert!(is_public(address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
            "fc00::1",
            "ff02::1",
            "fec0::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "2001:db8::1",
            "::7f00:1",
            "2001:0:1::",
        ] {
            assert!(!is_public(address), "{address}");
        }
    }

    #[test]
    fn headers_are_bounded() {
        let many = |count: usize, name: &str, bytes: usize| {
            let header = |number: usize| (format!("{name}{number}"), "x".repeat(bytes));
            headers(&(0..count).map(header).collect::<Vec<_>>())
        };
        assert_eq!(many(64, "x-", 10).unwrap().len(), 64);
        for (count, name, bytes) in [
            (65, "x-", 1),
            (40_000, "x-", 1),
            (100_000, "x-", 0),
            (2, "x-", 10_000),
            (1, &"y".repeat(20_000), 0),
        ] {
            let refused = many(count, name, bytes).unwrap_err();
            assert!(
                matches!(&refused, Failure::InvalidInput(reason) if reason.contains("at most 64 headers"))
            );
        }
        // The same name again and again.
        let same = vec![("accept".to_owned(), String::new()); 40_000];
        assert!(headers(&same).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_given_as_headers_is_taken_or_refused(given in proptest::collection::vec((".{0,20}", ".{0,40}"), 0..80)) {
            if let Ok(taken) = headers(&given) {
                proptest::prop_assert!(taken.len() <= 64);
            }
        }
    }

    #[test]
    fn a_skill_does_not_speak_for_the_connection() {
        let header = |name: &str, value: &str| headers(&[(name.to_owned(), value.to_owned())]);
        assert!(header("Accept", "application/json").is_ok());
        for (name, value) in [
            ("Host", "10.0.0.1"),
            ("Transfer-Encoding", "chunked"),
            ("Proxy-Connection", "x"),
            ("a b", "c"),
            ("a", "b\r\nc: d"),
        ] {
            assert!(header(name, value).is_err(), "{name}");
        }
    }
}
