//! `jane.toml` as text: reading it, its values as JSON, and the line and column of each key.
//!
//! At most [`LARGEST_FILE`] bytes are read. A position is one of this text, or its beginning where the
//! text does not hold the key.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use toml_edit::{Document, Item, TableLike};

use super::problem::{ConfigError, Place, Problem, quoted};

/// Bytes of a configuration file; the shipped one has about 4,000.
pub const LARGEST_FILE: u64 = 1 << 20;

/// Reads the file at `path`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        path: path.into(),
        source,
    };
    match jane_platform::read_regular(path, LARGEST_FILE) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(ConfigError::TooLarge {
            path: path.into(),
            limit: LARGEST_FILE,
        }),
        read => read.map_err(unreadable),
    }
}

/// A configuration file whose syntax is right.
pub(super) struct ConfigFile {
    path: PathBuf,
    document: Document<String>,
}

impl ConfigFile {
    /// Parses `bytes`, the content of the file at `path`.
    pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, Problem> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            let message = format!("the text is not UTF-8 from byte {offset} on");
            problem(path, error.as_bytes(), offset, message)
        })?;
        let document = Document::parse(text.clone()).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.get(..offset).unwrap_or("").matches('\n').count();
            let line = text.lines().nth(line).unwrap_or("").trim();
            let message = format!(
                "not valid TOML, {}: `{}`",
                quoted(error.message()),
                quoted(line)
            );
            problem(path, text.as_bytes(), offset, message)
        })?;
        Ok(Self {
            path: path.into(),
            document,
        })
    }

    /// The file's content. Dates, numbers that are not finite and what is nested too deeply become
    /// null, which no key accepts.
    pub fn value(&self) -> Value {
        table_to_json(self.document.as_table(), 0)
    }

    /// The byte at which the key at `path` is written.
    pub fn offset(&self, path: &[String]) -> usize {
        let mut item = self.document.as_item();
        let mut span = None;
        for segment in path {
            if let Some((key, value)) = item
                .as_table_like()
                .and_then(|table| table.get_key_value(segment))
            {
                span = key.span();
                item = value;
            } else if let (Some(list), Ok(index)) = (item.as_array(), segment.parse()) {
                return list
                    .get(index)
                    .and_then(toml_edit::Value::span)
                    .or(span)
                    .map_or(0, |span| span.start);
            }
        }
        span.map_or(0, |span| span.start)
    }

    /// The line and column of the byte at `offset`.
    pub fn place(&self, offset: usize) -> Place {
        place(&self.path, self.document.raw().as_bytes(), offset)
    }
}

fn problem(path: &Path, text: &[u8], offset: usize, message: String) -> Problem {
    Problem {
        place: place(path, text, offset),
        key: String::new(),
        message,
        suggestion: None,
    }
}

fn place(path: &Path, text: &[u8], offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    // Editors do not count a byte order mark as a column.
    let before = before.strip_prefix("\u{feff}".as_bytes()).unwrap_or(before);
    let last_line = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or(before);
    Place::File {
        path: path.into(),
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(last_line).chars().count() + 1,
    }
}

/// Levels of nesting that are looked at; no key lies so deep. The parser allows thousands.
const DEEPEST: usize = 8;

fn table_to_json(table: &dyn TableLike, depth: usize) -> Value {
    let entries = table
        .iter()
        .map(|(key, item)| (key.to_owned(), item_to_json(item, depth)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn item_to_json(item: &Item, depth: usize) -> Value {
    let depth = depth + 1;
    match item {
        _ if depth > DEEPEST => Value::Null,
        Item::None => Value::Null,
        Item::Value(value) => value_to_json(value, depth),
        Item::Table(table) => table_to_json(table, depth),
        Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| table_to_json(table, depth))
            .collect(),
    }
}

fn value_to_json(value: &toml_edit::Value, depth: usize) -> Value {
    use toml_edit::Value as Toml;
    let depth = depth + 1;
    match value {
        _ if depth > DEEPEST => Value::Null,
        Toml::String(text) => text.value().as_str().into(),
        Toml::Integer(number) => (*number.value()).into(),
        Toml::Float(number) => (*number.value()).into(),
        Toml::Boolean(flag) => (*flag.value()).into(),
        Toml::Datetime(_) => Value::Null,
        Toml::Array(list) => list
            .iter()
            .map(|entry| value_to_json(entry, depth))
            .collect(),
        Toml::InlineTable(table) => table_to_json(table, depth),
    }
}
