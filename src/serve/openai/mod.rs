//! OpenAI's interfaces under `/v1`, for programs that speak them.
//!
//! Invariants: what is not understood is refused with a code, and never guessed at; what is sent is bounded in size, time and depth;
//! errors have OpenAI's form and tell nothing of this machine.
//!
//! `models` · `chat` (completions) · `audio` (transcriptions and speech) · `body` reads what is sent · `refusal` is an error

mod audio;
mod body;
mod chat;
mod models;
mod refusal;

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Response, StatusCode, Uri};
use axum::routing::{get, post};

pub use audio::pcm;
pub use models::json_response;
pub use refusal::Refusal;

use super::{Sessions, Shared};

/// What is answered under `/v1`.
pub fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/models", get(models::list))
        .route("/models/{*model}", get(models::retrieve))
        .route("/chat/completions", post(chat::complete))
        .route(
            "/audio/transcriptions",
            post(audio::transcribe).layer(DefaultBodyLimit::max(audio::LONGEST)),
        )
        .route("/audio/speech", post(audio::speak))
        .method_not_allowed_fallback(not_allowed)
        .with_state(Shared { sessions })
}

/// Nothing is at this path.
pub async fn not_found(method: Method, uri: Uri) -> Response<Body> {
    let path: String = uri.path().chars().take(200).collect();
    let message = format!("unknown request: {method} {path}");
    Refusal::new(StatusCode::NOT_FOUND, message)
        .code("unknown_url")
        .into()
}

async fn not_allowed(method: Method) -> Response<Body> {
    let message = format!("{method} is not possible here");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).into()
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// A name for something new, such as `chatcmpl-…`.
pub fn id(prefix: &str) -> String {
    let mut random = [0; 12];
    // Without randomness names are alike, and nothing else depends on them.
    let _ = getrandom::fill(&mut random);
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{random}")
}
