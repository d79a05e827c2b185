//! The program itself, with recordings in place of the devices; and from `jane talk` to listening.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use jane_audio::{AudioOutput, SPEECH_RATE, WavFile};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::{Bench, Part, load_time};

const STARTS: (usize, usize) = (7, 2);

/// Seconds of quiet that she is started with.
const QUIET: f64 = 1.0;

/// How long the program may be silent before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long it takes until she listens, and whether the engines load side by side.
///
/// # Errors
/// Where `jane talk` does not start.
pub async fn startup(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::RunDirectory)?;
    let (input, output) = (
        directory.path().join("in.wav"),
        directory.path().join("out.wav"),
    );
    let mut tape = WavFile::create(&input)?;
    quiet(&mut tape, QUIET).await?;
    tape.finish().await?;
    let is_local = load_time::all_local(bench);
    let (mut seconds, mut saved) = (Vec::new(), Vec::new());
    for run in 0..=bench.runs(STARTS) {
        bench.progress(&format!("startup: `jane talk`, {run}"));
        // In turn with what it is held against: the loads that contend for the cores take longer each.
        let one_by_one = if is_local {
            Some(load_time::one_by_one(bench).await?)
        } else {
            None
        };
        let mut talk = Talk::start(bench, &input, &output, &[]).map_err(not_started)?;
        let mut loading = None;
        loop {
            let event = talk.next().await?;
            match text(&event, "event") {
                Some("listening") => break,
                Some("backend.loading") => {
                    loading.get_or_insert(talk.begun.elapsed());
                }
                _ => {}
            }
        }
        let listening = talk.begun.elapsed();
        talk.finish().await?;
        // The first one fills the system's and our own caches.
        if run > 0 {
            seconds.push(listening.as_secs_f64());
            let together = loading.map(|loading| listening.saturating_sub(loading));
            saved.extend(
                together
                    .zip(one_by_one)
                    .map(|(together, alone)| 1.0 - together.as_secs_f64() / alone),
            );
        }
    }
    let name = "from `jane talk` to listening, models cached";
    part.figures.push(Metric::new(
        "startup.listening",
        name,
        Unit::Seconds,
        seconds,
    ));
    let name = "time saved by loading side by side, of loading one after the other";
    part.figures.push(if is_local {
        Metric::new("startup.side_by_side", name, Unit::Share, saved)
    } else {
        let reason = "a server does a part of the work";
        Metric::missing("startup.side_by_side", name, Unit::Share, reason)
    });
    Ok(())
}

/// A quiet room: not digital silence, which no microphone gives.
pub(super) async fn quiet(tape: &mut WavFile, seconds: f64) -> Result<(), BenchError> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few seconds"
    )]
    let count = (seconds * f64::from(SPEECH_RATE)) as usize;
    // A linear congruential generator, 60 dB below full scale.
    let noise = std::iter::successors(Some(1_u32), |state| {
        Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    });
    #[expect(clippy::cast_precision_loss, reason = "noise")]
    let noise = noise.map(|state| ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 0.001);
    let samples: Vec<f32> = noise.take(count).collect();
    Ok(tape.play(&samples, SPEECH_RATE).await?)
}

pub(super) fn not_started(error: std::io::Error) -> BenchError {
    BenchError::Talk(format!("cannot be started: {error}"))
}

pub(super) fn failed(message: &str) -> BenchError {
    BenchError::Talk(format!("fails: {message}"))
}

pub(super) fn text<'a>(event: &'a Value, key: &str) -> Option<&'a str> {
    event.get(key)?.as_str()
}

pub(super) fn number(event: &Value, key: &str) -> Option<f64> {
    event.get(key)?.as_f64()
}

/// A running `jane talk`.
pub(super) struct Talk {
    pub(super) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    begun: Instant,
}

impl Talk {
    /// `options` are those of this start alone.
    pub(super) fn start(
        bench: &Bench<'_>,
        input: &Path,
        output: &Path,
        options: &[&str],
    ) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["talk", "--json", "--input"])
            .arg(input)
            .arg("--output")
            .arg(output)
            .args(&bench.options.arguments)
            .args(options);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| std::io::Error::other("it has no output"))?;
        Ok(Self {
            child,
            lines: BufReader::new(stdout).lines(),
            begun,
        })
    }

    /// The next event; `None` after the last one.
    pub(super) async fn next_or_end(&mut self) -> Result<Option<Value>, BenchError> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.map_err(|_| BenchError::Talk("says nothing any more".to_owned()))?;
        let unreadable = |error: &dyn std::fmt::Display| {
            BenchError::Talk(format!("says something that cannot be read: {error}"))
        };
        let Some(line) = line.map_err(|error| unreadable(&error))? else {
            return Ok(None);
        };
        let event = serde_json::from_str(&line).map_err(|error| unreadable(&error))?;
        Ok(Some(event))
    }

    /// The next event, where all goes well.
    async fn next(&mut self) -> Result<Value, BenchError> {
        let event = self.next_or_end().await?;
        let event = event.ok_or_else(|| BenchError::Talk("ended before it should".to_owned()))?;
        match text(&event, "event") {
            Some("error") => Err(failed(text(&event, "message").unwrap_or_default())),
            _ => Ok(event),
        }
    }

    /// Waits until it has ended by itself, or has it ended where it takes too long.
    pub(super) async fn finish(mut self) -> Result<(), BenchError> {
        while self.next_or_end().await?.is_some() {}
        let _ = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(())
    }
}
