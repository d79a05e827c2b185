//! The three engines that `jane.toml` names, built from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;

use super::fallback::{Fallback, Named};
use super::openai::{OpenAiChat, OpenAiSpeech, OpenAiTranscription};
use super::worker::{
    Installation, LlamaBackend, PiperBackend, Timeouts, VoiceFiles, WhisperBackend, WorkerContext,
    WorkerPool,
};
use super::wyoming::{WyomingSpeech, WyomingTranscription};
use super::{
    BackendError, LanguageModel, SpeechStream, SpeechToText, TextToSpeech, Transcript,
    TurnCompletion,
};
use jane_config::{Config, LlmBackend, SttBackend, TtsBackend};
use jane_core::event::EngineKind;
use jane_files::own_directory;
use jane_mind::{Memory, Mind, RouterFiles};
use jane_models::{ModelError, ModelFiles, ModelKind, ModelStore};
use jane_text::spoken::Language;
use jane_worker::{Llama, Piper, Protocol};

/// The catalogue's name of ONNX Runtime, which runs the voice, and the detector of voices.
pub const ONNX_RUNTIME: &str = "onnxruntime";

/// The catalogue's name of what tells how near texts are in meaning.
pub const EMBEDDING: &str = "all-minilm-l6-v2";

/// The catalogue's name of what hears whether a turn is complete.
pub const SMART_TURN: &str = "smart-turn-v3.2";

/// What she was told to remember, in Jane's home.
pub const MEMORY: &str = ".state/memory.txt";

/// Where the embeddings of examples are kept, in the cache directory.
const EXAMPLES: &str = "examples";

/// A server for which something stands in is not asked twice: the user need not wait.
const NO_RETRIES: u32 = 0;

/// What answers a turn. A turn takes a clone at its start and keeps it to its end.
#[derive(Clone)]
pub struct Engines {
    pub stt: Arc<dyn SpeechToText>,
    pub llm: Arc<dyn LanguageModel>,
    pub tts: Arc<dyn TextToSpeech>,
    /// What is meant by what was said.
    pub mind: Mind,
    /// Whether a turn sounds complete.
    pub turn_completion: TurnCompletion,
}

impl Engines {
    /// Takes the engine of `role` from `other`.
    pub fn take(&mut self, role: EngineKind, other: &Self) {
        match role {
            EngineKind::Stt => self.stt = Arc::clone(&other.stt),
            EngineKind::Llm => self.llm = Arc::clone(&other.llm),
            EngineKind::Tts => self.tts = Arc::clone(&other.tts),
        }
    }
}

/// What engines are built from.
pub struct Builder<'a> {
    pub config: &'a Config,
    /// What relative paths are relative to.
    pub home: &'a Path,
    pub models: &'a ModelStore,
    pub installation: &'a Installation,
    /// Directory for what can be computed again; `None` for none.
    pub cache: Option<&'a Path>,
    /// Directory for what must not outlive this run; `None` for none.
    pub temporary: Option<&'a Path>,
    pub workers: &'a WorkerPool,
}

