//! What was measured, as one value: written as Markdown for people and as JSON for programs, and compared with the last one.

mod compare;
mod markdown;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jane_config::Config;
use jane_engines::wanted_models;
use jane_files::hexadecimal;
use jane_models::ModelKind;
use jane_skills::SkillSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Section;
use super::endpointing::Row;
use super::goal::Judgement;
use super::machine::{Disturbance, MachineFacts};
use super::metric::{Metric, Summary};
use super::recordings::Recordings;
use super::stt::Kind;
use super::{Bench, Options};

/// Where in the log directory reports are kept, to be compared with.
const KEPT: &str = "benchmarks";

/// Reports that are kept.
const MOST: usize = 20;

/// Bytes of the largest report that is read.
const LARGEST: u64 = 16 << 20;

/// A measurement, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub stamp: RunInfo,
    pub machine: MachineFacts,
    /// During the whole run, and during each of its parts.
    pub disturbance: Disturbance,
    #[serde(default)]
    pub parts: Vec<(Section, Disturbance)>,
    pub goals: Vec<Judgement>,
    pub figures: Vec<Metric>,
    /// What was heard, by kind of recordings.
    pub kinds: Vec<Kind>,
    /// When somebody is taken to be done, by rule and kind of recordings.
    #[serde(default)]
    pub endings: Vec<Row>,
    /// Where the time of a turn from a recording goes: stages one after the other.
    pub turn: Vec<Stage>,
    /// When each stage of a live turn was there, from the last sample of the question.
    pub live: Vec<Stage>,
    pub notes: Vec<String>,
    /// Sections that failed: why, and what to do about it.
    pub failures: Vec<(Section, String, Option<String>)>,
}

/// When and with what it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    pub version: String,
    /// RFC 3339, in UTC.
    pub at: String,
    pub quick: bool,
    /// Those that were chosen; all where it is empty.
    pub sections: Vec<Section>,
    pub models: Vec<Model>,
    /// SHA-256 of what the configuration says of the engines and of what they are told, in hexadecimal.
    #[serde(default)]
    pub engines: String,
    /// Names of the skills in force.
    #[serde(default)]
    pub skills: Vec<String>,
    /// `None` where they cannot be read.
    #[serde(default)]
    pub recordings: Option<Heard>,
}

/// The recordings that were recognised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Of their directory; `None` for those that ship.
    pub directory: Option<String>,
    pub clips: usize,
}

/// A model that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub kind: String,
    pub name: String,
    /// Of its main file, in hexadecimal; `None` where it is not there.
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
}

/// A stage of a turn and its median, in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub name: String,
    pub seconds: f64,
}

impl Stage {
    pub(super) fn median(name: &str, values: impl IntoIterator<Item = f64>) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            seconds: Summary::of(values)?.median,
        })
    }
}

impl RunInfo {
    pub(super) fn of(bench: &Bench<'_>) -> Self {
        let Options {
            quick,
            ref sections,
            ..
        } = bench.options;
        let models = wanted_models(bench.config);
        let skills = bench.skills.map(jane_skills::SkillRegistry::current);
        let names = |set: Arc<SkillSet>| {
            let skills = set.skills().iter();
            skills.map(|skill| skill.name().to_owned()).collect()
        };
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
            quick,
            sections: sections.clone(),
            models: models
                .into_iter()
                .map(|(kind, name)| model(bench, kind, name))
                .collect(),
            engines: digest(bench.config),
            skills: skills.map(names).unwrap_or_default(),
            recordings: recordings(bench.options.recordings.as_deref()),
        }
    }
}

/// Names what the configuration says of the engines and of what they are told, without telling it.
fn digest(config: &Config) -> String {
    let Config {
        assistant,
        stt,
        llm,
        tts,
        context,
        plugins,
        memory,
        ..
    } = config;
    let told = (assistant, stt, llm, tts, context, plugins, memory);
    // A configuration was read from text, and can be written as text.
    let text = serde_json::to_string(&told).unwrap_or_default();
    hexadecimal(&Sha256::digest(text))
}

fn recordings(directory: Option<&Path>) -> Option<Heard> {
    let clips = Recordings::open(directory).ok()?.clips.len();
    let name = |directory: &Path| {
        let directory = directory.canonicalize().ok()?;
        Some(directory.file_name()?.to_string_lossy().into_owned())
    };
    Some(Heard {
        directory: directory.and_then(name),
        clips,
    })
}

