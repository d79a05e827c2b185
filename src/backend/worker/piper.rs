//! The voice that runs in `jane-piper`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::process::Launch;
use super::protocol::{Piper, PiperOptions, PiperReply, PiperRequest};
use super::supervisor::{Supervisor, Task};
use super::{Installation, Patience};
use crate::backend::{BackendError, Speech, SpeechStream, TextToSpeech};
use crate::config::Tts;
use crate::event::{Events, Role};

/// The files that a voice is made of.
#[derive(Debug, Clone)]
pub struct VoiceFiles {
    /// The `.onnx` file.
    pub model: PathBuf,
    /// What lies beside it: its configuration.
    pub configuration: PathBuf,
    /// ONNX Runtime's shared library.
    pub runtime: PathBuf,
    /// A directory for the optimised graph, which loads faster; emptied at any time without harm.
    pub cache: Option<PathBuf>,
}

/// `tts.backend = "piper"`.
pub struct PiperBackend {
    supervisor: Arc<Supervisor<Piper>>,
    options: PiperOptions,
}

impl PiperBackend {
    /// Nothing is started yet.
    #[must_use]
    pub fn new(
        config: &Tts,
        files: &VoiceFiles,
        installation: &Installation,
        patience: Patience,
        events: Events,
    ) -> Self {
        let mut readable = vec![
            files.model.clone(),
            files.configuration.clone(),
            files.runtime.clone(),
        ];
        let mut environment = vec![("ORT_DYLIB_PATH", files.runtime.clone().into_os_string())];
        if let Some(data) = &installation.phoneme_data {
            readable.push(data.join(Installation::PHONEME_DATA));
            environment.push((
                "PIPER_ESPEAKNG_DATA_DIRECTORY",
                data.clone().into_os_string(),
            ));
        }
        let launch = Launch {
            programs: installation.programs.clone(),
            readable,
            writable: files.cache.iter().cloned().collect(),
            environment,
        };
        let load = PiperRequest::Load {
            model: files.model.display().to_string(),
            cache: files
                .cache
                .as_deref()
                .map(Path::display)
                .map(|path| path.to_string())
                .unwrap_or_default(),
            threads: config.threads,
            gpu: config.gpu,
        };
        let names = ("piper", config.model.clone());
        let supervisor = Supervisor::new(Role::Tts, names, launch, load, patience, events);
        Self {
            supervisor,
            options: options(config),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "voice options are small numbers; the engine takes f32"
)]
fn options(config: &Tts) -> PiperOptions {
    PiperOptions {
        text: String::new(),
        speaker: config.speaker.clone(),
        speed: config.speed as f32,
        noise_scale: config.noise_scale as f32,
        noise_w: config.noise_w as f32,
        skip_sentences: 0,
    }
}

#[async_trait]
impl TextToSpeech for PiperBackend {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.supervisor.prepare().await
    }

    fn speak(&self, text: String) -> SpeechStream {
        let options = PiperOptions {
            text,
            ..self.options.clone()
        };
        self.supervisor.run(Synthesise {
            options,
            sentence: Vec::new(),
        })
    }
}

/// Delivers whole sentences, so that a retry can go on with the next one.
struct Synthesise {
    options: PiperOptions,
    sentence: Vec<f32>,
}

impl Task<Piper> for Synthesise {
    type Item = Speech;

    fn request(&mut self, _loaded: &PiperReply) -> PiperRequest {
        self.sentence.clear();
        PiperRequest::Synthesise(self.options.clone())
    }

    fn accept(&mut self, loaded: &PiperReply, reply: PiperReply) -> Option<Speech> {
        match (reply, loaded) {
            (PiperReply::Audio(samples), _) => {
                self.sentence.extend_from_slice(&samples);
                None
            }
            (PiperReply::SentenceEnd, PiperReply::Loaded { sample_rate }) => {
                self.options.skip_sentences += 1;
                Some(Speech {
                    samples: std::mem::take(&mut self.sentence),
                    sample_rate: *sample_rate,
                })
            }
            _ => None,
        }
    }
}
