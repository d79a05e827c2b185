//! OpenAI's Realtime interface over WebSocket (the names of its general release): Jane's own live conversation, over the network.
//!
//! Invariants: a client that sends too much, or takes nothing, or says nothing for long, loses its own session; what the client is told of a
//! conversation is what happened in it; the history holds what was heard.
//!
//! `settings` is the session as the client sets it · `client` what it sends, and `asked`
//! what is done about items and answers · `server_events` what it is told · `response` an answer on its way ·
//! `items` the conversation's items · `tools` the client's functions · `conversation` is a session, and
//! `session_events` what comes of it

mod asked;
mod client;
mod conversation;
mod items;
mod response;
mod server_events;
mod session_events;
mod settings;
mod speech;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

use super::Shared;
use super::openai::Refusal;
use super::sessions::{JANE, Place, Sessions};
use conversation::Conversation;
use server_events::Out;

/// Bytes of an event of the client: ten seconds of sound are 640 kB.
const LONGEST_EVENT: usize = 4 << 20;

/// Events that may wait for the client.
const WAITING: usize = 1024;

/// How long the client may take nothing.
const STALLED: Duration = Duration::from_secs(20);

/// Events of the client in a second; sound comes a hundred times a second at most.
const MOST_EVENTS: u32 = 400;

/// The subprotocol that OpenAI's clients name.
const PROTOCOL: &str = "realtime";

/// OpenAI's names of models of this kind begin so: programs name one without asking.
const USUAL: [&str; 2] = ["gpt-realtime", "gpt-4o-realtime"];

#[derive(Deserialize)]
pub struct Parameters {
    model: Option<String>,
}

/// Begins a session.
pub async fn connect(
    State(shared): State<Shared>,
    Query(parameters): Query<Parameters>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(_) => {
            let message = "connect with a WebSocket";
            return Refusal::new(StatusCode::UPGRADE_REQUIRED, message).into_response();
        }
    };
    let sessions = shared.sessions;
    let model = parameters.model.unwrap_or_else(|| JANE.to_owned());
    let is_usual = USUAL.iter().any(|usual| model.starts_with(usual));
    if model != JANE && model != sessions.models().llm && !is_usual {
        return Refusal::no_model(&model, &[JANE]).into_response();
    }
    let place = match sessions.enter("realtime").await {
        Ok(place) => Arc::new(place),
        Err(full) => return Refusal::from(full).into_response(),
    };
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(LONGEST_EVENT)
        .max_frame_size(LONGEST_EVENT)
        .on_upgrade(move |socket| async move {
            let tracked = sessions.clone();
            tracked.tracked(serve(socket, sessions, place)).await;
        })
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client closes the connection, and is told that this is understood.
    Closed,
    /// The client is gone, or takes nothing.
    Gone,
    /// Nothing happened for too long.
    Idle,
    /// It sends too much at once.
    Flood,
    /// She ends.
    Ending,
}

async fn serve(socket: WebSocket, sessions: Sessions, place: Arc<Place>) {
    let (mut sink, mut source) = socket.split();
    let (sender, mut to_send) = mpsc::channel::<Value>(WAITING);
    let sending = async move {
        while let Some(event) = to_send.recv().await {
            let message = Message::Text(event.to_string().into());
            let sent = tokio::time::timeout(STALLED, sink.send(message)).await;
            if !matches!(sent, Ok(Ok(()))) {
                // Nothing is sent to a client that closes but the answer to that.
                return sent.is_ok().then_some(sink);
            }
        }
        Some(sink)
    };
    let receiving = async {
        let (events, incoming) = mpsc::channel(1);
        let reading = async move {
            let mut rate = Rate::default();
            while let Some(Ok(message)) = source.next().await {
                if !rate.takes_one() {
                    return End::Flood;
                }
                let event = match message {
                    Message::Text(text) => text.to_string(),
                    Message::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Message::Close(_) => return End::Closed,
                    Message::Ping(_) | Message::Pong(_) => continue,
                };
                if events.send(event).await.is_err() {
                    break;
                }
            }
            End::Gone
        };
        let conversation = Conversation::new(sessions.clone(), place, Out::new(sender));
        // The conversation ends, and its sender with it, so that what is still to be sent is sent.
        tokio::select! {
            end = reading => end,
            end = conversation.run(incoming) => end,
        }
    };
    let mut receiving = std::pin::pin!(receiving);
    let mut sending = std::pin::pin!(sending);
    let end = tokio::select! {
        end = &mut receiving => end,
        _ = &mut sending => return,
    };
    let close = match end {
        End::Gone => return,
        End::Closed => {
            if let Some(mut sink) = sending.await {
                // The answer to the client's close waits there.
                let _ = tokio::time::timeout(STALLED, sink.close()).await;
            }
            return;
        }
        End::Idle => (close_code::NORMAL, "nothing happened for a while"),
        End::Flood => (close_code::POLICY, "too many events at once"),
        End::Ending => (close_code::AWAY, "she ends"),
    };
    if let Some(mut sink) = sending.await {
        let frame = CloseFrame {
            code: close.0,
            reason: close.1.into(),
        };
        let _ = tokio::time::timeout(STALLED, sink.send(Message::Close(Some(frame)))).await;
    }
}

/// How many events came in this second.
struct Rate {
    since: tokio::time::Instant,
    count: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            since: tokio::time::Instant::now(),
            count: 0,
        }
    }
}

impl Rate {
    /// Whether one more is not too many; a burst of five seconds' worth is taken.
    fn takes_one(&mut self) -> bool {
        let second = Duration::from_secs(5);
        if self.since.elapsed() >= second {
            *self = Self::default();
        }
        self.count += 1;
        self.count <= MOST_EVENTS * 5
    }
}
