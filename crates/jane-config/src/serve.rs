//! The section `[serve]`: where `jane serve` is reached, and by how many.
//!
//! The rules of `schema` hold here too: doc comments are what the user reads above each key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metrics::{Listen, NoAddress};

/// What `jane serve` offers to programs, browsers and Home Assistant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    /// Address and port of the page and of OpenAI's interfaces (`/v1`). Beyond this machine ("0.0.0.0:8437") a token is required,
    /// which is made at the first start and which `jane serve token` prints.
    #[schemars(length(min = 1))]
    pub listen: String,
    /// Names by which she is reached besides its address and `localhost`, such as "jane.local": whoever names another is refused,
    /// so that no web page can reach her by a name of its own.
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub names: Vec<String>,
    /// Whether connections are encrypted (https): browsers give the microphone to no page of another machine without.
    pub tls: bool,
    /// The file of the certificate (PEM) for that, relative to Jane's home; empty for one that she makes herself, of which browsers
    /// warn once.
    pub certificate: String,
    /// The file of its key (PEM).
    pub key: String,
    /// The file of the token, relative to Jane's home.
    #[schemars(length(min = 1))]
    pub token_file: String,
    /// Conversations at once.
    #[schemars(range(min = 1, max = 64))]
    pub sessions: u32,
    /// Seconds after which a conversation in which nothing happens is closed.
    #[schemars(range(min = 10, max = 86400))]
    pub idle_seconds: u32,
    /// Address and port of her ears, voice and mind for Home Assistant (Wyoming), such as "0.0.0.0:10300"; empty for none. This
    /// protocol knows no token: whoever can reach the address can use her.
    pub wyoming: String,
    /// Whether Home Assistant finds her by itself (mDNS), where `serve.wyoming` is reached beyond this machine.
    pub announce: bool,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8437".into(),
            names: Vec::new(),
            tls: false,
            certificate: String::new(),
            key: String::new(),
            token_file: ".state/serve.token".into(),
            sessions: 6,
            idle_seconds: 600,
            wyoming: String::new(),
            announce: true,
        }
    }
}

impl Serve {
    /// The address to listen on.
    ///
    /// # Errors
    /// Where it is no address with a port.
    pub fn listen(&self) -> Result<Listen, NoAddress> {
        self.listen.parse()
    }

    /// The address of Wyoming; `None` for none.
    ///
    /// # Errors
    /// Where it is no address with a port.
    pub fn wyoming(&self) -> Result<Option<Listen>, NoAddress> {
        match self.wyoming.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_this_machine_is_opened_unless_it_is_named() {
        let serve = Serve::default();
        assert!(serve.listen().unwrap().is_loopback());
        assert_eq!(serve.wyoming(), Ok(None));
        let open = Serve {
            wyoming: "0.0.0.0:10300".to_owned(),
            ..Serve::default()
        };
        assert!(!open.wyoming().unwrap().unwrap().is_loopback());
    }
}
