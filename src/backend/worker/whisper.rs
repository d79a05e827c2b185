//! The recogniser that runs in `jane-whisper`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::process::Launch;
use super::protocol::{MAX_AUDIO, Whisper, WhisperOptions, WhisperReply, WhisperRequest};
use super::supervisor::{Supervisor, Task};
use super::{Installation, Patience, spinning_briefly};
use crate::backend::{BackendError, SpeechToText, Transcript};
use crate::config::Stt;
use crate::event::{Events, Role};

/// `stt.backend = "whisper"`.
pub struct WhisperBackend {
    supervisor: Arc<Supervisor<Whisper>>,
    options: WhisperOptions,
}

impl WhisperBackend {
    /// `model` is a ggml file. Nothing is started yet.
    #[must_use]
    pub fn new(
        config: &Stt,
        model: &Path,
        installation: &Installation,
        patience: Patience,
        events: Events,
    ) -> Self {
        let launch = Launch {
            programs: installation.programs.clone(),
            readable: vec![model.to_path_buf()],
            writable: Vec::new(),
            environment: spinning_briefly(),
        };
        let load = WhisperRequest::Load {
            model: model.display().to_string(),
            gpu: config.gpu,
        };
        let names = ("whisper", config.model.clone());
        let supervisor = Supervisor::new(Role::Stt, names, launch, load, patience, events);
        Self {
            supervisor,
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
        threads: config.threads,
    }
}

#[async_trait]
impl SpeechToText for WhisperBackend {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.supervisor.prepare().await
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        debug_assert!(
            samples.len() <= MAX_AUDIO,
            "recordings are cut before they get here"
        );
        self.supervisor
            .run_once(Transcribe {
                options: self.options.clone(),
                samples,
            })
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
            WhisperReply::Loaded { .. } => None,
        }
    }
}
