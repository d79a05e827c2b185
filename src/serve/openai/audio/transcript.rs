//! `/v1/audio/transcriptions`.

use std::convert::Infallible;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::super::Shared;
use super::super::super::sessions::{Place, Stretch, TranscriptEvent};
use super::super::models::json_response;
use super::super::{Refusal, body};
use super::upload::Form;
use super::{HEARING, is_meant, subtitles, upload};

/// How a transcript is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Text,
    Verbose,
    Srt,
    Vtt,
}

pub async fn transcribe(
    State(shared): State<Shared>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    match answer(&shared, &headers, form).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(
    shared: &Shared,
    headers: &HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refusal> {
    body::is_short(headers, upload::LONGEST)?;
    let form =
        form.map_err(|_| Refusal::wrong("send a form (multipart/form-data) with a `file`"))?;
    let leave = shared.sessions.upload().await?;
    let form = Form::read(form, &shared.sessions).await?;
    drop(leave);
    let place = shared.sessions.enter("transcription").await?;
    let names = shared.sessions.models();
    let model = form.get("model").unwrap_or_default();
    is_meant(model, &names.stt, &HEARING)?;
    let format = match form.get("response_format").unwrap_or("json") {
        "json" => Format::Json,
        "text" => Format::Text,
        "verbose_json" => Format::Verbose,
        "srt" => Format::Srt,
        "vtt" => Format::Vtt,
        _ => {
            let message = "it must be `json`, `text`, `verbose_json`, `srt` or `vtt`";
            return Err(Refusal::of("response_format", message));
        }
    };
    let granularities = ["timestamp_granularities[]", "timestamp_granularities"];
    let mut wanted = granularities.iter().flat_map(|name| form.all(name));
    let only_segments = wanted.all(|granularity| granularity == "segment");
    drop(wanted);
    if !only_segments {
        let message = "times are told of segments only";
        return Err(Refusal::of("timestamp_granularities", message));
    }
    let streams = matches!(form.get("stream"), Some("true" | "True" | "1"));
    let mut heard = shared.sessions.hear(form.file.path()).await?;
    if streams {
        if !matches!(format, Format::Json | Format::Text) {
            let message = "what is streamed has the format `json` or `text`";
            return Err(Refusal::of("response_format", message));
        }
        return Ok(streamed(heard, form, place));
    }
    let mut stretches = Vec::new();
    let seconds = loop {
        match heard.recv().await {
            Some(TranscriptEvent::Stretch(stretch)) => stretches.push(stretch),
            Some(TranscriptEvent::Ended(seconds)) => break seconds,
            Some(TranscriptEvent::Failed(error)) => return Err(error.into()),
            None => {
                let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
                return Err(Refusal::new(status, "she ends"));
            }
        }
    };
    Ok(whole(format, &stretches, seconds))
}

fn whole(format: Format, stretches: &[Stretch], seconds: f64) -> Response {
    let text = joined(stretches);
    let plain = |kind: &'static str, text: String| ([(CONTENT_TYPE, kind)], text).into_response();
    match format {
        Format::Json => json_response(&json!({"text": text, "usage": usage(seconds)})),
        Format::Text => plain("text/plain; charset=utf-8", format!("{text}\n")),
        Format::Srt => plain(
            "application/x-subrip; charset=utf-8",
            subtitles::srt(stretches),
        ),
        Format::Vtt => plain("text/vtt; charset=utf-8", subtitles::vtt(stretches)),
        Format::Verbose => {
            let language = stretches
                .iter()
                .find_map(|stretch| stretch.language.as_deref());
            let segments: Vec<Value> = stretches.iter().enumerate().map(segment).collect();
            json_response(&json!({
                "task": "transcribe",
                "language": language.unwrap_or_default(),
                "duration": seconds,
                "text": text,
                "segments": segments,
                "usage": usage(seconds),
            }))
        }
    }
}

/// Tells the transcript as it grows.
fn streamed(heard: mpsc::Receiver<TranscriptEvent>, form: Form, place: Place) -> Response {
    struct Running {
        heard: mpsc::Receiver<TranscriptEvent>,
        text: String,
        is_over: bool,
        /// Until its end the recording is there, and the place taken.
        _form: Form,
        _place: Place,
    }
    let running = Running {
        heard,
        text: String::new(),
        is_over: false,
        _form: form,
        _place: place,
    };
    let events = stream::unfold(running, |mut running| async move {
        if running.is_over {
            return None;
        }
        let event = match running.heard.recv().await? {
            TranscriptEvent::Stretch(stretch) => {
                let gap = if running.text.is_empty() { "" } else { " " };
                let delta = format!("{gap}{}", stretch.text);
                running.text.push_str(&delta);
                json!({"type": "transcript.text.delta", "delta": delta})
            }
            TranscriptEvent::Ended(seconds) => {
                running.is_over = true;
                json!({"type": "transcript.text.done", "text": running.text, "usage": usage(seconds)})
            }
            TranscriptEvent::Failed(error) => {
                running.is_over = true;
                Refusal::from(error).value()
            }
        };
        Some((
            Ok::<_, Infallible>(Event::default().data(event.to_string())),
            running,
        ))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn joined(stretches: &[Stretch]) -> String {
    let texts: Vec<&str> = stretches
        .iter()
        .map(|stretch| stretch.text.as_str())
        .collect();
    texts.join(" ")
}

fn usage(seconds: f64) -> Value {
    json!({"type": "duration", "seconds": seconds.ceil()})
}

fn segment((id, stretch): (usize, &Stretch)) -> Value {
    json!({
        "id": id,
        "seek": 0,
        "start": stretch.start_seconds,
        "end": stretch.end_seconds,
        "text": stretch.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": stretch.mean_log_probability,
        "compression_ratio": 1.0,
        "no_speech_prob": stretch.no_speech_probability,
    })
}
