//! The recogniser that runs in `jane-whisper`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::job::Task;
use super::supervisor::{Supervisor, WorkerSpec};
use super::{FileIdentity, Timeouts, WorkerContext, ggml_launch, most_threads};
use crate::memory::Placement;
use crate::{BackendError, SpeechToText, Transcript};
use jane_config::Stt;
use jane_core::event::EngineKind;
use jane_worker::{
    MAX_AUDIO, Whisper, WhisperLoad, WhisperLoaded, WhisperOptions, WhisperTranscript,
};

/// `stt.backend = "whisper"`.
pub struct WhisperBackend {
    supervisor: Arc<Supervisor<Whisper>>,
    patience: Timeouts,
    options: WhisperOptions,
}

impl WhisperBackend {
    /// `name` is what `jane.toml` calls the ggml file `model`. Nothing is started yet.
    #[must_use]
    pub fn new(config: &Stt, name: &str, model: &Path, setup: &WorkerContext<'_>) -> Self {
        let path = model.display().to_string();
        let supervisor = setup.workers.supervisor(WorkerSpec {
            role: EngineKind::Stt,
            backend: "whisper",
            model: name.to_owned(),
            launch: ggml_launch(model, setup),
            load: WhisperLoad {
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
        is_beginning: false,
    }
}

#[async_trait]
impl SpeechToText for WhisperBackend {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.supervisor.prepare(self.patience, |_| ()).await
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        self.read(samples, self.options.clone()).await
    }

    /// Primed with the phrase, written as a name, it hears it where it is said indistinctly: 24 of 24 recorded ones in place of 20, and
    /// none in a minute of other speech (tiny.en).
    async fn transcribe_beginning(
        &self,
        samples: Arc<[f32]>,
        phrase: &str,
    ) -> Result<Transcript, BackendError> {
        let options = WhisperOptions {
            prompt: format!("{}.", as_name(phrase)),
            is_beginning: true,
            ..self.options.clone()
        };
        self.read(samples, options).await
    }
}

/// Each word with a capital letter.
fn as_name(phrase: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    };
    let words: Vec<String> = phrase.split_whitespace().map(capital).collect();
    words.join(" ")
}

impl WhisperBackend {
    async fn read(
        &self,
        samples: Arc<[f32]>,
        options: WhisperOptions,
    ) -> Result<Transcript, BackendError> {
        debug_assert!(
            samples.len() <= MAX_AUDIO,
            "recordings are cut before they get here"
        );
        let task = Transcribe { options, samples };
        self.supervisor.run_once(task, self.patience).await
    }
}

struct Transcribe {
    options: WhisperOptions,
    samples: Arc<[f32]>,
}

impl Task<Whisper> for Transcribe {
    type Item = Transcript;

    fn job(&mut self, _loaded: &WhisperLoaded) -> WhisperOptions {
        self.options.clone()
    }

    fn audio(&self) -> Option<&[f32]> {
        Some(self.samples.get(..MAX_AUDIO).unwrap_or(&self.samples))
    }

    fn accept(
        &mut self,
        _loaded: &WhisperLoaded,
        transcript: WhisperTranscript,
    ) -> Option<Transcript> {
        Some(Transcript {
            text: transcript.text,
            language: transcript.language,
            no_speech_probability: transcript.no_speech_probability,
            mean_log_probability: transcript.mean_log_probability,
        })
    }
}
