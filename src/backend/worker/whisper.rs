//! The recogniser that runs in `jane-whisper`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::protocol::{MAX_AUDIO, Whisper, WhisperOptions, WhisperReply, WhisperRequest};
use super::running::Task;
use super::supervisor::{Spec, Supervisor};
use super::{FileIdentity, Patience, Setup, ggml_launch, most_threads};
use crate::backend::{BackendError, SpeechToText, Transcript};
use crate::config::Stt;
use crate::event::Role;
use crate::memory::Placement;

/// `stt.backend = "whisper"`.
pub struct WhisperBackend {
    supervisor: Arc<Supervisor<Whisper>>,
    patience: Patience,
    options: WhisperOptions,
}

impl WhisperBackend {
    /// `name` is what `jane.toml` calls the ggml file `model`. Nothing is started yet.
    #[must_use]
    pub fn new(config: &Stt, name: &str, model: &Path, setup: &Setup<'_>) -> Self {
        let path = model.display().to_string();
        let supervisor = setup.workers.supervisor(Spec {
            role: Role::Stt,
            backend: "whisper",
            model: name.to_owned(),
            launch: ggml_launch(model, setup),
            measure: WhisperRequest::Measure {
                model: path.clone(),
            },
            load: WhisperRequest::Load {
                model: path,
                gpu: config.gpu,
            },
            wish: Placement::whole(config.gpu),
            threads: most_threads(config.threads),
            files: FileIdentity::of(model).into_iter().collect(),
        });
        Self {
            supervisor,
            patience: setup.patience,
            options: options(config),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "thresholds are small numbers; the engine takes f32"
)]
fn options(config: &Stt) -> WhisperOptions {
    WhisperOptions {
        language: (config.language != "auto").then(|| config.language.clone()),
        prompt: config.prompt.clone(),
        beam_size: config.beam_size,
        audio_context_floor: config.audio_context_floor,
        no_speech_threshold: config.no_speech_threshold as f32,
        log_probability_threshold: config.log_probability_threshold as f32,
    }
}

#[async_trait]
impl SpeechToText for WhisperBackend {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.supervisor.prepare(self.patience, |_| ()).await
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        debug_assert!(
            samples.len() <= MAX_AUDIO,
            "recordings are cut before they get here"
        );
        self.supervisor
            .run_once(
                Transcribe {
                    options: self.options.clone(),
                    samples,
                },
                self.patience,
            )
            .await
    }
}

struct Transcribe {
    options: WhisperOptions,
    samples: Arc<[f32]>,
}

impl Task<Whisper> for Transcribe {
    type Item = Transcript;

    fn request(&mut self, _loaded: &WhisperReply) -> WhisperRequest {
        WhisperRequest::Transcribe(self.options.clone())
    }

    fn audio(&self) -> Option<&[f32]> {
        Some(self.samples.get(..MAX_AUDIO).unwrap_or(&self.samples))
    }

    fn accept(&mut self, _loaded: &WhisperReply, reply: WhisperReply) -> Option<Transcript> {
        match reply {
            WhisperReply::Transcript {
                text,
                language,
                no_speech_probability,
                mean_log_probability,
            } => Some(Transcript {
                text,
                language,
                no_speech_probability,
                mean_log_probability,
            }),
            WhisperReply::Loaded { .. } | WhisperReply::Measured(_) => None,
        }
    }
}
