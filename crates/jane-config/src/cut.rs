//! Tells a `jane.toml` that was saved whole from one that is being written or was cut off.
//!
//! Programs that write a file in place empty it first and fill it afterwards, and on a full disk they stop on the way. What such a file
//! holds is often right TOML, and every key that it does not hold would fall back to its default. So a text is compared with the one
//! that is in force: one that lost its end is doubtful.

use std::fmt;
use std::path::Path;

use toml_edit::{Document, Item, TableLike};

/// What a comment says that asks for the defaults.
const ON_PURPOSE: &str = "defaults";

/// Free bytes below which a disk counts as full: less than a block.
const FULL: u64 = 4096;

/// Levels of sections in which keys are looked for.
const DEEPEST: usize = 8;

/// Why a text may not be what its writer meant to leave there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It sets no key.
    Empty,
    /// It is the beginning of the text that is in force, and ends within a line of it.
    WithinLine,
    /// The keys at the end of the text that is in force are gone. A person may have deleted them.
    Shorter,
    /// It is no TOML.
    NoToml,
    /// The disk that holds it is full.
    DiskFull,
}

impl Doubt {
    /// What speaks against `new` in the place of `old`, which is in force.
    #[must_use]
    pub fn of(old: &[u8], new: &[u8]) -> Option<Self> {
        let Some(new_keys) = keys(new) else {
            return Some(Self::NoToml);
        };
        let old_keys = keys(old).unwrap_or_default();
        let last = old_keys.last()?;
        if new_keys.is_empty() {
            return (!asks_for_defaults(new)).then_some(Self::Empty);
        }
        let rest = old.strip_prefix(new).unwrap_or_default();
        let goes_on = rest.first().is_some_and(|byte| !b"\r\n".contains(byte));
        if goes_on && !new.ends_with(b"\n") {
            return Some(Self::WithinLine);
        }
        (!new_keys.contains(last)).then_some(Self::Shorter)
    }

    /// The same, for the file at `path` that holds `new`: where its disk is full, a text that lost its end was cut off.
    #[must_use]
    pub fn of_file(path: &Path, old: &[u8], new: &[u8]) -> Option<Self> {
        let doubt = Self::of(old, new);
        let has_end = new.is_empty() || new.ends_with(b"\n");
        match doubt {
            None if has_end => None,
            None | Some(Self::Shorter) if is_full(path) => Some(Self::DiskFull),
            doubt => doubt,
        }
    }

    /// Whether the text is not to be used however long it stays. The others may be meant as they are, and what is no TOML is refused
    /// with its place.
    #[must_use]
    pub fn is_certain(self) -> bool {
        matches!(self, Self::Empty | Self::WithinLine | Self::DiskFull)
    }

    /// What to do about it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Empty => {
                "what was in force stays; to go back to the defaults, write the line `# defaults` into the file"
            }
            Self::WithinLine => {
                "what was in force stays; where it is meant to end there, end its last line with a line break"
            }
            Self::DiskFull => "what was in force stays; make room and save the file again",
            Self::Shorter | Self::NoToml => "what was in force stays; save the file again",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "it has no keys any more",
            Self::WithinLine => "it ends in the middle of a line, and was longer before",
            Self::Shorter => "its last keys are gone",
            Self::NoToml => "it is not valid TOML",
            Self::DiskFull => "it was cut off, because its disk is full",
        })
    }
}

fn is_full(path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let directory = real.parent().unwrap_or(Path::new("."));
    fs4::available_space(directory).is_ok_and(|free| free < FULL)
}

/// Whether a line of `text` is the comment that asks for the defaults.
fn asks_for_defaults(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.trim_start_matches('\u{feff}').lines().any(|line| {
        line.trim().strip_prefix('#').is_some_and(|comment| {
            let comment = comment.trim_matches(|c: char| c == '#' || c == '.' || c.is_whitespace());
            comment.eq_ignore_ascii_case(ON_PURPOSE)
        })
    })
}

/// The keys that `text` sets, in full and in its order; `None` where it is no TOML.
fn keys(text: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(text).ok()?;
    let document = Document::parse(text).ok()?;
    let mut found = Vec::new();
    collect("", document.as_table(), 0, &mut found);
    found.sort_by_key(|(place, _)| *place);
    Some(found.into_iter().map(|(_, key)| key).collect())
}

