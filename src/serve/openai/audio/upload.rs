//! A recording on its way in: a form with a file, written to a place of its own that is gone with the request.
//!
//! Invariant: nothing of it is held in memory but a piece; what is too long or stands still is refused.

use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::super::Refusal;
use super::super::body::{slow, too_long};
use crate::serve::Sessions;

/// Bytes of a recording: two hours of 16-bit sound at 16 kHz.
pub const LONGEST: usize = 256 << 20;

/// Bytes of any other part.
const LONGEST_TEXT: usize = 64 << 10;

/// Parts of a form.
const MOST_PARTS: usize = 64;

/// How long nothing may come.
const STALLED: Duration = Duration::from_secs(20);

/// How long all of it may take to come.
const WHOLE: Duration = Duration::from_secs(300);

/// What a client sent.
pub struct Form {
    pub file: NamedTempFile,
    /// Names and values, in their order.
    values: Vec<(String, String)>,
}

impl Form {
    /// # Errors
    /// 413 where it is too long, 408 where it does not come, 400 where it is no form or has no file.
    pub async fn read(form: Multipart, sessions: &Sessions) -> Result<Self, Refusal> {
        let reading = tokio::time::timeout(WHOLE, Self::parts(form, sessions)).await;
        reading.map_err(|_| slow())?
    }

    async fn parts(mut form: Multipart, sessions: &Sessions) -> Result<Self, Refusal> {
        let mut file = None;
        let mut values = Vec::new();
        for _ in 0..MOST_PARTS {
            let Some(field) = in_time(form.next_field()).await? else {
                let file =
                    file.ok_or_else(|| Refusal::of("file", "there is no recording in the form"))?;
                return Ok(Self { file, values });
            };
            let name = field.name().unwrap_or_default().to_owned();
            match name.as_str() {
                "file" => file = Some(written(field, sessions).await?),
                _ => values.push((name, text(field).await?)),
            }
        }
        Err(Refusal::wrong("the form has too many parts"))
    }

    /// The value of this name, where there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.values.iter();
        let values = values.filter(move |(of, _)| of == name);
        values.map(|(_, value)| value.as_str())
    }
}

async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Refusal> {
    let next = tokio::time::timeout(STALLED, next).await;
    next.map_err(|_| slow())?.map_err(|error| refused(&error))
}

fn refused(error: &MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_long(LONGEST),
        _ => Refusal::wrong(format!("the form cannot be read: {error}")),
    }
}

async fn written(mut field: Field<'_>, sessions: &Sessions) -> Result<NamedTempFile, Refusal> {
    let unwritten = |error: std::io::Error| {
        tracing::warn!(%error, "a recording that came over the network cannot be kept");
        let status = match error.kind() {
            std::io::ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal::new(status, "the recording cannot be kept here")
    };
    let file = sessions.scratch().map_err(unwritten)?;
    let mut out = tokio::fs::File::from_std(file.reopen().map_err(unwritten)?);
    while let Some(piece) = in_time(field.chunk()).await? {
        out.write_all(&piece).await.map_err(unwritten)?;
    }
    out.flush().await.map_err(unwritten)?;
    Ok(file)
}

async fn text(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = in_time(field.chunk()).await? {
        if bytes.len() + piece.len() > LONGEST_TEXT {
            return Err(too_long(LONGEST_TEXT));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Refusal::wrong("the form holds what is no text"))
}
