//! Live turns at real speed, by the program itself, with recordings in place of the devices.

use std::time::{Duration, Instant};

use jane_audio::{AudioOutput, SPEECH_RATE, WavFile, read_speech};
use jane_core::event::{EngineKind, TurnOutcome};
use serde::Deserialize;
use serde_json::Value;

use super::error::BenchError;
use super::memory::Sampling;
use super::metric::{Metric, Unit};
use super::recordings::Recordings;
use super::report::Stage;
use super::talk::{Talk, failed, not_started, number, quiet, text};
use super::turn_trace::TurnTrace;
use super::{Bench, Part};
use crate::telemetry::ReplyTrace;

/// Live questions.
const QUESTIONS: (usize, usize) = (10, 3);

/// Seconds of quiet before the first question, and behind each: as long as an answer may take.
const BEFORE: f64 = 1.0;
const BEHIND: f64 = 7.0;

/// Seconds of the longest recording of a question.
const LONGEST: f64 = 30.0;

/// Tokens of an answer that fit into the quiet.
const SHORT: &str = "llm.max_reply_tokens=30";

/// Live turns: from the last sample of a question to the first of its answer.
///
/// # Errors
/// Where `jane talk` does not answer.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let directory = tempfile::tempdir().map_err(BenchError::RunDirectory)?;
    let (input, output) = (
        directory.path().join("in.wav"),
        directory.path().join("out.wav"),
    );
    let questions = Recordings::shipped()?;
    let mut tape = WavFile::create(&input)?;
    quiet(&mut tape, BEFORE).await?;
    let count = bench.runs(QUESTIONS).min(questions.clips.len());
    for clip in questions.clips.iter().take(count) {
        tape.play(&read_speech(&clip.path, LONGEST)?, SPEECH_RATE)
            .await?;
        quiet(&mut tape, BEHIND).await?;
    }
    tape.finish().await?;
    let options = ["--marks", "--set", SHORT];
    let mut talk = Talk::start(bench, &input, &output, &options).map_err(not_started)?;
    let sampling = talk.child.id().map(Sampling::of_process);
    let begun = Instant::now();
    let (mut turns, mut overhead) = (Vec::new(), Vec::new());
    let (mut failures, mut by_skills) = (Vec::new(), 0);
    let mut trace = TurnTrace::default();
    while let Some(event) = talk.next_or_end().await? {
        trace = observe(trace, begun, &event);
        let word = |key| text(&event, key).unwrap_or_default().to_owned();
        match text(&event, "event") {
            Some("error") => failures.push(word("message")),
            Some("speech.dropped") => failures.push(format!("dropped: {}", word("reason"))),
            Some("skill.answered") => by_skills += 1,
            // A reminder of a skill is no answer to a question.
            Some("turn.ended") if word("outcome") == TurnOutcome::Announced.word() => {}
            Some("turn.ended") if word("outcome") != TurnOutcome::Answered.word() => {
                failures.push(word("outcome"));
            }
            Some("turn.ended") => {
                overhead.extend(trace.between_engines());
                turns.push(event);
                bench.progress(&format!("e2e: live turn {} of {count}", turns.len()));
            }
            _ => {}
        }
    }
    if let Some(sampling) = sampling {
        part.talk = sampling.hosts().await;
    }
    talk.finish().await?;
    if turns.is_empty()
        && let Some(reason) = failures.first()
    {
        return Err(failed(reason));
    }
    let heard = turns
        .iter()
        .filter(|turn| number(turn, "first_audio_ms").is_some());
    let unanswered = count.saturating_sub(heard.count());
    if unanswered > 0 {
        let reason = match failures.first() {
            Some(reason) => format!(", the first one with: {reason}"),
            None => String::new(),
        };
        part.notes.push(format!(
            "live turns: {unanswered} of {count} questions had no answer that was heard{reason}"
        ));
    }
    if by_skills > 0 {
        part.notes.push(format!(
            "live turns: skills answered {by_skills} of {count} without the model"
        ));
    }
    part.notes.push(format!(
        "live turns: with `{SHORT}`, so that each ends before the next question"
    ));
    let stage = |key: &'static str| {
        let seconds = |turn: &Value| number(turn, key).map(|ms| ms / 1000.0);
        turns.iter().filter_map(seconds).collect::<Vec<_>>()
    };
    let name = "live: from the last sample of a question to the first of the answer";
    let figure = Metric::new(
        "live.voice_to_voice",
        name,
        Unit::Seconds,
        stage("first_audio_ms"),
    );
    part.figures.push(figure.failed(unanswered));
    let name = "live: until it is sure that the question is over";
    let figure = Metric::new(
        "live.end_of_turn",
        name,
        Unit::Seconds,
        stage("end_of_turn_ms"),
    );
    part.figures.push(figure);
    let name = "live: everything between the engines, from the recogniser's beginning to the first sound made";
    part.figures
        .push(if overhead.is_empty() && !turns.is_empty() {
            let reason = "a server or a skill does a part of the work";
            Metric::missing("live.overhead", name, Unit::Seconds, reason)
        } else {
            Metric::new("live.overhead", name, Unit::Seconds, overhead)
        });
    let name = "live: from when an answer's sound is made and due until it is heard, with the silence that it begins with";
    part.figures.push(Metric::new(
        "live.playing",
        name,
        Unit::Seconds,
        turns.iter().filter_map(playing),
    ));
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

