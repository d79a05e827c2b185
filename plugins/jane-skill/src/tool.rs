//! How a tool's arguments are described, without a schema written by hand.
//!
//! ```
//! use jane_skill::{Kind, Tool};
//! let tool = Tool::new("set_timer", "Starts a timer.")
//!     .needs("minutes", Kind::Number, "How long.")
//!     .takes("name", Kind::Text, "What for, such as `pasta`.")
//!     .said(&["wake me in ten minutes", "tell me when an hour is over"]);
//! assert!(tool.input_schema.contains(r#""required":["minutes"]"#));
//! ```

use serde_json::{Value, json};

use crate::Tool;

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    /// A list of texts.
    Texts,
    OneOf(&'static [&'static str]),
}

impl Tool {
    /// A tool without arguments. The description is for the language model, which may be a small one: what it does, and when to call it.
    pub fn new(name: &str, description: &str) -> Tool {
        let schema = json!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false });
        Tool { name: name.into(), description: description.into(), input_schema: schema.to_string(), timeout_ms: None }
    }

    /// It needs this argument.
    pub fn needs(self, name: &str, kind: Kind, description: &str) -> Tool {
        self.argument(name, kind, description, true)
    }

    /// It takes this argument, which may be left out.
    pub fn takes(self, name: &str, kind: Kind, description: &str) -> Tool {
        self.argument(name, kind, description, false)
    }

    /// What people say for it, at most 64 texts of 200 bytes each, in many different words: by these it is found where nobody's patterns expect what is said.
    /// No model is told of them. They stand in the schema as `x-examples`.
    pub fn said(mut self, examples: &[&str]) -> Tool {
        let mut schema: Value = serde_json::from_str(&self.input_schema).unwrap_or_default();
        schema["x-examples"] = json!(examples);
        self.input_schema = schema.to_string();
        self
    }

    /// Milliseconds that a call may take.
    pub fn timeout_ms(mut self, timeout_ms: u32) -> Tool {
        self.timeout_ms = Some(timeout_ms);
        self
    }

    fn argument(mut self, name: &str, kind: Kind, description: &str, required: bool) -> Tool {
        let mut schema: Value = serde_json::from_str(&self.input_schema).unwrap_or_default();
        let mut argument = match kind {
            Kind::Text => json!({ "type": "string" }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Integer => json!({ "type": "integer" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Kind::OneOf(choices) => json!({ "type": "string", "enum": choices }),
        };
        if !description.is_empty() {
            argument["description"] = description.into();
        }
        schema["properties"][name] = argument;
        if required && let Some(names) = schema["required"].as_array_mut() {
            names.push(name.into());
        }
        self.input_schema = schema.to_string();
        self
    }
}
