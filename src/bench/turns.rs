//! Whole turns: from a recorded question to the first and the last sample of the answer, and where the time goes.
//!
//! What the engines compute is told by their own clocks: a reply says how long its worker had been at the request. What is left of the
//! way to the first sound is the host's: reading the recording, frames between processes, cutting sentences, waking tasks. The
//! way is: recogniser → model, up to the token that completes the first stretch of text → voice, up to its first sound.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::error::BenchError;
use super::figure::{Figure, Unit};
use super::recordings::Recordings;
use super::report::Stage;
use super::{Bench, Part};
use crate::audio::{AudioError, AudioOutput, WavSource};
use crate::backend::worker::Mark;
use crate::conversation::{Conversation, Question};
use crate::event::{Events, Role, Waterfall};

const ROUNDS: (usize, usize) = (5, 1);

/// What one turn took, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    /// The recogniser's computing.
    recognition: f64,
    /// The model's, until its first token, until the first stretch of text is complete, and to its end.
    reading: f64,
    clause: f64,
    model: f64,
    /// The voice's, until its first sound.
    synthesis: f64,
    first_token: f64,
    first_sound: f64,
    last_sound: f64,
}

impl Turn {
    /// What is not an engine computing, on the way to the first sound.
    fn overhead(&self) -> f64 {
        self.first_sound - self.recognition - self.clause - self.synthesis
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
    let mut turns = Vec::new();
    for run in 0..=runs {
        let mut conversation = Conversation::new(Events::new());
        conversation.prepare(&in_force, true, true).await?;
        for (number, clip) in (1..).zip(&questions.clips) {
            bench.progress(&format!("e2e: turn {number}, round {run} of {runs}"));
            // What belongs to no turn.
            while marks.try_recv().is_ok() {}
            let source = WavSource::open(&clip.path)?;
            let mut sound = Sound::default();
            let begun = Instant::now();
            let question = Question::Recording(Box::new(source));
            let answer = conversation
                .turn(&in_force, question, Some(&mut sound))
                .await?;
            let mut said = Vec::new();
            while let Ok(mark) = marks.try_recv() {
                said.push(mark);
            }
            let turn = turn(begun, &answer.waterfall, &sound, &said);
            // As in a conversation: what is to be done between two turns is no part of them.
            conversation.upkeep(&in_force).await;
            // The first round warms up.
            turns.extend(turn.filter(|_| run > 0));
        }
    }
    report(&turns, part);
    Ok(())
}

/// The output that a turn plays into: nothing waits in it.
#[derive(Debug, Default)]
struct Sound {
    first: Option<Instant>,
    last: Option<Instant>,
}

#[async_trait]
impl AudioOutput for Sound {
    async fn play(&mut self, _samples: &[f32], _sample_rate: u32) -> Result<(), AudioError> {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), AudioError> {
        Ok(())
    }
}

/// What a turn took, by the marks of its engines' replies; `None` where it made no sound, or a server did a part of it, which
/// leaves no marks.
fn turn(begun: Instant, waterfall: &Waterfall, sound: &Sound, marks: &[Mark]) -> Option<Turn> {
    let of = |role| marks.iter().filter(move |mark| mark.role == role);
    let since = |at: Instant| at.duration_since(begun).as_secs_f64();
    let heard = of(Role::Stt).map(|mark| mark.after).sum::<Duration>();
    of(Role::Stt).next()?;
    // Only the reply's own request: counting and what is done aside come later.
    let first = of(Role::Llm).next()?;
    let written = || of(Role::Llm).filter(|mark| mark.request == first.request);
    // The waterfall has whole milliseconds; a token takes several.
    let sentence = Duration::from_millis(waterfall.first_sentence_ms? + 1);
    let complete = written()
        .take_while(|mark| mark.at.duration_since(begun) <= sentence)
        .last()
        .unwrap_or(first);
    Some(Turn {
        recognition: heard.as_secs_f64(),
        reading: first.after.as_secs_f64(),
        clause: complete.after.as_secs_f64(),
        model: written().next_back()?.after.as_secs_f64(),
        synthesis: of(Role::Tts).next()?.after.as_secs_f64(),
        first_token: since(first.at),
        first_sound: since(sound.first?),
        last_sound: since(sound.last?),
    })
}

fn report(turns: &[Turn], part: &mut Part) {
    type Of = fn(&Turn) -> f64;
    let figures: [(&str, &str, Of); 7] = [
        (
            "turn.first_sound",
            "from a recorded question to the first sound of the answer",
            |turn| turn.first_sound,
        ),
        (
            "turn.last_sound",
            "from a recorded question until all of the answer is spoken",
            |turn| turn.last_sound,
        ),
        (
            "turn.first_token",
            "from a recorded question to the first token",
            |turn| turn.first_token,
        ),
        ("turn.recognition", "computing: the recogniser", |turn| {
            turn.recognition
        }),
        (
            "turn.model",
            "computing: the model, to its last token",
            |turn| turn.model,
        ),
        (
            "turn.synthesis",
            "computing: the voice, to its first sound",
            |turn| turn.synthesis,
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
        ("recogniser", |turn| turn.recognition),
        ("model reads the prompt", |turn| turn.reading),
        ("model writes the first stretch", |turn| {
            turn.clause - turn.reading
        }),
        ("voice, to its first sound", |turn| turn.synthesis),
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
        let marks = [
            mark(Role::Stt, 1, 103, 100),
            mark(Role::Llm, 4, 125, 20),
            mark(Role::Llm, 4, 135, 30),
            // Behind the end of the first stretch.
            mark(Role::Llm, 4, 150, 45),
            mark(Role::Tts, 2, 237, 100),
            mark(Role::Tts, 2, 337, 200),
            // Counting.
            mark(Role::Llm, 5, 400, 1),
        ];
        let waterfall = Waterfall {
            first_sentence_ms: Some(136),
            ..Waterfall::default()
        };
        let sound = Sound {
            first: Some(at(240)),
            last: Some(at(340)),
        };
        let turn = turn(begun, &waterfall, &sound, &marks).unwrap();
        // 240 - 100 - 30 - 100
        assert!((turn.overhead() - 0.010).abs() < 1e-9, "{turn:?}");
        assert!((turn.model - 0.045).abs() < 1e-9, "{turn:?}");
        assert!((turn.last_sound - 0.340).abs() < 1e-9, "{turn:?}");
    }
}
