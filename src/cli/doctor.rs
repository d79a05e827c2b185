//! `jane doctor`: looks at everything a conversation needs, and says how to mend what is wrong.

use std::path::{Path, PathBuf};

use jane_audio::{DeviceInfo, input_devices, output_devices};
use jane_config::Config;
use jane_core::event::{EngineKind, Event, Events};
use jane_engines::memory::Report;
use jane_engines::wanted_models;
use jane_engines::worker::Installation;
use jane_models::{ModelKind, ModelStore};
use jane_worker::{Llama, Piper, Protocol, Whisper};
use serde::Serialize;
use serde_json::json;

use super::session::{configuration, installation, installed};
use super::shown;
use super::talk::{DETECTOR_HINT, voice_detector};
use super::{Common, Failure};
use crate::runtime::{self, Factory, check};

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Fine,
    /// She works, with less.
    Note,
    /// She cannot answer.
    Broken,
}

#[derive(Debug, Serialize)]
struct Finding {
    subject: String,
    standing: Standing,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Collects findings.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        subject: &str,
        standing: Standing,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.0.push(Finding {
            subject: subject.to_owned(),
            standing,
            message: message.into(),
            hint,
        });
    }

    fn fine(&mut self, subject: &str, message: impl Into<String>) {
        self.add(subject, Standing::Fine, message, None);
    }
}

/// # Errors
/// Where something is broken, after all of it was reported.
pub async fn run(common: &Common, events: &Events) -> Result<(), Failure> {
    let mut findings = Findings::default();
    let (mut memory, mut detector) = (None, None);
    match configuration(common) {
        Ok((home, _, mut config)) => {
            findings.fine(
                "jane.toml",
                format!("in order, home is `{}`", home.display()),
            );
            models(&mut config, &home, &mut findings);
            log_directory(&config.log_directory(&home), &mut findings);
            detector = Some(voice_detector(&config.models_directory(&home), &home).map(drop));
            memory = Some(engines(home, &config, events, &mut findings).await?);
        }
        Err(failure) => {
            let Event::Error { message, hint, .. } = failure.into_event() else {
                return Ok(());
            };
            findings.add("jane.toml", Standing::Broken, message, hint);
        }
    }
    programs(&installation()?, &mut findings);
    machine(&mut findings);
    // Listing devices talks to sound servers, which may take their time.
    let devices = tokio::task::spawn_blocking(|| (output_devices(), input_devices())).await;
    let (outputs, inputs) = devices.map_err(|error| Failure::failed(error.to_string()))?;
    sound(
        "loudspeaker",
        &outputs,
        "answers are written to files and shown as text",
        &mut findings,
    );
    sound(
        "microphone",
        &inputs,
        "questions are typed, or asked with `jane ask --wav`",
        &mut findings,
    );
    if let Some(detector) = &detector {
        match detector {
            Ok(()) => findings.fine("voice detection", "voices are told from noise by Silero"),
            Err(message) => {
                let hint = Some(DETECTOR_HINT.to_owned());
                findings.add("voice detection", Standing::Note, message.as_str(), hint);
            }
        }
    }
    graphics(&mut findings);

    let broken = findings
        .0
        .iter()
        .filter(|finding| finding.standing == Standing::Broken)
        .count();
    let mut text: String = findings.0.iter().map(line).collect();
    if let Some(memory) = &memory {
        text.push_str("\nmemory, with every engine loaded:\n");
        let lines = memory.lines();
        let lines = lines.iter().map(|line| shown::line(line));
        text.extend(lines.map(|line| format!("  {line}\n")));
    }
    let report =
        json!({ "findings": findings.0, "broken": broken, "memory": memory, "text": text });
    events.emit(Event::Report {
        command: "doctor",
        report,
    });
    match broken {
        0 => Ok(()),
        1 => Err(Failure::failed(
            "one thing has to be mended before she can answer",
        )),
        broken => Err(Failure::failed(format!(
            "{broken} things have to be mended before she can answer"
        ))),
    }
}

fn line(finding: &Finding) -> String {
    let mark = match finding.standing {
        Standing::Fine => "ok    ",
        Standing::Note => "note  ",
        Standing::Broken => "BROKEN",
    };
    let hint = finding
        .hint
        .as_ref()
        .map(|hint| format!("              hint: {}\n", shown::text(hint)))
        .unwrap_or_default();
    let (subject, message) = (shown::line(&finding.subject), shown::text(&finding.message));
    format!("{mark}  {subject}: {message}\n{hint}")
}

