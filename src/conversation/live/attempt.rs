//! What is made of an utterance before it is sure that it is over: its transcript, and the answer to it.
//!
//! Invariant: an attempt says and plays nothing, and changes no history. Dropping it leaves no trace.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::judge::{Judge, Verdict};
use super::seconds;
use crate::backend::{BackendError, Transcript};
use crate::conversation::Conversation;
use crate::conversation::reply::{Reply, Task};
use crate::conversation::skills::TurnSkills;
use crate::runtime::{Runtime, Taken};
use crate::skill::{self, Heard};

/// An utterance as the ears deliver it.
pub struct Utterance {
    pub samples: Arc<[f32]>,
    /// The first and the last sample of its speech, on the clock of the microphone.
    pub start: u64,
    pub end: u64,
}

/// What it is answered with and after what.
pub struct Setting {
    pub runtime: Arc<Runtime>,
    pub conversation: Arc<Mutex<Conversation>>,
    /// The answer that this would cut off.
    pub cuts: Option<Cut>,
    pub judge: Judge,
    /// What the turn will count.
    pub turn: u64,
    /// Whether a voice is to speak the answer.
    pub speaks: bool,
}

/// What is left of an answer that is cut off now.
pub struct Cut {
    /// The same engines serve what follows: their change waits for the answer's end, and that may wait for what is said over it.
    pub taken: Arc<Taken>,
    pub question: String,
    /// What was heard of it; may be nothing.
    pub heard: String,
}

/// What was made of the utterance.
pub struct Read {
    /// What is in force for it.
    pub taken: Arc<Taken>,
    /// When it was read.
    pub at: Instant,
    pub transcript: Transcript,
    pub verdict: Verdict,
    /// Where the verdict is that it be answered: the answer, which is on its way.
    pub reply: Option<Reply>,
    /// The skills that heard it, and what they did for it.
    pub skills: TurnSkills,
    /// The skill that answers or drops it, if one does.
    pub by_skill: Option<String>,
    /// Whether the answer asks something back.
    pub expects_reply: bool,
}

/// An utterance that may be over.
pub struct Attempt {
    /// The last sample of its speech, on the clock of the microphone.
    pub end: u64,
    /// Seconds.
    pub audio_seconds: f64,
    /// The utterance was as long as one can be: it is over, whatever follows.
    pub is_cut_short: bool,
    pub read: Option<Result<Read, BackendError>>,
    reading: mpsc::Receiver<Result<Read, BackendError>>,
    work: JoinHandle<()>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Attempt {
    /// Starts to read `utterance` and, where it is to be answered, to answer it.
    pub fn start(utterance: Utterance, setting: Setting) -> Self {
        let (sender, reading) = mpsc::channel(1);
        let Utterance { samples, end, .. } = utterance;
        let audio_seconds = seconds(samples.len() as u64);
        let work = tokio::spawn(async move {
            let read = read(samples, setting).await;
            let _ = sender.send(read).await;
        });
        Self {
            end,
            audio_seconds,
            is_cut_short: false,
            read: None,
            reading,
            work,
        }
    }

    /// Waits until the utterance is read; never returns afterwards.
    pub async fn reading(&mut self) {
        if self.read.is_none()
            && let Some(read) = self.reading.recv().await
        {
            self.read = Some(read);
            return;
        }
        std::future::pending().await
    }

    /// What was said, as far as that is known.
    pub fn transcript(&self) -> &str {
        match &self.read {
            Some(Ok(read)) => &read.transcript.text,
            _ => "",
        }
    }
}

async fn read(samples: Arc<[f32]>, setting: Setting) -> Result<Read, BackendError> {
    let taken = match &setting.cuts {
        Some(cut) => Arc::clone(&cut.taken),
        None => Arc::new(setting.runtime.take().await),
    };
    let transcript = taken.engines.stt.transcribe(samples).await?;
    let at = Instant::now();
    let mut verdict = setting.judge.of(&transcript.text);
    let skills = TurnSkills::new(&taken, setting.turn, false);
    let (mut answer, mut by_skill, mut expects_reply) = (None, None, false);
    if let Verdict::Answer(question) = &verdict {
        let heard = Heard {
            text: question.clone(),
            confidence: Some(transcript.mean_log_probability.exp().clamp(0.0, 1.0)),
            input: "voice",
            language: transcript.language.clone(),
        };
        match skills.hear(heard).await {
            skill::Verdict::Ask(question) => verdict = Verdict::Answer(question),
            skill::Verdict::Answer {
                skill,
                speech,
                expect_reply,
            } => {
                (answer, by_skill, expects_reply) = (Some(speech), Some(skill), expect_reply);
            }
            skill::Verdict::Drop { skill } => {
                by_skill = Some(skill);
                verdict = Verdict::Dropped;
            }
        }
    }
    let reply = match &verdict {
        Verdict::Answer(question) => {
            let mut history = {
                let mut conversation = setting.conversation.lock().await;
                conversation.follow(&taken);
                conversation.history.clone()
            };
            let cut = setting
                .cuts
                .filter(|cut| !cut.heard.is_empty() && !cut.question.is_empty());
            if let Some(cut) = cut {
                history.push(&cut.question, &cut.heard, 0);
            }
            Some(Reply::start(Task {
                engines: taken.engines.clone(),
                context: taken.config.context.clone(),
                history,
                question: question.clone(),
                speaks: setting.speaks,
                skills: skills.clone(),
                answer,
            }))
        }
        _ => None,
    };
    Ok(Read {
        taken,
        at,
        transcript,
        verdict,
        reply,
        skills,
        by_skill,
        expects_reply,
    })
}
