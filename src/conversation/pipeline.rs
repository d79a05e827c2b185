//! A turn's answer, said and played as it comes: from the question to the last sample.
//!
//! Dropping it cancels model, voice and playback.

use tokio::sync::mpsc;

use super::TurnError;
use super::history::History;
use super::reply::{At, Reply, Spoken, Task};
use super::skills::TurnSkills;
use super::telling::{Telling, Told};
use crate::audio::AudioOutput;
use crate::backend::{BackendError, Engines};
use crate::config::Context;
use crate::event::{Event, Waterfall};

pub struct Pipeline<'a> {
    pub engines: &'a Engines,
    pub context: &'a Context,
    pub telling: Telling,
    pub skills: TurnSkills,
    /// Where the model is not asked: the answer.
    pub answer: Option<String>,
}

pub struct Answered {
    /// So many of the oldest exchanges were left out for it.
    pub skipped: usize,
    pub text: String,
    /// The tools that were called for it.
    pub tools: Vec<String>,
    /// Whether all of it could be spoken.
    pub speech: Result<(), TurnError>,
}

impl Pipeline<'_> {
    /// # Errors
    /// Where the model fails. A voice or loudspeaker that fails is told in [`Answered::speech`].
    pub async fn run(
        &self,
        history: &History,
        question: &str,
        output: Option<&mut (dyn AudioOutput + 'static)>,
        waterfall: &mut Waterfall,
    ) -> Result<Answered, TurnError> {
        let mut reply = Reply::start(Task {
            engines: self.engines.clone(),
            context: self.context.clone(),
            history: history.clone(),
            question: question.to_owned(),
            speaks: output.is_some(),
            skills: self.skills.clone(),
            answer: self.answer.clone(),
        });
        let (written, spoken) = (&mut reply.written, &mut reply.spoken);
        let mut left_out = 0;
        let telling = async {
            while let Some(piece) = written.recv().await {
                match self.telling.tell(piece, waterfall) {
                    Told::Nothing => {}
                    Told::Skipped(count) => left_out = count,
                    Told::Ended {
                        text,
                        generation,
                        tools,
                    } => return Ok((text, generation, tools)),
                    Told::Failed(error) => return Err(error),
                }
            }
            Err(BackendError::Interrupted)
        };
        let playing = async {
            match output {
                Some(output) => Some(self.play(output, spoken).await),
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
        let (text, generation, tools) = told?;
        let played = match played {
            Some(played) => played,
            None => playing.await,
        };
        let mut speech = Ok(());
        if let Some(played) = played {
            waterfall.first_speech_ms = played.made_ms;
            waterfall.first_audio_ms = played.first_ms;
            waterfall.audio_seconds = played.seconds;
            speech = played.result;
        }
        if let Err(error) = &speech {
            tracing::warn!(turn = self.telling.turn, %error, "the answer could not be spoken");
            self.telling.events.emit(Event::Warning {
                message: error.to_string(),
                hint: error.hint(),
            });
        }
        self.telling.reply(&text, &generation);
        Ok(Answered {
            skipped: left_out,
            text,
            tools,
            speech,
        })
    }

    async fn play(
        &self,
        output: &mut dyn AudioOutput,
        spoken: &mut mpsc::Receiver<Result<At<Spoken>, BackendError>>,
    ) -> Played {
        let mut played = Played {
            made_ms: None,
            first_ms: None,
            seconds: 0.0,
            result: Ok(()),
        };
        while let Some(spoken) = spoken.recv().await {
            let At { at, what } = match spoken {
                Ok(spoken) => spoken,
                Err(error) => {
                    played.result = played.result.and(Err(error.into()));
                    continue;
                }
            };
            let (speech, clock) = (what.speech, self.telling.clock);
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
}

/// What the loudspeaker's stage knows at its end.
struct Played {
    made_ms: Option<u64>,
    first_ms: Option<u64>,
    seconds: f64,
    result: Result<(), TurnError>,
}
