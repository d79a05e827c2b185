//! Who has the floor: the state of a conversation by voice, with what is under way in it.
//!
//! Invariant: a reply and a speculation lie in the states in which there are such; a reply that is given up by a change of state is cancelled.

use super::Stage;
use super::active_turn::{ActiveTurn, Progress};
use super::speculation::Speculation;

#[derive(Default)]
pub enum Floor {
    /// No reply is given, and no utterance has paused. Somebody may be speaking.
    #[default]
    Free,
    /// An utterance paused, and may be over.
    User(Box<Speculation>),
    /// A reply is given.
    Assistant(Box<ActiveTurn>),
    /// A reply is given, and the user wants the floor.
    Contested {
        reply: Box<ActiveTurn>,
        user: Contender,
    },
}

/// How the user wants the floor while a reply is given.
pub enum Contender {
    /// Somebody speaks over the reply, or did so just now.
    Speaking(TalkOver),
    /// An utterance paused, and may be over. `over`: it was spoken over the reply, and not before it.
    Paused {
        speculation: Box<Speculation>,
        over: Option<TalkOver>,
    },
}

/// What speech over a reply does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TalkOver {
    /// The reply is quieter.
    Ducked,
    /// The speech lasts: the reply is silent, and nothing of it is lost.
    Held,
}

/// What happens on the floor by itself.
pub enum FloorEvent {
    /// The utterance that paused is read.
    Read,
    Reply(Progress),
}

impl Floor {
    pub fn is_free(&self) -> bool {
        matches!(self, Self::Free)
    }

    pub fn reply(&self) -> Option<&ActiveTurn> {
        match self {
            Self::Free | Self::User(_) => None,
            Self::Assistant(reply) | Self::Contested { reply, .. } => Some(reply),
        }
    }

    pub fn reply_mut(&mut self) -> Option<&mut ActiveTurn> {
        match self {
            Self::Free | Self::User(_) => None,
            Self::Assistant(reply) | Self::Contested { reply, .. } => Some(reply),
        }
    }

    pub fn speculation(&self) -> Option<&Speculation> {
        match self {
            Self::User(speculation)
            | Self::Contested {
                user: Contender::Paused { speculation, .. },
                ..
            } => Some(speculation),
            _ => None,
        }
    }

    pub fn speculation_mut(&mut self) -> Option<&mut Speculation> {
        match self {
            Self::User(speculation)
            | Self::Contested {
                user: Contender::Paused { speculation, .. },
                ..
            } => Some(speculation),
            _ => None,
        }
    }

    pub fn talk_over(&self) -> Option<TalkOver> {
        match self {
            Self::Contested { user, .. } => match user {
                Contender::Speaking(over) => Some(*over),
                Contender::Paused { over, .. } => *over,
            },
            _ => None,
        }
    }

    /// Somebody speaks over the reply. Without a reply nothing changes.
    pub fn contest(&mut self, over: TalkOver) {
        *self = match std::mem::take(self) {
            Self::Assistant(reply) => Self::Contested {
                reply,
                user: Contender::Speaking(over),
            },
            Self::Contested { reply, user } => Self::Contested {
                reply,
                user: match user {
                    Contender::Speaking(_) => Contender::Speaking(over),
                    Contender::Paused { speculation, .. } => Contender::Paused {
                        speculation,
                        over: Some(over),
                    },
                },
            },
            floor => floor,
        };
    }

    /// An utterance paused. A speculation that is there is dropped.
    pub fn speculate(&mut self, speculation: Speculation) {
        let over = self.talk_over();
        let speculation = Box::new(speculation);
        *self = match std::mem::take(self) {
            Self::Free | Self::User(_) => Self::User(speculation),
            Self::Assistant(reply) | Self::Contested { reply, .. } => Self::Contested {
                reply,
                user: Contender::Paused { speculation, over },
            },
        };
    }

    /// Takes the speculation away: the utterance is over, or goes on.
    pub fn take_speculation(&mut self) -> Option<Speculation> {
        let (floor, speculation) = match std::mem::take(self) {
            Self::User(speculation) => (Self::Free, Some(speculation)),
            Self::Contested {
                reply,
                user: Contender::Paused { speculation, over },
            } => {
                let floor = match over {
                    None => Self::Assistant(reply),
                    Some(over) => Self::Contested {
                        reply,
                        user: Contender::Speaking(over),
                    },
                };
                (floor, Some(speculation))
            }
            floor => (floor, None),
        };
        *self = floor;
        speculation.map(|speculation| *speculation)
    }

    /// The user does not want the floor any more.
    pub fn withdraw(&mut self) {
        *self = match std::mem::take(self) {
            Self::Free | Self::User(_) => Self::Free,
            Self::Assistant(reply) | Self::Contested { reply, .. } => Self::Assistant(reply),
        };
    }

    /// A reply is given from now on, in place of one that is there.
    pub fn give(&mut self, reply: ActiveTurn) {
        let reply = Box::new(reply);
        *self = match std::mem::take(self) {
            Self::Free | Self::Assistant(_) => Self::Assistant(reply),
            Self::User(speculation) => Self::Contested {
                reply,
                user: Contender::Paused {
                    speculation,
                    over: None,
                },
            },
            Self::Contested { user, .. } => Self::Contested { reply, user },
        };
    }

    /// Takes the reply away. What is said from now on is over no reply.
    pub fn take_reply(&mut self) -> Option<ActiveTurn> {
        let (floor, reply) = match std::mem::take(self) {
            Self::Assistant(reply) => (Self::Free, Some(reply)),
            Self::Contested { reply, user } => match user {
                Contender::Speaking(_) => (Self::Free, Some(reply)),
                Contender::Paused { speculation, .. } => (Self::User(speculation), Some(reply)),
            },
            floor => (floor, None),
        };
        *self = floor;
        reply.map(|reply| *reply)
    }

    /// Waits for what happens by itself. May be dropped and called again without loss.
    pub async fn next(&mut self) -> FloorEvent {
        match self {
            Self::Free => std::future::pending().await,
            Self::User(speculation) => {
                speculation.reading().await;
                FloorEvent::Read
            }
            Self::Assistant(reply)
            | Self::Contested {
                reply,
                user: Contender::Speaking(_),
            } => FloorEvent::Reply(reply.progress().await),
            Self::Contested {
                reply,
                user: Contender::Paused { speculation, .. },
            } => tokio::select! {
                biased;
                () = speculation.reading() => FloorEvent::Read,
                progress = reply.progress() => FloorEvent::Reply(progress),
            },
        }
    }

    /// The state as it is shown; `is_heard`: somebody speaks.
    pub fn stage(&self, is_heard: bool) -> Stage {
        match self {
            Self::Free if is_heard => Stage::Hearing,
            Self::Free => Stage::Listening,
            Self::User(_) => Stage::Pausing,
            Self::Assistant(reply) | Self::Contested { reply, .. } => {
                match reply.turn.waterfall.first_audio_ms {
                    Some(_) => Stage::Speaking,
                    None => Stage::Thinking,
                }
            }
        }
    }
}
