//! Engines that do as they are told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use jane_audio::SPEECH_RATE;
use jane_config::{Config, Memory};
use jane_core::event::{EngineKind, Events};
use jane_engines::{
    BackendError, Engines, Finish, Generated, Generation, LanguageModel, Message, Prompt,
    ReplyStream, Speech, SpeechStream, SpeechToText, TextToSpeech, Transcript, Window,
};
use jane_skills::{SkillPaths, SkillRegistry, SkillSet};
use jane_worker::Failure;
use parking_lot::Mutex;

use crate::runtime::{Factory, Origin, Runtime};

/// Samples that she speaks for each word: 100 ms.
const WORD: usize = SPEECH_RATE as usize / 10;

/// What fails, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Recogniser,
    /// At once.
    Model,
    /// Behind what it answers.
    ModelAtTheEnd,
    Voice,
}

/// What the engines were told and did.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    transcript: String,
    answer: String,
    failures: VecDeque<Part>,
    thinks: Duration,
    reads: Duration,
    speaks_after: Duration,
    /// Samples of each utterance that the recogniser was given.
    read: Vec<usize>,
    prompts: Vec<Vec<Message>>,
    spoken: Vec<String>,
}

impl World {
    /// The recogniser understands this until it is told otherwise.
    pub fn will_hear(&self, text: &str) {
        self.0.lock().transcript = text.to_owned();
    }

    /// The model answers this until it is told otherwise.
    pub fn will_answer(&self, text: &str) {
        self.0.lock().answer = text.to_owned();
    }

    /// The model takes so long for each answer.
    pub fn will_think_for(&self, time: Duration) {
        self.0.lock().thinks = time;
    }

    /// The recogniser takes so long for each utterance.
    pub fn will_read_for(&self, time: Duration) {
        self.0.lock().reads = time;
    }

    /// The voice takes so long for each sentence.
    pub fn will_speak_after(&self, time: Duration) {
        self.0.lock().speaks_after = time;
    }

    pub fn will_fail(&self, part: Part) {
        self.0.lock().failures.push_back(part);
    }

    /// Milliseconds of each utterance that the recogniser was given.
    pub fn read(&self) -> Vec<usize> {
        let state = self.0.lock();
        state.read.iter().map(|samples| samples / 16).collect()
    }

    pub fn spoken(&self) -> Vec<String> {
        self.0.lock().spoken.clone()
    }

    /// How often the model was asked.
    pub fn prompts(&self) -> usize {
        self.0.lock().prompts.len()
    }

    /// The last prompt, without the instructions.
    pub fn last_prompt(&self) -> Vec<String> {
        let state = self.0.lock();
        let messages = state.prompts.last().unwrap();
        messages
            .iter()
            .skip(1)
            .map(|message| message.content.clone())
            .collect()
    }

    fn fails(&self, what: Part) -> bool {
        let mut state = self.0.lock();
        let fails = state.failures.front() == Some(&what);
        if fails {
            state.failures.pop_front();
        }
        fails
    }
}

fn failed(role: EngineKind) -> BackendError {
    BackendError::Failed {
        role,
        worker: "fake",
        failure: Failure::Engine {
            message: "as it was told".to_owned(),
        },
    }
}

#[async_trait]
impl SpeechToText for World {
    async fn prepare(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        if self.fails(Part::Recogniser) {
            return Err(failed(EngineKind::Stt));
        }
        let (text, reads) = {
            let mut state = self.0.lock();
            state.read.push(samples.len());
            (state.transcript.clone(), state.reads)
        };
        tokio::time::sleep(reads).await;
        Ok(Transcript {
            text,
            language: None,
            no_speech_probability: 0.0,
            mean_log_probability: 0.0,
        })
    }
}

#[async_trait]
impl LanguageModel for World {
    async fn prepare(&self, _prompt: &Prompt) -> Result<(), BackendError> {
        Ok(())
    }

