//! Messages and tools as templates know them, which is as OpenAI's interface has them.

use jane_core::{Message, Role, ToolCall};
use serde::Serialize;
use serde_json::{Value, json};

use crate::calls::OfferedTool;

/// A message. What it does not have is left out: some templates ask whether it is there.
#[derive(Serialize)]
pub struct MessageView<'a> {
    role: Role,
    content: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ShownCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

impl<'a> From<&'a Message> for MessageView<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            role: message.role,
            content: &message.content,
            tool_calls: message.tool_calls.iter().map(ShownCall::from).collect(),
            tool_call_id: message.tool_call_id.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ShownCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: ShownFunction<'a>,
}

#[derive(Serialize)]
struct ShownFunction<'a> {
    name: &'a str,
    /// Values rather than text, which templates write as they like; text where it is no JSON.
    arguments: Value,
}

impl<'a> From<&'a ToolCall> for ShownCall<'a> {
    fn from(call: &'a ToolCall) -> Self {
        Self {
            id: &call.id,
            r#type: "function",
            function: ShownFunction {
                name: &call.name,
                arguments: arguments(call),
            },
        }
    }
}

pub fn arguments(call: &ToolCall) -> Value {
    serde_json::from_str(&call.arguments).unwrap_or_else(|_| call.arguments.clone().into())
}

pub fn tool(tool: &OfferedTool) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    })
}
