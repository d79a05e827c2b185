//! Rules that a schema cannot say, checked on the merged configuration.
//!
//! Each mistake is placed where the last layer set one of its keys: the defaults obey the rules, so some
//! layer did.

use super::layer::Layer;
use super::problem::{ConfigError, Problem, quoted};
use super::schema::Config;
use super::validate::Finding;

/// Tokens of the context window that a reply must leave for the system prompt and the question.
const PROMPT_TOKENS: u32 = 128;

/// A broken rule, with the keys that it is about.
struct Conflict {
    keys: Vec<Vec<String>>,
    /// The entry of the list under the key, where it is about one.
    index: Option<usize>,
    message: String,
}

impl Conflict {
    fn new(keys: &[[&str; 2]], message: String) -> Self {
        let keys = keys.iter().map(|key| key.map(str::to_owned).to_vec());
        Self {
            keys: keys.collect(),
            index: None,
            message,
        }
    }
}

/// Everything that is wrong with `config`, which `layers` made.
pub(super) fn check(config: &Config, layers: &[Layer]) -> Result<Vec<Problem>, ConfigError> {
    conflicts(config)
        .into_iter()
        .map(|conflict| {
            let set = layers.iter().rev().find_map(|layer| {
                let key = conflict.keys.iter().find(|key| layer.sets(key))?;
                Some((layer, key))
            });
            let Some((layer, key)) = set else {
                return Err(ConfigError::Schema {
                    message: conflict.message,
                });
            };
            let index = conflict.index.map(|index| index.to_string());
            Ok(layer.problem(Finding {
                path: key.iter().cloned().chain(index).collect(),
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
        let message = format!(
            "`llm.max_reply_tokens` ({reply}) must leave at least {PROMPT_TOKENS} tokens of \
             `llm.context_window` ({window}) for the prompt"
        );
        let keys = [["llm", "max_reply_tokens"], ["llm", "context_window"]];
        conflicts.push(Conflict::new(&keys, message));
    }
    if let Err(error) = config.metrics.listen() {
        let message = format!("`metrics.listen` {error}");
        conflicts.push(Conflict::new(&[["metrics", "listen"]], message));
    }
    if let Err(error) = config.serve.listen() {
        let message = format!("`serve.listen` {error}");
        conflicts.push(Conflict::new(&[["serve", "listen"]], message));
    }
    if let Err(error) = config.serve.wyoming() {
        let message = format!("`serve.wyoming` {error}");
        conflicts.push(Conflict::new(&[["serve", "wyoming"]], message));
    }
    for (name, skill) in &config.skills.0 {
        for (index, origin) in skill.origins().enumerate() {
            let Err(reason) = origin else {
                continue;
            };
            let address = skill.allow_http.get(index).map_or("", String::as_str);
            conflicts.push(Conflict {
                keys: vec![
                    ["skills", name.as_str(), "allow_http"]
                        .map(str::to_owned)
                        .to_vec(),
                ],
                index: Some(index),
                message: format!(
                    "`skills.{}.allow_http`: `{}` is no server's address: {reason}",
                    quoted(name),
                    quoted(address)
                ),
            });
        }
    }
    conflicts
}
