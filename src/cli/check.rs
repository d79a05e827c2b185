//! `jane check`: is everything in order that `jane.toml` names? Changes nothing and loads no engine.

use serde_json::json;

use super::session::configuration;
use super::{Common, Failure};
use crate::backend::wanted_models;
use crate::event::{Event, Events};
use crate::model::{ModelError, ModelStore};
use crate::runtime;

pub fn run(common: &Common, events: &Events) -> Result<(), Failure> {
    let (home, _, mut config) = configuration(common)?;
    let store = ModelStore::open(&config.models_directory(&home))?;
    runtime::resolve(&mut config, &store, None);
    let mut problems = Vec::new();
    let mut text = format!("configuration of `{}`: in order\n", home.display());
    for (kind, name) in wanted_models(&config) {
        match store.resolve(kind, name, &home) {
            Ok(_) => text.push_str(&format!("{kind:<10}`{name}`: in order\n")),
            Err(error) => {
                text.push_str(&format!("{kind:<10}`{name}`: {error}\n"));
                problems.push(error);
            }
        }
    }
    // A configuration that was loaded has an address, or none.
    let listen = config.metrics.listen().unwrap_or_default();
    if let Some((message, hint)) = listen.and_then(|listen| listen.warning()) {
        let hint = Some(hint);
        events.emit(Event::Warning { message, hint });
    }
    let messages: Vec<String> = problems.iter().map(ModelError::to_string).collect();
    let report = json!({ "home": home, "problems": messages, "text": text });
    events.emit(Event::Report {
        command: "check",
        report,
    });
    match (problems.len(), problems.into_iter().next()) {
        (0, _) | (_, None) => Ok(()),
        (1, Some(problem)) => Err(problem.into()),
        (several, Some(_)) => {
            let failure = Failure::failed(format!("{several} models are not in order"));
            Err(failure.hint("`jane models pull` fetches what jane.toml names"))
        }
    }
}
