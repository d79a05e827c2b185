//! What she was told to remember: facts about her owner, kept across restarts.
//!
//! The store is a text file of the owner's own, a fact in each line, which may be read and edited while she runs; `jane memory` shows
//! and shortens it. It is private, and nothing of it is logged. Only what somebody asks her to remember is kept, and what they say
//! of their name.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the file that are read.
const LARGEST: u64 = 256 << 10;

/// Bytes of a fact, and how many are told to the model: the newest.
const LONGEST: usize = 300;
const MOST_TOLD: usize = 24;

const HEADING: &str =
    "# What Jane was told to remember, a fact in each line. Edit or delete what you like.\n";

/// The store. Clones share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    file: Arc<PathBuf>,
}

/// Something that is to be remembered, and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub fact: String,
    pub answer: String,
    /// Facts that begin like this are replaced: one has one name.
    replaces: Option<&'static str>,
}

impl Memory {
    pub fn new(file: &Path) -> Self {
        Self {
            file: Arc::new(file.to_path_buf()),
        }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All facts, oldest first; none where there is no file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn facts(&self) -> io::Result<Vec<String>> {
        let mut text = String::new();
        match File::open(&*self.file) {
            Ok(file) => file.take(LARGEST).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let lines = text.lines().map(str::trim);
        let facts = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(facts
            .map(|line| line.chars().take(LONGEST).collect())
            .collect())
    }

    /// The facts that the model is told: the newest.
    pub fn told(&self) -> Vec<String> {
        let facts = self.facts().unwrap_or_else(|error| {
            tracing::warn!(%error, "what was remembered cannot be read");
            Vec::new()
        });
        let skipped = facts.len().saturating_sub(MOST_TOLD);
        facts.into_iter().skip(skipped).collect()
    }

    /// Keeps a fact.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remember(&self, remembered: &Remembered) -> io::Result<()> {
        let mut facts = self.facts()?;
        let is_replaced = |fact: &String| {
            *fact == remembered.fact
                || remembered
                    .replaces
                    .is_some_and(|begin| fact.starts_with(begin))
        };
        facts.retain(|fact| !is_replaced(fact));
        facts.push(remembered.fact.clone());
        self.write(&facts)
    }

    /// Forgets the facts that hold `text`, whatever their case; all for an empty one. Returns those that are gone.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn forget(&self, text: &str) -> io::Result<Vec<String>> {
        let text = text.to_lowercase();
        let (gone, stay): (Vec<String>, Vec<String>) = self
            .facts()?
            .into_iter()
            .partition(|fact| fact.to_lowercase().contains(&text));
        if !gone.is_empty() {
            self.write(&stay)?;
        }
        Ok(gone)
    }

    /// Writes beside the file and renames: whole or not at all, and for its owner alone.
    fn write(&self, facts: &[String]) -> io::Result<()> {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut beside = tempfile::NamedTempFile::new_in(directory)?;
        beside.write_all(HEADING.as_bytes())?;
        for fact in facts {
            writeln!(beside, "{fact}")?;
        }
        beside.as_file().sync_all()?;
        beside.persist(&*self.file)?;
        OpenOptions::new().read(true).open(directory)?.sync_all()
    }
}

