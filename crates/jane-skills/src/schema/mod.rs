//! Schemas of the arguments of tools: the part of JSON Schema that is taken, and how a value is held against it.
//!
//! Invariants: reading a schema takes time and memory in proportion to what [`Limits`] allow, whatever it says; holding a value against it
//! takes at most [`FUEL`] steps; what is handed on of a schema holds no keyword that is not listed here and refers to nothing, so that a
//! language model's engine and a server find what they know.
//!
//! | keywords | are |
//! |---|---|
//! | `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `propertyNames`, `minProperties`, `maxProperties`, `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `minLength`, `maxLength`, `pattern`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `anyOf`, `oneOf`, `allOf`, `not` | held against arguments, as draft 2020-12 has them |
//! | `$ref` | replaced by what it refers to: `#/$defs/NAME` or `#/definitions/NAME`, with no way back to itself |
//! | `title`, `description`, `default`, `format` | handed on, and held against nothing |
//! | `$comment`, `deprecated`, `example`, `examples`, `readOnly`, `writeOnly`, `contentEncoding`, `contentMediaType`, `x-…`; `$schema`, `$id` and `id` of the whole | left out |
//!
//! Every other keyword is refused, with its place.

mod check;
mod keyword;
mod number;
mod pattern;
mod read;

use serde_json::Value;

pub use read::Limits;
use read::Node;

/// Steps of holding a value against a schema: some 50 ms of a slow machine.
pub const FUEL: u64 = 1_000_000;

/// A schema that is taken.
#[derive(Debug)]
pub struct Schema {
    node: Node,
    /// The schema as it is handed on: without references and without what was left out.
    shown: Value,
}

impl Schema {
    /// Reads the schema of an object. What it takes is taken from `limits`, which all tools of a skill share.
    ///
    /// # Errors
    /// What is wrong with it and where.
    pub fn of_object(text: &str, limits: &mut Limits) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if value.get("type").and_then(Value::as_str) != Some("object") {
            return Err("it is not that of an object (`\"type\": \"object\"`)".to_owned());
        }
        let (node, shown) = read::read(&value, limits)?;
        Ok(Self { node, shown })
    }

    /// The schema as it is handed on.
    pub fn shown(&self) -> &Value {
        &self.shown
    }

    /// # Errors
    /// The first `most` mistakes of `value`, each with its place, or that it is too much to be looked at.
    pub fn check(&self, value: &Value, most: usize) -> Result<(), Vec<String>> {
        check::check(&self.node, value, most, FUEL)
    }
}

#[cfg(test)]
mod tests;
