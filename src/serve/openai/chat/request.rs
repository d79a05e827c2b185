//! What a client asks for, and what of that is understood.

use jane_engines::{Message, Role, Sampling, Tool, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use super::super::super::sessions::{Choice, Format, TurnRequest};
use super::super::Refusal;

const MOST_MESSAGES: usize = 2_000;
const MOST_TOOLS: usize = 128;
const MOST_STOPS: usize = 16;

/// The body of a request. What is not named is passed over, as OpenAI's clients send much that concerns nobody else.
#[derive(Deserialize)]
pub struct Chat {
    pub model: String,
    messages: Vec<WireMessage>,
    #[serde(default)]
    pub stream: bool,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    n: Option<u32>,
    stop: Option<Stops>,
    tools: Option<Vec<WireTool>>,
    tool_choice: Option<Value>,
    response_format: Option<ResponseFormat>,
    logprobs: Option<bool>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct WireMessage {
    role: String,
    content: Option<Content>,
    tool_calls: Option<Vec<WireCall>>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    r#type: String,
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct WireCall {
    id: String,
    function: CalledFunction,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stops {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct WireTool {
    r#type: String,
    function: Option<OfferedFunction>,
}

#[derive(Deserialize)]
struct OfferedFunction {
    name: String,
    #[serde(default)]
    description: Option<String>,
    parameters: Option<Value>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    r#type: String,
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    schema: Option<Value>,
}

/// A request in which all is understood.
pub struct Understood {
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub choice: Choice,
    pub format: Format,
    pub sampling: Sampling,
}

impl Chat {
    /// Whether a stream is to end with its tokens counted.
    pub fn wants_usage(&self) -> bool {
        let options = self.stream_options.as_ref();
        options.is_some_and(|options| options.include_usage)
    }

    /// # Errors
    /// Where something is asked that is not possible.
    pub fn understood(self) -> Result<Understood, Refusal> {
        if self.messages.is_empty() || self.messages.len() > MOST_MESSAGES {
            let message = format!("there must be 1 to {MOST_MESSAGES} messages");
            return Err(Refusal::of("messages", message));
        }
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::of("n", "there is one choice: leave `n` out"));
        }
        if self.logprobs == Some(true) {
            return Err(Refusal::of("logprobs", "probabilities are not told"));
        }
        let sampling = sampling(&self)?;
        let format = format(self.response_format)?;
        let mut tools = tools(self.tools.unwrap_or_default())?;
        let choice = choice(self.tool_choice.as_ref(), &mut tools)?;
        let messages = self.messages.into_iter().map(message);
        Ok(Understood {
            messages: messages.collect::<Result<_, _>>()?,
            tools,
            choice,
            format,
            sampling,
        })
    }
}

impl Understood {
    /// The turn of Jane's that this asks for; `None` where the model has to write it.
    pub fn asked(&self) -> Option<TurnRequest> {
        if self.format != Format::Text || self.choice == Choice::Required {
            return None;
        }
        let (question, before) = self.messages.split_last()?;
        if question.role != Role::User {
            return None;
        }
        let mut asked = TurnRequest {
            question: question.content.clone(),
            sampling: self.sampling.clone(),
            tools: match self.choice {
                Choice::None => Vec::new(),
                _ => self.tools.clone(),
            },
            ..TurnRequest::default()
        };
        let mut open: Option<String> = None;
        for message in before {
            match message.role {
                Role::System => asked.instructions.push(message.content.clone()),
                Role::User => {
                    // Several of them in a row are one.
                    open = Some(match open.take() {
                        Some(open) => format!("{open}\n{}", message.content),
                        None => message.content.clone(),
                    });
                }
                Role::Assistant if !message.content.is_empty() => {
                    // What was said without being asked answers nothing.
                    if let Some(question) = open.take() {
                        asked.exchanges.push((question, message.content.clone()));
                    }
                }
                Role::Assistant | Role::Tool => {}
            }
        }
        if let Some(open) = open {
            asked.question = format!("{open}\n{}", asked.question);
        }
        Some(asked)
    }
}

fn sampling(chat: &Chat) -> Result<Sampling, Refusal> {
    let most = chat.max_completion_tokens.or(chat.max_tokens);
    if most == Some(0) {
        return Err(Refusal::of("max_tokens", "it must be at least 1"));
    }
    let within =
        |value: Option<f64>, most: f64| value.is_none_or(|value| (0.0..=most).contains(&value));
    if !within(chat.temperature, 2.0) {
        return Err(Refusal::of("temperature", "it must be from 0 to 2"));
    }
    if !within(chat.top_p, 1.0) {
        return Err(Refusal::of("top_p", "it must be from 0 to 1"));
    }
    let stop = match &chat.stop {
        None => Vec::new(),
        Some(Stops::One(stop)) => vec![stop.clone()],
        Some(Stops::Several(stops)) => stops.clone(),
    };
    if stop.len() > MOST_STOPS || stop.iter().any(String::is_empty) {
        let message = format!("there may be {MOST_STOPS} of them, and none is empty");
        return Err(Refusal::of("stop", message));
    }
    Ok(Sampling {
        max_tokens: most,
        temperature: chat.temperature,
        top_p: chat.top_p,
        seed: chat
            .seed
            .map(|seed| u32::try_from(seed.unsigned_abs() % (1 << 32)).unwrap_or(1)),
        stop,
        must_call: false,
    })
}

fn format(format: Option<ResponseFormat>) -> Result<Format, Refusal> {
    let Some(format) = format else {
        return Ok(Format::Text);
    };
    match (format.r#type.as_str(), format.json_schema) {
        ("text", _) => Ok(Format::Text),
        ("json_object", _) => Ok(Format::Json(serde_json::json!({"type": "object"}))),
        (
            "json_schema",
            Some(JsonSchema {
                schema: Some(schema),
            }),
        ) => Ok(Format::Json(schema)),
        ("json_schema", _) => Err(Refusal::of(
            "response_format",
            "`json_schema.schema` is missing",
        )),
        _ => Err(Refusal::of(
            "response_format",
            "`type` must be `text`, `json_object` or `json_schema`",
        )),
    }
}

fn tools(tools: Vec<WireTool>) -> Result<Vec<Tool>, Refusal> {
    if tools.len() > MOST_TOOLS {
        let message = format!("there may be {MOST_TOOLS} of them");
        return Err(Refusal::of("tools", message));
    }
    let tools = tools
        .into_iter()
        .map(|tool| match (tool.r#type.as_str(), tool.function) {
            ("function", Some(function)) if !function.name.is_empty() => Ok(Tool {
                name: function.name,
                description: function.description.unwrap_or_default(),
                parameters: function.parameters.map_or_else(
                    || r#"{"type":"object","properties":{}}"#.to_owned(),
                    |parameters| parameters.to_string(),
                ),
                examples: Vec::new(),
            }),
            _ => Err(Refusal::of(
                "tools",
                "each must be a `function` with a name",
            )),
        });
    tools.collect()
}

/// What may be called; where one tool has to be, the others are left out.
fn choice(choice: Option<&Value>, tools: &mut Vec<Tool>) -> Result<Choice, Refusal> {
    let Some(choice) = choice.filter(|choice| !choice.is_null()) else {
        return Ok(Choice::Auto);
    };
    let wrong = || {
        Refusal::of(
            "tool_choice",
            "it must be `auto`, `none`, `required` or a function of `tools`",
        )
    };
    match choice.as_str() {
        Some("auto") => Ok(Choice::Auto),
        Some("none") => Ok(Choice::None),
        Some("required") if !tools.is_empty() => Ok(Choice::Required),
        Some(_) => Err(wrong()),
        None => {
            let name = choice.pointer("/function/name").and_then(Value::as_str);
            tools.retain(|tool| Some(tool.name.as_str()) == name);
            match tools.is_empty() {
                true => Err(wrong()),
                false => Ok(Choice::Required),
            }
        }
    }
}

fn message(message: WireMessage) -> Result<Message, Refusal> {
    let role = match message.role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => {
            return Err(Refusal::of(
                "messages",
                "a `role` must be `system`, `developer`, `user`, `assistant` or `tool`",
            ));
        }
    };
    let content = match message.content {
        None => String::new(),
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => {
            let texts = parts.into_iter().map(|part| match part.r#type.as_str() {
                "text" => Ok(part.text.unwrap_or_default()),
                "refusal" => Ok(part.refusal.unwrap_or_default()),
                _ => Err(Refusal::of("messages", "only text is understood here")),
            });
            texts.collect::<Result<Vec<_>, _>>()?.join("\n")
        }
    };
    let calls = message.tool_calls.unwrap_or_default().into_iter();
    let calls = calls.map(|call| ToolCall {
        id: call.id,
        name: call.function.name,
        arguments: call.function.arguments,
    });
    Ok(Message {
        role,
        content,
        tool_calls: calls.collect(),
        tool_call_id: message.tool_call_id,
    })
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
