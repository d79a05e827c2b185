//! A model that thinks for two thousand tokens, or writes calls in the form of any family, broken in the middle: nothing of it is said, shown
//! or kept, and every turn ends in a sentence.

use crate::common::models::model_that_thinks;
use crate::common::openai::{Answer, OpenAiServer};
use crate::common::{Home, Running};

/// What is in every thought and call, and in no answer.
const SECRET: &str = "zanzibar";

/// Calls as families write them; each is also broken off in its middle.
const CALLS: [&str; 16] = [
    "<tool_call>\n{\"name\": \"zanzibar\", \"arguments\": {\"zanzibar\": 1}}\n</tool_call>",
    "<tool_call>\n<function=zanzibar>\n<parameter=zanzibar>\n1\n</parameter>\n</function>\n</tool_call>",
    "[TOOL_CALLS]zanzibar[ARGS]{\"zanzibar\": 1}",
    "[TOOL_CALLS][{\"name\": \"zanzibar\", \"arguments\": {\"zanzibar\": 1}}]",
    "{\"name\": \"zanzibar\", \"parameters\": {\"zanzibar\": 1}}",
    "<|python_tag|>zanzibar.call(zanzibar=\"1\")",
    "<|channel|>commentary to=functions.zanzibar <|constrain|>json<|message|>{\"zanzibar\": 1}<|call|>",
    "<|tool_call_start|>[zanzibar(zanzibar=1)]<|tool_call_end|>",
    "```tool_code\nprint(zanzibar(zanzibar=1))\n```",
    "<|tool_call>call:zanzibar{zanzibar:<|\"|>1<|\"|>}<tool_call|>",
    "<|tool_call|>[{\"name\": \"zanzibar\", \"arguments\": {\"zanzibar\": 1}}]",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>zanzibar<｜tool▁sep｜>{\"zanzibar\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "<|START_ACTION|>[{\"tool_name\": \"zanzibar\", \"parameters\": {\"zanzibar\": 1}}]<|END_ACTION|>",
    "<tool_call>zanzibar\n<arg_key>zanzibar</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
    "<minimax:tool_call>\n<invoke name=\"zanzibar\">\n<parameter name=\"zanzibar\">1</parameter>\n</invoke>\n</minimax:tool_call>",
    "```json\n{\"name\": \"zanzibar\", \"arguments\": {\"zanzibar\": 1}}\n```",
];

/// Thoughts of so many words between these marks, and an answer.
fn thinking(begin: &str, words: usize, end: &str, answer: &str) -> Answer {
    Answer::Text(format!("{begin}{}{end}{answer}", "zanzibar ".repeat(words)))
}

fn home() -> (OpenAiServer, Home) {
    let server = OpenAiServer::start("model");
    let home = Home::new();
    home.write_config(&format!(
        "[llm]\nbackend = \"openai\"\nmodel = \"any\"\n[llm.remote]\nurl = \"{}\"\n",
        server.url()
    ));
    (server, home)
}

/// Asks something new; returns the reply, in which nothing may be that is nobody's to hear, and how many tokens were thought.
fn ask(chat: &mut Running, number: usize) -> (String, u64) {
    chat.write_line(&format!("What is question {number}?"));
    let (mut reply, mut thought) = (String::new(), 0);
    loop {
        let event = chat.wait_for_any(&[
            "reply.delta",
            "reply.thinking",
            "sentence",
            "reply",
            "turn.ended",
        ]);
        assert!(!event.to_string().contains(SECRET), "{event}");
        match event["event"].as_str().unwrap() {
            "reply.thinking" => {
                thought = event["tokens"].as_u64().unwrap();
                assert_eq!(event["text"], serde_json::Value::Null);
            }
            "reply" => reply = event["text"].as_str().unwrap().to_owned(),
            "turn.ended" => {
                assert_eq!(event["outcome"], "answered", "{event}");
                break;
            }
            _ => {}
        }
    }
    chat.wait_for("listening");
    for mark in ["<", ">", "{", "}", "[", "]", "|", "`", "｜"] {
        assert!(!reply.contains(mark), "{reply:?}");
    }
    assert!(reply.trim().ends_with(['.', '!', '?']), "{reply:?}");
    (reply, thought)
}

fn end(mut chat: Running, server: &OpenAiServer) {
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    assert!(!run.stderr.contains(SECRET), "{}", run.stderr);
    // It is in no prompt either.
    for request in server.received() {
        assert!(!request.text().contains(SECRET), "{}", request.text());
    }
}

#[test]
fn a_model_that_thinks_for_two_thousand_tokens_is_not_read_aloud() {
    let (server, home) = home();
    let mut chat = home.start(&["chat", "--silent"]);
    // Short thoughts are waited for.
    for (number, (begin, end)) in [
        ("<think>", "</think>"),
        (
            "<|channel|>analysis<|message|>",
            "<|end|><|start|>assistant<|channel|>final<|message|>",
        ),
        ("[THINK]", "[/THINK]"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|channel>thought\n", "<channel|>"),
        ("<think>", "</think><answer>"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = format!("It is number {number}.");
        server.answer(thinking(begin, 40, end, &answer));
        let (reply, thought) = ask(&mut chat, number);
        assert_eq!(reply.trim(), answer);
        assert!(thought >= 40, "{thought}");
    }
    // Those that take too long are ended, and the answer is one that was asked for without.
    for (number, begin) in [
        (20, "<think>"),
        (21, "<|channel|>analysis<|message|>"),
        (22, "[THINK]"),
    ] {
        let answer = format!("It is number {number}.");
        server.answer(thinking(begin, 2_000, "", ""));
        server.answer(Answer::Text(answer.clone()));
        assert_eq!(ask(&mut chat, number).0.trim(), answer);
    }
    let asked = server.received().len();
    server.answer(Answer::Thoughts(
        "reasoning_content",
        "zanzibar ".repeat(2_000),
        "Late.".to_owned(),
    ));
    server.answer(Answer::Text("It is number 30.".to_owned()));
    assert_eq!(ask(&mut chat, 30).0, "It is number 30.");
    assert_eq!(server.received().len(), asked + 2);
    // One that cannot do otherwise has no answer, which is said.
    for _ in 0..2 {
        server.answer(thinking("<think>", 2_000, "</think>", "Late."));
    }
    assert_eq!(ask(&mut chat, 31).0, "I came to no answer to that.");
    end(chat, &server);
}

#[test]
fn calls_of_every_family_broken_in_the_middle_are_not_read_aloud() {
    let (server, home) = home();
    let mut chat = home.start(&["chat", "--silent"]);
    let mut number = 0;
    for call in CALLS {
        let letters = call.chars().count();
        for end in [letters, letters / 2, letters * 3 / 4] {
            let broken: String = call.chars().take(end).collect();
            number += 1;
            server.answer(Answer::Text(broken.clone()));
            let (reply, _) = ask(&mut chat, number);
            assert_eq!(reply, "I came to no answer to that.", "{broken:?}");
            number += 1;
            let said = format!("Here comes number {number}.");
            server.answer(Answer::Text(format!("{said}\n{broken}")));
            assert_eq!(ask(&mut chat, number).0.trim(), said, "{broken:?}");
        }
    }
    end(chat, &server);
}

/// The real engine: thoughts that a template begins in every message are ended after so many tokens, and an answer follows.
#[test]
fn a_model_of_this_machine_is_ended_in_its_thoughts() {
    const MOST: u64 = 24;
    let home = Home::new();
    let model = model_that_thinks(home.path(), "thinker");
    home.write_config(&format!(
        "[llm]\nmodel = {model:?}\ntemperature = 0\nmax_reply_tokens = 30\nmax_thinking_tokens = {MOST}\n"
    ));
    let mut chat = home.start(&["chat", "--silent"]);
    for question in ["What is the capital of France?", "Tell me of the ocean."] {
        chat.write_line(question);
        let mut thought = Vec::new();
        let reply = loop {
            let event = chat.wait_for_any(&["reply.thinking", "reply"]);
            match event["tokens"].as_u64() {
                Some(tokens) => thought.push(tokens),
                None => break event["text"].as_str().unwrap().to_owned(),
            }
        };
        let ended = chat.wait_for("turn.ended");
        chat.wait_for("listening");
        assert_eq!(thought.first(), Some(&1), "{thought:?}");
        assert!(thought.iter().all(|tokens| *tokens <= MOST), "{thought:?}");
        assert!(
            !reply.trim().is_empty() && !reply.contains("think>"),
            "{reply:?}"
        );
        // What was thought was written too, and is no part of the reply.
        let written = ended["reply_tokens"].as_u64().unwrap();
        assert!(written > reply.split_whitespace().count() as u64, "{ended}");
    }
    drop(chat.stdin.take());
    let run = chat.finish();
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
}
