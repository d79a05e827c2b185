//! The performance goals: the product's contract, row by row, and how a measurement stands against each.

use serde::{Deserialize, Serialize};

use super::metric::{Measured, Metric, Summary, Unit};

/// Where a figure is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    Below(f64),
    AtLeast(f64),
}

/// Which of several runs counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Judged {
    Median,
    /// The 95th percentile: what users feel is the turn that took long.
    P95,
    /// The largest: a budget holds always or not at all.
    Most,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    pub area: &'static str,
    pub name: &'static str,
    /// The [`Metric::key`] that is held against it.
    figure: &'static str,
    unit: Unit,
    bound: Bound,
    judged: Judged,
}

const fn goal(
    area: &'static str,
    name: &'static str,
    figure: &'static str,
    unit: Unit,
    bound: Bound,
    judged: Judged,
) -> Goal {
    Goal {
        area,
        name,
        figure,
        unit,
        bound,
        judged,
    }
}

use Bound::{AtLeast, Below};
use Judged::{Median, Most, P95};
use Unit::{Megabytes, Seconds, Share, Tokens, TokensPerSecond};

const STT: &str = "speech recognition";
const LLM: &str = "language model";
const TTS: &str = "speech synthesis";
const TURN: &str = "end to end";
const ENDING: &str = "end of turn";
const ALL_DAY: &str = "hearing all day";
const STREAMING: &str = "streaming";
const VIDEO: &str = "GPU memory";
const SYSTEM: &str = "system memory";

/// All rows, in the order of the report.
#[rustfmt::skip]
pub const GOALS: [Goal; 40] = [
    goal(STT, "latency of a spoken request", "stt.latency", Seconds, Below(0.5), P95),
    goal(STT, "first load", "stt.first_load", Seconds, Below(30.0), P95),
    goal(STT, "cached load", "stt.cached_load", Seconds, Below(5.0), P95),
    goal(STT, "GPU memory", "stt.video", Megabytes, Below(2000.0), Most),
    goal(STT, "words heard right, requests and clear speech", "stt.accuracy", Share, AtLeast(0.95), Median),
    goal(LLM, "tokens per second", "llm.rate", TokensPerSecond, AtLeast(60.0), Median),
    goal(LLM, "first token", "llm.first_token", Seconds, Below(1.0), P95),
    goal(LLM, "first load", "llm.first_load", Seconds, Below(60.0), P95),
    goal(LLM, "GPU memory", "llm.video", Megabytes, Below(8000.0), Most),
    goal(LLM, "context window", "llm.window", Tokens, AtLeast(4096.0), Median),
    goal(TTS, "a typical sentence", "tts.sentence", Seconds, Below(2.0), P95),
    goal(TTS, "first load", "tts.first_load", Seconds, Below(10.0), P95),
    goal(TTS, "GPU memory", "tts.video", Megabytes, Below(1000.0), Most),
    goal(TTS, "words understood by the recogniser", "tts.clarity", Share, AtLeast(0.95), Median),
    goal(TURN, "recording in, first sound out", "turn.first_sound", Seconds, Below(5.0), P95),
    goal(TURN, "of it: recognition", "turn.recognition", Seconds, Below(0.5), P95),
    goal(TURN, "of it: the model, to its last token", "turn.model", Seconds, Below(3.0), P95),
    goal(TURN, "of it: synthesis of the first stretch", "turn.synthesis", Seconds, Below(2.0), P95),
    goal(TURN, "of it: everything else", "turn.overhead", Seconds, Below(0.5), P95),
    goal(TURN, "of it: everything else (our own goal)", "turn.overhead", Seconds, Below(0.03), P95),
    goal(TURN, "of a live turn: everything between the engines (our own goal)", "live.overhead", Seconds, Below(0.03), P95),
    goal(TURN, "`jane talk` to listening, models cached (our own goal)", "startup.listening", Seconds, Below(3.0), P95),
    goal(ENDING, "pauses inside sentences that she speaks into (our own goal)", "turns.spoken_into", Share, Below(0.15), Median),
    goal(ENDING, "of recordings of requests (our own goal)", "turns.spoken_into_commands", Share, Below(0.02), Median),
    goal(ENDING, "silence waited for where somebody is done (our own goal)", "turns.wait", Seconds, Below(0.3), Median),
    goal(ALL_DAY, "of one core, in a quiet room (our own goal)", "all_day.quiet", Share, Below(0.03), Median),
    goal(ALL_DAY, "while a television talks, called by a wake phrase (our own goal)", "all_day.wake", Share, Below(0.08), Median),
    goal(ALL_DAY, "while a television talks, without one, the answers left out (our own goal)", "all_day.television", Share, Below(0.3), Median),
    goal(STREAMING, "first token in a turn", "turn.first_token", Seconds, Below(1.0), P95),
    goal(STREAMING, "tokens arrive at the rate they are made", "llm.delivered", Share, AtLeast(0.95), Median),
    goal(STREAMING, "no buffering: a piece of text, from the worker to the host (our own goal)", "llm.lateness", Seconds, Below(0.03), P95),
    goal(STREAMING, "first words heard, from the end of the recording", "turn.first_sound", Seconds, Below(2.0), P95),
    goal(STREAMING, "first words heard, live: with the wait for the end of the turn", "live.voice_to_voice", Seconds, Below(2.0), P95),
    goal(VIDEO, "recognition", "stt.video", Megabytes, Below(2000.0), Most),
    goal(VIDEO, "synthesis", "tts.video", Megabytes, Below(1000.0), Most),
    goal(VIDEO, "model", "llm.video", Megabytes, Below(8000.0), Most),
    goal(VIDEO, "peak", "memory.video", Megabytes, Below(12_000.0), Most),
    goal(SYSTEM, "host", "memory.host", Megabytes, Below(500.0), Most),
    goal(SYSTEM, "all engines", "memory.engines", Megabytes, Below(2000.0), Most),
    goal(SYSTEM, "peak, host and engines", "memory.all", Megabytes, Below(3000.0), Most),
];

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalStatus {
    Met,
    Missed,
    NotMeasurable,
    /// Its section was left out.
    LeftOut,
}

