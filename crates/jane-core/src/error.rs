//! What can go wrong with an engine, in words that name the engine and say what to do.

use serde::{Deserialize, Serialize};

use crate::event::EngineKind;
use crate::{Refusal, Window};

/// An engine could not do what it was asked. The conversation goes on without it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BackendError {
    /// The model is not there or not usable, found out before a worker was asked.
    #[error("the {role} cannot use `{model}`: {reason}")]
    Model {
        role: EngineKind,
        model: String,
        reason: String,
        hint: Option<String>,
    },

    /// The models on this machine cannot be looked at.
    #[error("{reason}")]
    Catalogue {
        reason: String,
        hint: Option<String>,
    },

    /// The model does not fit into what memory there is and may be taken.
    #[error("the {role} cannot load `{model}`: {refusal}")]
    Memory {
        role: EngineKind,
        model: String,
        refusal: Refusal,
    },

    /// The model fits, but not beside the one that it replaces.
    #[error("the {role} cannot load `{model}` beside what is loaded")]
    NotBeside { role: EngineKind, model: String },

    /// What the language model is told before every conversation leaves no room for one.
    #[error(
        "`assistant.system_prompt` and `context.pinned` are {tokens} tokens, and at most {most} have room: the model has a window of \
         {window}, of which the reply takes {reply} and a question some as well"
    )]
    Instructions {
        tokens: u32,
        most: u32,
        window: u32,
        reply: u32,
    },

    /// The worker's program is missing or cannot be started.
    #[error("cannot start `{worker}`, which runs the {role}: {reason}")]
    Start {
        role: EngineKind,
        worker: &'static str,
        reason: String,
    },

    /// A reply ended before its end, because the program ends.
    #[error("the reply was interrupted")]
    Interrupted,

    /// A server did not do what it was asked.
    #[error("the {role} failed: the server at `{server}` {reason}")]
    Remote {
        role: EngineKind,
        /// Scheme, host and port: nothing secret.
        server: String,
        reason: String,
        hint: Option<String>,
        /// Whether another engine can stand in: the server is down or overloaded, and the request itself is in order.
        down: bool,
    },

    /// The worker died, and died again when the request was retried.
    #[error(
        "the {role} failed: `{worker}` ended unexpectedly ({status}), and again when it was restarted"
    )]
    Died {
        role: EngineKind,
        worker: &'static str,
        status: String,
    },

    /// Nothing came from the worker for too long.
    #[error("the {role} failed: `{worker}` was silent for {seconds} s")]
    Silent {
        role: EngineKind,
        worker: &'static str,
        seconds: u64,
    },

    /// The engine refused or failed; the worker lives.
    #[error("the {role} failed: {failure}")]
    Failed {
        role: EngineKind,
        worker: &'static str,
        failure: Failure,
    },
}

impl BackendError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Model { hint, .. } | Self::Remote { hint, .. } | Self::Catalogue { hint, .. } => {
                hint.clone()
            }
            Self::Memory { role, refusal, .. } => Some(refusal.hint(*role)),
            Self::Start { worker, .. } => {
                Some(format!("`{worker}` belongs beside the `jane` program; build or install them together"))
            }
            Self::Died { worker, .. } | Self::Silent { worker, .. } => {
                Some(format!("the last lines of `{worker}` are in the log; `jane doctor` checks models and memory"))
            }
            Self::Failed { failure: Failure::Model { .. }, .. } => {
                Some("`jane models verify` checks the file; `jane models pull NAME --force` fetches it again".to_owned())
            }
            Self::Failed { failure: Failure::PromptTooLong { .. }, .. } => {
                Some("shorten the text, or raise `llm.context_window` in `jane.toml`".to_owned())
            }
            Self::Instructions { .. } => {
                Some("shorten them, or raise `llm.context_window` in `jane.toml`".to_owned())
            }
            Self::Failed { .. } | Self::NotBeside { .. } | Self::Interrupted => None,
        }
    }

    /// Whether another engine may stand in, because a server is down.
    #[must_use]
    pub fn is_down(&self) -> bool {
        matches!(self, Self::Remote { down: true, .. })
    }

    /// Where the prompt has to be shortened before the model can be asked again: its tokens, and the window that it does not fit.
    #[must_use]
    pub fn too_long(&self) -> Option<(u32, Window)> {
        match self {
            Self::Failed {
                failure:
                    Failure::PromptTooLong {
                        prompt,
                        window,
                        reply,
                    },
                ..
            } => {
                let (tokens, reply) = (*window, *reply);
                Some((*prompt, Window { tokens, reply }))
            }
            _ => None,
        }
    }
}

/// Why a worker did not do what it was asked. The worker itself lives on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The model file cannot be used; another file may be.
    #[error("{message}")]
    Model { message: String },
    /// The request makes no sense to this engine.
    #[error("{message}")]
    Invalid { message: String },
    /// The prompt leaves no room for a reply in the context window (all in tokens).
    #[error(
        "the prompt has {prompt} tokens and the context window {window}, of which {reply} are kept for the reply"
    )]
    PromptTooLong {
        prompt: u32,
        window: u32,
        reply: u32,
    },
    /// The engine failed at its work.
    #[error("{message}")]
    Engine { message: String },
    #[error("cancelled")]
    Cancelled,
}
