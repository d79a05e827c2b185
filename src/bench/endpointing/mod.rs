//! The end of a turn: how often she would speak into a pause, and how long she waits where somebody is done.
//!
//! Pauses and ends are found in recordings, recognised as a conversation would, and held against rules: a fixed silence, the words
//! alone, the sound alone, both. A pause is *cut off* where the rule's wait is over before speech goes on; she *speaks* into it where
//! her answer is there by then as well. A pause behind which a sentence of the transcript ends is no pause inside of one and is left
//! out.
//!
//! | module | holds |
//! |---|---|
//! | `pauses` | where somebody pauses or is done |
//! | `rules` | the waits of the rules, and what comes of them |

mod pauses;
mod rules;

use std::time::Instant;

use jane_core::event::Events;
use jane_engines::ONNX_RUNTIME;
use jane_models::ModelKind;
use jane_turn_detection::Silero;

use super::error::BenchError;
use super::metric::{Metric, Summary, Unit};
use super::recordings::Recordings;
use super::turns::{Asked, ask};
use super::{Bench, Part};
use crate::conversation::Conversation;
use pauses::Found;
pub use rules::{Row, table};

/// Rounds of the questions that ship, from which is known how soon an answer is there.
const ROUNDS: (usize, usize) = (3, 1);

/// Of how many recordings one is taken.
const EVERY: (usize, usize) = (1, 3);

/// The kind of recordings that hold requests.
const COMMAND: &str = "command";

/// Milliseconds after a pause is noticed in which an answer is there at the latest, as far as pauses are concerned: what a turn by
/// voice in 0.45 s leaves of them.
const READY_MS: f64 = 300.0;

/// Pauses of which a share is taken for a figure.
const FEWEST: usize = 20;

/// # Errors
/// Where there is no voice detector, or an engine or the recordings are not in order.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let detector = detector(bench).map_err(BenchError::Detector)?;
    let recordings = Recordings::with_speech(bench.options.recordings.as_deref())?;
    let ready = ready(bench).await?;
    let ready_figure = Metric::new(
        "turns.ready",
        "from a pause to the first sound of an answer, with nothing waited for",
        Unit::Seconds,
        ready.iter().copied(),
    );
    // A busy machine is late with its answers, and would seem to speak into fewer pauses.
    let ready_ms = ready_figure
        .summary()
        .map_or(READY_MS, |summary| (summary.least * 1e3).min(READY_MS));
    part.notes.push(format!(
        "an answer is taken to be there {ready_ms:.0} ms after a pause is noticed, also where this machine was slower; one that is there \
         sooner is spoken into more pauses, at most into those that are cut off"
    ));
    part.figures.push(ready_figure);

    let in_force = bench.in_force(bench.installed)?;
    let engines = &in_force.engines;
    let mut frontend = pauses::Finder::new(&bench.config.hearing, detector);
    let (mut found, mut sound_seconds): (Vec<Found>, Vec<f64>) = (Vec::new(), Vec::new());
    let clips: Vec<_> = recordings
        .clips
        .iter()
        .step_by(bench.runs(EVERY).max(1))
        .collect();
    let count = clips.len();
    for (number, clip) in (1..).zip(clips) {
        bench.progress(&format!("turns: recording {number} of {count}"));
        for silence in frontend.silences(&clip.path)? {
            let transcript = engines
                .stt
                .transcribe(silence.utterance.clone().into())
                .await?;
            let begun = Instant::now();
            let sound = engines.turn_completion.hear(silence.utterance.into()).await;
            if sound.is_some() {
                sound_seconds.push(begun.elapsed().as_secs_f64());
            }
            let silence = Found {
                kind: clip.kind.clone(),
                goes_on_ms: silence.goes_on_ms,
                between_sentences: pauses::is_between_sentences(&clip.text, &transcript.text),
                transcript: transcript.text,
                language: transcript.language,
                sound,
            };
            tracing::debug!(
                kind = silence.kind,
                goes_on_ms = silence.goes_on_ms,
                between_sentences = silence.between_sentences,
                log_odds = silence.paused().log_odds(),
                "a silence"
            );
            found.push(silence);
        }
    }
    super::unload(bench.installed).await;
    report(bench, part, &found, ready_ms, sound_seconds);
    part.notes
        .push(format!("pauses and ends of turns: {}", recordings.source));
    Ok(())
}