/// Adds the keys of `table`, each with the byte at which it is written.
fn collect(path: &str, table: &dyn TableLike, depth: usize, found: &mut Vec<(usize, String)>) {
    for (name, item) in table.iter() {
        let key = format!("{path}.{name}");
        let span = table.get_key_value(name).and_then(|(key, _)| key.span());
        let place = span.map_or(0, |span| span.start);
        match item {
            Item::Table(section) if depth < DEEPEST => {
                // A section that a person named, such as a skill's, says something by being there.
                if section.is_empty() && depth > 0 {
                    found.push((place, key));
                } else {
                    collect(&key, section, depth + 1, found);
                }
            }
            Item::None => {}
            _ => found.push((place, key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render_default;

    const OLD: &str =
        "# Mine.\n[llm]\nmodel = \"mine\" # best\nseed = 4096\n\n[tts]\nspeed = 1.25\n";

    fn doubt(new: &str) -> Option<Doubt> {
        Doubt::of(OLD.as_bytes(), new.as_bytes())
    }

    #[test]
    fn a_text_without_keys_is_no_configuration_unless_it_says_so() {
        for empty in [
            "",
            "\n",
            " \t\r\n\r\n",
            "# Mine.",
            "# Mine.\n",
            "# Mine.\n[llm]",
            "[llm]\n[tts]\n",
            "\u{feff}",
            "\u{feff}# Mine.\n",
            "# The defaults are fine\n",
            "#defaultsettings\n",
        ] {
            assert_eq!(doubt(empty), Some(Doubt::Empty), "{empty:?}");
        }
        for meant in [
            "# defaults",
            "# defaults\n",
            "#defaults",
            "\u{feff}# Defaults.\r\n",
            "# Mine.\n\n  ## DEFAULTS ##\n[llm]\n",
        ] {
            assert_eq!(doubt(meant), None, "{meant:?}");
        }
    }

    #[test]
    fn an_end_within_a_line_is_a_cut() {
        for cut in [
            "# Mine.\n[llm]\nmodel = \"mine\"",
            "# Mine.\n[llm]\nmodel = \"mine\" # b",
            "# Mine.\n[llm]\nmodel = \"mine\" # best\nseed = 4",
            "# Mine.\n[llm]\nmodel = \"mine\" # best\nseed = 4096\n\n[tts]\nspeed = 1.2",
            "# Mine.\n[llm]\nmodel = \"mine\" # best\nseed = 4096\n\n[tts]\nspeed = 1",
        ] {
            assert_eq!(doubt(cut), Some(Doubt::WithinLine), "{cut:?}");
        }
        for whole in [
            "# Mine.\n[llm]\nmodel = \"mine\"\nseed = 4096\n[tts]\nspeed = 1.2\n",
            "[tts]\nspeed = 1.2",
            &OLD[..OLD.len() - 1],
            OLD,
            "speed = 1.2\n[tts]\nspeed = 2",
        ] {
            assert_eq!(doubt(whole), None, "{whole:?}");
        }
    }

    #[test]
    fn keys_that_are_gone_from_the_end_may_be_meant() {
        for shorter in [
            "# Mine.\n[llm]\nmodel = \"mine\" # best\n",
            "# Mine.\n[llm]\nmodel = \"mine\" # best",
            "[llm]\nmodel = \"other\"\n",
            "[llm]\nmodel = \"other\"\nseed = 4096\n\n[tts]",
        ] {
            let found = doubt(shorter).unwrap();
            assert_eq!(found, Doubt::Shorter, "{shorter:?}");
            assert!(!found.is_certain());
        }
    }

    #[test]
    fn what_had_no_keys_has_none_to_lose() {
        for old in ["", "# Nothing.\n", "[llm]\n", "no toml"] {
            for new in ["", "[llm]\nseed = 1", "# x"] {
                assert_eq!(Doubt::of(old.as_bytes(), new.as_bytes()), None, "{old:?}");
            }
        }
        assert_eq!(Doubt::of(b"", b"[llm"), Some(Doubt::NoToml));
        assert_eq!(Doubt::of(b"", b"\xff"), Some(Doubt::NoToml));
        assert_eq!(doubt("\0\0\0\0"), Some(Doubt::NoToml));
    }

    #[test]
    fn a_full_disk_makes_a_short_text_a_cut() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jane.toml");
        let new = b"[llm]\nseed = 1\n";
        assert_eq!(
            Doubt::of_file(&path, OLD.as_bytes(), new),
            Some(Doubt::Shorter)
        );
        // A file system of which nothing is ever free.
        #[cfg(target_os = "linux")]
        assert_eq!(
            Doubt::of_file(Path::new("/proc/self/status"), OLD.as_bytes(), new),
            Some(Doubt::DiskFull)
        );
    }

    #[test]
    fn every_cut_of_the_default_file_is_noticed_or_loses_no_key() {
        let whole = render_default();
        let all = keys(whole.as_bytes()).unwrap();
        for end in 0..whole.len() {
            let Some(cut) = whole.get(..end) else {
                continue;
            };
            if Doubt::of(whole.as_bytes(), cut.as_bytes()).is_none() {
                assert_eq!(keys(cut.as_bytes()).unwrap(), all, "{end}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_two_texts_make_it_panic(old in any::<Vec<u8>>(), new in any::<Vec<u8>>(), text in "[\\[\\]a-c.=\"'\n# {},1]{0,60}") {
            let _ = Doubt::of(&old, &new);
            let _ = Doubt::of(text.as_bytes(), &new);
            let _ = Doubt::of(OLD.as_bytes(), text.as_bytes());
            prop_assert_eq!(Doubt::of(OLD.as_bytes(), OLD.as_bytes()), None);
        }
    }
}
