//! What is made of an utterance before it is sure that it is over: its transcript, and the answer to it.
//!
//! Invariant: a speculation says and plays nothing, and changes no history. Dropping it leaves no trace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use jane_core::event::TurnInput;
use jane_engines::{BackendError, Transcript};
use jane_skills::Heard;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::classify::{Classification, NoTurn, UtteranceClassifier};
use super::clock::{CaptureTime, captured};
use super::preview::{Address, transcribe_beginning};
use super::settled::{Settled, Span};
use crate::conversation::Conversation;
use crate::conversation::turn::reply::{Reply, ReplyRequest};
use crate::conversation::turn::skills::{Asked, TurnSkills};
use crate::runtime::{Runtime, SnapshotGuard};

/// An utterance as the front end delivers it.
pub struct Utterance {
    pub samples: Arc<[f32]>,
    /// The first sample of its speech.
    pub start: CaptureTime,
    /// The last sample of its speech.
    pub end: CaptureTime,
    /// What it is, where it was typed.
    pub typed: Option<String>,
}

/// What an utterance is answered with, and after what.
pub struct SpeculationContext {
    pub runtime: Arc<Runtime>,
    pub conversation: Arc<Mutex<Conversation>>,
    /// The reply that a question would interrupt.
    pub interrupts: Option<InterruptedTurn>,
    pub classifier: UtteranceClassifier,
    /// Whether it is for her, as far as that is known.
    pub address: Address,
    /// The number that skills would know the turn by.
    pub turn: u64,
    /// That of the turn that this may be.
    pub span: tracing::Span,
    /// Whether a voice is to speak the answer.
    pub speaks: bool,
}

/// What is left of a reply that is interrupted now.
pub struct InterruptedTurn {
    /// The same engines serve what follows: their change waits for the reply's end, and that may wait for what is said over it.
    pub taken: Arc<SnapshotGuard>,
    pub question: String,
    /// The words of the reply that were heard; may be none.
    pub heard: String,
    /// Whether a skill answered.
    pub by_skills: bool,
}

/// What was made of the utterance.
pub struct SpeculationResult {
    /// What is in force for it.
    pub taken: Arc<SnapshotGuard>,
    /// When it was read.
    pub at: Instant,
    pub transcript: Transcript,
    /// It is not for her, and only its beginning was read.
    pub is_not_hers: bool,
    /// How probable it sounds that the turn is over, 0..=1; `None` where nothing tells.
    pub sounds_over: Option<f32>,
    /// The skills, and what they did for it.
    pub skills: TurnSkills,
    pub found: Found,
}

impl SpeculationResult {
    /// Whether it may be for her, as far as is known.
    pub fn is_for_her(&self) -> bool {
        !matches!(self.found, Found::NoTurn(NoTurn::NotAddressed))
    }
}

/// What the utterance turned out to be.
pub enum Found {
    /// A question, and the answer to it, which is on its way.
    Question { asked: Asked, reply: Reply },
    /// It starts no turn.
    NoTurn(NoTurn),
}

impl Found {
    /// Whether what follows may make something else of it.
    pub fn may_change(&self) -> bool {
        match self {
            Self::Question { .. } => true,
            Self::NoTurn(why) => why.may_change(),
        }
    }
}

/// Where an utterance that is read ends.
pub enum Endpoint {
    /// At a pause: it goes on where the speech does.
    Pause,
    /// It was as long as one can be, and is over whatever follows. `next` is what followed and paused meanwhile.
    MaxDuration { next: Option<Utterance> },
}

/// An utterance that may be over.
pub struct Speculation {
    /// The last sample of its speech.
    pub end: CaptureTime,
    pub length: Duration,
    pub endpoint: Endpoint,
    /// Itself as the beginning of what follows, where it is long.
    pub settled: Option<Settled>,
    pub result: Option<Result<SpeculationResult, BackendError>>,
    reading: mpsc::Receiver<Result<SpeculationResult, BackendError>>,
    work: JoinHandle<()>,
}

impl Drop for Speculation {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Speculation {
    /// Starts to read `utterance` and, where it is to be answered, to answer it.
    pub fn start(
        utterance: Utterance,
        endpoint: Endpoint,
        (span, settled): (Span, Option<Settled>),
        context: SpeculationContext,
    ) -> Self {
        let (sender, reading) = mpsc::channel(1);
        let Utterance {
            samples,
            end,
            typed,
            ..
        } = utterance;
        let length = captured(samples.len() as u64);
        let tracing_span = context.span.clone();
        let work = async move {
            let result = read(samples, typed, span, context).await;
            let _ = sender.send(result).await;
        };
        let work = tokio::spawn(work.instrument(tracing_span));
        Self {
            end,
            length,
            endpoint,
            settled,
            result: None,
            reading,
            work,
        }
    }

    /// Waits until the utterance is read; never returns afterwards.
    pub async fn reading(&mut self) {
        if self.result.is_none()
            && let Some(result) = self.reading.recv().await
        {
            self.result = Some(result);
            return;
        }
        std::future::pending().await
    }

