//! The section `[metrics]`: where figures are served to Prometheus.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::quoted;

/// Figures about herself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port at which Prometheus is served figures of memory and turns, such as "127.0.0.1:9464" (`/metrics` there);
    /// empty for none. They tell nothing that was said. Whoever can reach the address can read them.
    pub listen: String,
}

impl Metrics {
    /// The address to listen on; `None` for none.
    ///
    /// # Errors
    /// Where it is no address with a port.
    pub fn listen(&self) -> Result<Option<Listen>, NoAddress> {
        match self.listen.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some),
        }
    }
}

/// An address to listen on: a host and a port, of which 0 is any that is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// An IP address without brackets, or a name.
    pub host: String,
    pub port: u16,
}

/// A text that is no address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an address with a port, such as \"127.0.0.1:9464\", or empty, not `\"{}\"`",
    quoted(text)
)]
pub struct NoAddress {
    text: String,
}

impl FromStr for Listen {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self {
                host: address.ip().to_string(),
                port: address.port(),
            });
        }
        named(text).ok_or_else(|| NoAddress {
            text: text.to_owned(),
        })
    }
}

/// A name and a port. What looks like an address and is none (`127.0.0.1.1:80`) is left to the resolver, which says so.
fn named(text: &str) -> Option<Listen> {
    let (host, port) = text.rsplit_once(':')?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_name = !host.is_empty() && host.bytes().all(is_letter);
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    (is_name && is_number).then_some(())?;
    Some(Listen {
        host: host.to_owned(),
        port: port.parse().ok()?,
    })
}

impl Listen {
    /// Whether only this machine can reach it, as far as the name says.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// What the owner should know of it, and what can be done.
    #[must_use]
    pub fn warning(&self) -> Option<(String, String)> {
        (!self.is_loopback()).then(|| {
            let Self { host, port } = self;
            let message = format!(
                "other machines can read Jane's figures at `{host}`, port {port} (`metrics.listen`)"
            );
            let hint = format!("\"127.0.0.1:{port}\" keeps them on this one");
            (message, hint)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Result<Option<Listen>, NoAddress> {
        let listen = text.to_owned();
        Metrics { listen }.listen()
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for (text, host, port, is_loopback) in [
            ("127.0.0.1:9464", "127.0.0.1", 9464, true),
            ("[::1]:0", "::1", 0, true),
            ("[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1, true),
            ("localhost:9464", "localhost", 9464, true),
            ("0.0.0.0:9464", "0.0.0.0", 9464, false),
            ("jane.example.org:80", "jane.example.org", 80, false),
        ] {
            let found = listen(text).unwrap().unwrap();
            let expected = Listen {
                host: host.to_owned(),
                port,
            };
            assert_eq!(found, expected, "{text}");
            assert_eq!(found.is_loopback(), is_loopback, "{text}");
            assert_eq!(found.warning().is_none(), is_loopback, "{text}");
        }
        assert_eq!(listen(""), Ok(None));
        for text in [
            "9464",
            "127.0.0.1",
            ":9464",
            "::1:9464",
            "a b:1",
            "a:65536",
            "a:+1",
            "a:",
            "a@b:1",
        ] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
