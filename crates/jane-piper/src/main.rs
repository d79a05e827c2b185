//! The worker that speaks with Piper. It links espeak-ng, which is under the GPL, version 3 or later; nothing else of Jane does.

mod alignment;
mod clauses;
mod footprint;
mod graph;
mod session;
mod voice;

use std::process::ExitCode;

use jane_core::Footprint;
use jane_worker::{
    Assigned, Call, Engine, Failure, Piper, PiperLoad, PiperLoaded, PiperOptions, PiperOutput,
    serve,
};

use voice::Voice;

fn main() -> ExitCode {
    serve::<Piper>(PiperEngine { voice: None }, concat!("piper-rs ", "0.2.0"))
}

struct PiperEngine {
    voice: Option<Voice>,
}

impl Engine<Piper> for PiperEngine {
    fn measure(&self, load: &PiperLoad) -> Result<Footprint, Failure> {
        footprint::footprint(&load.model)
    }

    fn load(&mut self, load: PiperLoad) -> Result<PiperLoaded, Failure> {
        let voice = Voice::load(&load.model, &load.cache, load.threads, load.gpu)?;
        let sample_rate = self.voice.insert(voice).sample_rate();
        Ok(PiperLoaded { sample_rate })
    }

    fn work<'a>(
        &mut self,
        first: Assigned<'a, Piper>,
        _more: &mut dyn FnMut() -> Option<Assigned<'a, Piper>>,
    ) {
        first.alone(|options, _, call| {
            let voice = self.voice.as_mut().ok_or_else(|| Failure::Engine {
                message: "no voice is loaded".to_owned(),
            })?;
            speak(voice, &options, call)
        });
    }

    fn idle_step(&mut self) -> bool {
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
            call.output(PiperOutput::Audio(part.to_vec()))?;
        }
        let places = voice.places(sentence, &spoken);
        call.output(PiperOutput::SentenceEnd { places })?;
    }
    Ok(())
}
