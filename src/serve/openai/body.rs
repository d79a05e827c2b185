//! What a client sends: bounded in size and time, and JSON in depth (the parser refuses more than 128 levels).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use serde::de::DeserializeOwned;

use super::Refusal;

/// Bytes of JSON: more than any window of a model holds.
const LONGEST: usize = 8 << 20;

/// How long it may take to arrive.
const ARRIVING: Duration = Duration::from_secs(30);

/// Reads JSON.
///
/// # Errors
/// 413 where it is too long, 408 where it does not come, 400 where it is something else.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    is_short(headers, LONGEST)?;
    let reading = tokio::time::timeout(ARRIVING, to_bytes(body, LONGEST)).await;
    let bytes = reading
        .map_err(|_| slow())?
        .map_err(|error| match is_limit(&error) {
            true => too_long(LONGEST),
            false => Refusal::wrong("the body broke off"),
        })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::wrong(format!(
            "the body is not the JSON that is expected: {error}"
        ))
        .code("invalid_json")
    })
}

/// Refuses what says itself that it is longer than `most`.
///
/// # Errors
/// 413.
pub fn is_short(headers: &HeaderMap, most: usize) -> Result<(), Refusal> {
    let stated = headers.get(CONTENT_LENGTH);
    let stated = stated.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match stated {
        Some(stated) if stated > most as u64 => Err(too_long(most)),
        _ => Ok(()),
    }
}

fn is_limit(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// It did not come in time.
pub fn slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
}

/// It is longer than `most` bytes.
pub fn too_long(most: usize) -> Refusal {
    let message = format!("the body is longer than {most} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message).code("too_large")
}
