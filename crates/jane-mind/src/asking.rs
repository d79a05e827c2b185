//! Has the language model write the call that does what was asked, from the few tools that may be meant.
//!
//! The tools are told in one line each: a model on a processor reads some fifty tokens a second, and their schemas, which hold the
//! call that is written (`LanguageModel::call`), are ten times as long. Where there are few enough, all of them are told, in the same words every
//! time: that is read before anybody asks, and a call of the few that may be meant costs no more than what was said.

use std::fmt::Write as _;

use futures::StreamExt;
use serde_json::Value;

use super::grounding;
use jane_core::{BackendError, Generated, LanguageModel, Message, Tool, ToolCall};

/// What a model may call where nothing that it is shown is meant.
const TALK: &str = "just_talk";

/// Tools, and bytes of what is told of them, up to which all are told.
const MOST_TOLD: usize = 24;
const LONGEST_TOLD: usize = 6_000;

/// What calls of `tools` begin with; `None` where they are too many.
#[must_use]
pub fn call_instructions(tools: &[Tool]) -> Option<String> {
    let text = told(tools.iter().chain([&talk()]));
    let is_short = tools.len() <= MOST_TOLD && text.len() <= LONGEST_TOLD;
    (is_short && !tools.is_empty()).then_some(text)
}

fn talk() -> Tool {
    Tool {
        name: TALK.to_owned(),
        description: "For everything else: questions, conversation, what no other function does."
            .to_owned(),
        parameters: r#"{"type":"object","properties":{}}"#.to_owned(),
        examples: Vec::new(),
    }
}

/// The call of one of `tools` that serves `request`; `None` where it is only talk, or the model wrote no call that has to do with it. With `certain`,
/// it is no talk. `all` are the tools that there are, and `before` is the exchange before it, which the request may refer to.
///
/// # Errors
/// Where the model fails.
pub async fn call_for(
    llm: &dyn LanguageModel,
    tools: &[Tool],
    all: &[Tool],
    request: &str,
    before: Option<(&str, &str)>,
    certain: bool,
) -> Result<Option<ToolCall>, BackendError> {
    let offered = tools;
    let mut tools = tools.to_vec();
    if !certain {
        tools.push(talk());
    }
    for tool in &mut tools {
        tool.examples.clear();
    }
    let mut instructions = call_instructions(all);
    if let Some(text) = &instructions
        && !llm.prepare_calls(text, false).await?
    {
        instructions = None;
    }
    let mut messages = vec![Message::system(
        instructions.unwrap_or_else(|| told(tools.iter())),
    )];
    if let Some((question, answer)) = before {
        messages.push(Message::user(question));
        messages.push(Message::assistant(answer));
    }
    messages.push(Message::user(request));
    let mut stream = llm.call(messages, tools);
    let mut first = None;
    while let Some(piece) = stream.next().await {
        match piece? {
            Generated::ToolCall(call) => first = first.or(Some(call)),
            Generated::Ended(figures) => tracing::debug!(
                prompt_tokens = figures.prompt_tokens,
                reused_tokens = figures.reused_tokens,
                reply_tokens = figures.reply_tokens,
                seconds = figures.decode_seconds,
                "a call is written"
            ),
            Generated::Text(_) | Generated::Thinking { .. } => {}
        }
    }
    let Some(call) = first else { return Ok(None) };
    let Some(tool) = offered.iter().find(|tool| tool.name == call.name) else {
        return Ok(None);
    };
    let name = call.name.clone();
    let call = grounding::grounded(call, tool, request, before);
    if call.is_none() {
        tracing::info!(
            tool = name,
            "a call that has nothing to do with what was said is not made"
        );
    }
    Ok(call)
}

/// What the model is told of `tools`.
fn told<'a>(tools: impl Iterator<Item = &'a Tool>) -> String {
    let mut text =
        "Call the function that does what the user asks, with what the user said. Functions:"
            .to_owned();
    for tool in tools {
        let _ = write!(
            text,
            "\n{}{} {}",
            tool.name,
            signature(&tool.parameters),
            tool.description
        );
    }
    text
}

/// The arguments of a tool: `(when: At what time., label?: What for.)`.
fn signature(schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    let names = list("required").into_iter().flatten();
    let required: Vec<&str> = names.filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let arguments = properties.into_iter().flatten().map(|(name, property)| {
        let optional = match required.contains(&name.as_str()) {
            true => "",
            false => "?",
        };
        let text = |key: &str| property.get(key).and_then(Value::as_str);
        let described = match property.get("enum").and_then(Value::as_array) {
            Some(values) => {
                let values = values.iter().map(Value::to_string);
                values.collect::<Vec<_>>().join(" | ")
            }
            None => text("description")
                .or_else(|| text("type"))
                .unwrap_or_default()
                .to_owned(),
        };
        format!("{name}{optional}: {described}")
    });
    format!("({})", arguments.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_told_in_a_line() {
        let tool = Tool {
            name: "set_timer".to_owned(),
            description: "Starts a timer.".to_owned(),
            parameters: r#"{"type":"object","properties":{"seconds":{"type":"number","description":"How long."},"name":{"type":"string"},"loud":{"enum":["yes","no"]}},"required":["seconds"]}"#.to_owned(),
            examples: Vec::new(),
        };
        assert!(told([tool].iter()).ends_with("Functions:\nset_timer(seconds: How long., name?: string, loud?: \"yes\" | \"no\") Starts a timer."));
    }
}
