//! Reloading with engines that are made of nothing: 500 mutations of a file, and the ways in which a swap can fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use jane_config::{Config, Memory, Source, render_default};
use jane_core::event::{EngineKind, Event, Events, Stamped};
use jane_engines::worker::is_beside;
use jane_engines::{
    BackendError, Engines, Finish, Generated, Generation, LanguageModel, Message, Prompt,
    ReplyStream, Speech, SpeechStream, SpeechToText, TextToSpeech, Transcript, Window,
};
use jane_skills::SkillRegistry;
use parking_lot::Mutex;
use proptest::prelude::*;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use super::watch::next_sample;
use super::{Factory, Origin, Runtime};

/// An engine that says which model it is made of.
struct Named {
    model: String,
    world: Arc<Mutex<World>>,
}

/// What the engines of a test are made of.
#[derive(Default)]
struct World {
    /// Models that fail when they are asked something.
    broken: Vec<String>,
    /// Whether only one model of a role has room.
    is_narrow: bool,
    /// A model of this name waits for what is told here before it does anything.
    slow: Arc<Notify>,
    loaded: Vec<String>,
    budgets: Vec<Memory>,
}

impl Named {
    /// Loads the model where there is room.
    fn ask(&self) -> Result<(), BackendError> {
        let mut world = self.world.lock();
        if world.broken.contains(&self.model) {
            return Err(BackendError::Model {
                role: EngineKind::Llm,
                model: self.model.clone(),
                reason: "it is broken".to_owned(),
                hint: None,
            });
        }
        if !world.loaded.contains(&self.model) {
            if world.is_narrow && (is_beside(EngineKind::Stt) || is_beside(EngineKind::Llm)) {
                return Err(BackendError::NotBeside {
                    role: EngineKind::Llm,
                    model: self.model.clone(),
                });
            }
            world.loaded.push(self.model.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl SpeechToText for Named {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.ask()
    }

    async fn transcribe(&self, _samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        if self.model == "slow" {
            let slow = Arc::clone(&self.world.lock().slow);
            slow.notified().await;
        }
        self.ask()?;
        Ok(Transcript {
            text: self.model.clone(),
            language: None,
            no_speech_probability: 0.0,
            mean_log_probability: 0.0,
        })
    }
}

#[async_trait]
impl LanguageModel for Named {
    async fn prepare(&self, _prompt: &Prompt) -> Result<(), BackendError> {
        self.ask()
    }

    fn reply(&self, _prompt: Prompt) -> ReplyStream {
        let ended = Generated::Ended(Generation {
            finish: Finish::Stop,
            prompt_tokens: 1,
            reused_tokens: 0,
            reply_tokens: 1,
            decode_seconds: 0.0,
        });
        let items = self
            .ask()
            .map(|()| vec![Ok(Generated::Text(self.model.clone())), Ok(ended)])
            .unwrap_or_else(|error| vec![Err(error)]);
        stream::iter(items).boxed()
    }

    fn aside(&self, messages: Vec<Message>, _max_tokens: u32) -> ReplyStream {
        self.reply(messages.into())
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        let words = |message: &Message| message.content.split_whitespace().count();
        let words = |messages: &Vec<Message>| messages.iter().map(words).sum::<usize>();
        let words = prompts.iter().map(words);
        Ok(words.map(|words| u32::try_from(words).unwrap()).collect())
    }

    async fn window(&self) -> Result<Window, BackendError> {
        Ok(Window {
            tokens: 4096,
            reply: 256,
        })
    }
}

#[async_trait]
impl TextToSpeech for Named {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.ask()
    }

    fn speak(&self, _text: String) -> SpeechStream {
        let speech = self.ask().map(|()| Speech::new(Vec::new(), 16_000));
        stream::iter([speech]).boxed()
    }
}

struct Fakes(Arc<Mutex<World>>);

impl Fakes {
    /// Models whose name begins with `missing` are not there.
    fn engine(&self, role: EngineKind, model: &str) -> Result<Arc<Named>, BackendError> {
        if model.starts_with("missing") {
            return Err(BackendError::Model {
                role,
                model: model.to_owned(),
                reason: "it is not installed".to_owned(),
                hint: None,
            });
        }
        Ok(Arc::new(Named {
            model: model.to_owned(),
            world: Arc::clone(&self.0),
        }))
    }
}

#[async_trait]
impl Factory for Fakes {
    fn engines(&self, config: &Config) -> Result<Engines, BackendError> {
        Ok(Engines {
            stt: self.stt(config)?,
            llm: self.llm(config)?,
            tts: self.tts(config)?,
            mind: jane_mind::Mind::default(),
            turn_completion: jane_engines::TurnCompletion::default(),
        })
    }

    fn stt(&self, config: &Config) -> Result<Arc<dyn SpeechToText>, BackendError> {
        Ok(self.engine(EngineKind::Stt, &config.stt.model)?)
    }

    fn llm(&self, config: &Config) -> Result<Arc<dyn LanguageModel>, BackendError> {
        Ok(self.engine(EngineKind::Llm, &config.llm.model)?)
    }

    fn tts(&self, config: &Config) -> Result<Arc<dyn TextToSpeech>, BackendError> {
        Ok(self.engine(EngineKind::Tts, &config.tts.model)?)
    }

    fn set_budgets(&self, budgets: &Memory) {
        self.0.lock().budgets.push(budgets.clone());
    }

    async fn unload(&self, _role: EngineKind) {
        self.0.lock().loaded.clear();
    }
}

pub(super) struct Scene {
    pub(super) runtime: Arc<Runtime>,
    world: Arc<Mutex<World>>,
    pub(super) events: UnboundedReceiver<Stamped>,
    pub(super) file: PathBuf,
    _home: tempfile::TempDir,
}

impl Scene {
    pub(super) fn new(text: &str) -> Self {
        Self::with_file(Some(text))
    }

    /// Without a file the defaults are in force.
    fn with_file(text: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("jane.toml");
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let origin = Origin {
            file: file.clone(),
            file_is_required: text.is_some(),
            environment: Vec::new(),
            overrides: Vec::new(),
        };
        let (events, world) = (Events::new(), Arc::<Mutex<World>>::default());
        let receiver = events.subscribe();
        let config = Config::load(&origin.source()).unwrap();
        let factory = Arc::new(Fakes(Arc::clone(&world)));
        let runtime =
            Runtime::new(config, origin, factory, None, SkillRegistry::none(), events).unwrap();
        Self {
            runtime,
            world,
            events: receiver,
            file,
            _home: home,
        }
    }

    async fn edit(&mut self, text: &[u8]) -> Event {
        std::fs::write(&self.file, text).unwrap();
        self.runtime.reload(false).await;
        self.events.try_recv().unwrap().event
    }

    /// What the engines in force say of themselves.
    async fn models(&self) -> [String; 3] {
        let in_force = self.runtime.take().await;
        let stt = in_force.engines.stt.transcribe([].into()).await.unwrap();
        let mut reply = in_force.engines.llm.reply(Prompt::default());
        let Some(Ok(Generated::Text(llm))) = reply.next().await else {
            panic!("no reply");
        };
        [stt.text, llm, in_force.config.tts.model.clone()]
    }
}

fn load(path: &Path) -> Result<Config, jane_config::ConfigError> {
    Config::load(&Source {
        file: Some(path.to_path_buf()),
        ..Source::default()
    })
}

#[tokio::test]
async fn an_edit_takes_effect_whole_or_not_at_all() {
    let mut scene = Scene::new("");
    let event = scene
        .edit(b"[llm]\nmodel = \"other\"\n[log]\nkeep_files = 2\n")
        .await;
    let Event::ConfigReloaded {
        generation: 1,
        changed,
        restart,
        ..
    } = event
    else {
        panic!("{event:?}");
    };
    assert_eq!(changed, ["llm.model", "log.keep_files"]);
    assert_eq!(restart, ["log.keep_files"]);
    let models = scene.models().await;
    assert_eq!(models[1], "other");

    // Right changes and one wrong one: none, and what was loaded meanwhile had the budgets that are given back.
    let wrong = b"[llm]\nmodel = \"third\"\n[memory]\nhost_mb = 333\n[tts]\nmodel = \"missing\"\n";
    let event = scene.edit(wrong).await;
    assert!(matches!(event, Event::ConfigRejected { .. }), "{event:?}");
    assert_eq!(scene.models().await, models);
    assert_eq!(scene.runtime.in_force().generation, 1);
    let budgets = scene.world.lock().budgets.clone();
    let host: Vec<_> = budgets.iter().map(|memory| memory.host_mb).collect();
    assert_eq!(host, [333, Config::default().memory.host_mb]);
}

#[tokio::test]
async fn a_turn_keeps_what_it_took() {
    let mut scene = Scene::new("");
    let taken = scene.runtime.take().await;
    scene.edit(b"[llm]\nmodel = \"other\"\n").await;
    let mut reply = taken.engines.llm.reply(Prompt::default());
    let Some(Ok(Generated::Text(model))) = reply.next().await else {
        panic!("no reply");
    };
    assert_eq!(model, Config::default().llm.model);
    assert_eq!(scene.models().await[1], "other");
}

#[tokio::test]
async fn where_both_do_not_fit_the_old_one_goes_first_after_its_turn() {
    let mut scene = Scene::new("");
    let before = scene.models().await;
    scene.world.lock().is_narrow = true;
    let taken = scene.runtime.take().await;
    let (runtime, file) = (Arc::clone(&scene.runtime), scene.file.clone());
    std::fs::write(&file, "[llm]\nmodel = \"large\"\n").unwrap();
    let reloading = tokio::spawn(async move { runtime.reload(false).await });
    tokio::task::yield_now().await;
    assert!(!reloading.is_finished());
    assert!(scene.world.lock().loaded.contains(&before[1]));
    drop(taken);
    reloading.await.unwrap();
    assert_eq!(scene.models().await[1], "large");

    // One that fails then gives the old one back.
    scene.world.lock().broken.push("worse".to_owned());
    let event = scene.edit(b"[llm]\nmodel = \"worse\"\n").await;
    assert!(matches!(event, Event::ConfigReloaded { .. }));
    let event = scene.events.try_recv().unwrap().event;
    assert!(matches!(event, Event::ConfigRejected { .. }), "{event:?}");
    assert_eq!(scene.models().await[1], "large");
}

#[tokio::test]
async fn a_turn_during_a_check_loads_what_it_needs_as_ever() {
    let mut scene = Scene::new("");
    scene.world.lock().is_narrow = true;
    let (runtime, file) = (Arc::clone(&scene.runtime), scene.file.clone());
    std::fs::write(&file, "[stt]\nmodel = \"slow\"\n").unwrap();
    let reloading = tokio::spawn(async move { runtime.reload(false).await });
    tokio::task::yield_now().await;
    // The check of the new recogniser is under way, and nothing is loaded yet.
    assert_eq!(scene.models().await[0], Config::default().stt.model);
    // Once for the check beside the old one, and once for that in its place.
    let slow = Arc::clone(&scene.world.lock().slow);
    slow.notify_one();
    tokio::task::yield_now().await;
    slow.notify_one();
    reloading.await.unwrap();
    let event = scene.events.try_recv().unwrap().event;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
}

#[tokio::test]
async fn a_file_that_is_gone_changes_nothing_and_may_come_back() {
    let mut scene = Scene::new("[llm]\nmodel = \"first\"\n");
    std::fs::remove_file(&scene.file).unwrap();
    scene.runtime.reload(false).await;
    let event = scene.events.try_recv().unwrap().event;
    assert!(matches!(event, Event::ConfigRejected { .. }), "{event:?}");
    assert_eq!(scene.models().await[1], "first");
    let event = scene.edit(b"[llm]\nmodel = \"second\"\n").await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
    assert_eq!(scene.models().await[1], "second");
}

#[tokio::test]
async fn instructions_that_leave_no_room_for_a_conversation_are_rejected_with_the_numbers() {
    let mut scene = Scene::new("");
    let before = scene.runtime.in_force();
    let long = "word ".repeat(4_000);
    let pinned = vec!["word ".repeat(70); 60];
    for text in [
        format!("[assistant]\nsystem_prompt = \"{long}\"\n"),
        format!("[context]\npinned = {pinned:?}\n"),
        format!("[assistant]\nsystem_prompt = \"{long}\"\n[llm]\nmodel = \"other\"\n"),
    ] {
        let event = scene.edit(text.as_bytes()).await;
        let Event::ConfigRejected { problems, hint } = event else {
            panic!("{event:?}");
        };
        for number in [" 3712 ", " 4096,", " 256 "] {
            assert!(problems[0].contains(number), "{problems:?}");
        }
        assert!(hint.unwrap().contains("llm.context_window"));
        assert!(Arc::ptr_eq(&before, &scene.runtime.in_force()));
    }
    // Others need no new engine.
    let event = scene
        .edit(b"[assistant]\nsystem_prompt = \"Be brief.\"\n")
        .await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
    let (before, after) = (&before.engines.llm, &scene.runtime.in_force().engines.llm);
    assert!(Arc::ptr_eq(before, after));
}

#[tokio::test]
async fn a_file_that_appeared_is_not_to_be_gone_again() {
    let mut scene = Scene::with_file(None);
    let event = scene.edit(b"[llm]\nmodel = \"first\"\n").await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
    std::fs::remove_file(&scene.file).unwrap();
    scene.runtime.reload(false).await;
    let event = scene.events.try_recv().unwrap().event;
    assert!(matches!(event, Event::ConfigRejected { .. }), "{event:?}");
    assert_eq!(scene.models().await[1], "first");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_samples_distance_takes_effect_at_once() {
    let mut scene = Scene::new("[memory]\nsample_seconds = 60\n");
    let runtime = Arc::clone(&scene.runtime);
    let begun = tokio::time::Instant::now();
    let sampling = tokio::spawn(async move { next_sample(&runtime).await });
    tokio::task::yield_now().await;
    let event = scene.edit(b"[memory]\nsample_seconds = 2\n").await;
    assert!(matches!(event, Event::ConfigReloaded { .. }), "{event:?}");
    sampling.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 2);
}

/// A valid file, damaged: bytes replaced, removed, repeated, or cut off.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let text = render_default().into_bytes();
    let length = text.len();
    let valid = prop::sample::select(vec![
        "model = \"whisper-tiny.en\"",
        "model = \"smollm2-135m-instruct\"",
        "temperature = 0.0",
        "name = \"Jane\"",
    ]);
    let damage = (0..5_u8, 0..length, 0..40_usize, any::<[u8; 8]>(), valid);
    prop::collection::vec(damage, 1..4).prop_map(move |damages| {
        let mut bytes = text.clone();
        for (kind, place, count, noise, line) in damages {
            let place = place.min(bytes.len());
            let end = (place + count).min(bytes.len());
            match kind {
                0 => bytes.truncate(place),
                1 => drop(bytes.drain(place..end)),
                2 => {
                    let copy = bytes[place..end].to_vec();
                    bytes.splice(place..place, copy);
                }
                3 => drop(bytes.splice(place..end, noise)),
                // An edit that a person could have made.
                _ => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let name = char::from(b'a' + noise[0] % 26);
                    let key = line.split(' ').next().unwrap();
                    let edited = match key {
                        "temperature" => format!("temperature = {}", noise[0] % 8),
                        "name" => format!("name = \"{name}\""),
                        _ if noise[1] % 3 == 0 => format!("model = \"missing-{name}\""),
                        _ => format!("model = \"{name}\""),
                    };
                    bytes = text.replacen(line, &edited, 1).into_bytes();
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_the_file_panics_or_applies_by_halves(bytes in mutated()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut scene = Scene::new("[tts]\nmodel = \"before\"\n");
            let (before, models) = (scene.runtime.in_force(), scene.models().await);
            let event = scene.edit(&bytes).await;
            let (after, models_after) = (scene.runtime.in_force(), scene.models().await);
            match event {
                Event::ConfigRejected { problems, .. } => {
                    prop_assert!(!problems.is_empty());
                    prop_assert!(Arc::ptr_eq(&before, &after));
                    prop_assert_eq!(models, models_after);
                }
                Event::ConfigReloaded { .. } => {
                    let config = load(&scene.file).unwrap();
                    let named = [&config.stt.model, &config.llm.model, &config.tts.model];
                    prop_assert_eq!(named.map(String::as_str), models_after.each_ref().map(String::as_str));
                    prop_assert_eq!(&after.config, &config);
                }
                other => prop_assert!(false, "{:?}", other),
            }
            prop_assert!(scene.events.try_recv().is_err(), "one edit, one event");
            Ok(())
        })?;
    }
}
