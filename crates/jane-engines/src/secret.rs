//! Keys of servers: read from the environment or a file, shown to nobody.
//!
//! Invariants: a [`Secret`] prints as `…`; its text leaves this module only as a header that is marked as sensitive. What a
//! server or a library says is passed through [`Secret::redact`] before it becomes part of an error or of the log.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;

use jane_config::Remote;

/// The longest key, in bytes; tokens that carry signed claims have a few thousand.
const LONGEST: u64 = 8 << 10;

/// What stands in place of a secret.
const HIDDEN: &str = "…";

/// A key of 1 to 8,192 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    key: String,
    /// `Authorization: Bearer …`, marked as sensitive.
    bearer: HeaderValue,
}

/// Why a key that `jane.toml` names cannot be used. No variant holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the environment variable `{variable}`, which holds its key, is not set")]
    NotSet { variable: String },

    #[error("the file of its key, `{}`, cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("the key in {place} is empty")]
    Empty { place: String },

    #[error("the key in {place} is longer than {LONGEST} bytes")]
    TooLong { place: String },

    #[error("the key in {place} holds something else than visible ASCII characters")]
    NotVisible { place: String },
}

impl SecretError {
    /// What the user can do about it; `section` is the server's in `jane.toml`, such as `llm.remote`.
    #[must_use]
    pub fn hint(&self, section: &str) -> String {
        match self {
            Self::NotSet { variable } => format!(
                "set `{variable}` where Jane is started, or correct `{section}.api_key_env` in `jane.toml`"
            ),
            Self::Unreadable { .. } => format!(
                "`{section}.api_key_file` is relative to Jane's home; the user that runs Jane must be able to read it"
            ),
            Self::Empty { .. } | Self::TooLong { .. } | Self::NotVisible { .. } => {
                "it must hold the key on one line, and nothing else".to_owned()
            }
        }
    }
}

impl Secret {
    /// The key of the server `remote`: from its environment variable where one is named, else from its file, which is relative
    /// to `home`; `None` where neither is named. White space around it is dropped.
    ///
    /// # Errors
    /// Where a key is named and is not there, or is no key.
    pub fn load(remote: &Remote, home: &Path) -> Result<Option<Self>, SecretError> {
        if !remote.api_key_env.is_empty() {
            let variable = &remote.api_key_env;
            return Self::from_variable(variable, std::env::var_os(variable)).map(Some);
        }
        if !remote.api_key_file.is_empty() {
            return Self::from_file(home.join(&remote.api_key_file)).map(Some);
        }
        Ok(None)
    }

    fn from_variable(variable: &str, value: Option<OsString>) -> Result<Self, SecretError> {
        let value = value.ok_or_else(|| SecretError::NotSet {
            variable: variable.to_owned(),
        })?;
        Self::parse(value.as_encoded_bytes(), || format!("`{variable}`"))
    }

    fn from_file(path: PathBuf) -> Result<Self, SecretError> {
        match jane_platform::read_regular(&path, LONGEST) {
            Ok(bytes) => Self::parse(&bytes, || format!("`{}`", path.display())),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                let place = format!("`{}`", path.display());
                Err(SecretError::TooLong { place })
            }
            Err(source) => Err(SecretError::Unreadable { path, source }),
        }
    }

    fn parse(bytes: &[u8], place: impl Fn() -> String) -> Result<Self, SecretError> {
        if bytes.len() as u64 > LONGEST {
            return Err(SecretError::TooLong { place: place() });
        }
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return Err(SecretError::Empty { place: place() });
        }
        let key = String::from_utf8_lossy(bytes).into_owned();
        match HeaderValue::try_from(format!("Bearer {key}")) {
            Ok(mut bearer) if bytes.iter().all(u8::is_ascii_graphic) => {
                bearer.set_sensitive(true);
                Ok(Self { key, bearer })
            }
            _ => Err(SecretError::NotVisible { place: place() }),
        }
    }

    /// The value of the header `Authorization`.
    pub(super) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// `text` without the key, wherever it occurs.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.key, HIDDEN)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Secret {
        Secret::parse(key.as_bytes(), String::new).unwrap()
    }

    fn from_file(content: &[u8]) -> Result<Secret, SecretError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("key"), content).unwrap();
        let remote = Remote {
            api_key_file: "key".to_owned(),
            ..Remote::default()
        };
        Secret::load(&remote, home.path()).map(Option::unwrap)
    }

    #[test]
    fn a_key_is_read_from_a_file_in_her_home_without_the_line_end() {
        assert_eq!(from_file(b"sk-1\n").unwrap(), secret("sk-1"));
    }

    #[test]
    fn a_key_is_read_from_the_environment_where_a_variable_is_named() {
        let loaded = Secret::from_variable("THE_KEY", Some(" sk-1 ".into())).unwrap();
        assert_eq!(loaded, secret("sk-1"));
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("key"), "sk-2").unwrap();
        let remote = Remote {
            api_key_env: "JANE_TEST_KEY_THAT_IS_NOT_SET".to_owned(),
            api_key_file: "key".to_owned(),
            ..Remote::default()
        };
        let error = Secret::load(&remote, home.path()).unwrap_err();
        assert!(matches!(error, SecretError::NotSet { .. }), "{error}");
    }

    #[test]
    fn no_key_is_named_by_default() {
        let secret = Secret::load(&Remote::default(), Path::new("/nowhere")).unwrap();
        assert_eq!(secret, None);
    }

    #[test]
    fn a_key_that_is_missing_or_no_key_is_refused_without_showing_it() {
        let not_set = Secret::from_variable("THE_KEY", None).unwrap_err();
        assert!(not_set.to_string().contains("`THE_KEY`"), "{not_set}");
        assert!(
            not_set
                .hint("llm.remote")
                .contains("llm.remote.api_key_env")
        );
        let long = vec![b'k'; 8193];
        for (content, expected) in [
            (&b" \n"[..], "is empty"),
            (&long, "longer than 8192"),
            (b"hush hush", "visible ASCII"),
            (b"hush\0hush", "visible ASCII"),
            ("hüsh".as_bytes(), "visible ASCII"),
            (b"hush\xFF", "visible ASCII"),
        ] {
            let error = from_file(content).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error:?} {error}").contains("hush"), "{error:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_no_file_is_named_in_the_error() {
        let missing = Secret::from_file("/nowhere/key".into()).unwrap_err();
        assert!(missing.to_string().contains("`/nowhere/key`"), "{missing}");
        let directory = Secret::from_file("/".into()).unwrap_err();
        assert!(directory.to_string().contains("not a file"), "{directory}");
        assert!(
            directory
                .hint("tts.remote")
                .contains("tts.remote.api_key_file")
        );
    }

    #[test]
    fn nothing_that_prints_a_secret_shows_it() {
        let secret = secret("sk-hush");
        let header = secret.bearer();
        assert_eq!(header.as_bytes(), b"Bearer sk-hush");
        let shown = format!("{secret} {secret:?} {header:?} {:?}", Some(&secret));
        assert!(!shown.contains("hush"), "{shown}");
        assert_eq!(secret.redact("no sk-hush, sk-hush!"), "no …, …!");
    }
}