/// A goal and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub area: String,
    pub name: String,
    pub figure: String,
    /// The goal in words.
    pub goal: String,
    /// What is held against it, in words; or why there is nothing.
    pub actual: String,
    pub standing: GoalStatus,
}

impl Goal {
    /// How `figures` stand against it.
    #[must_use]
    pub fn judge(&self, figures: &[Metric]) -> Judgement {
        let figure = figures.iter().find(|figure| figure.key == self.figure);
        let (actual, standing) = match figure.map(|figure| &figure.measured) {
            Some(Measured::Runs(summary)) => self.hold(summary),
            Some(Measured::Not(reason)) => (reason.clone(), GoalStatus::NotMeasurable),
            None => ("not measured in this run".to_owned(), GoalStatus::LeftOut),
        };
        // What failed took longer than any goal.
        let failed = figure.map_or(0, |figure| figure.failed);
        let (actual, standing) = match failed {
            0 => (actual, standing),
            _ => (format!("{actual}; {failed} failed"), GoalStatus::Missed),
        };
        let goal = match self.bound {
            Below(bound) => format!("< {}", self.unit.show(bound)),
            AtLeast(bound) => format!("≥ {}", self.unit.show(bound)),
        };
        Judgement {
            area: self.area.to_owned(),
            name: self.name.to_owned(),
            figure: self.figure.to_owned(),
            goal,
            actual,
            standing,
        }
    }

    fn hold(&self, summary: &Summary) -> (String, GoalStatus) {
        let (value, which) = match self.judged {
            Median if summary.runs == 1 => (summary.median, ""),
            Median => (summary.median, " (median)"),
            P95 => (summary.p95, " (95th percentile)"),
            Most => (summary.most, " (peak)"),
        };
        let met = match self.bound {
            Below(bound) => value < bound,
            AtLeast(bound) => value >= bound,
        };
        let standing = if met {
            GoalStatus::Met
        } else {
            GoalStatus::Missed
        };
        (format!("{}{which}", self.unit.show(value)), standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(key: &str, values: &[f64]) -> Judgement {
        let goal = GOALS.iter().find(|goal| goal.figure == key).unwrap();
        let figure = Metric::new(key, "", goal.unit, values.iter().copied());
        goal.judge(&[figure])
    }

    #[test]
    fn a_latency_is_judged_by_its_slow_runs_and_a_budget_by_its_peak() {
        let mut latencies = vec![0.1; 18];
        latencies.extend([0.6, 0.7]);
        let latency = judged("stt.latency", &latencies);
        assert_eq!(latency.standing, GoalStatus::Missed);
        assert_eq!(latency.actual, "600 ms (95th percentile)");
        assert_eq!(judged("llm.rate", &[60.0]).standing, GoalStatus::Met);
        assert_eq!(
            judged("memory.host", &[1.0, 500.0]).standing,
            GoalStatus::Missed
        );
    }

    #[test]
    fn where_runs_failed_the_others_do_not_meet_the_goal() {
        let goal = GOALS
            .iter()
            .find(|goal| goal.figure == "turn.first_sound")
            .unwrap();
        let figure = |values: &[f64]| {
            Metric::new(goal.figure, "", goal.unit, values.iter().copied()).failed(2)
        };
        let judgement = goal.judge(&[figure(&[0.2])]);
        assert_eq!(judgement.standing, GoalStatus::Missed);
        assert_eq!(judgement.actual, "200 ms (95th percentile); 2 failed");
        let judgement = goal.judge(&[figure(&[])]);
        assert_eq!(judgement.standing, GoalStatus::Missed);
        assert_eq!(judgement.actual, "no run came to its end; 2 failed");
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        let goal = &GOALS[0];
        assert_eq!(goal.judge(&[]).standing, GoalStatus::LeftOut);
        let figure = Metric::missing(goal.figure, "", goal.unit, "no device");
        let judgement = goal.judge(&[figure]);
        assert_eq!(judgement.standing, GoalStatus::NotMeasurable);
        assert_eq!(judgement.actual, "no device");
    }
}
