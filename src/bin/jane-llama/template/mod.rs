//! The model's own chat template, rendered by minijinja as Hugging Face's transformers render it.
//!
//! The template comes with the model file and is not trusted: it runs with bounded fuel, and can reach nothing but its variables.
//! The contents of messages are not trusted either, nor what tools say of themselves: a control token's text in them is broken up, so
//! that nobody can speak in another one's name; and where tools are offered, the text of what surrounds a call or its result.
//!
//! A template is tried when it is loaded: where it shows tools, calls and results, in a form that is known, it does so in every
//! prompt; where not, they are put in words (`wording`).

mod fitted;
mod generation;
mod harmless;
#[cfg(test)]
mod real_tests;
mod shown;
#[cfg(test)]
mod tests;
mod today;
mod wording;

use jane::backend::worker::Failure;
use jane::backend::{Message, Speaker, ToolCall};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, Value, context};

use crate::calls::{Format, Offered, PROBE};
use crate::json;
use fitted::{folded, one_by_one};
use harmless::{Harmless, ID_LENGTH};
use shown::Shown;

/// Instructions that one rendering may take. A conversation of hundreds of turns takes some tens of thousands.
const FUEL: u64 = 10_000_000;

const NAME: &str = "chat";

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
        };
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

    fn shows_tools(&self) -> bool {
        let messages = [Message::user("Hello")];
        let shows = |tools: &[Offered]| {
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
                speaker: Speaker::Tool,
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
    pub fn render(&self, messages: &[Message], tools: &[Offered]) -> Result<String, Failure> {
        let harmless = Harmless::new(&self.control, !tools.is_empty());
        let messages: Vec<Message> = messages
            .iter()
            .map(|message| harmless.message(message))
            .collect();
        let tools: Vec<Offered> = tools.iter().map(|tool| harmless.tool(tool)).collect();
        let (messages, tools) = match (tools.is_empty(), self.calls) {
            (true, _) => (wording::told(messages), tools),
            (false, None) => (wording::written(&messages, &tools), Vec::new()),
            (false, Some(Format::Llama3)) => (one_by_one(messages), tools),
            (false, Some(_)) => (messages, tools),
        };
        self.render_messages(&messages, &tools)
            .or_else(|error| match folded(&messages) {
                Some(messages) => self.render_messages(&messages, &tools),
                None => Err(error),
            })
    }

    fn render_messages(&self, messages: &[Message], tools: &[Offered]) -> Result<String, Failure> {
        let (bos_token, eos_token) = (&self.bos, &self.eos);
        // Without tools there is no such variable: some templates only ask whether it is there.
        let tools = match tools {
            // Templates of Fireworks take them as text, and fail without it.
            [] => context! { functions => "" },
            tools => {
                let tools: Vec<_> = tools.iter().map(shown::tool).collect();
                let functions = json::spaced(&tools).unwrap_or_default();
                context! { tools => Value::from(Serde(tools)), functions }
            }
        };
        self.environment
            .get_template(NAME)
            .and_then(|template| {
                let messages: Vec<Shown<'_>> = messages.iter().map(Shown::from).collect();
                let messages = Value::from(Serde(messages));
                template.render(context! {
                    messages, bos_token, eos_token, add_generation_prompt => true,
                    // What some would state wrongly else, or not at all.
                    date_string => today::formatted("%d %b %Y").unwrap_or_default(),
                    datetime => today::formatted("%Y-%m-%d").unwrap_or_default(),
                    // Nobody waits for thoughts before a spoken answer, nor wants to hear them.
                    enable_thinking => false, thinking => false,
                    ..tools
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

fn probe_tool() -> Offered {
    Offered {
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
