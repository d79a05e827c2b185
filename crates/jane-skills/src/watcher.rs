//! Follows the directory of skills: what comes, changes and goes there is loaded, replaced and unloaded.
//!
//! Invariants: a skill is replaced only by one that was compiled, linked and probed; what is wrong with a file costs only what that file
//! would bring, also where it makes something panic; a directory that cannot be read leaves everything as it is; without a skill that keeps sentences back when it fails,
//! nothing is spoken; no skill goes on with grants that were taken back, so one that does not start with other settings is unloaded; skills are loaded side by side, so that a large one holds up no other; a change that comes while a file is being loaded is
//! seen afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::caught::caught;
use super::component::LinkedComponent;
use super::grants::Grants;
use super::instance::harmless;
use super::loaded::Loaded;
use super::names::Clash;
use super::registry::{Kept, SkillRegistry};
use super::set::SkillSet;
use jane_config::{OnFailure, Skill};
use jane_core::event::Event;
use jane_platform::FileState;

/// What a skill's file is called, behind its name.
const EXTENSION: &str = "wasm";

/// Characters of why a file is no skill.
pub const LONGEST_REASON: usize = 600;
/// What to do about a file whose name is no UTF-8.
pub const UNNAMED_HINT: &str = "rename it: the name of a skill is its file's";

/// How long a file must have been left alone.
const SETTLED: Duration = Duration::from_millis(50);

/// After which it is read even though it keeps changing.
const LONGEST: Duration = Duration::from_secs(5);

/// Between two looks where the system tells nothing.
const LOOK: Duration = Duration::from_secs(2);

/// What a look at a file shows: which file it is, also behind a link, and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look(FileState);

impl Look {
    /// `None` where there is no file.
    fn at(path: &Path) -> std::io::Result<Option<Self>> {
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(metadata.is_file().then(|| Self(FileState::of(&metadata))))
    }

    /// Waits until the file is left alone.
    async fn settled(path: &Path) -> Option<Self> {
        let begin = Instant::now();
        // What cannot be looked at is told by whoever reads it.
        let look_at = |path| Self::at(path).ok().flatten();
        let mut look = look_at(path)?;
        let is_old = |look: &Self| look.0.age() > Duration::from_secs(2);
        while !is_old(&look) && begin.elapsed() < LONGEST {
            tokio::time::sleep(SETTLED).await;
            let next = look_at(path)?;
            if next == look {
                break;
            }
            look = next;
        }
        Some(look)
    }
}

/// A file in the directory.
#[derive(Default)]
struct File {
    /// As it was when it was loaded or refused; `None` before.
    look: Option<Look>,
    /// With which settings that was.
    settings: Skill,
    prepared: Option<Arc<LinkedComponent>>,
    /// The newest that works.
    skill: Option<Arc<Loaded>>,
    is_loading: bool,
}

/// What became of a file that was to be loaded.
struct Outcome {
    name: String,
    /// `None` where it is gone.
    look: Option<Look>,
    settings: Skill,
    result: Result<(Arc<LinkedComponent>, Arc<Loaded>), String>,
    took: Duration,
}

/// Ends the following when it is dropped.
pub struct WatcherGuard {
    task: JoinHandle<()>,
}

impl Drop for WatcherGuard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl WatcherGuard {
    pub(super) fn start(kept: Option<Arc<Kept>>, skills: SkillRegistry) -> Self {
        // Until the first look there is something to load.
        if let Some(kept) = &kept {
            kept.loading.send_modify(|loading| *loading += 1);
        }
        let task = tokio::spawn(async move {
            if let Some(kept) = kept {
                Follower::new(kept, skills).run().await;
            }
        });
        Self { task }
    }
}

