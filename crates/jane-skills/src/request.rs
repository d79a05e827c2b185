//! What skills want said or done without being asked.

use tokio::sync::mpsc;

use super::outbox::OutboxEntry;

/// When something is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    Background,
    Normal,
    Interrupt,
}

/// Something that a skill wants said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The skill's name.
    pub skill: String,
    pub text: String,
    pub urgency: Urgency,
    /// Whether an answer is expected.
    pub expect_reply: bool,
    /// The session over the network that asked for it, where that is known.
    pub session: Option<u64>,
    /// Where it is kept until it is said, where it is.
    pub entry: Option<OutboxEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkillRequest {
    Say(Announcement),
    Notify {
        skill: String,
        title: String,
        body: String,
    },
    CancelTurn {
        skill: String,
        /// The number of a [`TurnId`](super::TurnId).
        turn: u64,
    },
}

/// Wishes that may wait for the conversation.
const WAITING: usize = 32;

/// A queue of wishes; whoever holds the conversation grants them.
pub fn channel() -> (mpsc::Sender<SkillRequest>, mpsc::Receiver<SkillRequest>) {
    mpsc::channel(WAITING)
}