/// What an event tells of the turn that comes. Each utterance that may be over is recognised anew: what was done for an earlier one is no
/// part of the turn.
fn observe(mut trace: TurnTrace, begun: Instant, event: &Value) -> TurnTrace {
    match text(event, "event") {
        Some("engine.replied") => {
            if let Some(mark) = mark(begun, event) {
                if mark.role == EngineKind::Stt {
                    trace = TurnTrace::default();
                }
                trace.mark(mark);
            }
        }
        Some("reply.delta") => trace.text(text(event, "text").unwrap_or_default()),
        Some("sentence") => trace.sentence(),
        Some("tool.called") => trace.called(),
        _ => {}
    }
    trace
}

fn mark(begun: Instant, event: &Value) -> Option<ReplyTrace> {
    let microseconds = |key| Some(Duration::from_micros(event.get(key)?.as_u64()?));
    Some(ReplyTrace {
        role: EngineKind::deserialize(event.get("role")?).ok()?,
        request: event.get("request")?.as_u64()?,
        at: begun + microseconds("at_us")?,
        after: microseconds("after_us")?,
    })
}

/// Seconds from when the first sound was both made and due until it was heard.
fn playing(turn: &Value) -> Option<f64> {
    let made = number(turn, "first_speech_ms")?;
    let due = number(turn, "end_of_turn_ms")?;
    Some((number(turn, "first_audio_ms")? - made.max(due)) / 1000.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_done_for_an_utterance_that_went_on_is_no_part_of_the_turn() {
        let begun = Instant::now();
        let replied = |role, request, at_ms: u64, after_ms: u64| {
            json!({"event": "engine.replied", "role": role, "request": request,
                "at_us": at_ms * 1000, "after_us": after_ms * 1000})
        };
        let events = [
            replied("stt", 1, 500, 70),
            replied("llm", 1, 530, 25),
            // The speech went on, and all of it is read anew.
            replied("stt", 2, 1100, 80),
            replied("llm", 2, 1125, 20),
            replied("llm", 2, 1150, 45),
            replied("tts", 1, 1255, 100),
            json!({"event": "reply.delta", "text": "Yes."}),
            json!({"event": "sentence", "text": "Yes."}),
        ];
        let trace = events.iter().fold(TurnTrace::default(), |trace, event| {
            observe(trace, begun, event)
        });
        // From 1,020 to 1,255, without 80 + 45 + 100.
        let between = trace.between_engines().unwrap();
        assert!((between - 0.010).abs() < 1e-9, "{between}");
    }
}
