//! The date for templates that tell it to their model. A prompt stays the same for a day, so that what was computed of it can be used again.

use jiff::Zoned;
use jiff::fmt::strtime;
use minijinja::{Error, ErrorKind};

/// Bytes of the longest format; templates ask for about ten.
const LONGEST: usize = 100;

/// Now in this machine's time zone, as `format` has it: in the words of C's `strftime`.
///
/// # Errors
/// Where the format is too long, or has a letter that stands for nothing.
pub fn formatted(format: &str) -> Result<String, String> {
    if format.len() > LONGEST {
        return Err(format!("a format of time has more than {LONGEST} bytes"));
    }
    strtime::format(format, &Zoned::now()).map_err(|error| error.to_string())
}

/// The same as transformers gives it to templates.
pub fn strftime_now(format: &str) -> Result<String, Error> {
    formatted(format).map_err(|error| Error::new(ErrorKind::InvalidOperation, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_ask_for_is_a_date() {
        for format in [
            "%Y-%m-%d",
            "%d %b %Y",
            "%B %d, %Y",
            "%A, %d %B %Y, %H:%M:%S",
        ] {
            let date = formatted(format).unwrap();
            let year = date.split(|letter: char| !letter.is_ascii_digit());
            assert!(year.into_iter().any(|digits| digits.len() == 4), "{date}");
            assert!(!date.contains('%'), "{date}");
        }
        assert_eq!(formatted("%d").unwrap().len(), 2);
        assert!(formatted("%!").is_err());
        assert!(formatted(&"x".repeat(101)).is_err());
        let _ = formatted("%99999999d");
        let _ = formatted("%");
    }
}