struct Follower {
    kept: Arc<Kept>,
    skills: SkillRegistry,
    files: BTreeMap<String, File>,
    done: mpsc::UnboundedReceiver<Outcome>,
    tell: mpsc::UnboundedSender<Outcome>,
    /// Why the directory could not be read when it was looked at last.
    unreadable: Option<String>,
    /// Every skill whose file was there in this run.
    seen: BTreeSet<String>,
    /// Guards that are not there, as they are in force.
    silencing: BTreeSet<String>,
    /// Tools that are called alike, as they are in force.
    clashes: Vec<Clash>,
    /// Files that cannot be skills, because of their names, and were told of.
    unnamed: Vec<PathBuf>,
}

impl Follower {
    fn new(kept: Arc<Kept>, skills: SkillRegistry) -> Self {
        let (tell, done) = mpsc::unbounded_channel();
        Self {
            kept,
            skills,
            files: BTreeMap::new(),
            done,
            tell,
            unreadable: None,
            seen: BTreeSet::new(),
            silencing: BTreeSet::new(),
            clashes: Vec::new(),
            unnamed: Vec::new(),
        }
    }

    async fn run(mut self) {
        let mut settings = self.kept.settings.subscribe();
        let mut directory = self.kept.directory();
        let (mut hints, mut watcher) = watch(&directory);
        self.look();
        self.kept.loading.send_modify(|loading| *loading -= 1);
        loop {
            tokio::select! {
                hinted = tokio::time::timeout(LOOK, hints.recv()) => {
                    if matches!(hinted, Ok(None)) {
                        // There is no watcher: looking is all there is.
                        tokio::time::sleep(LOOK).await;
                    }
                    while hints.try_recv().is_ok() {}
                }
                Some(outcome) = self.done.recv() => self.take(outcome),
                Ok(()) = settings.changed() => {
                    let now = self.kept.directory();
                    if now != directory {
                        directory = now;
                        (hints, watcher) = watch(&directory);
                    }
                }
            }
            if watcher.is_none() {
                (hints, watcher) = watch(&directory);
            }
            self.look();
        }
    }

    /// Looks at the directory, and does what follows from it.
    fn look(&mut self) {
        let directory = self.kept.directory();
        let there = match files_in(&directory) {
            Ok(there) => {
                self.unreadable = None;
                there
            }
            Err(error) => {
                let reason = error.to_string();
                if self.unreadable.as_ref() != Some(&reason) {
                    tracing::error!(%error, "the skills' directory cannot be read: what is loaded stays");
                    self.kept.services.events.emit(Event::Warning {
                        message: format!(
                            "`{}` cannot be read, and its skills stay as they are: {reason}",
                            directory.display()
                        ),
                        hint: None,
                    });
                }
                self.unreadable = Some(reason);
                return;
            }
        };
        self.tell_of_unnamed(&directory);
        let gone: Vec<String> = self
            .files
            .iter()
            .filter(|(name, file)| !there.contains_key(*name) && !file.is_loading)
            .map(|(name, _)| name.clone())
            .collect();
        let mut changed = !gone.is_empty();
        let mut unloaded = Vec::new();
        let settings = self.kept.settings.borrow().clone();
        for name in gone {
            let file = self.files.remove(&name);
            if file.is_some_and(|file| file.skill.is_some()) {
                unloaded.push(name);
            }
        }
        for (name, (path, look)) in there {
            let wanted = settings.skills.of(&name);
            self.seen.insert(name.clone());
            let file = self.files.entry(name.clone()).or_default();
            // What cannot be looked at is as it was, for all that is known.
            let Some(look) = look.or(file.look) else {
                continue;
            };
            if file.is_loading || (file.look == Some(look) && file.settings == wanted) {
                continue;
            }
            changed = true;
            if !wanted.enabled {
                file.look = Some(look);
                file.settings = wanted;
                if file.skill.take().is_some() {
                    unloaded.push(name);
                }
                continue;
            }
            let is_same = file.look == Some(look);
            let prepared = file.prepared.clone().filter(|_| is_same);
            file.is_loading = true;
            self.load(name, path, wanted, prepared);
        }
        if changed || self.missing_guards() != self.silencing {
            self.publish();
        }
        for skill in unloaded {
            tracing::info!(skill, "the skill is gone");
            let events = &self.kept.services.events;
            events.emit(Event::SkillUnloaded { skill });
        }
    }

