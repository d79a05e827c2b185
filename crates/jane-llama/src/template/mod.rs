//! The model's own chat template, rendered by minijinja as Hugging Face's transformers render it.
//!
//! The template comes with the model file and is not trusted: it runs with bounded fuel, and can reach nothing but its variables.
//! The contents of messages are not trusted either, nor what tools say of themselves: a control token's text in them is broken up, so
//! that nobody can speak in another one's name; and where tools are offered, the text of what surrounds a call or its result.
//!
//! A template is tried when it is loaded: where it shows tools, calls and results, in a form that is known, it does so in every
//! prompt; where not, they are put in words (`tool_prompt`).

mod adapt;
#[cfg(test)]
mod families;
mod generation;
mod quiet;
#[cfg(test)]
mod real_tests;
mod sanitize;
#[cfg(test)]
mod tests;
mod today;
mod tool_prompt;
mod view;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jane_core::{Message, Role, ToolCall};
use jane_reply_filter::{ReplyFilter, Start};
use jane_worker::Failure;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, merge_maps};
use minijinja::{Environment, Error, ErrorKind, Value, context};

use crate::calls::{Format, OfferedTool, PROBE};
use crate::json;
use adapt::{folded, one_by_one};
use quiet::Quiet;
use sanitize::{ID_LENGTH, Sanitizer};
use view::MessageView;

/// Instructions that one rendering may take. A conversation of hundreds of turns takes some tens of thousands.
const FUEL: u64 = 10_000_000;

const NAME: &str = "chat";

/// Bytes at the end of a prompt in which the model's message begins.
const LONGEST_TAIL: usize = 160;

pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    /// Texts of the control tokens, such as `<|im_end|>`.
    control: Vec<String>,
    /// Whether it shows tools.
    knows_tools: bool,
    /// The form of calls that it shows; `None` where they are put in words.
    calls: Option<Format>,
    /// What asks it for an answer without thoughts.
    quiet: Quiet,
    /// What has read the end of each prompt, behind what was said.
    opening: ReplyFilter,
}

impl ChatTemplate {
    /// # Errors
    /// Where the model brings no template, or one that cannot be parsed.
    pub fn of(model: &LlamaModel) -> Result<Self, String> {
        let source = model
            .chat_template(None)
            .map_err(|_| "it has no chat template, so it is not a model to talk with".to_owned())?
            .to_string()
            .map_err(|error| format!("its chat template is not text: {error}"))?;
        let vocabulary = model.vocab();
        let text = |token: LlamaToken| {
            let text = vocabulary
                .text(token)
                .map(|text| text.to_string_lossy().into_owned());
            text.unwrap_or_default()
        };
        let control = vocabulary
            .tokens()
            .filter(|token| vocabulary.is_control(*token))
            .map(text);
        let control: Vec<String> = control.filter(|text| text.chars().count() > 1).collect();
        Self::parse(
            source,
            text(vocabulary.bos()),
            text(vocabulary.eos()),
            control,
        )
    }

