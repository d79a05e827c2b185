//! Replies as a good server streams them.

use serde_json::{Value, json};

use super::server::{Answer, OpenAiServer, event, text};
use super::{chat, llm, remote, whole};
use crate::openai::OpenAiChat;
use crate::{Finish, Generated, LanguageModel, Message, Prompt, Role, Tool, ToolCall, Window};
use jane_config::{Llm, Tools};

fn prompt(text: &str) -> Prompt {
    vec![Message::system("Be brief."), Message::user(text)].into()
}

#[tokio::test]
async fn a_reply_is_streamed_and_its_figures_are_the_servers() {
    let server = OpenAiServer::start("first");
    let chat = chat(remote(server.url()));
    let (text, calls, ended) = whole(chat.reply(prompt("Who are you?"))).await.unwrap();
    assert_eq!(text, "first heard: Who are you?");
    assert!(calls.is_empty());
    assert_eq!(
        (
            ended.finish,
            ended.prompt_tokens,
            ended.reused_tokens,
            ended.reply_tokens
        ),
        (Finish::Stop, 20, 12, 5)
    );
    assert!(ended.decode_seconds >= 0.0);
}

#[tokio::test]
async fn what_jane_toml_says_is_sent_and_a_key_only_where_there_is_one() {
    let server = OpenAiServer::start("s");
    let config = Llm {
        temperature: 0.7,
        top_p: 0.9,
        seed: 7,
        stop: vec!["END".to_owned()],
        max_reply_tokens: 99,
        ..llm(remote(server.url()))
    };
    let chat = OpenAiChat::new(&config, "/nowhere".as_ref()).unwrap();
    whole(chat.reply(prompt("hi"))).await.unwrap();
    let received = server.last();
    assert_eq!(received.path, "/v1/chat/completions");
    assert_eq!(received.header("authorization"), None);
    assert_eq!(
        received.json(),
        json!({
            "model": "a-model",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "hi" },
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 99,
            "temperature": 0.7,
            "top_p": 0.9,
            "seed": 7,
            "stop": ["END"],
        })
    );
}

