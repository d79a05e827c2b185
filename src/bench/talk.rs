//! The program itself: from `jane talk` to listening, and live turns at real speed, with recordings in place of the devices.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::error::BenchError;
use super::figure::{Figure, Unit};
use super::recordings::Recordings;
use super::report::Stage;
use super::{Bench, Part};
use crate::audio::{AudioOutput, SPEECH_RATE, WavFile, read_speech};

const STARTS: (usize, usize) = (7, 2);

/// Live questions.
const QUESTIONS: (usize, usize) = (10, 3);

/// Seconds of quiet before the first question, and behind each: as long as an answer may take.
const BEFORE: f64 = 1.0;
const BEHIND: f64 = 7.0;

/// Seconds of the longest recording of a question.
const LONGEST: f64 = 30.0;

/// Tokens of an answer that fit into the quiet.
const SHORT: &str = "llm.max_reply_tokens=30";

/// How long the program may be silent before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long it takes until she listens, and whether the engines load side by side.
///
/// # Errors
/// Where `jane talk` does not start.
pub async fn startup(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::Temporary)?;
    let (input, output) = (
        directory.path().join("in.wav"),
        directory.path().join("out.wav"),
    );
    let mut tape = WavFile::create(&input)?;
    quiet(&mut tape, BEFORE).await?;
    tape.finish().await?;
    let (mut seconds, mut saved) = (Vec::new(), Vec::new());
    for run in 0..=bench.runs(STARTS) {
        bench.progress(&format!("startup: `jane talk`, {run}"));
        let mut talk = Talk::start(bench, &input, &output, &[]).map_err(not_started)?;
        let mut loads = Vec::new();
        loop {
            let event = talk.next().await?;
            match text(&event, "event") {
                Some("listening") => break,
                Some("backend.ready") => loads.extend(number(&event, "load_ms")),
                _ => {}
            }
        }
        let listening = talk.begun.elapsed().as_secs_f64();
        talk.finish().await?;
        // The first one fills the system's and our own caches.
        if run > 0 {
            seconds.push(listening);
            let one_by_one = loads.iter().sum::<f64>() / 1000.0;
            saved.push(1.0 - listening / one_by_one.max(listening));
        }
    }
    let name = "from `jane talk` to listening, models cached";
    part.figures.push(Figure::new(
        "startup.listening",
        name,
        Unit::Seconds,
        seconds,
    ));
    let name = "time saved by loading side by side, of the sum of the loads";
    part.figures.push(Figure::new(
        "startup.side_by_side",
        name,
        Unit::Share,
        saved,
    ));
    Ok(())
}

/// Live turns: from the last sample of a question to the first of its answer.
///
/// # Errors
/// Where `jane talk` does not answer.
pub async fn live(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::Temporary)?;
    let (input, output) = (
        directory.path().join("in.wav"),
        directory.path().join("out.wav"),
    );
    let questions = Recordings::shipped()?;
    let mut tape = WavFile::create(&input)?;
    quiet(&mut tape, BEFORE).await?;
    let count = bench.runs(QUESTIONS);
    for clip in questions.clips.iter().take(count) {
        tape.play(&read_speech(&clip.path, LONGEST)?, SPEECH_RATE)
            .await?;
        quiet(&mut tape, BEHIND).await?;
    }
    tape.finish().await?;
    let mut talk = Talk::start(bench, &input, &output, &[SHORT]).map_err(not_started)?;
    let mut turns = Vec::new();
    while let Some(event) = talk.next_or_end().await? {
        if text(&event, "event") == Some("turn.ended")
            && text(&event, "outcome") == Some("answered")
        {
            turns.push(event);
            bench.progress(&format!("e2e: live turn {} of {count}", turns.len()));
        }
    }
    talk.finish().await?;
    part.notes.push(format!(
        "live turns: with `{SHORT}`, so that each ends before the next question"
    ));
    let stage = |key: &'static str| {
        let seconds = |turn: &Value| number(turn, key).map(|ms| ms / 1000.0);
        turns.iter().filter_map(seconds).collect::<Vec<_>>()
    };
    let name = "live: from the last sample of a question to the first of the answer";
    let figure = Figure::new(
        "live.voice_to_voice",
        name,
        Unit::Seconds,
        stage("first_audio_ms"),
    );
    part.figures.push(figure);
    let name = "live: until it is sure that the question is over";
    let figure = Figure::new(
        "live.end_of_turn",
        name,
        Unit::Seconds,
        stage("end_of_turn_ms"),
    );
    part.figures.push(figure);
    for (key, name) in [
        ("end_of_turn_ms", "sure that the question is over"),
        ("stt_ms", "transcript"),
        ("llm_first_token_ms", "first token"),
        ("first_sentence_ms", "first stretch of text"),
        ("first_speech_ms", "its sound is made"),
        ("first_audio_ms", "first sample played"),
    ] {
        part.live.extend(Stage::median(name, stage(key)));
    }
    Ok(())
}

/// A quiet room: not digital silence, which no microphone gives.
async fn quiet(tape: &mut WavFile, seconds: f64) -> Result<(), BenchError> {
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

fn not_started(error: std::io::Error) -> BenchError {
    BenchError::Talk(format!("cannot be started: {error}"))
}

fn text<'a>(event: &'a Value, key: &str) -> Option<&'a str> {
    event.get(key)?.as_str()
}

fn number(event: &Value, key: &str) -> Option<f64> {
    event.get(key)?.as_f64()
}

/// A running `jane talk`.
struct Talk {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    begun: Instant,
}

impl Talk {
    fn start(
        bench: &Bench<'_>,
        input: &Path,
        output: &Path,
        overrides: &[&str],
    ) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["talk", "--json", "--input"])
            .arg(input)
            .arg("--output")
            .arg(output)
            .args(&bench.options.arguments);
        for set in overrides {
            command.arg("--set").arg(set);
        }
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
    async fn next_or_end(&mut self) -> Result<Option<Value>, BenchError> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.map_err(|_| BenchError::Talk("says nothing any more".to_owned()))?;
        let unreadable = |error: &dyn std::fmt::Display| {
            BenchError::Talk(format!("says something that cannot be read: {error}"))
        };
        let Some(line) = line.map_err(|error| unreadable(&error))? else {
            return Ok(None);
        };
        let event: Value = serde_json::from_str(&line).map_err(|error| unreadable(&error))?;
        if text(&event, "event") == Some("error") {
            let message = text(&event, "message").unwrap_or_default();
            return Err(BenchError::Talk(format!("fails: {message}")));
        }
        Ok(Some(event))
    }

    async fn next(&mut self) -> Result<Value, BenchError> {
        let event = self.next_or_end().await?;
        event.ok_or_else(|| BenchError::Talk("ended before it should".to_owned()))
    }

    /// Waits until it has ended by itself, or has it ended where it takes too long.
    async fn finish(mut self) -> Result<(), BenchError> {
        while self.next_or_end().await?.is_some() {}
        let _ = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(())
    }
}
