//! Measures two sides in turn, round by round, and says whether ours is as good as it should be.
//!
//! Invariants: in a round each side is measured directly after the other, in processes that were started for it (one and the same work is
//! a tenth faster in some processes than in others, so that only new ones make rounds independent), and which goes first alternates; a round in which the
//! machine was disturbed while one of the sides did what is judged does not count (what else happens in a round, loading and settling,
//! would dilute it); what is judged is the median of the ratios within rounds.

use jane::bench::Summary;

use crate::Result;
use crate::quiet::{Disturbance, Watch};

/// The fewest rounds that a verdict may rest on.
pub const FEWEST: usize = 7;

/// What is compared.
pub struct Comparison<'a> {
    pub name: &'a str,
    /// Of the figures.
    pub unit: &'a str,
    pub ours: &'a str,
    pub peer: &'a str,
    /// What stands beside the figures of both sides and is not judged.
    pub beside: &'a str,
    pub goal: Goal,
}

/// What the ratio of ours to the peer's should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Told, not judged.
    None,
}

impl Goal {
    fn met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(goal) => ratio >= goal,
            Self::AtMost(goal) => ratio <= goal,
            Self::None => true,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(goal) => write!(formatter, "at least {goal:.2}"),
            Self::AtMost(goal) => write!(formatter, "at most {goal:.2}"),
            Self::None => write!(formatter, "none, for information"),
        }
    }
}

/// One side in one round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    pub figure: f64,
    pub beside: f64,
    /// While the figure came about.
    pub disturbance: Disturbance,
}

/// Does what is judged, and watches the machine meanwhile.
///
/// # Errors
/// Those of `work`, and where the machine cannot be watched.
pub async fn watched<T>(work: impl AsyncFnOnce() -> Result<T>) -> Result<(T, Disturbance)> {
    let watch = Watch::start()?;
    let done = work().await?;
    Ok((done, watch.end()?))
}

#[derive(Debug, Clone, Copy)]
struct Round {
    ours: Measured,
    peer: Measured,
}

/// Measures until `rounds` count, or twice as many were tried. Returns whether the goal is met.
///
/// # Errors
/// Where a side fails.
pub async fn compare(
    comparison: &Comparison<'_>,
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<Measured>,
    mut peer: impl AsyncFnMut() -> Result<Measured>,
) -> Result<bool> {
    println!(
        "\n{}, in {}; in parentheses: {}",
        comparison.name, comparison.unit, comparison.beside
    );
    println!("ours: {}\npeer: {}", comparison.ours, comparison.peer);
    // The first time is slower everywhere.
    ours().await?;
    peer().await?;
    let mut counted = Vec::new();
    for number in 1..=2 * rounds {
        if counted.len() == rounds {
            break;
        }
        let (first, last) = (number % 2 == 1, number % 2 == 0);
        let mut round = Round {
            ours: Measured::default(),
            peer: Measured::default(),
        };
        if first {
            round.ours = ours().await?;
        }
        round.peer = peer().await?;
        if last {
            round.ours = ours().await?;
        }
        let disturbance = round.ours.disturbance.or(round.peer.disturbance);
        print(number, round, disturbance);
        if disturbance.counts() {
            counted.push(round);
        }
    }
    Ok(judge(comparison, &counted))
}

fn print(number: usize, Round { ours, peer }: Round, disturbance: Disturbance) {
    let Disturbance { stolen, foreign } = disturbance;
    println!(
        "round {number:>2}: ours {:>8.3} ({:.3})  peer {:>8.3} ({:.3})  ratio {:.3}  stolen {stolen:.1} %, others {foreign:.1} %{}",
        ours.figure,
        ours.beside,
        peer.figure,
        peer.beside,
        ours.figure / peer.figure,
        if disturbance.counts() {
            ""
        } else {
            ": does not count"
        }
    );
}

fn judge(comparison: &Comparison<'_>, rounds: &[Round]) -> bool {
    if rounds.len() < FEWEST {
        println!(
            "{}: NOT MEASURED, only {} rounds were undisturbed, and {FEWEST} are needed",
            comparison.name,
            rounds.len()
        );
        return false;
    }
    let ratio = median(rounds, |round| round.ours.figure / round.peer.figure);
    println!(
        "medians of {} rounds: ours {:.3} ({:.3})  peer {:.3} ({:.3})",
        rounds.len(),
        median(rounds, |round| round.ours.figure),
        median(rounds, |round| round.ours.beside),
        median(rounds, |round| round.peer.figure),
        median(rounds, |round| round.peer.beside),
    );
    let met = comparison.goal.met(ratio);
    let verdict = match comparison.goal {
        Goal::None => "",
        _ if met => ": met",
        _ => ": MISSED",
    };
    println!(
        "{}: median of ratios {ratio:.3}, goal {}{verdict} ({}: {:.3})",
        comparison.name,
        comparison.goal,
        comparison.beside,
        median(rounds, |round| round.ours.beside / round.peer.beside)
    );
    met
}

fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    Summary::of(rounds.iter().map(figure)).map_or(f64::NAN, |summary| summary.median)
}
