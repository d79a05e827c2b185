//! The body of a request to `/chat/completions`.
//!
//! `llm.top_k`, `min_p` and `repeat_penalty` are not part of this interface, and servers that are strict refuse what they do
//! not know: they are not sent.

use serde::Serialize;
use serde_json::Value;

use crate::{Message, Prompt, Role, Tool, ToolCall};
use jane_config::{Llm, Tools};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    max_tokens: u32,
    temperature: f64,
    top_p: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: Role,
    /// `null` where the assistant said nothing and called tools.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct WireTool<'a> {
    r#type: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: Value,
}

/// The JSON that asks for a reply of at most `max_tokens` to `prompt`, whose messages are `said`.
pub(super) fn body(config: &Llm, prompt: &Prompt, said: &[Message], max_tokens: u32) -> Value {
    let mut messages: Vec<_> = said.iter().map(message).collect();
    if !prompt.reply_so_far.is_empty() {
        messages.push(WireMessage {
            role: Role::Assistant,
            content: Some(&prompt.reply_so_far),
            tool_calls: Vec::new(),
            tool_call_id: None,
        });
    }
    let offered = match config.tools {
        Tools::Auto | Tools::On => prompt.tools.as_slice(),
        Tools::Off => &[],
    };
    let sampling = &prompt.sampling;
    let seed = sampling.seed.unwrap_or(config.seed);
    let body = Body {
        model: &config.model,
        messages,
        stream: true,
        stream_options: StreamOptions {
            include_usage: true,
        },
        max_tokens: sampling
            .max_tokens
            .map_or(max_tokens, |most| most.min(max_tokens)),
        temperature: sampling.temperature.unwrap_or(config.temperature),
        top_p: sampling.top_p.unwrap_or(config.top_p),
        seed: (seed != 0).then_some(seed),
        stop: match sampling.stop.as_slice() {
            [] => &config.stop,
            stop => stop,
        },
        tool_choice: (sampling.must_call && !prompt.tools.is_empty()).then_some("required"),
        tools: offered.iter().filter_map(tool).collect(),
    };
    // texts and numbers, which cannot fail
    serde_json::to_value(&body).unwrap_or_default()
}

fn message(message: &Message) -> WireMessage<'_> {
    let calls_only = message.content.is_empty() && !message.tool_calls.is_empty();
    WireMessage {
        role: message.role,
        content: (!calls_only).then_some(message.content.as_str()),
        tool_calls: message.tool_calls.iter().map(call).collect(),
        tool_call_id: message.tool_call_id.as_deref(),
    }
}

fn call(call: &ToolCall) -> WireCall<'_> {
    WireCall {
        id: &call.id,
        r#type: "function",
        function: CalledFunction {
            name: &call.name,
            arguments: &call.arguments,
        },
    }
}

/// Left out where its parameters are no JSON: the server would refuse the whole request for it.
fn tool(tool: &Tool) -> Option<WireTool<'_>> {
    let parameters = serde_json::from_str(&tool.parameters)
        .inspect_err(|error| {
            tracing::warn!(
                tool = tool.name,
                "the parameters of the tool are no JSON, so it is not offered to the server: {error}"
            );
        })
        .ok()?;
    Some(WireTool {
        r#type: "function",
        function: OfferedFunction {
            name: &tool.name,
            description: &tool.description,
            parameters,
        },
    })
}
