//! A reply on its way: the model writes, and the voice speaks what is written, each as fast as it can.
//!
//! It says nothing and plays nothing by itself: whoever holds it does that, at once or later, or drops it, which cancels all of it and
//! leaves no trace. The voice works one stretch ahead of whoever takes its speech, and never holds up the model.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jane_config::Context;
use jane_engines::{
    BackendError, Engines, Finish, Generated, Generation, Message, Prompt, ReplyStream, Speech,
    Tool,
};
use jane_text::spoken::Said;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::generate::write;
use super::skills::{Asked, TurnSkills};
use crate::context::History;
use crate::context::watermarks;
use crate::runtime::InForce;

/// Sentences that may wait for the voice. A reply is bounded by `llm.max_reply_tokens`, so this holds nearly any of them whole.
const SENTENCES_AHEAD: usize = 64;

/// Answers of skills that the model reads only now, where there was no time before.
const UNREAD: usize = 6;

/// Stretches of speech that may wait for whoever plays them.
const SPEECH_AHEAD: usize = 1;

/// A step of writing a reply.
#[derive(Debug)]
pub enum ReplyEvent {
    /// The model answers. So many of the oldest exchanges were left out, because the question is a giant one.
    Begun {
        skipped: usize,
    },
    Text(String),
    /// The model thinks: so many tokens so far.
    Thinking {
        tokens: u32,
    },
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
    /// The reply is whole; nothing follows.
    Ended(ReplyOutcome),
    /// Nothing follows.
    Failed(BackendError),
}

/// A whole reply.
#[derive(Debug)]
pub struct ReplyOutcome {
    /// As it is written; empty where the model said nothing.
    pub text: String,
    pub generation: Generation,
    /// The tools that were called for it.
    pub tools: Vec<String>,
}

/// Something, and when it was there.
#[derive(Debug)]
pub struct Timed<T> {
    pub at: Instant,
    pub what: T,
}

impl<T> Timed<T> {
    pub fn now(what: T) -> Self {
        let at = Instant::now();
        Self { at, what }
    }
}

/// A stretch of speech; a sentence has one or several.
#[derive(Debug)]
pub struct SpeechChunk {
    /// Counts the sentences.
    pub sentence: usize,
    pub speech: Speech,
}

/// What a reply answers, and with what.
#[derive(Clone)]
pub struct ReplyRequest {
    pub engines: Engines,
    pub context: Context,
    pub history: History,
    pub question: String,
    /// What she was told before that has to do with it, and that her instructions have no room for.
    pub recalled: Vec<String>,
    /// Whether a voice is to speak it.
    pub speaks: bool,
    pub skills: TurnSkills,
    /// Where the model is not asked: the answer.
    pub answer: Option<String>,
}

impl ReplyRequest {
    /// The reply of the model to `question`, behind `history`. With `speaks`, the voice speaks it.
    pub fn new(
        question: &str,
        in_force: &InForce,
        skills: &TurnSkills,
        history: History,
        speaks: bool,
    ) -> Self {
        Self {
            engines: in_force.engines.clone(),
            context: in_force.config.context.clone(),
            history,
            question: question.to_owned(),
            recalled: Vec::new(),
            speaks,
            skills: skills.clone(),
            answer: None,
        }
    }

    /// The reply to what the skills left to answer.
    pub fn to(
        asked: &Asked,
        in_force: &InForce,
        skills: &TurnSkills,
        mut history: History,
        speaks: bool,
    ) -> Self {
        history.leave_out_unread(UNREAD);
        let answer = asked.answer.as_ref();
        Self {
            answer: answer.map(|answer| answer.speech.clone()),
            recalled: asked.recalled.clone(),
            ..Self::new(&asked.question, in_force, skills, history, speaks)
        }
    }
}

impl ReplyRequest {
    /// The question as the model is asked it.
    fn prompted(&self) -> Cow<'_, str> {
        match self.recalled.as_slice() {
            [] => Cow::Borrowed(&self.question),
            recalled => format!("({})\n{}", recalled.join(" "), self.question).into(),
        }
    }
}

/// A reply on its way. Dropping it cancels it.
pub struct Reply {
    pub written: mpsc::UnboundedReceiver<Timed<ReplyEvent>>,
    /// Ends after the last stretch, or with the error of the voice.
    pub spoken: mpsc::Receiver<Result<Timed<SpeechChunk>, BackendError>>,
    work: JoinHandle<()>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Reply {
    pub fn start(request: ReplyRequest) -> Self {
        let (written, texts) = mpsc::unbounded_channel();
        let (spoken, speech) = mpsc::channel(SPEECH_AHEAD);
        let work = async move {
            let (sentences, to_speak) = mpsc::channel(SENTENCES_AHEAD);
            let to_speak = request.speaks.then_some(to_speak);
            let speaking = async {
                if let Some(to_speak) = to_speak
                    && let Err(error) = speak(&request.engines, to_speak, &spoken).await
                {
                    let _ = spoken.send(Err(error)).await;
                }
                drop(spoken);
            };
            let writing = async {
                if let Err(error) = write(&request, sentences, &written).await {
                    let _ = written.send(Timed::now(ReplyEvent::Failed(error)));
                }
                drop(written);
            };
            tokio::join!(writing, speaking);
        };
        let work = tokio::spawn(work.in_current_span());
        Self {
            written: texts,
            spoken: speech,
            work,
        }
    }
}

/// Asks the model, with what came of its calls so far behind the question. Maintenance leaves room for any question but a giant one: for
/// that, the oldest exchanges are left out.
pub(super) async fn begin(
    request: &ReplyRequest,
    called: &[Message],
    tools: &[Tool],
) -> Result<(usize, Generated, ReplyStream), BackendError> {
    let mut skipped = 0;
    let question = request.prompted();
    loop {
        let mut dialogue = request.history.dialogue(skipped);
        dialogue.turns.push(Message::user(question.as_ref()));
        dialogue.turns.extend_from_slice(called);
        let mut stream = request.engines.llm.reply(Prompt {
            dialogue,
            tools: tools.to_vec(),
            ..Prompt::default()
        });
        match stream.next().await {
            Some(Ok(first)) => return Ok((skipped, first, stream)),
            Some(Err(error)) => {
                let (prompt, window) = error.too_long().ok_or_else(|| error.clone())?;
                let history = &request.history;
                skipped =
                    watermarks::for_question(history, skipped, prompt, window, &request.context)
                        .ok_or(error)?;
            }
            None => return Ok((skipped, Generated::Ended(NOTHING), stream)),
        }
    }
}

async fn speak(
    engines: &Engines,
    mut sentences: mpsc::Receiver<String>,
    spoken: &mpsc::Sender<Result<Timed<SpeechChunk>, BackendError>>,
) -> Result<(), BackendError> {
    let mut sentence = 0;
    // An answer is due when it is there: the silence that it begins with (50 ms of a Piper voice) would only be waited for.
    let mut has_begun = false;
    while let Some(text) = sentences.recv().await {
        let mut stream = engines.tts.speak(text);
        while let Some(speech) = stream.next().await {
            let mut speech = speech?;
            has_begun = has_begun || speech.skip_silence();
            let stretch = Timed::now(SpeechChunk { sentence, speech });
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
