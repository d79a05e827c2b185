//! `/v1/audio`: recordings into text, and text into speech.
//!
//! `upload` takes a recording · `subtitles` and `transcript` are what it is told as · `speech` what is asked to be spoken · `coding` how speech is sent

mod coding;
mod speech;
mod subtitles;
mod transcript;
mod upload;

pub use coding::pcm;
pub use speech::speak;
pub use transcript::transcribe;
pub use upload::LONGEST;

use super::super::sessions::JANE;
use super::Refusal;

/// OpenAI's names of models that programs name without asking: whatever hears, or speaks, here is meant.
const HEARING: [&str; 3] = ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"];
const SPEAKING: [&str; 3] = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"];

/// Whether `model` means the engine that is `own`.
fn is_meant(model: &str, own: &str, usual: &[&str]) -> Result<(), Refusal> {
    match model == JANE || model == own || usual.contains(&model) {
        true => Ok(()),
        false => Err(Refusal::no_model(model, &[JANE, own])),
    }
}
