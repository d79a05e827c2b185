//! Servers that break off, send nonsense, or send without end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::json;

use super::server::{Answer, OpenAiServer, event, text};
use super::{chat, failure, is_down, remote, whole};
use crate::openai::OpenAiChat;
use crate::openai::failure::{Failure, Subject};
use crate::openai::reply::Reply;
use crate::openai::thoughts::Known;
use crate::{BackendError, Finish, Generated, LanguageModel, Message};
use jane_config::Remote;

/// What comes of a stream of this: the text before the error, and the error.
async fn broken(answer: Answer) -> (String, BackendError) {
    let server = OpenAiServer::start("s");
    server.answer(answer);
    // more tries are granted than may be used
    let chat = chat(Remote {
        retries: 3,
        ..remote(server.url())
    });
    let mut stream = chat.reply(vec![Message::user("hello")].into());
    let mut said = String::new();
    let error = loop {
        match stream.next().await.expect("an error") {
            Ok(Generated::Text(text)) => said.push_str(&text),
            Ok(other) => panic!("an error, and not {other:?}"),
            Err(error) => break error,
        }
    };
    assert!(stream.next().await.is_none(), "an error is the last item");
    assert_eq!(
        server.received().len(),
        1,
        "nothing is asked twice once an answer has begun"
    );
    (said, error)
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_an_error_after_the_text() {
    for answer in [
        Answer::Broken(vec![text("One "), text("two")]),
        Answer::Raw(vec![text("One "), text("two")]),
        Answer::Stalled(vec![text("One "), text("two")]),
    ] {
        let (said, error) = broken(answer).await;
        assert_eq!(said, "One two");
        assert!(is_down(&error), "{error:?}");
    }
}

#[tokio::test]
async fn what_becomes_of_the_connection_after_the_reply_is_of_no_interest() {
    let server = OpenAiServer::start("s");
    let end = event(
        &json!({ "choices": [{ "delta": { "content": "two" }, "finish_reason": "length" }] }),
    );
    let chat = chat(Remote {
        silent_seconds: 600,
        ..remote(server.url())
    });
    for answer in [Answer::Broken, Answer::Raw, Answer::Stalled] {
        server.answer(answer(vec![text("One "), end.clone()]));
        let reply = chat.reply(vec![Message::user("hello")].into());
        let (said, _, ended) = whole(reply).await.unwrap();
        assert_eq!((said.as_str(), ended.finish), ("One two", Finish::Length));
    }
}

#[tokio::test]
async fn events_come_in_any_pieces_with_comments_and_other_line_ends() {
    let server = OpenAiServer::start("s");
    let stream = "\u{FEFF}: working\r\n\r\nevent: message\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}]}\r\n\r\n\
                  data:{\"choices\":null}\n\ndata: [DONE]\n\n";
    let bytes = stream.as_bytes().chunks(1).map(Bytes::from_static);
    server.answer(Answer::Raw(bytes.collect()));
    let chat = chat(remote(server.url()));
    let (said, _, ended) = whole(chat.reply(vec![Message::user("hello")].into()))
        .await
        .unwrap();
    assert_eq!((said.as_str(), ended.finish), ("Grüße", Finish::Stop));
}

#[tokio::test]
async fn what_is_no_stream_of_a_reply_is_refused() {
    for nonsense in [
        "data: no JSON\n\n",
        "data: {\"choices\": 7}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n\n",
        "<html><body>Welcome to the hotel</body></html>",
        "{\"choices\":[{\"message\":{\"content\":\"not streamed\"}}]}",
        "",
    ] {
        let (said, error) = broken(Answer::Raw(vec![nonsense.into()])).await;
        assert_eq!(said, "");
        assert!(!is_down(&error), "{error:?}");
        assert!(
            error.hint().unwrap().contains("`llm.remote.url`"),
            "{error:?}"
        );
    }
    let not_text = Bytes::from_static(b"data: \xFF\xFF\n\n");
    let (_, error) = broken(Answer::Raw(vec![not_text])).await;
    assert!(error.to_string().contains("not UTF-8"), "{error}");
}

#[tokio::test]
async fn a_line_without_end_is_not_kept() {
    for piece in [
        "data: xxxxxxxx",
        ": comment\n",
        "data: a\n",
        "\r",
        "\u{FEFF}",
    ] {
        let bytes = Bytes::from(piece.repeat(1000));
        let (_, error) = broken(Answer::Endless(bytes)).await;
        assert!(
            error.to_string().contains("more than 1048576 bytes"),
            "{error}"
        );
        assert!(!is_down(&error));
    }
}

#[tokio::test]
async fn a_reply_without_end_is_given_up() {
    let filler = event(&json!({ "choices": [], "padding": "x".repeat(100_000) }));
    let server = OpenAiServer::start("s");
    server.answer(Answer::Endless(filler));
    let chat = chat(Remote {
        whole_mb: 2,
        ..remote(server.url())
    });
    let error = failure(&chat).await;
    assert!(
        error.to_string().contains("more than 2097152 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn calls_without_end_are_given_up() {
    let call = |piece| event(&json!({ "choices": [{ "delta": { "tool_calls": [piece] } }] }));
    let many = (0..40).map(|index| call(json!({ "index": index, "id": index.to_string() })));
    let (_, error) = broken(Answer::Raw(many.collect())).await;
    assert!(error.to_string().contains("more than 32 tools"), "{error}");
    let long = json!({ "index": 0, "function": { "name": "f", "arguments": "x".repeat(10_000) } });
    let (_, error) = broken(Answer::Endless(call(long))).await;
    assert!(
        error.to_string().contains("more than 262144 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn an_error_in_the_middle_says_what_the_server_said() {
    let error = |code| event(&json!({ "error": { "message": "out of\nmemory", "code": code } }));
    let (said, down) = broken(Answer::Raw(vec![text("One"), error(json!("server_error"))])).await;
    assert_eq!(said, "One");
    assert!(
        down.to_string()
            .ends_with("reported an error instead of going on: out of memory"),
        "{down}"
    );
    assert!(is_down(&down));
    let (_, refused) = broken(Answer::Raw(vec![error(json!(400))])).await;
    assert!(!is_down(&refused), "{refused:?}");
}

#[tokio::test]
async fn the_words_of_a_server_cannot_command_a_terminal_and_are_cut() {
    let server = OpenAiServer::start("s");
    let words = format!("\u{1b}[31mred\u{7}\u{202e}\n{}", "ü".repeat(5000));
    let body = json!({ "error": { "message": words } }).to_string();
    server.answer(Answer::Status(400, Vec::new(), body));
    let error = failure(&chat(remote(server.url()))).await;
    let BackendError::Remote { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        reason.starts_with("answered 400 (Bad Request): [31mred ü"),
        "{reason}"
    );
    assert!(reason.chars().count() < 240, "{reason}");
    assert!(
        !reason
            .chars()
            .any(|letter| letter.is_control() || letter == '\u{202e}')
    );
}

#[tokio::test]
async fn the_body_of_an_error_may_be_endless() {
    let server = OpenAiServer::start("s");
    server.answer(Answer::Status(404, Vec::new(), "x".repeat(10 << 20)));
    let error = failure(&chat(remote(server.url()))).await;
    assert!(
        error.to_string().ends_with("answered 404 (Not Found)"),
        "{error}"
    );
}

fn subject() -> Subject {
    Subject {
        section: "llm",
        model: "m".to_owned(),
        key: None,
    }
}

const KEYS: &[&str] = &[
    "reasoning_content",
    "reasoning",
    "thinking",
    "type",
    "text",
    "choices",
    "delta",
    "content",
    "finish_reason",
    "usage",
    "error",
    "message",
    "code",
    "tool_calls",
    "index",
    "id",
    "function",
    "name",
    "arguments",
];

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        ".{0,8}".prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(6, 64, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            proptest::collection::vec((proptest::sample::select(KEYS), inner), 0..4).prop_map(
                |pairs| pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            ),
        ]
    })
}

proptest! {
    #[test]
    fn no_events_make_a_reply_fail_otherwise_than_with_an_error(events in proptest::collection::vec(any_json(), 0..6)) {
        let known = Known::default();
        let mut reply = Reply::new(1, known.habits().sieve(false));
        let taken: Result<Vec<_>, Failure> = events
            .iter()
            .map(|event| reply.take(&event.to_string(), &subject()))
            .collect();
        if taken.is_ok() {
            let items = reply.end(&[], &known);
            prop_assert!(matches!(items.last(), Some(Generated::Ended(_))));
        }
    }

    #[test]
    fn what_is_quoted_is_one_short_line(words in any::<String>()) {
        let quoted = subject().quote(&words);
        prop_assert!(quoted.chars().count() <= 201);
        prop_assert!(!quoted.chars().any(char::is_control));
    }
}

/// Short enough for tests, and long enough that nothing else takes as long.
const PAUSE: Duration = Duration::from_millis(20);

/// A server that may be silent for long, and may take a second as a whole.
fn hurried(server: &OpenAiServer) -> OpenAiChat {
    chat(Remote {
        silent_seconds: 60,
        whole_seconds: 1,
        retries: 10,
        ..remote(server.url())
    })
}

#[tokio::test]
async fn a_server_that_never_ends_is_given_up_after_the_time_of_a_whole_request() {
    let nothing = event(&json!({ "choices": [{ "delta": { "content": "" } }] }));
    for drop in [nothing, Bytes::from_static(b": working\n\n"), text("a")] {
        let server = OpenAiServer::start("s");
        server.answer(Answer::Dripped(Vec::new(), PAUSE, drop));
        let error = failure(&hurried(&server)).await;
        let (message, hint) = (error.to_string(), error.hint().unwrap());
        assert!(message.contains("took more than 1 s"), "{message}");
        assert!(hint.contains("`llm.remote.whole_seconds`"), "{hint}");
        assert!(is_down(&error), "{error:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn the_time_of_a_request_is_that_of_all_its_tries() {
    let server = OpenAiServer::start("s");
    for _ in 0..11 {
        let busy = Answer::Status(503, vec![("retry-after", "20".to_owned())], String::new());
        server.answer(busy);
    }
    let begun = Instant::now();
    let error = failure(&hurried(&server)).await;
    assert!(error.to_string().contains("took more than 1 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn the_time_in_which_nobody_takes_what_came_does_not_count() {
    let server = OpenAiServer::start("s");
    let words: Vec<_> = (0..4).map(|number| text(&format!("{number} "))).collect();
    let end = Bytes::from_static(b"data: [DONE]\n\n");
    server.answer(Answer::Raw(words.into_iter().chain([end]).collect()));
    let chat = hurried(&server);
    let mut reply = chat.reply(vec![Message::user("hello")].into());
    let mut said = String::new();
    while let Some(item) = reply.next().await {
        if let Generated::Text(text) = item.unwrap() {
            said.push_str(&text);
            // As somebody who speaks it.
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }
    assert_eq!(said, "0 1 2 3 ");
}

#[tokio::test]
async fn nothing_is_taken_of_a_server_once_its_reply_is_whole() {
    let finish = event(&json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }));
    let done = Bytes::from_static(b"data: [DONE]\n\n");
    let junk = Bytes::from_static(b"data: no JSON\n\n");
    let error = event(&json!({ "error": { "message": "late" } }));
    for end in [finish, done] {
        for drop in [text("more "), junk.clone(), error.clone(), end.clone()] {
            let server = OpenAiServer::start("s");
            server.answer(Answer::Dripped(
                vec![text("All."), end.clone()],
                PAUSE,
                drop,
            ));
            // Longer than the test may take: it is the end that ends it.
            let chat = chat(Remote {
                silent_seconds: 600,
                whole_seconds: 600,
                ..remote(server.url())
            });
            let reply = whole(chat.reply(vec![Message::user("hello")].into()));
            let (said, _, ended) = reply.await.unwrap();
            assert_eq!((said.as_str(), ended.finish), ("All.", Finish::Stop));
            tokio::task::spawn_blocking(move || server.wait_for_hang_ups(1))
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_writes_without_end_is_ended_by_its_bytes() {
    let server = OpenAiServer::start("s");
    server.answer(Answer::Endless(text(&"word ".repeat(200))));
    let chat = chat(remote(server.url()));
    let error = whole(chat.reply(vec![Message::user("hello")].into())).await;
    let error = error.unwrap_err();
    assert!(
        error.to_string().contains("wrote more than 262144 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_server_refuses_is_said_and_what_it_withholds_too() {
    let server = OpenAiServer::start("s");
    let refused =
        event(&json!({ "choices": [{ "delta": { "refusal": "I will not help with that." } }] }));
    let filtered =
        event(&json!({ "choices": [{ "delta": {}, "finish_reason": "content_filter" }] }));
    let bare = event(&json!({ "choices": [{ "finish_reason": "content_filter" }] }));
    for (events, expected) in [
        (vec![refused], "I will not help with that."),
        (vec![filtered], "The server would not answer that."),
        (vec![bare.clone()], "The server would not answer that."),
        (
            vec![text("It is"), bare],
            "It is\n\nThe server would not say the rest.",
        ),
    ] {
        let done = Bytes::from_static(b"data: [DONE]\n\n");
        server.answer(Answer::Raw(events.into_iter().chain([done]).collect()));
        let chat = chat(remote(server.url()));
        let (said, _, ended) = whole(chat.reply(vec![Message::user("hello")].into()))
            .await
            .unwrap();
        assert_eq!((said.as_str(), ended.finish), (expected, Finish::Refused));
    }
}
