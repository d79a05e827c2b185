//! Speech synthesis: Jane's voice and Python's piper-tts say the same sentences with the same voice.

use std::time::Instant;

use futures::TryStreamExt;
use jane::runtime::Factory;
use jane_core::event::EngineKind;
use jane_engines::TextToSpeech;

use crate::rounds::{Comparison, Goal, Measured, compare, watched};
use crate::{Result, Setting};

/// Of different lengths, as replies are.
const SENTENCES: [&str; 4] = [
    "Yes, it is.",
    "The capital of France is Paris.",
    "It will rain in the afternoon, so you had better take an umbrella with you.",
    "A lighthouse is a tower with a bright light at the top, which shows ships at night where the rocks and the harbour are.",
];

/// Said before a round's measurement.
const WARMING: &str = "This is said before anything is measured, and nobody listens to it.";

/// How often they are said in a round: the length of speech is random, and the system counts its time in steps of 10 ms.
const TIMES: usize = 4;

fn sentences() -> impl Iterator<Item = &'static str> {
    SENTENCES.into_iter().cycle().take(TIMES * SENTENCES.len())
}

/// # Errors
/// Where a side fails.
pub async fn speak(setting: &Setting<'_>, rounds: usize) -> Result<bool> {
    let Setting { config, peers, .. } = setting;
    let voice = &config.tts;
    let arguments = [
        ("--threads", setting.threads.to_string()),
        ("--noise-scale", voice.noise_scale.to_string()),
        ("--noise-w", voice.noise_w.to_string()),
        ("--speed", voice.speed.to_string()),
    ];
    let model = setting
        .models
        .resolve(jane_models::ModelKind::Tts, &voice.model, setting.root)?;
    let start = async || peers.start("piper_peer.py", &model.main, &arguments).await;
    let piper = start().await?;
    let name = piper.name.clone();
    piper.end().await?;
    let comparison = Comparison {
        name: "speech synthesis",
        unit: &format!("seconds for {} sentences", sentences().count()),
        ours: &voice.model,
        peer: &name,
        beside: "for each second of speech",
        goal: Goal::AtMost(1.0),
    };
    compare(
        &comparison,
        rounds,
        async || {
            let tts = setting.installed.tts(config)?;
            tts.prepare().await?;
            // What only the first sentences after a load take is no part of it, on either side.
            said(tts.as_ref(), WARMING).await?;
            let measured = measured(async || {
                let (mut seconds, mut speech) = (0.0, 0.0);
                for sentence in sentences() {
                    let started = Instant::now();
                    speech += said(tts.as_ref(), sentence).await?;
                    seconds += started.elapsed().as_secs_f64();
                }
                Ok((seconds, speech))
            })
            .await?;
            setting.installed.unload(EngineKind::Tts).await;
            Ok(measured)
        },
        async || {
            let mut piper = start().await?;
            piper.order(WARMING).await?;
            let measured = measured(async || {
                let (mut seconds, mut speech) = (0.0, 0.0);
                for sentence in sentences() {
                    let done = piper.order(sentence).await?;
                    seconds += done.seconds;
                    speech += done.audio;
                }
                Ok((seconds, speech))
            })
            .await?;
            piper.end().await?;
            Ok(measured)
        },
    )
    .await
}

/// One side that speaks: the seconds that it takes, and those of its speech.
async fn measured(speaking: impl AsyncFnOnce() -> Result<(f64, f64)>) -> Result<Measured> {
    let ((seconds, speech), disturbance) = watched(speaking).await?;
    Ok(Measured {
        figure: seconds,
        beside: seconds / speech,
        disturbance,
    })
}

/// Seconds of speech.
async fn said(tts: &dyn TextToSpeech, sentence: &str) -> Result<f64> {
    let speech: Vec<_> = tts.speak(sentence.to_owned()).try_collect().await?;
    Ok(speech.iter().map(jane_engines::Speech::seconds).sum())
}
