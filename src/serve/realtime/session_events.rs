//! What happens in the live conversation, as the client is told of it.

use jane_audio::SPEECH_RATE;
use jane_core::event::{Event, TurnOutcome};
use serde_json::json;
use tokio::time::Instant;

use super::conversation::Conversation;
use super::items;
use super::response::{Outcome, Response};
use super::server_events::Problem;
use super::speech::Speech;
use super::tools::Asked;
use crate::conversation::live::Control;
use crate::serve::id;
use crate::serve::sessions::Talk;

/// Something that happens in the live conversation.
pub enum SessionEvent {
    /// She says so much.
    Spoken(Vec<f32>),
    Event(Event),
    /// So much was understood of what is being said.
    Partial(String),
    /// It is over.
    Over,
}

/// The next thing that happens; nothing where there is no conversation yet.
pub async fn happens(talk: &mut Option<Talk>) -> SessionEvent {
    let Some(talk) = talk else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        Some(samples) = talk.spoken.recv() => SessionEvent::Spoken(samples),
        event = talk.events.recv() => event.map_or(SessionEvent::Over, SessionEvent::Event),
        Ok(()) = talk.view.changed() => SessionEvent::Partial(talk.view.borrow_and_update().partial.clone()),
    }
}

impl Conversation {
    pub(super) fn spoken(&mut self, samples: &[f32]) {
        if let Some(response) = &mut self.response {
            response.speak(samples, &mut self.items, &mut self.out);
        }
    }

    /// What was understood so far; what is sure of it is told.
    pub(super) fn partial(&mut self, partial: &str) {
        if let Some(speech) = &mut self.speech
            && let Some(more) = speech.understood(partial)
        {
            let delta = json!({"item_id": speech.item, "content_index": 0, "delta": more});
            self.out
                .tell("conversation.item.input_audio_transcription.delta", delta);
        }
    }

    pub(super) fn happened(&mut self, event: Event) {
        match event {
            Event::SpeechStarted { at_seconds } if self.settings.detects_turns => {
                self.last = Instant::now();
                let item = id("item_");
                self.out.tell(
                    "input_audio_buffer.speech_started",
                    json!({"audio_start_ms": milliseconds(at_seconds), "item_id": item}),
                );
                self.speech = Some(Speech::new(item));
            }
            Event::SpeechDropped { .. } => {
                self.listen_again();
                if let Some(speech) = self.speech.take() {
                    self.stopped(&speech.item);
                }
                if let Some(item) = self.committed.take() {
                    self.transcribed(&item, "", 0.0);
                }
                self.unanswered("nothing_heard");
            }
            Event::Transcript {
                turn: Some(_),
                text,
                audio_seconds,
                ..
            } => {
                self.last = Instant::now();
                self.listen_again();
                self.awaits = false;
                if let Some(item) = self.committed.take() {
                    self.transcribed(&item, &text, audio_seconds);
                } else if let Some(speech) = self.speech.take() {
                    let item = speech.item.clone();
                    self.stopped(&item);
                    self.committed(&item);
                    if let Some(rest) = speech.rest(&text) {
                        self.out.tell(
                            "conversation.item.input_audio_transcription.delta",
                            json!({"item_id": item, "content_index": 0, "delta": rest}),
                        );
                    }
                    self.transcribed(&item, &text, audio_seconds);
                }
                self.response = Some(Response::begin(self.settings.speaks, &mut self.out));
                for asked in std::mem::take(&mut self.early) {
                    self.call(asked);
                }
            }
            Event::Announcement { .. } => {
                self.response = Some(Response::begin(self.settings.speaks, &mut self.out));
            }
            Event::ReplyDelta { text, .. } => {
                let (items, out) = (&mut self.items, &mut self.out);
                if let Some(response) = &mut self.response {
                    response.write(&text, items, out);
                }
            }
            Event::ReplyCut { heard, .. } => {
                if let Some(response) = &mut self.response {
                    response.heard = Some(heard);
                }
            }
            Event::TurnEnded {
                outcome, waterfall, ..
            } => {
                self.last = Instant::now();
                // Calls that nobody waits for any more.
                self.waiting.clear();
                self.results.clear();
                let Some(mut response) = self.response.take() else {
                    return;
                };
                while let Some(talk) = &mut self.talk
                    && let Ok(samples) = talk.spoken.try_recv()
                {
                    // What was cut off is not played any more.
                    if response.heard.is_none() {
                        response.speak(&samples, &mut self.items, &mut self.out);
                    }
                }
                let outcome = match outcome {
                    TurnOutcome::Answered | TurnOutcome::Announced => Outcome::Completed,
                    TurnOutcome::Failed => Outcome::Failed,
                    _ => Outcome::Cancelled,
                };
                let reason = (outcome == Outcome::Failed).then_some("engine_failed");
                response.end(outcome, reason, &waterfall, &mut self.items, &mut self.out);
            }
            Event::Error { message, .. } => {
                self.out.fail(&Problem::new("engine_failed", message), None);
                self.unanswered("engine_failed");
            }
            _ => {}
        }
    }

    /// The client is to call one of its functions: once it is sure that the turn begins, for what a client does cannot be taken back.
    pub(super) fn call(&mut self, asked: Asked) {
        // Those of an attempt that came to nothing wait for nothing.
        self.early.retain(|asked| !asked.result.is_closed());
        if asked.result.is_closed() {
            return;
        }
        let Some(response) = self.response.take() else {
            self.early.push(asked);
            return;
        };
        let Asked { call, result } = asked;
        let (items, out) = (&mut self.items, &mut self.out);
        let name = id("call_");
        response.call(&name, &call.name, &call.arguments, items, out);
        self.waiting.insert(name, result);
    }

    /// The client waited for an answer, and there is none.
    fn unanswered(&mut self, reason: &'static str) {
        if std::mem::take(&mut self.awaits) && self.response.is_none() {
            let response = Response::begin(self.settings.speaks, &mut self.out);
            let waterfall = jane_core::event::Waterfall::default();
            let (items, out) = (&mut self.items, &mut self.out);
            response.end(Outcome::Failed, Some(reason), &waterfall, items, out);
        }
    }

    fn stopped(&mut self, item: &str) {
        let ms = self.appended * 1000 / u64::from(SPEECH_RATE);
        self.out.tell(
            "input_audio_buffer.speech_stopped",
            json!({"audio_end_ms": ms, "item_id": item}),
        );
    }

    fn transcribed(&mut self, item: &str, text: &str, seconds: f64) {
        self.items.replace(items::heard(item, text));
        self.out.tell(
            "conversation.item.input_audio_transcription.completed",
            json!({
                "item_id": item,
                "content_index": 0,
                "transcript": text,
                "usage": {"type": "duration", "seconds": seconds},
            }),
        );
    }

    fn listen_again(&mut self) {
        if std::mem::take(&mut self.is_deaf)
            && let Some(talk) = &self.talk
        {
            let _ = talk.controls.try_send(Control::Listen(true));
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversation lasts hours"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1000.0) as u64
}
