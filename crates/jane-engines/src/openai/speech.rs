//! The voice behind `/audio/speech`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use serde::Serialize;

use super::client::Client;
use super::failure::{Again, Failure};
use crate::sent::has_sound;
use crate::{BackendError, Speech, SpeechStream, TextToSpeech};
use jane_audio::{AudioError, wav_to_speech};
use jane_config::Tts;
use jane_core::event::EngineKind;

const PATH: &str = "/audio/speech";

/// The longest speech that is taken at once: nearly three minutes at 48 kHz, of what is a sentence.
const LARGEST_ANSWER: usize = 16 << 20;

/// The voice that OpenAI's own server, and most that follow it, have.
const DEFAULT_VOICE: &str = "alloy";

/// `tts.backend = "openai"`.
pub struct OpenAiSpeech {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    voice: String,
    speed: f64,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a str,
    voice: &'a str,
    speed: f64,
    response_format: &'static str,
}

impl OpenAiSpeech {
    /// The server of `config.remote`; `home` is what the file of its key is relative to. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BackendError::Remote`] where the address or the key cannot be used.
    pub fn new(config: &Tts, home: &Path) -> Result<Self, BackendError> {
        let voice = match config.speaker.as_str() {
            "" => DEFAULT_VOICE,
            speaker => speaker,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                client: Client::new(EngineKind::Tts, &config.remote, &config.model, home)?,
                voice: voice.to_owned(),
                speed: config.speed,
            }),
        })
    }
}

impl Inner {
    async fn speak(&self, text: &str) -> Result<Speech, BackendError> {
        let speech = self.ask(text).await;
        speech.map_err(|failure| self.client.error(failure))
    }

    async fn ask(&self, text: &str) -> Result<Speech, Failure> {
        let request = Request {
            model: self.client.model(),
            input: text,
            voice: &self.voice,
            speed: self.speed,
            response_format: "wav",
        };
        let mut time = self.client.time();
        let response = self
            .client
            .post(&mut time, PATH, |post| post.json(&request));
        let response = response.await?;
        let body = self.client.read(&mut time, response, LARGEST_ANSWER);
        let body = body.await?;
        let has_words = text.contains(char::is_alphanumeric);
        let (samples, sample_rate) = wav_to_speech(&body).map_err(|error| {
            let is_soundless = has_words && matches!(error, AudioError::NoSamples { .. });
            let error = self.client.subject().quote(&error.to_string());
            let failure =
                Failure::nonsense(format!("answered with something else than speech: {error}"))
                    .with_hint("it must be able to answer with a WAV (`response_format` `wav`)");
            Failure {
                down: is_soundless,
                ..failure
            }
        })?;
        // Another voice may have a sound for it.
        if has_words && !has_sound(&samples) {
            let failure = Failure::down("offers no sound", Again::Never);
            return Err(failure.with_hint(
                "what it sent is silent; its log may say why, or `tts.model` has no voice for such a text",
            ));
        }
        Ok(Speech::new(samples, sample_rate))
    }
}

#[async_trait]
impl TextToSpeech for OpenAiSpeech {
    /// Has a word spoken, so that a wrong address, key, model or voice is noticed.
    async fn prepare(&self) -> Result<(), BackendError> {
        self.inner.speak("Hello.").await.map(drop)
    }

    /// One item for the whole of `text`.
    fn speak(&self, text: String) -> SpeechStream {
        let inner = Arc::clone(&self.inner);
        stream::once(async move { inner.speak(&text).await }).boxed()
    }
}
