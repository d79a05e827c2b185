//! `jane models`: the models directory.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use jane_core::event::{Event, Events};
use jane_engines::wanted_models;
use jane_models::{
    Candidate, ModelError, ModelKind, ModelState, ModelStatus, Progress, Pulled, WeightFormat,
};
use parking_lot::Mutex;
use serde_json::json;

use super::model_tables::{self, megabytes};
use super::shown;
use super::{Failure, Session, choose};

/// Bytes between two reports of progress.
const REPORT_EVERY: u64 = 1 << 20;

#[derive(clap::Subcommand)]
pub enum Models {
    /// Show every model that is known or installed
    List,
    /// Show which language models suit this machine, and which one is chosen where `llm.model` is "auto"
    Choose,
    /// Fetch models by name; without a name, what jane.toml names
    Pull {
        names: Vec<String>,
        /// Fetch again what is installed and intact
        #[arg(long)]
        force: bool,
    },
    /// Hash installed models again; without a name, all of them
    Verify { names: Vec<String> },
    /// Delete a model's files
    Remove {
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Take in a model file (.gguf, ggml .bin, .onnx with its .onnx.json) or a directory of CTranslate2 Whisper weights
    Import {
        path: PathBuf,
        /// What to call it; by default its file name
        #[arg(long)]
        name: Option<String>,
        /// stt, llm or tts; by default what its content says
        #[arg(long)]
        kind: Option<ModelKind>,
        /// How a Whisper model's weights are stored: f16, q8_0, q5_1, q5_0 or q4_0; by default as they come
        #[arg(long)]
        format: Option<WeightFormat>,
    },
}

impl Models {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::List => list(session),
            Self::Choose => choose::choose(session).await,
            Self::Pull { names, force } => pull(session, names, force).await,
            Self::Verify { names } => verify(session, names).await,
            Self::Remove { names } => remove(session, &names),
            Self::Import {
                path,
                name,
                kind,
                format,
            } => import(session, path, name, kind, format).await,
        }
    }
}

/// Tells of `value`, and of it in words.
pub(super) fn report(
    session: &Session,
    command: &'static str,
    mut value: serde_json::Value,
    text: String,
) {
    if let Some(object) = value.as_object_mut() {
        object.insert("text".to_owned(), text.into());
    }
    session.events.emit(Event::Report {
        command,
        report: value,
    });
}

fn list(session: &Session) -> Result<(), Failure> {
    let models = session.models.list();
    let text = shown::text(&model_tables::list(&models));
    let models: Vec<_> = models.iter().map(status).collect();
    report(session, "models list", json!({ "models": models }), text);
    Ok(())
}

fn status(model: &ModelStatus) -> serde_json::Value {
    let (state, reason) = match &model.state {
        ModelState::Installed => ("installed", None),
        ModelState::Available => ("available", None),
        ModelState::Outdated => ("outdated", None),
        ModelState::Damaged { reason } => ("damaged", Some(reason)),
    };
    json!({
        "name": model.name, "kind": model.kind, "state": state, "reason": reason, "bytes": model.size,
        "licence": model.licence, "languages": model.languages, "context": model.context, "description": model.description,
        "imported_from": model.imported_from,
    })
}

/// The models that jane.toml names by name.
fn named_by_configuration(session: &Session) -> Vec<String> {
    let known = session.models.list();
    let wanted = wanted_models(&session.config).into_iter();
    let mut names: Vec<String> = wanted.map(|(_, name)| name.to_owned()).collect();
    // A path is somebody's own file; there is nothing to fetch.
    names.retain(|name| known.iter().any(|model| model.name == *name));
    names
}

async fn pull(session: &Session, names: Vec<String>, force: bool) -> Result<(), Failure> {
    if names.is_empty()
        && let Some(candidates) = &session.candidates
    {
        return pull_configured(session, candidates, force).await;
    }
    let names = if names.is_empty() {
        named_by_configuration(session)
    } else {
        names
    };
    pull_all(session, &names, force).await
}

/// What the configuration names, and of the language models the best that is suited and can be reached.
async fn pull_configured(
    session: &Session,
    candidates: &[Candidate],
    force: bool,
) -> Result<(), Failure> {
    let mut names = named_by_configuration(session);
    names.retain(|name| !candidates.iter().any(|one| one.name == *name));
    pull_all(session, &names, force).await?;
    choose::pull_best(session, candidates, force).await
}

