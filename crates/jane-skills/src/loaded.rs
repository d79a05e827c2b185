//! A skill that is loaded: its instances, its health, and the calls of what it exports.
//!
//! Invariants: hooks and everything slower have an instance each, so that a long call of a tool holds up no turn; a call that came to
//! nothing changes nothing but the skill's health; what a call did has taken effect, or waits for its turn, before its result is used.

use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use futures::future::BoxFuture;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Mutex as Lock;

use super::bindings::jane::skill::types::{
    Answer, Event as DueEvent, Facts, Failure, Reply, Sentence, SentenceAction, ToolCall,
    ToolOutput, Transcript, TranscriptAction,
};
use super::caught::caught_at_once;
use super::circuit_breaker::{CircuitBreaker, Health};
use super::commit::NoEffect;
use super::component::{Exports, LinkedComponent};
use super::engine::Sandbox;
use super::grants::Grants;
use super::host::RateLimits;
use super::host_state::{HostServices, SkillIdentity};
use super::instance::{CallBudget, CallError, Instance, harmless};
use super::store::Over;
use super::tool::Tool;
use super::transaction::{Again, SkillTransaction, Staged};
use jane_config::OnFailure;
use jane_core::event::Event;

/// How long a skill may take to say what it is, with a new instance.
const PROBE: Duration = Duration::from_secs(5);

/// Time that is no excuse for a call that takes too long: what it takes to get at an instance that nobody uses.
const UNNOTICED: Duration = Duration::from_millis(5);

/// Characters of what a skill says of itself.
const LONGEST_FACT: usize = 300;

/// Bytes of a text that a skill hands over.
pub const LONGEST_TEXT: usize = 16 << 10;

/// How often a call is made once more where what it read was changed meanwhile.
const AGAIN: u32 = 20;

/// An instance that is made when it is needed, one call at a time.
type Lane = Lock<Option<Instance>>;

/// Which of a skill's instances is called.
#[derive(Clone, Copy)]
enum Lanes {
    Hooks,
    Work,
}

/// What is done with an instance.
trait Work<T>:
    for<'a> Fn(&'a mut Instance) -> BoxFuture<'a, wasmtime::Result<Result<T, Failure>>>
    + Send
    + Sync
    + 'static
{
}

impl<T, F> Work<T> for F where
    F: for<'a> Fn(&'a mut Instance) -> BoxFuture<'a, wasmtime::Result<Result<T, Failure>>>
        + Send
        + Sync
        + 'static
{
}

/// A call that can be made more than once. It holds no turn, since a turn holds calls.
struct Call<T, L, W> {
    lane: Lanes,
    /// How many bytes of text its result has.
    text: L,
    work: W,
    result: PhantomData<fn() -> T>,
}

pub struct Loaded {
    pub facts: Facts,
    pub tools: Vec<Tool>,
    pub prepared: Arc<LinkedComponent>,
    own: Arc<SkillIdentity>,
    sandbox: Arc<Sandbox>,
    /// For hooks, which a turn waits for.
    hooks: Lane,
    /// For tools and events.
    work: Lane,
    faults: Mutex<CircuitBreaker>,
}

