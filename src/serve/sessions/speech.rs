//! A text, spoken.

use std::sync::Arc;

use futures::StreamExt;
use jane_engines::{BackendError, Speech};
use jane_text::spoken;
use tokio::sync::mpsc;

use super::Sessions;
use crate::conversation::SentenceCutter;

/// Stretches that may wait for whoever takes them: the voice is never far ahead of a slow client, and never holds up others for it.
const AHEAD: usize = 8;

/// What is to be spoken, in pieces of any length; it ends with the sender.
pub type SpokenText = mpsc::Receiver<String>;

/// What comes of it.
pub type Spoken = mpsc::Receiver<Result<Speech, BackendError>>;

impl Sessions {
    /// Speaks a text whole. Dropping the receiver ends that.
    pub fn speak(&self, text: String) -> Spoken {
        let (sender, pieces) = mpsc::channel(1);
        // There is room for one.
        let _ = sender.try_send(text);
        self.speak_as_it_comes(pieces)
    }

    /// Speaks a text while it comes, sentence by sentence. Dropping the receiver ends that.
    pub fn speak_as_it_comes(&self, text: SpokenText) -> Spoken {
        let (sender, speech) = mpsc::channel(AHEAD);
        let sessions = self.clone();
        self.spawn(async move {
            let gone = sender.clone();
            let speaking = async {
                if let Err(error) = sessions.spoken(text, &sender).await {
                    let _ = sender.send(Err(error)).await;
                }
            };
            tokio::select! {
                () = gone.closed() => {}
                () = speaking => {}
            }
        });
        speech
    }

    async fn spoken(
        &self,
        mut text: SpokenText,
        speech: &mpsc::Sender<Result<Speech, BackendError>>,
    ) -> Result<(), BackendError> {
        let taken = self.runtime().take().await;
        let tts = Arc::clone(&taken.engines.tts);
        let mut cutter = SentenceCutter::default();
        loop {
            let piece = text.recv().await;
            let is_over = piece.is_none();
            let sentences = match piece {
                Some(piece) => cutter.push(&piece),
                None => std::mem::take(&mut cutter).finish(),
            };
            for sentence in sentences {
                let said = spoken::say(&sentence, tts.language()).text();
                if said.is_empty() {
                    continue;
                }
                let stretches = {
                    // Made in one go, so that a client that takes its time keeps the voice from nobody.
                    let _lent = self.inner.lent_voice.acquire().await;
                    tts.speak(said).collect::<Vec<_>>().await
                };
                for stretch in stretches {
                    if speech.send(Ok(stretch?)).await.is_err() {
                        return Ok(());
                    }
                }
            }
            if is_over {
                return Ok(());
            }
        }
    }
}
