//! `/v1/audio/speech`: her voice, sent as it is made.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;

use super::super::super::Shared;
use super::super::super::sessions::Spoken;
use super::super::{Refusal, body};
use super::coding::{Coder, Coding, CodingError};
use super::{SPEAKING, is_meant};

/// Characters of a text at most.
const LONGEST: usize = 16_384;

/// What is to be spoken. `voice` is asked of all clients; there is one voice, which is hers.
#[derive(Deserialize)]
struct Ask {
    model: String,
    input: String,
    response_format: Option<String>,
    speed: Option<f64>,
    stream_format: Option<String>,
}

pub async fn speak(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    match answer(&shared, &headers, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(shared: &Shared, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let ask: Ask = body::json(headers, body).await?;
    is_meant(&ask.model, &shared.sessions.models().tts, &SPEAKING)?;
    if ask.input.trim().is_empty() || ask.input.chars().count() > LONGEST {
        let message = format!("it must have 1 to {LONGEST} characters");
        return Err(Refusal::of("input", message));
    }
    if ask
        .speed
        .is_some_and(|speed| (speed - 1.0).abs() > f64::EPSILON)
    {
        let message = "how fast she speaks is `tts.speed` in `jane.toml`: leave it out";
        return Err(Refusal::of("speed", message));
    }
    if ask.stream_format.is_some_and(|format| format != "audio") {
        let message = "speech is sent as sound: it must be `audio`";
        return Err(Refusal::of("stream_format", message));
    }
    // OpenAI's servers send MP3 where nothing is named; what is sent here says what it is.
    let coding = match ask.response_format {
        None => Coding::Wav,
        Some(name) => Coding::of(&name)
            .ok_or_else(|| Refusal::of("response_format", "it must be `wav`, `pcm` or `opus`"))?,
    };
    let place = shared.sessions.enter("speech").await?;
    let mut spoken = shared.sessions.speak(ask.input);
    let mut coder = Coder::new(coding).map_err(|error| failed(&error))?;
    // What fails before anything is said has a status of its own.
    let first = match spoken.recv().await {
        Some(Ok(first)) => coder.push(&first).map_err(|error| failed(&error))?,
        Some(Err(error)) => return Err(error.into()),
        None => Vec::new(),
    };
    let body = Body::from_stream(pieces(coder, spoken, first, place));
    Ok(([(CONTENT_TYPE, coding.kind())], body).into_response())
}

fn failed(error: &CodingError) -> Refusal {
    tracing::warn!(%error, "speech cannot be coded");
    let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    Refusal::new(status, error.to_string())
}

/// Bytes as they come. One that fails breaks off the body, so that nobody takes it for whole.
fn pieces<P: Send + 'static>(
    coder: Coder,
    spoken: Spoken,
    first: Vec<u8>,
    place: P,
) -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    let state = (Some(coder), spoken, Some(first), place);
    stream::try_unfold(
        state,
        |(mut coder, mut spoken, mut first, place)| async move {
            if let Some(first) = first.take() {
                return Ok(Some((Bytes::from(first), (coder, spoken, None, place))));
            }
            let Some(mut coding) = coder.take() else {
                return Ok(None);
            };
            let bytes = match spoken.recv().await {
                Some(Ok(speech)) => {
                    let bytes = coding.push(&speech).map_err(std::io::Error::other)?;
                    coder = Some(coding);
                    bytes
                }
                Some(Err(error)) => return Err(std::io::Error::other(error)),
                None => coding.finish().map_err(std::io::Error::other)?,
            };
            Ok(Some((Bytes::from(bytes), (coder, spoken, None, place))))
        },
    )
}
