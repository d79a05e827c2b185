//! What she was told to remember: facts about her owner, kept across restarts.
//!
//! The store is a text file of the owner's own, a fact in each line, which may be read and edited while she runs; `jane memory` shows
//! and shortens it. It is private, and nothing of it is logged. Only what somebody asks her to remember is kept, and what they say
//! of their name.
//!
//! `request` finds out what is asked of it; `words` which facts have to do with what was said.

mod request;
mod words;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

pub use request::MemoryRequest;
use request::{Forget, NAME, SAID};

/// Bytes of the file that are read.
const LARGEST: u64 = 256 << 10;

/// Characters of a fact.
const LONGEST: usize = 300;

/// Characters of facts that the model is always told, the newest first: some 300 tokens, a share of any window that she has.
const TOLD: usize = 1_200;

/// Older facts that are told with a question that has to do with them.
const RECALLED: usize = 3;

/// Facts that are said where somebody asks for them.
const MOST_SAID: usize = 8;

const HEADING: &str =
    "# What Jane was told to remember, a fact in each line. Edit or delete what you like.\n";

/// Turns for which "forget that" means what was to be remembered last.
const RECENT: u64 = 2;

/// The store. Clones share it.
#[derive(Clone, Debug)]
pub struct Memory {
    file: Arc<PathBuf>,
    /// What was remembered last, by session.
    last: Arc<Mutex<HashMap<u64, Last>>>,
}

/// What was remembered in a turn.
#[derive(Debug, Clone)]
struct Last {
    turn: u64,
    facts: Vec<String>,
}

/// The turn of a conversation in which something is asked of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// 0 where it is none over the network.
    pub session: u64,
    pub turn: u64,
}

/// Something that is to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub text: String,
    /// Facts that begin like this are replaced: one has one name.
    pub replaces: Option<&'static str>,
}

/// What is to be done to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub add: Vec<Fact>,
    /// Whole facts that go.
    pub remove: Vec<String>,
}

impl Change {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl Memory {
    #[must_use]
    pub fn new(file: &Path) -> Self {
        Self {
            file: Arc::new(file.to_path_buf()),
            last: Arc::default(),
        }
    }

    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All facts, oldest first; none where there is no file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn facts(&self) -> io::Result<Vec<String>> {
        let mut text = String::new();
        match jane_platform::open_regular(&self.file) {
            Ok((file, _)) => file.take(LARGEST).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let lines = text.lines().map(str::trim);
        let facts = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(facts
            .map(|line| line.chars().take(LONGEST).collect())
            .collect())
    }

    /// The facts that the model is always told: the newest.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let mut facts = self.read();
        facts.split_off(first_told(&facts))
    }

    /// Of the facts that the model is not always told, those that have to do with `question`, the likeliest first.
    #[must_use]
    pub fn recalled(&self, question: &str) -> Vec<String> {
        let mut facts = self.read();
        facts.truncate(first_told(&facts));
        let asked = words::content(question);
        let shared = |fact: &String| words::shared(&asked, &words::content(fact));
        let mut near: Vec<(usize, String)> = facts
            .into_iter()
            .map(|fact| (shared(&fact), fact))
            .filter(|(shared, _)| *shared > 0)
            .collect();
        // The newest of those that share as much.
        near.reverse();
        near.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        near.truncate(RECALLED);
        near.into_iter().map(|(_, fact)| fact).collect()
    }