    fn parse(
        source: String,
        bos: String,
        eos: String,
        control: Vec<String>,
    ) -> Result<Self, String> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_fuel(Some(FUEL));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function(
            "raise_exception",
            |message: String| -> Result<Value, Error> {
                Err(Error::new(ErrorKind::InvalidOperation, message))
            },
        );
        environment.add_function("strftime_now", today::strftime_now);
        environment.add_filter("tojson", tojson);
        let mentions_tools = source.contains("tools");
        let mentions = source.clone();
        environment
            .add_template_owned(NAME, generation::transparent(&source))
            .map_err(|error| format!("its chat template cannot be parsed: {error}"))?;
        let mut template = Self {
            environment,
            bos,
            eos,
            control,
            knows_tools: false,
            calls: None,
            quiet: Quiet::default(),
            opening: ReplyFilter::new(Start::Marked),
        };
        template.quiet = Quiet::of(&mentions, |quiet| template.around(quiet));
        if let Some((_, tail)) = template.around(&template.quiet) {
            template.opening = ReplyFilter::behind(&tail);
        }
        if mentions_tools {
            template.knows_tools = template.shows_tools();
            template.calls = template.form_of_calls().filter(|_| template.knows_tools);
        }
        Ok(template)
    }

    /// Whether it shows tools by itself, which it would not if the model had not been made for them.
    pub fn knows_tools(&self) -> bool {
        self.knows_tools
    }

    /// The form in which the model writes calls.
    pub fn format(&self) -> Format {
        self.calls.unwrap_or(Format::Hermes)
    }

    /// What has read the end of each prompt: whether the model thinks there, and in which form.
    pub fn opening(&self) -> &ReplyFilter {
        &self.opening
    }

    /// A short prompt with `quiet`: up to the end of what was said, and what is behind that.
    fn around(&self, quiet: &Quiet) -> Option<(String, String)> {
        let messages = [Message::system("Be brief."), Message::user(PROBE.result)];
        let render = |messages: &[Message]| {
            let shown = quietly(messages, quiet);
            let shown: Vec<MessageView<'_>> = shown.iter().map(MessageView::from).collect();
            self.render_with(Value::from(Serde(shown)), &[], quiet)
        };
        let rendered = render(&messages).or_else(|error| match folded(&messages) {
            Some(messages) => render(&messages),
            None => Err(error),
        });
        let prompt = rendered.ok()?;
        let end = match prompt.rfind(PROBE.result) {
            Some(begin) => begin + PROBE.result.len(),
            // It says something else than what was said: the model's message begins behind the last one that ends.
            None => match prompt.rfind(&self.eos) {
                Some(begin) if !self.eos.is_empty() => begin + self.eos.len(),
                _ => prompt.floor_char_boundary(prompt.len().saturating_sub(LONGEST_TAIL)),
            },
        };
        let (said, tail) = prompt.split_at_checked(end)?;
        Some((said.to_owned(), tail.to_owned()))
    }

    fn shows_tools(&self) -> bool {
        let messages = [Message::user("Hello")];
        let shows = |tools: &[OfferedTool]| {
            let rendered = self.render_messages(&messages, tools);
            rendered.is_ok_and(|prompt| prompt.contains(PROBE.tool))
        };
        shows(&[probe_tool()]) && !shows(&[])
    }

    fn form_of_calls(&self) -> Option<Format> {
        let id = "a".repeat(ID_LENGTH);
        let call = ToolCall {
            id: id.clone(),
            name: PROBE.tool.to_owned(),
            arguments: format!(r#"{{"{}": 1}}"#, PROBE.argument),
        };
        let messages = [
            Message::user("Hello"),
            Message {
                tool_calls: vec![call],
                ..Message::assistant("")
            },
            Message {
                role: Role::Tool,
                tool_call_id: Some(id),
                ..Message::user(PROBE.result)
            },
        ];
        let rendered = self.render_messages(&messages, &[probe_tool()]).ok()?;
        Format::of(&rendered).filter(|_| rendered.contains(PROBE.result))
    }

    /// The prompt that makes the model write the next message, and lets it call `tools`.
    ///
    /// # Errors
    /// Where the template fails, also where it does not know a role: the messages are then folded into what it knows first.
    pub fn render(&self, messages: &[Message], tools: &[OfferedTool]) -> Result<String, Failure> {
        let harmless = Sanitizer::new(&self.control, !tools.is_empty());
        let messages: Vec<Message> = messages
            .iter()
            .map(|message| harmless.message(message))
            .collect();
        let tools: Vec<OfferedTool> = tools.iter().map(|tool| harmless.tool(tool)).collect();
        let (messages, tools) = match (tools.is_empty(), self.calls) {
            (true, _) => (tool_prompt::told(messages), tools),
            (false, None) => (tool_prompt::written(&messages, &tools), Vec::new()),
            (false, Some(Format::Llama3)) => (one_by_one(messages), tools),
            (false, Some(_)) => (messages, tools),
        };
        self.render_messages(&messages, &tools)
            .or_else(|error| match folded(&messages) {
                Some(messages) => self.render_messages(&messages, &tools),
                None => Err(error),
            })
    }

    fn render_messages(
        &self,
        messages: &[Message],
        tools: &[OfferedTool],
    ) -> Result<String, Failure> {
        let messages = quietly(messages, &self.quiet);
        let messages: Vec<MessageView<'_>> = messages.iter().map(MessageView::from).collect();
        self.render_with(Value::from(Serde(messages)), tools, &self.quiet)
    }

    /// Messages as the template knows them, with what else it is told.
    fn render_with(
        &self,
        messages: Value,
        tools: &[OfferedTool],
        quiet: &Quiet,
    ) -> Result<String, Failure> {
        let (bos_token, eos_token) = (&self.bos, &self.eos);
        // Without tools there is no such variable: some templates only ask whether it is there.
        let tools = match tools {
            // Templates of Fireworks take them as text, and fail without it.
            [] => context! { functions => "" },
            tools => {
                let tools: Vec<_> = tools.iter().map(view::tool).collect();
                let functions = json::spaced(&tools).unwrap_or_default();
                context! { tools => Value::from(Serde(tools)), functions }
            }
        };
        self.environment
            .get_template(NAME)
            .and_then(|template| {
                let quiet: BTreeMap<_, _> = quiet.variables.iter().cloned().collect();
                template.render(context! {
                    messages, bos_token, eos_token, add_generation_prompt => true,
                    // What some would state wrongly else, or not at all.
                    date_string => today::formatted("%d %b %Y").unwrap_or_default(),
                    datetime => today::formatted("%Y-%m-%d").unwrap_or_default(),
                    // Nobody waits for thoughts before a spoken answer, nor wants to hear them.
                    enable_thinking => false, thinking => false,
                    ..merge_maps([tools, Value::from(quiet)])
                })
            })
            .map_err(|error| Failure::Model {
                message: format!("the model's chat template fails: {error}"),
            })
    }

    /// Whether the template wrote the token that begins a sequence.
    pub fn begins_sequence(&self, prompt: &str) -> bool {
        !self.bos.is_empty() && prompt.starts_with(&self.bos)
    }
}

/// `messages`, with what asks for an answer without thoughts behind the instructions.
fn quietly<'a>(messages: &'a [Message], quiet: &Quiet) -> Cow<'a, [Message]> {
    let Some(switch) = quiet.switch else {
        return Cow::Borrowed(messages);
    };
    let mut messages = messages.to_vec();
    match messages.first_mut() {
        Some(first) if first.role == Role::System => {
            first.content = format!("{} {switch}", first.content);
        }
        _ => messages.insert(0, Message::system(switch)),
    }
    Cow::Owned(messages)
}

fn probe_tool() -> OfferedTool {
    OfferedTool {
        name: PROBE.tool.to_owned(),
        description: String::new(),
        parameters: serde_json::json!({ "type": "object", "properties": {} }),
    }
}

/// The filter as transformers has it. The engine's own escapes what is special in HTML.
fn tojson(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<Value, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => options.get("indent")?,
    };
    let json = match indent {
        Some(spaces) => json::indented(value, spaces.min(8)),
        None => json::spaced(value),
    };
    json.map(Value::from)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}
