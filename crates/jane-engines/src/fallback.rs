//! An engine that stands in for a server while the server is down.
//!
//! Invariants: what was delivered is never delivered again; the switch is said in an event, and so is the way back; no turn waits
//! to find out whether the server is back, which a task of its own does.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use parking_lot::{Mutex, MutexGuard};
use tokio::task::AbortHandle;

use super::{
    BackendError, Generated, LanguageModel, Message, Prompt, ReplyStream, SpeechStream,
    SpeechToText, TextToSpeech, Tool, ToolUse, Transcript, Window, finished,
};
use jane_core::event::{EngineKind, Event, Events};
use jane_text::spoken::Language;

/// Between two tries whether the server is back.
const TRY_AGAIN: Duration = Duration::from_secs(15);

/// An engine, and what events call it.
pub struct Named<T: ?Sized> {
    pub engine: Arc<T>,
    pub name: String,
}

/// A server, and what stands in for it.
pub struct Fallback<T: ?Sized>(Arc<Pair<T>>);

struct Pair<T: ?Sized> {
    role: EngineKind,
    server: Named<T>,
    local: Named<T>,
    events: Events,
    /// The task that looks for the server while it is down.
    looking: Mutex<Option<AbortHandle>>,
}

impl<T: ?Sized> Fallback<T> {
    #[must_use]
    pub fn new(role: EngineKind, server: Named<T>, local: Named<T>, events: Events) -> Self {
        Self(Arc::new(Pair {
            role,
            server,
            local,
            events,
            looking: Mutex::default(),
        }))
    }
}

impl<T: ?Sized + Probe> Pair<T> {
    /// Who answers now.
    fn current(&self) -> &Arc<T> {
        if self.looking().is_some() {
            &self.local.engine
        } else {
            &self.server.engine
        }
    }

    /// What stands in where `error` says that the server is down, which is then said and remembered.
    fn stand_in(self: &Arc<Self>, error: &BackendError) -> Option<&Arc<T>> {
        if !error.is_down() {
            return None;
        }
        let mut looking = self.looking();
        if looking.is_none() {
            tracing::warn!(role = %self.role, %error, "a server is down");
            self.say_switch(&self.server.name, &self.local.name, &error.to_string());
            let pair = Arc::downgrade(self);
            let server = Arc::clone(&self.server.engine);
            let look = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(TRY_AGAIN).await;
                    if T::probe(&server).await.is_ok() {
                        break;
                    }
                }
                if let Some(pair) = pair.upgrade() {
                    *pair.looking() = None;
                    pair.say_switch(&pair.local.name, &pair.server.name, "the server is back");
                }
            });
            *looking = Some(look.abort_handle());
        }
        Some(&self.local.engine)
    }

    /// Asks who answers now and, where that is a server that is down, what stands in for it.
    async fn ask<'a, R>(
        self: &'a Arc<Self>,
        request: impl Fn(&'a T) -> BoxFuture<'a, Result<R, BackendError>>,
    ) -> Result<R, BackendError> {
        match request(self.current()).await {
            Err(error) => match self.stand_in(&error) {
                Some(local) => request(local).await,
                None => Err(error),
            },
            answer => answer,
        }
    }

    fn say_switch(&self, from: &str, to: &str, reason: &str) {
        self.events.emit(Event::BackendSwitched {
            role: self.role,
            from: from.to_owned(),
            to: to.to_owned(),
            reason: reason.to_owned(),
        });
    }
}

impl<T: ?Sized> Pair<T> {
    fn looking(&self) -> MutexGuard<'_, Option<AbortHandle>> {
        self.looking.lock()
    }
}

impl<T: ?Sized> Drop for Pair<T> {
    fn drop(&mut self) {
        if let Some(look) = self.looking().take() {
            look.abort();
        }
    }
}

/// An engine that can be asked whether it works.
pub trait Probe: Send + Sync + 'static {
    /// A tiny real request.
    fn probe(engine: &Arc<Self>) -> BoxFuture<'static, Result<(), BackendError>>;
}

impl Probe for dyn SpeechToText {
    fn probe(engine: &Arc<Self>) -> BoxFuture<'static, Result<(), BackendError>> {
        let engine = Arc::clone(engine);
        Box::pin(async move { engine.prepare().await })
    }
}

impl Probe for dyn LanguageModel {
    fn probe(engine: &Arc<Self>) -> BoxFuture<'static, Result<(), BackendError>> {
        Box::pin(finished(engine.aside(vec![Message::user("Hello.")], 1)))
    }
}

impl Probe for dyn TextToSpeech {
    fn probe(engine: &Arc<Self>) -> BoxFuture<'static, Result<(), BackendError>> {
        let engine = Arc::clone(engine);
        Box::pin(async move { engine.prepare().await })
    }
}