/// A directory in `directory` for the worker of `engine` with `model` alone: no worker can write what another one reads, or the host.
fn own(directory: Option<&Path>, engine: &str, model: &Path) -> Option<PathBuf> {
    let made = own_directory(directory?, engine, model);
    let told = |error: &std::io::Error| {
        tracing::warn!(%error, engine, "no directory of its own: it keeps nothing");
    };
    made.inspect_err(told).ok()
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
            mind: self
                .mind()
                .remembering(Memory::new(&self.home.join(MEMORY))),
            turn_completion: self.turn_completion(),
        })
    }

    /// What hears whether a turn is complete; nothing where its model or ONNX Runtime is not installed.
    fn turn_completion(&self) -> TurnCompletion {
        let resolve = |kind, name| self.models.resolve(kind, name, self.home);
        let model = resolve(ModelKind::Turn, SMART_TURN);
        let runtime = resolve(ModelKind::Runtime, ONNX_RUNTIME);
        match (runtime, model) {
            (Ok(runtime), Ok(model)) => TurnCompletion::of(runtime.main, model.main),
            (Err(error), _) | (_, Err(error)) => {
                tracing::info!(%error, "whether a turn is over is told by its words alone");
                TurnCompletion::default()
            }
        }
    }

    /// What tells the meaning of what was said, which is loaded in the background; nothing where its model is not installed.
    fn mind(&self) -> Mind {
        let files = self
            .models
            .resolve(ModelKind::Embedding, EMBEDDING, self.home);
        let files = files
            .inspect_err(|error| tracing::info!(%error, "tools are not found by their meaning"));
        let Ok(files) = files else {
            return Mind::default();
        };
        let cache = self.cache.map(|cache| cache.join(EXAMPLES));
        Mind::load(RouterFiles {
            model: files.main,
            vocabulary: files.extra.into_iter().next().unwrap_or_default(),
            cache: cache.filter(|cache| std::fs::create_dir_all(cache).is_ok()),
        })
    }

    /// # Errors
    /// Where the model is not there or not usable, or the server's address or key is not in order.
    pub fn speech_to_text(&self) -> Result<Arc<dyn SpeechToText>, BackendError> {
        let mut config = self.config.stt.clone();
        if !config.fallback.is_empty() {
            config.remote.retries = NO_RETRIES;
        }
        let server: Arc<dyn SpeechToText> = match config.backend {
            SttBackend::Whisper => return self.whisper(&config.model),
            SttBackend::OpenAi => Arc::new(OpenAiTranscription::new(&config, self.home)?),
            SttBackend::Wyoming => Arc::new(WyomingTranscription::new(&config)?),
        };
        if config.fallback.is_empty() {
            return Ok(server);
        }
        let local = self.whisper(&config.fallback_model)?;
        Ok(Arc::new(Fallback::new(
            EngineKind::Stt,
            named(server, config.model),
            named(local, config.fallback_model),
            self.workers.events.clone(),
        )))
    }

    /// # Errors
    /// As [`Builder::speech_to_text`].
    pub fn language_model(&self) -> Result<Arc<dyn LanguageModel>, BackendError> {
        let mut config = self.config.llm.clone();
        if !config.fallback.is_empty() {
            config.remote.retries = NO_RETRIES;
        }
        let server: Arc<dyn LanguageModel> = match config.backend {
            LlmBackend::Llama => return self.llama(&config.model),
            LlmBackend::OpenAi => Arc::new(OpenAiChat::new(&config, self.home)?),
        };
        if config.fallback.is_empty() {
            return Ok(server);
        }
        let local = self.llama(&config.fallback_model)?;
        Ok(Arc::new(Fallback::new(
            EngineKind::Llm,
            named(server, config.model),
            named(local, config.fallback_model),
            self.workers.events.clone(),
        )))
    }

    /// # Errors
    /// As [`Builder::speech_to_text`].
    pub fn text_to_speech(&self) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        let mut config = self.config.tts.clone();
        if !config.fallback.is_empty() {
            config.remote.retries = NO_RETRIES;
        }
        let server: Arc<dyn TextToSpeech> = match config.backend {
            TtsBackend::Piper => return self.piper(&config.model),
            TtsBackend::OpenAi => Arc::new(OpenAiSpeech::new(&config, self.home)?),
            TtsBackend::Wyoming => Arc::new(WyomingSpeech::new(&config)?),
        };
        let server: Arc<dyn TextToSpeech> = Arc::new(InLanguage {
            engine: server,
            language: Language::of(&self.config.stt.language),
        });
        if config.fallback.is_empty() {
            return Ok(server);
        }
        let local = self.piper(&config.fallback_model)?;
        Ok(Arc::new(Fallback::new(
            EngineKind::Tts,
            named(server, config.model),
            named(local, config.fallback_model),
            self.workers.events.clone(),
        )))
    }

    fn whisper(&self, model: &str) -> Result<Arc<dyn SpeechToText>, BackendError> {
        let files = self.resolve(EngineKind::Stt, ModelKind::Stt, model)?;
        let engine = WhisperBackend::new(&self.config.stt, model, &files.main, &self.setup());
        Ok(Arc::new(engine))
    }

    fn llama(&self, model: &str) -> Result<Arc<dyn LanguageModel>, BackendError> {
        let files = self.resolve(EngineKind::Llm, ModelKind::Llm, model)?;
        let cache = own(self.cache, Llama::WORKER, &files.main);
        let (llm, setup) = (&self.config.llm, self.setup());
        let engine = LlamaBackend::new(llm, model, &files.main, cache.as_deref(), &setup);
        Ok(Arc::new(engine))
    }

    fn piper(&self, voice: &str) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        let files = self.resolve(EngineKind::Tts, ModelKind::Tts, voice)?;
        let runtime = self.resolve(EngineKind::Tts, ModelKind::Runtime, ONNX_RUNTIME)?;
        let temporary = own(self.temporary, Piper::WORKER, &files.main);
        let cache = own(self.cache, Piper::WORKER, &files.main);
        let files = VoiceFiles {
            model: files.main,
            configuration: files.extra.into_iter().next().unwrap_or_default(),
            runtime: runtime.main,
            cache,
        };
        let setup = WorkerContext {
            temporary: temporary.as_deref(),
            ..self.setup()
        };
        let engine = PiperBackend::new(&self.config.tts, voice, &files, &setup);
        Ok(Arc::new(engine))
    }

    fn resolve(
        &self,
        role: EngineKind,
        kind: ModelKind,
        name: &str,
    ) -> Result<ModelFiles, BackendError> {
        self.models
            .resolve(kind, name, self.home)
            .map_err(|error| model_error(role, name, &error))
    }

    fn setup(&self) -> WorkerContext<'_> {
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let worker = &self.config.worker;
        WorkerContext {
            workers: self.workers,
            installation: self.installation,
            patience: Timeouts {
                start: seconds(worker.start_seconds),
                silence: seconds(worker.silent_seconds),
            },
            temporary: self.temporary,
        }
    }
}

