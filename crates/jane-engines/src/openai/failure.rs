//! What went wrong with a request, as the user is told, and whether it is worth asking again.
//!
//! What a server says is hostile: it is quoted after everything that could command a terminal and the key were taken out, and
//! at most [`QUOTED`] characters of it.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::secret::Secret;

/// Characters of a server's own words that are quoted.
const QUOTED: usize = 200;

/// Whether the same request may succeed a little later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    Soon,
    /// The server named the time to wait.
    After(Duration),
}

/// The prompt does not fit the model; the figures where the server states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong {
    pub prompt: Option<u32>,
    pub window: Option<u32>,
}

/// Why a request did not do what it was for.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Goes on from "the server at … ".
    pub reason: String,
    pub hint: Option<String>,
    /// As in [`crate::BackendError::Remote`].
    pub down: bool,
    pub again: Again,
    pub too_long: Option<TooLong>,
}

impl Failure {
    /// The server is there and makes no sense; asking again would not help.
    pub fn nonsense(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: None,
            down: false,
            again: Again::Never,
            too_long: None,
        }
    }

    /// The server is down, or was lost in the middle of its work.
    pub fn down(reason: impl Into<String>, again: Again) -> Self {
        Self {
            down: true,
            again,
            ..Self::nonsense(reason)
        }
    }

    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// What `jane.toml` calls the things that a hint can name.
#[derive(Debug)]
pub(super) struct Subject {
    /// `stt`, `llm` or `tts`.
    pub section: &'static str,
    pub model: String,
    pub key: Option<Secret>,
}

impl Subject {
    /// `text` from elsewhere, fit for a message: on one line, without control characters, invisible formatting and the key.
    pub fn quote(&self, text: &str) -> String {
        let text: String = text
            .chars()
            .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
            .filter(|letter| !letter.is_control() && !is_formatting(*letter))
            .collect();
        // before it is cut, so that no part of the key is left at the end
        let text = match &self.key {
            Some(key) => key.redact(&text),
            None => text,
        };
        let text = text.trim();
        match text.char_indices().nth(QUOTED) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        }
    }

    /// `reason` is what the server did that this interface does not have.
    pub fn not_understood(&self, reason: impl Into<String>) -> Failure {
        let section = self.section;
        Failure::nonsense(reason).with_hint(format!(
            "is `{section}.remote.url` a server with OpenAI's interface? it usually ends in `/v1`"
        ))
    }

    /// What an answer with an error status means; `body` is what came with it.
    pub fn answered(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let failure = self.status(status, &body, retry_after);
        match too_long(&body) {
            None => failure,
            // llama-server has answered 500 with it
            too_long => Failure {
                too_long,
                ..Failure::nonsense(failure.reason)
            },
        }
    }

    /// What an error in the middle of a stream means: the value of `error` in one of its events.
    pub fn interrupted(&self, error: &Value) -> Failure {
        let body = serde_json::json!({ "error": error });
        let code = error.get("code").and_then(Value::as_u64);
        let status = code
            .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let said = match message(&body) {
            Some(message) => format!(": {}", self.quote(message)),
            None => String::new(),
        };
        Failure {
            reason: format!("reported an error instead of going on{said}"),
            again: Again::Never,
            ..self.answered(status, &HeaderMap::new(), body.to_string().as_bytes())
        }
    }

    fn status(&self, status: StatusCode, body: &Value, retry_after: Option<u64>) -> Failure {
        let section = self.section;
        let said = match message(body) {
            Some(message) => format!(": {}", self.quote(message)),
            None => String::new(),
        };
        let words = status.canonical_reason().unwrap_or("an unknown status");
        let reason = format!("answered {} ({words}){said}", status.as_u16());
        let overloaded = Failure::down(
            reason.clone(),
            retry_after.map_or(Again::Soon, |seconds| {
                Again::After(Duration::from_secs(seconds))
            }),
        );
        let refused = Failure::nonsense(reason.clone());
        match status.as_u16() {
            300..=399 => refused.with_hint(format!(
                "redirects are not followed, so that the key goes nowhere else; set `{section}.remote.url` to where it points"
            )),
            401 if self.key.is_none() => refused.with_hint(format!(
                "the server wants a key: name the environment variable that holds it in `{section}.remote.api_key_env`"
            )),
            401 => refused.with_hint(format!(
                "check the key that `{section}.remote.api_key_env` or `{section}.remote.api_key_file` names"
            )),
            403 => refused.with_hint(format!(
                "its key may not use this server or the model `{}`",
                self.model
            )),
            404 | 405 => refused.with_hint(format!(
                "check `{section}.remote.url`, which usually ends in `/v1`, and whether the server has the model `{}`",
                self.model
            )),
            400 | 422 => refused.with_hint(format!(
                "the server does not take a value of `[{section}]`, or does not have the model `{}`",
                self.model
            )),
            429 => overloaded.with_hint("wait a little, or see what the server grants your key"),
            502..=504 => overloaded.with_hint("it is overloaded or still starting"),
            408 | 500.. => Failure::down(reason, Again::Never)
                .with_hint("the reason should be in the log of the server"),
            _ => refused,
        }
    }
}

/// Characters that change how others are shown, and show nothing themselves (Unicode's `Cf`, those that deceive).
fn is_formatting(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// The words of an error in the shapes that servers give it: OpenAI's, Ollama's, and FastAPI's.
fn message(body: &Value) -> Option<&str> {
    let error = body.get("error").unwrap_or(body);
    ["message", "detail"]
        .iter()
        .find_map(|key| error.get(key)?.as_str())
        .or(error.as_str())
        .filter(|message| !message.trim().is_empty())
}

/// Whether an error says that the prompt does not fit: by OpenAI's code, llama-server's type, or vLLM's words.
fn too_long(body: &Value) -> Option<TooLong> {
    let error = body.get("error").unwrap_or(body);
    let is = |key: &str, expected: &str| error.get(key).and_then(Value::as_str) == Some(expected);
    let says = message(body).is_some_and(|message| message.contains("maximum context length"));
    if !(is("code", "context_length_exceeded") || is("type", "exceed_context_size_error") || says) {
        return None;
    }
    let figure = |key: &str| u32::try_from(error.get(key)?.as_u64()?).ok();
    Some(TooLong {
        prompt: figure("n_prompt_tokens"),
        window: figure("n_ctx"),
    })
}