/// What `text` asks to be remembered, if it does.
pub fn to_remember(text: &str) -> Option<Remembered> {
    let text = text.trim().trim_end_matches(['.', '!']);
    if text.ends_with('?') || text.len() > LONGEST {
        return None;
    }
    let plain = text.to_lowercase();
    let mut rest = plain.as_str();
    while let Some(behind) = [
        "please ",
        "hey ",
        "jane ",
        "jane, ",
        "okay ",
        "ok ",
        "can you ",
        "could you ",
        "will you ",
        "i want you to ",
        "and ",
    ]
    .iter()
    .find_map(|word| rest.strip_prefix(word))
    {
        rest = behind;
    }
    let at = text.len().checked_sub(rest.len())?;
    let said = text.get(at..).filter(|said| said.len() == rest.len())?;
    for begin in ["my name is ", "my name's ", "call me "] {
        let name = rest
            .strip_prefix(begin)
            .and_then(|_| said.get(begin.len()..));
        let is_name = |name: &&str| {
            name.split_whitespace().count() <= 3
                && name
                    .chars()
                    .all(|letter| letter.is_alphabetic() || " -'’.".contains(letter))
        };
        if let Some(name) = name
            .map(str::trim)
            .filter(is_name)
            .filter(|name| !TIMES.iter().any(|word| name.to_lowercase().contains(word)))
        {
            return Some(Remembered {
                fact: format!("{NAME}{name}."),
                answer: format!("Nice to meet you, {name}. I will remember your name."),
                replaces: Some(NAME),
            });
        }
    }
    let fact = [
        "remember that ",
        "don't forget that ",
        "do not forget that ",
        "remember this: ",
        "remember: ",
        "keep in mind that ",
    ]
    .iter()
    .find_map(|begin| {
        rest.strip_prefix(begin)
            .and_then(|_| said.get(begin.len()..))
    })?;
    let fact = fact.trim();
    if fact.split_whitespace().count() < 2 {
        return None;
    }
    let mut letters = fact.chars();
    let first = letters.next()?.to_uppercase();
    Some(Remembered {
        fact: format!(
            "The user said: {first}{}.",
            letters.as_str().replace(char::is_control, " ")
        ),
        answer: "I will remember that.".to_owned(),
        replaces: None,
    })
}

const NAME: &str = "The user's name is ";

/// "Call me tomorrow" names nobody.
const TIMES: &[&str] = &[
    "tomorrow", "tonight", "later", "at ", "in ", "when", "back", "a taxi", "on ", "an ", "if ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_remembered_is_told_from_talk() {
        for (text, fact) in [
            (
                "Remember that I am allergic to nuts.",
                "The user said: I am allergic to nuts.",
            ),
            (
                "Please remember that my sister lives in Ulm",
                "The user said: My sister lives in Ulm.",
            ),
            ("My name is Ada.", "The user's name is Ada."),
            ("Hey Jane, call me Bob", "The user's name is Bob."),
            (
                "don't forget that the bin goes out on Tuesday",
                "The user said: The bin goes out on Tuesday.",
            ),
        ] {
            assert_eq!(
                to_remember(text).map(|found| found.fact).as_deref(),
                Some(fact),
                "{text}"
            );
        }
        for text in [
            "Do you remember that song?",
            "I remember that day.",
            "call me tomorrow",
            "call me at five",
            "What is my name?",
            "my name is on the list of people who came",
            "remember",
            "remember that",
            "İstanbul'da",
            "",
        ] {
            assert_eq!(to_remember(text), None, "{text}");
        }
    }

    #[test]
    fn facts_are_kept_replaced_and_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let memory = Memory::new(&directory.path().join("state/memory.txt"));
        assert_eq!(memory.facts().unwrap(), Vec::<String>::new());
        for text in [
            "my name is Ada",
            "remember that I like tea",
            "my name is Eve",
            "remember that I like tea",
        ] {
            memory.remember(&to_remember(text).unwrap()).unwrap();
        }
        let facts = ["The user's name is Eve.", "The user said: I like tea."];
        assert_eq!(memory.facts().unwrap(), facts);
        assert_eq!(Memory::new(memory.file()).told(), facts);
        assert_eq!(memory.forget("TEA").unwrap(), [facts[1]]);
        assert_eq!(memory.forget("tea").unwrap(), Vec::<String>::new());
        assert_eq!(memory.forget("").unwrap(), [facts[0]]);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let memory = Memory::new(&directory.path().join("memory.txt"));
        memory
            .remember(&to_remember("my name is Ada").unwrap())
            .unwrap();
        let mode = memory.file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
