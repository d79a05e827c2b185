//! JSON as Python writes it, with a space after commas and colons: models were taught with text that was made so.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

/// `value` on one line.
pub fn spaced(value: &impl Serialize) -> serde_json::Result<String> {
    written(value, Spaced)
}

/// `value` on several lines, indented by so many spaces.
pub fn indented(value: &impl Serialize, spaces: usize) -> serde_json::Result<String> {
    let indent = " ".repeat(spaces);
    written(value, PrettyFormatter::with_indent(indent.as_bytes()))
}

fn written(value: &impl Serialize, formatter: impl Formatter) -> serde_json::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, formatter))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_laid_out_as_python_does() {
        let value = json!({ "b": [1, "<é'>"], "a": {} });
        assert_eq!(spaced(&value).unwrap(), r#"{"b": [1, "<é'>"], "a": {}}"#);
        assert_eq!(
            indented(&json!({ "a": 1 }), 4).unwrap(),
            "{\n    \"a\": 1\n}"
        );
    }
}
