//! The model of this machine calls tools, and whatever it calls is one that was offered, with arguments as its schema has them.
//!
//! The default model is the smallest there is: it chooses tools badly, but what it writes is valid.

use std::sync::Arc;

use futures::StreamExt;
use jane::runtime::{Factory, Installed};
use jane_config::{Config, Source};
use jane_core::event::Events;
use jane_engines::{
    Finish, Generated, Generation, LanguageModel, Message, Prompt, Role, Tool, ToolCall,
};
use serde_json::{Value, json};

use crate::common::root;

const QUESTIONS: [&str; 10] = [
    "What is 15 % of 84?",
    "How much is 12 times 19?",
    "What is the weather like in Oslo tomorrow?",
    "Set a timer for ten minutes.",
    "Calculate 3.5 plus 4.25.",
    "Will it rain in Madrid this weekend?",
    "Remind me in half an hour to call Anna.",
    "What is the square root of 144?",
    "How warm is it in Tokyo?",
    "Start a timer of 90 seconds for the eggs.",
];

fn tool(name: &str, description: &str, parameters: &Value) -> Tool {
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: parameters.to_string(),
        examples: Vec::new(),
    }
}

fn tools() -> Vec<Tool> {
    vec![
        tool(
            "calculator",
            "Computes an arithmetic expression, such as 2*(3+4).",
            &json!({
                "type": "object",
                "properties": { "expression": { "type": "string", "minLength": 1, "maxLength": 80 } },
                "required": ["expression"],
            }),
        ),
        tool(
            "weather",
            "Tells the weather of a place.",
            &json!({
                "type": "object",
                "properties": {
                    "place": { "type": "string", "minLength": 1, "maxLength": 40 },
                    "day": { "enum": ["today", "tomorrow", "weekend"] },
                },
                "required": ["place", "day"],
            }),
        ),
        tool(
            "timer",
            "Starts a timer.",
            &json!({
                "type": "object",
                "properties": {
                    "seconds": { "type": "integer", "minimum": 1, "maximum": 86400 },
                    "label": { "type": "string", "maxLength": 40 },
                },
                "required": ["seconds"],
            }),
        ),
    ]
}

fn config(settings: &[&str]) -> Config {
    let mut overrides = vec![
        format!("models.directory={}", crate::common::models().display()),
        format!("llm.model={}", crate::common::SMALL_MODEL),
    ];
    overrides.extend(settings.iter().map(|setting| (*setting).to_owned()));
    Config::load(&Source {
        file: None,
        environment: Vec::new(),
        overrides,
    })
    .unwrap()
}

fn model(settings: &[&str]) -> Arc<dyn LanguageModel> {
    let config = config(settings);
    let installed = Installed::find(root().to_path_buf(), &config, &Events::new()).unwrap();
    installed.llm(&config).unwrap()
}

fn prompt(question: &str, tools: Vec<Tool>) -> Prompt {
    Prompt {
        tools,
        ..vec![
            Message::system(config(&[]).instructions()),
            Message::user(question),
        ]
        .into()
    }
}

struct Reply {
    text: String,
    calls: Vec<ToolCall>,
    figures: Generation,
}

async fn reply(model: &dyn LanguageModel, prompt: Prompt) -> Reply {
    let (mut text, mut calls) = (String::new(), Vec::new());
    let mut stream = model.reply(prompt);
    while let Some(piece) = stream.next().await {
        match piece.unwrap() {
            Generated::Text(piece) => text += &piece,
            Generated::Thinking { .. } => {}
            Generated::ToolCall(call) => calls.push(call),
            Generated::Ended(figures) => {
                return Reply {
                    text,
                    calls,
                    figures,
                };
            }
        }
    }
    panic!("a reply without an end: {text}");
}

/// Whether a call is of a tool that is offered, with arguments that its schema allows.
fn is_valid(call: &ToolCall) -> bool {
    let tool = tools().into_iter().find(|tool| tool.name == call.name);
    let Some(tool) = tool else {
        return false;
    };
    let schema: Value = serde_json::from_str(&tool.parameters).unwrap();
    serde_json::from_str(&call.arguments)
        .is_ok_and(|arguments: Value| jsonschema::is_valid(&schema, &arguments))
}

