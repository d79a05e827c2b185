//! The speech recogniser behind `/audio/transcriptions`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

use super::client::Client;
use super::failure::Failure;
use crate::sent::LONGEST_TEXT;
use crate::{BackendError, SpeechToText, Transcript};
use jane_audio::{SPEECH_RATE, speech_to_wav};
use jane_config::Stt;
use jane_core::event::EngineKind;

const PATH: &str = "/audio/transcriptions";

/// Half a minute of speech is some hundred words.
const LARGEST_ANSWER: usize = 256 << 10;

/// `stt.backend = "openai"`.
pub struct OpenAiTranscription {
    client: Client,
    /// `None` where the server is to find it out.
    language: Option<String>,
    prompt: String,
}

/// What `response_format = "json"` gives; some servers add the language.
#[derive(Deserialize)]
struct Answer {
    text: String,
    language: Option<String>,
}

impl OpenAiTranscription {
    /// The server of `config.remote`; `home` is what the file of its key is relative to. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BackendError::Remote`] where the address or the key cannot be used.
    pub fn new(config: &Stt, home: &Path) -> Result<Self, BackendError> {
        Ok(Self {
            client: Client::new(EngineKind::Stt, &config.remote, &config.model, home)?,
            language: (config.language != "auto").then(|| config.language.clone()),
            prompt: config.prompt.clone(),
        })
    }

    fn form(&self, wav: &Bytes) -> Form {
        let kind = (CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
        let file = Part::stream_with_length(wav.clone(), wav.len() as u64)
            .file_name("speech.wav")
            .headers(HeaderMap::from_iter([kind]));
        let mut form = Form::new()
            .text("model", self.client.model().to_owned())
            .text("response_format", "json")
            .part("file", file);
        if let Some(language) = &self.language {
            form = form.text("language", language.clone());
        }
        if !self.prompt.is_empty() {
            form = form.text("prompt", self.prompt.clone());
        }
        form
    }

    async fn ask(&self, samples: &[f32]) -> Result<Answer, Failure> {
        let wav = speech_to_wav(samples).map_err(|error| Failure::nonsense(error.to_string()))?;
        let wav = Bytes::from(wav);
        let mut time = self.client.time();
        let with_form = |request: RequestBuilder| request.multipart(self.form(&wav));
        let response = self.client.post(&mut time, PATH, with_form).await?;
        let body = self.client.read(&mut time, response, LARGEST_ANSWER);
        let body = body.await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| {
            let reason = "answered with something else than a transcript";
            self.client.subject().not_understood(reason)
        })?;
        if answer.text.len() > LONGEST_TEXT {
            return Err(Failure::nonsense(
                "answered with more text than anyone can have said",
            ));
        }
        Ok(answer)
    }
}

#[async_trait]
impl SpeechToText for OpenAiTranscription {
    /// Has half a second of silence recognised, so that a wrong address, key or model is noticed.
    async fn prepare(&self) -> Result<(), BackendError> {
        let silence = [0.0; SPEECH_RATE as usize / 2];
        let answer = self.ask(&silence).await;
        answer
            .map(drop)
            .map_err(|failure| self.client.error(failure))
    }

    /// The interface tells no probabilities: those of the transcript are of one that is beyond doubt.
    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        let answer = self.ask(&samples).await;
        let answer = answer.map_err(|failure| self.client.error(failure))?;
        Ok(Transcript {
            text: answer.text.trim().to_owned(),
            language: self.language.clone().or(answer.language),
            no_speech_probability: 0.0,
            mean_log_probability: 0.0,
        })
    }
}
