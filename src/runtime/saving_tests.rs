//! The ways in which programs write a file, each watched to its end: what is in force is never half of what was meant.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use jane_config::FileWatch;
use jane_core::event::Event;
use tokio::time::timeout;

use super::tests::Scene;
use super::watch::reload_on_edit;

const OLD: &str = "# Mine.\n[assistant]\nname = \"Ada\"\n\n[llm]\nmodel = \"mine\"\nseed = 4096\n\n[tts]\nspeed = 1.25\n";
const NEW: &str = "# Mine.\n[assistant]\nname = \"Bea\"\n\n[llm]\nmodel = \"other\"\nseed = 17\n\n[tts]\nspeed = 1.5\n";

/// Longer than a file has to be left alone, and shorter than one that is being written.
const PAUSE: Duration = Duration::from_millis(300);

/// Longer than nothing can be told for.
const MOMENT: Duration = Duration::from_secs(20);

struct Watched {
    scene: Scene,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    fn new() -> Self {
        let scene = Scene::new(OLD);
        let watch = FileWatch::new(&scene.file);
        let task = tokio::spawn(reload_on_edit(scene.runtime.clone(), watch));
        Self { scene, task }
    }

    fn path(&self) -> &Path {
        &self.scene.file
    }

    async fn told(&mut self) -> Event {
        let event = timeout(MOMENT, self.scene.events.recv()).await;
        event.unwrap().unwrap().event
    }

    /// The name, model, seed and speed in force.
    fn in_force(&self) -> (String, String, u32, f64) {
        let config = &self.scene.runtime.in_force().config;
        let (llm, tts) = (&config.llm, &config.tts);
        let name = config.assistant.name.clone();
        (name, llm.model.clone(), llm.seed, tts.speed)
    }

    fn assert_old(&self) {
        assert_eq!(self.in_force(), ("Ada".into(), "mine".into(), 4096, 1.25));
    }

    /// The first that is told is that the new text is in force.
    async fn assert_taken_once(&mut self) {
        let event = self.told().await;
        assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
        assert_eq!(self.in_force(), ("Bea".into(), "other".into(), 17, 1.5));
    }

    async fn assert_rejected(&mut self, problem: &str, hint: &str) {
        let event = self.told().await;
        let Event::ConfigRejected {
            problems,
            hint: Some(found),
        } = event
        else {
            panic!("{event:?}");
        };
        assert!(problems[0].contains(problem), "{problems:?}");
        assert!(found.contains(hint), "{found}");
        self.assert_old();
    }
}

fn add(path: &Path, text: &str) {
    let mut file = fs::File::options().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_file_that_is_emptied_and_written_later_is_one_change() {
    let mut watched = Watched::new();
    fs::write(watched.path(), "").unwrap();
    tokio::time::sleep(PAUSE).await;
    watched.assert_old();
    fs::write(watched.path(), NEW).unwrap();
    watched.assert_taken_once().await;
}

#[tokio::test]
async fn a_file_that_is_written_in_pieces_is_one_change() {
    let mut watched = Watched::new();
    fs::write(watched.path(), "").unwrap();
    // The pieces end in a comment, in a string, behind a whole section and within a number.
    let mut from = 0;
    for to in [4, 27, 60, 66, 76] {
        add(watched.path(), &NEW[from..to]);
        tokio::time::sleep(PAUSE).await;
        watched.assert_old();
        from = to;
    }
    add(watched.path(), &NEW[from..]);
    watched.assert_taken_once().await;
}

#[tokio::test]
async fn a_file_that_is_deleted_and_made_again_is_one_change() {
    let mut watched = Watched::new();
    fs::remove_file(watched.path()).unwrap();
    tokio::time::sleep(PAUSE).await;
    watched.assert_old();
    fs::write(watched.path(), NEW).unwrap();
    watched.assert_taken_once().await;
}

#[tokio::test]
async fn a_file_that_takes_its_place_is_one_change() {
    let mut watched = Watched::new();
    let (backup, new) = (
        watched.path().with_extension("toml~"),
        watched.path().with_extension("tmp"),
    );
    // As vim does: the old one becomes the backup, and the new one comes later.
    fs::rename(watched.path(), &backup).unwrap();
    tokio::time::sleep(PAUSE).await;
    fs::write(&new, &NEW[..40]).unwrap();
    tokio::time::sleep(PAUSE).await;
    fs::write(&new, NEW).unwrap();
    fs::rename(&new, watched.path()).unwrap();
    watched.assert_taken_once().await;
}

#[tokio::test]
async fn a_file_that_stays_empty_is_told_and_changes_nothing() {
    let mut watched = Watched::new();
    fs::write(watched.path(), "").unwrap();
    watched.assert_rejected("no keys", "# defaults").await;
    // What comes next is held against what is in force, not against the empty text.
    fs::write(watched.path(), &OLD[..OLD.len() - 2]).unwrap();
    watched
        .assert_rejected("middle of a line", "line break")
        .await;
    fs::write(watched.path(), "# Nothing here.\n[llm]\n").unwrap();
    watched.assert_rejected("no keys", "# defaults").await;
    fs::write(watched.path(), NEW).unwrap();
    watched.assert_taken_once().await;
}

#[tokio::test]
async fn the_signal_does_not_make_an_empty_file_the_defaults() {
    let mut watched = Watched::new();
    watched.task.abort();
    fs::write(watched.path(), "").unwrap();
    watched.scene.runtime.reload(true).await;
    watched.assert_rejected("no keys", "# defaults").await;
}

#[tokio::test]
async fn whoever_asks_for_the_defaults_gets_them() {
    let mut watched = Watched::new();
    fs::write(watched.path(), "# defaults\n").unwrap();
    let event = watched.told().await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
    let config = &watched.scene.runtime.in_force().config;
    assert_eq!(*config, jane_config::Config::default());
    // From there on there is nothing to lose.
    fs::write(watched.path(), "").unwrap();
    let event = watched.told().await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
}

#[tokio::test]
async fn keys_that_a_person_deleted_at_the_end_are_gone() {
    let mut watched = Watched::new();
    let kept = OLD.find("\n[tts]").unwrap();
    fs::write(watched.path(), &OLD[..kept]).unwrap();
    let event = watched.told().await;
    let Event::ConfigReloaded { changed, .. } = event else {
        panic!("{event:?}");
    };
    assert_eq!(changed, ["tts.speed"]);
}
