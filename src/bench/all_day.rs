//! What it costs to be heard all day: the processors' time that the program takes in a quiet room, and while a television talks.
//!
//! Processors' time is counted, not the time that passes: other programs on the machine change little of it.

use std::path::Path;
use std::time::Duration;

use jane_audio::{AudioOutput, SPEECH_RATE, WavFile, read_speech};
use jane_platform::processor_time;
use jane_turn_detection::Wake;
use jane_worker::{Llama, Piper, Protocol, Whisper};

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::recordings::Recordings;
use super::talk::{Talk, failed, not_started, quiet, text};
use super::{Bench, Part};

/// Seconds that are measured of each.
const SECONDS: (usize, usize) = (60, 20);

/// Seconds of quiet before that, and behind it, so that she is still there when it is read off.
const BEFORE: f64 = 2.0;
const BEHIND: f64 = 3.0;

/// Seconds of quiet between two recordings that are one programme, and of the longest of them.
const BETWEEN: f64 = 0.15;
const LONGEST: f64 = 30.0;

/// What nobody on television says: recordings that begin with something like it are left out.
const PHRASE: &str = "hey jane";

/// # Errors
/// Where `jane talk` does not run, or there are no recordings.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::RunDirectory)?;
    let [room, television, output] =
        ["room.wav", "television.wav", "out.wav"].map(|name| directory.path().join(name));
    #[expect(clippy::cast_precision_loss, reason = "a minute")]
    let seconds = bench.runs(SECONDS) as f64;
    let whole = BEFORE + seconds + BEHIND;
    let mut tape = WavFile::create(&room)?;
    quiet(&mut tape, whole).await?;
    tape.finish().await?;
    talking(bench, &television, whole).await?;
    let called = format!("wake.phrase=\"{PHRASE}\"");
    for (key, name, tape, options) in [
        ("all_day.quiet", "in a quiet room", &room, &[][..]),
        (
            "all_day.wake",
            "while a television talks, called by a wake phrase",
            &television,
            &["--set", called.as_str()][..],
        ),
        (
            "all_day.television",
            "while a television talks, without a wake phrase: what hears it",
            &television,
            &[][..],
        ),
    ] {
        bench.progress(&format!("hearing all day: {name}"));
        let taken = Taken::of(bench, tape, &output, options, seconds).await?;
        let name = format!("share of one core {name}");
        part.figures.push(match taken.hearing {
            Some(hearing) => Metric::new(key, &name, Unit::Share, [hearing]),
            None => Metric::missing(key, &name, Unit::Share, "the system does not say"),
        });
        if let Some(answering) = taken.answering.filter(|share| *share > 0.01) {
            let percent = 100.0 * answering;
            part.notes.push(format!(
                "{name}: model and voice, which answer it, took {percent:.0} % of a core beside"
            ));
        }
    }
    Ok(())
}

/// A recording in which somebody talks without a rest.
async fn talking(bench: &Bench<'_>, path: &Path, seconds: f64) -> Result<(), BenchError> {
    let recordings = Recordings::with_speech(bench.options.recordings.as_deref())?;
    let mut tape = WavFile::create(path)?;
    quiet(&mut tape, BEFORE).await?;
    let mut so_far = BEFORE;
    let phrase = Wake::new(PHRASE);
    let mut clips = recordings.clips;
    clips.retain(|clip| !phrase.may_begin(&clip.text));
    for clip in clips.iter().cycle() {
        if so_far >= seconds {
            break;
        }
        let sound = read_speech(&clip.path, LONGEST)?;
        tape.play(&sound, SPEECH_RATE).await?;
        quiet(&mut tape, BETWEEN).await?;
        #[expect(clippy::cast_precision_loss, reason = "at most 30 s")]
        let lasts = sound.len() as f64 / f64::from(SPEECH_RATE);
        so_far += lasts + BETWEEN;
    }
    Ok(tape.finish().await?)
}

/// The shares of one core that were taken; `None` where the system does not say.
struct Taken {
    /// By the program and the recogniser.
    hearing: Option<f64>,
    /// By the model and the voice.
    answering: Option<f64>,
}

impl Taken {
    async fn of(
        bench: &Bench<'_>,
        input: &Path,
        output: &Path,
        options: &[&str],
        seconds: f64,
    ) -> Result<Self, BenchError> {
        let mut talk = Talk::start(bench, input, output, options).map_err(not_started)?;
        let (mut hearing, mut answering) = (Vec::from_iter(talk.child.id()), Vec::new());
        loop {
            let Some(event) = talk.next_or_end().await? else {
                return Err(failed("it ended before it listened"));
            };
            match text(&event, "event") {
                Some("worker.started") => {
                    let pid = event.get("pid").and_then(serde_json::Value::as_u64);
                    let pid = pid.and_then(|pid| u32::try_from(pid).ok());
                    match text(&event, "worker") {
                        Some(Whisper::WORKER) => hearing.extend(pid),
                        Some(Llama::WORKER | Piper::WORKER) => answering.extend(pid),
                        _ => {}
                    }
                }
                Some("error") => return Err(failed(text(&event, "message").unwrap_or_default())),
                Some("listening") => break,
                _ => {}
            }
        }
        // What she does at the start is no part of the day.
        tokio::time::sleep(Duration::from_secs_f64(BEFORE)).await;
        let all = |pids: &[u32]| -> Option<Duration> {
            pids.iter().map(|pid| processor_time(*pid)).sum()
        };
        let before = (all(&hearing), all(&answering));
        let reading = tokio::time::timeout(Duration::from_secs_f64(seconds), async {
            while talk.next_or_end().await?.is_some() {}
            Ok::<(), BenchError>(())
        });
        match reading.await {
            Ok(Ok(())) => return Err(failed("it ended before the recording")),
            Ok(Err(error)) => return Err(error),
            Err(_) => {}
        }
        let share = |now: Option<Duration>, before: Option<Duration>| {
            Some(now?.saturating_sub(before?).as_secs_f64() / seconds)
        };
        let taken = Self {
            hearing: share(all(&hearing), before.0),
            answering: share(all(&answering), before.1),
        };
        // An answer to a television may take long, and is not waited for.
        let _ = talk.child.start_kill();
        talk.finish().await?;
        Ok(taken)
    }
}
