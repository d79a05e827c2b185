//! The worker that speaks with Piper. It links espeak-ng, which is under the GPL, version 3 or later; nothing else of Jane does.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod clauses;
mod graph;
mod measure;
mod session;
mod timing;
mod voice;

use std::process::ExitCode;

use jane::backend::worker::{
    Call, Engine, Failure, Piper, PiperOptions, PiperReply, PiperRequest, serve,
};

use voice::Voice;

fn main() -> ExitCode {
    serve::<Piper>(Speaker { voice: None }, concat!("piper-rs ", "0.2.0"))
}

struct Speaker {
    voice: Option<Voice>,
}

impl Engine<Piper> for Speaker {
    fn handle(
        &mut self,
        request: PiperRequest,
        _audio: Vec<f32>,
        call: &Call<'_, Piper>,
    ) -> Result<(), Failure> {
        match request {
            PiperRequest::Measure { model } => {
                call.reply(PiperReply::Measured(measure::footprint(&model)?))
            }
            PiperRequest::Load {
                model,
                cache,
                threads,
                gpu,
            } => {
                let voice = self
                    .voice
                    .insert(Voice::load(&model, &cache, threads, gpu)?);
                call.reply(PiperReply::Loaded {
                    sample_rate: voice.sample_rate(),
                })
            }
            PiperRequest::Synthesise(options) => {
                let voice = self.voice.as_mut().ok_or_else(|| Failure::Engine {
                    message: "no voice is loaded".to_owned(),
                })?;
                speak(voice, &options, call)
            }
        }
    }

    fn settle(&mut self) -> bool {
        self.voice.as_mut().is_some_and(Voice::warm_up)
    }
}

/// Speaks sentence by sentence; a cancelled request ends at the next one.
fn speak(voice: &mut Voice, options: &PiperOptions, call: &Call<'_, Piper>) -> Result<(), Failure> {
    let sentences = voice.sentences(&options.text)?;
    let second = usize::try_from(voice.sample_rate())
        .unwrap_or(usize::MAX)
        .max(1);
    for sentence in sentences
        .iter()
        .skip(usize::try_from(options.skip_sentences).unwrap_or(usize::MAX))
    {
        let spoken = voice.synthesise(&sentence.phonemes, options, call.threads()?)?;
        for part in spoken.samples.chunks(second) {
            call.reply(PiperReply::Audio(part.to_vec()))?;
        }
        let places = voice.places(sentence, &spoken);
        call.reply(PiperReply::SentenceEnd { places })?;
    }
    Ok(())
}
