//! A reply on its way: the model writes, and the voice speaks what is written, each as fast as it can.
//!
//! It says nothing and plays nothing by itself: whoever holds it does that, at once or later, or drops it, which cancels all of it and
//! leaves no trace. The voice works one stretch ahead of whoever takes its speech, and never holds up the model.

use std::time::Instant;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::history::History;
use super::prune;
use super::sentences::SentenceCutter;
use super::spoken;
use crate::backend::{
    BackendError, Engines, Finish, Generated, Generation, Prompt, ReplyStream, Speech,
};
use crate::config::Context;

/// Sentences that may wait for the voice. A reply is bounded by `llm.max_reply_tokens`, so this holds nearly any of them whole.
const SENTENCES_AHEAD: usize = 64;

/// Stretches of speech that may wait for whoever plays them.
const SPEECH_AHEAD: usize = 1;

/// What the model wrote.
#[derive(Debug)]
pub enum Written {
    /// The model answers. So many of the oldest exchanges were left out, because the question is a giant one.
    Begun {
        skipped: usize,
    },
    Text(String),
    /// A sentence as it goes to the voice, cleaned for the ear.
    Sentence(String),
    /// The whole text; nothing follows.
    Ended {
        text: String,
        generation: Generation,
    },
    /// Nothing follows.
    Failed(BackendError),
}

/// Something, and when it was there.
#[derive(Debug)]
pub struct At<T> {
    pub at: Instant,
    pub what: T,
}

impl<T> At<T> {
    fn now(what: T) -> Self {
        let at = Instant::now();
        Self { at, what }
    }
}

/// What the voice made of a sentence, in one or several stretches.
#[derive(Debug)]
pub struct Spoken {
    /// Counts the sentences.
    pub sentence: usize,
    pub speech: Speech,
}

/// What a reply answers.
pub struct Task {
    pub engines: Engines,
    pub context: Context,
    pub history: History,
    pub question: String,
    /// Whether a voice is to speak it.
    pub speaks: bool,
}

/// A reply on its way. Dropping it cancels it.
pub struct Reply {
    pub written: mpsc::UnboundedReceiver<At<Written>>,
    /// Ends after the last stretch, or with the error of the voice.
    pub spoken: mpsc::Receiver<Result<At<Spoken>, BackendError>>,
    work: JoinHandle<()>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Reply {
    pub fn start(task: Task) -> Self {
        let (written, texts) = mpsc::unbounded_channel();
        let (spoken, speech) = mpsc::channel(SPEECH_AHEAD);
        let work = tokio::spawn(async move {
            let (sentences, to_speak) = mpsc::channel(SENTENCES_AHEAD);
            let to_speak = task.speaks.then_some(to_speak);
            let speaking = async {
                if let Some(to_speak) = to_speak
                    && let Err(error) = speak(&task.engines, to_speak, &spoken).await
                {
                    let _ = spoken.send(Err(error)).await;
                }
                drop(spoken);
            };
            let writing = async {
                if let Err(error) = write(&task, sentences, &written).await {
                    let _ = written.send(At::now(Written::Failed(error)));
                }
                drop(written);
            };
            tokio::join!(writing, speaking);
        });
        Self {
            written: texts,
            spoken: speech,
            work,
        }
    }
}

/// Asks the model. The upkeep leaves room for any question but a giant one: for that, the oldest exchanges are left out.
async fn begin(task: &Task) -> Result<(usize, Generated, ReplyStream), BackendError> {
    let mut skipped = 0;
    loop {
        let prompt = Prompt::from(task.history.messages_with(&task.question, skipped));
        let mut stream = task.engines.llm.reply(prompt);
        match stream.next().await {
            Some(Ok(first)) => return Ok((skipped, first, stream)),
            Some(Err(error)) => {
                let (prompt, window) = error.too_long().ok_or_else(|| error.clone())?;
                let history = &task.history;
                skipped = prune::for_question(history, skipped, prompt, window, &task.context)
                    .ok_or(error)?;
            }
            None => return Ok((skipped, Generated::Ended(NOTHING), stream)),
        }
    }
}

async fn write(
    task: &Task,
    sentences: mpsc::Sender<String>,
    written: &mpsc::UnboundedSender<At<Written>>,
) -> Result<(), BackendError> {
    let (skipped, first, stream) = begin(task).await?;
    let _ = written.send(At::now(Written::Begun { skipped }));
    let (mut text, mut generation) = (String::new(), NOTHING);
    let mut cutter = SentenceCutter::default();
    let mut pieces = futures::stream::iter([Ok(first)]).chain(stream);
    while let Some(piece) = pieces.next().await {
        match piece? {
            Generated::Text(piece) => {
                text.push_str(&piece);
                let complete = cutter.push(&piece);
                let _ = written.send(At::now(Written::Text(piece)));
                hand_on(complete, &sentences, written).await;
            }
            Generated::Ended(ended) => generation = ended,
            // No tools are offered yet.
            Generated::ToolCall(_) => {}
        }
    }
    hand_on(cutter.finish(), &sentences, written).await;
    let text = text.trim().to_owned();
    let _ = written.send(At::now(Written::Ended { text, generation }));
    Ok(())
}

async fn hand_on(
    complete: Vec<String>,
    sentences: &mpsc::Sender<String>,
    written: &mpsc::UnboundedSender<At<Written>>,
) {
    for sentence in complete {
        let text = spoken::clean(&sentence);
        if !text.is_empty() {
            let _ = written.send(At::now(Written::Sentence(text.clone())));
            // A voice that failed takes no more sentences; the text goes on without it.
            let _ = sentences.send(text).await;
        }
    }
}

async fn speak(
    engines: &Engines,
    mut sentences: mpsc::Receiver<String>,
    spoken: &mpsc::Sender<Result<At<Spoken>, BackendError>>,
) -> Result<(), BackendError> {
    let mut sentence = 0;
    while let Some(text) = sentences.recv().await {
        let mut stream = engines.tts.speak(text);
        while let Some(speech) = stream.next().await {
            let speech = speech?;
            let stretch = At::now(Spoken { sentence, speech });
            if spoken.send(Ok(stretch)).await.is_err() {
                // Whoever plays failed, and says so itself.
                return Ok(());
            }
        }
        sentence += 1;
    }
    Ok(())
}

/// A reply of no words.
const NOTHING: Generation = Generation {
    finish: Finish::Stop,
    prompt_tokens: 0,
    reused_tokens: 0,
    reply_tokens: 0,
    decode_seconds: 0.0,
};
