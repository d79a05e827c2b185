//! Finds Jane's home: the directory of `jane.toml`, `models/`, `plugins/` and `logs/`.
//!
//! The first of: `--home`, `JANE_HOME`, the working directory if it holds a `jane.toml`, `jane` in the
//! user's data directory. The directory found may not exist yet: `jane init` makes it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::problem::ConfigError;

/// The name of the configuration file in Jane's home.
pub const FILE_NAME: &str = "jane.toml";

/// Where her home may be.
#[derive(Clone, Debug, Default)]
pub struct HomeCandidates {
    /// `--home`.
    pub argument: Option<PathBuf>,
    /// `JANE_HOME`; an empty value counts as none.
    pub variable: Option<OsString>,
    pub working_directory: PathBuf,
    /// Whether the working directory holds a `jane.toml`.
    pub working_directory_has_file: bool,
    /// Where this user's programs keep their data.
    pub data_directory: Option<PathBuf>,
}

impl HomeCandidates {
    /// The candidates of this process.
    ///
    /// # Errors
    /// Where the working directory cannot be found out, it having been deleted for instance.
    pub fn of_process(argument: Option<PathBuf>) -> Result<Self, ConfigError> {
        let working_directory = env::current_dir().map_err(|source| ConfigError::Unreadable {
            path: ".".into(),
            source,
        })?;
        Ok(Self {
            argument,
            variable: env::var_os("JANE_HOME"),
            working_directory_has_file: working_directory.join(FILE_NAME).is_file(),
            working_directory,
            data_directory: etcetera::base_strategy::choose_native_strategy()
                .ok()
                .map(|strategy| strategy.data_dir()),
        })
    }

    /// Her home, as a path that does not depend on the working directory.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] where nothing names one and the user has no data directory.
    pub fn choose(self) -> Result<PathBuf, ConfigError> {
        let variable = self
            .variable
            .filter(|value| !value.is_empty())
            .map(PathBuf::from);
        if let Some(named) = self.argument.or(variable) {
            // Joining leaves an absolute path as it is.
            return Ok(self.working_directory.join(named));
        }
        if self.working_directory_has_file {
            return Ok(self.working_directory);
        }
        let data_directory = self.data_directory.ok_or(ConfigError::NoHome)?;
        Ok(data_directory.join("jane"))
    }
}

/// Jane's home for this process; `argument` is its `--home`.
pub fn find_home(argument: Option<PathBuf>) -> Result<PathBuf, ConfigError> {
    HomeCandidates::of_process(argument)?.choose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> HomeCandidates {
        HomeCandidates {
            argument: Some("from-argument".into()),
            variable: Some("/from/variable".into()),
            working_directory: "/work".into(),
            working_directory_has_file: true,
            data_directory: Some("/data".into()),
        }
    }

    fn chosen(candidates: HomeCandidates) -> String {
        match candidates.choose() {
            Ok(home) => home.display().to_string(),
            Err(error) => format!("{error}; hint: {}", error.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn the_first_candidate_that_is_there_is_her_home() {
        let mut left = candidates();
        assert_eq!(chosen(left.clone()), "/work/from-argument");
        left.argument = None;
        assert_eq!(chosen(left.clone()), "/from/variable");
        left.variable = None;
        assert_eq!(chosen(left.clone()), "/work");
        left.working_directory_has_file = false;
        assert_eq!(chosen(left.clone()), "/data/jane");
        left.data_directory = None;
        assert_eq!(
            chosen(left),
            "there is no place for Jane's files: this user has no data directory; \
             hint: name a directory with `--home` or `JANE_HOME`"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_none() {
        let empty = HomeCandidates {
            argument: None,
            variable: Some("".into()),
            ..candidates()
        };
        assert_eq!(chosen(empty), "/work");
    }

    #[test]
    fn this_process_has_a_home_that_does_not_depend_on_the_working_directory() {
        let home = find_home(Some("elsewhere".into())).unwrap();
        assert!(
            home.is_absolute() && home.ends_with("elsewhere"),
            "{home:?}"
        );
    }
}
