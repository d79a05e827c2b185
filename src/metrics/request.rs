//! What a request for figures is answered.
//!
//! Invariant: only who names this address, or this machine, is answered. A browser that was led here by a name of somebody else's
//! (DNS rebinding) sends that name along, and gets nothing.

use std::net::{IpAddr, SocketAddr};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};

use super::{Metrics, exposition};

/// Where the figures are.
const PATH: &str = "/metrics";

/// Where a request came to.
#[derive(Debug)]
pub(super) struct Place {
    /// This side of the connection.
    pub address: SocketAddr,
    /// The host that the configuration names.
    pub host: String,
}

impl Place {
    /// Whether `authority`, a host with or without a port, is this one. Ports are not compared: a forwarded one differs, and it is the
    /// name that tells who was meant.
    fn is_meant(&self, authority: &Authority) -> bool {
        let host = authority.host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        match address.parse::<IpAddr>() {
            Ok(address) => address.to_canonical() == self.address.ip().to_canonical(),
            Err(_) => {
                host.eq_ignore_ascii_case("localhost") || host.eq_ignore_ascii_case(&self.host)
            }
        }
    }
}

pub(super) async fn answer(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    place: &Place,
    metrics: &Metrics,
) -> Response<Full<Bytes>> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    };
    let Some(host) = host else {
        return refusal(StatusCode::BAD_REQUEST, "name the host, once\n");
    };
    if ![Some(&host), uri.authority()]
        .into_iter()
        .flatten()
        .all(|host| place.is_meant(host))
    {
        return refusal(
            StatusCode::FORBIDDEN,
            "this is not the host that you name\n",
        );
    }
    if uri.path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "the figures are at /metrics\n");
    }
    if method != Method::GET {
        let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "ask with GET\n");
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    match exposition::render(metrics.snapshot().await) {
        Ok(text) => response(StatusCode::OK, exposition::CONTENT_TYPE, text.into()),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "no figures\n"),
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    response(
        status,
        "text/plain; charset=utf-8",
        Bytes::from_static(text.as_bytes()),
    )
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
