//! The templates of real models, family by family: whether thoughts are switched off, and that the model's own form of thoughts and calls, as
//! its template has it, is read out of a reply.

use jane_core::Tool;
use jane_reply_filter::ReplyFilter;

use super::real_tests::templates;
use super::*;

/// What a model does behind a prompt of its template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Its thoughts are over, or it was asked for few.
    Answers,
    /// It begins as it likes.
    Begins,
    /// It thinks, which its template cannot keep it from: `llm.max_thinking_tokens` does.
    Thinks,
}

const THINKERS: [(&str, Does); 40] = [
    ("Qwen-Qwen3-0.6B", Does::Answers),
    ("Qwen3.5-4B", Does::Answers),
    ("Qwen-QwQ-32B", Does::Answers),
    ("HuggingFaceTB-SmolLM3-3B", Does::Answers),
    ("GLM-4.6", Does::Answers),
    ("GLM-4.7-Flash", Does::Answers),
    ("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", Does::Answers),
    ("NVIDIA-Nemotron-Nano-v2", Does::Answers),
    ("deepseek-ai-DeepSeek-V3.1", Does::Answers),
    ("deepseek-ai-DeepSeek-V3.2", Does::Answers),
    ("deepseek-ai-DeepSeek-V4", Does::Answers),
    ("deepseek-ai-DeepSeek-V4-Flash-0731", Does::Answers),
    ("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", Does::Answers),
    ("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", Does::Thinks),
    ("llama-cpp-deepseek-r1", Does::Thinks),
    ("google-gemma-4-31B-it", Does::Answers),
    ("google-gemma-4-31B-it-interleaved", Does::Answers),
    ("openbmb-MiniCPM5-1B", Does::Answers),
    ("poolside-Laguna-S-2.1", Does::Answers),
    ("poolside-Laguna-XS-2.1", Does::Answers),
    ("tencent-Hy3", Does::Answers),
    ("inclusionai-ling-3.0-flash", Does::Answers),
    ("Spark2.5", Does::Answers),
    ("ByteDance-Seed-OSS", Does::Answers),
    ("MiniMax-M3", Does::Answers),
    ("MiniMax-M2", Does::Thinks),
    ("StepFun3.5-Flash", Does::Thinks),
    ("Apriel-1.6-15b-Thinker-fixed", Does::Thinks),
    (
        "CohereForAI-c4ai-command-r7b-12-2024-tool_use",
        Does::Answers,
    ),
    ("Cohere2MoE", Does::Answers),
    ("Kimi-K3", Does::Begins),
    ("Kimi-K2-Thinking", Does::Begins),
    ("openai-gpt-oss-120b", Does::Begins),
    ("upstage-Solar-Open-100B", Does::Answers),
    ("muse-glimmer", Does::Begins),
    ("mistralai-Ministral-3-14B-Reasoning-2512", Does::Begins),
    ("ibm-granite-granite-3.3-2B-Instruct", Does::Begins),
    ("Apertus-8B-Instruct", Does::Begins),
    ("LFM2.5-8B-A1B", Does::Begins),
    ("Qwen-Qwen2.5-7B-Instruct", Does::Begins),
];

fn parsed(source: &str) -> ChatTemplate {
    ChatTemplate::parse(source.to_owned(), "<s>".into(), "</s>".into(), Vec::new()).unwrap()
}

