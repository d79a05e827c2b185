//! `jane transcribe`: recordings of any length into text.

use std::path::PathBuf;

use jane_audio::WavSource;
use jane_core::event::Event;

use super::{Failure, Session};
use crate::conversation::transcribe;
use crate::runtime::Factory;

#[derive(clap::Args)]
pub struct Transcribe {
    /// WAV files of any rate, channel count and sample format
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Transcribe {
    /// Goes on with the next file where one fails, and fails at the end.
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let installed = session.installed()?;
        let stt = installed.stt(&session.config)?;
        let several = self.files.len() > 1;
        let mut failed = 0_usize;
        for path in &self.files {
            let file = path.display().to_string();
            let result = async {
                let source = WavSource::open(path)?;
                let part_of = several.then(|| file.clone());
                let on_part = |part: &transcribe::TranscribedPart| {
                    session.events.emit(Event::TranscriptPart {
                        file: part_of.clone(),
                        text: part.text.clone(),
                        start_seconds: part.start_seconds,
                        end_seconds: part.end_seconds,
                        of_seconds: part.of_seconds,
                    });
                };
                transcribe::recording(stt.as_ref(), source, on_part).await
            };
            match result.await {
                Ok(heard) => session.events.emit(Event::Transcript {
                    turn: None,
                    file: several.then_some(file),
                    text: heard.text,
                    language: heard.language,
                    audio_seconds: heard.audio_seconds,
                }),
                Err(error) if several => {
                    failed += 1;
                    session.events.emit(Event::Warning {
                        message: error.to_string(),
                        hint: error.hint(),
                    });
                }
                Err(error) => return Err(error.into()),
            }
        }
        match failed {
            0 => Ok(()),
            failed => Err(Failure::failed(format!(
                "{failed} of {} recordings could not be transcribed",
                self.files.len()
            ))),
        }
    }
}
