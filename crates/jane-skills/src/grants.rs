//! What a skill may do, as `jane.toml` says. Everything that a skill asks of the host is held against this.

use std::time::Duration;

use reqwest::Url;

use jane_config::{Allow, OnFailure, Skill};

/// What one skill may do, for as long and with as much as it may. It never changes: other settings make another skill of the same component.
#[derive(Debug, Clone)]
pub struct Grants {
    allow: Vec<Allow>,
    /// Scheme, host and port of what it may reach, as `https://api.example.org`.
    origins: Vec<String>,
    pub on_failure: OnFailure,
    pub priority: i32,
    pub hook: Duration,
    pub tool: Duration,
    /// Bytes of memory of an instance.
    pub memory: usize,
    /// Bytes on disk.
    pub kv: u64,
    /// `[skills.NAME.config]` as JSON.
    pub config: String,
}

impl Grants {
    /// # Errors
    /// Where a server's address is none.
    pub fn new(config: &Skill) -> Result<Self, String> {
        Ok(Self {
            allow: config.allow.clone(),
            origins: config.origins().collect::<Result<_, String>>()?,
            on_failure: config.on_failure,
            priority: config.priority,
            hook: Duration::from_millis(config.hook_ms.into()),
            tool: Duration::from_secs(config.tool_seconds.into()),
            memory: (config.memory_mb as usize) << 20,
            kv: u64::from(config.kv_kb) * 1000,
            config: serde_json::Value::Object(config.config.clone()).to_string(),
        })
    }

    #[must_use]
    pub fn allows(&self, what: Allow) -> bool {
        self.allow.contains(&what)
    }

    /// Whether it may keep a sentence back. Whoever made it a guard (`on_failure = "mute"`) wants that as well: it could fail instead.
    #[must_use]
    pub fn mutes(&self) -> bool {
        self.allows(Allow::Mute) || self.on_failure == OnFailure::Mute
    }

    /// Whether it may send a request there, as far as the address says.
    #[must_use]
    pub fn reaches(&self, url: &Url) -> bool {
        self.origins.contains(&url.origin().ascii_serialization())
    }

    /// Whether it may see what is said: one that can reach out only where that is allowed as well.
    #[must_use]
    pub fn overhears(&self, what: Allow) -> bool {
        self.origins.is_empty() || self.allows(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(allow: &[Allow], http: &[&str]) -> Result<Grants, String> {
        Grants::new(&Skill {
            allow: allow.to_vec(),
            allow_http: http.iter().map(|address| (*address).to_owned()).collect(),
            ..Skill::default()
        })
    }

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        let grants = grants(&[], &["https://api.example.org", "http://10.0.0.1:8080"]).unwrap();
        let reaches = |url: &str| grants.reaches(&Url::parse(url).unwrap());
        assert!(reaches("https://api.example.org/v1?q=1"));
        assert!(reaches("https://API.example.org:443/"));
        assert!(reaches("http://10.0.0.1:8080/x"));
        for other in [
            "http://api.example.org/",
            "https://api.example.org:8443/",
            "https://example.org/",
            "https://api.example.org.evil.net/",
            "https://api.example.org@evil.net/",
            "http://10.0.0.1/",
            "file:///etc/passwd",
            "data:text/plain,x",
        ] {
            assert!(!reaches(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for address in [
            "api.example.org",
            "ftp://example.org",
            "https://a.org/path",
            "https://*",
            "https://*.example.org",
            "https://:key@a.org",
            "https://a.org/#x",
            "",
        ] {
            assert!(grants(&[], &[address]).is_err(), "{address}");
        }
    }

    #[test]
    fn nothing_both_overhears_and_reaches_out_unless_that_is_wanted() {
        let none = grants(&[], &[]).unwrap();
        assert!(none.overhears(Allow::Transcripts) && none.overhears(Allow::Replies));
        let http = grants(&[], &["https://a.org"]).unwrap();
        assert!(!http.overhears(Allow::Transcripts) && !http.overhears(Allow::Replies));
        let both = grants(&[Allow::Transcripts], &["https://a.org"]).unwrap();
        assert!(both.overhears(Allow::Transcripts) && !both.overhears(Allow::Replies));
    }
}
