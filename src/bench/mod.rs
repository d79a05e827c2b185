//! `jane bench`: the performance goals, measured with the configuration in force on the machine it runs on.
//!
//! Invariants: everything is measured on the real engines, through what a conversation uses; runs that warm up count nowhere; what
//! cannot be measured says why and is neither met nor missed; a section that fails costs the others nothing.
//!
//! | module | holds |
//! |---|---|
//! | `goal` | the goals, and how a figure stands against them |
//! | `metric` | the numbers of several runs |
//! | `stt`, `llm`, `tts`, `load_time` | one engine each, and how it loads |
//! | `turns`, `live` | whole turns: in this process, and live, by the program itself; `turn_trace` what engines computed for one |
//! | `all_day` | what it costs to be heard all day |
//! | `endpointing` | when somebody is taken to be done |
//! | `talk` | the program itself, and how long it takes until she listens |
//! | `memory`, `skills` | what the rest takes |
//! | `recordings` | what is heard |
//! | `machine` | where it was measured, and what disturbed it |
//! | `report` | what is written about it |

mod all_day;
mod endpointing;
mod error;
mod goal;
mod live;
mod llm;
mod load_time;
mod machine;
mod memory;
mod metric;
pub mod recordings;
mod report;
mod skills;
mod stt;
mod talk;
mod tts;
mod turn_trace;
mod turns;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jane_config::Config;
use jane_core::event::{EngineKind, Events};
use jane_engines::memory::{Machine, Probe};
use jane_engines::{BackendError, Message, Prompt, Tool};
use jane_models::ModelStore;
use jane_skills::SkillRegistry;
use serde::{Deserialize, Serialize};

use crate::runtime::{Factory, InForce, Installed};
use crate::telemetry::EngineReplies;

pub use endpointing::table as endings;
pub use error::BenchError;
pub use goal::{GoalStatus, Judgement};
pub use metric::{Measured, Metric, Summary, Unit};
pub use report::{Report, ReportError};
pub use turn_trace::tell_marks;

use machine::{MachineFacts, Watch};
use report::{RunInfo, Stage};
use stt::Kind;

/// How long skills may take to be there: some are compiled.
const SKILLS_PATIENCE: Duration = Duration::from_secs(120);

/// A part of the measurement that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// From `jane talk` to listening
    Startup,
    /// The recogniser
    Stt,
    /// The language model
    Llm,
    /// The voice
    Tts,
    /// What skills add
    Skills,
    /// Whole turns, from recordings and live
    E2e,
    /// When somebody is taken to be done
    Turns,
    /// What it costs to hear all day
    AllDay,
    /// Memory while a conversation runs
    Memory,
}

impl Section {
    /// As it is chosen.
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Fewer runs: minutes less, and less sure.
    pub quick: bool,
    /// All of them where it is empty.
    pub sections: Vec<Section>,
    /// A directory of recordings with a manifest; else the questions that ship.
    pub recordings: Option<PathBuf>,
    /// What the program is started with so that it has the same home and configuration.
    pub arguments: Vec<String>,
}

/// What is measured, and with what.
pub struct Bench<'a> {
    pub config: &'a Config,
    pub installed: &'a Installed,
    pub engine_replies: &'a EngineReplies,
    pub models: &'a ModelStore,
    /// `None` where this machine cannot run any.
    pub skills: Option<&'a SkillRegistry>,
    pub options: Options,
    /// Told what is done at present.
    pub on_progress: &'a (dyn Fn(&str) + Send + Sync),
}

/// What sections found.
#[derive(Debug, Default)]
pub struct Part {
    figures: Vec<Metric>,
    kinds: Vec<Kind>,
    endings: Vec<endpointing::Row>,
    /// Where the time of a turn goes: of one from a recording, piece by piece; and of a live one, from its beginning.
    turn: Vec<Stage>,
    live: Vec<Stage>,
    /// Megabytes that `jane talk` took in live turns, again and again.
    talk: Vec<f64>,
    notes: Vec<String>,
}