fn model(bench: &Bench<'_>, kind: ModelKind, name: &str) -> Model {
    let files = bench.models.resolve(kind, name, &bench.installed.home);
    let content = files
        .ok()
        .and_then(|files| jane_files::hash(&files.main).ok());
    Model {
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        bytes: content.as_ref().map(|content| content.size),
        sha256: content.map(|content| content.sha256),
    }
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written to `{path}`: {reason}")]
pub struct ReportError {
    path: PathBuf,
    reason: String,
}

impl Report {
    /// Whether it can be written at `path`, as far as that can be known before.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn check_place(path: &Path) -> Result<(), ReportError> {
        let failed = |reason: String| ReportError {
            path: path.to_path_buf(),
            reason,
        };
        if path.is_dir() {
            return Err(failed("it is a directory".to_owned()));
        }
        let trial = tempfile::NamedTempFile::new_in(directory_of(path));
        trial.map(drop).map_err(|error| failed(error.to_string()))
    }

    /// Writes it for people, with what changed since `last`. The file appears whole.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path, last: Option<&Self>) -> Result<(), ReportError> {
        write_whole(path, self.markdown(last).as_bytes())
    }

    /// What disturbed the run and its parts, in words; empty where nothing did. A part is shorter than the run, and is disturbed by what
    /// hardly shows in all of it.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let whole = self.disturbance.warnings().into_iter();
        let whole = whole.map(|warning| format!("This run was disturbed: {warning}"));
        let parts = self.parts.iter().flat_map(|(section, disturbance)| {
            let name = section.name();
            let warnings = disturbance.warnings().into_iter();
            warnings.map(move |warning| format!("`{name}` was disturbed: {warning}"))
        });
        whole.chain(parts).collect()
    }

    /// Keeps it in the log directory, and the last of those before it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep(&self, logs: &Path) -> Result<PathBuf, ReportError> {
        let directory = logs.join(KEPT);
        let path = directory.join(format!("{}.json", self.stamp.at.replace(':', "-")));
        let failed = |reason: String| ReportError {
            path: path.clone(),
            reason,
        };
        std::fs::create_dir_all(&directory).map_err(|error| failed(error.to_string()))?;
        let json = serde_json::to_vec_pretty(self).map_err(|error| failed(error.to_string()))?;
        write_whole(&path, &json)?;
        for old in kept(logs).iter().rev().skip(MOST) {
            // One that stays is read again, and no more.
            let _ = std::fs::remove_file(old);
        }
        Ok(path)
    }

    /// The newest report that is kept and can be read.
    #[must_use]
    pub fn last(logs: &Path) -> Option<Self> {
        kept(logs).iter().rev().find_map(|path| {
            let json = jane_files::read_text(path, LARGEST).ok()?;
            serde_json::from_str(&json).ok()
        })
    }
}

/// The reports that are kept, the oldest first: their names are their times.
fn kept(logs: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(logs.join(KEPT));
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    paths
}

fn directory_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

fn write_whole(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory_of(path))?;
        std::io::Write::write_all(&mut file, content)?;
        readable(file.as_file())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| ReportError {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

/// Temporary files are their owner's alone; reports are for others too.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::metric::Unit;

    /// A report in which a latency is so many seconds.
    pub fn report(at: &str, latency: f64) -> Report {
        let figures = vec![
            Metric::new("stt.latency", "a request", Unit::Seconds, [latency]),
            Metric::missing("stt.video", "GPU memory", Unit::Megabytes, "no device"),
        ];
        Report {
            stamp: RunInfo {
                version: "0.1.0".to_owned(),
                at: at.to_owned(),
                quick: false,
                sections: Vec::new(),
                models: Vec::new(),
                engines: "a".to_owned(),
                skills: Vec::new(),
                recordings: Some(Heard {
                    directory: Some("speech".to_owned()),
                    clips: 3,
                }),
            },
            machine: MachineFacts {
                processor: Some("A | processor".to_owned()),
                cores: 2,
                memory: None,
                kernel: None,
                system: "linux".to_owned(),
                devices: Vec::new(),
                driver: None,
            },
            disturbance: Disturbance {
                load_at_start: None,
                load_at_end: None,
                stolen: Some(0.5),
                foreign: None,
            },
            parts: Vec::new(),
            goals: crate::bench::goal::GOALS
                .iter()
                .map(|goal| goal.judge(&figures))
                .collect(),
            figures,
            kinds: Vec::new(),
            endings: Vec::new(),
            turn: vec![
                Stage {
                    name: "one".to_owned(),
                    seconds: 0.1,
                },
                Stage {
                    name: "two".to_owned(),
                    seconds: 0.3,
                },
            ],
            live: Vec::new(),
            notes: Vec::new(),
            failures: Vec::new(),
        }
    }

    #[test]
    fn the_last_report_is_the_newest_that_can_be_read() {
        let logs = tempfile::tempdir().unwrap();
        assert_eq!(Report::last(logs.path()), None);
        for day in 1..=MOST + 2 {
            let report = report(&format!("2026-01-{day:02}T00:00:00Z"), 0.1);
            report.keep(logs.path()).unwrap();
        }
        std::fs::write(logs.path().join(KEPT).join("2027.json"), "{").unwrap();
        let last = Report::last(logs.path()).unwrap();
        assert_eq!(last.stamp.at, "2026-01-22T00:00:00Z");
        assert!(kept(logs.path()).len() <= MOST + 2);
    }

    #[test]
    fn goals_that_cannot_be_measured_say_why() {
        let text = report("2026-01-01T00:00:00Z", 0.6).markdown(None);
        assert!(text.contains("no device"), "{text}");
        assert!(text.contains("**missed**"), "{text}");
        assert!(text.contains("This run was disturbed"), "{text}");
        assert!(text.contains("A \\| processor"), "{text}");
    }

    #[test]
    fn a_figure_that_got_worse_stands_out() {
        let before = report("2026-01-01T00:00:00Z", 0.2);
        let text = report("2026-01-02T00:00:00Z", 0.4).markdown(Some(&before));
        assert!(
            text.contains("| 200 ms | 400 ms | +100 % | worse"),
            "{text}"
        );
    }
}
