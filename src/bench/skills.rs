//! What skills add to a turn, and to a start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jane_core::event::TurnInput;
use jane_skills::{Heard, SkillSet, SkillTransaction};

use super::metric::{Metric, Unit};
use super::{Bench, Part};

const CALLS: (usize, usize) = (500, 100);

/// A question that no skill answers for sure: most have to look at it and pass.
const QUESTION: &str = "What is the capital of France?";

/// `loading` is how long it took until they were there.
pub async fn measure(bench: &Bench<'_>, loading: Duration, part: &mut Part) {
    let Some(skills) = bench.skills else {
        part.notes
            .push("skills: this machine cannot run any".to_owned());
        return;
    };
    let set = skills.current();
    if set.skills().is_empty() {
        part.notes.push("skills: there are none".to_owned());
        return;
    }
    let name = format!("loading {} skills", set.skills().len());
    part.figures.push(Metric::new(
        "skills.load",
        &name,
        Unit::Seconds,
        [loading.as_secs_f64()],
    ));
    let calls = bench.runs(CALLS);
    for skill in set.skills() {
        let name = skill.name();
        bench.progress(&format!("skills: `{name}` hears {calls} questions"));
        let one = SkillSet::new(vec![Arc::clone(skill)], Vec::new());
        let seconds = hear(&one, calls).await;
        let key = format!("skills.{name}");
        let name = format!("`{name}` hears a question");
        part.figures
            .push(Metric::new(&key, &name, Unit::Seconds, seconds));
    }
    bench.progress("skills: all of them");
    let name = "all skills hear a question";
    part.figures.push(Metric::new(
        "skills.all",
        name,
        Unit::Seconds,
        hear(&set, calls).await,
    ));
}

/// Seconds of each of so many turns in which the skills hear a question; what they do about it is forgotten.
async fn hear(set: &SkillSet, calls: usize) -> Vec<f64> {
    let mut seconds = Vec::new();
    for call in 0..=calls {
        let turn = SkillTransaction::new(1, Duration::from_secs(1), false);
        let heard = Heard {
            text: QUESTION.to_owned(),
            confidence: None,
            input: TurnInput::Text,
            language: None,
        };
        let begun = Instant::now();
        set.hear(&turn, heard).await;
        // The first one warms up.
        if call > 0 {
            seconds.push(begun.elapsed().as_secs_f64());
        }
    }
    seconds
}
