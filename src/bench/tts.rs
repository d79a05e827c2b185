//! The voice: how long a typical sentence takes, and whether it is understood.

use std::time::Instant;

use futures::StreamExt;
use jane_audio::{AudioError, Resampler, SPEECH_RATE};
use jane_core::event::EngineKind;
use jane_engines::{Speech, TextToSpeech};

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::{Bench, Part, load_time};
use crate::runtime::Factory;
use crate::word_errors::WordErrors;

const ROUNDS: (usize, usize) = (5, 2);

/// Sentences as an assistant says them, of four to eighteen words.
const SENTENCES: [&str; 8] = [
    "The capital of France is Paris.",
    "I set a timer for ten minutes.",
    "It will rain in the afternoon, so take an umbrella with you.",
    "There are seven days in a week.",
    "You have two meetings tomorrow, and the first one begins at nine.",
    "The Pacific is the largest ocean on earth, and it covers a third of the surface of the planet.",
    "I am sorry, but I do not know that.",
    "Turn left at the church and walk down the hill until you reach the river.",
];

/// # Errors
/// Where the voice, or the recogniser that listens to it, cannot be loaded or fails.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    load_time::measure(bench, EngineKind::Tts, part).await?;
    let tts = bench.installed.tts(bench.config)?;
    tts.prepare().await?;
    let first = say(tts.as_ref(), SENTENCES[0]).await?.0;
    let name = "the first sentence after a load";
    part.figures.push(Metric::new(
        "tts.first_request",
        name,
        Unit::Seconds,
        [first],
    ));
    let (mut sentences, mut factors, mut spoken) = (Vec::new(), Vec::new(), Vec::new());
    let runs = bench.runs(ROUNDS);
    for run in 0..=runs {
        bench.progress(&format!("tts: speaking, round {run} of {runs}"));
        let mut round = Vec::new();
        for text in SENTENCES {
            let (seconds, speech) = say(tts.as_ref(), text).await?;
            // The first round warms up.
            if run > 0 {
                sentences.push(seconds);
                let length: f64 = speech.iter().map(Speech::seconds).sum();
                factors.push(seconds / length.max(0.01));
            }
            round.push((text, speech));
        }
        spoken.push(round);
    }
    let name = "a typical sentence, until all of it is there";
    part.figures
        .push(Metric::new("tts.sentence", name, Unit::Seconds, sentences));
    let name = "seconds of computing for a second of speech";
    part.figures.push(Metric::new(
        "tts.real_time_factor",
        name,
        Unit::RealTimeFactor,
        factors,
    ));
    clarity(bench, spoken, part).await
}

/// Has the recogniser in force write down what was spoken. What it mishears counts against the voice, whosever fault it is.
async fn clarity(
    bench: &Bench<'_>,
    spoken: Vec<Vec<(&str, Vec<Speech>)>>,
    part: &mut Part,
) -> Result<(), BenchError> {
    let stt = bench.installed.stt(bench.config)?;
    stt.prepare().await?;
    let mut shares = Vec::new();
    for (number, round) in (1..).zip(spoken) {
        bench.progress(&format!("tts: listening to round {number}"));
        let mut errors = WordErrors::default();
        for (text, speech) in round {
            let heard = stt.transcribe(audible(&speech)?.into()).await?;
            errors += WordErrors::between(text, &heard.text);
        }
        shares.push(1.0 - errors.rate());
    }
    let name = "words that the recogniser understands of the voice, by round";
    part.figures
        .push(Metric::new("tts.clarity", name, Unit::Share, shares));
    Ok(())
}

/// The speech, and the seconds until all of it was there.
async fn say(tts: &dyn TextToSpeech, text: &str) -> Result<(f64, Vec<Speech>), BenchError> {
    let begun = Instant::now();
    let mut stream = tts.speak(text.to_owned());
    let mut speech = Vec::new();
    while let Some(stretch) = stream.next().await {
        speech.push(stretch?);
    }
    Ok((begun.elapsed().as_secs_f64(), speech))
}

/// The speech at the recogniser's rate.
fn audible(speech: &[Speech]) -> Result<Vec<f32>, AudioError> {
    let mut samples = Vec::new();
    for stretch in speech {
        let mut resampler = Resampler::new(stretch.sample_rate, SPEECH_RATE)?;
        samples.extend(resampler.push(&stretch.samples));
        samples.extend(resampler.finish());
    }
    Ok(samples)
}
