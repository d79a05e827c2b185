//! Tools in words, for templates that know none: in the system prompt as Hermes and Qwen have it, so that any model that was taught to
//! call tools has seen something of the kind.
//!
//! Invariant: what comes out has no calls and no tool's messages, which such a template would not know.

use jane_core::{Message, Role, ToolCall};
use serde_json::json;

use super::view;
use crate::calls::OfferedTool;
use crate::json;

const BEFORE_TOOLS: &str = "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with \
    function signatures within <tools></tools> XML tags:\n<tools>";

const AFTER_TOOLS: &str = "</tools>\n\nFor each function call, return a json object with function name and arguments within \
    <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";

/// A question, and the call that answers it, of a tool that nobody offers. The smallest model calls nothing after an explanation
/// alone, nor after this example within it. After this as turns of the conversation, and a greeting before that needs no tool, it
/// called one for 8 questions of 10 that ask for it, and for 1 of 6 that do not (3 without the greeting).
const EXAMPLE: (&str, &str, &str) = (
    "What time is it in Paris?",
    "clock",
    r#"{"place": "Paris"}"#,
);

/// `messages` with `tools` in the system prompt and an example behind it, and with calls and results as text.
pub fn written(messages: &[Message], tools: &[OfferedTool]) -> Vec<Message> {
    let texts = messages.iter().map(|message| match message.role {
        Role::Tool => Message::user(format!(
            "<tool_response>\n{}\n</tool_response>",
            message.content
        )),
        Role::Assistant if !message.tool_calls.is_empty() => {
            let calls = message.tool_calls.iter().map(call);
            let text = Some(message.content.clone()).filter(|text| !text.is_empty());
            let parts: Vec<String> = text.into_iter().chain(calls).collect();
            Message::assistant(parts.join("\n"))
        }
        _ => message.clone(),
    });
    let mut messages = joined(texts, "\n");
    let system = system(tools);
    match messages.first_mut() {
        Some(first) if first.role == Role::System => {
            first.content = format!("{}\n\n{system}", first.content);
        }
        _ => messages.insert(0, Message::system(system)),
    }
    let (question, name, arguments) = EXAMPLE;
    let answer = call(&ToolCall {
        id: String::new(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    });
    let example = [
        Message::user("Hello."),
        Message::assistant("Hello, how can I help?"),
        Message::user(question),
        Message::assistant(answer),
    ];
    messages.splice(1..1, example);
    messages
}

/// `messages` for a model that is offered no tools: what was called is left out, and results are told.
pub fn told(messages: Vec<Message>) -> Vec<Message> {
    let is_plain = |message: &Message| message.tool_calls.is_empty() && message.role != Role::Tool;
    if messages.iter().all(is_plain) {
        return messages;
    }
    let texts = messages.into_iter().filter_map(|message| {
        match (message.role, message.content.is_empty()) {
            (Role::Tool, _) => Some(Message::user(format!("Result: {}", message.content))),
            (Role::Assistant, true) if !message.tool_calls.is_empty() => None,
            (role, _) => Some(Message {
                role,
                tool_calls: Vec::new(),
                ..message
            }),
        }
    });
    joined(texts, "\n\n")
}

fn system(tools: &[OfferedTool]) -> String {
    let tools = tools.iter().map(|tool| json::spaced(&view::tool(tool)));
    let tools: Vec<String> = tools.filter_map(Result::ok).collect();
    format!("{BEFORE_TOOLS}\n{}\n{AFTER_TOOLS}", tools.join("\n"))
}

fn call(call: &ToolCall) -> String {
    let call = json!({ "name": call.name, "arguments": view::arguments(call) });
    let call = json::spaced(&call).unwrap_or_default();
    format!("<tool_call>\n{call}\n</tool_call>")
}

/// `messages` with those of the user that follow each other in one: many templates want user and assistant to take turns.
fn joined(messages: impl Iterator<Item = Message>, between: &str) -> Vec<Message> {
    let mut joined: Vec<Message> = Vec::new();
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.role == Role::User && message.role == Role::User => {
                last.content = format!("{}{between}{}", last.content, message.content);
            }
            _ => joined.push(message),
        }
    }
    joined
}
