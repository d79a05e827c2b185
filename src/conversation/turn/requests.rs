//! What skills want said and done without being asked, for whoever runs the turns of a conversation.
//!
//! Invariants: messages are shown at once; announcements wait, urgent ones first, and of these and those the oldest first; so many wait at
//! most, and skills that want more are told so.

use std::collections::VecDeque;

use jane_core::event::{Event, Events};
use jane_skills::{Announcement, SkillRegistry, SkillRequest, Urgency};
use tokio::sync::mpsc;

/// Announcements that may wait to be said.
const WAITING: usize = 32;

/// What is left to whoever runs the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Something waits to be said; `interrupts`: it may cut off a reply.
    Say { interrupts: bool },
    /// The turn of this number is to end.
    Cancel(u64),
}

/// The requests of skills to one conversation.
pub struct SkillRequests {
    wishes: Option<mpsc::Receiver<SkillRequest>>,
    waiting: VecDeque<Announcement>,
    events: Events,
}

impl SkillRequests {
    /// All that `skills` want from now on, and what nobody heard before Jane ended. One conversation has them.
    #[must_use]
    pub fn new(skills: &SkillRegistry, events: Events) -> Self {
        let Some(wishes) = skills.wishes() else {
            return Self::from(None, events);
        };
        let mut requests = Self::from(Some(wishes), events);
        requests.waiting = skills.take_unsaid().into();
        requests
    }

    pub(crate) fn from(wishes: Option<mpsc::Receiver<SkillRequest>>, events: Events) -> Self {
        Self {
            wishes,
            waiting: VecDeque::new(),
            events,
        }
    }

    /// Whether something waits to be said.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next request; waits while as much waits to be said as may. May be dropped and called again without loss.
    pub async fn next(&mut self) -> Request {
        loop {
            let wish = match &mut self.wishes {
                Some(wishes) if self.waiting.len() < WAITING => wishes.recv().await,
                _ => None,
            };
            let Some(wish) = wish else {
                return std::future::pending().await;
            };
            if let Some(request) = self.grant(wish) {
                return request;
            }
        }
    }

    /// The next announcement, which is said now: where it is not `quiet`, none that is not pressing.
    pub fn take(&mut self, quiet: bool) -> Option<Announcement> {
        let may_be_said = |next: &Announcement| quiet || next.urgency != Urgency::Background;
        let place = self.waiting.iter().position(may_be_said)?;
        let next = self.waiting.remove(place)?;
        next.begins();
        Some(next)
    }

    /// Waits for the next announcement while no turn is under way. May be dropped and called again without loss.
    pub async fn announcement(&mut self) -> Announcement {
        loop {
            if let Some(announcement) = self.take(true) {
                return announcement;
            }
            self.next().await;
        }
    }

    /// The next announcement of those that were wanted until now, while no turn is under way.
    pub fn pending(&mut self) -> Option<Announcement> {
        while self.waiting.len() < WAITING
            && let Some(Ok(wish)) = self.wishes.as_mut().map(mpsc::Receiver::try_recv)
        {
            self.grant(wish);
        }
        self.take(true)
    }

    /// Waits until a skill cancels this turn. What is to be said meanwhile waits.
    pub async fn cancelled(&mut self, turn: u64) {
        while self.next().await != Request::Cancel(turn) {}
    }

    fn grant(&mut self, wish: SkillRequest) -> Option<Request> {
        match wish {
            SkillRequest::Say(announcement) => {
                let interrupts = announcement.urgency == Urgency::Interrupt;
                let urgent = |next: &&Announcement| next.urgency == Urgency::Interrupt;
                let place = match interrupts {
                    true => self.waiting.iter().take_while(urgent).count(),
                    false => self.waiting.len(),
                };
                self.waiting.insert(place, announcement);
                Some(Request::Say { interrupts })
            }
            SkillRequest::Notify { skill, title, body } => {
                self.events.emit(Event::Notice { skill, title, body });
                None
            }
            SkillRequest::CancelTurn { turn, .. } => Some(Request::Cancel(turn)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str, urgency: Urgency) -> SkillRequest {
        SkillRequest::Say(Announcement {
            skill: "one".to_owned(),
            text: text.to_owned(),
            urgency,
            expect_reply: false,
            session: None,
            entry: None,
        })
    }

    #[tokio::test]
    async fn urgent_announcements_come_first_each_in_its_order_and_messages_are_shown() {
        let events = Events::new();
        let mut told = events.subscribe();
        let (sender, receiver) = mpsc::channel(8);
        let mut requests = SkillRequests::from(Some(receiver), events);
        let notice = SkillRequest::Notify {
            skill: "one".to_owned(),
            title: "Tea".to_owned(),
            body: String::new(),
        };
        let cancel = SkillRequest::CancelTurn {
            skill: "one".to_owned(),
            turn: 3,
        };
        for wish in [
            say("a", Urgency::Background),
            say("b", Urgency::Interrupt),
            notice,
            say("c", Urgency::Normal),
            say("d", Urgency::Interrupt),
            cancel,
        ] {
            sender.send(wish).await.unwrap();
        }
        requests.cancelled(3).await;
        assert!(matches!(
            told.try_recv().unwrap().event,
            Event::Notice { .. }
        ));
        let mut said = Vec::new();
        while let Some(announcement) = requests.take(false) {
            said.push(announcement.text);
        }
        assert_eq!(said, ["b", "d", "c"]);
        assert_eq!(requests.announcement().await.text, "a");
        assert!(!requests.is_waiting());
    }
}
