//! Tells when a file may have changed: written in place, replaced by an editor, deleted, or back again.
//!
//! Invariants: a change is told once it has settled, so that a file is not read in the middle of a save and a burst of saves is one
//! change; no change is missed for good, because the file is looked at now and then even where the system tells nothing (network
//! file systems, a directory that was replaced). Being told does not mean that anything differs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::file::LARGEST_FILE;
use jane_platform::FileState;

/// How long a file must have been left alone.
const SETTLED: Duration = Duration::from_millis(60);

/// After which it is read even though it keeps changing.
const LONGEST: Duration = Duration::from_secs(1);

/// Between two looks where the system tells nothing.
const LOOK: Duration = Duration::from_secs(2);

/// What a look at the file shows: which file it is, and what is in it. A link that leads to another file of the same length and time is
/// seen by the one, a text that was exchanged with the time set back by the other. `None` where there is no file that can be read.
type Look = Option<(FileState, Vec<u8>)>;

pub struct FileWatch {
    path: PathBuf,
    /// Where the links at `path` lead.
    real: Option<PathBuf>,
    last: Look,
    hints: mpsc::UnboundedReceiver<()>,
    /// Ends with this.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl FileWatch {
    /// Watches `path` from now on, whether or not there is a file yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let (hints, watcher) = started(path);
        Self {
            path: path.to_path_buf(),
            real: path.canonicalize().ok(),
            last: look(path),
            hints,
            _watcher: watcher,
        }
    }

    /// Waits for the next change that has settled.
    pub async fn changed(&mut self) {
        loop {
            let hinted = timeout(LOOK, self.hints.recv()).await;
            if matches!(hinted, Ok(None)) {
                // There is no watcher: looking is all there is.
                tokio::time::sleep(LOOK).await;
            }
            if look(&self.path) == self.last {
                continue;
            }
            self.follow_links();
            self.settle().await;
            return;
        }
    }

    /// Watches the directory that the links lead to now.
    fn follow_links(&mut self) {
        let real = self.path.canonicalize().ok();
        if real.is_some() && real != self.real {
            self.real = real;
            (self.hints, self._watcher) = started(&self.path);
        }
    }

    async fn settle(&mut self) {
        let deadline = Instant::now() + LONGEST;
        loop {
            self.last = look(&self.path);
            let patience = (Instant::now() + SETTLED).min(deadline);
            let quiet = loop {
                match timeout_at(patience, self.hints.recv()).await {
                    Ok(Some(())) if look(&self.path) == self.last => {}
                    Ok(Some(())) => break false,
                    Ok(None) => {
                        tokio::time::sleep_until(patience).await;
                        break true;
                    }
                    Err(_) => break true,
                }
            };
            let unchanged = look(&self.path) == self.last;
            if (quiet && unchanged) || Instant::now() >= deadline {
                return;
            }
        }
    }
}

fn started(
    path: &Path,
) -> (
    mpsc::UnboundedReceiver<()>,
    Option<notify::RecommendedWatcher>,
) {
    let (sender, hints) = mpsc::unbounded_channel();
    let watcher = watcher(path, sender);
    if let Err(error) = &watcher {
        tracing::warn!(%error, "changes of files are not told by the system: they are looked for");
    }
    (hints, watcher.ok())
}

/// The directories are watched, not the file: an editor's file that takes its place is another one. Where the file is a link, the
/// directory of what it points at is watched too.
fn watcher(
    path: &Path,
    hints: mpsc::UnboundedSender<()>,
) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Being read is no change.
        if !event.is_ok_and(|event| event.kind.is_access() && !is_end_of_writing(&event.kind)) {
            let _ = hints.send(());
        }
    })?;
    let directories = [Some(path.to_path_buf()), path.canonicalize().ok()];
    let directories = directories
        .iter()
        .flatten()
        .filter_map(|path| path.parent());
    let mut watched = Vec::new();
    for directory in directories {
        if !watched.contains(&directory) {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
            watched.push(directory);
        }
    }
    Ok(watcher)
}

fn is_end_of_writing(kind: &notify::EventKind) -> bool {
    use notify::event::{AccessKind, AccessMode, EventKind};
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
    )
}

fn look(path: &Path) -> Look {
    let (file, metadata) = jane_platform::open_regular(path).ok()?;
    // One that is too long to be read is told by its state alone.
    let text = jane_platform::read_open(&file, &metadata, LARGEST_FILE).unwrap_or_default();
    Some((FileState::of(&metadata).whatever_its_attributes(), text))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn every_way_of_saving_is_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jane.toml");
        let mut watch = FileWatch::new(&path);
        fs::write(&path, "1").unwrap();
        watch.changed().await;
        // In place, in two steps: one change.
        fs::write(&path, "").unwrap();
        fs::write(&path, "22").unwrap();
        watch.changed().await;
        // By an editor.
        let other = directory.path().join(".jane.toml.swp");
        fs::write(&other, "333").unwrap();
        fs::rename(&other, &path).unwrap();
        watch.changed().await;
        fs::remove_file(&path).unwrap();
        watch.changed().await;
        fs::write(&path, "4444").unwrap();
        watch.changed().await;
        assert_eq!(look(&path), watch.last);
        // Nothing is left over: neighbours and reading are no changes.
        fs::write(&other, "55555").unwrap();
        fs::read(&path).unwrap();
        let nothing = timeout(Duration::from_millis(300), watch.changed()).await;
        assert!(nothing.is_err());
    }

    #[tokio::test]
    async fn the_file_that_a_link_points_at_is_watched() {
        let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = elsewhere.path().join("real.toml");
        fs::write(&target, "1").unwrap();
        let link = home.path().join("jane.toml");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut watch = FileWatch::new(&link);
        fs::write(&target, "22").unwrap();
        watch.changed().await;
        assert_eq!(look(&link), watch.last);
    }

    #[tokio::test]
    async fn links_that_are_moved_to_a_file_of_the_same_size_and_time_are_seen() {
        let home = tempfile::tempdir().unwrap();
        let link = |to: &str, at: &str| {
            let new = home.path().join("new");
            std::os::unix::fs::symlink(to, &new).unwrap();
            fs::rename(&new, home.path().join(at)).unwrap();
        };
        let write = |file: &Path, text: &str| {
            fs::write(file, text).unwrap();
            let file = fs::File::options().write(true).open(file).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        };
        // As Kubernetes mounts them.
        for (version, text) in [("..1", "a = 1"), ("..2", "a = 2"), ("..3", "a = 3")] {
            fs::create_dir(home.path().join(version)).unwrap();
            write(&home.path().join(version).join("jane.toml"), text);
        }
        link("..1", "..data");
        link("..data/jane.toml", "jane.toml");
        let mut watch = FileWatch::new(&home.path().join("jane.toml"));
        for version in ["..2", "..3", "..1"] {
            link(version, "..data");
            watch.changed().await;
        }
        // What the link leads to now is watched, also where it lies elsewhere, and where its time is set back.
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("jane.toml");
        write(&file, "a = 4");
        link(file.to_str().unwrap(), "jane.toml");
        watch.changed().await;
        for text in ["a = 5", "a = 6"] {
            write(&file, text);
            watch.changed().await;
        }
        // Who may read it is no change of it.
        let mode = |mode| {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o644);
        let nothing = timeout(Duration::from_millis(300), watch.changed()).await;
        assert!(nothing.is_err());
    }
}