    /// Says once of each file that it cannot be a skill because of its name.
    fn tell_of_unnamed(&mut self, directory: &Path) {
        let unnamed = unnamed(directory);
        for path in unnamed.iter().filter(|path| !self.unnamed.contains(path)) {
            let name = shown(path);
            tracing::warn!(name, "the skill is not loaded: its name is no UTF-8");
            self.kept.services.events.emit(Event::Warning {
                message: format!("`{name}` is not taken as a skill: its name is no UTF-8"),
                hint: Some(UNNAMED_HINT.to_owned()),
            });
        }
        self.unnamed = unnamed;
    }

    /// Loads a file anew, or what was `prepared` of it with other settings.
    fn load(
        &self,
        name: String,
        path: PathBuf,
        settings: Skill,
        prepared: Option<Arc<LinkedComponent>>,
    ) {
        self.kept.loading.send_modify(|loading| *loading += 1);
        let (kept, tell) = (Arc::clone(&self.kept), self.tell.clone());
        tokio::spawn(async move {
            let begin = Instant::now();
            let look = Look::settled(&path).await;
            let plugins = kept.settings.borrow().plugins.clone();
            let loading = async {
                let grants = Grants::new(&settings)?;
                let prepared = match prepared {
                    Some(prepared) => prepared,
                    None => {
                        let prepared = kept.prepare(&name, &path, &plugins).await;
                        prepared.map_err(|error| error.to_string())?
                    }
                };
                let skill = kept.probe(&name, Arc::clone(&prepared), grants).await?;
                Ok((prepared, Arc::new(skill)))
            };
            let result = match caught(loading).await {
                Ok(result) => result,
                Err(panicked) => Err(panicked.to_string()),
            };
            let result = result.map_err(|reason| harmless(&reason, LONGEST_REASON));
            let _ = tell.send(Outcome {
                name,
                look,
                settings,
                result,
                took: begin.elapsed(),
            });
        });
    }

    /// Puts in force what was loaded, or says why it was not.
    fn take(&mut self, outcome: Outcome) {
        let Outcome {
            name,
            look,
            settings,
            result,
            took,
        } = outcome;
        let file = self.files.entry(name.clone()).or_default();
        file.is_loading = false;
        let mut unloaded = false;
        // A file that went meanwhile is found to be gone at the next look.
        let event = look.map(|look| {
            // Only a bad file leaves the skill that was there: with other settings, that one has grants that are not given any more.
            let stays = file.skill.is_some() && file.settings == settings;
            file.look = Some(look);
            file.settings = settings;
            match result {
                Ok((prepared, skill)) => {
                    let replaced = file.skill.is_some();
                    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                    tracing::info!(skill = name, ms, replaced, "the skill is loaded");
                    let event = loaded(&skill, replaced, ms);
                    file.prepared = Some(prepared);
                    file.skill = Some(skill);
                    event
                }
                Err(reason) => {
                    unloaded = !stays && file.skill.take().is_some();
                    tracing::warn!(
                        skill = name,
                        reason,
                        stays,
                        unloaded,
                        "the skill is not loaded"
                    );
                    let hint = if unloaded {
                        Some("it does not start with its new settings, and its old ones are not in force any more: it is unloaded")
                    } else {
                        stays.then_some("the one that was there before goes on")
                    };
                    Event::SkillFailed {
                        hint: hint.map(str::to_owned),
                        skill: name.clone(),
                        reason,
                    }
                }
            }
        });
        // Whoever is told that it is loaded finds it there.
        self.publish();
        let events = &self.kept.services.events;
        event.into_iter().for_each(|event| events.emit(event));
        if unloaded {
            events.emit(Event::SkillUnloaded { skill: name });
        }
        self.kept.loading.send_modify(|loading| *loading -= 1);
    }