/// # Errors
/// Why there is none, in words.
fn detector(bench: &Bench<'_>) -> Result<Silero, String> {
    let home = &bench.installed.home;
    let runtime = bench
        .models
        .resolve(ModelKind::Runtime, ONNX_RUNTIME, home)
        .map_err(|error| error.to_string())?;
    Silero::load(&runtime.main).map_err(|error| error.to_string())
}

/// Seconds from a question that is there whole to the first sound of its answer.
async fn ready(bench: &Bench<'_>) -> Result<Vec<f64>, BenchError> {
    let in_force = bench.in_force(bench.installed)?;
    let questions = Recordings::shipped()?;
    let runs = bench.runs(ROUNDS);
    let mut seconds = Vec::new();
    for run in 0..=runs {
        let mut conversation = Conversation::new(Events::new());
        conversation.prepare(&in_force, true, true).await?;
        for (number, clip) in (1..).zip(&questions.clips) {
            bench.progress(&format!("turns: answer {number}, round {run} of {runs}"));
            let Asked {
                begun,
                sound,
                answer,
            } = ask(&mut conversation, &in_force, &clip.path).await?;
            conversation.maintain(&in_force).await;
            // The first round warms up; an answer that failed took no time that counts.
            if run > 0 && answer.is_ok() {
                let first = sound.first.map(|first| first.duration_since(begun));
                seconds.extend(first.map(|first| first.as_secs_f64()));
            }
        }
    }
    Ok(seconds)
}

fn report(
    bench: &Bench<'_>,
    part: &mut Part,
    found: &[Found],
    ready_ms: f64,
    sound_seconds: Vec<f64>,
) {
    let rows = rules::rows(found, &bench.config.hearing, ready_ms);
    let in_force = |kind: &str| {
        let row = rows.iter().filter(|row| row.kind == kind);
        row.clone().find(|row| row.in_force)
    };
    let mut push = |key, name, unit, values: Vec<f64>, why: &str| {
        part.figures.push(if values.is_empty() {
            Metric::missing(key, name, unit, why)
        } else {
            Metric::new(key, name, unit, values)
        });
    };
    for (key, name, kind) in [
        (
            "turns.spoken_into",
            "pauses inside sentences that she would speak into",
            rules::ALL,
        ),
        (
            "turns.spoken_into_commands",
            "of recordings of requests",
            COMMAND,
        ),
    ] {
        let row = in_force(kind);
        let pauses = row.map_or(0, |row| row.pauses);
        // A share of a handful says nothing, and none at all would meet any goal.
        let share = row.filter(|_| pauses >= FEWEST).and_then(Row::spoken_share);
        let why = format!("{pauses} pauses are too few to tell, {FEWEST} are needed");
        push(key, name, Unit::Share, share.into_iter().collect(), &why);
    }
    let waits = rules::waits_in_force(found, &bench.config.hearing);
    push(
        "turns.wait",
        "silence waited for where somebody is done",
        Unit::Seconds,
        waits,
        "no end of a turn is in the recordings",
    );
    push(
        "turns.smart_turn",
        "Smart Turn, one utterance",
        Unit::Seconds,
        sound_seconds,
        "it is not installed: `jane models pull smart-turn-v3.2`",
    );
    part.endings = rows;
}

/// The mean, where there is any.
fn mean(values: &[f64]) -> Option<f64> {
    Summary::of(values.iter().copied())?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    Some(values.iter().sum::<f64>() / values.len() as f64)
}
