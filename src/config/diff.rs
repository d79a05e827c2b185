//! What differs between two configurations, key by key, and which keys take effect only at the next start.

use serde_json::Value;

use super::schema::Config;

/// Keys that are read when Jane starts and never again. All others take effect while she runs.
const AT_START: [&str; 2] = ["log.directory", "log.keep_files"];

/// The keys, `llm.model` for one, whose values differ, in the order of the file.
#[must_use]
pub fn changed_keys(old: &Config, new: &Config) -> Vec<String> {
    let mut keys = Vec::new();
    // A configuration is made of strings, numbers, lists and sections, all of which JSON has.
    if let (Ok(old), Ok(new)) = (serde_json::to_value(old), serde_json::to_value(new)) {
        compare("", &old, &new, &mut keys);
    }
    keys
}

/// Whether a change of `key` takes effect only at the next start.
#[must_use]
pub fn needs_restart(key: &str) -> bool {
    AT_START.contains(&key)
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
        assert!(changed_keys(&old, &old).is_empty());
        let mut new = Config::default();
        new.llm.model = "another".to_owned();
        new.llm.remote.url = "http://127.0.0.1:1/v1".to_owned();
        new.llm.stop = vec!["end".to_owned()];
        new.log.keep_files = 3;
        assert_eq!(
            changed_keys(&old, &new),
            ["llm.model", "llm.stop", "llm.remote.url", "log.keep_files"]
        );
        assert!(needs_restart("log.keep_files") && !needs_restart("llm.model"));
    }

    #[test]
    fn the_keys_that_need_a_restart_exist() {
        let config = serde_json::to_value(Config::default()).unwrap();
        for key in AT_START {
            let pointer = format!("/{}", key.replace('.', "/"));
            assert!(config.pointer(&pointer).is_some(), "{key}");
        }
    }
}
