//! Servers whose models think, and whose parsers leave in the text what is no text.

use serde_json::json;

use super::server::{Answer, OpenAiServer, event, text};
use super::{chat, llm, remote, whole};
use crate::openai::OpenAiChat;
use crate::{Finish, Generated, LanguageModel, Message, Prompt, Tool};
use jane_config::Llm;

fn prompt() -> Prompt {
    vec![Message::user("What is two and two?")].into()
}

/// So many words that no answer has.
fn thoughts(words: usize) -> String {
    "wondering ".repeat(words)
}

fn tool() -> Tool {
    Tool {
        name: "sum_up".to_owned(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        examples: Vec::new(),
    }
}

#[tokio::test]
async fn thoughts_in_whatever_field_or_mark_are_no_text() {
    let short = thoughts(20);
    let part = |kind: &str| json!([{ "type": kind, "thinking": [{ "type": "text", "text": "wondering" }] }]);
    let parts = |content| event(&json!({ "choices": [{ "delta": { "content": content } }] }));
    let done = bytes::Bytes::from_static(b"data: [DONE]\n\n");
    for answer in [
        Answer::Thoughts("reasoning_content", short.clone(), "Four.".to_owned()),
        Answer::Thoughts("reasoning", short.clone(), "Four.".to_owned()),
        Answer::Text(format!("<think>{short}</think>Four.")),
        Answer::Text(format!(
            "Okay, the user asks for a sum. {short}\n</think>\n\nFour."
        )),
        Answer::Text(format!(
            "<|channel|>analysis<|message|>{short}<|end|><|start|>assistant<|channel|>final<|message|>Four."
        )),
        Answer::Raw(vec![
            parts(part("thinking")),
            parts(json!([{ "type": "text", "text": "Four." }])),
            done,
        ]),
    ] {
        let server = OpenAiServer::start("s");
        server.answer(answer);
        let (text, calls, ended) = whole(chat(remote(server.url())).reply(prompt()))
            .await
            .unwrap();
        assert_eq!((text.trim(), calls.len()), ("Four.", 0));
        assert_eq!(ended.finish, Finish::Stop);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn thoughts_that_take_too_long_are_ended_and_it_is_asked_again_without() {
    for answer in [
        Answer::Thoughts("reasoning_content", thoughts(2_000), "Late.".to_owned()),
        Answer::Text(format!("<think>{}</think>Late.", thoughts(2_000))),
        // Its limit of tokens was reached.
        Answer::Text(format!("<think>{}", thoughts(100))),
    ] {
        let server = OpenAiServer::start("s");
        let chat = chat(remote(server.url()));
        server.answer(answer);
        server.answer(Answer::Text("Four.".to_owned()));
        let (text, ..) = whole(chat.reply(prompt())).await.unwrap();
        assert_eq!(text, "Four.");
        let asked = server.received();
        let [first, second] = asked.as_slice() else {
            panic!("{} requests", asked.len());
        };
        assert_eq!(first.json()["reasoning_effort"], json!(null));
        assert_eq!(first.json()["max_tokens"], 256);
        assert_eq!(second.json()["reasoning_effort"], "none");
        assert_eq!(
            second.json()["chat_template_kwargs"]["enable_thinking"],
            false
        );
        assert_eq!(second.json()["max_tokens"], 512);
        assert_eq!(second.json()["messages"], first.json()["messages"]);
        // So are all that follow.
        whole(chat.reply(prompt())).await.unwrap();
        assert_eq!(server.last().json()["reasoning_effort"], "none");
    }
}

#[tokio::test]
async fn a_model_that_never_stops_thinking_has_no_answer() {
    let server = OpenAiServer::start("s");
    for _ in 0..2 {
        server.answer(Answer::Endless(event(
            &json!({ "choices": [{ "delta": { "reasoning": "wondering " } }] }),
        )));
    }
    let (text, calls, ended) = whole(chat(remote(server.url())).reply(prompt()))
        .await
        .unwrap();
    assert_eq!((text.as_str(), calls.len()), ("", 0));
    assert_eq!(ended.finish, Finish::Length);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_server_that_does_not_know_how_to_be_asked_is_asked_otherwise() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    server.answer(Answer::Thoughts(
        "reasoning",
        thoughts(9),
        "Four.".to_owned(),
    ));
    whole(chat.reply(prompt())).await.unwrap();
    let refusal = || Answer::Status(400, Vec::new(), "{}".to_owned());
    server.answer(refusal());
    server.answer(refusal());
    let (text, ..) = whole(chat.reply(prompt())).await.unwrap();
    assert_eq!(text, "s heard: What is two and two?");
    let efforts: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.json()["reasoning_effort"].clone())
        .collect();
    assert_eq!(
        efforts,
        [json!(null), json!("none"), json!("low"), json!(null)]
    );
    // What it refused once it is not asked again.
    whole(chat.reply(prompt())).await.unwrap();
    assert_eq!(server.received().len(), 5);
    // What else it refuses is an error.
    server.answer(refusal());
    assert!(whole(chat.reply(prompt())).await.is_err());
}

#[tokio::test]
async fn a_model_whose_thoughts_begin_unmarked_is_known_by_the_first() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    server.answer(Answer::Text(
        "Okay, the user is asking. Two.\n</think>\nFour.".to_owned(),
    ));
    server.answer(Answer::Text(
        "Two and two.\n</think>\nFour again.".to_owned(),
    ));
    let mut told = Vec::new();
    for _ in 0..2 {
        let (text, ..) = whole(chat.reply(prompt())).await.unwrap();
        told.push(text.trim().to_owned());
    }
    assert_eq!(told, ["Four.", "Four again."]);
}

#[tokio::test]
async fn calls_that_are_left_in_the_text_are_called_where_tools_are_offered() {
    let call =
        "Let me see. <tool_call>{\"name\": \"sum_up\", \"arguments\": {\"of\": 2}}</tool_call>";
    for tools in [vec![tool()], Vec::new()] {
        let server = OpenAiServer::start("s");
        server.answer(Answer::Text(call.to_owned()));
        let offered = tools.len();
        let prompt = Prompt { tools, ..prompt() };
        let (text, calls, ended) = whole(chat(remote(server.url())).reply(prompt))
            .await
            .unwrap();
        assert_eq!(text, "Let me see.");
        assert_eq!(calls.len(), offered);
        let finish = if offered > 0 {
            Finish::ToolCalls
        } else {
            Finish::Stop
        };
        assert_eq!(ended.finish, finish);
        for call in calls {
            let Generated::ToolCall(call) = call else {
                panic!("a call");
            };
            assert_eq!(
                (call.name.as_str(), call.arguments.as_str()),
                ("sum_up", "{\"of\":2}")
            );
        }
    }
}

#[tokio::test]
async fn nobody_else_is_spoken_for_and_it_is_not_waited_for() {
    let server = OpenAiServer::start("s");
    server.answer(Answer::Stalled(vec![
        text("Four.<|im_end|>\n<|im_start|>us"),
        text("er\nAnd three?"),
    ]));
    let config = Llm {
        max_thinking_tokens: 9,
        ..llm(remote(server.url()))
    };
    let chat = OpenAiChat::new(&config, "/nowhere".as_ref()).unwrap();
    let (text, ..) = whole(chat.reply(prompt())).await.unwrap();
    assert_eq!(text.trim(), "Four.");
}