    /// What is loaded is in force from now on.
    fn publish(&mut self) {
        let skills = self.files.values().filter_map(|file| file.skill.clone());
        let silencing = self.missing_guards();
        let names = silencing.iter().cloned().collect();
        let set = SkillSet::new(skills.collect(), names);
        let clashes = set.clashes().to_vec();
        self.skills.set(set);
        for clash in clashes.iter().filter(|clash| !self.clashes.contains(clash)) {
            tracing::warn!(%clash, "tools are called alike");
            self.kept.services.events.emit(Event::Warning {
                message: clash.to_string(),
                hint: Some(Clash::HINT.to_owned()),
            });
        }
        self.clashes = clashes;
        for name in silencing.difference(&self.silencing) {
            if !self.files.contains_key(name) {
                tracing::error!(
                    skill = name,
                    "the skill is missing, and nothing is spoken without it"
                );
                self.kept.services.events.emit(Event::SkillFailed {
                    skill: name.clone(),
                    reason: "its file is missing, and nothing is spoken without it".to_owned(),
                    hint: Some(format!(
                        "put it back, or set `enabled = false` or `on_failure = \"pass\"` in `[skills.{name}]`"
                    )),
                });
            }
        }
        self.silencing = silencing;
    }

    /// Skills that keep sentences back when they fail, and are not there: their files are bad or missing. One whose section is the one that
    /// ships is missed only where it was there before: nobody chose it.
    fn missing_guards(&self) -> BTreeSet<String> {
        let shipped = jane_config::Skills::default();
        let settings = self.kept.settings.borrow();
        let is_missing = |(name, wanted): &(&String, &Skill)| {
            let is_guard = wanted.enabled && wanted.on_failure == OnFailure::Mute;
            is_guard
                && match self.files.get(*name) {
                    Some(file) => file.skill.is_none(),
                    None => self.seen.contains(*name) || shipped.0.get(*name) != Some(*wanted),
                }
        };
        let missing = settings.skills.0.iter().filter(is_missing);
        missing.map(|(name, _)| name.clone()).collect()
    }
}

fn loaded(skill: &Loaded, replaced: bool, ms: u64) -> Event {
    let tools = skill.tools.iter().map(|tool| tool.name.clone());
    Event::SkillLoaded {
        skill: skill.name().to_owned(),
        title: skill.facts.title.clone(),
        version: skill.facts.version.clone(),
        does: skill.prepared.does.clone(),
        asks_for: skill.prepared.asks_for.clone(),
        tools: tools.collect(),
        replaced,
        ms,
    }
}

/// The skills' files in `directory`, by the names of the skills, each with what a look at it shows, where it can be looked at. A
/// directory that is not there holds none.
fn files_in(directory: &Path) -> std::io::Result<BTreeMap<String, (PathBuf, Option<Look>)>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let is_skill = path.extension().is_some_and(|end| end == EXTENSION);
        let Some(name) = name.filter(|name| is_skill && !name.starts_with('.')) else {
            continue;
        };
        let look = match Look::at(&path) {
            Ok(None) => continue,
            look => look.ok().flatten(),
        };
        files.insert(name.to_owned(), (path, look));
    }
    Ok(files)
}

/// Files in `directory` that would be skills, and have no name that a skill can have: it is no UTF-8. In their order, at most so many.
#[must_use]
pub fn unnamed(directory: &Path) -> Vec<PathBuf> {
    const MOST: usize = 16;
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| {
        let is_skill = path.extension().is_some_and(|end| end == EXTENSION);
        is_skill && path.file_stem().is_some_and(|name| name.to_str().is_none()) && path.is_file()
    });
    let mut paths: Vec<PathBuf> = paths.take(MOST).collect();
    paths.sort();
    paths
}

