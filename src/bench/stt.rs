//! The recogniser: how long a request takes, and how many words are heard right.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jane_audio::WavSource;
use jane_core::event::EngineKind;
use jane_engines::SpeechToText;
use serde::{Deserialize, Serialize};

use super::error::BenchError;
use super::metric::{Metric, Summary, Unit};
use super::recordings::{Clip, Recordings};
use super::{Bench, Part, load_time};
use crate::conversation::transcribe;
use crate::runtime::Factory;
use crate::word_errors::WordErrors;

/// How often requests and clear speech are recognised for their time.
const ROUNDS: (usize, usize) = (5, 2);

/// What was heard in one kind of recordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    pub kind: String,
    pub clips: usize,
    /// Of the transcripts; 0 for noise.
    pub words: usize,
    pub errors: usize,
    /// Clips of noise in which text was heard.
    pub invented: usize,
    /// Seconds until the text was there.
    pub seconds: Summary,
    /// Seconds of computing for a second of the recordings.
    pub real_time_factor: f64,
}

/// The clips of one kind so far.
#[derive(Default)]
struct Tally {
    clips: usize,
    errors: WordErrors,
    invented: usize,
    seconds: Vec<f64>,
    audio: f64,
}

/// # Errors
/// Where the recogniser or the recordings are not in order.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let recordings = Recordings::open(bench.options.recordings.as_deref())?;
    load_time::measure(bench, EngineKind::Stt, part).await?;
    let stt = bench.installed.stt(bench.config)?;
    stt.prepare().await?;
    let shortest = recordings.clips.iter().find(|clip| clip.is_clear());
    if let Some(clip) = shortest.or(recordings.clips.first()) {
        let (_, first) = hear(stt.as_ref(), clip).await?;
        let name = "the first request after a load";
        part.figures.push(Metric::new(
            "stt.first_request",
            name,
            Unit::Seconds,
            [first],
        ));
    }

    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut clear = WordErrors::default();
    let mut latencies = Vec::new();
    let count = recordings.clips.len();
    for (number, clip) in (1..).zip(&recordings.clips) {
        bench.progress(&format!("stt: recording {number} of {count}"));
        let (heard, seconds) = hear(stt.as_ref(), clip).await?;
        let tally = kinds.entry(&clip.kind).or_default();
        tally.clips += 1;
        tally.seconds.push(seconds);
        tally.audio += WavSource::open(&clip.path)?.duration_seconds();
        if clip.scored {
            let errors = WordErrors::between(&clip.text, &heard);
            tally.errors += errors;
            if clip.is_clear() {
                clear += errors;
                latencies.push(seconds);
            }
        } else {
            tally.invented += usize::from(!heard.is_empty());
        }
    }
    for round in 1..bench.runs(ROUNDS) {
        bench.progress(&format!("stt: requests, round {}", round + 1));
        for clip in recordings.clips.iter().filter(|clip| clip.is_clear()) {
            latencies.push(hear(stt.as_ref(), clip).await?.1);
        }
    }
    let name = "a spoken request or clear sentence, until its text is there";
    part.figures
        .push(Metric::new("stt.latency", name, Unit::Seconds, latencies));
    let name = "words heard right in requests and clear speech";
    let accuracy = (clear.words > 0).then(|| 1.0 - clear.rate());
    part.figures
        .push(Metric::new("stt.accuracy", name, Unit::Share, accuracy));
    part.kinds.extend(
        kinds
            .into_iter()
            .filter_map(|(kind, tally)| tally.row(kind)),
    );
    part.notes
        .push(format!("recordings: {}", recordings.source));
    Ok(())
}

impl Tally {
    fn row(self, kind: &str) -> Option<Kind> {
        let computing: f64 = self.seconds.iter().sum();
        Some(Kind {
            kind: kind.to_owned(),
            clips: self.clips,
            words: self.errors.words,
            errors: self.errors.errors,
            invented: self.invented,
            seconds: Summary::of(self.seconds)?,
            real_time_factor: computing / self.audio.max(Duration::from_millis(1).as_secs_f64()),
        })
    }
}

/// What is heard in a clip, and the seconds from the opened file to the text.
async fn hear(stt: &dyn SpeechToText, clip: &Clip) -> Result<(String, f64), BenchError> {
    let source = WavSource::open(&clip.path)?;
    let begun = Instant::now();
    let heard = transcribe::recording(stt, source, |_| ()).await?;
    Ok((heard.text, begun.elapsed().as_secs_f64()))
}
