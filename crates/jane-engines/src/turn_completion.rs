//! What hears whether a turn is complete, for the conversation: loaded and asked on threads that may block.
//!
//! Invariants: nothing of it fails a turn; where there is no model, where it does not load or where it is late, it does not know.
//! An answer that nobody waits for any more is dropped when it is there: there is no way to stop the model.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use jane_turn_detection::SmartTurn;

/// How long a question may take. The model needs 10 to 80 ms of one core; a recogniser on the same cores is seldom quicker.
const PATIENCE: Duration = Duration::from_millis(400);

/// Hears whether a turn is complete. Clones share the model; the default has none.
#[derive(Clone, Default)]
pub struct TurnCompletion(Option<Arc<Shared>>);

struct Shared {
    library: PathBuf,
    file: PathBuf,
    /// `None` where it does not load, which is not tried again.
    model: OnceCell<Option<Arc<Mutex<SmartTurn>>>>,
}

impl TurnCompletion {
    /// The model in `file`, run by the ONNX Runtime in `library`. Nothing is loaded yet.
    #[must_use]
    pub fn of(library: PathBuf, file: PathBuf) -> Self {
        Self(Some(Arc::new(Shared {
            library,
            file,
            model: OnceCell::new(),
        })))
    }

    /// Loads the model while nobody waits.
    pub fn prepare(&self) {
        if let Some(shared) = self.0.clone() {
            tokio::spawn(async move { shared.model().await });
        }
    }

    /// How probable it is that the turn is complete with `utterance`, 0..=1, as [`SmartTurn::probability`] takes it; `None` where that
    /// is not known. The work begins at once, and not only when the answer is waited for.
    pub fn ask(&self, utterance: Arc<[f32]>) -> impl Future<Output = Option<f32>> + use<> {
        let asked = self.clone();
        let asked = tokio::spawn(tokio::time::timeout(PATIENCE, async move {
            asked.hear(utterance).await
        }));
        async move { asked.await.ok()?.ok()? }
    }

    /// The same, however long it takes.
    pub async fn hear(&self, utterance: Arc<[f32]>) -> Option<f32> {
        self.0.clone()?.probability(utterance).await
    }
}

impl Shared {
    async fn model(self: Arc<Self>) -> Option<Arc<Mutex<SmartTurn>>> {
        let load = || async {
            let (library, file) = (self.library.clone(), self.file.clone());
            let loaded = spawn_blocking(move || SmartTurn::load(&library, &file)).await;
            match loaded.ok()? {
                Ok(model) => Some(Arc::new(Mutex::new(model))),
                Err(error) => {
                    let hint = error.hint();
                    tracing::warn!(%error, hint, "whether a turn is over is told by its words alone");
                    None
                }
            }
        };
        self.model.get_or_init(load).await.clone()
    }

    async fn probability(self: Arc<Self>, utterance: Arc<[f32]>) -> Option<f32> {
        let model = self.model().await?;
        let heard = spawn_blocking(move || {
            let mut model = model.lock();
            model.probability(&utterance)
        });
        heard
            .await
            .ok()?
            .inspect_err(|error| tracing::warn!(%error, "Smart Turn fails"))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_model_or_with_a_broken_one_it_does_not_know() {
        let utterance: Arc<[f32]> = Arc::new([0.0; 16_000]);
        let none = TurnCompletion::default();
        none.prepare();
        assert_eq!(none.ask(Arc::clone(&utterance)).await, None);

        let directory = tempfile::tempdir().unwrap();
        let library = directory.path().join("libonnxruntime.so");
        std::fs::write(&library, "no library").unwrap();
        let broken = TurnCompletion::of(library.clone(), library);
        broken.prepare();
        assert_eq!(broken.ask(utterance).await, None);
    }
}