fn models(config: &mut Config, home: &Path, findings: &mut Findings) {
    let store = match ModelStore::open(&config.models_directory(home)) {
        Ok(store) => store,
        Err(error) => {
            return findings.add("models", Standing::Broken, error.to_string(), error.hint());
        }
    };
    let cache = runtime::cache(&config.models_directory(home));
    if let Some(candidates) = runtime::resolve(config, &store, cache.as_deref()) {
        let name = &config.llm.model;
        let better = candidates.iter().take_while(|one| one.name != *name);
        let (missing, unsuited): (Vec<_>, Vec<_>) = better.partition(|one| one.against.is_none());
        let because = match (missing.first(), unsuited.len()) {
            (Some(first), _) => format!(
                "the best that is installed; `{}` would do more: `jane models pull` fetches it where it can be reached",
                first.name
            ),
            (None, 0) => "the best of the catalogue".to_owned(),
            (None, _) => "the best that suits this machine".to_owned(),
        };
        let message =
            format!("`auto` is `{name}`, {because} (`jane models choose` shows them all)");
        findings.fine("llm.model", message);
    }
    for (kind, name) in wanted_models(config) {
        match store.resolve(kind, name, home) {
            Ok(_) => findings.fine(kind.as_str(), format!("`{name}` is installed")),
            Err(error) => findings.add(
                kind.as_str(),
                match kind {
                    // The words alone tell then whether somebody is done.
                    ModelKind::Turn => Standing::Note,
                    _ => Standing::Broken,
                },
                error.to_string(),
                error.hint(),
            ),
        }
    }
}

/// Has every engine do something, one after the other, and returns what they take.
async fn engines(
    home: PathBuf,
    config: &Config,
    events: &Events,
    findings: &mut Findings,
) -> Result<Report, Failure> {
    let installed = installed(home, config, events)?;
    // What cannot be built for want of a model was said already.
    let engines = installed.engines(config);
    if let Ok(engines) = &engines {
        for role in [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts] {
            match check(role, engines, config).await {
                Ok(()) => findings.fine(&role.to_string(), "works"),
                Err(error) => findings.add(
                    &role.to_string(),
                    Standing::Broken,
                    error.to_string(),
                    error.hint(),
                ),
            }
        }
    }
    let memory = installed.workers.memory.clone();
    let measured = tokio::task::spawn_blocking(move || {
        memory.measure();
        memory.report()
    });
    let report = measured.await;
    drop(engines);
    report.map_err(|error| Failure::failed(error.to_string()))
}

fn log_directory(directory: &Path, findings: &mut Findings) {
    let place = directory.display();
    let usable = std::fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
    match usable {
        Ok(_) => findings.fine("log", format!("`{place}` is writable")),
        Err(error) => {
            let hint = "make it writable, or name another one with `log.directory`".to_owned();
            findings.add(
                "log",
                Standing::Broken,
                format!("cannot write to `{place}`: {error}"),
                Some(hint),
            );
        }
    }
}

fn programs(installation: &Installation, findings: &mut Findings) {
    for worker in [Whisper::WORKER, Llama::WORKER, Piper::WORKER] {
        let program = installation
            .programs
            .join(format!("{worker}{}", std::env::consts::EXE_SUFFIX));
        if program.is_file() {
            findings.fine(worker, "is there");
        } else {
            let hint = Some("build or install all of Jane's programs together".to_owned());
            findings.add(
                worker,
                Standing::Broken,
                format!("`{}` is missing", program.display()),
                hint,
            );
        }
    }
    match &installation.phoneme_data {
        Some(_) => findings.fine("phonemes", "espeak-ng's data is there"),
        None => {
            let hint = Some("`make install` puts it beside the programs".to_owned());
            findings.add(
                "phonemes",
                Standing::Broken,
                "espeak-ng's data is missing",
                hint,
            );
        }
    }
}

fn machine(findings: &mut Findings) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    match jane_platform::machine_memory() {
        Some((total, available)) => findings.fine(
            "machine",
            format!(
                "{cores} cores, {:.1} GB of memory, {:.1} GB available",
                gigabytes(total),
                gigabytes(available)
            ),
        ),
        None => findings.fine("machine", format!("{cores} cores")),
    }
}

fn sound(subject: &str, devices: &[DeviceInfo], without: &str, findings: &mut Findings) {
    if devices.is_empty() {
        let hint = Some("connect a device, or start a sound server".to_owned());
        return findings.add(
            subject,
            Standing::Note,
            format!("none found: {without}"),
            hint,
        );
    }
    let names: Vec<String> = devices
        .iter()
        .map(|device| {
            format!(
                "`{}`{}",
                device.name,
                if device.is_default { " (default)" } else { "" }
            )
        })
        .collect();
    findings.fine(subject, names.join(", "));
}

fn graphics(findings: &mut Findings) {
    let features: Vec<&str> = [
        ("cuda", cfg!(feature = "cuda")),
        ("vulkan", cfg!(feature = "vulkan")),
        ("metal", cfg!(feature = "metal")),
    ]
    .into_iter()
    .filter_map(|(name, on)| on.then_some(name))
    .collect();
    if features.is_empty() {
        findings.add(
            "graphics",
            Standing::Note,
            "built for the CPU alone",
            Some("build with `--features cuda`, `vulkan` or `metal`".to_owned()),
        );
    } else {
        findings.fine("graphics", format!("built with {}", features.join(", ")));
    }
}
