//! What skills want said without being asked: it goes to the session that asked for it, and to everybody who is talking to her where that one
//! is gone or not known; where nobody is, it waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jane_core::event::{Event, Events};
use jane_skills::{Announcement, SkillRequest, TurnId};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::runtime::Runtime;

/// Requests that may wait for one conversation.
const WAITING: usize = 32;

/// Announcements that are kept for whoever comes next; the oldest go.
const KEPT: usize = 16;

/// Who is told.
#[derive(Clone, Default)]
pub struct Announcements(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By session.
    told: BTreeMap<u64, mpsc::Sender<SkillRequest>>,
    kept: VecDeque<Announcement>,
}

impl Announcements {
    /// Takes what the skills of `runtime` want from now on. To be called in a tokio runtime.
    pub fn follow(runtime: &Runtime, events: Events) -> Self {
        let this = Self::default();
        let skills = runtime.in_force().skills.clone();
        if let Some(mut wishes) = skills.wishes() {
            this.0.lock().kept = skills.take_unsaid().into();
            let told = this.clone();
            tokio::spawn(async move {
                while let Some(wish) = wishes.recv().await {
                    match wish {
                        SkillRequest::Notify { skill, title, body } => {
                            events.emit(Event::Notice { skill, title, body });
                        }
                        SkillRequest::CancelTurn { skill, turn } => told.cancel(skill, turn),
                        SkillRequest::Say(announcement) => told.say(announcement),
                    }
                }
            });
        }
        this
    }

    /// What is wanted of this session from now on, and what nobody has heard yet.
    pub fn subscribe(&self, session: u64) -> mpsc::Receiver<SkillRequest> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut state = self.state();
        for kept in state.kept.drain(..) {
            let _ = sender.try_send(SkillRequest::Say(kept));
        }
        state.told.insert(session, sender);
        receiver
    }

    /// The texts of what nobody has heard yet, for somebody who can be told with an answer alone.
    pub fn take_kept(&self) -> Vec<String> {
        let kept = self.state().kept.drain(..).collect::<Vec<_>>();
        kept.iter().for_each(Announcement::begins);
        kept.into_iter().map(|kept| kept.text).collect()
    }

    fn say(&self, announcement: Announcement) {
        let mut state = self.state();
        let asked = announcement
            .session
            .and_then(|session| state.told.get(&session));
        if let Some(asked) = asked {
            let _ = asked.try_send(SkillRequest::Say(announcement));
            return;
        }
        if state.told.is_empty() {
            if state.kept.len() >= KEPT {
                state.kept.pop_front();
            }
            state.kept.push_back(announcement);
            return;
        }
        for told in state.told.values() {
            let _ = told.try_send(SkillRequest::Say(announcement.clone()));
        }
    }

    /// The turn of this number is to end: the conversation that it is one of is told, where it goes on.
    fn cancel(&self, skill: String, turn: u64) {
        let TurnId { session, turn } = TurnId::of(turn);
        if let Some(told) = self.state().told.get(&session) {
            let _ = told.try_send(SkillRequest::CancelTurn { skill, turn });
        }
    }

    /// Those who are still there.
    fn state(&self) -> parking_lot::MutexGuard<'_, State> {
        let mut state = self.0.lock();
        state.told.retain(|_, told| !told.is_closed());
        state
    }
}

#[cfg(test)]
mod tests {
    use jane_skills::Urgency;

    use super::*;

    fn announcement(text: &str, session: Option<u64>) -> Announcement {
        Announcement {
            skill: "timer".to_owned(),
            text: text.to_owned(),
            urgency: Urgency::Normal,
            expect_reply: false,
            session,
            entry: None,
        }
    }

    fn said(wishes: &mut mpsc::Receiver<SkillRequest>) -> Vec<String> {
        let mut texts = Vec::new();
        while let Ok(wish) = wishes.try_recv() {
            texts.push(match wish {
                SkillRequest::Say(said) => said.text,
                other => format!("{other:?}"),
            });
        }
        texts
    }

    #[test]
    fn whoever_asked_is_told_and_all_where_they_are_gone() {
        let told = Announcements::default();
        told.say(announcement("early", Some(9)));
        let mut one = told.subscribe(1);
        let mut two = told.subscribe(2);
        assert_eq!(said(&mut one), ["early"]);
        told.say(announcement("tea", Some(2)));
        told.say(announcement("news", None));
        assert_eq!(said(&mut one), ["news"]);
        assert_eq!(said(&mut two), ["tea", "news"]);
        drop(two);
        told.say(announcement("eggs", Some(2)));
        assert_eq!(said(&mut one), ["eggs"]);
        drop(one);
        told.say(announcement("late", Some(1)));
        assert_eq!(said(&mut told.subscribe(3)), ["late"]);
        told.say(announcement("later", None));
        assert_eq!(told.take_kept(), ["later"]);
        assert!(told.take_kept().is_empty());
    }

    #[test]
    fn a_turn_is_cancelled_in_its_own_session() {
        let told = Announcements::default();
        let (mut one, mut two) = (told.subscribe(1), told.subscribe(2));
        let turn = TurnId {
            session: 2,
            turn: 5,
        };
        told.cancel("timer".to_owned(), turn.number());
        assert!(one.try_recv().is_err());
        let cancelled = two.try_recv().unwrap();
        assert!(matches!(
            cancelled,
            SkillRequest::CancelTurn { turn: 5, .. }
        ));
    }
}
