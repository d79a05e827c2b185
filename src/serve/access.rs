//! Who may speak to her.
//!
//! Invariants: a request names this machine by an address, by `localhost` or by a name of the configuration: a web page that was
//! led here by a name of its own (DNS rebinding) is refused; a browser that comes from another page says so (`Origin`), and is refused, for
//! WebSockets too; where there is a token, nothing but the page's own files is given without it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::Next;

use super::Token;
use super::openai::Refusal;

/// What a browser's WebSocket puts before the token, as OpenAI's clients have it: it can set no other header.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// The paths for which the token is asked.
const PROTECTED: [&str; 3] = ["/v1/", "/jane/", "/events"];

/// Names, and the token where one is required.
pub struct Access {
    names: Vec<String>,
    token: Option<Token>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It names no host, or more than one.
    NoHost,
    /// It names a host that is not this one.
    OtherHost,
    /// It comes from a web page of somebody else.
    OtherOrigin,
    /// It has no token, or another.
    NoToken,
}

impl Access {
    /// `host` is what is listened at.
    #[must_use]
    pub fn new(host: &str, names: &[String], token: Option<Token>) -> Arc<Self> {
        let names = names.iter().map(String::as_str);
        let names = names.chain([host, "localhost"]).map(str::to_lowercase);
        Arc::new(Self {
            names: names.collect(),
            token,
        })
    }

    fn is_meant(&self, authority: &Authority) -> bool {
        let host = authority.host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        // No name was looked up for an address, so that nobody else can have chosen it.
        address.parse::<IpAddr>().is_ok() || self.names.contains(&host.to_lowercase())
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Denied> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
            _ => None,
        };
        let host = host.ok_or(Denied::NoHost)?;
        let named = [Some(&host), uri.authority()];
        if !named.into_iter().flatten().all(|host| self.is_meant(host)) {
            return Err(Denied::OtherHost);
        }
        for origin in headers.get_all(ORIGIN) {
            let origin = Uri::try_from(origin.as_bytes()).ok();
            let origin = origin.as_ref().and_then(Uri::authority);
            // Behind the scheme an origin is the host with the port, as the browser names it for its own page.
            if origin.is_none_or(|origin| origin != &host) {
                return Err(Denied::OtherOrigin);
            }
        }
        let Some(token) = &self.token else {
            return Ok(());
        };
        let path = uri.path();
        if !PROTECTED
            .iter()
            .any(|protected| path.starts_with(protected))
        {
            return Ok(());
        }
        match presented(headers) {
            Some(presented) if token.is(presented) => Ok(()),
            _ => Err(Denied::NoToken),
        }
    }
}

/// The token that a request brings.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, token) = value.as_bytes().split_at_checked(7)?;
        return scheme.eq_ignore_ascii_case(b"bearer ").then_some(token);
    }
    let protocols = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let protocols = protocols.filter_map(|protocols| protocols.to_str().ok());
    let mut protocols = protocols.flat_map(|protocols| protocols.split(','));
    protocols.find_map(|protocol| {
        let token = protocol.trim().strip_prefix(KEY_PROTOCOL)?;
        Some(token.as_bytes())
    })
}

/// Refuses who may not speak to her.
pub async fn checked(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    match access.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(denied) => Refusal::from(denied).into(),
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoHost => Self::new(StatusCode::BAD_REQUEST, "name the host, once").code("host"),
            Denied::OtherHost => Self::new(
                StatusCode::FORBIDDEN,
                "this is not the host that you name: use the address, or add the name to `serve.names` in `jane.toml`",
            )
            .code("host"),
            Denied::OtherOrigin => Self::new(
                StatusCode::FORBIDDEN,
                "requests from other web pages are refused",
            )
            .code("origin"),
            Denied::NoToken => Self::new(
                StatusCode::UNAUTHORIZED,
                "the token is missing or wrong: `jane serve token` prints it; send it as `Authorization: Bearer …`",
            )
            .code("invalid_api_key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn check(access: &Access, path: &str, headers: &[(&'static str, &str)]) -> Result<(), Denied> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        access.check(&path.parse().unwrap(), &map)
    }

    #[test]
    fn only_who_means_this_machine_and_comes_from_its_page_is_let_in() {
        let access = Access::new("127.0.0.1", &["Jane.local".to_owned()], None);
        for (headers, expected) in [
            (&[("host", "127.0.0.1:8437")][..], Ok(())),
            (&[("host", "[::1]:8437")], Ok(())),
            (&[("host", "192.168.1.5")], Ok(())),
            (&[("host", "LOCALHOST:8437")], Ok(())),
            (&[("host", "jane.local")], Ok(())),
            (
                &[
                    ("host", "localhost:8437"),
                    ("origin", "http://localhost:8437"),
                ],
                Ok(()),
            ),
            (&[], Err(Denied::NoHost)),
            (&[("host", "a b")], Err(Denied::NoHost)),
            (
                &[("host", "localhost"), ("host", "localhost")],
                Err(Denied::NoHost),
            ),
            (&[("host", "evil.example:8437")], Err(Denied::OtherHost)),
            (
                &[("host", "localhost.evil.example")],
                Err(Denied::OtherHost),
            ),
            (
                &[
                    ("host", "localhost:8437"),
                    ("origin", "http://evil.example"),
                ],
                Err(Denied::OtherOrigin),
            ),
            (
                &[
                    ("host", "localhost:8437"),
                    ("origin", "http://localhost:8000"),
                ],
                Err(Denied::OtherOrigin),
            ),
            (
                &[("host", "localhost:8437"), ("origin", "null")],
                Err(Denied::OtherOrigin),
            ),
        ] {
            assert_eq!(
                check(&access, "/v1/models", headers),
                expected,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn beyond_this_machine_the_token_is_asked_for() {
        let home = tempfile::tempdir().unwrap();
        let token = Token::of(&home.path().join("token")).unwrap();
        let bearer = format!("Bearer {}", token.reveal());
        let protocols = format!("realtime, {KEY_PROTOCOL}{}", token.reveal());
        let access = Access::new("0.0.0.0", &[], Some(token));
        let host = ("host", "192.168.1.5:8437");
        assert_eq!(check(&access, "/v1/models", &[host]), Err(Denied::NoToken));
        assert_eq!(
            check(
                &access,
                "/v1/models",
                &[host, ("authorization", "Bearer wrong")]
            ),
            Err(Denied::NoToken)
        );
        for given in [
            ("authorization", bearer.as_str()),
            ("sec-websocket-protocol", &protocols),
        ] {
            assert_eq!(check(&access, "/v1/realtime", &[host, given]), Ok(()));
        }
        for path in ["/jane/state", "/events"] {
            assert_eq!(check(&access, path, &[host]), Err(Denied::NoToken));
        }
        assert_eq!(check(&access, "/", &[host]), Ok(()));
    }
}
