//! The worker that recognises speech with whisper.cpp.

mod audio_ctx;
mod footprint;
mod hallucination_filter;
mod recogniser;

use std::process::ExitCode;

use jane_core::Footprint;
use jane_worker::{Assigned, Engine, Failure, Whisper, WhisperLoad, WhisperLoaded, serve};

use recogniser::Recogniser;

fn main() -> ExitCode {
    whisper_rs::install_logging_hooks();
    serve::<Whisper>(
        Worker { recogniser: None },
        whisper_rs::get_whisper_version(),
    )
}

struct Worker {
    recogniser: Option<Recogniser>,
}

impl Engine<Whisper> for Worker {
    fn measure(&self, load: &WhisperLoad) -> Result<Footprint, Failure> {
        footprint::footprint(&load.model)
    }

    fn load(&mut self, load: WhisperLoad) -> Result<WhisperLoaded, Failure> {
        let recogniser = Recogniser::load(&load.model, load.gpu)?;
        let multilingual = self.recogniser.insert(recogniser).is_multilingual();
        Ok(WhisperLoaded { multilingual })
    }

    fn work<'a>(
        &mut self,
        first: Assigned<'a, Whisper>,
        _more: &mut dyn FnMut() -> Option<Assigned<'a, Whisper>>,
    ) {
        first.alone(|options, audio, call| {
            let recogniser = self.recogniser.as_mut().ok_or_else(|| Failure::Engine {
                message: "no model is loaded".to_owned(),
            })?;
            call.output(recogniser.transcribe(&options, audio, call)?)
        });
    }
}
