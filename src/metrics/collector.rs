//! Counts events.
//!
//! Invariant: it takes figures from events and words of the program's own, never a text; it stops growing.

use std::collections::{BTreeMap, VecDeque};

use jane_audio::SPEECH_RATE;
use jane_core::event::{Event, Stamped, TurnOutcome, Waterfall};
use serde::Serialize;

use super::histogram::Histograms;
use super::snapshot::{Counters, EndedTurn, MOST_TURNS, OpenSession};

/// The outcome of turns whose times are counted: what was cut off or failed took as long as it took.
const COUNTED: TurnOutcome = TurnOutcome::Answered;

#[derive(Debug, Default)]
pub(super) struct Collector {
    pub counters: Counters,
    pub stages: Histograms,
    /// The newest last.
    pub turns: VecDeque<EndedTurn>,
    /// Those that go on. The program bounds their number.
    pub sessions: BTreeMap<u64, OpenSession>,
}

impl Collector {
    pub fn observe(&mut self, stamped: &Stamped) {
        let counters = &mut self.counters;
        match &stamped.event {
            Event::TurnEnded {
                turn,
                outcome,
                waterfall,
            } => self.ended(*turn, *outcome, stamped, waterfall),
            Event::SessionStarted { session, interface } => {
                count(&mut counters.sessions, interface);
                let begun = OpenSession {
                    session: *session,
                    interface: (*interface).to_owned(),
                    started_at_ms: stamped.at_ms,
                    turns: 0,
                };
                self.sessions.insert(*session, begun);
            }
            Event::SessionEnded { session } => {
                self.sessions.remove(session);
            }
            Event::BargeIn { .. } => counters.interruptions += 1,
            Event::WorkerExited { worker, .. } => count(&mut counters.worker_exits, worker),
            Event::WorkerRestarted { worker, .. } => count(&mut counters.worker_restarts, worker),
            Event::BackendFailed { role, .. } => count(&mut counters.engine_failures, role),
            Event::BackendSwitched { role, .. } => count(&mut counters.engine_switches, role),
            Event::MemoryEvicted { reason, .. } => count(&mut counters.evictions, reason),
            Event::MemoryPressure { .. } => counters.pressures += 1,
            Event::ContextPruned { turns, .. } => {
                counters.prunes += 1;
                counters.pruned_turns += u64::from(*turns);
            }
            Event::ConfigReloaded { .. } => counters.config_reloads += 1,
            Event::ConfigRejected { .. } => counters.config_rejections += 1,
            Event::ToolCalled { ok, .. } => {
                counters.tool_calls += 1;
                counters.failed_tool_calls += u64::from(!ok);
            }
            Event::SkillFaulted { .. } => counters.skill_faults += 1,
            Event::SkillQuarantined { .. } => counters.skills_quarantined += 1,
            Event::SkillFailed { .. } => counters.skills_rejected += 1,
            Event::AudioLost { .. } => counters.audio_losses += 1,
            Event::AudioDropped { samples } => {
                counters.dropped_audio_seconds += *samples as f64 / f64::from(SPEECH_RATE);
            }
            _ => {}
        }
    }

    fn ended(&mut self, turn: u64, outcome: TurnOutcome, stamped: &Stamped, waterfall: &Waterfall) {
        let session = stamped.session;
        if let Some(session) = session.and_then(|session| self.sessions.get_mut(&session)) {
            session.turns += 1;
        }
        let counters = &mut self.counters;
        count(&mut counters.turns, &outcome);
        counters.prompt_tokens += u64::from(waterfall.prompt_tokens);
        counters.reused_tokens += u64::from(waterfall.reused_tokens);
        counters.reply_tokens += u64::from(waterfall.reply_tokens);
        counters.sentences += u64::from(waterfall.sentences);
        counters.speech_seconds += waterfall.audio_seconds;
        if outcome == COUNTED {
            self.stages.add(waterfall);
        }
        if self.turns.len() >= MOST_TURNS {
            self.turns.pop_front();
        }
        self.turns.push_back(EndedTurn {
            session,
            turn,
            outcome: outcome.word().to_owned(),
            ended_at_ms: stamped.at_ms,
            waterfall: waterfall.clone(),
        });
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &impl Serialize) {
    *counts.entry(word(key)).or_default() += 1;
}

/// The word that stands for `value` in events.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}