async fn pull_all(session: &Session, names: &[String], force: bool) -> Result<(), Failure> {
    for name in names {
        pull_one(session, name, force).await?;
    }
    Ok(())
}

/// Fetches the model `name`, and tells how that goes.
pub(super) async fn pull_one(session: &Session, name: &str, force: bool) -> Result<(), ModelError> {
    let progress = Reporter::new(&session.events, name);
    let step = match session.models.pull(name, force, &progress).await? {
        Pulled::AlreadyInstalled { .. } => "already installed and intact".to_owned(),
        Pulled::Renewed { size } => format!(
            "renewed from what was installed, {}; nothing was fetched",
            megabytes(size)
        ),
        Pulled::Installed {
            size,
            source,
            not_pinned,
        } => {
            if !not_pinned.is_empty() {
                let files = not_pinned.join("`, `");
                let message = format!(
                    "the catalogue has no checksum for `{files}`: what arrived was taken as it is"
                );
                session.events.emit(Event::Warning {
                    message,
                    hint: None,
                });
            }
            format!("installed, {} from {source}", megabytes(size))
        }
    };
    progress.step(&step);
    Ok(())
}

async fn verify(session: &Session, names: Vec<String>) -> Result<(), Failure> {
    let names = if names.is_empty() {
        let installed = session
            .models
            .list()
            .into_iter()
            .filter(|model| model.state != ModelState::Available);
        installed.map(|model| model.name).collect()
    } else {
        names
    };
    if names.is_empty() {
        return Err(Failure::failed("no model is installed")
            .hint("`jane models pull` fetches what jane.toml names"));
    }
    let mut first = None;
    for name in names {
        let (store, owned) = (session.models.clone(), name.clone());
        let verified = tokio::task::spawn_blocking(move || store.verify(&owned)).await;
        let step = match verified.map_err(|error| Failure::failed(error.to_string()))? {
            Ok(verified) => format!(
                "intact ({} files, {})",
                verified.files,
                megabytes(verified.size)
            ),
            Err(error) => {
                session.events.emit(Event::Warning {
                    message: error.to_string(),
                    hint: error.hint(),
                });
                first.get_or_insert(error);
                continue;
            }
        };
        session.events.emit(Event::ModelStep { model: name, step });
    }
    first.map_or(Ok(()), |error| Err(error.into()))
}

fn remove(session: &Session, names: &[String]) -> Result<(), Failure> {
    for name in names {
        session.models.remove(name)?;
        session.events.emit(Event::ModelStep {
            model: name.clone(),
            step: "removed".to_owned(),
        });
    }
    Ok(())
}

async fn import(
    session: &Session,
    path: PathBuf,
    name: Option<String>,
    kind: Option<ModelKind>,
    format: Option<WeightFormat>,
) -> Result<(), Failure> {
    let store = session.models.clone();
    let imported =
        tokio::task::spawn_blocking(move || store.import(&path, kind, name.as_deref(), format))
            .await;
    let files = imported.map_err(|error| Failure::failed(error.to_string()))??;
    let step = format!("imported as a model for `{}`", files.kind);
    session.events.emit(Event::ModelStep {
        model: files.name,
        step,
    });
    Ok(())
}

/// Turns the progress of a pull into events, at most one for each megabyte.
struct Reporter<'a> {
    events: &'a Events,
    model: &'a str,
    total: Mutex<Option<u64>>,
    reported: AtomicU64,
}

impl<'a> Reporter<'a> {
    fn new(events: &'a Events, model: &'a str) -> Self {
        Self {
            events,
            model,
            total: Mutex::new(None),
            reported: AtomicU64::new(0),
        }
    }
}

impl Progress for Reporter<'_> {
    fn started(&self, _name: &str, total_bytes: Option<u64>) {
        *self.total.lock() = total_bytes;
        self.reported.store(0, Ordering::Relaxed);
    }

    fn advanced(&self, bytes_so_far: u64) {
        let last = self.reported.load(Ordering::Relaxed);
        if bytes_so_far >= last.saturating_add(REPORT_EVERY) {
            self.reported.store(bytes_so_far, Ordering::Relaxed);
            let of_bytes = *self.total.lock();
            self.events.emit(Event::ModelProgress {
                model: self.model.to_owned(),
                bytes: bytes_so_far,
                of_bytes,
            });
        }
    }

    fn step(&self, text: &str) {
        self.events.emit(Event::ModelStep {
            model: self.model.to_owned(),
            step: text.to_owned(),
        });
    }

    fn finished(&self) {}
}
