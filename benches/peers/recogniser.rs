//! Speech recognition: Jane's recogniser beside faster-whisper with the same weights, on the same recordings.
//!
//! A round reads all recordings with transcripts, so that its time and its word errors are those of the same work.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use jane::conversation::transcribe;
use jane::runtime::Factory;
use jane::word_errors::WordErrors;
use jane_audio::WavSource;
use jane_core::event::EngineKind;
use jane_engines::SpeechToText;

use crate::peer::Peer;
use crate::rounds::{Comparison, Goal, Measured, compare, watched};
use crate::{Result, Setting};
use jane::bench::recordings::{Clip, Recordings};

/// How much more of the words may be wrong here than there, in points of the word error rate.
const GAP: f64 = 1.0;

/// # Errors
/// Where a side fails.
pub async fn recognise(setting: &Setting<'_>, rounds: usize) -> Result<bool> {
    let Setting { config, peers, .. } = setting;
    let arguments = [
        ("--threads", setting.threads.to_string()),
        ("--language", config.stt.language.clone()),
        ("--beam-size", config.stt.beam_size.to_string()),
    ];
    let start = async || {
        peers
            .start("whisper_peer.py", &peers.whisper(), &arguments)
            .await
    };
    let whisper = start().await?;
    let name = whisper.name.clone();
    whisper.end().await?;
    let recordings = Recordings::of_source_tree(setting.root)?;
    let clips: Vec<Clip> = recordings
        .clips
        .iter()
        .filter(|clip| clip.scored)
        .cloned()
        .collect();
    let warming = clips.first().ok_or("there are no recordings")?;
    let mut audio = 0.0;
    for clip in &clips {
        audio += WavSource::open(&clip.path)?.duration_seconds();
    }
    let comparison = Comparison {
        name: "speech recognition",
        unit: &format!("seconds for {} recordings of {audio:.0} s", clips.len()),
        ours: &config.stt.model,
        peer: &name,
        beside: "for each second of audio",
        goal: Goal::AtMost(1.0),
    };
    let measured = |seconds, disturbance| Measured {
        figure: seconds,
        beside: seconds / audio,
        disturbance,
    };
    // What both heard, the last time: greedy reading hears the same each time.
    let (mut ours_heard, mut peer_heard) = (Vec::new(), Vec::new());
    let fast = compare(
        &comparison,
        rounds,
        async || {
            let stt = setting.installed.stt(config)?;
            stt.prepare().await?;
            // What only the first request after a load takes is no part of it, on either side.
            ours(stt.as_ref(), &warming.path).await?;
            let (heard, disturbance) = watched(async || {
                let mut all = Vec::new();
                for clip in &clips {
                    all.push(ours(stt.as_ref(), &clip.path).await?);
                }
                Ok(all)
            })
            .await?;
            setting.installed.unload(EngineKind::Stt).await;
            ours_heard = heard;
            Ok(measured(seconds(&ours_heard), disturbance))
        },
        async || {
            let mut whisper = start().await?;
            theirs(&mut whisper, &warming.path).await?;
            let (heard, disturbance) = watched(async || {
                let mut all = Vec::new();
                for clip in &clips {
                    all.push(theirs(&mut whisper, &clip.path).await?);
                }
                Ok(all)
            })
            .await?;
            whisper.end().await?;
            peer_heard = heard;
            Ok(measured(seconds(&peer_heard), disturbance))
        },
    )
    .await?;
    Ok(errors(&clips, &ours_heard, &peer_heard) && fast)
}

fn seconds(heard: &[Heard]) -> f64 {
    heard.iter().map(|heard| heard.seconds).sum()
}

struct Heard {
    text: String,
    seconds: f64,
}

async fn ours(stt: &dyn SpeechToText, path: &Path) -> Result<Heard> {
    let started = Instant::now();
    let heard = transcribe::recording(stt, WavSource::open(path)?, |_| ()).await?;
    Ok(Heard {
        text: heard.text,
        seconds: started.elapsed().as_secs_f64(),
    })
}

async fn theirs(whisper: &mut Peer, path: &Path) -> Result<Heard> {
    let done = whisper
        .order(path.to_str().ok_or("a path is not UTF-8")?)
        .await?;
    Ok(Heard {
        text: done.text,
        seconds: done.seconds,
    })
}

#[derive(Default, Clone, Copy)]
struct Row {
    clips: usize,
    ours: WordErrors,
    theirs: WordErrors,
    /// Of ours and theirs.
    seconds: (f64, f64),
}

impl std::ops::AddAssign for Row {
    fn add_assign(&mut self, other: Self) {
        self.clips += other.clips;
        self.ours += other.ours;
        self.theirs += other.theirs;
        self.seconds.0 += other.seconds.0;
        self.seconds.1 += other.seconds.1;
    }
}

/// Prints the word errors of both and how their times compare, by kind; returns whether the gap is small enough.
fn errors(clips: &[Clip], ours: &[Heard], theirs: &[Heard]) -> bool {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut all = Row::default();
    for (clip, (ours, theirs)) in clips.iter().zip(ours.iter().zip(theirs)) {
        let row = Row {
            clips: 1,
            ours: WordErrors::between(&clip.text, &ours.text),
            theirs: WordErrors::between(&clip.text, &theirs.text),
            seconds: (ours.seconds, theirs.seconds),
        };
        *rows.entry(&clip.kind).or_default() += row;
        all += row;
    }
    println!(
        "\n{:<24}{:>6}{:>8}{:>8}{:>9}{:>8}{:>9}{:>8}",
        "word errors", "clips", "words", "ours", "%", "peer", "%", "time"
    );
    for (kind, row) in rows.into_iter().chain([("all", all)]) {
        println!(
            "{kind:<24}{:>6}{:>8}{:>8}{:>9.1}{:>8}{:>9.1}{:>8.2}",
            row.clips,
            row.ours.words,
            row.ours.errors,
            100.0 * row.ours.rate(),
            row.theirs.errors,
            100.0 * row.theirs.rate(),
            row.seconds.0 / row.seconds.1
        );
    }
    let gap = 100.0 * (all.ours.rate() - all.theirs.rate());
    let met = gap <= GAP;
    println!(
        "word error rate: ours is {gap:+.1} points beside the peer's, goal at most {GAP:+.1}: {}",
        if met { "met" } else { "MISSED" }
    );
    met
}
