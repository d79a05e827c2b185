//! A recogniser behind a Wyoming server.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Connection, Server};
use super::codec::Event;
use super::fault::Fault;
use super::{Format, chosen, offer};
use crate::sent::LONGEST_TEXT;
use crate::{BackendError, SpeechToText, Transcript};
use jane_audio::SPEECH_RATE;
use jane_config::Stt;
use jane_core::event::EngineKind;

/// What recognisers take.
const FORMAT: Format = Format {
    rate: SPEECH_RATE,
    width: 2,
    channels: 1,
};

/// `stt.backend = "wyoming"`.
#[derive(Debug)]
pub struct WyomingTranscription {
    pub(super) server: Server,
    /// The server's name of the model; `None` leaves it to the server.
    model: Option<String>,
    /// `None` has it recognised.
    language: Option<String>,
    /// Words to expect.
    terms: Vec<String>,
}

impl WyomingTranscription {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// Where `stt.remote.url` is not of the form `tcp://HOST:PORT`.
    pub fn new(config: &Stt) -> Result<Self, BackendError> {
        let terms = config.prompt.split(',').map(str::trim);
        Ok(Self {
            server: Server::new(EngineKind::Stt, &config.remote)?,
            model: chosen(&config.model, &Stt::default().model),
            language: (config.language != "auto").then(|| config.language.clone()),
            terms: terms
                .filter(|term| !term.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    /// The event that opens a request.
    fn transcribe_event(&self) -> Event {
        let mut event = Event::new("transcribe", Value::Null);
        if let Some(model) = &self.model {
            event.data.insert("name".to_owned(), json!(model));
        }
        if let Some(language) = &self.language {
            event.data.insert("language".to_owned(), json!(language));
        }
        if !self.terms.is_empty() {
            event
                .data
                .insert("transcript_terms".to_owned(), json!(self.terms));
        }
        event
    }
}

#[async_trait]
impl SpeechToText for WyomingTranscription {
    /// Asks what the server offers, and has it read half a second of silence.
    async fn prepare(&self) -> Result<(), BackendError> {
        let check = |connection| offer::check(connection, EngineKind::Stt, self.model.clone());
        self.server.ask(check).await?;
        let silence = vec![0.0; SPEECH_RATE as usize / 2];
        self.transcribe(silence.into()).await.map(drop)
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        let exchange =
            |connection| recognise(connection, self.transcribe_event(), Arc::clone(&samples));
        let heard = self.server.ask(exchange).await?;
        // Servers join what they read in parts with more white space than there was.
        let words: Vec<&str> = heard.text.split_whitespace().collect();
        Ok(Transcript {
            text: words.join(" "),
            language: heard
                .language
                .filter(|code| is_code(code))
                .or_else(|| self.language.clone()),
            // The protocol has no probabilities: what the server sends is taken as sure.
            no_speech_probability: 0.0,
            mean_log_probability: 0.0,
        })
    }
}

/// The data of `transcript`, and of the events that bring one in pieces.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Heard {
    text: String,
    language: Option<String>,
}

async fn recognise(
    mut connection: Connection,
    transcribe: Event,
    samples: Arc<[f32]>,
) -> Result<Heard, Fault> {
    connection.send(transcribe).await?;
    connection
        .send(Event::new("audio-start", json!(FORMAT)))
        .await?;
    for second in samples.chunks(SPEECH_RATE as usize) {
        let mut chunk = Event::new("audio-chunk", json!(FORMAT));
        chunk.payload = pcm(second);
        connection.send(chunk).await?;
    }
    connection
        .send(Event::new("audio-stop", Value::Null))
        .await?;

    let mut so_far = Heard::default();
    loop {
        let event = connection.next().await?;
        let read = || {
            event
                .read::<Heard>()
                .map_err(|error| Fault::malformed(&error))
        };
        let mut is_whole = false;
        match event.kind.as_str() {
            "transcript" => {
                so_far = read()?;
                is_whole = true;
            }
            "transcript-start" => so_far = read()?,
            "transcript-chunk" => so_far.text.push_str(&read()?.text),
            "transcript-stop" => is_whole = true,
            _ => {}
        }
        if so_far.text.len() > LONGEST_TEXT {
            return Err(Fault::Malformed(
                "more text than anyone can have said".to_owned(),
            ));
        }
        if is_whole {
            return Ok(so_far);
        }
    }
}

/// Samples as 16-bit PCM.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float is cast to the nearest number there is"
)]
fn pcm(samples: &[f32]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(samples.len() * usize::from(FORMAT.width));
    for sample in samples {
        bytes.put_i16_le((sample * f32::from(i16::MAX)).round() as i16);
    }
    bytes.freeze()
}

/// Whether this is the code of a language, such as `en` or `pt-BR`.
fn is_code(text: &str) -> bool {
    (2..=16).contains(&text.len())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}