    /// What is to be done for `request` of this `moment`, and what is said about it once that is done; `None` where it is not meant for the memory.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn answer(
        &self,
        request: &MemoryRequest,
        moment: Moment,
    ) -> io::Result<Option<(Change, String)>> {
        let facts = self.facts()?;
        Ok(match request {
            MemoryRequest::Remember { facts, answer } => {
                let change = Change {
                    add: facts.clone(),
                    ..Change::default()
                };
                let last = Last {
                    turn: moment.turn,
                    facts: facts.iter().map(|fact| fact.text.clone()).collect(),
                };
                self.last.lock().insert(moment.session, last);
                Some((change, answer.clone()))
            }
            MemoryRequest::Update { begin, fact } => {
                let old = facts.into_iter().filter(|known| known.starts_with(begin));
                let remove: Vec<String> = old.collect();
                // Whoever did not ask to have it remembered only tells it.
                (!remove.is_empty()).then(|| {
                    let add = vec![fact.clone()];
                    (Change { add, remove }, "I will remember that.".to_owned())
                })
            }
            MemoryRequest::Forget(Forget::Last) => {
                let last = self.last.lock().remove(&moment.session);
                let is_recent = |last: &Last| moment.turn.saturating_sub(last.turn) <= RECENT;
                let remove = last
                    .filter(is_recent)
                    .map_or_else(Vec::new, |last| last.facts);
                (!remove.is_empty()).then(|| {
                    let change = Change {
                        remove,
                        ..Change::default()
                    };
                    (change, "I have forgotten that.".to_owned())
                })
            }
            MemoryRequest::Recall => Some((Change::default(), said(&facts))),
            MemoryRequest::Forget(wanted) => forgotten(facts, wanted),
        })
    }

    /// # Errors
    /// Where the file cannot be read or written; it stays as it was then.
    pub fn apply(&self, change: &Change) -> io::Result<()> {
        let _lock = self.lock()?;
        let mut facts = self.facts()?;
        let goes = |fact: &String| {
            let is_replaced = |new: &Fact| {
                *fact == new.text || new.replaces.is_some_and(|begin| fact.starts_with(begin))
            };
            change.remove.contains(fact) || change.add.iter().any(is_replaced)
        };
        facts.retain(|fact| !goes(fact));
        facts.extend(change.add.iter().map(|fact| fact.text.clone()));
        self.write(&facts)
    }

