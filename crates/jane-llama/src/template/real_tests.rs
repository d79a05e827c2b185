//! The templates of real models, which belong to others and are not part of this: they are read where `JANE_CHAT_TEMPLATES` says, one in
//! each `.jinja`. llama.cpp has them in `models/templates`.

use std::path::PathBuf;

use serde_json::json;

use super::*;

const SYSTEM: &str = "Answer in one sentence.";
const QUESTION: &str = "What is six times seven?";
const RESULT: &str = "forty-two, says the tool";
const THANKS: &str = "And is that a prime number?";

pub fn templates() -> Vec<(String, String)> {
    let directory = std::env::var_os("JANE_CHAT_TEMPLATES")
        .map(PathBuf::from)
        .expect("JANE_CHAT_TEMPLATES names the directory of the templates");
    let mut templates: Vec<(String, String)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jinja"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    templates.sort();
    templates
}

/// A conversation with or without a system prompt, and with so many calls at once.
fn conversation(system: bool, calls: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    if system {
        messages.push(Message::system(SYSTEM));
    }
    messages.push(Message::user(QUESTION));
    if calls > 0 {
        let call = |number: usize| ToolCall {
            id: format!("call_{number}"),
            name: "multiply".to_owned(),
            arguments: json!({ "factors": [6, 7], "unit": "none", "exact": true }).to_string(),
        };
        messages.push(Message {
            tool_calls: (0..calls).map(call).collect(),
            ..Message::assistant("")
        });
        messages.extend((0..calls).map(|number| Message {
            role: Role::Tool,
            tool_call_id: Some(format!("call_{number}")),
            ..Message::user(RESULT)
        }));
    }
    messages.push(Message::assistant("It is 42."));
    messages.push(Message::user(THANKS));
    messages
}

fn multiply() -> OfferedTool {
    OfferedTool {
        name: "multiply".to_owned(),
        description: "Multiplies.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "factors": { "type": "array", "items": { "type": "number" }, "description": "At least two." },
                "unit": { "type": "string", "enum": ["none", "metre"] },
                "exact": { "type": "boolean" },
            },
            "required": ["factors"],
        }),
    }
}

#[test]
#[ignore = "needs the chat templates of real models, which JANE_CHAT_TEMPLATES has to name the directory of"]
fn every_template_renders_every_conversation() {
    let templates = templates();
    assert!(templates.len() >= 25, "{} templates", templates.len());
    let mut wrong = Vec::new();
    for (name, source) in &templates {
        let parsed = ChatTemplate::parse(source.clone(), "<s>".into(), "</s>".into(), Vec::new());
        let template = match parsed {
            Ok(template) => template,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        println!(
            "{name}: knows tools {}, {:?}",
            template.knows_tools, template.calls
        );
        for (system, calls) in [(true, 0), (false, 0), (true, 1), (false, 1), (true, 2)] {
            for tools in [Vec::new(), vec![multiply()]] {
                let case = format!(
                    "{name}, system {system}, {calls} calls, {} tools",
                    tools.len()
                );
                let rendered = template.render(&conversation(system, calls), &tools);
                let prompt = match rendered {
                    Ok(prompt) => prompt,
                    Err(error) => {
                        wrong.push(format!("{case}: {error}"));
                        continue;
                    }
                };
                let mut expected = vec![QUESTION, THANKS, "It is 42."];
                expected.extend(system.then_some(SYSTEM));
                expected.extend((calls > 0).then_some(RESULT));
                expected.extend((!tools.is_empty()).then_some("multiply"));
                let missing = expected.iter().filter(|text| !prompt.contains(**text));
                wrong.extend(missing.map(|text| format!("{case}: lacks {text:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
