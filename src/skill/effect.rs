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
            self.stored(move |store| store.apply(&changes, over.as_ref()))
                .await?;
        }
        for (place, wish) in places.zip(wishes) {
            place.send(wish);
        }
        Ok(())
    }

    /// A turn is certain: what skills did for it takes effect.
    pub async fn settle(self: &Arc<Self>, turn: &Arc<Turn>) {
        let order = turn.in_order().await;
        turn.make_certain();
        let changes = turn.pending(Clone::clone);
        if !changes.is_empty() {
            let changes = Arc::new(changes);
            let mut attempt = 1;
            while let Err(error) = {
                let changes = Arc::clone(&changes);
                self.stored(move |store| store.apply(&changes, None)).await
            } {
                if attempt == ATTEMPTS {
                    tracing::error!(%error, "what skills did for this turn is lost");
                    self.events.emit(Event::Warning {
                        message: format!("what skills were to keep of this turn is lost: {error}"),
                        hint: Some("is the disk full, or the database damaged?".to_owned()),
                    });
                    break;
                }
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
        let wishes = turn.settled();
        drop(order);
        for wish in wishes {
            // Nobody waits for this, so it waits for a place; where nobody listens, there is nobody to tell.
            let _ = self.wishes.send(wish).await;
        }
    }
}