    /// Forgets the facts that hold `text`, whatever their case; all for an empty one. Returns those that are gone.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn forget(&self, text: &str) -> io::Result<Vec<String>> {
        let text = text.to_lowercase();
        let _lock = self.lock()?;
        let (gone, stay): (Vec<String>, Vec<String>) = self
            .facts()?
            .into_iter()
            .partition(|fact| fact.to_lowercase().contains(&text));
        if !gone.is_empty() {
            self.write(&stay)?;
        }
        Ok(gone)
    }

    /// Nobody else changes the file while this is held: another Jane may have the same home.
    fn lock(&self) -> io::Result<File> {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(self.file.with_extension("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn read(&self) -> Vec<String> {
        self.facts().unwrap_or_else(|error| {
            tracing::warn!(%error, "what was remembered cannot be read");
            Vec::new()
        })
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

/// The place of the oldest of `facts` that the model is always told.
fn first_told(facts: &[String]) -> usize {
    let mut room = TOLD;
    let fits = |fact: &&String| match room.checked_sub(fact.chars().count()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let told = facts.iter().rev().take_while(fits).count();
    facts.len() - told
}

/// What is said where somebody asks what she remembers: the newest facts.
fn said(facts: &[String]) -> String {
    if facts.is_empty() {
        return "You have not told me to remember anything. Say \"remember that\", and what."
            .to_owned();
    }
    let spoken = facts.iter().rev().take(MOST_SAID).map(|fact| {
        match (fact.strip_prefix(NAME), fact.strip_prefix(SAID)) {
            (Some(name), _) => format!("Your name is {name}"),
            (_, Some(what)) => format!("You said: {what}"),
            _ => fact.clone(),
        }
    });
    let mut spoken: Vec<String> = spoken.collect();
    match facts.len().saturating_sub(MOST_SAID) {
        0 => {}
        1 => spoken.push("And one more.".to_owned()),
        more => spoken.push(format!("And {more} more.")),
    }
    spoken.join(" ")
}

/// The facts of `facts` that `wanted` names go. What may be meant for somebody else and is not among them is nothing to answer here.
fn forgotten(facts: Vec<String>, wanted: &Forget) -> Option<(Change, String)> {
    let is_meant = |fact: &String| match wanted {
        Forget::All => true,
        Forget::Last => false,
        Forget::Name => fact.starts_with(NAME),
        Forget::About { what, .. } => words::covers(&words::whole(what), &words::whole(fact)),
    };
    let remove: Vec<String> = facts.into_iter().filter(is_meant).collect();
    let answer = match (wanted, remove.len()) {
        (Forget::About { certain: false, .. }, 0) | (Forget::Last, _) => return None,
        (Forget::All, 0) => "There was nothing to forget.".to_owned(),
        (Forget::Name, 0) => "I did not know your name.".to_owned(),
        (Forget::About { .. }, 0) => "I remember nothing of that.".to_owned(),
        (Forget::All, _) => "I have forgotten all that you told me.".to_owned(),
        (Forget::Name, _) => "I have forgotten your name.".to_owned(),
        (Forget::About { .. }, 1) => "I have forgotten that.".to_owned(),
        (Forget::About { .. }, several) => format!("I have forgotten {several} things about that."),
    };
    let change = Change {
        remove,
        ..Change::default()
    };
    Some((change, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> (tempfile::TempDir, Memory) {
        let directory = tempfile::tempdir().unwrap();
        let memory = Memory::new(&directory.path().join("state/memory.txt"));
        (directory, memory)
    }

    /// Says `text` to `memory`; what she answers, where it is meant for it.
    fn say(memory: &Memory, text: &str) -> Option<String> {
        let moment = Moment::default();
        let (change, answer) = memory.answer(&MemoryRequest::of(text)?, moment).unwrap()?;
        if !change.is_nothing() {
            memory.apply(&change).unwrap();
        }
        Some(answer)
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let (_directory, memory) = memory();
        std::fs::create_dir_all(memory.file().parent().unwrap()).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(memory.file())
            .status();
        assert!(made.unwrap().success());
        assert!(memory.facts().is_err());
        assert_eq!(memory.told(), Vec::<String>::new());
        std::fs::remove_file(memory.file()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", memory.file()).unwrap();
        assert!(memory.facts().is_err());
    }

    #[test]
    fn facts_are_kept_replaced_told_and_forgotten_by_word() {
        let (_directory, memory) = memory();
        assert_eq!(memory.facts().unwrap(), Vec::<String>::new());
        assert!(
            say(&memory, "What do you know about me?")
                .unwrap()
                .starts_with("You have not")
        );
        say(&memory, "My name is Anna and I'm allergic to nuts.").unwrap();
        say(&memory, "my name is Ada").unwrap();
        say(&memory, "Remember that my sister lives in Ulm").unwrap();
        let facts = [
            "The user said: I'm allergic to nuts.",
            "The user's name is Ada.",
            "The user said: My sister lives in Ulm.",
        ];
        assert_eq!(memory.facts().unwrap(), facts);
        assert_eq!(memory.told(), facts);
        assert_eq!(
            say(&memory, "What do you remember about me?").unwrap(),
            "You said: My sister lives in Ulm. Your name is Ada. You said: I'm allergic to nuts."
        );
        assert_eq!(
            say(&memory, "Forget that I am allergic to nuts").unwrap(),
            "I have forgotten that."
        );
        assert_eq!(
            say(&memory, "forget what I said about my brother").unwrap(),
            "I remember nothing of that."
        );
        // That may be meant for a skill, or be talk.
        assert_eq!(say(&memory, "forget about the pizza"), None);
        assert_eq!(
            say(&memory, "please forget my name").unwrap(),
            "I have forgotten your name."
        );
        assert_eq!(
            say(&memory, "forget everything you know about me").unwrap(),
            "I have forgotten all that you told me."
        );
        assert_eq!(memory.facts().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn only_what_was_named_is_forgotten() {
        let (_directory, memory) = memory();
        for text in [
            "remember that Christine is allergic to nuts",
            "remember that Christopher is in the hospital",
            "remember that the code of the safe is 123456",
            "remember that the code of the office is 123499",
            "remember that my wife's name is Anna",
        ] {
            say(&memory, text).unwrap();
        }
        assert_eq!(
            say(&memory, "forget about Christine").unwrap(),
            "I have forgotten that."
        );
        assert_eq!(
            say(&memory, "forget that the code of the safe is 123456").unwrap(),
            "I have forgotten that."
        );
        assert_eq!(
            say(&memory, "forget my wife's name").unwrap(),
            "I have forgotten that."
        );
        assert_eq!(say(&memory, "forget my shopping list"), None);
        assert_eq!(
            say(&memory, "forget my shoe size").unwrap(),
            "I remember nothing of that."
        );
        assert_eq!(
            memory.facts().unwrap(),
            [
                "The user said: Christopher is in the hospital.",
                "The user said: The code of the office is 123499."
            ]
        );
    }

    #[test]
    fn what_was_remembered_last_is_forgotten_and_put_right() {
        let (_directory, memory) = memory();
        let at = |session, turn| Moment { session, turn };
        let say = |text: &str, moment: Moment| {
            let (change, answer) = memory.answer(&MemoryRequest::of(text)?, moment).unwrap()?;
            memory.apply(&change).unwrap();
            Some(answer)
        };
        assert!(say("remember that my door code is 4471", at(0, 1)).is_some());
        assert_eq!(
            say("Actually, my door code is 9920.", at(0, 2)).unwrap(),
            "I will remember that."
        );
        assert_eq!(
            memory.facts().unwrap(),
            ["The user said: My door code is 9920."]
        );
        assert_eq!(say("my car is blue", at(0, 3)), None);
        assert!(say("I'm vegetarian, keep that in mind.", at(0, 4)).is_some());
        // Somebody else remembered nothing.
        assert_eq!(say("forget that", at(7, 5)), None);
        assert_eq!(
            say("No, forget it.", at(0, 5)).unwrap(),
            "I have forgotten that."
        );
        assert_eq!(say("forget that", at(0, 6)), None);
        assert!(say("remember that I like tea", at(0, 7)).is_some());
        assert_eq!(say("forget that", at(0, 20)), None);
        assert_eq!(
            memory.facts().unwrap(),
            [
                "The user said: My door code is 9920.",
                "The user said: I like tea."
            ]
        );
    }

    #[test]
    fn two_janes_lose_nothing() {
        let (_directory, memory) = memory();
        let others: Vec<_> = (0..4)
            .map(|number| {
                let memory = Memory::new(memory.file());
                std::thread::spawn(move || {
                    for count in 0..25 {
                        say(
                            &memory,
                            &format!("remember that box {number} {count} is blue"),
                        )
                        .unwrap();
                    }
                })
            })
            .collect();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(memory.facts().unwrap().len(), 100);
    }

    #[test]
    fn facts_that_hold_a_text_go() {
        let (_directory, memory) = memory();
        say(&memory, "my name is Ada").unwrap();
        say(&memory, "remember that I like green tea").unwrap();
        let facts = memory.facts().unwrap();
        assert_eq!(memory.forget("TEA").unwrap(), [facts[1].clone()]);
        assert_eq!(memory.forget("tea").unwrap(), Vec::<String>::new());
        assert_eq!(memory.forget("").unwrap(), [facts[0].clone()]);
    }

    #[test]
    fn of_many_facts_the_newest_are_told_and_of_the_others_what_matters() {
        let (_directory, memory) = memory();
        say(&memory, "remember that the spare key is under the blue pot").unwrap();
        for number in 0..60 {
            let fact = format!("remember that box number {number} holds old letters");
            say(&memory, &fact).unwrap();
        }
        let told = memory.told();
        assert!(told.iter().map(|fact| fact.chars().count()).sum::<usize>() <= TOLD);
        assert!(told.last().unwrap().contains("number 59"));
        assert_eq!(
            memory.recalled("Where did I put my spare key?"),
            ["The user said: The spare key is under the blue pot."]
        );
        assert_eq!(
            memory.recalled("What is the tallest mountain?"),
            Vec::<String>::new()
        );
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, memory) = memory();
        say(&memory, "my name is Ada").unwrap();
        let mode = memory.file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
