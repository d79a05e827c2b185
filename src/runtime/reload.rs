//! Reads the configuration anew and puts it in force: validate, compare, build what differs, check it with a real request, swap.
//!
//! Invariant: everything that can fail happens before the swap, and the swap is one store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jane_audio::SPEECH_RATE;
use jane_config::{Changes, Config, ConfigError, Doubt, Effect};
use jane_core::event::{EngineKind, Event};
use jane_engines::worker::beside;
use jane_engines::{BackendError, Engines, Message, finished};
use tokio::sync::OwnedRwLockWriteGuard;

use super::{InForce, Runtime};
use crate::context::{History, Watermarks};

/// What is spoken, asked and heard to find out whether an engine works: it costs little.
const GREETING: &str = "Hello.";

/// Why nothing changed.
pub(super) enum Rejected {
    Config(ConfigError),
    Engine(BackendError),
}

/// What a reload put in force.
pub(super) struct Applied {
    pub(super) changed: Vec<String>,
    restart: Vec<String>,
    /// The time in which no turn could start.
    gap: Duration,
}

impl Runtime {
    /// Reads the configuration anew. What is right takes effect and what is wrong changes nothing; either is said in an event.
    /// With `forced`, engines that could not be had before are tried again.
    pub async fn reload(&self, forced: bool) {
        let _one_at_a_time = self.reloading.lock().await;
        match self.try_reload(forced).await {
            Ok(applied) => self.tell(applied, false),
            Err(rejected) => {
                let (problems, hint) = rejected.told();
                tracing::warn!(?problems, "the configuration stays as it was");
                self.events.emit(Event::ConfigRejected { problems, hint });
            }
        }
    }

    /// Says what was put in force.
    pub(super) fn tell(&self, applied: Applied, by_hand: bool) {
        let Applied {
            changed,
            restart,
            gap,
        } = applied;
        tracing::info!(?changed, ?restart, "the configuration was read anew");
        self.events.emit(Event::ConfigReloaded {
            generation: self.in_force.load().generation,
            changed,
            restart,
            gap_ms: u64::try_from(gap.as_millis()).unwrap_or(u64::MAX),
            by_hand,
        });
    }

    /// Whether the file may be in the middle of being written: it is empty, cut off, missing or no TOML, and was not before. Whoever
    /// reloads because it changed waits for more.
    pub(super) fn is_unfinished(&self) -> bool {
        let Ok(text) = self.origin.source_with(self.had_file()).read() else {
            return true;
        };
        text.is_some_and(|text| self.doubt(&text).is_some())
    }

    /// What speaks against `text` in the place of the one in force.
    fn doubt(&self, text: &[u8]) -> Option<Doubt> {
        let in_force = self.text.lock();
        Doubt::of_file(
            &self.origin.file,
            in_force.as_deref().unwrap_or_default(),
            text,
        )
    }

    fn check_whole(&self, text: Option<&[u8]>) -> Result<(), ConfigError> {
        match text.and_then(|text| self.doubt(text)) {
            Some(doubt) if doubt.is_certain() => Err(ConfigError::CutOff {
                path: self.origin.file.clone(),
                doubt,
            }),
            _ => Ok(()),
        }
    }

    /// `text` is what the file in force holds.
    fn remember(&self, text: Option<Vec<u8>>) {
        *self.text.lock() = text;
    }

    /// Whether there has been a file, so that there must be one.
    fn had_file(&self) -> bool {
        self.origin.file_is_required || self.has_file.load(Ordering::Relaxed)
    }

    pub(super) async fn try_reload(&self, forced: bool) -> Result<Applied, Rejected> {
        let old = self.in_force.load_full();
        let mut source = self.origin.source_with(self.had_file());
        source.overrides.extend(self.wished());
        let text = source.read().map_err(Rejected::Config)?;
        self.check_whole(text.as_deref())
            .map_err(Rejected::Config)?;
        let mut config = Config::of(&source, text.clone()).map_err(Rejected::Config)?;
        self.factory.resolve(&mut config);
        self.has_file
            .fetch_or(source.file.is_some(), Ordering::Relaxed);
        let changed = Changes::between(&old.config, &config);
        if changed.is_empty() && !forced {
            self.remember(text);
            return Ok(Applied {
                changed: Vec::new(),
                restart: Vec::new(),
                gap: Duration::ZERO,
            });
        }
        let has_budgets = changed.have(Effect::Budgets);
        if has_budgets {
            self.factory.set_budgets(&config.memory);
        }
        let swapped = self.swap(&old, &config, &changed, forced).await;
        if has_budgets && swapped.is_err() {
            self.factory.set_budgets(&old.config.memory);
        }
        let gap = swapped.map_err(Rejected::Engine)?;
        self.remember(text);
        if let Some(log) = &self.log
            && changed.have(Effect::LogLevel)
        {
            log.set_level(config.log.level);
        }
        Ok(Applied {
            restart: changed.need_restart(),
            changed: changed.keys,
            gap,
        })
    }

