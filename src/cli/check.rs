//! `jane check`: is everything in order that `jane.toml` names? Changes nothing and loads no engine.

use jane_core::event::{Event, Events};
use jane_engines::{server_errors, wanted_models};
use jane_models::{ModelKind, ModelStore};
use serde_json::json;

use super::session::configuration;
use super::shown::{self, line};
use super::{Common, Failure};
use crate::runtime;

pub fn run(common: &Common, events: &Events) -> Result<(), Failure> {
    let (home, _, mut config) = configuration(common)?;
    let store = ModelStore::open(&config.models_directory(&home))?;
    runtime::resolve(&mut config, &store, None);
    let mut problems: Vec<(String, Failure)> = Vec::new();
    let place = line(&home.display().to_string());
    let mut text = format!("configuration of `{place}`: in order\n");
    for (kind, name) in wanted_models(&config) {
        match store.resolve(kind, name, &home) {
            Ok(_) => text.push_str(&format!("{kind:<10}`{}`: in order\n", line(name))),
            Err(error) => {
                let reason = shown::text(&error.to_string());
                text.push_str(&format!("{kind:<10}`{}`: {reason}\n", line(name)));
                // Without what hears whether somebody is done, the words alone tell.
                if kind != ModelKind::Turn {
                    problems.push((error.to_string(), error.into()));
                }
            }
        }
    }
    for error in server_errors(&config, &home) {
        text.push_str(&format!("server    {}\n", shown::text(&error.to_string())));
        problems.push((error.to_string(), error.into()));
    }
    // A configuration that was loaded has an address, or none.
    let listen = config.metrics.listen().unwrap_or_default();
    if let Some((message, hint)) = listen.and_then(|listen| listen.warning()) {
        let hint = Some(hint);
        events.emit(Event::Warning { message, hint });
    }
    let messages: Vec<&String> = problems.iter().map(|(message, _)| message).collect();
    let report = json!({ "home": home, "problems": messages, "text": text });
    events.emit(Event::Report {
        command: "check",
        report,
    });
    match (problems.len(), problems.into_iter().next()) {
        (0, _) | (_, None) => Ok(()),
        (1, Some((_, problem))) => Err(problem),
        (several, Some(_)) => {
            let failure = Failure::failed(format!("{several} things are not in order"));
            Err(failure.hint("`jane models pull` fetches the models that jane.toml names"))
        }
    }
}
