//! Rules that a schema cannot say, checked on the merged configuration.
//!
//! Each mistake is placed where the last layer set one of its keys: the defaults obey the rules, so some
//! layer did.

use super::layer::Layer;
use super::problem::{ConfigError, Problem};
use super::schema::Config;
use super::validate::Finding;

/// Tokens of the context window that a reply must leave for the system prompt and the question.
const PROMPT_TOKENS: u32 = 128;

/// A broken rule, with the keys that it is about.
struct Conflict {
    keys: Vec<[&'static str; 2]>,
    message: String,
}

/// Everything that is wrong with `config`, which `layers` made.
pub(super) fn check(config: &Config, layers: &[Layer]) -> Result<Vec<Problem>, ConfigError> {
    conflicts(config)
        .into_iter()
        .map(|conflict| {
            let set = layers.iter().rev().find_map(|layer| {
                let key = conflict.keys.iter().find(|key| layer.sets(*key))?;
                Some((layer, key))
            });
            let Some((layer, key)) = set else {
                return Err(ConfigError::Schema {
                    message: conflict.message,
                });
            };
            Ok(layer.problem(Finding {
                path: key.iter().map(|segment| (*segment).to_owned()).collect(),
                message: conflict.message,
                suggestion: None,
            }))
        })
        .collect()
}

fn conflicts(config: &Config) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    let (reply, window) = (config.llm.max_reply_tokens, config.llm.context_window);
    if reply.saturating_add(PROMPT_TOKENS) > window {
        conflicts.push(Conflict {
            keys: vec![["llm", "max_reply_tokens"], ["llm", "context_window"]],
            message: format!(
                "`llm.max_reply_tokens` ({reply}) must leave at least {PROMPT_TOKENS} tokens of \
                 `llm.context_window` ({window}) for the prompt"
            ),
        });
    }
    if let Err(error) = config.metrics.listen() {
        conflicts.push(Conflict {
            keys: vec![["metrics", "listen"]],
            message: format!("`metrics.listen` {error}"),
        });
    }
    conflicts
}
