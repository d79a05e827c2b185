//! `jane ask`: one turn.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jane_audio::{AudioError, AudioOutput, WavFile, WavSource};
use jane_config::{SttBackend, TtsBackend};
use jane_core::event::TurnOutcome;

use super::session::SKILLS_PATIENCE;
use super::{Failure, Session};
use crate::conversation::{Conversation, Question, SkillRequests};

#[derive(clap::Args)]
pub struct Ask {
    /// The question, typed
    #[arg(required_unless_present = "wav", conflicts_with = "wav")]
    question: Vec<String>,
    /// The question, recorded: a WAV file of any rate, channel count and sample format
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
    /// Write the spoken answer to this WAV file as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer in text only
    #[arg(long, conflicts_with = "out")]
    silent: bool,
}

impl Ask {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        // What is wrong with the question is said before anything is loaded.
        let question = match self.wav {
            Some(file) => Question::Recording(Box::new(WavSource::open(&file)?)),
            None => Question::Text(self.question.join(" ")),
        };
        if matches!(&question, Question::Text(text) if text.trim().is_empty()) {
            return Err(Failure::usage("the question is empty"));
        }
        let listens = matches!(question, Question::Recording(_));
        let mut output = Output::new(session, self.silent, self.out.as_deref())?;
        let runtime = session.runtime(&session.installed()?)?;
        let in_force = runtime.take().await;
        let mut conversation = Conversation::new(session.events.clone());
        let skills = in_force.skills.clone();
        let _following = skills.follow();
        let mut requests = SkillRequests::new(&skills, session.events.clone());
        // Servers have nothing to load: one that does not answer is waited for once, in the turn.
        let config = &in_force.config;
        let loads_stt = listens && config.stt.backend == SttBackend::Whisper;
        let loads_tts = output.is_there() && config.tts.backend == TtsBackend::Piper;
        // What fails here fails again in the turn, where it is retried and reported.
        let (_, ()) = tokio::join!(
            conversation.prepare(&in_force, loads_stt, loads_tts),
            skills.settled(SKILLS_PATIENCE),
        );
        let answer = conversation.turn(&in_force, question, output.get()).await?;
        // What takes longer than a turn may wait is said behind it.
        if let Some(skill) = &answer.by_skill {
            skills.deal_with_what_is_due(skill).await;
        }
        while let Some(announcement) = requests.pending() {
            let saying = conversation.announce(&in_force, &announcement, output.get());
            saying.await?;
        }
        output.complete().await?;
        if answer.outcome == TurnOutcome::NothingHeard {
            let failure = Failure::failed("nothing was said in the recording");
            return Err(failure.hint("`jane transcribe` shows what is heard in a recording"));
        }
        Ok(answer.speech?)
    }
}

/// The loudspeaker, and a file that is complete when all was said: it may be more than the answer.
struct Output {
    loudspeaker: Option<Box<dyn AudioOutput>>,
    file: Option<WavFile>,
}

impl Output {
    fn new(session: &Session, silent: bool, file: Option<&Path>) -> Result<Self, Failure> {
        let loudspeaker = match file {
            _ if silent => None,
            Some(_) => session.output(&session.config, None)?,
            None => session.output_or_warning(&session.config)?,
        };
        Ok(Self {
            loudspeaker,
            file: file.map(WavFile::create).transpose()?,
        })
    }

    fn is_there(&self) -> bool {
        self.loudspeaker.is_some() || self.file.is_some()
    }

    fn get(&mut self) -> Option<&mut (dyn AudioOutput + 'static)> {
        if self.is_there() { Some(self) } else { None }
    }

    async fn complete(&mut self) -> Result<(), AudioError> {
        match &mut self.file {
            Some(file) => file.finish().await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl AudioOutput for Output {
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let mut result = Ok(());
        if let Some(loudspeaker) = &mut self.loudspeaker {
            result = loudspeaker.play(samples, sample_rate).await;
        }
        // A loudspeaker that failed does not keep the sound from the file.
        if let Some(file) = &mut self.file {
            result = result.and(file.play(samples, sample_rate).await);
        }
        result
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        match &mut self.loudspeaker {
            Some(loudspeaker) => loudspeaker.finish().await,
            None => Ok(()),
        }
    }
}
