//! What skills did takes effect: their changes are stored, and what they want said is handed over.
//!
//! Invariants: what a call did takes effect whole or not at all, after the call and outside of its time; what was done for one turn takes
//! effect in the order of the calls; a turn becomes certain whatever the database does.

use std::sync::Arc;
use std::time::Duration;

use super::host_state::HostServices;
use super::outbox;
use super::request::{Announcement, SkillRequest, Urgency};
use super::store::{Over, Store, StoreError};
use super::transaction::{Again, SkillTransaction, Staged};
use jane_core::event::Event;

/// How often what was done for a turn is tried to be stored, and the pause in between: another Jane may have the database.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Why what a call did took no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoEffect {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is too much to say already")]
    TooMuchToSay,
    /// What the call read is not so any more: it may be made once more.
    #[error("what it works with was changed at the same time")]
    Changed,
}

impl HostServices {
    /// Works with the database where it holds nobody up.
    pub async fn stored<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let services = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(services.store()?));
        match done.await {
            Ok(result) => result,
            Err(error) => Err(StoreError::new(error.to_string())),
        }
    }

    /// A call is over: what it did takes effect with its turn where that is not certain yet, else now. The event that it dealt with is
    /// `over` in the same step.
    ///
    /// # Errors
    /// Why nothing of it took effect.
    pub async fn finish(
        self: &Arc<Self>,
        turn: Option<&Arc<SkillTransaction>>,
        staged: Staged,
        over: Option<Over>,
    ) -> Result<(), NoEffect> {
        if staged.is_empty() && over.is_none() {
            return Ok(());
        }
        let (this, turn) = (Arc::clone(self), turn.map(Arc::clone));
        // Whoever waits for this may be dropped half-way.
        let finishing = tokio::spawn(async move {
            let Some(turn) = turn else {
                let session = over.as_ref().and_then(|over| this.origins.of(over));
                return this.take_effect(staged, over, session).await;
            };
            let _order = turn.in_order().await;
            match turn.keep(staged) {
                None => Ok(()),
                Some(staged) => this.take_effect(staged, over, turn.session()).await,
            }
        });
        match finishing.await {
            Ok(result) => result,
            Err(error) => Err(StoreError::new(error.to_string()).into()),
        }
    }

    async fn take_effect(
        self: &Arc<Self>,
        staged: Staged,
        over: Option<Over>,
        session: Option<u64>,
    ) -> Result<(), NoEffect> {
        let Staged {
            mut changes,
            mut wishes,
            reads,
            ..
        } = staged;
        let places = match wishes.len() {
            0 => None,
            count => Some(self.wishes.try_reserve_many(count)),
        };
        let places = places
            .transpose()
            .map_err(|_| NoEffect::TooMuchToSay)?
            .into_iter()
            .flatten();
        if over.is_some() {
            outbox::keep(self, &mut changes, &mut wishes);
        }
        if !changes.is_empty() || over.is_some() {
            let (scheduled, dealt_with) = (changes.events.clone(), over.clone());
            let apply = move |store: &Store| store.apply_if(&changes, over.as_ref(), &reads);
            if !self.stored(apply).await? {
                return Err(NoEffect::Changed);
            }
            self.origins
                .changed(&scheduled, dealt_with.as_ref(), session);
            if !scheduled.is_empty() {
                self.rescheduled.notify_one();
            }
        }
        for (place, wish) in places.zip(wishes) {
            place.send(wish);
        }
        Ok(())
    }

    /// Stores what was kept for a turn, in several attempts.
    async fn store_pending(self: &Arc<Self>, turn: &SkillTransaction) -> Result<Kept, StoreError> {
        let (changes, reads, may_be_called_again) = turn.unsettled();
        if changes.is_empty() {
            return Ok(Kept::All);
        }
        let scheduled = changes.events.clone();
        let pending = Arc::new((changes, reads));
        let mut attempt = 1;
        loop {
            let pending = Arc::clone(&pending);
            let stored = self.stored(move |store| store.apply_if(&pending.0, None, &pending.1));
            match stored.await {
                Err(_) if attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                stored => {
                    if matches!(stored, Ok(true)) {
                        self.origins.changed(&scheduled, None, turn.session());
                    }
                    if !scheduled.is_empty() {
                        self.rescheduled.notify_one();
                    }
                    return Ok(match (stored?, may_be_called_again) {
                        (true, _) => Kept::All,
                        (false, true) => Kept::Again,
                        (false, false) => Kept::Nothing,
                    });
                }
            }
        }
    }

    /// A turn is certain: what skills did for it takes effect. Where what that follows from was changed meanwhile, the calls that did it are made
    /// once more.
    pub async fn settle(self: &Arc<Self>, turn: &Arc<SkillTransaction>) {
        let order = turn.in_order().await;
        turn.make_certain();
        let kept = self.store_pending(turn).await;
        let (wishes, calls) = turn.settled();
        drop(order);
        let lost = match kept {
            Ok(Kept::All) => None,
            Ok(Kept::Again) => {
                tracing::info!("what skills did for this turn is done once more");
                return self.call_again(calls, turn.session()).await;
            }
            Ok(Kept::Nothing) => Some(NoEffect::Changed.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = &lost {
            self.tell_lost(reason);
        }
        for wish in wishes {
            // Nobody waits for this, so it waits for a place; where nobody listens, there is nobody to tell.
            let _ = self.wishes.send(wish).await;
        }
    }

    /// Makes the calls of a turn that is certain once more, in their order. What was said of them is what they said before: where one comes to
    /// nothing now, she says so.
    async fn call_again(&self, calls: Vec<Again>, session: Option<u64>) {
        for again in calls {
            let Err(error) = again.call().await else {
                continue;
            };
            self.tell_lost(&error.to_string());
            let text = "What you just asked for was not kept, since it was changed elsewhere at the same time. Please say it again.";
            let said = SkillRequest::Say(Announcement {
                skill: again.skill,
                text: text.to_owned(),
                urgency: Urgency::Normal,
                expect_reply: false,
                session,
                entry: None,
            });
            let _ = self.wishes.send(said).await;
            return;
        }
    }

    fn tell_lost(&self, reason: &str) {
        tracing::error!(reason, "what skills did for this turn is lost");
        self.events.emit(Event::Warning {
            message: format!("what skills were to keep of this turn is lost: {reason}"),
            hint: Some(
                "is the disk full, the database damaged, or another Jane at the same?".to_owned(),
            ),
        });
    }
}

/// What became of what was kept for a turn.
enum Kept {
    All,
    /// Nothing, and the calls may be made once more.
    Again,
    Nothing,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::future::BoxFuture;
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::host::HttpClient;
    use crate::instance::CallError;
    use crate::origins::Origins;
    use crate::request;
    use crate::store::{Changes, Database, Due, Scheduled};
    use jane_core::event::{Events, Stamped};

    struct World {
        services: Arc<HostServices>,
        wishes: mpsc::Receiver<SkillRequest>,
        events: mpsc::UnboundedReceiver<Stamped>,
    }

    /// Skills that keep what they do at `path`, or in memory.
    fn world(path: Option<&Path>) -> World {
        let (sender, wishes) = request::channel();
        let events = Events::new();
        let subscribed = events.subscribe();
        let services = HostServices {
            database: Database::new(path.map(Path::to_path_buf)),
            rescheduled: Notify::new(),
            events,
            origins: Origins::default(),
            wishes: sender,
            http: HttpClient::new(),
            model: Arc::new(|| None),
        };
        World {
            services: Arc::new(services),
            wishes,
            events: subscribed,
        }
    }

    fn wish() -> SkillRequest {
        SkillRequest::CancelTurn {
            skill: "one".to_owned(),
            turn: 1,
        }
    }

    /// Keeps `value`, and wants something.
    fn staged(value: &str) -> Staged {
        let mut staged = Staged::default();
        let key = ("one".to_owned(), "key".to_owned());
        let value = Some(value.as_bytes().to_vec());
        staged.changes.entries.insert(key, value);
        staged.wishes.push(wish());
        staged
    }

    /// An event of `one` that comes once.
    fn tea() -> Scheduled {
        Scheduled {
            id: "tea".to_owned(),
            name: "ring".to_owned(),
            payload: String::new(),
            due_ms: 1_000,
            cron: None,
        }
    }

    /// That it was dealt with.
    fn over(tea: &Scheduled) -> Over {
        Over {
            due: Due {
                skill: "one".to_owned(),
                event: tea.clone(),
                attempts: 0,
                first_tried_ms: 1_000,
            },
            next: None,
        }
    }

    impl World {
        fn kept(&self) -> Option<String> {
            let kept = self.services.store().unwrap().get("one", "key").unwrap();
            kept.map(|value| String::from_utf8(value).unwrap())
        }
    }

    #[tokio::test]
    async fn what_was_done_for_a_turn_takes_effect_when_it_is_certain_and_in_order() {
        let mut world = world(None);
        let services = Arc::clone(&world.services);
        let turn = SkillTransaction::new(1, Duration::ZERO, false);
        for value in ["first", "second"] {
            let finished = services.finish(Some(&turn), staged(value), None).await;
            assert_eq!(finished, Ok(()));
        }
        let seen = turn.pending(|changes| changes.entry("one", "key").cloned());
        assert_eq!(seen, Some(Some(b"second".to_vec())));
        assert_eq!(world.kept(), None);
        assert!(world.wishes.try_recv().is_err());
        services.settle(&turn).await;
        assert_eq!(world.kept().as_deref(), Some("second"));
        assert!(turn.pending(Changes::is_empty));
        assert!(world.wishes.try_recv().is_ok() && world.wishes.try_recv().is_ok());
        // From now on at once.
        let finished = services.finish(Some(&turn), staged("third"), None).await;
        assert_eq!(finished, Ok(()));
        assert_eq!(world.kept().as_deref(), Some("third"));
        assert!(world.wishes.try_recv().is_ok());
    }

    #[tokio::test]
    async fn where_nothing_more_can_be_said_nothing_is_kept_and_what_is_due_stays() {
        let mut world = world(None);
        let services = Arc::clone(&world.services);
        while services.wishes.try_send(wish()).is_ok() {}
        let mut event = Staged::default();
        let key = ("one".to_owned(), "tea".to_owned());
        let tea = tea();
        event.changes.events.insert(key, Some(tea.clone()));
        assert_eq!(services.finish(None, event, None).await, Ok(()));
        let rung = services
            .finish(None, staged("rung"), Some(over(&tea)))
            .await;
        assert_eq!(rung, Err(NoEffect::TooMuchToSay));
        let left = || services.store().unwrap().scheduled("one").unwrap().len();
        assert_eq!((world.kept(), left()), (None, 1));
        // As soon as there is room, all of it happens.
        world.wishes.recv().await;
        let rung = services
            .finish(None, staged("rung"), Some(over(&tea)))
            .await;
        assert_eq!(rung, Ok(()));
        assert_eq!((world.kept().as_deref(), left()), (Some("rung"), 0));
    }

    #[tokio::test]
    async fn what_is_to_be_said_of_an_event_is_kept_until_it_begins_to_be_said() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        let mut world = world(Some(&path));
        let tea = tea();
        let key = ("one".to_owned(), "tea".to_owned());
        let mut scheduling = Staged::default();
        scheduling.changes.events.insert(key, Some(tea.clone()));
        world.services.finish(None, scheduling, None).await.unwrap();
        let mut rung = Staged::default();
        rung.wishes.push(SkillRequest::Say(Announcement {
            skill: "one".to_owned(),
            text: "The tea is ready.".to_owned(),
            urgency: Urgency::Interrupt,
            expect_reply: false,
            session: None,
            entry: None,
        }));
        world
            .services
            .finish(None, rung, Some(over(&tea)))
            .await
            .unwrap();
        // As after a death of this process, which is not there to remove anything.
        let Ok(SkillRequest::Say(said)) = world.wishes.try_recv() else {
            panic!("nothing is said");
        };
        drop(said);
        let again = outbox::take(&world.services).unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].text, "The tea is ready.");
        let begins = again[0].clone();
        tokio::task::spawn_blocking(move || begins.begins())
            .await
            .unwrap();
        while !outbox::take(&world.services).unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Adds one to the number of `one`, as a call of a skill does for a turn, and can do so once more.
    fn add(
        services: &Arc<HostServices>,
        turn: Option<&Arc<SkillTransaction>>,
    ) -> BoxFuture<'static, Result<(), NoEffect>> {
        let (services, turn) = (Arc::clone(services), turn.map(Arc::clone));
        Box::pin(async move { add_now(&services, turn.as_ref()).await })
    }

    async fn add_now(
        services: &Arc<HostServices>,
        turn: Option<&Arc<SkillTransaction>>,
    ) -> Result<(), NoEffect> {
        let pending =
            turn.and_then(|turn| turn.pending(|changes| changes.entry("one", "key").cloned()));
        let mut staged = Staged::default();
        let found = match pending {
            Some(found) => found,
            None => {
                let found = services.store().unwrap().get("one", "key").unwrap();
                staged.reads.value("one", "key", &found);
                found
            }
        };
        let number = found.map_or(0, |found| {
            String::from_utf8(found).unwrap().parse().unwrap()
        });
        let number: u32 = number;
        let key = ("one".to_owned(), "key".to_owned());
        let value = (number + 1).to_string().into_bytes();
        staged.changes.entries.insert(key, Some(value));
        let again = Arc::clone(services);
        staged.calls.push(Again::new("one", move || {
            let services = Arc::clone(&again);
            Box::pin(async move { Ok(add(&services, None).await?) })
        }));
        services.finish(turn, staged, None).await
    }

    #[tokio::test]
    async fn what_was_changed_meanwhile_is_not_lost_when_a_turn_becomes_certain() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("skills.db");
        let (mut one, other) = (world(Some(&path)), world(Some(&path)));
        let turn = SkillTransaction::new(1, Duration::ZERO, false);
        for _ in 0..2 {
            add(&one.services, Some(&turn)).await.unwrap();
        }
        assert_eq!(one.kept(), None);
        // Another Jane keeps something of the same skill before.
        add(&other.services, None).await.unwrap();
        one.services.settle(&turn).await;
        assert_eq!(one.kept().as_deref(), Some("3"));
        assert!(one.events.try_recv().is_err() && one.wishes.try_recv().is_err());
        // What was sent elsewhere is not sent twice: it is told that it is lost.
        let turn = SkillTransaction::new(2, Duration::ZERO, false);
        let mut staged = staged("x");
        staged.reads.value("one", "key", &None);
        staged.is_sent = true;
        one.services
            .finish(Some(&turn), staged, None)
            .await
            .unwrap();
        one.services.settle(&turn).await;
        assert_eq!(one.kept().as_deref(), Some("3"));
        let told = one.events.try_recv().unwrap().event;
        assert!(
            matches!(told, Event::Warning { message, .. } if message.contains("at the same time"))
        );
        // One that comes to nothing the second time is told, and said.
        let turn = SkillTransaction::new(3, Duration::ZERO, false);
        let mut staged = Staged::default();
        staged
            .changes
            .entries
            .insert(("one".to_owned(), "key".to_owned()), None);
        staged.reads.value("one", "key", &None);
        staged.calls.push(Again::new("one", || {
            Box::pin(async { Err(CallError::Busy) })
        }));
        one.services
            .finish(Some(&turn), staged, None)
            .await
            .unwrap();
        one.services.settle(&turn).await;
        let said = one.wishes.try_recv().unwrap();
        assert!(
            matches!(said, SkillRequest::CancelTurn { .. }),
            "that of the turn before"
        );
        let said = one.wishes.try_recv().unwrap();
        assert!(matches!(said, SkillRequest::Say(said) if said.text.contains("not kept")));
        assert_eq!(one.kept().as_deref(), Some("3"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_becomes_certain_and_is_heard_without_a_database() {
        let directory = tempfile::tempdir().unwrap();
        let blocked = directory.path().join("state");
        std::fs::write(&blocked, "no directory").unwrap();
        let path = blocked.join("skills.db");
        let mut world = world(Some(&path));
        let services = Arc::clone(&world.services);
        let turn = SkillTransaction::new(1, Duration::ZERO, false);
        let finished = services.finish(Some(&turn), staged("lost"), None).await;
        assert_eq!(finished, Ok(()));
        services.settle(&turn).await;
        turn.certain().await;
        assert!(world.wishes.try_recv().is_ok());
        let told = world.events.try_recv().unwrap().event;
        assert!(matches!(told, Event::Warning { message, .. } if message.contains("is lost")));
        // A call for a turn that is certain has no effect, and is told so.
        let finished = services.finish(Some(&turn), staged("lost"), None).await;
        assert!(matches!(finished, Err(NoEffect::Store(_))));
        assert!(world.wishes.try_recv().is_err());
    }
}
