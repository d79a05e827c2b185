//! The token, without which nobody beyond this machine is heard.
//!
//! Invariants: it is made at random, kept in a file of its owner's alone, compared in constant time, and shown by nothing but
//! `jane serve token`.

use std::io::{self, Write};
use std::path::Path;

use subtle::ConstantTimeEq;

use super::ServeError;

/// Random bytes of a token.
const BYTES: usize = 24;

/// Bytes of a token that is taken from a file.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=512;

/// A token of visible ASCII characters.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token of the file at `path`, which is made with a new one where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read or made, can be reached by others, or holds no token.
    pub fn of(path: &Path) -> Result<Self, ServeError> {
        match Self::read(path) {
            Err(ServeError::TokenUnreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                Self::make(path)
            }
            read => read,
        }
    }

    fn read(path: &Path) -> Result<Self, ServeError> {
        let unreadable = |source| ServeError::TokenUnreadable {
            path: path.to_owned(),
            source,
        };
        let (file, metadata) = jane_platform::open_private(path).map_err(unreadable)?;
        let longest = *LENGTHS.end() as u64 + 2;
        let bytes = jane_platform::read_open(&file, &metadata, longest).map_err(unreadable)?;
        let bytes = bytes.trim_ascii();
        let is_token = LENGTHS.contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match String::from_utf8(bytes.to_vec()) {
            Ok(token) if is_token => Ok(Self(token)),
            _ => Err(ServeError::NoToken {
                path: path.to_owned(),
            }),
        }
    }

    /// Another Jane that starts at the same moment may be quicker: her token is as good.
    fn make(path: &Path) -> Result<Self, ServeError> {
        let unwritable = |source| ServeError::TokenUnwritable {
            path: path.to_owned(),
            source,
        };
        let mut random = [0; BYTES];
        getrandom::fill(&mut random).map_err(|error| unwritable(io::Error::other(error)))?;
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        if let Some(directory) = path.parent() {
            jane_platform::create_private_directory(directory).map_err(unwritable)?;
        }
        let written = jane_platform::create_private_new(path)
            .and_then(|mut file| writeln!(file, "{token}").and_then(|()| file.sync_all()));
        match written {
            Ok(()) => Ok(Self(token)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(unwritable(error)),
        }
    }

    /// Whether `other` is it; how long that takes tells nothing but its length.
    #[must_use]
    pub fn is(&self, other: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(other).into()
    }

    /// The token itself, for its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_made_once_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".state/serve.token");
        let made = Token::of(&path).unwrap();
        assert_eq!(made.reveal().len(), 48);
        assert_eq!(Token::of(&path).unwrap().reveal(), made.reveal());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(made.is(made.reveal().as_bytes()) && !made.is(b"") && !made.is(b"another"));
        assert!(!format!("{made:?}").contains(made.reveal()));
    }

    #[test]
    fn a_file_that_others_can_read_or_that_holds_no_token_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        for content in ["", "short", "with a space in the middle of it"] {
            let _ = std::fs::remove_file(&path);
            let mut file = jane_platform::create_private_new(&path).unwrap();
            file.write_all(content.as_bytes()).unwrap();
            let error = Token::of(&path).unwrap_err();
            assert!(matches!(error, ServeError::NoToken { .. }), "{error}");
            assert!(content.is_empty() || !error.to_string().contains(content));
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = Token::of(&path).unwrap_err();
        assert!(
            matches!(error, ServeError::TokenUnreadable { .. }),
            "{error}"
        );
    }
}