impl Loaded {
    /// Starts an instance and asks the skill what it is.
    ///
    /// # Errors
    /// Why it cannot be used, in words for the owner.
    pub async fn probe(
        name: &str,
        prepared: Arc<LinkedComponent>,
        grants: Grants,
        sandbox: Arc<Sandbox>,
        services: Arc<HostServices>,
    ) -> Result<Self, String> {
        let own = Arc::new(SkillIdentity {
            name: name.to_owned(),
            meters: RateLimits::new(grants.kv),
            grants,
            services,
        });
        let purpose = CallBudget::of(None, PROBE);
        let said = |error: CallError| error.to_string();
        let (instance, started) = Instance::start(&sandbox, &prepared, &own, PROBE)
            .await
            .map_err(said)?;
        let probed = Arc::clone(&prepared);
        let (instance, told) = instance
            .call(&sandbox, &purpose, |instance| {
                Box::pin(async move {
                    let exports = &probed.exports;
                    let facts = match &exports.about {
                        Some(about) => {
                            let about = about.load(&mut instance.store, &instance.linked)?;
                            about.call_about(&mut instance.store).await?
                        }
                        None => nothing(),
                    };
                    let tools = match &exports.tools {
                        Some(tools) => {
                            let tools = tools.load(&mut instance.store, &instance.linked)?;
                            tools.call_list_tools(&mut instance.store).await?
                        }
                        None => Vec::new(),
                    };
                    Ok(Ok((facts, tools)))
                })
            })
            .await;
        let ((facts, tools), staged) = told.map_err(said)?;
        let tools =
            caught_at_once(|| Tool::all(tools)).map_err(|panicked| panicked.to_string())??;
        for staged in [started, staged] {
            let finished = own.services.finish(None, staged, None).await;
            finished.map_err(|error| error.to_string())?;
        }
        Ok(Self {
            facts: bounded(facts),
            tools,
            prepared,
            own,
            sandbox,
            hooks: Lock::new(instance),
            work: Lock::default(),
            faults: Mutex::default(),
        })
    }

    pub fn name(&self) -> &str {
        &self.own.name
    }

    pub fn grants(&self) -> &Grants {
        &self.own.grants
    }

    pub fn exports(&self) -> &Exports {
        &self.prepared.exports
    }

    pub fn health(&self) -> Health {
        self.faults().health().clone()
    }

    /// Whether it is called at all.
    pub fn is_quarantined(&self) -> bool {
        matches!(self.faults().health(), Health::Quarantined(_))
    }

