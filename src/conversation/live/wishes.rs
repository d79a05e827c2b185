//! What skills want said and done while nobody asked for it.
//!
//! Invariant: nothing is said over a person, nor over an answer, unless the skill was granted that.

use super::answer::{Answer, Begun};
use super::{Live, MILLISECOND};
use crate::conversation::Clock;
use crate::conversation::history::History;
use crate::conversation::reply::{Reply, Task};
use crate::conversation::skills::TurnSkills;
use crate::conversation::telling::Telling;
use crate::event::{Event, Models, Waterfall};
use crate::skill::{Announcement, Urgency, Wish};

/// Milliseconds without a word after which something that is not urgent is said.
const QUIET_MS: u64 = 5_000;

/// What may wait to be said. Where so much does, wishes are not taken, and skills are told so where they ask for more.
pub(super) const WAITING: usize = 32;

impl Live {
    /// A skill wants something.
    pub(super) async fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Say(announcement) => {
                let interrupts = announcement.urgency == Urgency::Interrupt;
                if interrupts {
                    self.announcements.push_front(announcement);
                } else {
                    self.announcements.push_back(announcement);
                }
                if interrupts && self.attempt.is_none() && !self.ears.is_open() {
                    self.cut("announcement").await;
                }
            }
            Wish::Notify { skill, title, body } => {
                self.events.emit(Event::Notice { skill, title, body })
            }
            Wish::CancelTurn { turn, .. } => {
                if self
                    .answer
                    .as_ref()
                    .is_some_and(|answer| answer.telling.turn == turn)
                {
                    self.cut("cancelled").await;
                }
            }
        }
    }

    /// Says the next thing that waits, where nobody speaks.
    pub(super) fn announce(&mut self) {
        if self.announcements.is_empty() {
            return;
        }
        if !self.is_idle() {
            self.quiet_since = self.ears.now();
            return;
        }
        let quiet_ms = self.ears.now().saturating_sub(self.quiet_since) / MILLISECOND;
        let may_be_said =
            |next: &&Announcement| next.urgency != Urgency::Background || quiet_ms >= QUIET_MS;
        let Some(place) = self
            .announcements
            .iter()
            .position(|next| may_be_said(&next))
        else {
            return;
        };
        let Some(taken) = self.runtime.try_take() else {
            return;
        };
        let Some(Announcement {
            skill,
            text,
            expect_reply,
            ..
        }) = self.announcements.remove(place)
        else {
            return;
        };
        self.stop_upkeep();
        self.turns += 1;
        let turn = self.turns;
        self.events.emit(Event::TurnStarted {
            turn,
            input: "announcement",
            generation: taken.generation,
            models: Models::of(&taken.config),
        });
        self.events.emit(Event::Announcement {
            skill,
            text: text.clone(),
        });
        let asked_at = self.ears.now();
        let clock = Clock {
            start: self.instant_of(asked_at),
        };
        let skills = TurnSkills::new(&taken, turn, true);
        let reply = Reply::start(Task {
            engines: taken.engines.clone(),
            context: taken.config.context.clone(),
            history: History::new("", &[]),
            question: String::new(),
            speaks: self.speaks,
            skills: skills.clone(),
            answer: Some(text),
        });
        let mouth = self.speaks.then(|| self.mouth.clone());
        let begun = Begun {
            question: String::new(),
            taken: std::sync::Arc::new(taken),
            telling: Telling {
                turn,
                clock,
                events: self.events.clone(),
            },
            waterfall: Waterfall::default(),
            asked_at,
            begun_at: asked_at,
            reply,
            skills,
            expects_reply: expect_reply,
        };
        self.answer = Some(Answer::new(begun, mouth));
    }
}
