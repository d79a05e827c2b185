//! A turn that starts from a whole question or an announcement, run to its end into an output.
//!
//! Dropping it cancels recogniser, model, voice and playback.

use jane_audio::{AudioOutput, WavSource};
use jane_core::event::{Event, TurnInput, TurnOutcome};
use jane_engines::BackendError;
use jane_skills::Heard;
use tokio::sync::mpsc;

use super::reply::{Reply, ReplyRequest, SpeechChunk, Timed};
use super::skills::DroppedBy;
use super::transcribe;
use super::{Clock, Step, Turn, TurnError};
use crate::context::History;
use crate::runtime::InForce;

/// What a turn starts from.
pub enum Question {
    /// Typed.
    Text(String),
    /// Spoken into a file, of any length.
    Recording(Box<WavSource>),
}

impl Question {
    #[must_use]
    pub fn input(&self) -> TurnInput {
        match self {
            Self::Text(_) => TurnInput::Text,
            Self::Recording(_) => TurnInput::Recording,
        }
    }
}

/// How a run came to its end, and whether all of the reply could be spoken.
pub struct Ended {
    pub outcome: TurnOutcome,
    pub speech: Result<(), TurnError>,
}

impl Ended {
    fn without_a_word(outcome: TurnOutcome) -> Self {
        Self {
            outcome,
            speech: Ok(()),
        }
    }
}

/// Answers `question` into `output`, or in text alone.
///
/// # Errors
/// Where the recording cannot be read, or the recogniser or the language model fails for good.
pub async fn answer(
    turn: &mut Turn,
    in_force: &InForce,
    history: &History,
    question: Question,
    output: Option<&mut (dyn AudioOutput + 'static)>,
) -> Result<Ended, TurnError> {
    let heard = hear(turn, in_force, question).await?;
    if heard.text.is_empty() {
        return Ok(Ended::without_a_word(TurnOutcome::NothingHeard));
    }
    let asked = match turn.skills.ask(heard).await {
        Ok(asked) => asked,
        Err(DroppedBy(skill)) => {
            turn.dropped(&skill);
            return Ok(Ended::without_a_word(TurnOutcome::Dropped));
        }
    };
    turn.asked(&asked);
    let (history, speaks) = (history.clone(), output.is_some());
    let request = ReplyRequest::to(&asked, in_force, &turn.skills, history, speaks);
    Ok(Ended {
        speech: reply(turn, request, output).await?,
        outcome: turn.whole(),
    })
}

/// What is asked, in words.
async fn hear(turn: &mut Turn, in_force: &InForce, question: Question) -> Result<Heard, TurnError> {
    let input = question.input();
    let (text, language) = match question {
        Question::Text(text) => (text.trim().to_owned(), None),
        Question::Recording(source) => {
            let stt = in_force.engines.stt.as_ref();
            let heard = transcribe::recording(stt, *source, |_| ()).await?;
            turn.waterfall.stt_ms = Some(turn.clock().ms());
            let (text, seconds) = (&heard.text, heard.audio_seconds);
            turn.transcribed(text, heard.language.clone(), seconds);
            (heard.text, heard.language)
        }
    };
    Ok(Heard {
        text,
        confidence: None,
        input,
        language,
    })
}

/// Tells and plays the reply to `request` as it comes. Returns whether all of it could be spoken.
///
/// # Errors
/// Where the model fails.
pub async fn reply(
    turn: &mut Turn,
    request: ReplyRequest,
    output: Option<&mut (dyn AudioOutput + 'static)>,
) -> Result<Result<(), TurnError>, BackendError> {
    let mut reply = Reply::start(request);
    let (written, spoken) = (&mut reply.written, &mut reply.spoken);
    let clock = turn.clock();
    let telling = async {
        while let Some(event) = written.recv().await {
            match turn.tell(event) {
                Step::GoesOn => {}
                Step::Whole => return Ok(()),
                Step::Failed(error) => return Err(error),
            }
        }
        Err(BackendError::Interrupted)
    };
    let playing = async {
        match output {
            Some(output) => Some(play(output, spoken, clock).await),
            None => None,
        }
    };
    // Where the model fails, nothing more is played.
    let mut playing = std::pin::pin!(playing);
    let mut played = None;
    let told = {
        let mut telling = std::pin::pin!(telling);
        loop {
            tokio::select! {
                told = &mut telling => break told,
                done = &mut playing, if played.is_none() => played = Some(done),
            }
        }
    };
    told?;
    let played = match played {
        Some(played) => played,
        None => playing.await,
    };
    let Some(played) = played else {
        return Ok(Ok(()));
    };
    turn.waterfall.first_speech_ms = played.made_ms;
    turn.waterfall.first_audio_ms = played.first_ms;
    turn.waterfall.audio_seconds = played.seconds;
    if let Err(error) = &played.result {
        tracing::warn!(turn = turn.number(), %error, "the answer could not be spoken");
        turn.reporter.events.emit(Event::Warning {
            message: error.to_string(),
            hint: error.hint(),
        });
    }
    Ok(played.result)
}

async fn play(
    output: &mut dyn AudioOutput,
    spoken: &mut mpsc::Receiver<Result<Timed<SpeechChunk>, BackendError>>,
    clock: Clock,
) -> Played {
    let mut played = Played {
        made_ms: None,
        first_ms: None,
        seconds: 0.0,
        result: Ok(()),
    };
    while let Some(spoken) = spoken.recv().await {
        let Timed { at, what } = match spoken {
            Ok(spoken) => spoken,
            Err(error) => {
                played.result = played.result.and(Err(error.into()));
                continue;
            }
        };
        let speech = what.speech;
        played.made_ms.get_or_insert(clock.ms_at(at));
        played.first_ms.get_or_insert_with(|| clock.ms());
        played.seconds += speech.seconds();
        // An output that failed does not keep the sound from the others, a file for one.
        let result = output.play(&speech.samples, speech.sample_rate).await;
        played.result = played.result.and(result.map_err(TurnError::from));
    }
    let finished = output.finish().await.map_err(TurnError::from);
    played.result = played.result.and(finished);
    played
}

/// What the loudspeaker's stage knows at its end.
struct Played {
    made_ms: Option<u64>,
    first_ms: Option<u64>,
    seconds: f64,
    result: Result<(), TurnError>,
}
