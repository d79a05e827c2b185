//! `jane ask`: one turn.

use std::path::PathBuf;

use super::session::SKILLS_PATIENCE;
use super::{Failure, Session};
use crate::audio::WavSource;
use crate::conversation::{Conversation, Question};

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
        let mut output = if self.silent {
            None
        } else {
            session.output_or_warning(&session.config, self.out.as_deref())?
        };
        let runtime = session.runtime(&session.installed()?)?;
        let in_force = runtime.take().await;
        let mut conversation = Conversation::new(session.events.clone());
        let skills = in_force.skills.clone();
        let _following = skills.follow();
        // What fails here fails again in the turn, where it is retried and reported.
        let (_, ()) = tokio::join!(
            conversation.prepare(&in_force, listens, output.is_some()),
            skills.settled(SKILLS_PATIENCE),
        );
        let answer = conversation
            .turn(&in_force, question, output.as_deref_mut())
            .await?;
        if answer.question.is_empty() && !answer.dropped {
            let failure = Failure::failed("nothing was said in the recording");
            return Err(failure.hint("`jane transcribe` shows what is heard in a recording"));
        }
        Ok(answer.speech?)
    }
}
