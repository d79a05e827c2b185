//! `jane bench`: the performance goals, measured.

use std::path::PathBuf;

use jane_core::event::{Event, Events};
use serde_json::json;

use super::session::installed;
use super::shown;
use super::{Common, Failure, Session};
use crate::bench::{self, GoalStatus, Options, Report, Section};

#[derive(clap::Args)]
pub struct Bench {
    /// Fewer runs: some two minutes, and less sure
    #[arg(long)]
    quick: bool,
    /// Measure only these parts
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART,…")]
    only: Vec<Section>,
    /// Recordings to recognise: a directory with a manifest.tsv (path, seconds, language, kind, text, ref) [default: the spoken
    /// questions that ship]
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Where the report is written
    #[arg(long, value_name = "FILE", default_value = "PERFORMANCE_BENCHMARK.md")]
    out: PathBuf,
}

impl Bench {
    pub async fn run(self, common: &Common, session: &Session) -> Result<(), Failure> {
        // What is wrong with the recordings and the report's place is said before anything is measured.
        bench::recordings::Recordings::open(self.recordings.as_deref()).map_err(|error| {
            let hint = error.hint();
            Failure::usage(error.to_string()).hint(hint)
        })?;
        Report::check_place(&self.out).map_err(|error| {
            Failure::usage(error.to_string()).hint("`--out` names another file".to_owned())
        })?;
        let logs = session.config.log_directory(session.home());
        let last = Report::last(&logs);
        // Loads and turns by the hundred are no news.
        let silent = Events::new();
        let installed = installed(session.home().to_path_buf(), &session.config, &silent)?;
        let skills = session.skills(false).ok();
        let events = session.events.clone();
        let bench = bench::Bench {
            config: &session.config,
            installed: &installed,
            engine_replies: session.engine_replies(),
            models: &session.models,
            skills: skills.as_ref(),
            options: Options {
                quick: self.quick,
                sections: self.only,
                recordings: self.recordings,
                arguments: arguments(common, session),
            },
            on_progress: &move |step| {
                events.emit(Event::BenchProgress {
                    step: step.to_owned(),
                });
            },
        };
        let report = bench.run().await;
        // Whatever becomes of the one, the other is tried, and what was measured is told.
        let kept = report.keep(&logs);
        let written = report.write(&self.out, last.as_ref());
        let mut text = format!("{}\n", summary(&report));
        if written.is_ok() {
            text.push_str(&format!(
                "written to `{}`\n",
                shown::line(&self.out.display().to_string())
            ));
        }
        if let Ok(kept) = &kept {
            text.push_str(&format!(
                "for programs: `{}`\n",
                shown::line(&kept.display().to_string())
            ));
        }
        let failures = report.failures.len();
        session.events.emit(Event::Report {
            command: "bench",
            report: json!({ "figures": report, "text": text }),
        });
        let told = |error: bench::ReportError| Failure::failed(error.to_string());
        written.map_err(told)?;
        kept.map_err(told)?;
        match failures {
            0 => Ok(()),
            _ => Err(Failure::failed(format!(
                "{failures} parts could not be measured; the report says why"
            ))),
        }
    }
}

/// The options with which the program has the same home and configuration as this run.
fn arguments(common: &Common, session: &Session) -> Vec<String> {
    let mut arguments = vec!["--home".to_owned(), session.home().display().to_string()];
    if let Some(file) = &common.config {
        arguments.extend(["--config".to_owned(), file.display().to_string()]);
    }
    for set in &common.overrides {
        arguments.extend(["--set".to_owned(), set.clone()]);
    }
    arguments
}

/// A line for each goal, and what disturbed the run.
fn summary(report: &Report) -> String {
    let mut text = String::new();
    for goal in &report.goals {
        let mark = match goal.standing {
            GoalStatus::Met => "met   ",
            GoalStatus::Missed => "MISSED",
            GoalStatus::NotMeasurable => "-     ",
            GoalStatus::LeftOut => continue,
        };
        let row = format!(
            "{mark}  {}, {}: {} (goal {})",
            goal.area, goal.name, goal.actual, goal.goal
        );
        text.push_str(&format!("{}\n", shown::line(&row)));
    }
    if !report.endings.is_empty() {
        text.push_str(&format!("\n{}", bench::endings(&report.endings)));
    }
    for warning in report.warnings() {
        text.push_str(&format!("\n{}\n", shown::text(&warning)));
    }
    for (section, error, _) in &report.failures {
        let failure = format!("{section:?} failed: {error}");
        text.push_str(&format!("\n{}\n", shown::text(&failure)));
    }
    text
}