#[async_trait]
impl SpeechToText for Fallback<dyn SpeechToText> {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.0.ask(|engine| engine.prepare()).await
    }

    async fn transcribe(&self, samples: Arc<[f32]>) -> Result<Transcript, BackendError> {
        self.0
            .ask(|engine| engine.transcribe(Arc::clone(&samples)))
            .await
    }

    async fn transcribe_beginning(
        &self,
        samples: Arc<[f32]>,
        phrase: &str,
    ) -> Result<Transcript, BackendError> {
        self.0
            .ask(|engine| engine.transcribe_beginning(Arc::clone(&samples), phrase))
            .await
    }
}

#[async_trait]
impl LanguageModel for Fallback<dyn LanguageModel> {
    async fn prepare(&self, prompt: &Prompt) -> Result<(), BackendError> {
        self.0.ask(|engine| engine.prepare(prompt)).await
    }

    fn reply(&self, prompt: Prompt) -> ReplyStream {
        let replying = Replying {
            pair: Arc::clone(&self.0),
            stream: self.0.current().reply(prompt.clone()),
            prompt,
            stood_in: false,
        };
        stream::unfold(replying, |mut replying| async move {
            Some((replying.next().await?, replying))
        })
        .boxed()
    }

    /// What a server breaks off is broken off: it is written on the side, and asked for again.
    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        let pair = Arc::clone(&self.0);
        let first = pair.current().aside(messages.clone(), max_tokens);
        let mut is_begun = false;
        first
            .flat_map(move |item| match item {
                Err(error) if !is_begun => match pair.stand_in(&error) {
                    Some(local) => local.aside(messages.clone(), max_tokens),
                    None => stream::iter([Err(error)]).boxed(),
                },
                item => {
                    is_begun = true;
                    stream::iter([item]).boxed()
                }
            })
            .boxed()
    }

    fn tool_use(&self) -> ToolUse {
        self.0.current().tool_use()
    }

    fn call(&self, messages: Vec<Message>, tools: Vec<Tool>) -> ReplyStream {
        self.0.current().call(messages, tools)
    }

    async fn prepare_calls(
        &self,
        instructions: &str,
        computes: bool,
    ) -> Result<bool, BackendError> {
        let current = self.0.current();
        current.prepare_calls(instructions, computes).await
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        self.0.current().count_tokens(prompts).await
    }

    async fn window(&self) -> Result<Window, BackendError> {
        self.0.current().window().await
    }

    async fn takes_tools(&self) -> Result<bool, BackendError> {
        self.0.current().takes_tools().await
    }
}

/// A reply that goes on with what stands in, from where the server broke off.
struct Replying {
    pair: Arc<Pair<dyn LanguageModel>>,
    stream: ReplyStream,
    /// Its `reply_so_far` is what was delivered.
    prompt: Prompt,
    stood_in: bool,
}

impl Replying {
    async fn next(&mut self) -> Option<Result<Generated, BackendError>> {
        let error = match self.stream.next().await? {
            Ok(generated) => {
                if let Generated::Text(text) = &generated {
                    self.prompt.reply_so_far.push_str(text);
                }
                return Some(Ok(generated));
            }
            Err(error) => error,
        };
        if self.stood_in {
            return Some(Err(error));
        }
        let Some(local) = self.pair.stand_in(&error) else {
            return Some(Err(error));
        };
        self.stream = local.reply(self.prompt.clone());
        self.stood_in = true;
        Box::pin(self.next()).await
    }
}

#[async_trait]
impl TextToSpeech for Fallback<dyn TextToSpeech> {
    async fn prepare(&self) -> Result<(), BackendError> {
        self.0.ask(|engine| engine.prepare()).await
    }

    /// A server delivers a text whole or not at all, so what stands in speaks all of it.
    fn speak(&self, text: String) -> SpeechStream {
        let pair = Arc::clone(&self.0);
        let first = pair.current().speak(text.clone());
        first
            .flat_map(move |item| match item {
                Err(error) => match pair.stand_in(&error) {
                    Some(local) => local.speak(text.clone()),
                    None => stream::iter([Err(error)]).boxed(),
                },
                speech => stream::iter([speech]).boxed(),
            })
            .boxed()
    }

    fn language(&self) -> &'static Language {
        self.0.current().language()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::{Finish, Generation, Tool};

