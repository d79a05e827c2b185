//! What skills want said and done while nobody asked for it.
//!
//! Invariant: nothing is said over a person, nor over a reply, unless the skill was granted that.

use std::sync::Arc;
use std::time::Duration;

use jane_core::event::{TurnInput, TurnOutcome};

use super::Live;
use super::active_turn::{ActiveTurn, ActiveTurnStart};
use crate::conversation::turn::reply::Reply;
use crate::conversation::turn::skills::TurnSkills;
use crate::conversation::turn::{Clock, Request, TurnStart};

/// So long nobody has said a word when something is said that is not pressing.
const QUIET: Duration = Duration::from_secs(5);

impl Live {
    /// A skill wants something.
    pub(super) async fn request(&mut self, request: Request) {
        match request {
            Request::Say { interrupts } => {
                if interrupts && self.floor.speculation().is_none() && !self.frontend.is_open() {
                    self.interrupt(TurnOutcome::Announcement).await;
                }
            }
            Request::Cancel(turn) => {
                let reply = self.floor.reply();
                if reply.is_some_and(|reply| reply.turn.number() == turn) {
                    self.interrupt(TurnOutcome::Cancelled).await;
                }
            }
        }
    }

    /// Says the next thing that waits, where nobody speaks.
    pub(super) fn announce(&mut self) {
        if !self.requests.is_waiting() {
            return;
        }
        let now = self.now();
        if !self.is_idle() {
            self.quiet_since = now;
            return;
        }
        let is_quiet = now.since(self.quiet_since) >= QUIET;
        let Some(taken) = self.runtime.try_take() else {
            return;
        };
        let Some(announcement) = self.requests.take(is_quiet) else {
            return;
        };
        self.stop_maintenance();
        let mut turn = self.turns.begin(TurnStart {
            input: TurnInput::Announcement,
            in_force: &taken,
            clock: Clock {
                start: self.instant_of(now),
            },
            skills: TurnSkills::new(&taken, self.turns.next_for_skills(), true),
        });
        let request = turn.announces(&announcement, &taken, self.devices.speaks());
        let start = ActiveTurnStart {
            turn,
            reply: Reply::start(request),
            taken: Arc::new(taken),
            asked_at: now,
            begun_at: now,
        };
        let reply = ActiveTurn::new(start, self.devices.voice());
        self.floor.give(reply);
    }
}
