//! A reply on its way: the model writes, and the voice speaks what is written, each as fast as it can.
//!
//! It says nothing and plays nothing by itself: whoever holds it does that, at once or later, or drops it, which cancels all of it and
//! leaves no trace. The voice works one stretch ahead of whoever takes its speech, and never holds up the model.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::history::History;
use super::prune;
use super::skills::TurnSkills;
use super::writing::write;
use crate::backend::{
    BackendError, Engines, Finish, Generated, Generation, Message, Prompt, ReplyStream, Speech,
    Tool,
};
use crate::config::Context;
use crate::spoken::Said;

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
    /// A sentence as it goes to the voice, in the words that are said.
    Sentence(Said),
    /// What is written behind the last sentence and not said, such as the lines of a code block.
    Unsaid(Said),
    /// A skill keeps a sentence from being spoken; `stopped`: and all that follows.
    Muted {
        skill: String,
        stopped: bool,
    },
    /// A tool was called; `skill` is whose, where there is such a tool.
    Called {
        tool: String,
        skill: Option<String>,
        ok: bool,
        took: Duration,
    },
    /// The whole text, and the tools that were called for it; nothing follows.
    Ended {
        text: String,
        generation: Generation,
        tools: Vec<String>,
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
    pub fn now(what: T) -> Self {
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
#[derive(Clone)]
pub struct Task {
    pub engines: Engines,
    pub context: Context,
    pub history: History,
    pub question: String,
    /// Whether a voice is to speak it.
    pub speaks: bool,
    pub skills: TurnSkills,
    /// Where the model is not asked: the answer.
    pub answer: Option<String>,
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

/// Asks the model, with what came of its calls so far behind the question. The upkeep leaves room for any question but a giant one: for
/// that, the oldest exchanges are left out.
pub(super) async fn begin(
    task: &Task,
    called: &[Message],
    tools: &[Tool],
) -> Result<(usize, Generated, ReplyStream), BackendError> {
    let mut skipped = 0;
    loop {
        let mut messages = task.history.messages_with(&task.question, skipped);
        messages.extend_from_slice(called);
        let mut stream = task.engines.llm.reply(Prompt {
            messages,
            summary: task.history.summary_bytes(),
            tools: tools.to_vec(),
            ..Prompt::default()
        });
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

async fn speak(
    engines: &Engines,
    mut sentences: mpsc::Receiver<String>,
    spoken: &mpsc::Sender<Result<At<Spoken>, BackendError>>,
) -> Result<(), BackendError> {
    let mut sentence = 0;
    // An answer is due when it is there: the silence that it begins with (50 ms of a Piper voice) would only be waited for.
    let mut has_begun = false;
    while let Some(text) = sentences.recv().await {
        let mut stream = engines.tts.speak(text);
        while let Some(speech) = stream.next().await {
            let mut speech = speech?;
            has_begun = has_begun || speech.skip_silence();
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
pub(super) const NOTHING: Generation = Generation {
    finish: Finish::Stop,
    prompt_tokens: 0,
    reused_tokens: 0,
    reply_tokens: 0,
    decode_seconds: 0.0,
};
