//! The three engines that `jane.toml` names, built from it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;

use super::worker::{
    Installation, LlamaBackend, Patience, PiperBackend, VoiceFiles, WhisperBackend,
};
use super::{BackendError, LanguageModel, SpeechStream, SpeechToText, TextToSpeech, Transcript};
use crate::config::{Config, LlmBackend, SttBackend, TtsBackend};
use crate::event::{Events, Role};
use crate::model::{ModelFiles, ModelKind, ModelStore};

/// The catalogue's name of ONNX Runtime, which runs the voice.
pub const VOICE_RUNTIME: &str = "onnxruntime";

/// What answers a turn. A turn takes a clone at its start and keeps it to its end.
#[derive(Clone)]
pub struct Engines {
    pub stt: Arc<dyn SpeechToText>,
    pub llm: Arc<dyn LanguageModel>,
    pub tts: Arc<dyn TextToSpeech>,
}

/// What engines are built from.
pub struct Builder<'a> {
    pub config: &'a Config,
    /// What relative paths of models are relative to.
    pub home: &'a Path,
    pub models: &'a ModelStore,
    pub installation: &'a Installation,
    /// Directory for what can be computed again; `None` for none.
    pub cache: Option<&'a Path>,
    pub events: &'a Events,
}

impl Builder<'_> {
    /// All three. Nothing is loaded yet. Without a language model there is no conversation; a
    /// recogniser or a voice that cannot be had is an error where it is used, and not before.
    ///
    /// # Errors
    /// Where the language model is not there or not usable.
    pub fn engines(&self) -> Result<Engines, BackendError> {
        Ok(Engines {
            stt: self
                .speech_to_text()
                .unwrap_or_else(|error| Arc::new(Missing(error))),
            llm: self.language_model()?,
            tts: self
                .text_to_speech()
                .unwrap_or_else(|error| Arc::new(Missing(error))),
        })
    }

    /// # Errors
    /// Where the model is not there or not usable.
    pub fn speech_to_text(&self) -> Result<Arc<dyn SpeechToText>, BackendError> {
        let config = &self.config.stt;
        let model = self.resolve(Role::Stt, ModelKind::Stt, &config.model)?;
        Ok(match config.backend {
            SttBackend::Whisper => Arc::new(WhisperBackend::new(
                config,
                &model.main,
                self.installation,
                self.patience(),
                self.events.clone(),
            )),
        })
    }

    /// # Errors
    /// Where the model is not there or not usable.
    pub fn language_model(&self) -> Result<Arc<dyn LanguageModel>, BackendError> {
        let config = &self.config.llm;
        let model = self.resolve(Role::Llm, ModelKind::Llm, &config.model)?;
        Ok(match config.backend {
            LlmBackend::Llama => Arc::new(LlamaBackend::new(
                config,
                &model.main,
                self.installation,
                self.patience(),
                self.events.clone(),
            )),
        })
    }

    /// # Errors
    /// Where the voice or its runtime is not there or not usable.
    pub fn text_to_speech(&self) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        let config = &self.config.tts;
        let voice = self.resolve(Role::Tts, ModelKind::Tts, &config.model)?;
        let runtime = self.resolve(Role::Tts, ModelKind::Runtime, VOICE_RUNTIME)?;
        let configuration = voice.extra.into_iter().next().unwrap_or_default();
        let cache = self.cache.map(Path::to_path_buf);
        let files = VoiceFiles {
            model: voice.main,
            configuration,
            runtime: runtime.main,
            cache,
        };
        Ok(match config.backend {
            TtsBackend::Piper => Arc::new(PiperBackend::new(
                config,
                &files,
                self.installation,
                self.patience(),
                self.events.clone(),
            )),
        })
    }

    fn resolve(&self, role: Role, kind: ModelKind, name: &str) -> Result<ModelFiles, BackendError> {
        let in_home = self.home.join(name);
        let name = if in_home.is_file() {
            in_home.to_str().unwrap_or(name)
        } else {
            name
        };
        self.models
            .resolve(kind, name)
            .map_err(|error| BackendError::model(role, name, &error))
    }

    fn patience(&self) -> Patience {
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let worker = &self.config.worker;
        Patience {
            start: seconds(worker.start_seconds),
            silence: seconds(worker.silent_seconds),
        }
    }
}

/// Stands for an engine that could not be built, and says why when it is asked for something.
struct Missing(BackendError);

#[async_trait]
impl SpeechToText for Missing {
    async fn prepare(&self) -> Result<(), BackendError> {
        Err(self.0.clone())
    }

    async fn transcribe(&self, _samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        Err(self.0.clone())
    }
}

#[async_trait]
impl TextToSpeech for Missing {
    async fn prepare(&self) -> Result<(), BackendError> {
        Err(self.0.clone())
    }

    fn speak(&self, _text: String) -> SpeechStream {
        stream::iter([Err(self.0.clone())]).boxed()
    }
}
