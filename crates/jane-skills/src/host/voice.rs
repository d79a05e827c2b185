//! `voice`: what the skill says without being asked.

use std::time::Instant;

use super::rate_limit::Passed;
use crate::bindings::jane::skill::types::Failure;
use crate::bindings::jane::skill::voice::{Host, Urgency};
use crate::commit::NoEffect;
use crate::grants::Grants;
use crate::host_state::HostState;
use crate::request::{self, Announcement, SkillRequest};
use jane_config::Allow;

/// Bytes of what is said at once.
const LONGEST: usize = 4 << 10;

impl HostState {
    fn wish(&mut self, wish: SkillRequest) -> Result<(), Failure> {
        let own = &self.caller.own;
        if own.services.wishes.capacity() <= self.staged.wishes.len() {
            return Err(Failure::Unavailable(NoEffect::TooMuchToSay.to_string()));
        }
        if own.meters.voice.pass(Instant::now()) == Passed::No {
            return Err(Failure::Unavailable(
                "the skill speaks too often".to_owned(),
            ));
        }
        self.staged.wishes.push(wish);
        Ok(())
    }
}

/// How urgent something may be.
fn granted(urgency: Urgency, grants: &Grants) -> request::Urgency {
    match urgency {
        Urgency::Background => request::Urgency::Background,
        Urgency::Interrupt if grants.allows(Allow::Interrupt) => request::Urgency::Interrupt,
        Urgency::Normal | Urgency::Interrupt => request::Urgency::Normal,
    }
}

fn check(text: &str) -> Result<(), Failure> {
    if text.len() > LONGEST {
        return Err(Failure::InvalidInput(format!(
            "a text has at most {LONGEST} bytes"
        )));
    }
    Ok(())
}

impl Host for HostState {
    async fn say(
        &mut self,
        text: String,
        urgency: Urgency,
        expect_reply: bool,
    ) -> Result<(), Failure> {
        check(&text)?;
        let urgency = granted(urgency, &self.caller.own.grants);
        let skill = self.caller.own.name.clone();
        self.wish(SkillRequest::Say(Announcement {
            skill,
            text,
            urgency,
            expect_reply,
            session: self.caller.session,
            entry: None,
        }))
    }

    async fn notify(&mut self, title: String, body: String) -> Result<(), Failure> {
        check(&title)?;
        check(&body)?;
        let skill = self.caller.own.name.clone();
        self.wish(SkillRequest::Notify { skill, title, body })
    }

    async fn cancel_turn(&mut self, turn: u64) -> Result<(), Failure> {
        if !self.caller.own.grants.allows(Allow::Cancel) {
            return Err(Failure::Denied(
                "`cancel` is not among what `allow` names".to_owned(),
            ));
        }
        let skill = self.caller.own.name.clone();
        self.wish(SkillRequest::CancelTurn { skill, turn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jane_config::Skill;

    #[test]
    fn only_a_skill_that_was_granted_that_speaks_at_once() {
        for (allow, expected) in [
            (vec![], request::Urgency::Normal),
            (vec![Allow::Cancel], request::Urgency::Normal),
            (vec![Allow::Interrupt], request::Urgency::Interrupt),
        ] {
            let skill = Skill {
                allow,
                ..Skill::default()
            };
            let grants = Grants::new(&skill).unwrap();
            assert_eq!(granted(Urgency::Interrupt, &grants), expected);
            assert_eq!(granted(Urgency::Normal, &grants), request::Urgency::Normal);
        }
    }
}
