//! What the commands of a typed conversation do, and what is said about lines that are no question.

use std::sync::Arc;

use jane_core::event::Event;
use jane_models::{ModelKind, ModelState};
use serde_json::json;

use super::command::{Meaning, help};
use super::lines::LONGEST_LINE;
use crate::cli::{Session, shown};
use crate::runtime::Runtime;

/// The key that `/model` sets.
const MODEL: &str = "llm.model";

pub struct Acts<'a> {
    session: &'a Session,
    runtime: &'a Arc<Runtime>,
}

impl<'a> Acts<'a> {
    pub fn new(session: &'a Session, runtime: &'a Arc<Runtime>) -> Self {
        Self { session, runtime }
    }

    /// The language models that are installed, by name.
    pub fn models(&self) -> Vec<String> {
        let models = self.session.models.list().into_iter().filter(|model| {
            let is_there = matches!(model.state, ModelState::Installed | ModelState::Outdated);
            model.kind == ModelKind::Llm && is_there
        });
        models.map(|model| model.name).collect()
    }

    /// Answers a command.
    pub async fn act(&self, command: Meaning) {
        match command {
            Meaning::Help => self.tell("help", help()),
            Meaning::Model(None) => self.show_model(),
            Meaning::Model(Some(name)) => self.take_model(name).await,
            Meaning::Unknown { name, meant } => {
                let hint = match meant {
                    Some(meant) => format!("did you mean `{meant}`? "),
                    None => String::new(),
                };
                let hint = format!(
                    "{hint}`/help` shows the commands; a second `/` or a space before it asks it as it is"
                );
                self.fail(&format!("there is no command `{name}`"), Some(hint));
            }
            // What the conversation does itself.
            Meaning::Nothing | Meaning::Question(_) | Meaning::New | Meaning::Quit => {}
        }
    }

    fn show_model(&self) {
        let in_force = self.runtime.in_force();
        let name = &in_force.config.llm.model;
        let models = self.models();
        let shown: Vec<String> = models.iter().map(|model| shown::line(model)).collect();
        let text = format!(
            "the language model is `{}`\ninstalled: {}\n`/model NAME` takes another one for this run; `llm.model` in jane.toml keeps it\n",
            shown::line(name),
            shown.join(", ")
        );
        self.report(
            "model",
            json!({ "model": name, "installed": models, "text": text }),
        );
    }

    async fn take_model(&self, name: String) {
        let (runtime, wanted) = (Arc::clone(self.runtime), name.clone());
        // It goes on where nobody waits for it any longer: a model is replaced whole or not at all.
        let setting = tokio::spawn(async move { runtime.set(MODEL, &wanted).await });
        let text = match setting.await {
            Ok(Ok(true)) => format!(
                "the language model is `{}` for this run; `llm.model` in jane.toml keeps it\n",
                shown::line(&name)
            ),
            Ok(Ok(false)) => format!("the language model is `{}` already\n", shown::line(&name)),
            Ok(Err(error)) => {
                let now = &self.runtime.in_force().config.llm.model;
                let message = format!("the language model stays `{now}`: {error}");
                return self.fail(&message, error.hint());
            }
            Err(error) => return self.fail(&error.to_string(), None),
        };
        self.report("model", json!({ "model": name, "text": text }));
    }

    pub fn began_anew(&self) {
        let text = "a new conversation: what was said before is forgotten, but for what she was told to remember (`jane memory list`)\n";
        self.tell("new", text.to_owned());
    }

    pub fn refuse_long_line(&self) {
        let message = format!("the line is longer than {LONGEST_LINE} bytes and is left out");
        let hint = "ask it in shorter lines".to_owned();
        self.fail(&message, Some(hint));
    }

    /// `count` is how much of a line was no text.
    pub fn warn_of_no_text(&self, count: usize) {
        self.session.events.emit(Event::Warning {
            message: format!(
                "the line is not all text: {count} characters of it were left out or replaced"
            ),
            hint: Some("lines are text in UTF-8; `@FILE` asks a recording".to_owned()),
        });
    }

    /// Tells lines of the program's own.
    pub fn tell(&self, command: &'static str, text: String) {
        self.report(command, json!({ "text": text }));
    }

    fn report(&self, command: &'static str, report: serde_json::Value) {
        self.session.events.emit(Event::Report { command, report });
    }

    fn fail(&self, message: &str, hint: Option<String>) {
        self.session.events.emit(Event::Error {
            message: message.to_owned(),
            hint,
            code: 1,
        });
    }
}
