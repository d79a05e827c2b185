//! What messages and tools say, without the power to speak in another one's name.

use std::hash::{DefaultHasher, Hash, Hasher};

use jane_core::{Message, ToolCall};

use crate::calls::OfferedTool;

/// What surrounds calls and results. Most of it is a control token in the models that know it, but not in all.
const MARKERS: [&str; 6] = [
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
];

/// Letters and digits of a call's id, which Mistral's templates insist on.
pub const ID_LENGTH: usize = 9;

/// Takes the power out of what messages and tools say.
pub struct Sanitizer<'a> {
    control: &'a [String],
    markers: &'a [&'a str],
}

impl<'a> Sanitizer<'a> {
    /// `control` are the texts of the model's control tokens.
    pub fn new(control: &'a [String], tools: bool) -> Self {
        Self {
            control,
            markers: if tools { &MARKERS } else { &[] },
        }
    }

    pub fn message(&self, message: &Message) -> Message {
        let call = |call: &ToolCall| ToolCall {
            id: id(&call.id),
            name: self.text(&call.name),
            arguments: match serde_json::from_str(&call.arguments) {
                Ok(arguments) => self.value(arguments).to_string(),
                Err(_) => self.text(&call.arguments),
            },
        };
        Message {
            role: message.role,
            content: self.text(message.content.trim()),
            tool_calls: message.tool_calls.iter().map(call).collect(),
            tool_call_id: message.tool_call_id.as_deref().map(id),
        }
    }

    pub fn tool(&self, tool: &OfferedTool) -> OfferedTool {
        OfferedTool {
            name: self.text(&tool.name),
            description: self.text(&tool.description),
            parameters: self.value(tool.parameters.clone()),
        }
    }

    /// In JSON a text may be spelled in many ways, so it is not looked for before the JSON is read.
    fn value(&self, value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(values) => {
                let values = values.into_iter();
                let values = values.map(|(key, value)| (self.text(&key), self.value(value)));
                values.collect()
            }
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let control = self.control.iter().map(String::as_str);
        for control in control.chain(self.markers.iter().copied()) {
            if text.contains(control) {
                let mut characters = control.chars();
                let broken = characters
                    .next()
                    .map(|first| format!("{first} {}", characters.as_str()));
                text = text.replace(control, &broken.unwrap_or_default());
            }
        }
        text
    }
}

/// An id as the strictest templates want it: the same for the same one, whoever gave it.
fn id(id: &str) -> String {
    if id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let hash = hasher.finish() % 10_u64.pow(9);
    format!("{hash:09}")
}
