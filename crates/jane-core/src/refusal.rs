//! Why a model cannot be loaded, with the numbers.

use crate::event::EngineKind;
use crate::{Kind, MEGABYTE, megabytes};

/// What a model would need of one kind of memory, and what there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    pub kind: Kind,
    pub need: u64,
    /// The budget that leaves least, whole, and what it leaves.
    pub budget: u64,
    pub left: u64,
    /// Whether that is the engine's own budget, rather than that of all engines.
    pub own: bool,
    pub free: Option<u64>,
}

impl Shortage {
    /// Whether the budget is in the way, rather than what the machine has free.
    #[must_use]
    pub fn is_budget(&self) -> bool {
        self.need > self.left
    }
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is there is rounded down, so that it never looks like enough.
        let there = |bytes: u64| bytes / MEGABYTE;
        let (need, kind) = (megabytes(self.need), self.kind);
        let (left, budget) = (there(self.left), there(self.budget));
        write!(
            formatter,
            "{need} MB of {kind}, of which {left} MB are left of a budget of {budget} MB"
        )?;
        match self.free {
            Some(free) => write!(formatter, " and {} MB are free", there(free)),
            None => Ok(()),
        }
    }
}

/// A model fits nowhere, even at its smallest and with everything unloaded that is idle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it needs at least {system}{}", video.map(|video| format!("; or on the graphics device {video}")).unwrap_or_default())]
pub struct Refusal {
    /// On the CPU alone.
    pub system: Shortage,
    /// With all layers on the device, where there is one.
    pub video: Option<Shortage>,
}

impl Refusal {
    /// What the user can do about it, where the engine is `role`.
    #[must_use]
    pub fn hint(&self, role: EngineKind) -> String {
        let smaller = "choose a smaller model";
        if self.system.is_budget() {
            let key = budget_key(self.system.own.then_some(role), Kind::System);
            format!("{smaller}, or raise `{key}` in `jane.toml`")
        } else {
            format!("{smaller}, or end other programs that take memory")
        }
    }
}

/// The key of `[memory]` that sets the budget of `role`, or that of all engines.
#[must_use]
pub fn budget_key(role: Option<EngineKind>, kind: Kind) -> &'static str {
    match (role, kind) {
        (None, Kind::Video) => "memory.video_mb",
        (None, Kind::System) => "memory.engines_mb",
        (Some(EngineKind::Stt), Kind::Video) => "memory.stt_video_mb",
        (Some(EngineKind::Llm), Kind::Video) => "memory.llm_video_mb",
        (Some(EngineKind::Tts), Kind::Video) => "memory.tts_video_mb",
        (Some(EngineKind::Stt), Kind::System) => "memory.stt_mb",
        (Some(EngineKind::Llm), Kind::System) => "memory.llm_mb",
        (Some(EngineKind::Tts), Kind::System) => "memory.tts_mb",
    }
}
