//! The worker that recognises speech with whisper.cpp.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod guard;
mod measure;
mod recogniser;
mod window;

use std::process::ExitCode;

use jane::backend::worker::{Call, Engine, Failure, Whisper, WhisperReply, WhisperRequest, serve};

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
    fn handle(
        &mut self,
        request: WhisperRequest,
        audio: Vec<f32>,
        call: &Call<'_, Whisper>,
    ) -> Result<(), Failure> {
        match request {
            WhisperRequest::Measure { model } => {
                call.reply(WhisperReply::Measured(measure::footprint(&model)?))
            }
            WhisperRequest::Load { model, gpu } => {
                let recogniser = self.recogniser.insert(Recogniser::load(&model, gpu)?);
                let multilingual = recogniser.is_multilingual();
                call.reply(WhisperReply::Loaded { multilingual })
            }
            WhisperRequest::Transcribe(options) => {
                let recogniser = self.recogniser.as_mut().ok_or_else(|| Failure::Engine {
                    message: "no model is loaded".to_owned(),
                })?;
                let reply = recogniser.transcribe(&options, &audio, call)?;
                call.reply(reply)
            }
        }
    }
}