    /// What was said, as far as that is known; nothing of what was typed, and of what is not for her.
    pub fn transcript(&self) -> &str {
        match &self.result {
            Some(Ok(result)) if result.is_for_her() && !self.length.is_zero() => {
                &result.transcript.text
            }
            _ => "",
        }
    }
}

async fn read(
    samples: Arc<[f32]>,
    typed: Option<String>,
    span: Span,
    mut context: SpeculationContext,
) -> Result<SpeculationResult, BackendError> {
    let taken = match &context.interrupts {
        Some(interrupted) => Arc::clone(&interrupted.taken),
        None => Arc::new(context.runtime.take().await),
    };
    let input = match typed {
        Some(_) => TurnInput::Text,
        None => TurnInput::Voice,
    };
    let address = std::mem::take(&mut context.address);
    let read = match typed {
        Some(text) => Read::typed(text),
        None => Read::sound(samples, span, address, &context.classifier, &taken).await?,
    };
    let at = Instant::now();
    let Read {
        transcript,
        sound,
        is_not_hers,
    } = read;
    let skills = TurnSkills::new(&taken, context.turn, false)
        .with_client(context.conversation.lock().await.client.clone());
    let found = match context.classifier.classify(&transcript.text) {
        _ if is_not_hers => Found::NoTurn(NoTurn::NotAddressed),
        Classification::NoTurn(why) => Found::NoTurn(why),
        Classification::Question(question) => {
            let heard = Heard {
                text: question,
                confidence: Some(transcript.mean_log_probability.exp().clamp(0.0, 1.0)),
                input,
                language: transcript.language.clone(),
            };
            match skills.ask(heard).await {
                Ok(asked) => answer(asked, &taken, &skills, context).await,
                Err(_) => Found::NoTurn(NoTurn::Dropped),
            }
        }
    };
    // The answer is on its way meanwhile. What is over however it sounds is not waited for.
    let sounds_over = match (sound, &found) {
        (Some(sound), found) if found.may_change() => sound.await,
        _ => None,
    };
    Ok(SpeculationResult {
        taken,
        at,
        transcript,
        is_not_hers,
        sounds_over,
        skills,
        found,
    })
}

/// What was read of an utterance, and what is being heard of it.
struct Read {
    transcript: Transcript,
    /// How probable it sounds that the turn is over; `None` where nobody is asked.
    sound: Option<BoxFuture<'static, Option<f32>>>,
    is_not_hers: bool,
}

impl Read {
    fn typed(text: String) -> Self {
        let transcript = Transcript {
            text,
            language: None,
            no_speech_probability: 0.0,
            mean_log_probability: 0.0,
        };
        Self {
            transcript,
            sound: None,
            is_not_hers: false,
        }
    }

    /// Reads the utterance; of one that has to begin with the wake phrase the beginning first, cheaply, and no more where it does not.
    async fn sound(
        samples: Arc<[f32]>,
        span: Span,
        address: Address,
        classifier: &UtteranceClassifier,
        taken: &SnapshotGuard,
    ) -> Result<Self, BackendError> {
        let mut goes_on = true;
        let beginning = match (address, &classifier.wake) {
            (Address::NotHers(transcript), _) => Some(transcript),
            // Where that fails, all of it is read.
            (Address::Asked(asked), _) => asked.await.ok().and_then(Result::ok),
            (Address::Unknown, Some(wake)) => {
                let length = usize::try_from(wake.beginning()).unwrap_or(usize::MAX);
                let beginning = samples.get(..length).unwrap_or(&samples);
                goes_on = beginning.len() < samples.len();
                let (stt, beginning) = (taken.engines.stt.as_ref(), Arc::from(beginning));
                Some(transcribe_beginning(stt, wake, beginning).await?)
            }
            (Address::Unknown | Address::Hers, _) => None,
        };
        let is_hers = |text: &str| {
            let wake = classifier.wake.as_ref();
            wake.is_none_or(|wake| wake.strip(text).is_some())
        };
        if let Some(transcript) = beginning
            && !is_hers(&transcript.text)
        {
            return Ok(Self {
                transcript,
                sound: None,
                // What is too short for the phrase may be followed by it.
                is_not_hers: goes_on,
            });
        }
        let transcript = span.read(&taken.engines.stt, Arc::clone(&samples));
        let hear = || {
            taken
                .engines
                .turn_completion
                .ask(Arc::clone(&samples))
                .boxed()
        };
        // A television is not listened to for how it sounds.
        let (transcript, sound) = match classifier.wake {
            None => {
                let sound = hear();
                (transcript.await?, Some(sound))
            }
            Some(_) => {
                let transcript = transcript.await?;
                let sound = is_hers(&transcript.text).then(hear);
                (transcript, sound)
            }
        };
        Ok(Self {
            transcript,
            sound,
            is_not_hers: false,
        })
    }
}

/// Begins to answer, behind what would be left of the reply that this interrupts.
async fn answer(
    asked: Asked,
    taken: &SnapshotGuard,
    skills: &TurnSkills,
    context: SpeculationContext,
) -> Found {
    let mut history = {
        let mut conversation = context.conversation.lock().await;
        conversation.follow(taken);
        conversation.history.clone()
    };
    if let Some(interrupted) = &context.interrupts
        && !interrupted.heard.is_empty()
        && !interrupted.question.is_empty()
    {
        history.push(&interrupted.question, &interrupted.heard, 0);
        if interrupted.by_skills {
            history.mark_as_skills();
        }
    }
    let request = ReplyRequest::to(&asked, taken, skills, history, context.speaks);
    Found::Question {
        asked,
        reply: Reply::start(request),
    }
}