    fn faults(&self) -> MutexGuard<'_, CircuitBreaker> {
        self.faults.lock()
    }

    /// Whether a sentence that it should have looked at is kept back.
    pub fn mutes_on_failure(&self) -> bool {
        self.own.grants.on_failure == OnFailure::Mute
    }

    pub async fn on_transcript(
        self: &Arc<Self>,
        turn: &Arc<SkillTransaction>,
        transcript: Transcript,
    ) -> Result<TranscriptAction, CallError> {
        let prepared = Arc::clone(&self.prepared);
        let text = |action: &TranscriptAction| match action {
            TranscriptAction::Rewrite(text) => text.len(),
            TranscriptAction::Answer(answer) => answer.speech.len(),
            TranscriptAction::Pass | TranscriptAction::Drop => 0,
        };
        let called = self.run(Lanes::Hooks, self.hook(turn), text, move |instance| {
            let (prepared, transcript) = (Arc::clone(&prepared), transcript.clone());
            Box::pin(async move {
                let Some(hook) = &prepared.exports.transcript else {
                    return Ok(Ok(TranscriptAction::Pass));
                };
                let hook = hook.load(&mut instance.store, &instance.linked)?;
                hook.call_on_transcript(&mut instance.store, &transcript)
                    .await
            })
        });
        match called.await? {
            (action, Ok(())) => Ok(action),
            // The model would say that it was done.
            (TranscriptAction::Answer(_), Err(error)) => Ok(TranscriptAction::Answer(Answer {
                speech: format!("That did not work: {error}."),
                expect_reply: false,
            })),
            (_, Err(error)) => Err(error.into()),
        }
    }

    pub async fn on_sentence(
        self: &Arc<Self>,
        turn: &Arc<SkillTransaction>,
        sentence: Sentence,
    ) -> Result<SentenceAction, CallError> {
        let prepared = Arc::clone(&self.prepared);
        let text = |action: &SentenceAction| match action {
            SentenceAction::Rewrite(text) => text.len(),
            SentenceAction::Pass | SentenceAction::Mute | SentenceAction::Stop => 0,
        };
        self.call(Lanes::Hooks, self.hook(turn), text, move |instance| {
            let (prepared, sentence) = (Arc::clone(&prepared), sentence.clone());
            Box::pin(async move {
                let Some(hook) = &prepared.exports.sentence else {
                    return Ok(Ok(SentenceAction::Pass));
                };
                let hook = hook.load(&mut instance.store, &instance.linked)?;
                hook.call_on_sentence(&mut instance.store, &sentence).await
            })
        })
        .await
    }

    pub async fn on_reply(
        self: &Arc<Self>,
        turn: &Arc<SkillTransaction>,
        reply: Reply,
    ) -> Result<(), CallError> {
        let prepared = Arc::clone(&self.prepared);
        let purpose = CallBudget::of(Some(turn), self.own.grants.hook);
        self.call(Lanes::Work, purpose, no_text, move |instance| {
            let (prepared, reply) = (Arc::clone(&prepared), reply.clone());
            Box::pin(async move {
                let Some(hook) = &prepared.exports.reply else {
                    return Ok(Ok(()));
                };
                let hook = hook.load(&mut instance.store, &instance.linked)?;
                hook.call_on_reply(&mut instance.store, &reply).await
            })
        })
        .await
    }

    pub async fn call_tool(
        self: &Arc<Self>,
        turn: &Arc<SkillTransaction>,
        tool: &Tool,
        arguments: String,
    ) -> Result<ToolOutput, CallError> {
        let prepared = Arc::clone(&self.prepared);
        let most = self.own.grants.tool;
        let limit = tool.timeout.map_or(most, |wanted| wanted.min(most));
        let purpose = CallBudget::of(Some(turn), limit);
        let call = ToolCall {
            turn: turn.id,
            name: tool.name.clone(),
            arguments,
        };
        let text = |output: &ToolOutput| {
            let (ToolOutput::Text(text) | ToolOutput::Json(text) | ToolOutput::FinalAnswer(text)) =
                output;
            text.len()
        };
        self.call(Lanes::Work, purpose, text, move |instance| {
            let (prepared, call) = (Arc::clone(&prepared), call.clone());
            Box::pin(async move {
                let Some(tools) = &prepared.exports.tools else {
                    return Ok(Err(Failure::Internal("it has no tools".to_owned())));
                };
                let tools = tools.load(&mut instance.store, &instance.linked)?;
                tools.call_call_tool(&mut instance.store, &call).await
            })
        })
        .await
    }

    /// Where the skill deals with `event`, that is `over` in the same step as what it did takes effect.
    pub async fn on_event(self: &Arc<Self>, event: DueEvent, over: Over) -> Result<(), CallError> {
        let prepared = Arc::clone(&self.prepared);
        let purpose = CallBudget {
            over: Some(over),
            ..CallBudget::of(None, self.own.grants.tool)
        };
        self.call(Lanes::Work, purpose, no_text, move |instance| {
            let (prepared, event) = (Arc::clone(&prepared), event.clone());
            Box::pin(async move {
                let Some(events) = &prepared.exports.events else {
                    return Ok(Ok(()));
                };
                let events = events.load(&mut instance.store, &instance.linked)?;
                events.call_on_event(&mut instance.store, &event).await
            })
        })
        .await
    }

    /// What a hook may take: its own limit, and what is left of the turn's. One that keeps sentences back when it fails always has all
    /// of its own, since others could silence her otherwise.
    fn hook(&self, turn: &Arc<SkillTransaction>) -> CallBudget {
        let own = self.own.grants.hook;
        let (promised, limit) = if self.mutes_on_failure() {
            (own, own)
        } else {
            (own.min(turn.budget), own.min(turn.left()))
        };
        CallBudget {
            turn: Some(Arc::clone(turn)),
            limit,
            promised,
            adds_to_turn: true,
            over: None,
        }
    }

    /// The arguments of a call as JSON.
    ///
    /// # Errors
    /// What is wrong with them, for whoever wrote them.
    pub fn check_arguments(&self, tool: &Tool, arguments: &str) -> Result<String, String> {
        match caught_at_once(|| tool.check(arguments)) {
            Ok(checked) => checked,
            Err(panicked) => {
                self.fault(&panicked.to_string());
                Err(panicked.to_string())
            }
        }
    }

    /// Whether it may deal with another event now.
    ///
    /// # Errors
    /// How long it has to wait, since it dealt with so many.
    pub fn may_deal_with_an_event(&self) -> Result<(), Duration> {
        self.own.meters.events.take(1, Instant::now())
    }

    /// There was none to deal with.
    pub fn dealt_with_no_event(&self) {
        self.own.meters.events.give_back(1);
    }

    /// As [`Loaded::run`], for a call whose result is nothing where what it did could not take effect.
    async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        lane: Lanes,
        purpose: CallBudget,
        text: impl Fn(&T) -> usize + Send + Sync + 'static,
        work: impl Work<T>,
    ) -> Result<T, CallError> {
        let (value, finished) = self.run(lane, purpose, text, work).await?;
        finished?;
        Ok(value)
    }

    /// Calls the skill, and has what the call did take effect; `text` is how many bytes of text its result has. Where what it read was changed
    /// meanwhile, it is called once more, and what it did before did not happen. Returns the result, and whether that worked.
    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        lane: Lanes,
        purpose: CallBudget,
        text: impl Fn(&T) -> usize + Send + Sync + 'static,
        work: impl Work<T>,
    ) -> Result<(T, Result<(), NoEffect>), CallError> {
        let call = Arc::new(Call {
            lane,
            text,
            work,
            result: PhantomData,
        });
        self.until_effective(call, &purpose).await
    }

    async fn until_effective<T: Send + 'static>(
        self: &Arc<Self>,
        call: Arc<Call<T, impl Fn(&T) -> usize + Send + Sync + 'static, impl Work<T>>>,
        purpose: &CallBudget,
    ) -> Result<(T, Result<(), NoEffect>), CallError> {
        let mut attempt = 0;
        loop {
            let (value, finished, may_be_called_again) = self.once(&call, purpose).await?;
            if finished != Err(NoEffect::Changed) || !may_be_called_again || attempt == AGAIN {
                return Ok((value, finished));
            }
            attempt += 1;
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// Calls the skill once. Returns the result as well where what the call did took no effect, and whether it may be called again then.
    async fn once<T: Send + 'static>(
        self: &Arc<Self>,
        call: &Arc<Call<T, impl Fn(&T) -> usize + Send + Sync + 'static, impl Work<T>>>,
        purpose: &CallBudget,
    ) -> Result<(T, Result<(), NoEffect>, bool), CallError> {
        let lane = match call.lane {
            Lanes::Hooks => &self.hooks,
            Lanes::Work => &self.work,
        };
        let asked = Instant::now();
        if !self.faults().may_run(asked) {
            return Err(CallError::Busy);
        }
        let Ok(mut slot) = tokio::time::timeout(purpose.limit, lane.lock()).await else {
            return Err(CallError::Busy);
        };
        let begin = Instant::now();
        let limit = match purpose.adds_to_turn {
            true => purpose.limit.saturating_sub(begin - asked),
            false => purpose.limit,
        };
        // The one before may have failed.
        if limit.is_zero() || !self.faults().may_run(begin) {
            return Err(CallError::Busy);
        }
        // It is gone where the call is dropped before its end: what it was doing is not known then.
        let instance = match slot.take() {
            Some(instance) => Ok((instance, Staged::default())),
            None => Instance::start(&self.sandbox, &self.prepared, &self.own, limit).await,
        };
        let called = match instance {
            Ok((instance, started)) => {
                let left = CallBudget {
                    limit: limit.saturating_sub(begin.elapsed()),
                    ..purpose.clone()
                };
                let (instance, result) = instance.call(&self.sandbox, &left, &call.work).await;
                *slot = instance;
                result.map(|(value, staged)| (value, started, staged))
            }
            Err(error) => Err(error),
        };
        let called = called.and_then(|called| match (call.text)(&called.0) {
            0..=LONGEST_TEXT => Ok(called),
            bytes => Err(CallError::Fault(format!(
                "it hands over a text of {bytes} bytes, of at most {LONGEST_TEXT}"
            ))),
        });
        match called {
            // The next call finds what this one did.
            Ok((value, started, mut staged)) => {
                let services = &self.own.services;
                let may_be_called_again = !staged.is_sent;
                let mut finished = services.finish(None, started, None).await;
                if finished.is_ok() {
                    let turn = purpose.turn.as_ref();
                    if turn.is_some() && !staged.is_empty() {
                        staged.calls.push(self.again(call, purpose));
                    }
                    finished = services.finish(turn, staged, purpose.over.clone()).await;
                }
                Ok((value, finished, may_be_called_again))
            }
            // Others left it less time than it was promised.
            Err(CallError::TooLong(_)) if limit + UNNOTICED < purpose.promised => {
                Err(CallError::Busy)
            }
            Err(error) => {
                let error = match error {
                    // In the owner's figures, without what it took to get there.
                    CallError::TooLong(_) => CallError::TooLong(purpose.promised),
                    error => error,
                };
                if let CallError::Fault(_) | CallError::TooLong(_) = &error {
                    self.fault(&error.to_string());
                }
                Err(error)
            }
        }
    }

    /// How `call` is made once more, for what it does.
    fn again<T: Send + 'static>(
        self: &Arc<Self>,
        call: &Arc<Call<T, impl Fn(&T) -> usize + Send + Sync + 'static, impl Work<T>>>,
        purpose: &CallBudget,
    ) -> Again {
        let (skill, call) = (Arc::clone(self), Arc::clone(call));
        let turn = purpose.turn.as_ref().map(Arc::downgrade);
        let purpose = CallBudget {
            turn: None,
            ..purpose.clone()
        };
        Again::new(self.name(), move || {
            let (skill, call) = (Arc::clone(&skill), Arc::clone(&call));
            // Whoever has it called holds the turn.
            let purpose = CallBudget {
                turn: turn.as_ref().and_then(Weak::upgrade),
                ..purpose.clone()
            };
            Box::pin(async move {
                let (_, finished) = skill.until_effective(call, &purpose).await?;
                Ok(finished?)
            })
        })
    }

    /// It failed for this reason: it is left alone for a while, or for good.
    pub fn fault(&self, reason: &str) {
        let skill = self.name();
        tracing::warn!(skill, reason, "a skill failed");
        self.own.services.events.emit(Event::SkillFaulted {
            skill: skill.to_owned(),
            reason: reason.to_owned(),
        });
        if self.faults().add(Instant::now(), reason) {
            tracing::error!(skill, "the skill is quarantined");
            self.own.services.events.emit(Event::SkillQuarantined {
                skill: skill.to_owned(),
                reason: reason.to_owned(),
                hint: "replace its file, or touch it to try it again".to_owned(),
            });
        }
    }
}

/// How long to wait before a call is made once more: somewhat longer each time, and not as long as another Jane does.
fn pause(attempt: u32) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let some = now.map_or(0, |now| now.subsec_nanos()) ^ std::process::id();
    let most = 1u64 << attempt.min(5);
    Duration::from_micros(u64::from(some) % (most * 1_000))
}

/// Of a result that holds none.
fn no_text((): &()) -> usize {
    0
}

/// A skill that says nothing of itself.
fn nothing() -> Facts {
    Facts {
        title: String::new(),
        version: String::new(),
        description: String::new(),
        hosts: Vec::new(),
        wants: Vec::new(),
    }
}

fn bounded(facts: Facts) -> Facts {
    let short = |text: String| harmless(&text, LONGEST_FACT);
    let few = |texts: Vec<String>| texts.into_iter().take(32).map(short).collect();
    Facts {
        title: short(facts.title),
        version: short(facts.version),
        description: short(facts.description),
        hosts: few(facts.hosts),
        wants: few(facts.wants),
    }
}

#[cfg(test)]
mod tests;