impl Bench<'_> {
    /// Measures everything that is wanted. Takes from half a minute to a quarter of an hour, and wants a machine that does nothing
    /// else.
    pub async fn run(&self) -> Report {
        let watch = Watch::start();
        let mut part = Part::default();
        let (mut failures, mut parts) = (Vec::new(), Vec::new());
        // In force as in a conversation, in all that is measured.
        self.progress("skills: loading");
        let begun = Instant::now();
        let _following = self.skills.map(SkillRegistry::follow);
        if let Some(skills) = self.skills {
            skills.settled(SKILLS_PATIENCE).await;
        }
        let loading = begun.elapsed();
        for section in Section::value_variants() {
            if !self.options.sections.is_empty() && !self.options.sections.contains(section) {
                continue;
            }
            let (watch, before) = (Watch::start(), part.figures.len());
            if let Err(error) = self.section(*section, loading, &mut part).await {
                failures.push((*section, error.to_string(), error.hint()));
            }
            // Only time of workers that have ended is known to be Jane's own.
            unload(self.installed).await;
            let disturbance = watch.disturbance();
            let is_disturbed = !disturbance.warnings().is_empty();
            for figure in part.figures.iter_mut().skip(before) {
                figure.disturbed = is_disturbed && figure.summary().is_some();
            }
            parts.push((*section, disturbance));
        }
        let mut told = HashSet::new();
        part.notes.retain(|note| told.insert(note.clone()));
        let machine = Machine::new();
        Report {
            stamp: RunInfo::of(self),
            machine: MachineFacts::find(&machine.devices(), machine.driver_version()),
            disturbance: watch.disturbance(),
            parts,
            goals: goal::GOALS
                .iter()
                .map(|goal| goal.judge(&part.figures))
                .collect(),
            figures: part.figures,
            kinds: part.kinds,
            endings: part.endings,
            turn: part.turn,
            live: part.live,
            notes: part.notes,
            failures,
        }
    }

    /// `loading` is how long it took until the skills were there.
    async fn section(
        &self,
        section: Section,
        loading: Duration,
        part: &mut Part,
    ) -> Result<(), BenchError> {
        match section {
            Section::Startup => talk::startup(self, part).await,
            Section::Stt => stt::measure(self, part).await,
            Section::Llm => llm::measure(self, part).await,
            Section::Tts => tts::measure(self, part).await,
            Section::Skills => {
                skills::measure(self, loading, part).await;
                Ok(())
            }
            Section::E2e => {
                turns::measure(self, part).await?;
                live::measure(self, part).await
            }
            Section::Turns => endpointing::measure(self, part).await,
            Section::AllDay => all_day::measure(self, part).await,
            Section::Memory => memory::measure(self, part).await,
        }
    }

    /// How often something is measured: the first number, or the second where it is to be quick.
    fn runs(&self, (thorough, quick): (usize, usize)) -> usize {
        if self.options.quick { quick } else { thorough }
    }

    fn progress(&self, step: &str) {
        (self.on_progress)(step);
    }

    /// What the model is told before every conversation.
    fn instructions(&self) -> Prompt {
        Prompt {
            tools: self.tools(),
            ..vec![Message::system(self.config.instructions())].into()
        }
    }

    /// What skills bring for the model.
    fn tools(&self) -> Vec<Tool> {
        let skills = self.skills.map(SkillRegistry::current);
        skills.map(|set| set.tools()).unwrap_or_default()
    }

    /// The configuration with engines of `installed`, and the skills.
    fn in_force(&self, installed: &Installed) -> Result<InForce, BackendError> {
        let engines = installed.engines(self.config)?;
        let skills = self.skills.cloned().unwrap_or_else(SkillRegistry::none);
        let model = Arc::downgrade(&engines.llm);
        skills.set_model(Arc::new(move || model.upgrade()));
        Ok(InForce {
            config: self.config.clone(),
            engines,
            skills,
            generation: 0,
        })
    }

    /// Engines of their own, none of them loaded, of which nobody is told.
    fn install(&self) -> std::io::Result<Installed> {
        self.install_with(&Events::new())
    }

    fn install_with(&self, events: &Events) -> std::io::Result<Installed> {
        Installed::find(self.installed.home.clone(), self.config, events)
    }
}

/// Unloads all engines, and waits until they are gone.
async fn unload(installed: &Installed) {
    for role in [EngineKind::Stt, EngineKind::Llm, EngineKind::Tts] {
        installed.unload(role).await;
    }
}
