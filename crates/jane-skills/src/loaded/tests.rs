use super::*;
use crate::{SkillPaths, SkillRegistry};
use jane_config::Config;
use jane_core::event::{Events, Stamped};

/// A skill that ships, and what is told about it. It lives as long as the place where its code is kept.
async fn shipped(
    name: &str,
) -> (
    Arc<Loaded>,
    tokio::sync::mpsc::UnboundedReceiver<Stamped>,
    [tempfile::TempDir; 2],
) {
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [home, cache] = &places;
    let events = Events::new();
    let told = events.subscribe();
    let place = SkillPaths {
        home: home.path().to_owned(),
        cache: cache.path().to_owned(),
        keeps: false,
        compiler: None,
    };
    let skills = SkillRegistry::new(place, &Config::default(), &events).unwrap();
    let file = format!("{}/../../plugins/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    (
        skills.load(name, file.as_ref()).await.unwrap(),
        told,
        places,
    )
}

#[tokio::test]
async fn a_panic_in_a_call_is_a_fault_of_the_skill_and_ends_nothing_else() {
    let (skill, mut told, _places) = shipped("calculator").await;
    let purpose = || CallBudget::of(None, Duration::from_secs(5));
    for count in 1..=3 {
        let called = skill.call(Lanes::Work, purpose(), no_text, |_| {
            Box::pin(async { panic!("a library of the host") })
        });
        let reason = called.await.unwrap_err().to_string();
        assert!(reason.contains("a library of the host"), "{reason}");
        let told = loop {
            if let Event::SkillFaulted { reason, .. } = told.recv().await.unwrap().event {
                break reason;
            }
        };
        assert_eq!(told, reason);
        assert_eq!(skill.is_quarantined(), count == 3);
        // It is left alone for a while.
        while !skill.faults().may_run(Instant::now()) && count < 3 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let event = told.recv().await.unwrap().event;
    assert!(matches!(event, Event::SkillQuarantined { .. }));
}

#[tokio::test]
async fn a_call_is_made_once_more_where_what_it_read_was_changed_meanwhile() {
    let (skill, _told, _places) = shipped("calculator").await;
    let services = Arc::clone(&skill.own.services);
    let key = ("calculator".to_owned(), "n".to_owned());
    let keep = move |changes: &mut super::super::store::Changes, value: usize| {
        let value = Some(value.to_string().into_bytes());
        changes.entries.insert(key.clone(), value);
    };
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let purpose = CallBudget::of(None, Duration::from_secs(5));
    let called = skill.call(Lanes::Work, purpose, no_text, move |instance| {
        let call = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let store = services.store().unwrap();
        let found = store.get("calculator", "n").unwrap();
        let guest = instance.store.data_mut();
        guest.staged.reads.value("calculator", "n", &found);
        keep(&mut guest.staged.changes, 100 + call);
        // Another one is faster, twice.
        if call < 2 {
            let mut changes = super::super::store::Changes::default();
            keep(&mut changes, call);
            store.apply(&changes, None).unwrap();
        }
        Box::pin(async { Ok(Ok(())) })
    });
    let called = called.await;
    assert_eq!(called, Ok(()));
    let kept = skill.own.services.store().unwrap().get("calculator", "n");
    assert_eq!(kept.unwrap(), Some(b"102".to_vec()));
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 3);
}
