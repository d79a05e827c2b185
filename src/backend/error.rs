//! What can go wrong with an engine, in words that name the engine and say what to do.

use crate::event::Role;
use crate::model::ModelError;

use super::worker::Failure;

/// An engine could not do what it was asked. The conversation goes on without it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BackendError {
    /// The model is not there or not usable, found out before a worker was asked.
    #[error("the {role} cannot use `{model}`: {reason}")]
    Model {
        role: Role,
        model: String,
        reason: String,
        hint: Option<String>,
    },

    /// The worker's program is missing or cannot be started.
    #[error("cannot start `{worker}`, which runs the {role}: {reason}")]
    Start {
        role: Role,
        worker: &'static str,
        reason: String,
    },

    /// The worker died, and died again when the request was retried.
    #[error(
        "the {role} failed: `{worker}` ended unexpectedly ({status}), and again when it was restarted"
    )]
    Died {
        role: Role,
        worker: &'static str,
        status: String,
    },

    /// Nothing came from the worker for too long.
    #[error("the {role} failed: `{worker}` was silent for {seconds} s")]
    Silent {
        role: Role,
        worker: &'static str,
        seconds: u64,
    },

    /// The engine refused or failed; the worker lives.
    #[error("the {role} failed: {failure}")]
    Failed {
        role: Role,
        worker: &'static str,
        failure: Failure,
    },
}

impl BackendError {
    pub(crate) fn model(role: Role, model: &str, error: &ModelError) -> Self {
        Self::Model {
            role,
            model: model.to_owned(),
            reason: error.to_string(),
            hint: error.hint(),
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Model { hint, .. } => hint.clone(),
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
            Self::Failed { .. } => None,
        }
    }

    /// Whether the prompt has to be shortened before the model can be asked again.
    #[must_use]
    pub fn is_prompt_too_long(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                failure: Failure::PromptTooLong { .. },
                ..
            }
        )
    }
}
