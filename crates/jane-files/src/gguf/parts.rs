//! Models in several files, `NAME-00001-of-00003.gguf` and so on, as llama.cpp's `gguf-split` names them.

use std::io::Result;
use std::path::{Path, PathBuf};

use super::Head;
use super::input::wrong;

/// The most parts that are believed. llama.cpp numbers them with five digits; the largest models have some tens.
const MOST: u64 = 1_000;

/// What the name of a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the names of all parts begin with.
    pub beginning: String,
    /// From 1 on.
    pub number: u64,
    pub count: u64,
}

impl Part {
    /// `None` where `path` is not named like one.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".gguf")?;
        let (name, count) = name.rsplit_once("-of-")?;
        let (beginning, number) = name.rsplit_once('-')?;
        let number_of = |digits: &str| {
            let is_number = digits.len() == 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten()
        };
        let (number, count) = (number_of(number)?, number_of(count)?);
        (1 <= number && number <= count).then(|| Self {
            beginning: beginning.to_owned(),
            number,
            count,
        })
    }
}

/// What part `number` of `count`, from 1 on, is called.
pub fn part_name(beginning: &str, number: u64, count: u64) -> String {
    format!("{beginning}-{number:05}-of-{count:05}.gguf")
}

/// All parts of the model at `path`, which says of itself that it is part `own`, from 0 on, of `count`. The first is `path` as it was given.
///
/// # Errors
/// Where it is not the first, or is not named as llama.cpp wants it.
pub fn all(path: &Path, own: u64, count: u64) -> Result<Vec<PathBuf>> {
    if own != 0 {
        return Err(wrong(format!(
            "it is part {} of {count}: name the first part",
            own.saturating_add(1)
        )));
    }
    if count > MOST {
        return Err(wrong(format!("it says that it is one of {count} parts")));
    }
    let part = Part::of(path).filter(|part| part.number == 1 && part.count == count);
    let part = part.ok_or_else(|| {
        let name = part_name("NAME", 1, count);
        wrong(format!(
            "it is the first of {count} parts, and its name has to be `{name}` for the others to be found"
        ))
    })?;
    let others =
        (2..=count).map(|number| path.with_file_name(part_name(&part.beginning, number, count)));
    Ok(std::iter::once(path.to_path_buf()).chain(others).collect())
}

/// All files of the model at `path`, by what its head says: `path` alone where it is whole, or where it cannot be read.
#[must_use]
pub fn parts_of(path: &Path) -> Vec<PathBuf> {
    // A model in one file is most often not named like a part, and its head need not be read.
    let head = Part::of(path).and_then(|_| Head::of_file(path).ok());
    let parts = head.and_then(|head| {
        let count = head.number("split.count").filter(|count| *count > 1)?;
        all(path, head.number("split.no").unwrap_or_default(), count).ok()
    });
    parts.unwrap_or_else(|| vec![path.to_path_buf()])
}

/// The first part of the model of which `path` is one, where that lies beside it; else `path` itself.
pub fn first_part(path: PathBuf) -> PathBuf {
    let Some(part) = Part::of(&path).filter(|part| part.number > 1) else {
        return path;
    };
    let first = path.with_file_name(part_name(&part.beginning, 1, part.count));
    if first.is_file() { first } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        let part = Part::of(Path::new("/m/big-model-00002-of-00013.gguf")).unwrap();
        assert_eq!((part.number, part.count), (2, 13));
        assert_eq!(
            part_name(&part.beginning, 13, 13),
            "big-model-00013-of-00013.gguf"
        );
        for name in [
            "model.gguf",
            "model-1-of-2.gguf",
            "model-00003-of-00002.gguf",
            "model-00000-of-00002.gguf",
            "model-00001-of-00002.bin",
            "00001-of-00002.gguf",
            "model-+0001-of-00002.gguf",
            "",
        ] {
            assert_eq!(Part::of(Path::new(name)), None, "{name}");
        }
    }
}
