//! The address of a server, checked before anything is sent to it.
//!
//! A key travels encrypted, or stays in the local network: over `http` it goes only to loopback and private addresses and to
//! names that mean something in a local network alone, past any proxy. Redirects are not followed, so it goes nowhere else
//! either.

use std::net::IpAddr;

use reqwest::Url;

/// Endings of names that no public name server knows (RFC 6761, 6762, 8375, and ICANN's reservation of `internal`).
const LOCAL_ENDINGS: [&str; 4] = [".localhost", ".local", ".home.arpa", ".internal"];

/// Where a server is.
#[derive(Debug)]
pub(super) struct Address {
    /// Without a slash at its end.
    base: String,
    /// Scheme, host and port.
    pub server: String,
    /// Whether it is this machine.
    pub loopback: bool,
    /// Whether it is this machine or in the local network.
    pub local: bool,
    pub encrypted: bool,
}

impl Address {
    /// Takes `url` from `jane.toml` apart; the error says what is wrong with it, and shows nothing of it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let url = Url::parse(url).map_err(|_| "it is no address of a server")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it begins with neither `http://` nor `https://`");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a part after `?` or `#`");
        }
        let host = url.host_str().unwrap_or_default();
        let loopback = is_loopback(host);
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            server: url.origin().ascii_serialization(),
            loopback,
            local: loopback || is_local(host),
            encrypted: url.scheme() == "https",
        })
    }

    /// The address of `path`, which begins with a slash.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

fn is_loopback(host: &str) -> bool {
    match ip(host) {
        Some(address) => address.is_loopback(),
        None => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn is_local(host: &str) -> bool {
    match ip(host) {
        Some(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Some(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        None => !host.contains('.') || LOCAL_ENDINGS.iter().any(|ending| host.ends_with(ending)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended_with_one_slash() {
        for url in ["http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/"] {
            let address = Address::parse(url).unwrap();
            assert_eq!(
                address.of("/audio/speech"),
                "http://127.0.0.1:8080/v1/audio/speech"
            );
            assert_eq!(address.server, "http://127.0.0.1:8080");
        }
    }

    #[test]
    fn what_is_no_address_or_holds_a_password_is_refused_without_showing_it() {
        for (url, expected) in [
            ("", "no address"),
            ("127.0.0.1:8080", "no address"),
            ("http://", "no address"),
            ("tcp://127.0.0.1:10300", "neither"),
            ("file:///etc/passwd", "neither"),
            ("https://user:hush@example.org/v1", "password"),
            ("https://example.org/v1?key=hush", "after `?`"),
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn this_machine_the_local_network_and_the_internet_are_told_apart() {
        let shown = |url| {
            let address = Address::parse(url).unwrap();
            (address.loopback, address.local, address.encrypted)
        };
        for url in [
            "http://localhost/v1",
            "http://127.0.0.7/v1",
            "http://[::1]:1/v1",
            "http://[::ffff:127.0.0.1]/v1",
            "http://jane.localhost",
        ] {
            assert_eq!(shown(url), (true, true, false), "{url}");
        }
        for url in [
            "http://192.168.1.7:8000",
            "http://10.0.0.1",
            "http://[fd00::1]",
            "http://nas/v1",
            "http://nas.local/v1",
        ] {
            assert_eq!(shown(url), (false, true, false), "{url}");
        }
        for url in [
            "http://api.example.org/v1",
            "http://8.8.8.8",
            "http://[2001:db8::1]",
            "http://localhost.example.org",
            "http://134744072",
        ] {
            assert_eq!(shown(url), (false, false, false), "{url}");
        }
        assert_eq!(shown("https://api.example.org/v1"), (false, false, true));
    }
}