    fn reply(&self, prompt: Prompt) -> ReplyStream {
        if self.fails(Part::Model) {
            return stream::iter([Err(failed(EngineKind::Llm))]).boxed();
        }
        let end_fails = self.fails(Part::ModelAtTheEnd);
        let mut state = self.0.lock();
        state.prompts.push(prompt.dialogue.messages());
        let answer = state.answer.clone();
        let thinks = state.thinks;
        let ended = Generated::Ended(Generation {
            finish: Finish::Stop,
            prompt_tokens: 1,
            reused_tokens: 0,
            reply_tokens: 1,
            decode_seconds: 0.0,
        });
        let ended = if end_fails {
            Err(failed(EngineKind::Llm))
        } else {
            Ok(ended)
        };
        let waits = stream::once(tokio::time::sleep(thinks)).filter_map(async |()| None);
        let items = stream::iter([Ok(Generated::Text(answer)), ended]);
        Box::pin(waits).chain(items).boxed()
    }

    fn aside(&self, messages: Vec<Message>, _max_tokens: u32) -> ReplyStream {
        self.reply(messages.into())
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        Ok(vec![1; prompts.len()])
    }

    async fn window(&self) -> Result<Window, BackendError> {
        Ok(Window {
            tokens: 4096,
            reply: 256,
        })
    }
}

#[async_trait]
impl TextToSpeech for World {
    async fn prepare(&self) -> Result<(), BackendError> {
        Ok(())
    }

    fn speak(&self, text: String) -> SpeechStream {
        if self.fails(Part::Voice) {
            return stream::iter([Err(failed(EngineKind::Tts))]).boxed();
        }
        let words = text.split_whitespace().count();
        let mut state = self.0.lock();
        state.spoken.push(text);
        let speech = Speech::new(vec![0.5; words * WORD], SPEECH_RATE);
        let waits = tokio::time::sleep(state.speaks_after);
        let speech = stream::once(async move {
            waits.await;
            Ok(speech)
        });
        Box::pin(speech).boxed()
    }
}

#[async_trait]
impl Factory for World {
    fn engines(&self, config: &Config) -> Result<Engines, BackendError> {
        Ok(Engines {
            stt: self.stt(config)?,
            llm: self.llm(config)?,
            tts: self.tts(config)?,
            mind: jane_mind::Mind::default(),
            turn_completion: jane_engines::TurnCompletion::default(),
        })
    }

    fn stt(&self, _config: &Config) -> Result<Arc<dyn SpeechToText>, BackendError> {
        Ok(Arc::new(self.clone()))
    }

    fn llm(&self, _config: &Config) -> Result<Arc<dyn LanguageModel>, BackendError> {
        Ok(Arc::new(self.clone()))
    }

    fn tts(&self, _config: &Config) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        Ok(Arc::new(self.clone()))
    }

    fn set_budgets(&self, _budgets: &Memory) {}

    async fn unload(&self, _role: EngineKind) {}
}

/// The skill of this name that ships, alone. What it keeps is forgotten.
pub async fn shipped(name: &str, events: &Events) -> SkillRegistry {
    let (home, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = SkillPaths {
        home: home.path().to_owned(),
        cache: cache.path().to_owned(),
        keeps: false,
        compiler: None,
    };
    let skills = SkillRegistry::new(place, &Config::default(), events).unwrap();
    let file = format!("{}/plugins/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    let skill = skills.load(name, file.as_ref()).await.unwrap();
    skills.set(SkillSet::new(vec![skill], Vec::new()));
    skills
}

/// A runtime of these engines and skills with this `jane.toml`.
pub fn runtime(
    config: &str,
    world: &World,
    skills: SkillRegistry,
    events: &Events,
) -> Arc<Runtime> {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("jane.toml");
    let echo = "[hearing]\necho_cancellation = false\n";
    std::fs::write(&file, format!("{echo}{config}")).unwrap();
    let origin = Origin {
        file,
        file_is_required: true,
        environment: Vec::new(),
        overrides: Vec::new(),
    };
    let config = Config::load(&origin.source()).unwrap();
    Runtime::new(
        config,
        origin,
        Arc::new(world.clone()),
        None,
        skills,
        events.clone(),
    )
    .unwrap()
}
