use std::path::PathBuf;
use std::time::Duration;

use super::*;

fn event(id: &str, due_ms: u64, cron: Option<&str>) -> Scheduled {
    Scheduled {
        id: id.to_owned(),
        name: "ring".to_owned(),
        payload: String::new(),
        due_ms,
        cron: cron.map(str::to_owned),
    }
}

fn changes(skill: &str, entries: &[(&str, Option<&str>)], events: &[Scheduled]) -> Changes {
    let entries = entries.iter().map(|(key, value)| {
        let value = value.map(|value| value.as_bytes().to_vec());
        ((skill.to_owned(), (*key).to_owned()), value)
    });
    let events = events
        .iter()
        .map(|event| ((skill.to_owned(), event.id.clone()), Some(event.clone())));
    Changes {
        entries: entries.collect(),
        events: events.collect(),
    }
}

fn over(due: &Due, next: Option<u64>) -> Over {
    Over {
        due: due.clone(),
        next,
    }
}

/// What is due of `timer`, taken for 15 s.
fn taken(store: &Store, now_ms: u64) -> Vec<Due> {
    let take = || store.take_due("timer", now_ms, Duration::from_secs(15));
    std::iter::from_fn(|| take().unwrap()).collect()
}

#[test]
fn each_skill_has_values_of_its_own() {
    let store = Store::in_memory().unwrap();
    let some = [
        ("list/a", Some("1")),
        ("list/b", Some("22")),
        ("other", Some("333")),
    ];
    store.apply(&changes("notes", &some, &[]), None).unwrap();
    store
        .apply(&changes("timer", &[("list/a", Some("x"))], &[]), None)
        .unwrap();
    assert_eq!(store.get("notes", "list/a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(store.get("weather", "list/a").unwrap(), None);
    assert_eq!(
        store.keys("notes", "list/", "").unwrap(),
        ["list/a", "list/b"]
    );
    assert_eq!(store.keys("notes", "list/", "list/a").unwrap(), ["list/b"]);
    assert_eq!(store.keys("notes", "%", "").unwrap(), Vec::<String>::new());
    assert_eq!(store.size("notes", &["other"]).unwrap(), 6 + 1 + 6 + 2);
    store
        .apply(&changes("notes", &[("list/a", None)], &[]), None)
        .unwrap();
    assert_eq!(store.get("notes", "list/a").unwrap(), None);
}

#[test]
fn an_event_is_taken_once_and_stays_until_it_was_dealt_with() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state").join("skills.db");
    let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    let events = [
        event("tea", 1_000, None),
        event("wake", 2_000, Some("0 7 * * *")),
        event("later", 9_000, None),
    ];
    one.apply(&changes("timer", &[], &events), None).unwrap();
    one.apply(&changes("gone", &[], &[event("x", 1, None)]), None)
        .unwrap();
    assert_eq!(other.upcoming().unwrap().get("timer"), Some(&1_000));
    let due = taken(&one, 2_500);
    assert_eq!(
        due.iter()
            .map(|due| due.event.id.as_str())
            .collect::<Vec<_>>(),
        ["tea", "wake"]
    );
    assert!(taken(&other, 2_600).is_empty());
    one.apply(&Changes::default(), Some(&over(&due[0], None)))
        .unwrap();
    one.apply(&Changes::default(), Some(&over(&due[1], Some(50_000))))
        .unwrap();
    assert_eq!(other.scheduled("timer").unwrap().len(), 2);
    // Whoever took it is gone: another one takes it, later.
    let late = taken(&one, 9_000);
    assert_eq!((late.len(), late[0].attempts), (1, 0));
    drop(one);
    let again = taken(&other, 9_000 + 15_000);
    assert_eq!(
        (again[0].event.id.as_str(), again[0].attempts),
        ("later", 1)
    );
    // Scheduled anew meanwhile, it stays.
    other
        .apply(
            &changes("timer", &[], &[event("later", 99_000, None)]),
            None,
        )
        .unwrap();
    other
        .apply(&Changes::default(), Some(&over(&again[0], None)))
        .unwrap();
    assert!(
        other
            .scheduled("timer")
            .unwrap()
            .iter()
            .any(|event| event.id == "later")
    );
}

#[test]
fn a_database_that_cannot_be_opened_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let blocked = directory.path().join("state");
    std::fs::write(&blocked, "no directory").unwrap();
    let database = Database::new(Some(blocked.join("skills.db")));
    assert!(database.store().is_err());
    std::fs::remove_file(&blocked).unwrap();
    // For a while it is left alone.
    assert!(database.store().is_err());
    *database.failed.lock() = None;
    assert!(database.store().is_ok());
}

