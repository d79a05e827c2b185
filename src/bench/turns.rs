//! Whole turns: from a recorded question to the first and the last sample of the answer, and where the time goes.
//!
//! What the engines compute is told by their own clocks: a reply says how long its worker had been at the request. What is left of the
//! way to the first sound is the host's: reading the recording, frames between processes, cutting sentences, waking tasks. The
//! way is: recogniser → model, up to the token that completes the first stretch of text → voice, up to its first sound.

use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jane_audio::{AudioError, AudioOutput, WavSource};
use jane_core::event::Events;

use super::error::BenchError;
use super::metric::{Metric, Unit};
use super::recordings::Recordings;
use super::report::Stage;
use super::turn_trace::{Computing, TurnTrace};
use super::{Bench, Part};
use crate::conversation::{Conversation, Question, TurnError, TurnReport};
use crate::runtime::InForce;

const ROUNDS: (usize, usize) = (5, 1);

/// What one turn took, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    computing: Computing,
    first_token: f64,
    first_sound: f64,
    /// Until all of the answer's sound is made, and until a loudspeaker has played it.
    last_made: f64,
    last_sound: f64,
}

impl Turn {
    /// What is not an engine computing, on the way to the first sound.
    fn overhead(&self) -> f64 {
        self.first_sound - self.computing.to_first_sound()
    }
}

/// # Errors
/// Where an engine cannot be loaded or fails.
pub async fn measure(bench: &Bench<'_>, part: &mut Part) -> Result<(), BenchError> {
    let installed = bench.install().map_err(BenchError::RunDirectory)?;
    let mut marks = bench.engine_replies.listen();
    let in_force = bench.in_force(&installed)?;
    let questions = Recordings::shipped()?;
    let runs = bench.runs(ROUNDS);
    let mut outcomes = Vec::new();
    for run in 0..=runs {
        let events = Events::new();
        let mut told = events.subscribe();
        let mut conversation = Conversation::new(events);
        conversation.prepare(&in_force, true, true).await?;
        for (number, clip) in (1..).zip(&questions.clips) {
            bench.progress(&format!("e2e: turn {number}, round {run} of {runs}"));
            // What belongs to no turn.
            while marks.try_recv().is_ok() {}
            while told.try_recv().is_ok() {}
            let Asked {
                begun,
                sound,
                answer,
            } = ask(&mut conversation, &in_force, &clip.path).await?;
            let mut trace = TurnTrace::default();
            while let Ok(mark) = marks.try_recv() {
                trace.mark(mark);
            }
            while let Ok(stamped) = told.try_recv() {
                trace.event(&stamped.event);
            }
            // As in a conversation: what is to be done between two turns is no part of them.
            conversation.maintain(&in_force).await;
            // The first round warms up.
            if run > 0 {
                outcomes.push(outcome(answer, turn(begun, &trace, &sound), &trace, &sound));
            }
        }
    }
    super::unload(&installed).await;
    report(outcomes, part);
    Ok(())
}

/// A recorded question, and what came of it.
pub struct Asked {
    /// When it was there whole.
    pub begun: Instant,
    pub sound: Sound,
    pub answer: Result<TurnReport, TurnError>,
}

/// Asks the recording at `path`, and has the answer made into sound.
///
/// # Errors
/// Where the recording cannot be read.
pub async fn ask(
    conversation: &mut Conversation,
    in_force: &InForce,
    path: &Path,
) -> Result<Asked, BenchError> {
    let source = WavSource::open(path)?;
    let mut sound = Sound::default();
    let begun = Instant::now();
    let question = Question::Recording(Box::new(source));
    let answer = conversation
        .turn(in_force, question, Some(&mut sound))
        .await;
    Ok(Asked {
        begun,
        sound,
        answer,
    })
}

/// What came of a turn.
#[derive(Debug)]
enum Outcome {
    Measured(Turn),
    /// A skill answered, or dropped what was said, and no model was asked.
    BySkill,
    /// A server did a part of it, which leaves no marks.
    ByServer,
    /// There is no answer, or no sound of it: why, in words.
    Failed(String),
}