#[tokio::test]
async fn tools_are_offered_and_their_calls_come_whole_and_go_back_with_their_results() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    let tool = |name: &str, parameters: &str| Tool {
        name: name.to_owned(),
        description: "Tells the time.".to_owned(),
        parameters: parameters.to_owned(),
        examples: Vec::new(),
    };
    let mut prompt = prompt("What time is it in Paris and in Rome?");
    prompt.tools = vec![
        tool("time", r#"{"type":"object"}"#),
        tool("broken", "no JSON"),
    ];
    server.answer(Answer::Calls(vec![
        ["a", "time", r#"{"place":"Paris"}"#],
        ["b", "time", ""],
    ]));
    let (text, calls, ended) = whole(chat.reply(prompt.clone())).await.unwrap();
    assert_eq!((text.as_str(), ended.finish), ("", Finish::ToolCalls));
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "time".to_owned(),
        arguments: arguments.to_owned(),
    };
    let expected = [call("a", r#"{"place":"Paris"}"#), call("b", "{}")];
    assert_eq!(calls, expected.clone().map(Generated::ToolCall));
    let offered = json!([{
        "type": "function",
        "function": { "name": "time", "description": "Tells the time.", "parameters": { "type": "object" } },
    }]);
    assert_eq!(server.last().json()["tools"], offered);

    let mut asking = Message::assistant("");
    asking.tool_calls = vec![expected[0].clone()];
    let result = Message {
        role: Role::Tool,
        content: "noon".to_owned(),
        tool_calls: Vec::new(),
        tool_call_id: Some("a".to_owned()),
    };
    prompt.dialogue.turns.extend([asking, result]);
    whole(chat.reply(prompt)).await.unwrap();
    let messages = server.last().json()["messages"].clone();
    assert_eq!(
        messages[2],
        json!({
            "role": "assistant",
            "content": null,
            "tool_calls": [{
                "id": "a",
                "type": "function",
                "function": { "name": "time", "arguments": r#"{"place":"Paris"}"# },
            }],
        })
    );
    assert_eq!(
        messages[3],
        json!({ "role": "tool", "content": "noon", "tool_call_id": "a" })
    );
}

#[tokio::test]
async fn a_server_gets_no_tools_where_none_are_to_be_called() {
    let server = OpenAiServer::start("s");
    for (tools, takes) in [(Tools::Auto, true), (Tools::On, true), (Tools::Off, false)] {
        let config = Llm {
            tools,
            ..llm(remote(server.url()))
        };
        let chat = OpenAiChat::new(&config, "/nowhere".as_ref()).unwrap();
        assert_eq!(chat.takes_tools().await.unwrap(), takes);
        let mut prompt = prompt("hi");
        prompt.tools = vec![Tool {
            name: "time".to_owned(),
            description: String::new(),
            parameters: "{}".to_owned(),
            examples: Vec::new(),
        }];
        whole(chat.reply(prompt)).await.unwrap();
        assert_eq!(server.last().json().get("tools").is_some(), takes);
    }
}

/// A reply of these pieces of calls, finished with `finish`.
async fn called(pieces: Vec<Value>, finish: &str) -> (Vec<Generated>, Finish) {
    let server = OpenAiServer::start("s");
    let choice = |delta: Value| event(&json!({ "choices": [{ "delta": delta }] }));
    let mut events: Vec<_> = pieces
        .into_iter()
        .map(|piece| choice(json!({ "tool_calls": [piece] })))
        .collect();
    events.push(event(&json!({ "choices": [{ "finish_reason": finish }] })));
    server.answer(Answer::Raw(events));
    let reply = chat(remote(server.url())).reply(prompt("go"));
    let (_, calls, ended) = whole(reply).await.unwrap();
    (calls, ended.finish)
}

#[tokio::test]
async fn calls_are_told_apart_by_index_by_id_or_by_nothing() {
    let named = |id: &str| ToolCall {
        id: id.to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
    };
    let same_index = ["x", "y"]
        .map(|id| json!({ "index": 0, "id": id, "function": { "name": "f", "arguments": "{}" } }));
    let (calls, finish) = called(same_index.to_vec(), "stop").await;
    assert_eq!(calls, [named("x"), named("y")].map(Generated::ToolCall));
    assert_eq!(finish, Finish::ToolCalls);

    let without = vec![
        json!({ "function": { "name": "f", "arguments": "{" } }),
        json!({ "function": { "arguments": "}" } }),
    ];
    let (calls, _) = called(without, "tool_calls").await;
    assert_eq!(calls, [Generated::ToolCall(named("call_0"))]);
}

#[tokio::test]
async fn a_reply_that_was_cut_off_at_its_limit_calls_nothing() {
    let half = json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x" } });
    let (calls, finish) = called(vec![half], "length").await;
    assert!(calls.is_empty(), "{calls:?}");
    assert_eq!(finish, Finish::Length);
}

#[tokio::test]
async fn figures_are_estimated_where_the_server_states_none() {
    let server = OpenAiServer::start("s");
    server.answer(Answer::Raw(vec![
        text("one "),
        text("two"),
        event(&json!({ "choices": [{ "finish_reason": "stop" }] })),
    ]));
    let chat = chat(remote(server.url()));
    let (said, _, ended) = whole(chat.reply(prompt("hi"))).await.unwrap();
    assert_eq!(said, "one two");
    // "Be brief." takes 3 tokens and "hi" one, and each message 4
    assert_eq!((ended.prompt_tokens, ended.reply_tokens), (12, 2));
}

#[tokio::test]
async fn tokens_are_estimated_and_the_window_is_that_of_jane_toml() {
    let chat = chat(remote("http://127.0.0.1:9/v1".to_owned()));
    let prompts = vec![
        vec![],
        vec![Message::user("")],
        vec![Message::user("12345"); 2],
    ];
    assert_eq!(chat.count_tokens(prompts).await.unwrap(), [0, 4, 12]);
    let window = Window {
        tokens: 4096,
        reply: 256,
    };
    assert_eq!(chat.window().await.unwrap(), window);
}

#[tokio::test]
async fn a_reply_that_is_gone_on_with_is_the_last_message() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    let prompt = Prompt {
        reply_so_far: "I am".to_owned(),
        ..prompt("Who are you?")
    };
    whole(chat.reply(prompt)).await.unwrap();
    let last = server.last().json()["messages"][2].clone();
    assert_eq!(last, json!({ "role": "assistant", "content": "I am" }));
}

#[tokio::test]
async fn preparing_sends_nothing() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    chat.prepare(&prompt("a secret")).await.unwrap();
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn an_aside_is_as_long_as_it_may_be() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    let messages = vec![Message::user("Summarise.")];
    let (text, _, _) = whole(chat.aside(messages, 33)).await.unwrap();
    assert_eq!(text, "s heard: Summarise.");
    assert_eq!(server.last().json()["max_tokens"], 33);
}
