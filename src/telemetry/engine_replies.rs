//! The replies of engines, taken from the spans of their requests, for whoever measures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jane_core::event::EngineKind;
use jane_engines::worker::REPLIED;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::layer::Context;

/// A reply of an engine.
#[derive(Debug, Clone, Copy)]
pub struct ReplyTrace {
    pub role: EngineKind,
    /// Names the request among those of its worker.
    pub request: u64,
    /// When the host took it.
    pub at: Instant,
    /// How long the worker had been at the request, by its own clock.
    pub after: Duration,
}

/// Hands replies on to whoever listens; nothing is done where nobody does. Clones are one.
#[derive(Clone, Default)]
pub struct EngineReplies(Arc<ArcSwapOption<UnboundedSender<ReplyTrace>>>);

impl EngineReplies {
    /// Each reply from now on, until somebody else listens.
    #[must_use]
    pub fn listen(&self) -> UnboundedReceiver<ReplyTrace> {
        let (sender, receiver) = unbounded_channel();
        self.0.store(Some(Arc::new(sender)));
        receiver
    }

    /// What takes them from a subscriber.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        let listened = self.clone();
        let is_reply = |metadata: &Metadata<'_>| metadata.target() == REPLIED;
        let is_wanted = move |metadata: &Metadata<'_>, _: &Context<'_, S>| {
            is_reply(metadata) && listened.0.load().is_some()
        };
        // Nothing else is looked at once its place in the code is known.
        let may_be_wanted = move |metadata: &'static Metadata<'static>| match is_reply(metadata) {
            true => Interest::sometimes(),
            false => Interest::never(),
        };
        let filter = dynamic_filter_fn(is_wanted)
            .with_callsite_filter(may_be_wanted)
            .with_max_level_hint(LevelFilter::INFO);
        Hearing(self.clone()).with_filter(filter)
    }
}

struct Hearing(EngineReplies);

impl<S: Subscriber> Layer<S> for Hearing {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let (Some(listener), Some(role)) = (&*self.0.0.load(), fields.role) {
            let _ = listener.send(ReplyTrace {
                role,
                request: fields.request,
                at: Instant::now(),
                after: Duration::from_micros(fields.after_us),
            });
        }
    }
}

#[derive(Default)]
struct Fields {
    role: Option<EngineKind>,
    request: u64,
    after_us: u64,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "role" {
            let all = [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts];
            self.role = all.into_iter().find(|role| role.section() == value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "request" => self.request = value,
            "after_us" => self.after_us = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn replies_are_heard_from_when_somebody_listens() {
        let replies = EngineReplies::default();
        let subscriber = tracing_subscriber::registry().with(replies.layer());
        tracing::subscriber::with_default(subscriber, || {
            let tell = |request: u64| {
                tracing::info!(target: REPLIED, role = "llm", request, after_us = 20_u64);
            };
            tell(1);
            let mut heard = replies.listen();
            tell(2);
            tracing::info!(role = "llm", "something else");
            let reply = heard.try_recv().unwrap();
            assert_eq!((reply.role, reply.request), (EngineKind::Llm, 2));
            assert_eq!(reply.after, Duration::from_micros(20));
            assert!(heard.try_recv().is_err());
            let mut next = replies.listen();
            tell(3);
            assert_eq!(next.try_recv().unwrap().request, 3);
            assert!(heard.try_recv().is_err());
        });
    }
}
