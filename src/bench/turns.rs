//! Whole turns: from a recorded question to the first and the last sample of the answer, and where the time goes.
//!
//! What the engines compute is told by their own clocks: a reply says how long its worker had been at the request. What is left of the
//! way to the first sound is the host's: reading the recording, frames between processes, cutting sentences, waking tasks. The
//! way is: recogniser → model, up to the token that completes the first stretch of text → voice, up to its first sound.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::course::{Computing, Course};
use super::error::BenchError;
use super::figure::{Figure, Unit};
use super::recordings::Recordings;
use super::report::Stage;
use super::{Bench, Part};
use crate::audio::{AudioError, AudioOutput, WavSource};
use crate::conversation::{Conversation, Question};
use crate::event::Events;

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
    let installed = bench.install().map_err(BenchError::Temporary)?;
    let mut marks = installed.workers.marks();
    let in_force = bench.in_force(&installed)?;
    let questions = Recordings::shipped()?;
    let runs = bench.runs(ROUNDS);
    let (mut turns, mut by_skills) = (Vec::new(), 0);
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
            let source = WavSource::open(&clip.path)?;
            let mut sound = Sound::default();
            let begun = Instant::now();
            let question = Question::Recording(Box::new(source));
            conversation
                .turn(&in_force, question, Some(&mut sound))
                .await?;
            let mut course = Course::default();
            while let Ok(mark) = marks.try_recv() {
                course.mark(mark);
            }
            while let Ok(stamped) = told.try_recv() {
                course.event(&stamped.event);
            }
            let turn = turn(begun, &course, &sound);
            // As in a conversation: what is to be done between two turns is no part of them.
            conversation.upkeep(&in_force).await;
            // The first round warms up.
            if run > 0 {
                by_skills += usize::from(course.is_by_skill());
                turns.extend(turn);
            }
        }
    }
    if by_skills > 0 {
        part.notes.push(format!(
            "turns: skills answered {by_skills} of {} without the model, and the figures of turns are those of the others",
            runs * questions.clips.len()
        ));
    }
    report(&turns, part);
    Ok(())
}

/// The output that a turn plays into: nothing waits in it, and how long a loudspeaker would play is reckoned.
#[derive(Debug, Default)]
struct Sound {
    first: Option<Instant>,
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

/// What a turn took; `None` where it made no sound, or a server did a part of it, which leaves no marks.
fn turn(begun: Instant, course: &Course, sound: &Sound) -> Option<Turn> {
    let since = |at: Instant| at.duration_since(begun).as_secs_f64();
    Some(Turn {
        computing: course.computing()?,
        first_token: since(course.first_token()?),
        first_sound: since(sound.first?),
        last_made: since(sound.last?),
        last_sound: since(sound.played?),
    })
}

fn report(turns: &[Turn], part: &mut Part) {
    type Of = fn(&Turn) -> f64;
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
            let reason = "a part of the work is done by a server";
            Figure::missing(key, name, Unit::Seconds, reason)
        } else {
            Figure::new(key, name, Unit::Seconds, turns.iter().map(of))
        };
        part.figures.push(figure);
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
    use crate::backend::worker::Mark;
    use crate::event::Role;

    #[test]
    fn what_no_engine_computes_is_the_hosts() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mark = |role, request, ms, after| Mark {
            role,
            request,
            at: at(ms),
            after: Duration::from_millis(after),
        };
        let mut course = Course::default();
        for mark in [
            mark(Role::Stt, 1, 103, 100),
            mark(Role::Llm, 4, 125, 20),
            mark(Role::Llm, 4, 135, 30),
            // Behind the end of the first stretch.
            mark(Role::Llm, 4, 150, 45),
            mark(Role::Tts, 2, 237, 100),
            mark(Role::Tts, 2, 337, 200),
            // Counting.
            mark(Role::Llm, 5, 400, 1),
        ] {
            course.mark(mark);
        }
        course.text("I think so,");
        course.text(" yes.");
        course.sentence();
        let mut sound = Sound::default();
        // The second stretch is there before the first one is over.
        sound.given(at(240), Duration::from_millis(500));
        sound.given(at(340), Duration::from_millis(700));
        let turn = turn(begun, &course, &sound).unwrap();
        // 240 - 100 - 30 - 100
        assert!((turn.overhead() - 0.010).abs() < 1e-9, "{turn:?}");
        assert!((turn.computing.model - 0.045).abs() < 1e-9, "{turn:?}");
        assert!((turn.last_made - 0.340).abs() < 1e-9, "{turn:?}");
        assert!((turn.last_sound - 1.440).abs() < 1e-9, "{turn:?}");
    }
}
