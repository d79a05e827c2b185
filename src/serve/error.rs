//! Why she cannot be reached by others.

use std::io;
use std::path::PathBuf;

use jane_config::NoAddress;

/// `jane serve` cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("`{key}` {error}")]
    Address { key: &'static str, error: NoAddress },

    #[error("cannot listen at `{address}` (`{key}`): {source}")]
    Listen {
        key: &'static str,
        address: String,
        source: io::Error,
    },

    #[error("the token's file `{}` cannot be read: {source}", path.display())]
    TokenUnreadable { path: PathBuf, source: io::Error },

    #[error("the token's file `{}` cannot be made: {source}", path.display())]
    TokenUnwritable { path: PathBuf, source: io::Error },

    #[error("`{}` cannot be used to encrypt connections: {problem}", path.display())]
    Certificate { path: PathBuf, problem: String },

    #[error("the token in `{}` is no token: it must have 16 to 512 visible ASCII characters", path.display())]
    NoToken { path: PathBuf },
}

impl ServeError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another program listens there: end it, or name another port"
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; \"0.0.0.0:8437\" is all that it has"
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "ports below 1024 are the system's: name a higher one"
            }
            Self::TokenUnreadable { .. } => {
                "it must be a file of yours alone (`chmod 600`), and no link"
            }
            Self::Certificate { .. } => {
                "`serve.certificate` and `serve.key` are PEM files; without them she makes a certificate herself"
            }
            Self::NoToken { .. } => "delete the file, and the next start makes a new token",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
