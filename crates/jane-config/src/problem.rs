//! What can be wrong with the configuration, and where.
//!
//! Everything quoted from a file, the environment or the command line is shortened and freed of control
//! characters, so that an error is one line and cannot drive the terminal.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::cut::Doubt;

/// Where a setting was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file; `line` and `column` count from 1, columns in characters.
    File {
        path: PathBuf,
        line: usize,
        column: usize,
    },
    /// In the environment variable of this name.
    Variable { name: String },
    /// On the command line, as this `--set section.key=value`.
    Override { text: String },
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { path, line, column } => {
                write!(formatter, "{}:{line}:{column}", path.display())
            }
            Place::Variable { name } => {
                write!(formatter, "environment variable `{}`", quoted(name))
            }
            Place::Override { text } => write!(formatter, "`--set {}`", quoted(text)),
        }
    }
}

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was made.
    pub place: Place,
    /// The key it is about, such as `llm.seed`; empty where it is about no key.
    pub key: String,
    /// What is wrong, without the place.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(formatter, " (did you mean `{suggestion}`?)"),
            None => Ok(()),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Mistakes in what was written, all of them: the file's first, in its order, then the
    /// environment's, then the command line's.
    #[error("{}", lines(problems))]
    Invalid { problems: Vec<Problem> },
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is larger than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    /// The file lost what it held: it was emptied or cut off, or is being written.
    #[error("`{}` is not taken as it is: {doubt}", path.display())]
    CutOff { path: PathBuf, doubt: Doubt },
    #[error("there is no place for Jane's files: this user has no data directory")]
    NoHome,
    /// A mistake in Jane herself: her schema and her structs do not agree.
    #[error("the configuration's own schema is wrong: {message}")]
    Schema { message: String },
}

impl ConfigError {
    /// The mistakes that have a place; empty where nothing could be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            ConfigError::Invalid { problems } => problems,
            _ => &[],
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfigError::Invalid { .. } => {
                Some("every key is described in the `jane.toml` that `jane init` writes".into())
            }
            ConfigError::Unreadable { path, source }
                if source.kind() == io::ErrorKind::NotFound =>
            {
                let home = path.parent().unwrap_or(Path::new("")).display();
                Some(format!(
                    "make one with `jane init --home {home}`, or name another home with `--home`"
                ))
            }
            ConfigError::Unreadable { .. } => Some("it must be a file that you may read".into()),
            ConfigError::TooLarge { .. } => {
                Some("is it the right file? a `jane.toml` is a few kilobytes".into())
            }
            ConfigError::CutOff { doubt, .. } => Some(doubt.hint().into()),
            ConfigError::NoHome => Some("name a directory with `--home` or `JANE_HOME`".into()),
            ConfigError::Schema { .. } => {
                Some("this is a mistake in Jane: please report it".into())
            }
        }
    }
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// `text` as it may be shown: at most 80 characters, control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