/// Questions for which no tool is of use.
const OTHER_QUESTIONS: [&str; 6] = [
    "Who are you?",
    "Tell me a joke.",
    "What is the capital of France?",
    "Good morning.",
    "Thank you.",
    "Why is the sky blue?",
];

/// Asks each of the questions; how many of the replies call something, all of which must be valid.
async fn calling(model: &dyn LanguageModel, questions: &[&str]) -> usize {
    let mut count = 0;
    for question in questions {
        let reply = reply(model, prompt(question, tools())).await;
        eprintln!("{question} {:?} {:?}", reply.text, reply.calls);
        assert!(reply.calls.iter().all(is_valid), "{:?}", reply.calls);
        assert!(!reply.text.contains("<tool_"), "{}", reply.text);
        let calls = !reply.calls.is_empty();
        assert_eq!(reply.figures.finish == Finish::ToolCalls, calls);
        count += usize::from(calls);
    }
    eprintln!("{count} of {} replies call a tool", questions.len());
    count
}

/// Measured: 8 of the 10 questions that ask for a tool, and 1 of the others. It varies with what the machine's threads round.
#[tokio::test]
async fn whatever_the_smallest_model_calls_is_what_was_offered() {
    let model = model(&["llm.tools=on", "llm.max_reply_tokens=160"]);
    assert!(model.takes_tools().await.unwrap());
    let useful = calling(model.as_ref(), &QUESTIONS).await;
    let other = calling(model.as_ref(), &OTHER_QUESTIONS).await;
    assert!(useful >= 4 && other <= 3, "{useful} and {other}");
}

/// With chance in it, it writes what it would not by itself.
#[tokio::test]
async fn calls_are_valid_however_freely_words_are_chosen() {
    for seed in [1, 2] {
        let settings = [
            "llm.tools=on",
            "llm.max_reply_tokens=200",
            "llm.temperature=1.2",
            "llm.min_p=0",
            &format!("llm.seed={seed}"),
        ];
        let model = model(&settings);
        calling(model.as_ref(), &QUESTIONS).await;
    }
}

#[tokio::test]
async fn a_call_is_taken_up_with_its_result_and_one_that_is_cut_off_is_none() {
    let model_of =
        |tokens: u32| model(&["llm.tools=on", &format!("llm.max_reply_tokens={tokens}")]);
    let question = prompt(QUESTIONS[2], tools());
    let short = reply(model_of(12).as_ref(), question.clone()).await;
    assert_eq!(short.figures.finish, Finish::Length);
    assert_eq!((short.text.as_str(), short.calls.len()), ("", 0));

    let model = model_of(160);
    let asking = reply(model.as_ref(), question.clone()).await;
    let call = asking.calls.first().unwrap().clone();
    let mut told = question;
    told.dialogue.turns.extend([
        Message {
            tool_calls: vec![call.clone()],
            ..Message::assistant(asking.text)
        },
        Message {
            role: Role::Tool,
            tool_call_id: Some(call.id),
            ..Message::user("Snow, minus 7 degrees.")
        },
    ]);
    let answer = reply(model.as_ref(), told).await;
    eprintln!("{:?} {:?}", answer.text, answer.calls);
    assert!(!answer.text.contains("<tool_"), "{}", answer.text);
    // All of the prompt before the call was in the cache.
    assert!(answer.figures.reused_tokens >= asking.figures.prompt_tokens);
}

#[tokio::test]
async fn where_tools_are_not_taken_the_prompt_is_as_without_them() {
    let (auto, off) = (model(&[]), model(&["llm.tools=off"]));
    for model in [auto, off] {
        assert!(!model.takes_tools().await.unwrap());
        let with = prompt("Good morning.", tools());
        let without = prompt("Good morning.", Vec::new());
        model.prepare(&with).await.unwrap();
        let with = reply(model.as_ref(), with).await;
        let without = reply(model.as_ref(), without).await;
        assert_eq!(with.text, without.text);
        assert_eq!(with.figures.prompt_tokens, without.figures.prompt_tokens);
    }
}