/// A file's name as it may be shown: what is no UTF-8, and what commands a terminal, is escaped.
#[must_use]
pub fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    format!("{name:?}").trim_matches('"').to_owned()
}

/// The skills' files in `directory`, in the order of the skills' names.
#[must_use]
pub fn files(directory: &Path) -> Vec<(String, PathBuf)> {
    let files = files_in(directory).unwrap_or_default().into_iter();
    files.map(|(name, (path, _))| (name, path)).collect()
}

/// Tells when something may have changed in `directory`, which is made where it is not there. `None`: the system tells nothing.
fn watch(
    directory: &Path,
) -> (
    mpsc::UnboundedReceiver<()>,
    Option<notify::RecommendedWatcher>,
) {
    let (sender, hints) = mpsc::unbounded_channel();
    let _ = std::fs::create_dir_all(directory);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            let _ = sender.send(());
        }
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    let told = |error: &notify::Error| {
        tracing::debug!(%error, "changes of skills are not told by the system: they are looked for");
    };
    (hints, watching.inspect_err(told).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_utf_8_is_told_and_not_passed_over() {
        use std::os::unix::ffi::OsStrExt;
        let directory = tempfile::tempdir().unwrap();
        let names: [&[u8]; 4] = [
            b"caf\xe9.wasm",
            b"caf\xe9.txt",
            b"fine.wasm",
            b"\xff\x1b[2J.wasm",
        ];
        for name in names {
            let name = std::ffi::OsStr::from_bytes(name);
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let told: Vec<String> = unnamed(directory.path())
            .iter()
            .map(|path| shown(path))
            .collect();
        assert_eq!(told, [r"caf\xE9.wasm", r"\xFF\u{1b}[2J.wasm"]);
        assert!(unnamed(&directory.path().join("none")).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_moved_to_a_file_of_the_same_size_and_time_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let plugins = directory.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        let link = |to: &str, at: &Path| {
            let new = directory.path().join("new");
            std::os::unix::fs::symlink(to, &new).unwrap();
            std::fs::rename(&new, at).unwrap();
        };
        // As Kubernetes mounts them: a link to a directory, and one in it for each file.
        for (version, text) in [("..1", "aaaa"), ("..2", "bbbb")] {
            let version = plugins.join(version);
            std::fs::create_dir(&version).unwrap();
            let file = std::fs::File::create(version.join("one.wasm")).unwrap();
            std::io::Write::write_all(&mut &file, text.as_bytes()).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        link("..1", &plugins.join("..data"));
        link("..data/one.wasm", &plugins.join("one.wasm"));
        let look = || files_in(&plugins).unwrap()["one"].1.unwrap();
        let before = look();
        assert_eq!(look(), before);
        link("..2", &plugins.join("..data"));
        assert_ne!(look(), before);
        // Written over with its time set back.
        let before = look();
        let path = plugins.join("..2/one.wasm");
        std::fs::write(&path, "cccc").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_ne!(look(), before);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plugins");
        assert!(files_in(&path).unwrap().is_empty());
        std::fs::write(&path, "no directory").unwrap();
        assert!(files_in(&path).is_err());
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        for name in ["one.wasm", ".hidden.wasm", "notes.txt"] {
            std::fs::write(path.join(name), "").unwrap();
        }
        // A link to itself is there, and cannot be looked at; one to nothing is not.
        #[cfg(unix)]
        {
            let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path.join(name));
            link("loop.wasm", "loop.wasm").unwrap();
            link("nothing", "gone.wasm").unwrap();
            let files = files_in(&path).unwrap();
            assert_eq!(files.keys().collect::<Vec<_>>(), ["loop", "one"]);
            assert!(files["loop"].1.is_none() && files["one"].1.is_some());
        }
    }
}