fn outcome(
    answer: Result<TurnReport, TurnError>,
    turn: Option<Turn>,
    trace: &TurnTrace,
    sound: &Sound,
) -> Outcome {
    match answer {
        Err(error) => Outcome::Failed(error.to_string()),
        Ok(_) if trace.is_by_skill() => Outcome::BySkill,
        Ok(answer) if answer.question.is_empty() => Outcome::Failed("nothing was heard".to_owned()),
        Ok(TurnReport {
            speech: Err(error), ..
        }) => Outcome::Failed(error.to_string()),
        Ok(_) if sound.first.is_none() => Outcome::Failed("there was nothing to say".to_owned()),
        Ok(_) => turn.map_or(Outcome::ByServer, Outcome::Measured),
    }
}

/// The output that a turn plays into: nothing waits in it, and how long a loudspeaker would play is reckoned.
#[derive(Debug, Default)]
pub(super) struct Sound {
    pub(super) first: Option<Instant>,
    last: Option<Instant>,
    /// When a loudspeaker without a delay would be done with what it was given so far.
    played: Option<Instant>,
}

impl Sound {
    fn given(&mut self, now: Instant, length: Duration) {
        self.first.get_or_insert(now);
        self.last = Some(now);
        let begins = self.played.map_or(now, |played| played.max(now));
        self.played = Some(begins + length);
    }
}

#[async_trait]
impl AudioOutput for Sound {
    #[expect(
        clippy::cast_precision_loss,
        reason = "sample counts are far below 2^52"
    )]
    async fn play(&mut self, samples: &[f32], sample_rate: u32) -> Result<(), AudioError> {
        let seconds = samples.len() as f64 / f64::from(sample_rate.max(1));
        self.given(Instant::now(), Duration::from_secs_f64(seconds));
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        Ok(())
    }
}

/// What a turn took; `None` where it made no sound, or an engine left no marks.
fn turn(begun: Instant, trace: &TurnTrace, sound: &Sound) -> Option<Turn> {
    let since = |at: Instant| at.duration_since(begun).as_secs_f64();
    Some(Turn {
        computing: trace.computing()?,
        first_token: since(trace.first_token()?),
        first_sound: since(sound.first?),
        last_made: since(sound.last?),
        last_sound: since(sound.played?),
    })
}

