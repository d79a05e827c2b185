//! What skills cost: a hook of one, a turn with fifty, and a start with fifty.
//!
//! `cargo bench --bench skills` on a machine that does nothing else. The skills are those that ship, in Rust.
//! Medians, and medians of ratios where two things are compared, which is done in each round. Ends with 1 where a goal is missed.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_config::Config;
use jane_core::event::{Events, TurnInput};
use jane_skills::{
    Heard, Loaded, SkillPaths, SkillRegistry, SkillSet, SkillTransaction, Spoken, Verdict,
};

/// The goals.
const HOOK: Duration = Duration::from_micros(20);
const FIFTY: Duration = Duration::from_millis(2);
const START: Duration = Duration::from_millis(150);

const KINDS: [&str; 6] = ["calculator", "clock", "notes", "redact", "timer", "weather"];

const MANY: usize = 50;
const CALLS: usize = 2_000;
const TURNS: usize = 100;
const STARTS: usize = 9;

const QUESTION: &str = "What is the capital of France?";
const ANSWER: &str = "The capital of France is Paris, which lies on the Seine.";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let skills = skills(home.path())?;
    let mut all = true;

    // What a skill does with the question is its own affair; the goal is for one that keeps nothing.
    for kind in KINDS.iter().filter(|kind| **kind != "redact") {
        let one = load(&skills, home.path(), kind, kind).await?;
        std::fs::remove_file(home.path().join(format!("plugins/{kind}.wasm")))?;
        let one = SkillSet::new(vec![one], Vec::new());
        let mut hooks = Vec::new();
        for _ in 0..CALLS {
            hooks.push(hear(&one).await?);
        }
        let met = report(&format!("a transcript hook of `{kind}`"), &mut hooks, HOOK);
        all &= met || *kind != "calculator";
    }

    let mut many = Vec::new();
    for index in 0..MANY {
        let kind = KINDS[index % KINDS.len()];
        many.push(load(&skills, home.path(), kind, &format!("{kind}-{index}")).await?);
    }
    let many = SkillSet::new(many, Vec::new());
    let none = SkillSet::default();
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        let alone = turn(&none).await?;
        turns.push(turn(&many).await?.saturating_sub(alone));
    }
    all &= report(
        "fifty skills in a turn, the six that ship in equal parts, beyond none",
        &mut turns,
        FIFTY,
    );

    let mut starts = Vec::new();
    let empty = tempfile::tempdir()?;
    for round in 0..=STARTS {
        let with = start(home.path()).await?;
        let without = start(empty.path()).await?;
        // The first one compiles.
        if round > 0 {
            starts.push(with.saturating_sub(without));
        }
    }
    all &= report(
        "a start with fifty cached skills, beyond none",
        &mut starts,
        START,
    );
    Ok(all)
}

fn skills(home: &Path) -> Result<SkillRegistry, Box<dyn Error>> {
    let place = SkillPaths {
        home: home.to_path_buf(),
        cache: home.join("cache"),
        keeps: true,
        compiler: None,
    };
    Ok(SkillRegistry::new(
        place,
        &Config::default(),
        &Events::new(),
    )?)
}

/// Puts a skill into the home, as a file like no other: each has code of its own to be found.
async fn load(
    skills: &SkillRegistry,
    home: &Path,
    kind: &str,
    name: &str,
) -> Result<Arc<Loaded>, Box<dyn Error>> {
    let mut component = std::fs::read(format!("plugins/{kind}.wasm"))?;
    // A custom section: its kind, its length, the length of its name, and its name.
    let length = u8::try_from(name.len())?;
    component.extend_from_slice(&[0, length + 1, length]);
    component.extend_from_slice(name.as_bytes());
    let plugins = home.join("plugins");
    std::fs::create_dir_all(&plugins)?;
    let file = plugins.join(format!("{name}.wasm"));
    std::fs::write(&file, component)?;
    Ok(skills.load(name, &file).await?)
}

async fn hear(set: &SkillSet) -> Result<Duration, Box<dyn Error>> {
    let turn = SkillTransaction::new(1, Duration::from_secs(1), true);
    let heard = Heard {
        text: QUESTION.to_owned(),
        confidence: Some(0.9),
        input: TurnInput::Voice,
        language: None,
    };
    let begin = Instant::now();
    let verdict = set.hear(&turn, heard).await;
    let took = begin.elapsed();
    match verdict {
        Verdict::Ask(asked) if asked == QUESTION => Ok(took),
        other => Err(format!("{other:?}").into()),
    }
}

async fn turn(set: &SkillSet) -> Result<Duration, Box<dyn Error>> {
    let begin = Instant::now();
    hear(set).await?;
    let turn = SkillTransaction::new(1, Duration::from_secs(1), true);
    let said = set.sentence(&turn, 0, ANSWER.to_owned()).await;
    let took = begin.elapsed();
    match said {
        Spoken::Said(said) if said == ANSWER => Ok(took),
        other => Err(format!("{other:?}").into()),
    }
}

/// From nothing to a set in force.
async fn start(home: &Path) -> Result<Duration, Box<dyn Error>> {
    let begin = Instant::now();
    let skills = skills(home)?;
    let following = skills.follow();
    skills.settled(Duration::from_secs(600)).await;
    let took = begin.elapsed();
    let there = skills.current().skills().len();
    let files = jane_skills::files(&home.join("plugins")).len();
    drop(following);
    if there == files {
        Ok(took)
    } else {
        Err(format!("{there} skills of {files} are there").into())
    }
}

/// Prints the figures, and returns whether the median is within the goal.
fn report(what: &str, figures: &mut [Duration], goal: Duration) -> bool {
    figures.sort_unstable();
    let at = |share: f64| figures[((figures.len() - 1) as f64 * share) as usize];
    let met = at(0.5) < goal;
    println!(
        "{what}: median {:.1?}, least {:.1?}, 95 % {:.1?} of {} (goal {goal:?}: {})",
        at(0.5),
        at(0.0),
        at(0.95),
        figures.len(),
        if met { "met" } else { "missed" }
    );
    met
}
