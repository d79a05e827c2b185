//! The language model that suits this machine: `jane models choose`, and what `jane models pull` fetches for `auto`.
//!
//! Whether a model can be had is asked before anything is fetched, and a network without Hugging Face is told of once.

use std::collections::BTreeMap;

use jane_core::event::Event;
use jane_models::{Candidate, Reach, within_reach};
use serde_json::json;

use super::model_tables;
use super::models::{pull_one, report};
use super::{Failure, Session};
use crate::runtime;

/// Shows the models that may be chosen, what they take, and which can be had.
pub async fn choose(session: &Session) -> Result<(), Failure> {
    let candidates = match &session.candidates {
        Some(candidates) => candidates.clone(),
        None => {
            let cache = runtime::cache(&session.config.models_directory(session.home()));
            let capacity = runtime::capacity(&session.config, cache.as_deref());
            session.models.candidates(&capacity)
        }
    };
    let reaches = session.models.reaches(&candidates).await;
    let name = |one: &Candidate| one.name.clone();
    let used = session.models.chosen(&candidates).map(name);
    let best = within_reach(&candidates, &reaches).map(name);
    let is_there = |used: &String| {
        let mut installed = candidates.iter().filter(|one| one.is_installed);
        installed.any(|one| one.name == *used)
    };
    // What is not there is used when it was fetched, and what can be fetched is the best within reach.
    let chosen = match used.clone().filter(is_there) {
        Some(used) => Some(used),
        None => best.clone().or(used),
    };
    let mut text = model_tables::choose(&candidates, &reaches, chosen.as_deref());
    text.push_str(&match &session.candidates {
        Some(_) => "`llm.model` is \"auto\": the marked one is used".to_owned(),
        None => format!(
            "`llm.model` is \"{}\"; with \"auto\" the marked one would be used",
            session.config.llm.model
        ),
    });
    if let Some(best) = best.filter(|best| chosen.as_ref() != Some(best)) {
        text.push_str(&format!("; `jane models pull` fetches `{best}`"));
    }
    let both = candidates.iter().zip(&reaches);
    let candidates: Vec<_> = both
        .map(|(one, reach)| {
            let (reach, source) = match reach {
                None => (None, None),
                Some(Reach::Found(source)) => (Some("found"), Some(source)),
                Some(Reach::Untried(source)) => (Some("untried"), Some(source)),
                Some(Reach::Nowhere(reason)) => (Some("nowhere"), Some(reason)),
            };
            json!({
                "name": one.name, "bytes": one.size, "memory_bytes": one.memory, "licence": one.licence,
                "context": one.context, "on_device": one.on_device, "tokens_per_second": one.tokens_per_second,
                "installed": one.is_installed, "against": one.against, "reach": reach, "source": source,
            })
        })
        .collect();
    let value =
        json!({ "chosen": chosen, "auto": session.candidates.is_some(), "candidates": candidates });
    report(session, "models choose", value, super::shown::text(&text));
    Ok(())
}

/// The best of `candidates` that is suited and can be had; where none is suited, the one that is chosen all the same.
pub async fn pull_best(
    session: &Session,
    candidates: &[Candidate],
    force: bool,
) -> Result<(), Failure> {
    let reaches = session.models.reaches(candidates).await;
    let mut suited = Vec::new();
    let mut out_of_reach: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (candidate, reach) in candidates.iter().zip(&reaches) {
        match reach {
            _ if candidate.against.is_some() => {}
            Some(Reach::Nowhere(reason)) => {
                out_of_reach
                    .entry(reason)
                    .or_default()
                    .push(&candidate.name);
            }
            _ => suited.push(candidate),
        }
    }
    for (reason, names) in out_of_reach {
        let (first, others) = (
            names.first().copied().unwrap_or(""),
            names.len().saturating_sub(1),
        );
        let also = match others {
            0 => String::new(),
            _ => format!(" (nor {others} others that would be suited)"),
        };
        session.events.emit(Event::ModelStep {
            model: first.to_owned(),
            step: format!("cannot be reached{also}: {reason}"),
        });
    }
    if suited.is_empty() {
        suited.extend(session.models.chosen(candidates));
    }
    let mut last = None;
    for candidate in suited {
        match pull_one(session, &candidate.name, force).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_of_one_model() => {
                session.events.emit(Event::ModelStep {
                    model: candidate.name.clone(),
                    step: format!("cannot be had; the next one is tried: {error}"),
                });
                last = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    last.map_or(Ok(()), |error| Err(error.into()))
}
