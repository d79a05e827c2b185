//! `jane models`: the models directory.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::{Failure, Session};
use crate::backend::wanted_models;
use crate::event::{Event, Events};
use crate::model::{
    Candidate, ModelError, ModelKind, ModelState, ModelStatus, Progress, Pulled, WeightFormat,
};
use crate::runtime;

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
            Self::Choose => choose(session),
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

fn report(session: &Session, command: &'static str, mut value: serde_json::Value, text: String) {
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
    let width = models
        .iter()
        .map(|model| model.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for kind in ModelKind::ALL {
        for model in models.iter().filter(|model| model.kind == kind) {
            let (mark, note) = match &model.state {
                ModelState::Installed => ("installed", String::new()),
                ModelState::Available => ("-", String::new()),
                ModelState::Outdated => (
                    "installed",
                    format!(
                        " (of an older catalogue: `jane models pull {}` renews it)",
                        model.name
                    ),
                ),
                ModelState::Damaged { reason } => ("damaged", format!(" ({reason})")),
            };
            let size = model.size.map_or_else(|| "?".to_owned(), megabytes);
            let licence = model.licence.as_deref().unwrap_or("licence unknown");
            let (name, description) = (&model.name, &model.description);
            text.push_str(&format!(
                "{kind:<10}{name:<width$}  {mark:<10}{size:>9}  {licence}  {description}{note}\n"
            ));
        }
    }
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
        "licence": model.licence, "languages": model.languages, "description": model.description,
        "imported_from": model.imported_from,
    })
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes.div_ceil(1_000_000))
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

fn choose(session: &Session) -> Result<(), Failure> {
    let candidates = match &session.candidates {
        Some(candidates) => candidates.clone(),
        None => {
            let cache = runtime::cache(&session.config.models_directory(session.home()));
            let capacity = runtime::capacity(&session.config, cache.as_deref());
            session.models.candidates(&capacity)
        }
    };
    let chosen = session
        .models
        .chosen(&candidates)
        .map(|one| one.name.clone());
    let width = candidates
        .iter()
        .map(|one| one.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for one in &candidates {
        let mark = if chosen.as_ref() == Some(&one.name) {
            "->"
        } else {
            "  "
        };
        let speed = match one.tokens_per_second {
            Some(speed) => format!("{speed:.0} tokens/s"),
            None => "graphics card".to_owned(),
        };
        let note = match (&one.against, one.is_installed) {
            (Some(against), _) => format!("not suited: it {against}"),
            (None, true) => "suited, installed".to_owned(),
            (None, false) => "suited; `jane models pull` tries it in this order".to_owned(),
        };
        text.push_str(&format!(
            "{mark} {:<width$}  {:>8}  {:>8} of memory  {speed:>14}  {}  {note}\n",
            one.name,
            megabytes(one.size),
            megabytes(one.memory),
            one.licence
        ));
    }
    let told = match &session.candidates {
        Some(_) => "`llm.model` is \"auto\": the marked one is used".to_owned(),
        None => format!(
            "`llm.model` is \"{}\"; with \"auto\" the marked one would be used",
            session.config.llm.model
        ),
    };
    text.push_str(&told);
    let candidates: Vec<_> = candidates
        .iter()
        .map(|one| {
            json!({
                "name": one.name, "bytes": one.size, "memory_bytes": one.memory, "licence": one.licence,
                "on_device": one.on_device, "tokens_per_second": one.tokens_per_second,
                "installed": one.is_installed, "against": one.against,
            })
        })
        .collect();
    let value =
        json!({ "chosen": chosen, "auto": session.candidates.is_some(), "candidates": candidates });
    report(session, "models choose", value, text);
    Ok(())
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
    let suited = candidates.iter().filter(|one| one.against.is_none());
    let chosen = session.models.chosen(candidates);
    let mut unreachable = None;
    for candidate in suited.chain(chosen) {
        match pull_one(session, &candidate.name, force).await {
            Err(error @ ModelError::Unreachable { .. }) => {
                session.events.emit(Event::ModelStep {
                    model: candidate.name.clone(),
                    step: "cannot be reached; the next one is tried".to_owned(),
                });
                unreachable = Some(error);
            }
            done => return Ok(done?),
        }
    }
    unreachable.map_or(Ok(()), |error| Err(error.into()))
}

async fn pull_all(session: &Session, names: &[String], force: bool) -> Result<(), Failure> {
    for name in names {
        pull_one(session, name, force).await?;
    }
    Ok(())
}

async fn pull_one(session: &Session, name: &str, force: bool) -> Result<(), ModelError> {
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
        *self
            .total
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = total_bytes;
        self.reported.store(0, Ordering::Relaxed);
    }

    fn advanced(&self, bytes_so_far: u64) {
        let last = self.reported.load(Ordering::Relaxed);
        if bytes_so_far >= last.saturating_add(REPORT_EVERY) {
            self.reported.store(bytes_so_far, Ordering::Relaxed);
            let of_bytes = *self
                .total
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
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