    /// Builds and checks what differs, and puts all of it in force. Returns the time in which no turn could start.
    async fn swap(
        &self,
        old: &InForce,
        config: &Config,
        changed: &Changes,
        forced: bool,
    ) -> Result<Duration, BackendError> {
        let (elsewhere, handles) = (
            changed.have(Effect::AllEngines),
            changed.have(Effect::Handles),
        );
        let mut engines = old.engines.clone();
        let mut swap = Swap::default();
        for role in [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts] {
            let touched = changed.have(Effect::Engine(role)) || elsewhere;
            let instructed = role == EngineKind::Llm && changed.have(Effect::Instructions);
            if !(touched || handles || forced || instructed) {
                continue;
            }
            let mut result = Ok(());
            if touched || handles || forced {
                result = self.build(role, config, &mut engines);
            }
            if result.is_ok() && (touched || forced) {
                result = self
                    .check_and_make_room(role, &engines, config, &mut swap)
                    .await;
            }
            if result.is_ok() && role == EngineKind::Llm && (touched || instructed) {
                result = check_instructions(&engines, config).await;
            }
            match result {
                Ok(()) => {}
                Err(error) if touched || matches!(error, BackendError::Instructions { .. }) => {
                    self.take_back(&swap.unloaded, old).await;
                    return Err(error);
                }
                // What was not touched may stay as it is, missing for instance.
                Err(error) => {
                    tracing::warn!(%error, "an engine stays as it was");
                    engines.take(role, &old.engines);
                }
            }
        }
        let generation = old.generation + 1;
        self.in_force.store(Arc::new(InForce {
            config: config.clone(),
            engines,
            skills: old.skills.clone(),
            generation,
        }));
        old.skills.configure(config);
        self.generation.send_replace(generation);
        Ok(swap
            .gate
            .map_or(Duration::ZERO, |(since, _)| since.elapsed()))
    }

    /// Checks the new engine of `role` beside the old one; where both do not fit at once, the old one goes first, after the turns
    /// that use it, and no turn starts before the swap is done.
    async fn check_and_make_room(
        &self,
        role: EngineKind,
        engines: &Engines,
        config: &Config,
        swap: &mut Swap,
    ) -> Result<(), BackendError> {
        let checked = beside(role, check(role, engines, config)).await;
        let Err(BackendError::NotBeside { .. }) = checked else {
            return checked;
        };
        if swap.gate.is_none() {
            let gate = Arc::clone(&self.gate).write_owned().await;
            swap.gate = Some((Instant::now(), gate));
        }
        swap.unloaded.push(role);
        self.factory.unload(role).await;
        check(role, engines, config).await
    }

    fn build(
        &self,
        role: EngineKind,
        config: &Config,
        engines: &mut Engines,
    ) -> Result<(), BackendError> {
        match role {
            EngineKind::Stt => engines.stt = self.factory.stt(config)?,
            EngineKind::Llm => engines.llm = self.factory.llm(config)?,
            EngineKind::Tts => engines.tts = self.factory.tts(config)?,
        }
        Ok(())
    }

    /// Loads engines again that had to go for one that then failed. Where that fails too, their next request tries again.
    async fn take_back(&self, roles: &[EngineKind], old: &InForce) {
        for role in roles {
            self.factory.unload(*role).await;
            if let Err(error) = check(*role, &old.engines, &old.config).await {
                tracing::warn!(%error, "the engine that was in force cannot be loaded again");
            }
        }
    }
}

impl Rejected {
    /// The problems, and what to do about them.
    pub(super) fn told(&self) -> (Vec<String>, Option<String>) {
        match self {
            Self::Config(error) => (lines(error), error.hint()),
            Self::Engine(error) => (vec![error.to_string()], error.hint()),
        }
    }
}

/// What a swap had to do so far for want of memory.
#[derive(Default)]
struct Swap {
    /// Since when no turn can start.
    gate: Option<(Instant, OwnedRwLockWriteGuard<()>)>,
    /// Roles whose old engine was unloaded.
    unloaded: Vec<EngineKind>,
}

/// Has the engine of `role` do something small and real.
///
/// # Errors
/// What the engine says.
pub async fn check(
    role: EngineKind,
    engines: &Engines,
    config: &Config,
) -> Result<(), BackendError> {
    match role {
        EngineKind::Stt => {
            let half_a_second = vec![0.0; SPEECH_RATE as usize / 2];
            engines.stt.transcribe(half_a_second.into()).await.map(drop)
        }
        EngineKind::Llm => {
            // Beside the cache of the conversation, where the model is the one in force.
            let messages = vec![
                Message::system(config.instructions()),
                Message::user(GREETING),
            ];
            finished(engines.llm.aside(messages, 1)).await
        }
        EngineKind::Tts => finished(engines.tts.speak(GREETING.to_owned())).await,
    }
}

/// Whether the language model's window has room for a conversation behind the instructions of `config`.
async fn check_instructions(engines: &Engines, config: &Config) -> Result<(), BackendError> {
    let history = History::new(&config.instructions(), &config.context.pinned);
    let prompts = history.uncounted().into_iter().map(|(_, prompt)| prompt);
    let counts = engines.llm.count_tokens(prompts.collect()).await?;
    let window = engines.llm.window().await?;
    let (tokens, most) = (
        counts.into_iter().fold(0, u32::saturating_add),
        Watermarks::new(window, &config.context).high,
    );
    if tokens <= most {
        return Ok(());
    }
    Err(BackendError::Instructions {
        tokens,
        most,
        window: window.tokens,
        reply: window.reply,
    })
}

/// One text for each mistake.
fn lines(error: &ConfigError) -> Vec<String> {
    match error.problems() {
        [] => vec![error.to_string()],
        problems => problems.iter().map(ToString::to_string).collect(),
    }
}
