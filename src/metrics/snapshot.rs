//! What can be seen of a running Jane at one time. It goes over the status socket as JSON, and everything that is shown is made from it.
//!
//! Invariant: figures and the names of models, devices and kinds; nothing that was said.

use std::collections::BTreeMap;

use jane_core::event::{Models, Waterfall};
use jane_engines::memory::Report;
use serde::{Deserialize, Serialize};

use super::histogram::Histograms;

/// So many of the last turns are kept.
pub const MOST_TURNS: usize = 20;

/// One time's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Jane's.
    pub version: String,
    pub pid: u32,
    /// Her home, without links in its path.
    pub home: String,
    /// Milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    pub uptime_seconds: f64,
    /// Those in force.
    pub models: Models,
    /// The ledger, measured no longer ago than half a second.
    pub memory: Report,
    pub counters: Counters,
    /// The times of all turns that were answered.
    pub stages: Histograms,
    /// The last turns, the oldest first, at most [`MOST_TURNS`].
    pub turns: Vec<EndedTurn>,
    /// Who talks to her over the network, in the order in which they came.
    #[serde(default)]
    pub sessions: Vec<OpenSession>,
}

/// A session over the network that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    pub session: u64,
    /// As in the event `session.started`.
    pub interface: String,
    /// Milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// Turns of it that ended.
    pub turns: u64,
}

/// A turn that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedTurn {
    /// The session over the network that it is one of; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    pub turn: u64,
    /// As in the event `turn.ended`.
    pub outcome: String,
    /// Milliseconds since the Unix epoch.
    pub ended_at_ms: u64,
    #[serde(flatten)]
    pub waterfall: Waterfall,
}

/// What happened how often since the start. The keys of the maps are words of the program's own, and so few.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Turns that ended, by outcome.
    pub turns: BTreeMap<String, u64>,
    /// Sessions over the network that began, by interface.
    pub sessions: BTreeMap<String, u64>,
    /// Tokens of prompts, and how many of them came from the KV cache.
    pub prompt_tokens: u64,
    pub reused_tokens: u64,
    pub reply_tokens: u64,
    /// Sentences that went to the voice, and seconds of speech that were made.
    pub sentences: u64,
    pub speech_seconds: f64,
    /// Times that she fell silent because somebody spoke over her.
    pub interruptions: u64,
    /// Workers that ended while they were needed, and that were started again, by program.
    pub worker_exits: BTreeMap<String, u64>,
    pub worker_restarts: BTreeMap<String, u64>,
    /// Engines that could not be had, by role.
    pub engine_failures: BTreeMap<String, u64>,
    /// Changes between a server and what stands in for it, by role.
    pub engine_switches: BTreeMap<String, u64>,
    /// Engines that had to be unloaded, by reason.
    pub evictions: BTreeMap<String, u64>,
    /// Times that more memory was used than may be, or nearly nothing was free.
    pub pressures: u64,
    /// Times that the history was cut, and the turns that were cut from it.
    pub prunes: u64,
    pub pruned_turns: u64,
    pub config_reloads: u64,
    pub config_rejections: u64,
    /// Calls of tools, and those among them that failed.
    pub tool_calls: u64,
    pub failed_tool_calls: u64,
    /// Calls of skills that failed, skills that are not called any more, and files that are no skills.
    pub skill_faults: u64,
    pub skills_quarantined: u64,
    pub skills_rejected: u64,
    /// Times that a sound device was lost, and seconds of the microphone's sound that were.
    pub audio_losses: u64,
    pub dropped_audio_seconds: f64,
}
