//! What skills did takes effect: their changes are stored, and what they want said is handed over.
//!
//! Invariants: what a call did takes effect whole or not at all, after the call and outside of its time; what was done for one turn takes
//! effect in the order of the calls; a turn becomes certain whatever the database does.

use std::sync::Arc;
use std::time::Duration;

use super::guest::Services;
use super::store::{Over, Store, StoreError};
use super::turn::{Staged, Turn};
use crate::event::Event;

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
}

impl Services {
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
        turn: Option<&Arc<Turn>>,
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
                return this.take_effect(staged, over).await;
            };
            let _order = turn.in_order().await;
            match turn.keep(staged) {
                None => Ok(()),
                Some(staged) => this.take_effect(staged, over).await,
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
    ) -> Result<(), NoEffect> {
        let Staged { changes, wishes } = staged;
        let places = match wishes.len() {
            0 => None,
            count => Some(self.wishes.try_reserve_many(count)),
        };
        let places = places
            .transpose()
            .map_err(|_| NoEffect::TooMuchToSay)?
            .into_iter()
            .flatten();
        if !changes.is_empty() || over.is_some() {
            let reschedules = !changes.events.is_empty();
            self.stored(move |store| store.apply(&changes, over.as_ref()))
                .await?;
            if reschedules {
                self.rescheduled.notify_one();
            }
        }
        for (place, wish) in places.zip(wishes) {
            place.send(wish);
        }
        Ok(())
    }

    /// Stores what was kept for a turn, in several attempts.
    async fn store_pending(self: &Arc<Self>, turn: &Turn) -> Result<(), StoreError> {
        let changes = Arc::new(turn.pending(Clone::clone));
        if changes.is_empty() {
            return Ok(());
        }
        let mut attempt = 1;
        loop {
            let pending = Arc::clone(&changes);
            let stored = self.stored(move |store| store.apply(&pending, None));
            match stored.await {
                Err(_) if attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                stored => {
                    if !changes.events.is_empty() {
                        self.rescheduled.notify_one();
                    }
                    return stored;
                }
            }
        }
    }

    /// A turn is certain: what skills did for it takes effect.
    pub async fn settle(self: &Arc<Self>, turn: &Arc<Turn>) {
        let order = turn.in_order().await;
        turn.make_certain();
        if let Err(error) = self.store_pending(turn).await {
            tracing::error!(%error, "what skills did for this turn is lost");
            self.events.emit(Event::Warning {
                message: format!("what skills were to keep of this turn is lost: {error}"),
                hint: Some("is the disk full, or the database damaged?".to_owned()),
            });
        }
        let wishes = turn.settled();
        drop(order);
        for wish in wishes {
            // Nobody waits for this, so it waits for a place; where nobody listens, there is nobody to tell.
            let _ = self.wishes.send(wish).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::event::{Events, Stamped};
    use crate::skill::host::HttpClient;
    use crate::skill::store::{Changes, Database, Due, Scheduled};
    use crate::skill::wish::{self, Wish};

    struct World {
        services: Arc<Services>,
        wishes: mpsc::Receiver<Wish>,
        events: mpsc::UnboundedReceiver<Stamped>,
    }

    /// Skills that keep what they do at `path`, or in memory.
    fn world(path: Option<&Path>) -> World {
        let (sender, wishes) = wish::channel();
        let events = Events::new();
        let subscribed = events.subscribe();
        let services = Services {
            database: Database::new(path.map(Path::to_path_buf)),
            rescheduled: Notify::new(),
            events,
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

    fn wish() -> Wish {
        Wish::CancelTurn {
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
        let turn = Turn::new(1, Duration::ZERO, false);
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
        let tea = Scheduled {
            id: "tea".to_owned(),
            name: "ring".to_owned(),
            payload: String::new(),
            due_ms: 1_000,
            cron: None,
        };
        event.changes.events.insert(key, Some(tea.clone()));
        assert_eq!(services.finish(None, event, None).await, Ok(()));
        let over = || Over {
            due: Due {
                skill: "one".to_owned(),
                event: tea.clone(),
                attempts: 0,
                first_tried_ms: 1_000,
            },
            next: None,
        };
        let rung = services.finish(None, staged("rung"), Some(over())).await;
        assert_eq!(rung, Err(NoEffect::TooMuchToSay));
        let left = || services.store().unwrap().scheduled("one").unwrap().len();
        assert_eq!((world.kept(), left()), (None, 1));
        // As soon as there is room, all of it happens.
        world.wishes.recv().await;
        let rung = services.finish(None, staged("rung"), Some(over())).await;
        assert_eq!(rung, Ok(()));
        assert_eq!((world.kept().as_deref(), left()), (Some("rung"), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_becomes_certain_and_is_heard_without_a_database() {
        let directory = tempfile::tempdir().unwrap();
        let blocked = directory.path().join("state");
        std::fs::write(&blocked, "no directory").unwrap();
        let path = blocked.join("skills.db");
        let mut world = world(Some(&path));
        let services = Arc::clone(&world.services);
        let turn = Turn::new(1, Duration::ZERO, false);
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