    /// Writes its words one by one; breaks off after two of them while it is down.
    struct Writer {
        words: &'static [&'static str],
        down: Arc<AtomicBool>,
        /// What was asked last.
        asked: Arc<Mutex<Prompt>>,
    }

    fn down() -> BackendError {
        BackendError::Remote {
            role: EngineKind::Llm,
            server: "http://127.0.0.1:9".to_owned(),
            reason: "does not answer".to_owned(),
            hint: None,
            down: true,
        }
    }

    #[async_trait]
    impl LanguageModel for Writer {
        async fn prepare(&self, _prompt: &Prompt) -> Result<(), BackendError> {
            Ok(())
        }

        fn reply(&self, prompt: Prompt) -> ReplyStream {
            *self.asked.lock() = prompt.clone();
            let said = prompt.reply_so_far.split_whitespace().count();
            let words = self
                .words
                .iter()
                .skip(said)
                .map(|word| Ok(Generated::Text((*word).to_owned())));
            if self.down.load(Ordering::Relaxed) {
                return stream::iter(words.take(2).chain([Err(down())]).collect::<Vec<_>>())
                    .boxed();
            }
            let end = Generated::Ended(Generation {
                finish: Finish::Stop,
                prompt_tokens: 0,
                reused_tokens: 0,
                reply_tokens: 0,
                decode_seconds: 0.0,
            });
            stream::iter(words.chain([Ok(end)]).collect::<Vec<_>>()).boxed()
        }

        fn aside(&self, messages: Vec<Message>, _max_tokens: u32) -> ReplyStream {
            if self.down.load(Ordering::Relaxed) {
                return stream::iter([Err(down())]).boxed();
            }
            self.reply(messages.into())
        }

        async fn count_tokens(&self, _: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
            Ok(Vec::new())
        }

        async fn window(&self) -> Result<Window, BackendError> {
            Err(down())
        }

        async fn takes_tools(&self) -> Result<bool, BackendError> {
            Ok(self.words[0] == "one ")
        }
    }

    fn pair(
        down: &Arc<AtomicBool>,
        events: Events,
    ) -> (Fallback<dyn LanguageModel>, Arc<Mutex<Prompt>>) {
        let asked = Arc::default();
        let server = Writer {
            words: &["one ", "two ", "three"],
            down: Arc::clone(down),
            asked: Arc::default(),
        };
        let local = Writer {
            words: &["uno ", "due ", "tre"],
            down: Arc::default(),
            asked: Arc::clone(&asked),
        };
        let (server, local): (Arc<dyn LanguageModel>, Arc<dyn LanguageModel>) =
            (Arc::new(server), Arc::new(local));
        let named = |engine, name: &str| Named {
            engine,
            name: name.to_owned(),
        };
        let (server, local) = (named(server, "server"), named(local, "local"));
        (Fallback::new(EngineKind::Llm, server, local, events), asked)
    }

    async fn text(model: &impl LanguageModel) -> String {
        let items: Vec<_> = model
            .reply(vec![Message::user("count")].into())
            .collect()
            .await;
        let texts = items.into_iter().filter_map(|item| match item.unwrap() {
            Generated::Text(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_local_model_goes_on_where_the_server_broke_off_until_the_server_is_back() {
        let (events, is_down) = (Events::new(), Arc::new(AtomicBool::new(true)));
        let mut receiver = events.subscribe();
        let (model, _) = pair(&is_down, events);
        assert_eq!(text(&model).await, "one two tre");
        // The next turn does not even try.
        assert_eq!(text(&model).await, "uno due tre");
        is_down.store(false, Ordering::Relaxed);
        let switches = [
            receiver.recv().await.unwrap().event,
            receiver.recv().await.unwrap().event,
        ];
        let to = switches.map(|event| match event {
            Event::BackendSwitched { to, .. } => to,
            other => panic!("{other:?}"),
        });
        assert_eq!(to, ["local", "server"]);
        assert_eq!(text(&model).await, "one two three");
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_in_is_asked_the_same_with_the_same_tools() {
        let down = Arc::new(AtomicBool::new(true));
        let (model, asked) = pair(&down, Events::new());
        assert!(model.takes_tools().await.unwrap());
        let tool = Tool {
            name: "clock".to_owned(),
            description: "Tells the time.".to_owned(),
            parameters: "{}".to_owned(),
            examples: Vec::new(),
        };
        let prompt = Prompt {
            tools: vec![tool],
            ..vec![Message::user("count")].into()
        };
        let items: Vec<_> = model.reply(prompt.clone()).collect().await;
        assert!(items.iter().all(Result::is_ok));
        let expected = Prompt {
            reply_so_far: "one two ".to_owned(),
            ..prompt
        };
        assert_eq!(*asked.lock(), expected);
        // From now on it is the other one that is asked whether it takes tools.
        assert!(!model.takes_tools().await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_on_the_side_is_stood_in_for_as_well() {
        let (events, is_down) = (Events::new(), Arc::new(AtomicBool::new(true)));
        let mut receiver = events.subscribe();
        let (model, _) = pair(&is_down, events);
        let items: Vec<_> = model.aside(vec![Message::user("count")], 3).collect().await;
        assert_eq!(items.len(), 4);
        assert_eq!(
            *items[0].as_ref().unwrap(),
            Generated::Text("uno ".to_owned())
        );
        assert!(items.iter().all(Result::is_ok));
        let event = receiver.recv().await.unwrap().event;
        assert!(matches!(event, Event::BackendSwitched { .. }), "{event:?}");
    }
}
