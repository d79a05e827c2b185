//! An error in OpenAI's form.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use jane_audio::AudioError;
use jane_engines::BackendError;
use serde_json::{Value, json};

use super::super::sessions::{Full, HearingError};
use crate::conversation::TurnError;

/// Seconds after which a client that found no place may try again.
const AGAIN: &str = "5";

/// Why a request is not answered.
#[derive(Debug, Clone)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    code: Option<&'static str>,
    param: Option<&'static str>,
}

impl Refusal {
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            code: None,
            param: None,
        }
    }

    /// The request is wrong, as `message` says.
    #[must_use]
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// This part of the request is wrong.
    #[must_use]
    pub fn of(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param),
            ..Self::wrong(message)
        }
    }

    /// `model` is none of hers.
    #[must_use]
    pub fn no_model(model: &str, known: &[&str]) -> Self {
        let model: String = model.chars().take(100).collect();
        let known = known.join("`, `");
        Self {
            param: Some("model"),
            code: Some("model_not_found"),
            ..Self::new(
                StatusCode::NOT_FOUND,
                format!("there is no model `{model}`; use `{known}`"),
            )
        }
    }

    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The error as JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({"error": {
            "message": self.message,
            "type": kind,
            "param": self.param,
            "code": self.code,
        }})
    }
}

impl From<Refusal> for Response<Body> {
    fn from(refusal: Refusal) -> Self {
        let mut response = Response::new(Body::from(refusal.value().to_string()));
        *response.status_mut() = refusal.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if refusal.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(AGAIN));
        }
        if refusal.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        self.into()
    }
}

impl From<Full> for Refusal {
    fn from(full: Full) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, full.to_string()).code("sessions_full")
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        if let Some((prompt, window)) = error.too_long() {
            let message = format!(
                "the messages have {prompt} tokens, and at most {} have room beside the reply",
                window.tokens.saturating_sub(window.reply)
            );
            return Self::of("messages", message).code("context_length_exceeded");
        }
        tracing::warn!(%error, "a request over the network could not be answered");
        let hint = error.hint().map(|hint| format!(" ({hint})"));
        let message = format!("{error}{}", hint.unwrap_or_default());
        let status = match error.is_down() {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, message).code("engine_failed")
    }
}

impl From<AudioError> for Refusal {
    fn from(error: AudioError) -> Self {
        Self {
            param: Some("file"),
            code: Some("audio_unreadable"),
            ..Self::wrong(unnamed(&error))
        }
    }
}

/// What is wrong, without the name that the recording has here.
fn unnamed(error: &AudioError) -> String {
    let text = error.to_string();
    match text.split('`').collect::<Vec<_>>().as_slice() {
        [before, _path, behind @ ..] => format!("{before}the recording{}", behind.join("`")),
        _ => text,
    }
}

impl From<TurnError> for Refusal {
    fn from(error: TurnError) -> Self {
        match error {
            TurnError::Audio(error) => error.into(),
            TurnError::Backend(error) => error.into(),
        }
    }
}

impl From<HearingError> for Refusal {
    fn from(error: HearingError) -> Self {
        match error {
            HearingError::Audio(error) => error.into(),
            HearingError::Backend(error) => error.into(),
        }
    }
}
