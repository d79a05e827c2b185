//! `log`: lines in Jane's log, under the skill's name.

use std::time::Instant;

use super::rate_limit::Passed;
use crate::bindings::jane::skill::log::{Host, Level};
use crate::host_state::HostState;
use crate::instance::harmless;

/// Characters of a line that are kept.
const LONGEST: usize = 1_000;

impl Host for HostState {
    async fn write(&mut self, level: Level, message: String) {
        let Passed::Yes { refused_before } = self.caller.own.meters.log.pass(Instant::now()) else {
            return;
        };
        let skill = self.caller.own.name.as_str();
        if refused_before > 0 {
            tracing::warn!(
                skill,
                refused_before,
                "the skill writes too many lines: some are left out"
            );
        }
        let message = harmless(&message, LONGEST);
        match level {
            Level::Trace => tracing::trace!(skill, "{message}"),
            Level::Debug => tracing::debug!(skill, "{message}"),
            Level::Info => tracing::info!(skill, "{message}"),
            Level::Warn => tracing::warn!(skill, "{message}"),
            Level::Error => tracing::error!(skill, "{message}"),
        }
    }
}