#[test]
#[ignore = "needs the chat templates of real models, which JANE_CHAT_TEMPLATES has to name the directory of"]
fn thoughts_are_switched_off_where_a_template_can() {
    let templates = templates();
    let mut wrong = Vec::new();
    for (name, expected) in THINKERS {
        let Some((_, source)) = templates.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name}: there is no such template"));
            continue;
        };
        let template = parsed(source);
        let filter = template.opening();
        let does = match (filter.is_thinking(), filter.has_thought()) {
            (true, _) => Does::Thinks,
            (false, true) => Does::Answers,
            (false, false) => Does::Begins,
        };
        let quiet = &template.quiet;
        println!("{name}: {does:?} {:?} {:?}", quiet.variables, quiet.switch);
        if does != expected {
            wrong.push(format!("{name}: {does:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs the chat templates of real models, which JANE_CHAT_TEMPLATES has to name the directory of"]
fn an_effort_is_asked_for_that_a_template_knows() {
    let templates = templates();
    for (name, told) in [
        ("openai-gpt-oss-120b", "Reasoning: low"),
        ("NVIDIA-Nemotron-Nano-v2", "<think></think>"),
    ] {
        let (_, source) = templates.iter().find(|(known, _)| known == name).unwrap();
        let messages = [Message::system("Be brief."), Message::user("Hello")];
        let prompt = parsed(source).render(&messages, &[]).unwrap();
        assert!(prompt.contains(told), "{name}: {prompt}");
        assert!(!prompt.contains("/no_think"), "{name}: {prompt}");
    }
}

/// The assistant's message as `template` has it, with thoughts and a call in it, and without the beginning that the prompt has.
fn written(name: &str, template: &ChatTemplate) -> Option<String> {
    const THOUGHTS: &str = "Secretly I think of it.";
    // Kimi's name the tool in the id of its call.
    let id = match name.starts_with("Kimi") {
        true => "functions.probe_of_tools:0",
        false => "abcdefghi",
    };
    let arguments = [
        serde_json::json!({ "first": 1, "place": "Oslo" }),
        serde_json::json!(r#"{"first": 1, "place": "Oslo"}"#),
    ];
    arguments.iter().find_map(|arguments| {
        let messages = serde_json::json!([
            { "role": "user", "content": "QUESTION" },
            {
                "role": "assistant", "content": "", "reasoning_content": THOUGHTS, "reasoning": THOUGHTS, "thinking": THOUGHTS,
                "tool_calls": [{
                    "id": id, "type": "function", "function": { "name": "probe_of_tools", "arguments": arguments },
                }],
            },
            { "role": "tool", "tool_call_id": id, "name": "probe_of_tools", "content": "RESULT" },
        ]);
        let rendered = template
            .render_with(Value::from(Serde(messages)), &[probe_tool()], &Quiet::default())
            .ok()?;
        let (_, behind) = rendered.rsplit_once("QUESTION")?;
        let (message, _) = behind.split_once("RESULT")?;
        message.contains("Oslo").then(|| message.to_owned())
    })
}

#[test]
#[ignore = "needs the chat templates of real models, which JANE_CHAT_TEMPLATES has to name the directory of"]
fn the_calls_and_thoughts_of_every_template_are_read() {
    let parameters = serde_json::json!({ "type": "object", "properties": { "first": { "type": "integer" }, "place": { "type": "string" } } });
    let tool = Tool {
        name: "probe_of_tools".to_owned(),
        description: String::new(),
        parameters: parameters.to_string(),
        examples: Vec::new(),
    };
    let (mut wrong, mut families) = (Vec::new(), 0);
    for (name, source) in templates() {
        let template = parsed(&source);
        let Some(message) = written(&name, &template) else {
            continue;
        };
        families += 1;
        for size in [1, 3, 7, message.len()] {
            let mut filter = ReplyFilter::new(jane_reply_filter::Start::Marked);
            let letters: Vec<char> = message.chars().collect();
            let mut text = String::new();
            for piece in letters.chunks(size) {
                text.push_str(&filter.push(&piece.iter().collect::<String>()));
            }
            let ended = filter.finish(false, std::slice::from_ref(&tool));
            text.push_str(&ended.text);
            let calls: Vec<_> = ended
                .calls
                .iter()
                .map(|call| {
                    (
                        call.name.as_str(),
                        serde_json::from_str(&call.arguments).ok(),
                    )
                })
                .collect();
            let arguments = serde_json::json!({ "first": 1, "place": "Oslo" });
            // Some templates write the word for the assistant where others write a mark; GLM's ends the question with a switch.
            let text = text.trim().to_lowercase();
            let text = text
                .trim_start_matches("/nothink")
                .trim_start_matches("assistant")
                .trim_start_matches(':');
            if calls != [("probe_of_tools", Some(arguments))] || !text.is_empty() {
                wrong.push(format!(
                    "{name}, by {size}: {text:?}, {calls:?} of {message:?}"
                ));
                break;
            }
        }
    }
    println!("{families} families");
    assert!(families >= 25, "{families} families");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
