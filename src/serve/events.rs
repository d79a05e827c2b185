//! `/events`: what happens in the whole server, as server-sent events.
//!
//! Invariants: it is for whoever has the token; no word that was said is in it, for those who talk to her are not all the same person; who
//! takes too little loses their own stream, and holds up nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use tokio::sync::{Semaphore, mpsc};

use super::openai::Refusal;
use super::sessions::Sessions;

/// Those who look at once.
const MOST: usize = 16;

/// Events that may wait for one of them.
const WAITING: usize = 256;

/// How often something is sent where nothing happens, so that who is gone is noticed.
const ALIVE: Duration = Duration::from_secs(15);

#[derive(Clone)]
struct Watched {
    sessions: Sessions,
    places: Arc<Semaphore>,
}

pub fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/events", get(events))
        .with_state(Watched {
            sessions,
            places: Arc::new(Semaphore::new(MOST)),
        })
}

/// All that happens from now on.
async fn events(State(watched): State<Watched>) -> Response {
    let Ok(place) = watched.places.try_acquire_owned() else {
        let message = "as many look at her events as may: try again later";
        return Refusal::new(StatusCode::TOO_MANY_REQUESTS, message).into_response();
    };
    let mut happened = watched.sessions.events().subscribe();
    let ending = watched.sessions.ending().clone();
    let (sender, waiting) = mpsc::channel::<Sent>(WAITING);
    tokio::spawn(async move {
        let _place = place;
        loop {
            let stamped = tokio::select! {
                () = ending.cancelled() => return,
                () = sender.closed() => return,
                Some(stamped) = happened.recv() => stamped,
                else => return,
            };
            if !stamped.event.holds_no_word() {
                continue;
            }
            let Ok(told) = serde_json::to_string(&stamped) else {
                continue;
            };
            if sender.try_send(Sent::default().data(told)).is_err() {
                return;
            }
        }
    });
    let stream = stream::unfold(waiting, |mut waiting| async move {
        let sent = waiting.recv().await?;
        Some((Ok::<_, Infallible>(sent), waiting))
    });
    let alive = KeepAlive::new().interval(ALIVE);
    let sent = Sse::new(stream).keep_alive(alive);
    ([(CACHE_CONTROL, "no-store")], sent).into_response()
}
