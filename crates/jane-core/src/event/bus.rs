//! Hands events to whoever wants to know.
//!
//! Invariant: reporting an event never blocks or fails, and its time never goes back.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use parking_lot::RwLock;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::mpsc;

use super::Event;

/// An event and when it happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Stamped {
    #[serde(flatten)]
    pub event: Event,
    /// Milliseconds since the Unix epoch; never goes back within one run.
    pub at_ms: u64,
    /// The session over the network in which it happened; absent where it happened in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
}

/// Where events go: a cheap handle, cloned into whatever has something to report.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
    /// The session whose events are reported through this handle.
    session: Option<u64>,
}

struct Inner {
    /// Wall clock and monotonic clock at the start, so that `at_ms` is both readable and monotonic.
    origin: (u64, Instant),
    subscribers: RwLock<Vec<mpsc::UnboundedSender<Stamped>>>,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    #[must_use]
    pub fn new() -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        Self {
            inner: Arc::new(Inner {
                origin: (wall, Instant::now()),
                subscribers: RwLock::default(),
            }),
            session: None,
        }
    }

    /// The same, for what happens in the session of this number.
    #[must_use]
    pub fn in_session(&self, session: u64) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            session: Some(session),
        }
    }

    /// The session whose events are reported through this handle, where it is one's.
    #[must_use]
    pub fn session(&self) -> Option<u64> {
        self.session
    }

    /// A receiver of all events from now on. A receiver that is dropped is forgotten at the next event.
    #[must_use]
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<Stamped> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.inner.subscribers.write().push(sender);
        receiver
    }

    /// Whether there is anybody whom events are reported to.
    #[must_use]
    pub fn are_heard(&self) -> bool {
        let subscribers = self.inner.subscribers.read();
        subscribers.iter().any(|subscriber| !subscriber.is_closed())
    }

    /// Reports `event` to every subscriber.
    pub fn emit(&self, event: Event) {
        let (wall, start) = self.inner.origin;
        let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let stamped = Stamped {
            event,
            at_ms: wall.saturating_add(elapsed),
            session: self.session,
        };
        let mut gone = false;
        {
            let subscribers = self.inner.subscribers.read();
            for subscriber in subscribers.iter() {
                gone |= subscriber.send(stamped.clone()).is_err();
            }
        }
        if gone {
            let mut subscribers = self.inner.subscribers.write();
            subscribers.retain(|subscriber| !subscriber.is_closed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{TurnOutcome, Waterfall};

    #[test]
    fn an_event_is_one_flat_json_object_with_its_name_and_time() {
        let events = Events::new();
        let mut receiver = events.subscribe();
        events.emit(Event::TurnEnded {
            turn: 3,
            outcome: TurnOutcome::Answered,
            waterfall: Waterfall {
                stt_ms: Some(120),
                total_ms: 900,
                ..Waterfall::default()
            },
        });
        let stamped = receiver.try_recv().unwrap();
        let value = serde_json::to_value(&stamped).unwrap();
        assert_eq!(value["event"], "turn.ended");
        assert_eq!(value["stt_ms"], 120);
        assert_eq!(value["total_ms"], 900);
        assert!(value["at_ms"].as_u64().unwrap() > 1_600_000_000_000);
        assert!(value.get("session").is_none());
    }

    #[test]
    fn what_happens_in_a_session_is_told_with_its_number() {
        let events = Events::new();
        let mut receiver = events.subscribe();
        events.in_session(7).emit(Event::Idle);
        let value = serde_json::to_value(receiver.try_recv().unwrap()).unwrap();
        assert_eq!(
            (&value["event"], &value["session"]),
            (&"idle".into(), &7.into())
        );
        // The session's own number is told once.
        events.emit(Event::SessionEnded { session: 7 });
        let text = serde_json::to_string(&receiver.try_recv().unwrap()).unwrap();
        assert_eq!(text.matches("session\"").count(), 1, "{text}");
    }

    #[test]
    fn a_dropped_subscriber_is_forgotten() {
        let events = Events::new();
        drop(events.subscribe());
        assert!(!events.are_heard());
        let mut kept = events.subscribe();
        assert!(events.are_heard());
        for _ in 0..2 {
            events.emit(Event::WorkerRestarted {
                worker: "jane-llama",
                attempt: 1,
            });
        }
        assert!(kept.try_recv().is_ok() && kept.try_recv().is_ok());
        assert_eq!(events.inner.subscribers.read().len(), 1);
    }
}