#[test]
fn a_database_of_an_earlier_version_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("skills.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "CREATE TABLE events (
            skill TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, due_ms INTEGER NOT NULL, cron TEXT,
            attempts INTEGER NOT NULL DEFAULT 0, taken_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (skill, id)
        ) WITHOUT ROWID;
        INSERT INTO events (skill, id, name, payload, due_ms) VALUES ('timer', 'tea', 'ring', '', 1000);",
    )
    .unwrap();
    drop(old);
    for _ in 0..2 {
        let store = Store::open(&path).unwrap();
        assert_eq!(store.scheduled("timer").unwrap().len(), 1);
    }
    let number: u32 = Connection::open(&path)
        .and_then(|file| file.pragma_query_value(None, "user_version", |row| row.get(0)))
        .unwrap();
    assert_eq!(number, 1);
    let store = Store::open(&path).unwrap();
    let due = taken(&store, 2_000).remove(0);
    assert_eq!((due.attempts, due.first_tried_ms), (0, 2_000));
    // Put off, it comes later, and counts no attempt; it is known since when it is tried.
    store.postpone(&due, 5_000, due.attempts).unwrap();
    assert!(taken(&store, 4_999).is_empty());
    let again = taken(&store, 5_000).remove(0);
    assert_eq!(again, due);
}

#[test]
fn what_is_kept_is_its_owners_alone_and_what_was_not_is_made_so() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let path = state.join("skills.db");
    let modes = || -> Vec<u32> {
        let entries = std::fs::read_dir(&state).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        paths.chain([state.clone()]).map(mode).collect()
    };
    let store = Store::open(&path).unwrap();
    store
        .apply(&changes("notes", &[("a", Some("secret"))], &[]), None)
        .unwrap();
    // The database, its log, the log's index, and the directory.
    assert_eq!(modes().len(), 4);
    assert!(
        modes().iter().all(|mode| mode & 0o077 == 0),
        "{:?}",
        modes()
    );
    // As an earlier version left it, while another Jane has it open.
    for entry in std::fs::read_dir(&state).unwrap() {
        let mode = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(entry.unwrap().path(), mode).unwrap();
    }
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o777)).unwrap();
    let other = Store::open(&path).unwrap();
    assert!(
        modes().iter().all(|mode| mode & 0o077 == 0),
        "{:?}",
        modes()
    );
    assert_eq!(other.get("notes", "a").unwrap(), Some(b"secret".to_vec()));
}

#[test]
fn a_damaged_database_is_put_aside_and_a_new_one_is_begun() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("skills.db");
    let whole = {
        let store = Store::open(&path).unwrap();
        let value = "x".repeat(50_000);
        let kept = changes("notes", &[("a", Some(value.as_str()))], &[]);
        store.apply(&kept, None).unwrap();
        drop(store);
        std::fs::read(&path).unwrap()
    };
    let mut torn = whole.clone();
    torn[..100].fill(7);
    let mut scribbled = whole;
    scribbled[100..5_000].fill(0xff);
    let text = b"not a database, but long enough to be looked at as one".to_vec();
    for damaged in [text, torn, scribbled] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        std::fs::write(&path, &damaged).unwrap();
        // Two at once, as two Janes are.
        let stores = std::thread::scope(|scope| {
            let opened = [0, 1].map(|_| scope.spawn(|| Store::open(&path).unwrap()));
            opened.map(|one| one.join().unwrap())
        });
        let kept = changes("notes", &[("a", Some("milk"))], &[]);
        stores[0].apply(&kept, None).unwrap();
        let read = stores[1].get("notes", "a").unwrap();
        assert_eq!(read, Some(b"milk".to_vec()));
        let aside: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let name = path.display().to_string();
                name.contains("skills.db.damaged-")
                    && !name.ends_with("wal")
                    && !name.ends_with("shm")
            })
            .collect();
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert_eq!(std::fs::read(&aside[0]).unwrap(), damaged);
    }
}
