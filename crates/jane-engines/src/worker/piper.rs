//! The voice that runs in `jane-piper`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::job::Task;
use super::process::SpawnOptions;
use super::supervisor::{Supervisor, WorkerSpec};
use super::{FileIdentity, Installation, Timeouts, WorkerContext, most_threads};
use crate::memory::Placement;
use crate::{BackendError, Speech, SpeechStream, TextToSpeech};
use jane_config::Tts;
use jane_core::event::EngineKind;
use jane_text::spoken::Language;
use jane_worker::{Piper, PiperLoad, PiperLoaded, PiperOptions, PiperOutput};

/// Bytes of a voice's configuration; those of many speakers have some 100 kB.
const LONGEST_CONFIGURATION: u64 = 4 << 20;

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
    patience: Timeouts,
    options: PiperOptions,
    language: &'static Language,
}

impl PiperBackend {
    /// `name` is what `jane.toml` calls the voice. Nothing is started yet.
    #[must_use]
    pub fn new(config: &Tts, name: &str, files: &VoiceFiles, setup: &WorkerContext<'_>) -> Self {
        let opened = [&files.model, &files.configuration, &files.runtime];
        let mut readable: Vec<PathBuf> = opened.into_iter().cloned().collect();
        let mut environment = vec![("ORT_DYLIB_PATH", files.runtime.clone().into_os_string())];
        if let Some(data) = &setup.installation.phoneme_data {
            readable.push(data.join(Installation::PHONEME_DATA));
            environment.push((
                "PIPER_ESPEAKNG_DATA_DIRECTORY",
                data.clone().into_os_string(),
            ));
        }
        if let Some(temporary) = setup.temporary {
            environment.push(("TMPDIR", temporary.as_os_str().to_owned()));
        }
        let writable = files.cache.as_deref().into_iter().chain(setup.temporary);
        let model = files.model.display().to_string();
        let cache = files.cache.as_deref().map(Path::display);
        let threads = most_threads(config.threads);
        let supervisor = setup.workers.supervisor(WorkerSpec {
            role: EngineKind::Tts,
            backend: "piper",
            model: name.to_owned(),
            launch: SpawnOptions {
                programs: setup.installation.programs.clone(),
                readable,
                writable: writable.map(Path::to_path_buf).collect(),
                environment,
            },
            load: PiperLoad {
                model,
                cache: cache.map(|path| path.to_string()).unwrap_or_default(),
                threads,
                gpu: config.gpu,
            },
            wish: Placement::whole(config.gpu),
            threads,
            files: opened
                .iter()
                .filter_map(|path| FileIdentity::of(path))
                .collect(),
        });
        Self {
            supervisor,
            patience: setup.patience,
            options: options(config),
            language: Language::of(&spoken_in(&files.configuration).unwrap_or_default()),
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

/// What a voice speaks, as its configuration has it: `en_US`, or espeak-ng's name of it.
fn spoken_in(configuration: &Path) -> Option<String> {
    let mut json = String::new();
    let file = std::fs::File::open(configuration).ok()?;
    file.take(LONGEST_CONFIGURATION)
        .read_to_string(&mut json)
        .ok()?;
    let configuration: serde_json::Value = serde_json::from_str(&json).ok()?;
    let code = ["/language/code", "/espeak/voice"]
        .into_iter()
        .find_map(|place| configuration.pointer(place)?.as_str());
    code.map(str::to_owned)
}

#[async_trait]
impl TextToSpeech for PiperBackend {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.supervisor.prepare(self.patience, |_| ()).await
    }

    fn speak(&self, text: String) -> SpeechStream {
        let options = PiperOptions {
            text,
            ..self.options.clone()
        };
        let task = Synthesise {
            options,
            sentence: Vec::new(),
        };
        self.supervisor.run(task, self.patience)
    }

    fn language(&self) -> &'static Language {
        self.language
    }
}

/// Delivers whole sentences, so that a retry can go on with the next one.
struct Synthesise {
    options: PiperOptions,
    sentence: Vec<f32>,
}

impl Task<Piper> for Synthesise {
    type Item = Speech;

    fn job(&mut self, _loaded: &PiperLoaded) -> PiperOptions {
        self.sentence.clear();
        self.options.clone()
    }

    fn accept(&mut self, loaded: &PiperLoaded, output: PiperOutput) -> Option<Speech> {
        match output {
            PiperOutput::Audio(samples) => {
                self.sentence.extend_from_slice(&samples);
                None
            }
            PiperOutput::SentenceEnd { places } => {
                self.options.skip_sentences += 1;
                Some(Speech {
                    samples: std::mem::take(&mut self.sentence),
                    sample_rate: loaded.sample_rate,
                    places,
                })
            }
        }
    }
}