fn named<T: ?Sized>(engine: Arc<T>, name: String) -> Named<T> {
    Named { engine, name }
}

/// What is wrong with the servers that `config` names, as far as that is known without asking them: an address, a key that cannot be read.
pub fn server_errors(config: &Config, home: &Path) -> Vec<BackendError> {
    let (stt, llm, tts) = (&config.stt, &config.llm, &config.tts);
    let stt =
        (stt.backend == SttBackend::OpenAi).then(|| OpenAiTranscription::new(stt, home).err());
    let llm = (llm.backend == LlmBackend::OpenAi).then(|| OpenAiChat::new(llm, home).err());
    let tts = (tts.backend == TtsBackend::OpenAi).then(|| OpenAiSpeech::new(tts, home).err());
    [stt, llm, tts].into_iter().flatten().flatten().collect()
}

/// The models of this machine that `config` names, and what each is for: those of fallbacks too.
pub fn wanted_models(config: &Config) -> Vec<(ModelKind, &str)> {
    let (stt, llm, tts) = (&config.stt, &config.llm, &config.tts);
    let local = |is_local: bool, model, has_fallback: bool, fallback| match (is_local, has_fallback)
    {
        (true, _) => Some(model),
        (false, true) => Some(fallback),
        (false, false) => None,
    };
    let stt = local(
        stt.backend == SttBackend::Whisper,
        stt.model.as_str(),
        !stt.fallback.is_empty(),
        stt.fallback_model.as_str(),
    );
    let llm = local(
        llm.backend == LlmBackend::Llama,
        llm.model.as_str(),
        !llm.fallback.is_empty(),
        llm.fallback_model.as_str(),
    );
    let tts = local(
        tts.backend == TtsBackend::Piper,
        tts.model.as_str(),
        !tts.fallback.is_empty(),
        tts.fallback_model.as_str(),
    );
    [
        (ModelKind::Stt, stt),
        (ModelKind::Llm, llm),
        (ModelKind::Tts, tts),
        (ModelKind::Embedding, llm.map(|_| EMBEDDING)),
        (ModelKind::Turn, Some(SMART_TURN)),
        (ModelKind::Runtime, Some(ONNX_RUNTIME)),
    ]
    .into_iter()
    .filter_map(|(kind, name)| Some((kind, name?)))
    .collect()
}

/// A server's voice, which does not say what it speaks: it answers in the language that is spoken to her.
struct InLanguage {
    engine: Arc<dyn TextToSpeech>,
    language: &'static Language,
}

#[async_trait]
impl TextToSpeech for InLanguage {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.engine.prepare().await
    }

    fn speak(&self, text: String) -> SpeechStream {
        self.engine.speak(text)
    }

    fn language(&self) -> &'static Language {
        self.language
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

/// Why the model `name` cannot be used by `role`, as the store of models says it.
fn model_error(role: EngineKind, name: &str, error: &ModelError) -> BackendError {
    BackendError::Model {
        role,
        model: name.to_owned(),
        reason: error.to_string(),
        hint: error.hint(),
    }
}
