//! The router, loaded while nobody waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::encoder::Encoder;
use super::memory::Memory;
use super::router::{Route, Router};
use jane_core::Tool;

/// How long a turn waits for a router that is being loaded. With what is kept of its examples it takes half a second from the start.
const PATIENCE: Duration = Duration::from_millis(800);

/// The files of the sentence encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterFiles {
    pub model: PathBuf,
    pub vocabulary: PathBuf,
    /// Where the embeddings of the examples that come with the program are kept; `None` for nowhere.
    pub cache: Option<PathBuf>,
}

/// Tells what is meant. Without files, and until they are loaded, it knows nothing.
#[derive(Clone, Default)]
pub struct Mind {
    router: Option<watch::Receiver<State>>,
    /// The tools that were there last, for a router that is still being loaded.
    tools: Arc<Mutex<Vec<Tool>>>,
    /// What she was told to remember; `None` where she keeps nothing.
    pub memory: Option<Memory>,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Loading,
    Ready(Arc<Router>),
    Failed,
}

impl Mind {
    /// Loads the router on a thread of its own.
    pub fn load(files: RouterFiles) -> Self {
        let (state, router) = watch::channel(State::Loading);
        let mind = Self {
            router: Some(router),
            ..Self::default()
        };
        let tools = Arc::clone(&mind.tools);
        std::thread::spawn(move || {
            let encoder = Encoder::load(&files.model, &files.vocabulary);
            let made = encoder.and_then(|encoder| Router::new(encoder, files.cache.as_deref()));
            let made = made.inspect_err(
                |error| tracing::warn!(%error, "tools are not found by their meaning"),
            );
            let Ok(router) = made else {
                state.send_replace(State::Failed);
                return;
            };
            let tools = tools.lock().clone();
            router.learn_tools(&tools);
            state.send_replace(State::Ready(Arc::new(router)));
        });
        mind
    }

    /// The same, with a memory.
    #[must_use]
    pub fn remembering(self, memory: Memory) -> Self {
        Self {
            memory: Some(memory),
            ..self
        }
    }

    /// Has the examples of `tools` embedded, on a thread of its own: until then they are not found by meaning.
    pub fn learn(&self, tools: Vec<Tool>) {
        if self.router.is_none() {
            return;
        }
        let mut known = self.tools.lock();
        if *known == tools {
            return;
        }
        known.clone_from(&tools);
        drop(known);
        if let Some(State::Ready(router)) = self.now() {
            tokio::task::spawn_blocking(move || router.learn_tools(&tools));
        }
    }

    /// Where `text` belongs; `None` where it is not known.
    pub async fn route(&self, text: &str, tools: &[Tool]) -> Option<Route> {
        let (text, tools) = (text.to_owned(), tools.to_vec());
        self.ask(move |router| router.route(&text, &tools)).await
    }

    /// The tools that are near to `text`; none where it is not known.
    pub async fn near(&self, text: &str, tools: &[Tool]) -> Vec<String> {
        let (text, tools) = (text.to_owned(), tools.to_vec());
        let near = self.ask(move |router| router.near(&text, &tools)).await;
        near.unwrap_or_default()
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Router) -> T + Send + 'static,
    ) -> Option<T> {
        let mut router = self.router.clone()?;
        let loaded = async {
            let loaded = router.wait_for(|state| !matches!(state, State::Loading));
            loaded.await.ok().map(|state| state.clone())
        };
        let state = tokio::time::timeout(PATIENCE, loaded).await.ok()?;
        let Some(State::Ready(router)) = state else {
            return None;
        };
        tokio::task::spawn_blocking(move || question(&router))
            .await
            .ok()
    }

    fn now(&self) -> Option<State> {
        self.router.as_ref().map(|router| router.borrow().clone())
    }
}
