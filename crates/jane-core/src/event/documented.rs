//! Holds `docs/events.md` to the events: the page is made from the schema of [`Stamped`], so it names every event, field and word.

use std::path::{Path, PathBuf};

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Stamped;

const HEAD: &str = "\
# Events

With `--json`, Jane prints each event as one JSON object on one line. `event` is its name, and `at_ms` the milliseconds since the Unix
epoch, which never go back within one run. With `jane serve`, `session` is the number of the session in which it happened. Fields and words may be added; those that are here keep their names and their meaning.

This page is made from `Event` (`crates/jane-core/src/event.rs`). The tests fail where it is stale; `JANE_WRITE_DOCS=1 cargo test -p jane-core event::` writes it anew.
";

/// The path of a file of the repository, wherever in it this package lies.
fn in_repository(file: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|root| root.join("wit").is_dir());
    root.unwrap_or(package).join(file)
}

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Stamped>();
    serde_json::to_value(schema).unwrap()
}

/// What is said of a part of the schema, as one line.
fn meaning(schema: &Value) -> impl Iterator<Item = &str> {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace()
}

fn line(schema: &Value) -> String {
    meaning(schema).collect::<Vec<_>>().join(" ")
}

/// The name of the type that a schema refers to, also where that is one of a list.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let one = |name: &str| match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "null" => "`null`".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        name => name.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).map(one);
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// The rows of a table of the fields of an object; what has no meaning is added to `nameless`.
fn fields(page: &mut String, of: &str, schema: &Value, nameless: &mut Vec<String>) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let required = schema["required"].as_array();
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    let properties = properties
        .iter()
        .filter(|(name, _)| !["event", "at_ms"].contains(&name.as_str()));
    let mut rows = String::new();
    for (name, field) in properties {
        let text = line(field);
        if text.is_empty() {
            nameless.push(format!("{of}.{name}"));
        }
        let absent = if is_required(name) {
            ""
        } else {
            ", may be absent"
        };
        rows.push_str(&format!(
            "| `{name}` | {}{absent} | {text} |\n",
            kind(field)
        ));
    }
    if !rows.is_empty() {
        page.push_str(&format!(
            "\n| field | type | meaning |\n|---|---|---|\n{rows}"
        ));
    }
}

/// The page, and what on it has no meaning.
fn rendered() -> (String, Vec<String>) {
    let schema = schema();
    let (mut page, mut nameless) = (HEAD.to_owned(), Vec::new());
    for event in schema["oneOf"].as_array().into_iter().flatten() {
        let name = event["properties"]["event"]["const"].as_str().unwrap();
        page.push_str(&format!("\n## `{name}`\n\n{}\n", line(event)));
        if line(event).is_empty() {
            nameless.push(name.to_owned());
        }
        fields(&mut page, name, event, &mut nameless);
    }
    page.push_str("\n# Types\n");
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        page.push_str(&format!("\n## {name}\n\n{}\n", line(definition)));
        fields(&mut page, name, definition, &mut nameless);
        let words = definition["oneOf"].as_array();
        if let Some(words) = words {
            page.push_str("\n| word | meaning |\n|---|---|\n");
            for word in words {
                let text = line(word);
                for word in word["enum"]
                    .as_array()
                    .unwrap_or(&vec![word["const"].clone()])
                {
                    let word = word.as_str().unwrap();
                    if text.is_empty() {
                        nameless.push(format!("{name}.{word}"));
                    }
                    page.push_str(&format!("| `{word}` | {text} |\n"));
                }
            }
        }
        if let Some(words) = definition["enum"].as_array() {
            let words = words.iter().filter_map(Value::as_str);
            let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
            page.push_str(&format!("\nOne of {}.\n", words.join(", ")));
        }
    }
    (page, nameless)
}

#[test]
fn every_event_field_and_word_is_documented_and_the_page_is_not_stale() {
    let (page, nameless) = rendered();
    assert_eq!(nameless, [""; 0], "these have no comment in the code");
    let file = in_repository("docs/events.md");
    if std::env::var_os("JANE_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/events.md is stale: `JANE_WRITE_DOCS=1 cargo test -p jane-core event::` writes it anew"
    );
}
