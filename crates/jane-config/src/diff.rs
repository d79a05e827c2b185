//! What differs between two configurations, key by key, and how a change of each key takes effect.

use jane_core::event::EngineKind;
use serde_json::Value;

use super::schema::Config;

/// How a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// This engine is built anew, and asked something before it is put in force.
    Engine(EngineKind),
    /// All engines are: their models lie elsewhere.
    AllEngines,
    /// All engines are handles anew onto the workers that there are.
    Handles,
    /// The instructions are counted by the language model before they are put in force.
    Instructions,
    /// What is loaded from now on has other budgets.
    Budgets,
    LogLevel,
    /// Whoever uses the key reads it anew: the next turn, stream, call or connection.
    NextUse,
    /// It is read at the start and never again.
    Restart,
}

/// Which key takes effect how: the first row that a key is, or begins with, counts.
const EFFECTS: [(&str, Effect); 17] = [
    ("stt.", Effect::Engine(EngineKind::Stt)),
    ("llm.", Effect::Engine(EngineKind::Llm)),
    ("tts.", Effect::Engine(EngineKind::Tts)),
    ("models.", Effect::AllEngines),
    ("worker.", Effect::Handles),
    ("assistant.", Effect::Instructions),
    ("context.", Effect::Instructions),
    ("memory.", Effect::Budgets),
    ("log.level", Effect::LogLevel),
    ("log.", Effect::Restart),
    ("serve.", Effect::Restart),
    ("audio.", Effect::NextUse),
    ("hearing.", Effect::NextUse),
    ("wake.", Effect::NextUse),
    ("plugins.", Effect::NextUse),
    ("skills", Effect::NextUse),
    ("metrics.", Effect::NextUse),
];

impl Effect {
    /// How a change of `key` takes effect, `llm.model` for one.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let row = EFFECTS.iter().find(|(begin, _)| key.starts_with(begin));
        row.map_or(Self::NextUse, |(_, effect)| *effect)
    }
}

/// The keys whose values differ, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub keys: Vec<String>,
}

impl Changes {
    #[must_use]
    pub fn between(old: &Config, new: &Config) -> Self {
        let mut keys = Vec::new();
        // A configuration is made of strings, numbers, lists and sections, all of which JSON has.
        if let (Ok(old), Ok(new)) = (serde_json::to_value(old), serde_json::to_value(new)) {
            compare("", &old, &new, &mut keys);
        }
        Self { keys }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether one of the keys takes effect like this.
    #[must_use]
    pub fn have(&self, effect: Effect) -> bool {
        self.keys.iter().any(|key| Effect::of(key) == effect)
    }

    /// Those that take effect only at the next start.
    #[must_use]
    pub fn need_restart(&self) -> Vec<String> {
        let keys = self.keys.iter();
        let waiting = keys.filter(|key| Effect::of(key) == Effect::Restart);
        waiting.cloned().collect()
    }
}

fn compare(path: &str, old: &Value, new: &Value, keys: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            // Tables of the user's own names may lose some.
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(gone) {
                let value = new.get(name).unwrap_or(&Value::Null);
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                compare(&path, old.get(name).unwrap_or(&Value::Null), value, keys);
            }
        }
        _ if old != new => keys.push(path.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_named() {
        let old = Config::default();
        assert!(Changes::between(&old, &old).is_empty());
        let mut new = Config::default();
        new.llm.model = "another".to_owned();
        new.llm.remote.url = "http://127.0.0.1:1/v1".to_owned();
        new.llm.stop = vec!["end".to_owned()];
        new.log.keep_files = 3;
        let changes = Changes::between(&old, &new);
        assert_eq!(
            changes.keys,
            ["llm.model", "llm.stop", "llm.remote.url", "log.keep_files"]
        );
        assert_eq!(changes.need_restart(), ["log.keep_files"]);
        assert!(changes.have(Effect::Engine(EngineKind::Llm)));
        assert!(!changes.have(Effect::Engine(EngineKind::Stt)) && !changes.have(Effect::LogLevel));
    }

    #[test]
    fn each_row_stands_for_a_key_and_each_key_has_a_row() {
        let config = serde_json::to_value(Config::default()).unwrap();
        let mut leaves = Vec::new();
        collect("", &config, &mut leaves);
        for (begin, _) in EFFECTS {
            let stands = |key: &String| key.starts_with(begin);
            assert!(
                leaves.iter().any(stands) || config.get(begin).is_some(),
                "{begin}"
            );
        }
        for key in &leaves {
            assert!(
                EFFECTS.iter().any(|(begin, _)| key.starts_with(begin)),
                "{key}"
            );
        }
    }

    fn collect(path: &str, value: &Value, leaves: &mut Vec<String>) {
        match value {
            Value::Object(sections) => {
                for (name, value) in sections {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    collect(&path, value, leaves);
                }
            }
            _ => leaves.push(path.to_owned()),
        }
    }
}