fn report(outcomes: Vec<Outcome>, part: &mut Part) {
    type Of = fn(&Turn) -> f64;
    let all = outcomes.len();
    let (mut turns, mut failures, mut by_skills) = (Vec::new(), Vec::new(), 0);
    for outcome in outcomes {
        match outcome {
            Outcome::Measured(turn) => turns.push(turn),
            Outcome::BySkill => by_skills += 1,
            Outcome::ByServer => {}
            Outcome::Failed(reason) => failures.push(reason),
        }
    }
    if by_skills > 0 {
        part.notes.push(format!(
            "turns: skills answered {by_skills} of {all} without the model, and the figures of turns are those of the others"
        ));
    }
    if let Some(reason) = failures.first() {
        let failed = failures.len();
        part.notes.push(format!(
            "turns: {failed} of {all} failed, the first one with: {reason}"
        ));
    }
    let reason = match failures.first() {
        Some(reason) => format!("no turn came to its end: {reason}"),
        None if by_skills == all => "skills answered every question".to_owned(),
        None => "a part of the work is done by a server".to_owned(),
    };
    let figures: [(&str, &str, Of); 8] = [
        (
            "turn.first_sound",
            "from a recorded question to the first sound of the answer",
            |turn| turn.first_sound,
        ),
        (
            "turn.last_made",
            "from a recorded question until all sound of the answer is made",
            |turn| turn.last_made,
        ),
        (
            "turn.last_sound",
            "from a recorded question until the last sample is played, by the length of the sound",
            |turn| turn.last_sound,
        ),
        (
            "turn.first_token",
            "from a recorded question to the first token",
            |turn| turn.first_token,
        ),
        ("turn.recognition", "computing: the recogniser", |turn| {
            turn.computing.recognition
        }),
        (
            "turn.model",
            "computing: the model, to its last token",
            |turn| turn.computing.model,
        ),
        (
            "turn.synthesis",
            "computing: the voice, to its first sound",
            |turn| turn.computing.synthesis,
        ),
        (
            "turn.overhead",
            "everything that is not an engine computing, to the first sound",
            Turn::overhead,
        ),
    ];
    for (key, name, of) in figures {
        let figure = if turns.is_empty() {
            Metric::missing(key, name, Unit::Seconds, reason.as_str())
        } else {
            Metric::new(key, name, Unit::Seconds, turns.iter().map(of))
        };
        // Those of the way to the sound; the others are of what was done.
        let is_whole = key.ends_with("sound") || key.ends_with("made");
        let failed = if is_whole { failures.len() } else { 0 };
        part.figures.push(figure.failed(failed));
    }
    let stages: [(&str, Of); 5] = [
        ("recogniser", |turn| turn.computing.recognition),
        ("model reads the prompt", |turn| turn.computing.reading),
        ("model writes the first stretch", |turn| {
            turn.computing.clause - turn.computing.reading
        }),
        ("voice, to its first sound", |turn| turn.computing.synthesis),
        ("everything else (host)", Turn::overhead),
    ];
    part.turn.extend(
        stages
            .into_iter()
            .filter_map(|(name, of)| Stage::median(name, turns.iter().map(of))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::ReplyTrace;
    use jane_core::event::EngineKind;

    #[test]
    fn what_no_engine_computes_is_the_hosts() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mark = |role, request, ms, after| ReplyTrace {
            role,
            request,
            at: at(ms),
            after: Duration::from_millis(after),
        };
        let mut trace = TurnTrace::default();
        for mark in [
            mark(EngineKind::Stt, 1, 103, 100),
            mark(EngineKind::Llm, 4, 125, 20),
            mark(EngineKind::Llm, 4, 135, 30),
            // Behind the end of the first stretch.
            mark(EngineKind::Llm, 4, 150, 45),
            mark(EngineKind::Tts, 2, 237, 100),
            mark(EngineKind::Tts, 2, 337, 200),
            // Counting.
            mark(EngineKind::Llm, 5, 400, 1),
        ] {
            trace.mark(mark);
        }
        trace.text("I think so,");
        trace.text(" yes.");
        trace.sentence();
        let mut sound = Sound::default();
        // The second stretch is there before the first one is over.
        sound.given(at(240), Duration::from_millis(500));
        sound.given(at(340), Duration::from_millis(700));
        let turn = turn(begun, &trace, &sound).unwrap();
        // 240 - 100 - 30 - 100
        assert!((turn.overhead() - 0.010).abs() < 1e-9, "{turn:?}");
        assert!((turn.computing.model - 0.045).abs() < 1e-9, "{turn:?}");
        assert!((turn.last_made - 0.340).abs() < 1e-9, "{turn:?}");
        assert!((turn.last_sound - 1.440).abs() < 1e-9, "{turn:?}");
    }

    #[test]
    fn a_turn_that_fails_is_told_and_misses_its_goal() {
        let answer = |question: &str, speech| TurnReport {
            question: question.to_owned(),
            outcome: jane_core::event::TurnOutcome::Answered,
            by_skill: None,
            reply: String::new(),
            waterfall: jane_core::event::Waterfall::default(),
            speech,
        };
        let begun = Instant::now();
        let mut sound = Sound::default();
        let mut outcomes = vec![
            outcome(Ok(answer("", Ok(()))), None, &TurnTrace::default(), &sound),
            outcome(
                Ok(answer("Why?", Ok(()))),
                None,
                &TurnTrace::default(),
                &sound,
            ),
        ];
        sound.given(begun, Duration::from_millis(500));
        let engine = || TurnError::Backend(jane_engines::BackendError::Interrupted);
        let trace = TurnTrace::default();
        outcomes.extend([
            outcome(Err(engine()), None, &trace, &sound),
            outcome(Ok(answer("Why?", Err(engine()))), None, &trace, &sound),
            outcome(
                Ok(answer("Why?", Ok(()))),
                Some(Turn::default()),
                &trace,
                &sound,
            ),
        ]);
        let mut part = Part::default();
        report(outcomes, &mut part);
        let figure = |key: &str| {
            part.figures
                .iter()
                .find(|figure| figure.key == key)
                .unwrap()
        };
        assert_eq!(figure("turn.first_sound").failed, 4);
        assert_eq!(figure("turn.first_sound").summary().unwrap().runs, 1);
        assert_eq!(figure("turn.recognition").failed, 0);
        assert!(part.notes[0].contains("4 of 5 failed"), "{:?}", part.notes);
    }
}
